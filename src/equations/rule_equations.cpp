#include "src/equations/rule_equations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "snnsim/error.hpp"
#include "src/equations/definition_compiler.hpp"
#include "src/equations/program.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

using Op = EquationOp;
constexpr std::size_t most_traces = 4, most_statements = 50;

class RuleCompiler : DefinitionCompiler {
  public:
    RuleCompiler(const RuleSource& source, const ReportProblem& report)
        : DefinitionCompiler(rule_, report), source_(source) {
        rule_.name = source.name;
        rule_.graph = Graph(Products::as_written);
    }

    std::optional<RuleEquations> run() {
        declare_parameters(source_.parameters);
        for (const SourceText& s : source_.pre) declare_decaying(s, Kind::pre);
        for (const SourceText& s : source_.post) declare_decaying(s, Kind::post);
        for (const SourceText& s : source_.synapse) declare_decaying(s, Kind::variable);
        for (const char* const word : {"w", "reward"}) {
            if (std::find(names_.begin(), names_.end(), word) != names_.end())
                problem(
                    SourceText{}, 0,
                    fmt::format("'{}' has a meaning in rules already; call yours otherwise", word));
        }
        if (!sound_) return std::nullopt;  // else of each name that is missing
        for (Variable& v : variables_) attempt(v.decay.source, [&] { decay(v); });
        if (!sound_) return std::nullopt;
        add_event({"on_pre", &EquationRule::Constants::on_pre}, source_.on_pre, Kind::pre,
                  &rule_.program.pre, rule_.pre_by);
        add_event({"on_post", &EquationRule::Constants::on_post}, source_.on_post, Kind::post,
                  &rule_.program.post, rule_.post_by);
        std::array<NodeId, 4> none{};
        add_event({"on_reward", &EquationRule::Constants::on_reward}, source_.on_reward,
                  Kind::variable, nullptr, none);
        if (sound_ && !changes_weights_)
            problem(SourceText{}, 0,
                    fmt::format("'{}' changes no weights: on_pre: [w += ...], or on_post",
                                source_.name));
        if (!sound_) return std::nullopt;
        finish();
        return sound_ ? std::optional<RuleEquations>(std::move(rule_)) : std::nullopt;
    }

  private:
    enum class Kind : std::uint8_t { pre, post, variable };
    struct Variable {
        RuleEquations::Decaying decay;
        Kind kind;
        std::uint8_t place;
        Dims dims;
        Equation equation;
        NodeId now = -1;  // as the statement under way finds it
    };

