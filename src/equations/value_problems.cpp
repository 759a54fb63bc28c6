#include "src/equations/value_problems.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kernels/steps.hpp"

namespace snnsim {
namespace {

double value_of(const std::vector<double>& values, NodeId id) {
    return values[static_cast<std::size_t>(id)];
}
bool is_single(double x) {
    return std::isfinite(static_cast<float>(x));
}
/// Why there is no logarithm or root; empty: there is, or it is none of them.
std::string without_result(EquationOp op, double x) {
    if (op == EquationOp::logarithm && !(x > 0.0))
        return fmt::format("there is no logarithm of {:g}, which this is", x);
    if (op == EquationOp::root && !(x >= 0.0))
        return fmt::format("there is no root of {:g}, which this is", x);
    return "";
}

}  // namespace

std::string parameters_of(const Definition& definition, NodeId node,
                          const std::vector<double>& parameters) {
    std::string out;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        const auto is_it = [&](const GraphNode& n) {
            return n.op == EquationOp::parameter && n.index == static_cast<std::int32_t>(k);
        };
        if (!definition.graph.depends(node, is_it)) continue;
        const Definition::Parameter& p = definition.parameters[k];
        out += fmt::format("{}{} = {:g}{}{}", out.empty() ? ", with " : ", ", p.name, parameters[k],
                           p.unit.empty() ? "" : " ", p.unit);
    }
    return out;
}

std::optional<ValueProblem> wrong_divisor(const Definition& definition,
                                          const std::vector<double>& values,
                                          const std::vector<double>& parameters,
                                          const NameOwner& owner) {
    for (const Definition::Argument& a : definition.arguments) {
        if (a.op != EquationOp::divide || value_of(values, a.node) != 0.0) continue;
        return ValueProblem{a.place,
                            fmt::format("a division by 0: this divisor is 0 for {}{}", owner(),
                                        parameters_of(definition, a.node, parameters))};
    }
    return std::nullopt;
}

ValueProblem no_single(const Definition& definition, NodeId node, const std::vector<double>& values,
                       const std::vector<double>& parameters, const NameOwner& owner,
                       const std::string& what) {
    for (const Definition::Argument& a : definition.arguments) {
        const std::string wrong = without_result(a.op, value_of(values, a.node));
        const auto is_it = [&](const GraphNode& n) { return n.op == a.op && n.a == a.node; };
        if (wrong.empty() || !definition.graph.depends(node, is_it)) continue;
        return {a.place, fmt::format("{} for {}{}", wrong, owner(),
                                     parameters_of(definition, a.node, parameters))};
    }
    return {
        {},
        fmt::format("{} {:g}, which single precision does not hold, for {}{}", what,
                    value_of(values, node), owner(), parameters_of(definition, node, parameters))};
}

std::vector<NodeId> values_to_check(const CellEquations& cell,
                                    const std::vector<NodeId>& constants) {
    std::vector<NodeId> out = constants;
    for (const CellEquations::State& s : cell.states) out.push_back(s.start);
    for (const Definition::Argument& a : cell.arguments) out.push_back(a.node);
    if (cell.refractory >= 0) out.push_back(cell.refractory);
    return out;
}

std::optional<ValueProblem> wrong_value(const CellEquations& cell,
                                        const std::vector<NodeId>& constants,
                                        const std::vector<double>& values,
                                        const std::vector<double>& parameters, double dt,
                                        const NameOwner& owner) {
    if (auto wrong = wrong_divisor(cell, values, parameters, owner)) return wrong;
    for (const NodeId id : constants) {
        if (is_single(value_of(values, id))) continue;
        return no_single(cell, id, values, parameters, owner,
                         fmt::format("the equations of '{}' give", cell.name));
    }
    for (const CellEquations::State& s : cell.states) {
        if (is_single(value_of(values, s.start))) continue;
        return no_single(cell, s.start, values, parameters, owner, s.name + " begins at");
    }
    if (cell.refractory < 0) return std::nullopt;
    const double period = value_of(values, cell.refractory);
    const std::string whose = owner() + parameters_of(cell, cell.refractory, parameters);
    if (!(period >= 0.0))
        return ValueProblem{
            {}, fmt::format("the refractory period would be {:g} ms for {}", period, whose)};
    if (period > 0.0 && rounded_steps(period, dt) == 0.0)
        return ValueProblem{
            {},
            fmt::format("the refractory period ({0:g} ms) is less than half a dt ({1:g} ms) and "
                        "would become 0 for {2}; write at least {1:g} ms, or a smaller dt",
                        period, dt, whose)};
    return std::nullopt;
}

}  // namespace snnsim
