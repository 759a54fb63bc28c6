#include "src/equations/cell_equations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "kernels/cells/equation_cell.hpp"
#include "src/equations/definition_compiler.hpp"
#include "src/equations/integrate.hpp"
#include "src/equations/syntax.hpp"
#include "src/equations/typed.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

using Op = EquationOp;

class CellCompiler : DefinitionCompiler {
  public:
    CellCompiler(const CellSource& source, const ReportProblem& report)
        : DefinitionCompiler(cell_, report), source_(source) {
        cell_.name = source.name;
    }

    std::optional<CellEquations> run() {
        declare_parameters(source_.parameters);
        declare_states();
        if (!sound_)
            return std::nullopt;  // what follows would be told of each name that is missing
        declare_current();
        const std::vector<Differential> differential = declare_equations();
        read_refractory();
        read_equations(differential);
        if (!sound_) return std::nullopt;
        step();
        arrive();
        fire();
        return sound_ ? std::optional<CellEquations>(std::move(cell_)) : std::nullopt;
    }

  private:
    struct Auxiliary {  // x = ...
        Equation equation;
        SourceText source;
        std::optional<Typed> value;
    };

    /// A flag is set for as long as it lives.
    class Within {
      public:
        explicit Within(bool& flag) : flag_(flag) { flag_ = true; }
        ~Within() { flag_ = false; }
        Within(const Within&) = delete;
        Within& operator=(const Within&) = delete;

      private:
        bool& flag_;
    };

    void declare_states() {
        for (const CellSource::Named& named : source_.states) {
            const std::string& name = named.first;
            const SourceText& source = named.second;
            if (!declare(name, source, "state variable")) continue;
            attempt(source, [&] {
                current_source_ = source;
                const Typed value = start_scope().typed(parse_expression(source.text));
                if (value.condition)
                    throw ExpressionError{
                        0, fmt::format("{} begins at a number with its unit, not at a "
                                       "condition",
                                       name)};
                cell_.states.push_back({name, unit_text(value.dims), value.node});
                state_dims_.push_back(value.dims);
            });
        }
        if (source_.states.empty() && sound_)
            problem(SourceText{}, 0,
                    fmt::format("'{}' has no state variables: state: {{v: -65 mV}}", source_.name));
        cell_.refractory_state = cell_.states.size();
        if (source_.refractory && sound_) {
            cell_.states.push_back({"refractory", "", cell_.graph.number(0.0)});
            state_dims_.push_back({});
            waits_ = cell_.graph.binary(Op::less, cell_.graph.number(0.0),
                                        cell_.graph.leaf(Op::state, cell_.refractory_state));
        }
    }
    /// Parameters, and what the states above begin at.
    ExpressionScope start_scope() {
        std::vector<std::string> known = names_;
        return {cell_.graph,
                [this](const std::string& name, std::size_t at) -> std::optional<Typed> {
                    for (std::size_t k = 0; k < cell_.states.size(); ++k)
                        if (cell_.states[k].name == name)
                            return Typed{cell_.states[k].start, state_dims_[k]};
                    if (const auto p = parameter(name)) return p;
                    for (const CellSource::Named& state : source_.states)
                        if (state.first == name)
                            throw ExpressionError{
                                at, fmt::format("a state begins at a number, or at what follows "
                                                "from parameters and states above it; move {} up",
                                                name)};
                    return std::nullopt;
                },
                known, watch()};
    }
    void declare_current() {
        current_dims_ = dims_of_current;
        if (source_.current) {
            attempt(*source_.current, [&] {
                const NamedUnit unit = parse_unit(source_.current->text);
                if (unit.factor != 1.0)
                    throw ExpressionError{
                        0, fmt::format("currents are kept in {}: write that",
                                       unit_text(unit.dims).empty() ? "1" : unit_text(unit.dims))};
                current_dims_ = unit.dims;
            });
        }
        cell_.current_unit = unit_text(current_dims_);
        if (!is_input_unit(cell_.current_unit))
            problem(
                *source_.current, 0,
                fmt::format("currents of stimuli are in pA, mV, nS or without a unit, not in {}",
                            cell_.current_unit));
    }
    static bool is_input_unit(const std::string& unit) {
        return unit == "pA" || unit == "mV" || unit == "nS" || unit.empty();
    }

