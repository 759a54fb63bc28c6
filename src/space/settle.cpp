#include "src/space/settle.hpp"

#include <algorithm>

#include "src/space/pair_space.hpp"

namespace snnsim {
namespace {

void settle(Distribution& d, double far) {
    if (!d.by) return;
    const ByDistance& by = *d.by;
    const auto [low, high] = std::minmax({by(0.0), by(far)});
    d.low = low;
    d.high = high;
    if (by.law == DistanceLaw::gaussian && by.mean > 0.0 && by.mean < far) {
        d.low = std::min(d.low, by(by.mean));
        d.high = std::max(d.high, by(by.mean));
    }
    d.mean = 0.5 * (d.low + d.high);
}

bool is_stencil(const SynapsesSpec& p, const CellPopulationSpec& from,
                const CellPopulationSpec& to) {
    const ConnectSpec& c = p.connect;
    const bool all =
        c.rule == Rule::all_to_all || (c.rule == Rule::fixed_probability && c.p >= 1.0);
    if (!all || !c.mask || c.mask->shape == MaskShape::nearest || c.kernel) return false;
    if (p.procedural || p.changes() || p.weight_file || p.edges) return false;
    if (!p.weight.constant() && !p.weight.of_distance()) return false;
    if (!p.delay.constant() && !p.delay.of_distance()) return false;
    if (!from.space || !to.space || from.space->grid.empty()) return false;
    const SpaceSpec &a = *from.space, &b = *to.space;
    return a.grid == b.grid && a.order == b.order && a.periodic == b.periodic &&
           a.extent == b.extent && a.center == b.center;
}

}  // namespace

void settle_space(SimulationSpec& spec) {
    const auto find = [&](const std::string& name) -> const CellPopulationSpec* {
        const std::size_t k = spec.population_index(name);
        return k < spec.populations.size() ? &spec.populations[k] : nullptr;
    };
    for (SynapsesSpec& p : spec.projections) {
        const CellPopulationSpec *from = find(p.from), *to = find(p.to);
        if (!from || !to) continue;
        if (p.weight.by || p.delay.by) {
            const double far = farthest(*from, *to);
            settle(p.weight, far);
            settle(p.delay, far);
        }
        p.stencil = is_stencil(p, *from, *to);
    }
}

}  // namespace snnsim
