#include "src/plan/device_memory.hpp"

#include <algorithm>
#include <set>

#include "kernels/training/conv.hpp"
#include "src/engine/records.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/model/loops.hpp"
#include "src/network/stored_weights.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {
namespace {

std::size_t rounded_up(std::size_t n, std::size_t to) {
    return (n + to - 1) / to * to;
}

/// Two lists of spikes that take turns, and the values recorded meanwhile.
std::size_t bytes_of_chunks(const SimulationSpec& spec) {
    std::size_t cells = 0;
    for (const CellPopulationSpec& p : spec.populations) cells += static_cast<std::size_t>(p.size);
    const std::size_t spikes = std::max(chunk_entries, 2 * cells);
    const std::vector<CellRecord> records = cell_records(spec);
    const std::size_t samples = samples_of(records, most_steps_of_chunk(records));
    const auto begins = static_cast<std::size_t>(most_chunk_steps) * spec.populations.size();
    return 2 * sizeof(float) * (spikes * (spec.graded() ? 2 : 1) + begins + samples);
}

/// Of a synapse whose weight changes: source and target as numbers, weight, and what else the model
/// asks for.
double bytes_of_changing(const SimulationSpec& spec, const WeightPlan& plan,
                         const SynapsesSpec& p) {
    return bytes_per_synapse(spec, plan, p, Storage::plastic) + 2.0;
}

}  // namespace

std::vector<MemoryPart> device_memory(const SimulationSpec& spec) {
    std::vector<MemoryPart> parts = memory_of_cells(spec);
    const std::vector<double> counts = expected_synapses(spec);
    const WeightPlan plan = plan_weights(spec);
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        const double each = p.changes() ? bytes_of_changing(spec, plan, p)
                                        : bytes_per_synapse(spec, plan, p, storage_on_device(p));
        parts.push_back({"synapses of " + p.name(), static_cast<std::size_t>(each * counts[k])});
    }
    for (MemoryPart& part : memory_of_junctions(spec)) parts.push_back(std::move(part));
    parts.push_back({"spikes and recorded values on their way to the host", bytes_of_chunks(spec)});
    return parts;
}

std::vector<MemoryPart> device_memory(const ModelSpec& spec, std::int64_t training,
                                      std::int64_t test, std::optional<std::size_t> data) {
    const bool trains = spec.train.has_value();
    const std::int64_t most = std::max<std::int64_t>(1, trains ? training : test);
    const auto batch =
        static_cast<std::size_t>(std::min(spec.train.value_or(TrainSpec{}).batch, most));
    const auto steps = static_cast<std::size_t>(spec.steps()), words = (steps + 31) / 32;
    std::size_t inputs = 0, outputs = 0;
    const std::vector<bool> on_cycle = on_cycles(spec);
    const std::vector<std::size_t> delays = delays_of(spec);
    std::vector<MemoryPart> parts;
    for (const PopulationSpec& p : spec.populations) {
        const auto size = static_cast<std::size_t>(p.size);
        const std::size_t entries = batch * size,
                          trace = batch * steps * p.order().panels() * panel_width * sizeof(float);
        const bool sends = std::any_of(spec.projections.begin(), spec.projections.end(),
                                       [&](const ProjectionSpec& q) { return q.from == p.name; });
        std::set<std::size_t> loop_delays;
        for (std::size_t k = 0; k < delays.size(); ++k) {
            if (on_cycle[k] && spec.projections[k].from == p.name) loop_delays.insert(delays[k]);
        }
        std::size_t traces = 0, learned = 0;
        bool values = false, spikes = true;
        NeuronModels::visit(p.neuron, [&]<class M>(const typename M::Params&) {
            if constexpr (NeuronModel<M>) {
                traces = M::saved_count + (trains ? 1 : 0) + (sends ? 0 : 1) +
                         (trains && p.batch_norm ? 1 : 0);
                values = M::output == Output::values;
                spikes = M::output != Output::trace;
            }
            if constexpr (LearnsParameters<M>) {
                // Constants by cell, sums of their gradient by sample, and what a step holds.
                if (!p.trainable.empty())
                    learned = rounded_up(size, 16) *
                              (sizeof(typename M::Constants) +
                               (trains ? (batch + 2) * sizeof(typename M::Sums) : 0));
                traces += trains && !p.trainable.empty() && has_held<M> ? 1 : 0;
            }
        });
        if (traces == 0) {
            inputs += size;
            Encoders::visit(spec.encode_of(p.name).scheme,
                            [&]<class E>(const auto&) { values = E::sends != Sends::spikes; });
        }
        if (!sends) outputs += size;
        // What is sent in all steps, once as it comes and once as events; who sends, and where.
        const std::size_t sent =
            spikes ? entries * (2 * (values ? steps : words) + 3) * sizeof(float) : 0;
        // Between steps: states, and lists of what was sent.
        const std::size_t lists = loop_delays.size() * (values ? 2 : 1);
        const std::size_t loop = lists > 0 ? entries * (19 + lists) * sizeof(float) : 0;
        parts.push_back({"activity of " + p.name, traces * trace + sent + loop + learned});
    }
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        if (stored_sparse(spec, k)) {
            parts.push_back({"weights " + p.name(), bytes_of_synapses(spec, k)});
            continue;
        }
        const WeightMatrix matrix = weight_matrix(spec, p);
        const auto from = static_cast<std::size_t>(matrix.rows),
                   to = static_cast<std::size_t>(matrix.columns);
        // Gradient, two moments, a mask and the weights once more, transposed.
        std::size_t copies = trains ? (p.learns() ? 6 + signs_stored(spec, p) : 3) : 2;
        // The gradients of a window are summed by chunks of samples first.
        if (trains && p.learns() && is_convolution(p.connect.rule))
            copies += (batch + samples_of_chunk - 1) / samples_of_chunk;
        parts.push_back({"weights " + p.name(),
                         copies * rounded_up(from + 1, 16) * rounded_up(to, 16) * sizeof(float)});
        if (p.learned_delay)
            parts.push_back({"delays " + p.name(), bytes_of_delays(spec, p, batch)});
    }
    const auto samples = static_cast<std::size_t>(training + test);
    const std::size_t sample = spec.own_data() ? (inputs + outputs) * sizeof(float) : inputs + 4;
    parts.push_back({"data set", data.value_or(samples * sample)});
    // Number, loss and prediction of each sample, of real targets the mean output too.
    parts.push_back({"results of samples",
                     samples * (16 + (spec.real_targets() ? outputs * sizeof(float) : 0)) +
                         2 * batch * outputs * sizeof(float)});
    return parts;
}

std::size_t bytes_of(const Dataset& data) {
    std::size_t sum = 0;
    for (const SampleSet* set : {&data.train, &data.test}) {
        for (std::size_t k = 0; k <= set->more_inputs.size(); ++k) {
            const SampleInputs& in = set->input(k).in;
            sum += in.pixels.size() + sizeof(float) * in.values.size() +
                   sizeof(std::uint32_t) * in.trains.at.size() +
                   sizeof(std::uint64_t) * in.trains.first.size();
        }
        for (std::size_t k = 0; k <= set->more_targets.size(); ++k) {
            const SampleTargets& t = set->target(k);
            sum += sizeof(float) * t.y.size() + sizeof(std::int32_t) * t.labels.size();
        }
    }
    return sum;
}

}  // namespace snnsim
