#include "src/equations/integrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace snnsim {
namespace {

using Op = EquationOp;

class Integrator {
  public:
    Integrator(const Integrand& in, CellEquations& cell) : in_(in), cell_(cell), g_(cell.graph) {
        for (const Derivative& d : in.equations) variables_.push_back(g_.leaf(Op::state, d.state));
    }

    std::optional<MethodProblem> run(EquationMethod method, std::map<std::size_t, NodeId>& next) {
        if (in_.equations.empty()) {
            cell_.method = EquationMethod::exact;
            return std::nullopt;
        }
        if (auto problem = take_out_noise()) return problem;
        if (method == EquationMethod::automatic) {
            if (!exact(next)) return std::nullopt;
            if (!exponential(next)) return std::nullopt;
            return euler(next);
        }
        switch (method) {
            case EquationMethod::exact:
                return exact(next);
            case EquationMethod::exponential_euler:
                return exponential(next);
            case EquationMethod::rk4:
                return rk4(next);
            default:
                return euler(next);
        }
    }

  private:
    static MethodProblem at(const Derivative& d, std::string message) {
        return {d.source, d.at, std::move(message)};
    }
    const std::string& name(const Derivative& d) const { return cell_.states[d.state].name; }
    NodeId number(double x) { return g_.number(x); }

    /// f + g1 xi_1 + g2 xi_2 to f and its factors.
    std::optional<MethodProblem> take_out_noise() {
        for (const Derivative& d : in_.equations) {
            const auto parts = g_.linear(d.value, in_.noises);
            if (!parts)
                return at(
                    d, fmt::format("d{}/dt must be linear in xi: something plus a factor times xi",
                                   name(d)));
            drift_.push_back(parts->rest);
            factors_.push_back(parts->coefficients);
            noisy_ = noisy_ || !parts->coefficients.empty();
        }
        return std::nullopt;
    }
    /// What noise adds in a step; `scale`: the root of the time over which it acts.
    NodeId with_noise(std::size_t k, NodeId x, NodeId scale) {
        for (const auto& [noise, factor] : factors_[k]) {
            x = g_.add(x, g_.multiply(g_.multiply(scale, factor), noise));
        }
        return x;
    }
    NodeId root_dt() { return g_.unary(Op::root, g_.dt()); }
    NodeId unless_waits(const Derivative& d, NodeId x) {
        if (!d.unless_refractory || in_.waits < 0) return x;
        return g_.select(in_.waits, g_.leaf(Op::state, d.state), x);
    }

