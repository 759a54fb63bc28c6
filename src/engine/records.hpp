// Values of cells that a run records, in steps.
#pragma once

#include <algorithm>
#include <vector>

#include "snnsim/cell_values.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {

/// A value of cells of a population, at an interval.
struct CellRecord {
    std::size_t population = 0;
    CellValue value;
    CellSet cells;
    std::int64_t interval = 1;  // steps

    /// Samples taken until so many steps are done.
    std::int64_t samples(std::int64_t steps) const { return steps / interval; }
};

/// The state variable of a trained network's output that its answers are read from; null where
/// they are read from its spikes.
inline const char* output_variable(const SimulationSpec& spec) {
    if (!spec.trained) return nullptr;
    return CellModels::visit(spec.population(spec.trained->output).cell,
                             []<class M>(const typename M::Params&) -> const char* {
                                 if constexpr (NeuronModel<M>) {
                                     if constexpr (M::output == Output::trace) return "v";
                                 }
                                 return nullptr;
                             });
}

/// The input of a trained network sends what follows from samples, encoder and seed: its spikes are
/// collected where they are recorded only, and no part of a run's digest.
inline bool follows_from_samples(const SimulationSpec& spec, std::size_t population) {
    return spec.trained && spec.populations[population].name == spec.trained->input;
}
inline bool collected(const SimulationSpec& spec, std::size_t population) {
    return !follows_from_samples(spec, population) ||
           std::any_of(spec.record.begin(), spec.record.end(), [&](const SimulationRecordSpec& r) {
               return r.population == spec.populations[population].name && !r.of_cells();
           });
}

/// Those of the model, in its order, and behind them output_variable of each step.
inline std::vector<CellRecord> cell_records(const SimulationSpec& spec) {
    std::vector<CellRecord> records;
    for (const SimulationRecordSpec& r : spec.record) {
        if (!r.of_cells()) continue;
        CellRecord record;
        record.population = spec.population_index(r.population);
        const CellPopulationSpec& p = spec.populations[record.population];
        record.value = cell_value(p, r.what);
        record.cells = recorded_cells(spec, r);
        if (r.interval > 0.0) record.interval = step_of(r.interval, spec.dt);
        records.push_back(record);
    }
    if (const char* variable = output_variable(spec)) {
        CellRecord output;
        output.population = spec.population_index(spec.trained->output);
        const CellPopulationSpec& p = spec.populations[output.population];
        output.value = cell_value(p, variable);
        output.cells = chosen_cells({}, p.size, spec.seed, output.population);
        records.push_back(output);
    }
    return records;
}

/// Entries of a device's list of spikes, which many steps share, and of recorded values.
constexpr std::size_t chunk_entries = std::size_t{1} << 24;
constexpr std::int64_t most_chunk_steps = 4096;

inline std::size_t samples_of(const std::vector<CellRecord>& records, std::int64_t steps) {
    std::size_t sum = 0;
    for (const CellRecord& r : records)
        sum += static_cast<std::size_t>(r.samples(steps) + 1) * r.cells.count;
    return sum;
}
/// Steps after which a device brings what it recorded to the host.
inline std::int64_t most_steps_of_chunk(const std::vector<CellRecord>& records) {
    std::int64_t steps = most_chunk_steps;
    while (steps > 1 && samples_of(records, steps) > chunk_entries) steps /= 2;
    return steps;
}

}  // namespace snnsim
