// Spikes and membrane potentials of an evaluation, as they are read from where they were computed.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "src/training/network_on.hpp"

namespace snnsim {

template <class Backend>
class RecordingsOn {
  public:
    /// Makes room in `result` for what is asked for of so many samples.
    RecordingsOn(NetworkOn<Backend>& net, const std::vector<RecordSpec>& specs, std::size_t samples,
                 Evaluation& result)
        : net_(net), specs_(specs), result_(result) {
        for (const RecordSpec& spec : specs) {
            const auto count =
                std::min<std::int64_t>(spec.samples, static_cast<std::int64_t>(samples));
            if (spec.what == RecordWhat::spikes) {
                result.spikes.push_back({spec.population, {}, {}, {}, count});
                continue;
            }
            const std::size_t k = net_.number_of(spec.population);
            StateRecording state{spec.population,
                                 "v",
                                 unit_of_v(k),
                                 count,
                                 net_.network.steps,
                                 static_cast<std::int64_t>(net_.populations[k].size),
                                 {},
                                 shown_v(k)};
            state.values.resize(
                static_cast<std::size_t>(state.samples * state.steps * state.neurons));
            result.states.push_back(std::move(state));
        }
    }

    /// Appends what the batch's samples from `first` on have.
    void add(const BatchShape& shape, std::size_t first) {
        std::size_t spikes = 0, states = 0;
        for (const RecordSpec& spec : specs_) {
            const auto wanted = static_cast<std::size_t>(spec.samples);
            const std::size_t count = wanted > first ? std::min(wanted - first, shape.batch) : 0;
            const std::size_t k = net_.number_of(spec.population);
            if (spec.what == RecordWhat::spikes) {
                record_spikes(result_.spikes[spikes++], k, shape, first, count);
            } else {
                record_membrane(result_.states[states++], k, shape, first, count);
            }
        }
    }
    /// `own`: samples of this rank; the first has those of all then.
    void finish(RanksOn<Backend>& ranks, const SampleRange& own) {
        fetch(ranks, own);
        for (SpikeRecording& spikes : result_.spikes) sort_by_sample(spikes);
    }

  private:
    void fetch(RanksOn<Backend>& ranks, const SampleRange& own) {
        if (specs_.empty()) return;
        WordWriter message;
        for (const SpikeRecording& spikes : result_.spikes) {
            for (const auto* values : {&spikes.sample, &spikes.step, &spikes.neuron})
                message.add(*values);
        }
        for (const StateRecording& state : result_.states) {
            const auto count = static_cast<std::size_t>(state.samples);
            const std::size_t first = std::min(own.first, count),
                              last = std::min(own.first + own.count, count);
            const auto of_sample = static_cast<std::size_t>(state.steps * state.neurons);
            message.add(std::uint64_t{first * of_sample});
            message.add(std::vector<float>(
                state.values.begin() + static_cast<std::ptrdiff_t>(first * of_sample),
                state.values.begin() + static_cast<std::ptrdiff_t>(last * of_sample)));
        }
        ranks.tell_first(message, [&](WordReader& theirs) {
            for (SpikeRecording& spikes : result_.spikes) {
                for (auto* values : {&spikes.sample, &spikes.step, &spikes.neuron}) {
                    std::vector<std::uint32_t> more;
                    theirs.get(more);
                    values->insert(values->end(), more.begin(), more.end());
                }
            }
            for (StateRecording& state : result_.states) {
                const auto first = theirs.get<std::uint64_t>();
                std::vector<float> values;
                theirs.get(values);
                std::copy(values.begin(), values.end(),
                          state.values.begin() + static_cast<std::ptrdiff_t>(first));
            }
        });
    }

    /// Of models that have one.
    std::string unit_of_v(std::size_t k) const {
        return NeuronModels::visit(net_.network.populations[k].neuron,
                                   []<class M>(const auto&) -> std::string {
                                       std::string unit;
                                       if constexpr (CellModel<M>) {
                                           M::states().for_each([&](const auto& state) {
                                               if (state.name == std::string("v"))
                                                   unit = state.unit;
                                           });
                                       }
                                       return unit.empty() ? "1" : unit;
                                   });
    }
    std::string shown_v(std::size_t k) const {
        return NeuronModels::visit(net_.network.populations[k].neuron,
                                   []<class M>(const auto& params) -> std::string {
                                       if constexpr (NeuronModel<M>) return shows_v<M>(params);
                                       return "";
                                   });
    }