    std::optional<MethodProblem> exact(std::map<std::size_t, NodeId>& next) {
        const std::size_t n = variables_.size();
        std::vector<NodeId> matrix(n * n, number(0.0)), input(n);
        for (std::size_t r = 0; r < n; ++r) {
            const Derivative& d = in_.equations[r];
            const auto parts = g_.linear(drift_[r], variables_);
            if (!parts)
                return at(d,
                          fmt::format(
                              "the method exact takes linear equations; d{}/dt is not linear in {}",
                              name(d), names()));
            for (const auto& [variable, coefficient] : parts->coefficients) {
                if (!g_[coefficient].setup)
                    return at(
                        d,
                        fmt::format("the method exact takes constant coefficients; that of {} in "
                                    "d{}/dt changes from step to step",
                                    cell_.states[static_cast<std::size_t>(g_[variable].index)].name,
                                    name(d)));
                const auto c = static_cast<std::size_t>(
                    std::find(variables_.begin(), variables_.end(), variable) - variables_.begin());
                matrix[r * n + c] = coefficient;
            }
            if (g_.depends(parts->rest, [](const GraphNode& node) { return node.op == Op::time; }))
                return at(d,
                          fmt::format("the method exact takes no t: d{}/dt changes within a step",
                                      name(d)));
            input[r] = parts->rest;
        }
        if (noisy_)
            return at(in_.equations[0],
                      "the method exact takes no noise xi; exponential_euler and euler do");
        // Large networks of compartments aside, states that do not act on each other are apart.
        const std::size_t system = g_.add_system({n, matrix});
        std::optional<std::size_t> waiting;
        const bool freezes =
            in_.waits >= 0 && std::any_of(in_.equations.begin(), in_.equations.end(),
                                          [](const Derivative& d) { return d.unless_refractory; });
        const std::vector<char> reach = reachable(matrix, n);
        for (std::size_t r = 0; r < n; ++r) {
            const Derivative& d = in_.equations[r];
            NodeId x = row(system, matrix, reach, input, r, n);
            if (freezes && d.unless_refractory) {
                x = unless_waits(d, x);
            } else if (freezes && acted_on_by_frozen(reach, r, n)) {
                if (!waiting) waiting = g_.add_system({n, frozen(matrix, n)});
                x = g_.select(in_.waits,
                              row(*waiting, frozen(matrix, n), reach, frozen_input(input), r, n),
                              x);
            }
            next[d.state] = x;
        }
        for (std::size_t k = 0; k < n; ++k) watch(k, false);
        cell_.method = EquationMethod::exact;
        return std::nullopt;
    }
    std::string names() const {
        std::string out;
        for (std::size_t k = 0; k < in_.equations.size(); ++k)
            out += (k == 0                          ? ""
                    : k + 1 == in_.equations.size() ? " and "
                                                    : ", ") +
                   name(in_.equations[k]);
        return out;
    }
    NodeId row(std::size_t system, const std::vector<NodeId>& matrix,
               const std::vector<char>& reach, const std::vector<NodeId>& input, std::size_t r,
               std::size_t n) {
        // What is added to x in a step: small beside x, so that x keeps its digits.
        NodeId added = number(0.0);
        for (std::size_t c = 0; c < n; ++c) {
            if (!reach[r * n + c] || g_.is_number(input[c], 0.0)) continue;
            added = g_.add(added, g_.multiply(g_.propagator(system, r, c, true), input[c]));
        }
        for (std::size_t c = 0; c < n; ++c) {
            if (!reach[r * n + c]) continue;
            NodeId factor = g_.propagator(system, r, c, false);
            if (r == c) {
                if (g_.is_number(matrix[r * n + c], 0.0) && !acts_back(reach, r, n)) continue;
                factor = g_.subtract(factor, number(1.0));
            }
            added = g_.add(added, g_.multiply(factor, variables_[c]));
        }
        // What only decays is a product.
        const bool alone =
            std::count(reach.begin() + static_cast<std::ptrdiff_t>(r * n),
                       reach.begin() + static_cast<std::ptrdiff_t>((r + 1) * n), 1) == 1;
        if (alone && g_.is_number(input[r], 0.0) && !g_.is_number(added, 0.0))
            return g_.multiply(g_.propagator(system, r, r, false), variables_[r]);
        return g_.add(variables_[r], added);
    }
    /// A state acts on itself by way of others.
    static bool acts_back(const std::vector<char>& reach, std::size_t r, std::size_t n) {
        for (std::size_t c = 0; c < n; ++c)
            if (c != r && reach[r * n + c] && reach[c * n + r]) return true;
        return false;
    }
    /// [row][column]: the column acts on the row, by way of others too; each acts on itself.
    std::vector<char> reachable(const std::vector<NodeId>& matrix, std::size_t n) {
        std::vector<char> reach(n * n, 0);
        for (std::size_t k = 0; k < n * n; ++k)
            reach[k] = k / n == k % n || !g_.is_number(matrix[k], 0.0) ? 1 : 0;
        return by_way_of_others(std::move(reach), n);
    }
    static std::vector<char> by_way_of_others(std::vector<char> reach, std::size_t n) {
        for (std::size_t via = 0; via < n; ++via)
            for (std::size_t r = 0; r < n; ++r)
                for (std::size_t c = 0; c < n; ++c)
                    if (reach[r * n + via] && reach[via * n + c]) reach[r * n + c] = 1;
        return reach;
    }
    bool acted_on_by_frozen(const std::vector<char>& reach, std::size_t r, std::size_t n) const {
        for (std::size_t c = 0; c < n; ++c)
            if (reach[r * n + c] && in_.equations[c].unless_refractory) return true;
        return false;
    }
    std::vector<NodeId> frozen(std::vector<NodeId> matrix, std::size_t n) {
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = 0; c < n && in_.equations[r].unless_refractory; ++c)
                matrix[r * n + c] = number(0.0);
        return matrix;
    }
    std::vector<NodeId> frozen_input(std::vector<NodeId> input) {
        for (std::size_t r = 0; r < input.size(); ++r)
            if (in_.equations[r].unless_refractory) input[r] = number(0.0);
        return input;
    }

    std::optional<MethodProblem> exponential(std::map<std::size_t, NodeId>& next) {
        std::vector<NodeId> stepped;
        for (std::size_t k = 0; k < variables_.size(); ++k) {
            const Derivative& d = in_.equations[k];
            const auto parts = g_.linear(drift_[k], {variables_[k]});
            if (!parts)
                return at(d, fmt::format(
                                 "the method exponential_euler takes equations that are linear in "
                                 "their own variable; d{0}/dt is not linear in {0}; rk4 and euler "
                                 "take any",
                                 name(d)));
            const auto own = parts->coefficients.find(variables_[k]);
            const NodeId rate = own == parts->coefficients.end() ? number(0.0) : own->second;
            const NodeId exponent = g_.multiply(g_.dt(), rate);
            NodeId scale = root_dt();
            if (!factors_[k].empty() && !g_.is_number(rate, 0.0)) {
                if (!g_[rate].setup)
                    return at(
                        d,
                        fmt::format("the method exponential_euler takes noise where the rate of {} "
                                    "is constant; take euler",
                                    name(d)));
                // The variance of an Ornstein-Uhlenbeck process after dt.
                scale = g_.multiply(
                    scale, g_.unary(Op::root, g_.unary(Op::relative_exponential,
                                                       g_.multiply(number(2.0), exponent))));
            }
            // x e^(a dt) + b (e^(a dt) - 1) / a, with a x + b the drift.
            const NodeId mean = g_.multiply(g_.dt(), g_.unary(Op::relative_exponential, exponent));
            const NodeId x = g_.add(variables_[k], g_.multiply(mean, drift_[k]));
            stepped.push_back(unless_waits(d, with_noise(k, x, scale)));
        }
        for (std::size_t k = 0; k < stepped.size(); ++k) {
            next[in_.equations[k].state] = stepped[k];
            watch(k, false);
        }
        cell_.method = EquationMethod::exponential_euler;
        return std::nullopt;
    }