    Graph& graph() { return rule_.graph; }
    NodeId leaf(std::size_t place) { return graph().leaf(Op::state, place); }
    Variable* variable(const std::string& name) {
        for (Variable& v : variables_)
            if (v.decay.name == name) return &v;
        return nullptr;
    }
    std::size_t count(Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(variables_.begin(), variables_.end(),
                          [&](const Variable& v) { return v.kind == kind; }));
    }
    static const char* owner(Kind kind) { return kind == Kind::pre ? "source" : "target"; }

    // ---- what decays

    void declare_decaying(const SourceText& source, Kind kind) {
        attempt(source, [&] {
            Equation e = parse_equation(source.text);
            const char* const what = kind == Kind::variable ? "variable" : "trace";
            if (!e.differential)
                throw ExpressionError{
                    e.name_at, fmt::format("a {0} is written as d{1}/dt = -{1}/tau", what, e.name)};
            if (e.name == "w")
                throw ExpressionError{e.name_at,
                                      "weights change at spikes and rewards only, not by dw/dt"};
            if (e.unless_refractory)
                throw ExpressionError{begin_of(e.value),
                                      "(unless refractory) belongs to equations of cells"};
            if (!declare(e.name, source, what, e.name_at)) return;
            const std::size_t there = count(kind), most = kind == Kind::variable ? 1 : most_traces;
            if (there == most)
                throw ExpressionError{
                    e.name_at,
                    kind == Kind::variable
                        ? std::string("a synapse keeps one variable at most")
                        : fmt::format("a {} keeps {} traces at most", owner(kind), most)};
            const int first = kind == Kind::pre    ? rule_place::pre
                              : kind == Kind::post ? rule_place::post
                                                   : rule_place::variable;
            Variable v;
            v.decay.name = e.name;
            v.decay.source = source;
            v.decay.at = begin_of(e.value);
            v.kind = kind;
            v.place = static_cast<std::uint8_t>(static_cast<std::size_t>(first) + there);
            v.dims = e.unit;
            v.equation = std::move(e);
            variables_.push_back(std::move(v));
        });
    }
    void decay(Variable& v) {
        current_source_ = v.decay.source;
        const std::string& name = v.decay.name;
        const NodeId own = leaf(v.place);
        std::vector<std::string> known{name};
        for (const auto& p : rule_.parameters) known.push_back(p.name);
        const ExpressionScope scope(
            graph(),
            [&](const std::string& asked, std::size_t at) -> std::optional<Typed> {
                if (asked == name) return Typed{own, v.dims};
                if (variable(asked) || asked == "w" || asked == "reward")
                    throw ExpressionError{
                        at, fmt::format("{0} decays by itself, between spikes that nobody looks "
                                        "at: d{0}/dt depends on {0} and on parameters alone",
                                        name)};
                return parameter(asked);
            },
            known, watch());
        const NodeId rate =
            scope.number(v.equation.value, v.dims / dims_of_time, fmt::format("d{}/dt", name));
        const auto linear = graph().linear(rate, {own});
        const auto of_own =
            linear ? linear->coefficients.find(own) : decltype(linear->coefficients.end()){};
        if (!linear || of_own == linear->coefficients.end() || !graph()[of_own->second].setup ||
            !graph().is_number(linear->rest, 0.0))
            throw ExpressionError{
                v.decay.at,
                fmt::format("{0} decays exponentially, so that it need be looked at when spikes "
                            "come only: d{0}/dt = -{0}/tau, or -k*{0}",
                            name)};
        v.decay.tau = graph().unary(Op::negate, reciprocal(of_own->second));
    }
    /// 1 / x, with as few roundings as there can be: of -1 / tau it is -tau.
    NodeId reciprocal(NodeId x) {
        const GraphNode node = graph()[x];
        if (node.op == Op::negate) return graph().unary(Op::negate, reciprocal(node.a));
        if (node.op == Op::divide) return graph().divide(node.b, node.a);
        if (node.op == Op::multiply)
            return graph().multiply(reciprocal(node.a), reciprocal(node.b));
        return graph().divide(graph().number(1.0), x);
    }

    // ---- events

    void add_event(RuleEquations::Event event, const std::vector<SourceText>& statements, Kind kind,
                   TraceBumps* bumps, std::array<NodeId, 4>& by) {
        for (Variable& v : variables_) v.now = leaf(v.place);
        weight_ = leaf(rule_place::weight);
        change_ = graph().number(0.0);
        if (statements.size() > most_statements)
            problem(statements.back(), 0,
                    fmt::format("{} has {} statements at most", event.key, most_statements));
        for (const SourceText& source : statements) {
            if (!sound_) break;  // of an order of statements the first that is wrong
            attempt(source, [&] { carry_out(source, event.key, kind); });
            event.source = source;
        }
        if (!sound_ || statements.empty()) return;
        RuleProgram& program = rule_.program.*event.program;
        Results results;
        if (!graph().is_number(change_, 0.0)) {
            results.add(program, 0, change_);
            changes_weights_ = true;
        }
        for (const Variable& v : variables_)
            if (v.kind == Kind::variable && v.now != leaf(v.place)) results.add(program, 1, v.now);
        wanted_.push_back(std::move(results));
        rule_.events.push_back(event);
        if (bumps) add_bumps(kind, *bumps, by);
    }
    void add_bumps(Kind kind, TraceBumps& bumps, std::array<NodeId, 4>& by) {
        Results results;
        std::size_t k = 0;
        for (const Variable& v : variables_) {
            if (v.kind != kind) continue;
            const NodeId own = leaf(v.place);
            const GraphNode& node = graph()[v.now];
            const bool sum = node.op == Op::add && (node.a == own || node.b == own);
            const NodeId added = sum ? (node.a == own ? node.b : node.a) : -1;
            if (node.setup) {
                bumps.scale[k] = 0.0f;
                by[k] = v.now;
            } else if (sum && graph()[added].setup) {
                by[k] = added;
            } else if (v.now != own) {
                bumps.simple = false;
            }
            if (v.now != own) results.add(bumps.program, k, v.now);
            ++k;
        }
        wanted_.push_back(std::move(results));
    }

    void carry_out(const SourceText& source, const char* event, Kind kind) {
        current_source_ = source;
        const Assignment a = parse_assignment(source.text);
        const std::size_t at = std::min(source.text.find(a.name), source.text.size());
        Variable* const v = variable(a.name);
        if (!v && a.name != "w") {
            std::vector<std::string> known{"w"};
            for (const Variable& one : variables_) known.push_back(one.decay.name);
            throw ExpressionError{
                at, parameter(a.name) ? fmt::format("{} is a parameter, which stays", a.name)
                                      : fmt::format("there is no '{}' to change{}", excerpt(a.name),
                                                    those_there_are(a.name, known))};
        }
        if (v && v->kind != Kind::variable && v->kind != kind)
            throw ExpressionError{
                at,
                fmt::format("{0} is a trace of the {1}, which spikes of the {1} change: in {2}",
                            a.name, owner(v->kind), v->kind == Kind::pre ? "on_pre" : "on_post")};
        const Dims dims = v ? v->dims : Dims{};
        const bool scales = a.operation == "*=" || a.operation == "/=";
        const NodeId value =
            scope(v, event, kind)
                .number(a.value, scales ? Dims{} : dims, scales ? "a factor" : a.name);
        if (a.operation == "/=" && graph().is_number(value, 0.0))
            throw ExpressionError{begin_of(a.value), "a division by 0"};
        if (a.operation == "/=" && graph()[value].setup)
            watch()(Op::divide, value, begin_of(a.value));
        if (v) {
            v->now = changed(v->now, a.operation, value);
            return;
        }
        // What is added stays apart from the weight, whose digits it would lose.
        if (a.operation == "+=") {
            change_ = graph().add(change_, value);
        } else if (a.operation == "-=") {
            change_ = graph().add(change_, negated(value));
        } else {
            change_ =
                graph().subtract(changed(weight_, a.operation, value), leaf(rule_place::weight));
        }
        weight_ = graph().add(leaf(rule_place::weight), change_);
    }
    NodeId changed(NodeId x, const std::string& operation, NodeId value) {
        if (operation == "+=") return graph().add(x, value);
        if (operation == "-=") return graph().subtract(x, value);
        if (operation == "*=") return graph().multiply(x, value);
        if (operation == "/=") return graph().divide(x, value);
        return value;
    }
    /// -x; of a product, the sign goes to what is known of it.
    NodeId negated(NodeId x) {
        const GraphNode node = graph()[x];
        if (node.op == Op::multiply && known_factor(node.a))
            return graph().multiply(negated(node.a), node.b);
        return graph().unary(Op::negate, x);
    }
    bool known_factor(NodeId x) {
        const GraphNode& node = graph()[x];
        return node.setup || (node.op == Op::multiply && known_factor(node.a));
    }

    /// What names mean in a statement that changes `v`, or the weight.
    ExpressionScope scope(const Variable* v, const char* event, Kind kind) {
        const bool of_trace = v && v->kind != Kind::variable;
        const bool rewarded = kind == Kind::variable;
        std::vector<std::string> known = names_;
        if (!of_trace) known.push_back("w");
        if (rewarded) known.push_back("reward");
        return {graph(),
                [=, this](const std::string& name, std::size_t at) -> std::optional<Typed> {
                    const Variable* const asked = variable(name);
                    const bool is_trace = asked && asked->kind != Kind::variable;
                    if (of_trace && (name == "w" || (asked && asked->kind != kind)))
                        throw ExpressionError{
                            at, fmt::format("all synapses of a {0} share {1}, which therefore "
                                            "depends on traces of the {0} and on parameters alone",
                                            owner(kind), v->decay.name)};
                    if (rewarded && is_trace)
                        throw ExpressionError{
                            at, fmt::format("at a reward traces are not at hand: let on_pre or "
                                            "on_post keep what on_reward needs of {} in a variable "
                                            "of the synapse",
                                            name)};
                    if (name == "w") return Typed{weight_, {}};
                    if (name == "reward") {
                        if (!rewarded)
                            throw ExpressionError{
                                at, fmt::format("reward has a meaning in on_reward only, not in {}",
                                                event)};
                        return Typed{leaf(rule_place::reward), {}};
                    }
                    if (asked) return Typed{asked->now, asked->dims};
                    return parameter(name);
                },
                known, watch()};
    }

    // ---- instructions

    /// Nodes, and where it is told where they are.
    struct Results {
        std::vector<NodeId> nodes;
        std::vector<std::uint8_t*> places;
        RuleProgram* program = nullptr;

        void add(RuleProgram& to, std::size_t k, NodeId node) {
            program = &to;
            nodes.push_back(node);
            places.push_back(&to.results[k]);
        }
    };

    void finish() {
        for (const Variable& v : variables_) {
            if (v.kind == Kind::pre) rule_.pre.push_back(v.decay);
            if (v.kind == Kind::post) rule_.post.push_back(v.decay);
            if (v.kind == Kind::variable) rule_.variable = v.decay;
        }
        EquationRule::Constants& c = rule_.program;
        c.pre.count = static_cast<std::uint8_t>(rule_.pre.size());
        c.post.count = static_cast<std::uint8_t>(rule_.post.size());
        c.keeps = rule_.variable.has_value();
        c.takes_reward = !source_.on_reward.empty();
        std::vector<NodeId> all;
        for (const Results& r : wanted_) all.insert(all.end(), r.nodes.begin(), r.nodes.end());
        rule_.constants = constants_in(graph(), all);
        if (rule_.constants.size() > RuleCode::most_constants) return too_long();
        std::map<NodeId, Slot> leaves;
        for (std::size_t k = 0; k < rule_.constants.size(); ++k)
            leaves[rule_.constants[k]] = static_cast<Slot>(rule_place::constants + k);
        for (std::size_t place = 0; place < rule_place::made; ++place)
            leaves[leaf(place)] = static_cast<Slot>(place);
        std::size_t length = 0;
        for (const Results& r : wanted_) {
            if (!r.program) continue;
            const ValueProgram made = lower_values(graph(), leaves, r.nodes, rule_place::made);
            if (made.slots > rule_place::values ||
                length + made.code.size() > RuleCode::most_instructions)
                return too_long();
            r.program->first = static_cast<std::uint8_t>(length);
            for (const EquationInstruction& i : made.code)
                c.code.instructions[length++] = {
                    i.op, static_cast<std::uint8_t>(i.to), static_cast<std::uint8_t>(i.a),
                    static_cast<std::uint8_t>(i.b), static_cast<std::uint8_t>(i.c)};
            r.program->end = static_cast<std::uint8_t>(length);
            for (std::size_t k = 0; k < r.places.size(); ++k)
                *r.places[k] = static_cast<std::uint8_t>(made.results[k]);
        }
    }
    void too_long() {
        problem(SourceText{}, 0,
                fmt::format("'{}' is too long: a rule has {} operations and {} constants at most",
                            source_.name, RuleCode::most_instructions, RuleCode::most_constants));
    }

    const RuleSource& source_;
    RuleEquations rule_;
    std::vector<Variable> variables_;
    NodeId weight_ = -1, change_ = -1;  // as the statement under way finds them
    bool changes_weights_ = false;
    std::vector<Results> wanted_;
};

