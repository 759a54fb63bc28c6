#include "src/engine/synapses/listed_synapses.hpp"

#include "src/engine/synapses/projection_plan.hpp"

namespace snnsim {

EdgeList listed_synapses(const SimulationSpec& spec, std::size_t projection, int threads) {
    ThreadPool pool(threads);
    const WeightGrid grid = plan_weights(spec).grid;
    const ProjectionPlan plan = std::move(plan_projections(spec, grid, pool)[projection]);
    const std::vector<double> steps = grid.steps(plan.to);
    EdgeList out;
    Taken taken;
    for (std::uint32_t source = 0; source < plan.degree.size(); ++source) {
        plan.for_each_weight(
            source, taken, [&](std::uint32_t target, std::int32_t weight, std::uint32_t delay) {
                out.source.push_back(source);
                out.target.push_back(target);
                out.weight.push_back(static_cast<double>(weight) * steps[plan.reached.of(weight)]);
                out.delay.push_back(static_cast<double>(delay) * spec.dt);
            });
    }
    return out;
}

}  // namespace snnsim
