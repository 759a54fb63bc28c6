#include "src/engine/cpu/fired_history.hpp"

namespace snnsim {

FiredHistory::FiredHistory(std::size_t blocks, std::size_t populations, DelayReach reach)
    : blocks_(blocks), steps_(reach.longest + reach.shortest), fired_(steps_ * blocks) {
    for (FiredCells& f : fired_) {
        f.end.assign(populations, 0);
        f.values.resize(populations);
    }
}

Spikes FiredHistory::spikes(std::int64_t now, bool graded) const {
    Spikes out;
    for (std::int64_t t = first_known(now); t < now; ++t) {
        for (std::size_t b = 0; b < blocks_; ++b) {
            const FiredCells& f = fired_[place_of(t, b)];
            for (std::size_t p = 0; p < f.end.size(); ++p) {
                const FiredSpan of = f.of(p);
                for (std::uint32_t k = 0; k < of.count; ++k) {
                    out.step.push_back(static_cast<std::uint32_t>(t + 1));
                    out.population.push_back(static_cast<std::uint32_t>(p));
                    out.cell.push_back(of.cells[k]);
                    if (graded) out.value.push_back(of.value(k));
                }
            }
        }
    }
    return out;
}

void FiredHistory::set(const Spikes& spikes, const SimulationSpec& spec, const Layout& layout) {
    for (FiredCells& f : fired_) {
        f.cells.clear();
        for (std::vector<float>& v : f.values) v.clear();
    }
    // By population within a block and step, as the steps themselves leave them.
    for (std::size_t p = 0; p < layout.populations.size(); ++p) {
        for (std::size_t k = 0; k < spikes.size(); ++k) {
            if (spikes.population[k] != p) continue;
            const std::uint32_t cell = spikes.cell[k];
            FiredCells& f = at(spikes.step[k] - 1, layout.panels[p][cell / cell_panel].block);
            f.cells.push_back(cell);
            if (spec.populations[p].graded()) f.values[p].push_back(spikes.value[k]);
        }
        for (FiredCells& f : fired_) f.end[p] = static_cast<std::uint32_t>(f.cells.size());
    }
}

}  // namespace snnsim
