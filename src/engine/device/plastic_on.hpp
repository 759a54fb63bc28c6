// All projections of a network whose synapses change, on a device, and the records of their
// weights.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "snnsim/error.hpp"
#include "src/engine/device/plastic_rule_on.hpp"
#include "src/engine/device/synapses_on.hpp"
#include "src/engine/plasticity/plastic_network.hpp"
#include "src/engine/ranks/columns.hpp"

namespace snnsim {

template <class Steps>
class PlasticOn {
    using Projection = PlasticProjectionOn<Steps>;
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    PlasticOn(Steps& steps, const SimulationSpec& spec, const Layout& layout,
              std::vector<NumberedPlan> plans, const WeightGrid& grid, int threads,
              SynapsesOn<Steps>& synapses, DueSpikesOn<Steps>& due, Exchange& exchange)
        : exchange_(exchange), network_(spec, layout, std::move(plans), grid, threads, exchange) {
        for (const auto& p : network_.projections())
            add(steps, spec, layout, grid, synapses, due, *p);
    }
    /// Before the first step: where the cells' states lie, for rules that go by voltages.
    void show_targets(Steps& steps, const SimulationSpec& spec, const Layout& layout,
                      const std::vector<DeviceGroup>& groups) {
        for (const auto& p : projections_) {
            PlasticProjection& host = p->host();
            if (!host.reads_voltages()) continue;
            const VoltageStates at = voltage_states(spec.populations[host.to]);
            std::vector<const float*> v, plus, minus;
            for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
                const Slice& slice = layout.blocks[b].slices[host.to];
                for (const DeviceGroup& g : groups) {
                    if (g.population != host.to || g.first != slice.first || slice.count == 0)
                        continue;
                    std::vector<float> first_plus(g.count), first_minus(g.count);
                    steps.download(first_plus.data(), g.state[at.u_bar_plus], g.count);
                    steps.download(first_minus.data(), g.state[at.u_bar_minus], g.count);
                    host.set_voltages(b, {nullptr, first_plus.data(), first_minus.data()});
                    for (std::uint32_t i = 0; i < g.count; ++i) {
                        v.push_back(g.state[at.v] + i);
                        plus.push_back(g.state[at.u_bar_plus] + i);
                        minus.push_back(g.state[at.u_bar_minus] + i);
                    }
                }
            }
            p->set_voltages(v, plus, minus);
        }
    }
    /// The same of astrocytes, for projections that go by them: where share_glia() puts those of
    /// other ranks.
    void show_glia(const SimulationSpec& spec, const Layout& layout,
                   const std::vector<DeviceGroup>& groups) {
        for (const auto& p : projections_) {
            if (!spec.projections[p->host().projection].gliotransmission) continue;
            const Astrocytes glia = astrocytes_of(spec, p->host().projection);
            const auto size = static_cast<std::size_t>(spec.populations[glia.population].size);
            std::vector<const float*> of_cell(size), gamma;
            Glia& shown = glia_.emplace_back();
            shown.here = {layout.first_here(glia.population), layout.count_here(glia.population)};
            if (!exchange_.alone()) {
                shown.elsewhere = Buffer<float>(size);
                for (std::size_t cell = 0; cell < size; ++cell)
                    of_cell[cell] = shown.elsewhere.data() + cell;
            }
            shown.values.resize(size);
            for (const DeviceGroup& g : groups) {
                if (g.population != glia.population) continue;
                shown.groups.push_back({g.state[glia.state], {g.first, g.count}});
                for (std::uint32_t i = 0; i < g.count; ++i)
                    of_cell[g.first + i] = g.state[glia.state] + i;
            }
            for (const std::uint32_t cell : glia.of) gamma.push_back(of_cell[cell]);
            p->set_gamma(gamma);
        }
    }
    bool any_glia() const { return !glia_.empty(); }
    /// Of several ranks, after a step: astrocytes as they are now come to the others.
    void share_glia(Steps& steps) {
        std::vector<SharedColumns> shared;
        for (Glia& g : glia_) {
            for (const auto& [state, cells] : g.groups)
                steps.download(g.values.data() + cells.first, state, cells.count);
            shared.push_back({g.values.data(), g.here});
        }
        share_columns(exchange_, shared, [&](std::size_t k, ColumnRange cells) {
            steps.upload(glia_[k].elsewhere.data() + cells.first,
                         glia_[k].values.data() + cells.first, cells.count);
        });
        steps.wait();  // for what lies on the host
    }
    /// Before the first step. `most_steps`: of a chunk.
    void watch(std::int64_t most_steps) {
        for (const auto& p : projections_)
            p->set_watched(network_.records().watched(p->host()), most_steps);
    }

    // Enqueued in the k-th step of a batch; see PlasticProjectionOn.
    void deliver(const StepWindow* window, std::int64_t k) {
        for (const auto& p : projections_) p->arrive(window, k);
    }
    void end_step(const StepWindow* window, std::int64_t k) {
        for (const auto& p : projections_) {
            p->note_targets(window, k);
            p->watch(window, k);
        }
    }
    void end_batch(const StepWindow* window) {
        for (const auto& p : projections_) p->make_room(window);
    }