    // ---- names in equations

    /// `states`: what each state stands for there.
    ExpressionScope scope(const std::vector<NodeId>* states,
                          std::optional<Typed> weight = std::nullopt) {
        std::vector<std::string> known = names_;
        for (const char* name : {"t", "dt", "I"}) known.push_back(name);
        ExpressionScope out(
            cell_.graph,
            [this, states, weight](const std::string& name,
                                   std::size_t at) -> std::optional<Typed> {
                if (weight && name == "w") return weight;
                return meaning(name, at, states);
            },
            known, watch());
        out.random = [this](Op op) { return next_random(op); };
        return out;
    }
    NodeId next_random(Op op) { return cell_.graph.leaf(op, cell_.random_numbers++); }

    std::optional<Typed> meaning(const std::string& name, std::size_t at,
                                 const std::vector<NodeId>* states) {
        Graph& g = cell_.graph;
        if (name == "t") return Typed{g.leaf(Op::time), dims_of_time};
        if (name == "dt") return Typed{g.dt(), dims_of_time};
        if (name == "I") {
            cell_.uses_current = true;
            return Typed{g.leaf(Op::current), current_dims_};
        }
        if (name == "not_refractory" && in_refractory_)
            throw ExpressionError{at, "'refractory' itself says when a cell is refractory"};
        if (name == "not_refractory")
            return Typed{waits_ < 0 ? g.number(1.0) : g.unary(Op::opposite, waits_), {}, true};
        if (name == "xi" || name.starts_with("xi_")) {
            if (!in_equation_)
                throw ExpressionError{
                    at, name +
                            ", white noise, has a meaning in differential equations only; "
                            "randn() is a random number"};
            return Typed{noise(name), dims_of_noise};
        }
        for (std::size_t k = 0; k < cell_.states.size(); ++k) {
            if (k == cell_.refractory_state || cell_.states[k].name != name) continue;
            return Typed{states ? (*states)[k] : g.leaf(Op::state, k), state_dims_[k]};
        }
        if (const auto p = parameter(name)) return p;
        for (Auxiliary& a : auxiliaries_)
            if (a.equation.name == name) return auxiliary(a, at, states);
        if (name == "w")
            throw ExpressionError{at,
                                  "w, the weight that arrives, has a meaning in `receptors` only"};
        return std::nullopt;
    }
    /// A noise has one number a step for all that name it.
    NodeId noise(const std::string& name) {
        const auto known = noises_.find(name);
        if (known != noises_.end()) return known->second;
        return noises_[name] = next_random(Op::normal);
    }

    /// The value of x = ..., which `at` names; where states have moved on, of those.
    Typed auxiliary(Auxiliary& a, std::size_t at, const std::vector<NodeId>* states) {
        const auto begun = std::find(under_way_.begin(), under_way_.end(), &a);
        if (begun != under_way_.end()) {
            std::string circle;
            for (auto one = begun; one != under_way_.end(); ++one)
                circle += (*one)->equation.name + " -> ";
            throw ExpressionError{at, fmt::format("the definition of '{0}' is circular: {1}{0}",
                                                  a.equation.name, circle)};
        }
        if (!a.value) {
            under_way_.push_back(&a);
            const SourceText outer = std::exchange(current_source_, a.source);
            a.value = Typed{};
            try {
                const Typed value = scope(nullptr).typed(a.equation.value);
                if (value.condition)
                    throw ExpressionError{a.equation.value.at,
                                          "x = ... defines a number, not a condition"};
                check_unit(a.equation, value.dims);
                a.value = value;
            } catch (const ExpressionError& e) {
                problem(a.source, e.at, e.message);
            }
            current_source_ = outer;
            under_way_.pop_back();
        }
        Typed out = *a.value;
        if (out.node < 0) throw ExpressionError{at, ""};  // which has been told
        if (!states) return out;
        std::map<NodeId, NodeId> moved;
        for (std::size_t k = 0; k < states->size(); ++k)
            moved[cell_.graph.leaf(Op::state, k)] = (*states)[k];
        out.node = cell_.graph.replaced(out.node, moved);
        return out;
    }
    static void check_unit(const Equation& e, const Dims& dims) {
        if (e.has_unit && !(e.unit == dims))
            throw ExpressionError{e.unit_at, fmt::format("{} is {}, not {}", e.name,
                                                         dims_text(dims), dims_text(e.unit))};
    }