    std::optional<MethodProblem> euler(std::map<std::size_t, NodeId>& next) {
        for (std::size_t k = 0; k < variables_.size(); ++k) {
            const Derivative& d = in_.equations[k];
            NodeId x = g_.add(variables_[k], g_.multiply(g_.dt(), drift_[k]));
            x = with_noise(k, x, root_dt());
            next[d.state] = unless_waits(d, x);
            watch(k, true);
        }
        cell_.method = EquationMethod::euler;
        return std::nullopt;
    }

    std::optional<MethodProblem> rk4(std::map<std::size_t, NodeId>& next) {
        if (noisy_)
            return at(in_.equations[0],
                      "the method rk4 takes no noise xi; exponential_euler and euler do");
        const std::size_t n = variables_.size();
        std::vector<NodeId> slope(n), sum(n, number(0.0));
        const double weights[] = {1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0};
        const double ahead[] = {0.0, 0.5, 0.5, 1.0};
        for (int stage = 0; stage < 4; ++stage) {
            std::map<NodeId, NodeId> at_stage;
            if (stage > 0) {
                const NodeId time = g_.leaf(Op::time),
                             part = g_.multiply(number(ahead[stage]), g_.dt());
                at_stage[time] = g_.add(time, part);
                for (std::size_t k = 0; k < n; ++k)
                    at_stage[variables_[k]] = g_.add(variables_[k], g_.multiply(part, slope[k]));
            }
            std::vector<NodeId> here(n);
            for (std::size_t k = 0; k < n; ++k) {
                here[k] = stage == 0 ? drift_[k] : g_.replaced(drift_[k], at_stage);
                if (in_.equations[k].unless_refractory && in_.waits >= 0)
                    here[k] = g_.select(in_.waits, number(0.0), here[k]);
                sum[k] = g_.add(sum[k], g_.multiply(number(weights[stage]), here[k]));
            }
            slope = here;
        }
        for (std::size_t k = 0; k < n; ++k) {
            next[in_.equations[k].state] = g_.add(variables_[k], g_.multiply(g_.dt(), sum[k]));
            watch(k, true);
        }
        cell_.method = EquationMethod::rk4;
        return std::nullopt;
    }

    /// An explicit step overshoots where dt is longer than the time constant, and what has a
    /// negative one grows.
    void watch(std::size_t k, bool explicitly) {
        const Derivative& d = in_.equations[k];
        const auto parts = g_.linear(drift_[k], {variables_[k]});
        if (!parts || parts->coefficients.empty()) return;
        const NodeId own = parts->coefficients.begin()->second;
        const bool alone = g_[own].setup && !acts_back(influence(), k, variables_.size());
        if (!explicitly && !alone) return;
        std::map<NodeId, NodeId> start;
        for (std::size_t s = 0; s < cell_.states.size(); ++s)
            start[g_.leaf(Op::state, s)] = cell_.states[s].start;
        start[g_.leaf(Op::current)] = number(0.0);
        start[g_.leaf(Op::time)] = number(0.0);
        const NodeId rate = g_.replaced(own, start);
        if (g_[rate].setup) cell_.rates.push_back({d.state, rate, alone, d.source, d.at});
    }
    /// [row][column]: the column acts on the row, by way of others too.
    const std::vector<char>& influence() {
        if (!influence_.empty()) return influence_;
        const std::size_t n = variables_.size();
        std::vector<char> acts(n * n, 0);
        for (std::size_t k = 0; k < n * n; ++k) {
            const auto is_it = [&](const GraphNode& node) {
                return node.op == Op::state &&
                       node.index == static_cast<std::int32_t>(in_.equations[k % n].state);
            };
            acts[k] = k / n == k % n || g_.depends(drift_[k / n], is_it) ? 1 : 0;
        }
        return influence_ = by_way_of_others(std::move(acts), n);
    }

    const Integrand& in_;
    CellEquations& cell_;
    Graph& g_;
    std::vector<NodeId> variables_, drift_;
    std::vector<std::map<NodeId, NodeId>> factors_;  // of each noise
    std::vector<char> influence_;
    bool noisy_ = false;
};

}  // namespace

std::optional<MethodProblem> integrate(const Integrand& integrand, EquationMethod method,
                                       CellEquations& cell, std::map<std::size_t, NodeId>& next) {
    return Integrator(integrand, cell).run(method, next);
}

}  // namespace snnsim