    /// See WeightRecords.
    void reserve_samples(std::int64_t first, std::int64_t last) {
        network_.reserve_samples(first, last);
    }
    std::vector<StateSamples> take_weights() { return network_.take_weights(); }
    /// The step after `now` after which `change` has something to do.
    std::int64_t next_change(std::int64_t now) const {
        std::int64_t next = std::min(network_.next_change(now), next_sample(now));
        for (const auto& p : projections_) next = std::min(next, p->next_interval(now));
        return next;
    }
    /// What is done at intervals when `now` steps are done, in the order of the CPU's engine.
    void change(const StepWindow* window, std::int64_t now, WorkCounter& work) {
        for (const auto& p : projections_) {
            p->at_interval(window, now);
            p->watch(window, -1);
        }
        network_.records().sample(
            now, [&](const PlasticProjection& host) { of(host).to_host(window, now); });
        for (const auto& p : projections_) {
            if (p->host().next_change(now - 1) != now) continue;
            p->to_host(window, now);
            p->host().change(now);
            p->from_host(now);
        }
        network_.report_rewired(now, work, PlasticNetwork::Rewired::now);
    }
    /// See PlasticNetwork.
    void report_rewired(std::int64_t now, WorkCounter& work) const {
        network_.report_rewired(now, work, PlasticNetwork::Rewired::ever);
    }
    void add_released(std::vector<SynapticWork>& work) const {
        for (const auto& p : projections_) {
            if (const auto released = p->released(); released && !work.empty())
                work[p->host().projection].operations = exchange_.sum(*released);
        }
    }
    /// Once the device is done with the steps of a chunk.
    void end_chunk(std::int64_t first, std::int64_t last) {
        for (const auto& p : projections_)
            network_.records().note(p->host(), first, p->watched(last - first));
    }

    // See Engine.
    void read_weights(const StepWindow* window, std::int64_t now, std::size_t most,
                      const TakeWeights& take) const {
        to_host(window, now);
        network_.read_weights(now, most, take);
    }
    void normalise(const StepWindow* window, std::size_t projection, double sum,
                   const SimulationSpec& spec) {
        for (const auto& p : projections_) {
            if (p->host().projection == projection && spec.projections[projection].plasticity)
                return p->normalise(window, sum);
        }
        throw UsageError("normalise needs a projection with plasticity");
    }
    void reward(const StepWindow* window, std::int64_t now, double amount) {
        network_.check_reward();
        for (const auto& p : projections_) p->reward(window, now, amount);
    }
    void set_plastic(const StepWindow* window, std::int64_t now, bool plastic) {
        for (const auto& p : projections_) p->set_plastic(window, now, plastic);
    }
    std::vector<PlasticState> state(const StepWindow* window, std::int64_t now) const {
        to_host(window, now);
        return network_.state(now);
    }
    void set_state(const std::vector<PlasticState>& state, std::int64_t now) {
        network_.set_state(state, now);
        for (const auto& p : projections_) p->from_host(now);
    }
    void report(EngineReport& report) const {
        for (const auto& p : projections_) {
            const PlasticProjection& host = p->host();
            report.bytes += p->bytes();
            report.projection_bytes[host.projection] =
                static_cast<double>(exchange_.sum(p->bytes())) /
                static_cast<double>(std::max<std::uint64_t>(1, host.rows.size()));
        }
    }

  private:
    void add(Steps& steps, const SimulationSpec& spec, const Layout& layout, const WeightGrid& grid,
             SynapsesOn<Steps>& synapses, DueSpikesOn<Steps>& due, PlasticProjection& host) {
        const SynapsesSpec& p = spec.projections[host.projection];
        const std::vector<double>& scale = grid.scale[host.to];
        const std::size_t receptor = reached_receptors(spec.populations[host.to], p.receptor)
                                         .of(weight_unit(spec, p, spec.populations[host.to]));
        const std::uint32_t first_here = layout.first_here(host.to);
        PlasticPlace place{layout.populations[host.from].first_row,
                           layout.populations[host.to].first_row + first_here,
                           first_here,
                           {},
                           {},
                           synapses.accumulators(0),
                           synapses.events()};
        for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
            const Slice& slice = layout.blocks[b].slices[host.to];
            const auto first = static_cast<std::uint32_t>(synapses.accumulators(b) - place.sums +
                                                          slice.slot + receptor * slice.padded());
            for (std::uint32_t i = 0; i < slice.count; ++i) place.slot.push_back(first + i);
            place.targets.push_back(slice.count);
        }
        const auto make = [&]<class R>(const typename R::Params& params) {
            projections_.push_back(std::make_unique<PlasticRuleOn<Steps, R>>(
                steps, spec, params, host, scale[receptor], place, due));
        };
        if (!p.plasticity) {
            make.template operator()<NoRule>({});
        } else {
            PlasticityRules::visit(p.plasticity->rule, make);
        }
    }

    void to_host(const StepWindow* window, std::int64_t now) const {
        for (const auto& p : projections_) p->to_host(window, now);
    }
    Projection& of(const PlasticProjection& host) const {
        return **std::find_if(projections_.begin(), projections_.end(),
                              [&](const auto& p) { return &p->host() == &host; });
    }
    std::int64_t next_sample(std::int64_t now) const { return network_.records().next_sample(now); }

    /// Astrocytes that a projection goes by.
    struct Glia {
        ColumnRange here;
        std::vector<std::pair<const float*, ColumnRange>> groups;  // of them, and their state
        std::vector<float> values;                                 // [cell], on the host
        Buffer<float> elsewhere;  // [cell]: those of other ranks as they were after the last step
    };

    Exchange& exchange_;
    mutable PlasticNetwork network_;  // the host's; see PlasticProjectionOn
    std::vector<std::unique_ptr<Projection>> projections_;
    std::vector<Glia> glia_;
};

}  // namespace snnsim