    // ---- equations

    using Differential = std::pair<Equation, SourceText>;
    std::vector<Differential> declare_equations() {
        std::vector<Differential> differential;
        for (const SourceText& source : source_.equations) {
            attempt(source, [&] {
                Equation e = parse_equation(source.text);
                if (e.differential) {
                    differential.emplace_back(std::move(e), source);
                } else if (declare_auxiliary(e, source)) {
                    auxiliaries_.push_back({std::move(e), source, std::nullopt});
                }
            });
        }
        return differential;
    }
    void read_equations(const std::vector<Differential>& differential) {
        for (Auxiliary& a : auxiliaries_) attempt(a.source, [&] { auxiliary(a, 0, nullptr); });
        for (const Differential& one : differential)
            attempt(one.second, [&] { derive(one.first, one.second); });
    }
    bool declare_auxiliary(const Equation& e, const SourceText& source) {
        const auto is_state = [&](const auto& s) { return s.name == e.name; };
        if (std::any_of(cell_.states.begin(), cell_.states.end(), is_state)) {
            problem(source, e.name_at,
                    fmt::format("'{0}' is a state variable: write d{0}/dt = ...", e.name));
            return false;
        }
        return declare(e.name, source, "quantity");
    }
    void derive(const Equation& e, const SourceText& source) {
        std::size_t state = 0;
        while (state < cell_.states.size() &&
               (state == cell_.refractory_state || cell_.states[state].name != e.name))
            ++state;
        if (state == cell_.states.size()) {
            std::vector<std::string> there;
            for (const auto& s : cell_.states) there.push_back(s.name);
            throw ExpressionError{
                e.name_at, fmt::format("there is no state variable '{}'{}: state: {{{}: ...}}",
                                       excerpt(e.name), did_you_mean(e.name, there), e.name)};
        }
        for (const Derivative& d : integrand_.equations)
            if (d.state == state)
                throw ExpressionError{e.name_at,
                                      fmt::format("'{}' has an equation already", e.name)};
        if (e.unless_refractory && !source_.refractory)
            throw ExpressionError{
                e.value.at,
                "(unless refractory) needs the key 'refractory': a time or a condition"};
        if (e.event_driven)
            throw ExpressionError{e.value.at,
                                  "(event-driven) belongs to traces of rules; cells take steps"};
        check_unit(e, state_dims_[state]);
        current_source_ = source;
        const Within within(in_equation_);
        const NodeId value = scope(nullptr).number(e.value, state_dims_[state] / dims_of_time,
                                                   fmt::format("d{}/dt", e.name));
        integrand_.equations.push_back(
            {state, value, e.unless_refractory, source, begin_of(e.value)});
    }
    /// A time, or a condition: for as long as it holds after a spike.
    void read_refractory() {
        if (!source_.refractory) return;
        attempt(*source_.refractory, [&] {
            current_source_ = *source_.refractory;
            const Syntax syntax = parse_expression(source_.refractory->text);
            const Within within(in_refractory_);
            const Typed value = scope(nullptr).typed(syntax);
            if (value.condition) {
                waits_ = cell_.graph.binary(Op::conjunction, waits_, value.node);
            } else {
                cell_.refractory =
                    setup_scope(true).number(syntax, dims_of_time, "a refractory period");
            }
        });
    }