    /// Of samples that were computed one part of their steps after the other.
    static void sort_by_sample(SpikeRecording& spikes) {
        if (std::is_sorted(spikes.sample.begin(), spikes.sample.end())) return;
        std::vector<std::size_t> order(spikes.sample.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return spikes.sample[a] < spikes.sample[b];
        });
        for (auto* values : {&spikes.sample, &spikes.step, &spikes.neuron}) {
            std::vector<std::uint32_t> sorted;
            for (const std::size_t k : order) sorted.push_back((*values)[k]);
            *values = std::move(sorted);
        }
    }

    void record_spikes(SpikeRecording& to, std::size_t k, const BatchShape& shape,
                       std::size_t first, std::size_t count) {
        PopulationBuffers<Backend>& p = net_.populations[k];
        const std::size_t words = shape.words();
        std::vector<std::uint32_t> bits(p.sends_values ? 0 : count * p.size * words);
        std::vector<float> values(p.sends_values ? count * p.size * shape.steps : 0);
        p.bits.copy_to(bits.data(), bits.size());
        p.values.copy_to(values.data(), values.size());
        for (std::size_t b = 0; b < count; ++b) {
            for (std::size_t t = 0; t < shape.steps; ++t) {
                for (std::size_t n = 0; n < p.size; ++n) {
                    const std::size_t at = b * p.size + p.order.stored(n);
                    const bool sent = p.sends_values
                                          ? values[at * shape.steps + t] != 0.0f
                                          : ((bits[at * words + t / 32] >> (t % 32)) & 1u) != 0;
                    if (!sent) continue;
                    to.sample.push_back(static_cast<std::uint32_t>(first + b));
                    to.step.push_back(static_cast<std::uint32_t>(shape.first + t + 1));
                    to.neuron.push_back(static_cast<std::uint32_t>(n));
                }
            }
        }
    }

    void record_membrane(StateRecording& to, std::size_t k, const BatchShape& shape,
                         std::size_t first, std::size_t count) {
        PopulationBuffers<Backend>& p = net_.populations[k];
        if (count == 0) return;
        std::vector<float> traces[2];
        for (int s = 0; s < 2; ++s) {
            traces[s].resize(p.saved[s].size() == 0 ? 0 : p.panels() * shape.rows() * panel_width);
            p.saved[s].copy_to(traces[s].data(), traces[s].size());
        }
        NeuronModels::visit(net_.network.populations[k].neuron, [&]<class M>(const auto& params) {
            if constexpr (NeuronModel<M>) {
                std::vector<typename M::Constants> constants;
                for (std::size_t n = 0; n < p.size; ++n) {
                    using Params = std::remove_cvref_t<decltype(params)>;
                    constants.push_back(
                        M::prepare(std::get<Params>(net_.learned[k].of_cell(n)), net_.network.dt));
                }
                for (std::size_t row = 0; row < count * shape.steps; ++row) {
                    const std::size_t sample = first + row / shape.steps,
                                      step = shape.first + row % shape.steps;
                    float* const values =
                        to.values.data() + (sample * shape.total() + step) * p.size;
                    for (std::size_t n = 0; n < p.size; ++n) {
                        const std::size_t column = p.order.column(n);
                        const std::size_t at =
                            (column / panel_width * shape.rows() + row) * panel_width +
                            column % panel_width;
                        const float saved[2] = {traces[0][at],
                                                traces[1].empty() ? 0.0f : traces[1][at]};
                        values[n] = M::membrane(constants[n], saved);
                    }
                }
            }
        });
    }

    NetworkOn<Backend>& net_;
    const std::vector<RecordSpec>& specs_;
    Evaluation& result_;
};

}  // namespace snnsim
