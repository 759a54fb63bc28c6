#include "src/stats/population_rates.hpp"

#include <algorithm>
#include <utility>

#include "snnsim/cell_values.hpp"
#include "snnsim/error.hpp"

namespace snnsim {

PopulationRates::PopulationRates(const SimulationSpec& spec) {
    for (const SimulationRecordSpec& r : spec.record) {
        if (r.what != "rate") continue;
        Record record;
        while (spec.populations[record.population].name != r.population) ++record.population;
        record.cells = recorded_cells(spec, r);
        record.interval = step_of(r.interval, spec.dt);
        record.hertz =
            1000.0 / (static_cast<double>(record.interval) * spec.dt * record.cells.count);
        records_.push_back(record);
    }
}

/// Ends the intervals with from < end <= to; only the first of them can have spikes.
void PopulationRates::end_intervals(Record& record, std::int64_t from, std::int64_t to,
                                    StateSamples& out) {
    for (std::int64_t k = from / record.interval + 1; k * record.interval <= to; ++k) {
        out.step.push_back(static_cast<std::uint32_t>(k * record.interval));
        out.values.push_back(
            static_cast<float>(static_cast<double>(std::exchange(record.count, 0)) * record.hertz));
    }
}

std::vector<StateSamples> PopulationRates::add(const Spikes& spikes, std::int64_t now) {
    std::vector<StateSamples> out(records_.size());
    for (std::size_t r = 0; r < records_.size(); ++r) {
        Record& record = records_[r];
        std::int64_t done = now_;
        for (std::size_t k = 0; k < spikes.size(); ++k) {
            if (spikes.population[k] != record.population || !record.cells.has(spikes.cell[k]))
                continue;
            const std::int64_t before = std::int64_t{spikes.step[k]} - 1;
            end_intervals(record, done, before, out[r]);
            done = std::max(done, before);
            ++record.count;
        }
        end_intervals(record, done, now, out[r]);
    }
    now_ = now;
    return out;
}

std::vector<std::uint64_t> PopulationRates::counts() const {
    std::vector<std::uint64_t> out;
    for (const Record& r : records_) out.push_back(r.count);
    return out;
}

void PopulationRates::restore(const std::vector<std::uint64_t>& counts, std::int64_t now) {
    SNN_EXPECT(counts.size() == records_.size());
    for (std::size_t r = 0; r < records_.size(); ++r) records_[r].count = counts[r];
    now_ = now;
}

}  // namespace snnsim