/// Of each node, for given parameters.
std::vector<double> values_of(const RuleEquations& rule, const std::vector<NodeId>& nodes,
                              const std::vector<double>& parameters) {
    std::vector<double> all, out;
    rule.graph.evaluate(nodes, parameters, 0.0, all);
    for (const NodeId id : nodes) out.push_back(all[static_cast<std::size_t>(id)]);
    return out;
}

}  // namespace

std::optional<RuleEquations> compile_rule(const RuleSource& source, const ReportProblem& report) {
    return RuleCompiler(source, report).run();
}

std::array<double, 8> EquationRule::taus(const Params& p) {
    const RuleEquations& rule = *p.equations;
    std::array<double, 8> out{};
    for (std::size_t k = 0; k < rule.pre.size(); ++k)
        out[k] = values_of(rule, {rule.pre[k].tau}, p.values)[0];
    for (std::size_t k = 0; k < rule.post.size(); ++k)
        out[pre_traces + k] = values_of(rule, {rule.post[k].tau}, p.values)[0];
    return out;
}

double EquationRule::variable_tau(const Params& p) {
    const RuleEquations& rule = *p.equations;
    return rule.variable ? values_of(rule, {rule.variable->tau}, p.values)[0] : 0.0;
}

bool EquationRule::takes_reward(const Params& p) {
    return p.equations->program.takes_reward;
}

EquationRule::Constants EquationRule::prepare(const Params& p) {
    const RuleEquations& rule = *p.equations;
    Constants c = rule.program;
    const auto single = [&](double x) {
        const auto value = static_cast<float>(x);
        if (!std::isfinite(value))
            throw ModelError(
                fmt::format("the rule '{}' gives {} with its parameters: look for "
                            "divisions by parameters that are 0",
                            rule.name, x));
        return value;
    };
    const std::vector<double> values = values_of(rule, rule.constants, p.values);
    for (std::size_t k = 0; k < values.size(); ++k) c.code.constants[k] = single(values[k]);
    const auto set_bumps = [&](TraceBumps& bumps, const std::array<NodeId, 4>& by) {
        for (std::size_t k = 0; k < by.size(); ++k) {
            if (by[k] < 0) continue;
            bumps.by[k] = single(values_of(rule, {by[k]}, p.values)[0]);
            if (std::abs(bumps.by[k]) > 1e20f) bumps.simple = false;  // which knows bounds
        }
    };
    set_bumps(c.pre, rule.pre_by);
    set_bumps(c.post, rule.post_by);
    return c;
}

}  // namespace snnsim