    void step() {
        integrand_.waits = waits_;
        for (const auto& [name, node] : noises_) integrand_.noises.push_back(node);
        std::map<std::size_t, NodeId> next;
        const EquationMethod method = source_.by;
        if (const auto wrong = integrate(integrand_, method, cell_, next)) {
            problem(wrong->source, wrong->at, wrong->message);
            return;
        }
        for (std::size_t k = 0; k < cell_.states.size(); ++k) {
            const NodeId own = cell_.graph.leaf(Op::state, k);
            cell_.next.push_back(next.count(k) ? next[k] : own);
        }
        if (waits_ >= 0) {
            Graph& g = cell_.graph;
            cell_.next[cell_.refractory_state] =
                cell_.refractory < 0
                    ? waits_
                    : g.unary(Op::countdown, g.leaf(Op::state, cell_.refractory_state));
        }
    }

    // ---- what arrives, and what is sent

    void arrive() {
        if (!sound_) return;
        if (source_.receptors.size() > static_cast<std::size_t>(most_receptors))
            problem(source_.receptors.back().second, 0,
                    fmt::format("a cell has {} receptors at most", most_receptors));
        for (const CellSource::Named& named : source_.receptors) {
            const std::string& name = named.first;
            const SourceText& source = named.second;
            if (!is_identifier(name)) {
                problem(source, 0,
                        fmt::format("'{}' is no name for a receptor: letters, digits and '_', a "
                                    "letter first",
                                    excerpt(name)));
                continue;
            }
            attempt(source, [&] { add_receptor(name, source); });
        }
        // What decays to nothing stops before it becomes denormal.
        for (std::size_t k = 0; k < cell_.next.size() && sound_; ++k)
            if (k != cell_.refractory_state && cell_.graph[cell_.next[k]].op != Op::state)
                cell_.next[k] = cell_.graph.unary(Op::flushed, cell_.next[k]);
    }
    void add_receptor(const std::string& name, const SourceText& source) {
        const Assignment a = parse_assignment(source.text);
        if (a.operation != "+=" && a.operation != "-=")
            throw ExpressionError{a.at, "a receptor adds what arrives: g += w"};
        const std::size_t state = state_of(a);
        current_source_ = source;
        const NodeId arrival = cell_.graph.leaf(Op::arrival, cell_.receptors.size());
        // The unit of w is what is missing.
        const Typed bare = scope(&cell_.next, Typed{arrival, {}}).typed(a.value);
        const auto parts = cell_.graph.linear(bare.node, {arrival});
        if (!parts || parts->coefficients.empty() || !cell_.graph.is_number(parts->rest, 0.0))
            throw ExpressionError{
                begin_of(a.value),
                "what arrives in a step is summed, so that this must be proportional to w"};
        const Dims unit = state_dims_[state] / bare.dims;
        const NodeId added =
            scope(&cell_.next, Typed{arrival, unit})
                .number(a.value, state_dims_[state], fmt::format("{} {} ...", a.name, a.operation));
        if (!is_input_unit(unit_text(unit)))
            throw ExpressionError{
                begin_of(a.value),
                fmt::format("weights are in pA, mV, nS or without a unit; w would be in {}",
                            unit_text(unit))};
        cell_.next[state] = a.operation == "+=" ? cell_.graph.add(cell_.next[state], added)
                                                : cell_.graph.subtract(cell_.next[state], added);
        cell_.receptors.push_back({name, unit_text(unit)});
    }
    std::size_t state_of(const Assignment& a) {
        for (std::size_t k = 0; k < cell_.states.size(); ++k)
            if (k != cell_.refractory_state && cell_.states[k].name == a.name) return k;
        std::vector<std::string> there;
        for (std::size_t k = 0; k < cell_.states.size(); ++k)
            if (k != cell_.refractory_state) there.push_back(cell_.states[k].name);
        throw ExpressionError{0, fmt::format("there is no state variable '{}'{}", excerpt(a.name),
                                             those_there_are(a.name, there))};
    }

