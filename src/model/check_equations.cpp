// Checks of cells and rules that are written as equations, with the parameters of a population or
// a projection.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "src/equations/cell_equations.hpp"
#include "src/equations/program.hpp"
#include "src/equations/rule_equations.hpp"
#include "src/equations/value_problems.hpp"
#include "src/model/distribution.hpp"
#include "src/model/simulation_checks.hpp"

namespace snnsim {
namespace {

/// What decays does so in a time that can be tabulated.
bool check_decay(SimulationView& model, const RuleEquations& rule, const RuleEquations::Decaying& x,
                 double tau, const std::vector<double>& parameters, const std::string& of,
                 const Places::Path& at) {
    const double dt = model.spec.dt;
    if (!(tau > 0.0) || !(tau <= 1e7 * dt)) {
        model.add(x.place,
                  fmt::format("{} must decay, in a time of at most 10 million steps of dt; that of "
                              "'{}' is {:g} ms{}",
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
            if (result == rule_place::none) continue;
            // Of what is no number, either alternative comes back.
            const float found = x.result(c.code, result, 1.0f);
            if (std::isfinite(found) && found == x.result(c.code, result, 2.0f)) continue;
            std::string out;
            for (std::size_t k = 0; k < places.size(); ++k)
                out += fmt::format("{}{} = {:g}", k ? ", " : "", names[k], x[places[k]]);
            return out;
        }
    }
    return "";
}

// ---- cells

void check_values(SimulationView& model, const CellPopulationSpec& p, const CellEquations& cell) {
    const std::vector<double>& parameters = std::get<EquationCell::Params>(p.cell).values;
    const std::vector<NodeId> constants = constants_of(cell);
    std::vector<double> values;
    cell.graph.evaluate(values_to_check(cell, constants), parameters, model.spec.dt, values);
    const auto owner = [&] { return "'" + p.name + "'"; };
    if (const auto wrong = wrong_value(cell, constants, values, parameters, model.spec.dt, owner)) {
        if (wrong->at.line > 0) return model.add(wrong->at, wrong->message);
        return model.add({"populations", p.name}, wrong->message);
    }
    if (cell.refractory >= 0)
        check_rounded(model, {"populations", p.name}, "the refractory period",
                      values[static_cast<std::size_t>(cell.refractory)], model.spec.dt);
}

/// What a step of dt makes of a small deviation that decays in `steps` steps.
double left_by(EquationMethod method, double steps) {
    const double s = steps;
    if (method == EquationMethod::euler) return 1.0 - s;
    return 1.0 - s + s * s / 2.0 - s * s * s / 6.0 + s * s * s * s / 24.0;  // rk4
}

/// A state that grows by itself.
void check_growth(SimulationView& model, const CellEquations& cell, const CellEquations::Rate& r,
                  double rate, const std::string& of) {
    if (!r.alone || !(rate > 0.0)) return;
    model.warn({"models", cell.name, "equations"},
               fmt::format("{0} does not decay but grows by itself, by a factor of e every {1:.3g} "
                           "ms, for {2}; look at the signs of d{0}/dt",
                           cell.states[r.state].name, 1.0 / rate, of));
}

/// A step of an explicit method that is too long.
void check_step(SimulationView& model, const CellEquations& cell, const CellEquations::Rate& r,
                double rate, const std::string& of) {
    const bool euler = cell.method == EquationMethod::euler;
    const double dt = model.spec.dt, steps = -rate * dt;
    if ((!euler && cell.method != EquationMethod::rk4) || !(steps > 1.0 + 1e-9)) return;
    const double left = std::abs(left_by(cell.method, steps));
    model.warn(
        {"models", cell.name, "equations"},
        fmt::format("a step of {} of dt ({:g} ms) is longer than the time constant of {} "
                    "({:.3g} ms) for {}: {}; take a smaller dt, or the method exact or "
                    "exponential_euler",
                    name_of(cell.method), dt, cell.states[r.state].name, -1.0 / rate, of,
                    left >= 1.0 ? fmt::format("it is unstable, what deviates is multiplied by "
                                              "{:.3g} in each step",
                                              left)
                    : euler     ? "it overshoots"
                                : "it is not exact"));
}

/// Looks at each rate where it is greatest and where it is least; `sets`: of parameters.
void check_rates(SimulationView& model, const CellPopulationSpec& p, const CellEquations& cell,
                 const std::vector<std::vector<double>>& sets) {
    for (const CellEquations::Rate& r : cell.rates) {
        const std::vector<double>*fast = nullptr, *slow = nullptr;
        double least = 0.0, greatest = 0.0;
        for (const std::vector<double>& parameters : sets) {
            std::vector<double> values;
            cell.graph.evaluate({r.node}, parameters, model.spec.dt, values);
            const double rate = values[static_cast<std::size_t>(r.node)];
            if (!std::isfinite(rate)) continue;
            if (!fast || rate < least) fast = &parameters, least = rate;
            if (!slow || rate > greatest) slow = &parameters, greatest = rate;
        }
        if (!fast) continue;
        const auto of = [&](const std::vector<double>& parameters) {
            return fmt::format("'{}'{}", p.name, parameters_of(cell, r.node, parameters));
        };
        check_growth(model, cell, r, greatest, of(*slow));
        check_step(model, cell, r, least, of(*fast));
    }
}

/// Sets of parameters of cells that differ: those at the ends of what each is drawn from, where it
/// has ends, else its mean. Of very many parameters the first four take both.
std::vector<std::vector<double>> extremes(const CellPopulationSpec& p, const CellEquations& cell) {
    constexpr std::size_t most = 4;
    std::vector<std::vector<double>> out{std::get<EquationCell::Params>(p.cell).values};
    for (std::size_t k = 0; k < p.varied.size(); ++k) {
        const Distribution& d = p.varied[k].value;
        std::size_t number = 0;
        while (cell.parameters[number].name != p.varied[k].name) ++number;
        const auto [low, high] = extent(d);
        const std::size_t before = out.size();
        for (std::size_t n = 0; n < before; ++n) {
            std::vector<double> other = out[n];
            out[n][number] = std::isfinite(low) ? low : d.mean;
            other[number] = std::isfinite(high) ? high : d.mean;
            if (k < most) out.push_back(std::move(other));
        }
    }
    return out;
}

}  // namespace

void check_written_rule(SimulationView& model, const SynapsesSpec& s,
                        const EquationRule::Params& params, const std::string& k) {
    const RuleEquations& rule = *params.equations;
    const std::size_t before = model.problems();
    std::vector<NodeId> wanted = rule.constants;
    for (const auto& a : rule.arguments) wanted.push_back(a.node);
    std::vector<double> values;
    rule.graph.evaluate(wanted, params.values, model.spec.dt, values);
    const auto owner = [&] { return "'" + s.name() + "'"; };
    if (const auto wrong = wrong_divisor(rule, values, params.values, owner))
        return model.add(wrong->at, wrong->message);
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
        if (std::isfinite(static_cast<float>(values[static_cast<std::size_t>(id)]))) continue;
        const ValueProblem wrong = no_single(rule, id, values, params.values, owner,
                                             fmt::format("'{}' computes", rule.name));
        if (wrong.at.line > 0) return model.add(wrong.at, wrong.message);
        return model.add(at, wrong.message);
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
            model.add(event.place, fmt::format("{} of '{}' gives no finite number where {}",
                                               event.key, rule.name, where));
    }
}

void check_equations(SimulationView& model, const CellPopulationSpec& p) {
    const CellEquations* const cell = p.equations();
    if (!cell || !model.sound({"dt"})) return;
    if (p.varied.empty()) {
        check_values(model, p, *cell);  // else as the cells are made
        check_rates(model, p, *cell, {std::get<EquationCell::Params>(p.cell).values});
    } else if (model.sound({"populations", p.name})) {
        check_rates(model, p, *cell, extremes(p, *cell));
    }
}

}  // namespace snnsim
