// Checks of cells that are written as equations, with the parameters of a population.
#include <fmt/format.h>

#include <cmath>

#include "src/equations/cell_equations.hpp"
#include "src/model/simulation_checks.hpp"

namespace snnsim {
namespace {

/// "tau = 0 ms": the parameters that a node follows from.
std::string parameters_of(const CellEquations& cell, NodeId node,
                          const std::vector<double>& values) {
    std::string out;
    for (std::size_t k = 0; k < values.size(); ++k) {
        const auto is_it = [&](const GraphNode& n) {
            return n.op == EquationOp::parameter && n.index == static_cast<std::int32_t>(k);
        };
        if (!cell.graph.depends(node, is_it)) continue;
        const CellEquations::Parameter& p = cell.parameters[k];
        out += fmt::format("{}{} = {:g}{}{}", out.empty() ? "" : ", ", p.name, values[k],
                           p.unit.empty() ? "" : " ", p.unit);
    }
    return out;
}

}  // namespace

void check_equations(SimulationView& model, const CellPopulationSpec& p) {
    const CellEquations* const cell = p.equations();
    if (!cell || !model.sound({"dt"}) || !p.varied.empty()) return;  // else as the cells are made
    const std::vector<double>& parameters = std::get<EquationCell::Params>(p.cell).values;
    std::vector<NodeId> wanted;
    for (const auto& d : cell->divisors) wanted.push_back(d.node);
    for (const auto& r : cell->rates) wanted.push_back(r.node);
    if (cell->refractory >= 0) wanted.push_back(cell->refractory);
    std::vector<double> values;
    cell->graph.evaluate(wanted, parameters, model.spec.dt, values);
    const auto value_of = [&](NodeId id) { return values[static_cast<std::size_t>(id)]; };
    for (const auto& d : cell->divisors) {
        if (value_of(d.node) != 0.0) continue;
        model.add(d.place, fmt::format("a division by 0: this divisor is 0 for '{}', with {}",
                                       p.name, parameters_of(*cell, d.node, parameters)));
        return;
    }
    if (cell->refractory >= 0 && !(value_of(cell->refractory) >= 0.0))
        model.add({"populations", p.name},
                  fmt::format("the refractory period of '{}' would be {:g} ms", p.name,
                              value_of(cell->refractory)));
    for (const auto& r : cell->rates) {
        const double steps = -value_of(r.node) * model.spec.dt;
        if (!(steps > 1.0 + 1e-9)) continue;
        model.warn(
            {"populations", p.name},
            fmt::format("an explicit step of dt ({:g} ms) is longer than the time constant of "
                        "{} ({:.3g} ms) and may overshoot: take a smaller dt, or the method "
                        "exact or exponential_euler",
                        model.spec.dt, cell->states[r.state].name, -1.0 / value_of(r.node)));
    }
}

}  // namespace snnsim