    void fire() {
        if (!sound_) return;
        Graph& g = cell_.graph;
        if (!source_.threshold) {
            problem(SourceText{}, 0,
                    fmt::format("'{}' has no threshold: threshold: \"v > v_th\", or threshold: "
                                "\"false\" of cells "
                                "that send nothing",
                                source_.name));
            return;
        }
        attempt(*source_.threshold, [&] {
            current_source_ = *source_.threshold;
            cell_.fires = scope(&cell_.next)
                              .condition(parse_expression(source_.threshold->text), "a threshold");
            if (waits_ >= 0) cell_.fires = g.binary(Op::exclusion, cell_.fires, waits_);
        });
        if (source_.output_max) {
            attempt(*source_.output_max, [&] {
                const NamedUnit most = parse_quantity(source_.output_max->text);
                if (!most.dims.none() || !(most.factor > 0.0))
                    throw ExpressionError{0, "output_max is a number above 0 without a unit"};
                if (!source_.output) throw ExpressionError{0, "output_max needs the key 'output'"};
                cell_.output_max = most.factor;
            });
        }
        if (source_.output) {
            attempt(*source_.output, [&] {
                current_source_ = *source_.output;
                const NodeId value =
                    scope(&cell_.next)
                        .number(parse_expression(source_.output->text), {}, "what a spike carries");
                cell_.output = g.binary(Op::greatest, g.number(-cell_.output_max),
                                        g.binary(Op::least, value, g.number(cell_.output_max)));
            });
        }
        std::vector<NodeId> now;
        for (std::size_t k = 0; k < cell_.states.size(); ++k) now.push_back(g.leaf(Op::state, k));
        cell_.reset = now;
        for (const SourceText& source : source_.reset) {
            attempt(source, [&] {
                const Assignment a = parse_assignment(source.text);
                const std::size_t state = state_of(a);
                current_source_ = source;
                assign(a, state);
            });
        }
        if (waits_ >= 0 && cell_.refractory < 0) {
            cell_.reset[cell_.refractory_state] = g.number(1.0);
        } else if (waits_ >= 0) {
            // A whole number of steps.
            const NodeId steps =
                g.unary(Op::floor, g.add(g.divide(cell_.refractory, g.dt()), g.number(0.5)));
            cell_.reset[cell_.refractory_state] = steps;
        }
    }
    void assign(const Assignment& a, std::size_t state) {
        Graph& g = cell_.graph;
        const bool scales = a.operation == "*=" || a.operation == "/=";
        const NodeId value = scope(&cell_.reset)
                                 .number(a.value, scales ? Dims{} : state_dims_[state],
                                         scales ? "a factor" : fmt::format("{}", a.name));
        NodeId& x = cell_.reset[state];
        if (a.operation == "=") x = value;
        if (a.operation == "+=") x = g.add(x, value);
        if (a.operation == "-=") x = g.subtract(x, value);
        if (a.operation == "*=") x = g.multiply(x, value);
        if (a.operation == "/=") x = g.divide(x, value);
    }

    const CellSource& source_;
    CellEquations cell_;
    bool in_equation_ = false, in_refractory_ = false;
    std::vector<Dims> state_dims_;
    Dims current_dims_;
    std::vector<Auxiliary> auxiliaries_;
    std::vector<const Auxiliary*> under_way_;  // each named by the one before
    std::map<std::string, NodeId> noises_;
    Integrand integrand_;
    NodeId waits_ = -1;
};

}  // namespace

std::optional<CellEquations> compile_cell(const CellSource& source, const ReportProblem& report) {
    return CellCompiler(source, report).run();
}

const char* name_of_equations(const CellEquations& equations) {
    return equations.name.c_str();
}
bool carries_values(const CellEquations& equations) {
    return equations.output >= 0;
}

}  // namespace snnsim
