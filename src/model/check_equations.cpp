// Checks of cells and rules that are written as equations, with the parameters of a population or
// a projection.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "src/equations/cell_equations.hpp"
#include "src/equations/rule_equations.hpp"
#include "src/model/simulation_checks.hpp"

namespace snnsim {
namespace {

/// "tau = 0 ms": the parameters that a node follows from.
std::string parameters_of(const Definition& cell, NodeId node, const std::vector<double>& values) {
    std::string out;
    for (std::size_t k = 0; k < values.size(); ++k) {
        const auto is_it = [&](const GraphNode& n) {
            return n.op == EquationOp::parameter && n.index == static_cast<std::int32_t>(k);
        };
        if (!cell.graph.depends(node, is_it)) continue;
        const Definition::Parameter& p = cell.parameters[k];
        out += fmt::format("{}{} = {:g}{}{}", out.empty() ? "" : ", ", p.name, values[k],
                           p.unit.empty() ? "" : " ", p.unit);
    }
    return out;
}

/// False, and a problem, where a divisor is 0. `values`: of the graph's nodes.
bool check_divisors(SimulationView& model, const Definition& d, const std::vector<double>& values,
                    const std::vector<double>& parameters, const std::string& of) {
    for (const auto& divisor : d.divisors) {
        if (values[static_cast<std::size_t>(divisor.node)] != 0.0) continue;
        model.add(divisor.place, fmt::format("a division by 0: this divisor is 0 for '{}', with {}",
                                             of, parameters_of(d, divisor.node, parameters)));
        return false;
    }
    return true;
}

/// What decays does so in a time that can be tabulated.
bool check_decay(SimulationView& model, const RuleEquations& rule, const RuleEquations::Decaying& x,
                 double tau, const std::vector<double>& parameters, const std::string& of,
                 const Places::Path& at) {
    const double dt = model.spec.dt;
    if (!(tau > 0.0) || !(tau <= 1e7 * dt)) {
        model.add(x.place,
                  fmt::format("{} must decay, in a time of at most 10 million steps of dt; that of "
                              "'{}' is {:g} ms, with {}",
                              x.name, of, tau, parameters_of(rule, x.tau, parameters)));
        return false;
    }
    check_time_constant(model, at, x.name.c_str(), tau);
    return true;
}

/// An event is worked out with what weights and traces may be, none and much: "w = 0, x = 0" where
/// it gives no number.
std::string without_number(const EquationRule::Constants& c, const RuleEquations& rule,
                           const RuleProgram& program, float low) {
    std::vector<std::string> names{"w"};
    std::vector<std::uint8_t> places{rule_place::weight};
    std::vector<std::array<float, 3>> values{{low, 1.0f, 0.5f * (low + 1.0f)}};
    const auto add = [&](const std::string& name, std::size_t place, std::array<float, 3> of) {
        names.push_back(name);
        places.push_back(static_cast<std::uint8_t>(place));
        values.push_back(of);
    };
    const bool rewarded = &program == &c.on_reward;
    if (rewarded) add("reward", rule_place::reward, {0.0f, 1.0f, -1.0f});
    if (rule.variable) add(rule.variable->name, rule_place::variable, {0.0f, 0.5f, -0.5f});
    for (std::size_t k = 0; !rewarded && k < rule.pre.size(); ++k)
        add(rule.pre[k].name, rule_place::pre + k, {0.0f, 1.0f, 1.0f});
    for (std::size_t k = 0; !rewarded && k < rule.post.size(); ++k)
        add(rule.post[k].name, rule_place::post + k, {0.0f, 1.0f, 1.0f});
    std::size_t cases = 1;
    for (std::size_t k = 0; k < places.size(); ++k) cases *= 3;
    for (std::size_t n = 0; n < cases; ++n) {
        RuleValues x;
        std::size_t left = n;
        for (std::size_t k = 0; k < places.size(); ++k, left /= 3)
            x[places[k]] = values[k][left % 3];
        x.run(c.code, program);
        for (const std::uint8_t result : program.results) {
            // Of what is no number, either alternative comes back.
            if (x.result(c.code, result, 1.0f) == x.result(c.code, result, 2.0f) ||
                result == rule_place::none)
                continue;
            std::string out;
            for (std::size_t k = 0; k < places.size(); ++k)
                out += fmt::format("{}{} = {:g}", k ? ", " : "", names[k], x[places[k]]);
            return out;
        }
    }
    return "";
}

}  // namespace

void check_written_rule(SimulationView& model, const SynapsesSpec& s,
                        const EquationRule::Params& params, const std::string& k) {
    const RuleEquations& rule = *params.equations;
    const std::size_t before = model.problems();
    std::vector<NodeId> wanted = rule.constants;
    for (const auto& d : rule.divisors) wanted.push_back(d.node);
    std::vector<double> values;
    rule.graph.evaluate(wanted, params.values, model.spec.dt, values);
    if (!check_divisors(model, rule, values, params.values, s.name())) return;
    const Places::Path at{"projections", k, "plasticity", "rule"};
    const auto decays = [&](const RuleEquations::Decaying& x, double tau) {
        check_decay(model, rule, x, tau, params.values, s.name(), at);
    };
    const auto taus = EquationRule::taus(params);
    for (std::size_t n = 0; n < rule.pre.size(); ++n) decays(rule.pre[n], taus[n]);
    for (std::size_t n = 0; n < rule.post.size(); ++n)
        decays(rule.post[n], taus[EquationRule::pre_traces + n]);
    if (rule.variable) decays(*rule.variable, EquationRule::variable_tau(params));
    for (const NodeId id : rule.constants) {
        const double x = values[static_cast<std::size_t>(id)];
        if (std::isfinite(static_cast<float>(x))) continue;
        return model.add(at, fmt::format("'{}' computes {:g}, which single precision does not "
                                         "hold, with {}",
                                         rule.name, x, parameters_of(rule, id, params.values)));
    }
    if (model.problems() > before) return;
    const PlasticitySpec& p = *s.plasticity;
    const bool sound =
        model.sound({"projections", k, "plasticity", "w_max"}) && p.w_max.mean != 0.0;
    const auto low = static_cast<float>(sound ? p.w_min.mean / p.w_max.mean : 0.0);
    const EquationRule::Constants c = EquationRule::prepare(params);
    for (const auto& event : rule.events) {
        const std::string where = without_number(c, rule, c.*event.program, low);
        if (!where.empty())
            model.add(event.place, fmt::format("{} of '{}' gives no number where {}", event.key,
                                               rule.name, where));
    }
}

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
    if (!check_divisors(model, *cell, values, parameters, p.name)) return;
    if (cell->refractory >= 0) {
        const double period = value_of(cell->refractory);
        if (!(period >= 0.0))
            model.add(
                {"populations", p.name},
                fmt::format("the refractory period of '{}' would be {:g} ms", p.name, period));
        check_rounded(model, {"populations", p.name}, "the refractory period", period,
                      model.spec.dt);
    }
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
