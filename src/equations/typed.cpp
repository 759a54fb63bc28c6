#include "src/equations/typed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/equations/cell_equations.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

using Op = EquationOp;
constexpr double pi = 3.14159265358979323846;

/// What a function makes of units.
enum class Takes : unsigned char { pure, any, root };
struct Function {
    const char* name;
    Op op;
    Takes takes;
};
constexpr Function functions[] = {
    {"exp", Op::exponential, Takes::pure},
    {"expm1", Op::exponential_less_one, Takes::pure},
    {"exprel", Op::relative_exponential, Takes::pure},
    {"log", Op::logarithm, Takes::pure},
    {"sin", Op::sine, Takes::pure},
    {"cos", Op::cosine, Takes::pure},
    {"tanh", Op::hyperbolic_tangent, Takes::pure},
    {"floor", Op::floor, Takes::pure},
    {"sqrt", Op::root, Takes::root},
    {"abs", Op::absolute, Takes::any},
    {"sign", Op::sign, Takes::any},
};
constexpr const char* other_functions[] = {"min", "max", "clip", "where", "int", "rand", "randn"};
constexpr const char* words[] = {"and",    "or",        "not", "if", "else", "true",
                                 "false",  "pi",        "t",   "dt", "I",    "not_refractory",
                                 "unless", "refractory"};

[[noreturn]] void wrong(std::size_t at, const std::string& message) {
    throw ExpressionError{at, message};
}

/// Of names that other simulators know.
std::string hint_of(const std::string& name) {
    if (name == "i" || name == "N")
        return "; cells differ by their parameters, which a population gives as {linspace: [...]}, "
               "{values: [...]} or a distribution";
    if (name == "lastspike")
        return "; what a spike begins lasts for the time in 'refractory', of which not_refractory "
               "knows; or let a state variable decay that 'reset' sets";
    if (name.ends_with("_pre") || name.ends_with("_post"))
        return "; a rule knows its traces, w and its parameters, not the states of cells";
    return "";
}

const Function* function_named(const std::string& name) {
    for (const Function& f : functions)
        if (name == f.name) return &f;
    return nullptr;
}

}  // namespace

bool is_reserved(const std::string& name) {
    const auto is = [&](const char* word) { return name == word; };
    return function_named(name) ||
           std::any_of(std::begin(other_functions), std::end(other_functions), is) ||
           std::any_of(std::begin(words), std::end(words), is) || name == "xi" ||
           name.starts_with("xi_");
}

std::vector<std::string> function_names() {
    std::vector<std::string> out;
    for (const Function& f : functions) out.push_back(f.name);
    for (const char* f : other_functions) out.push_back(f);
    return out;
}

std::size_t begin_of(const Syntax& syntax) {
    std::size_t at = syntax.at;
    for (const Syntax& arg : syntax.args) at = std::min(at, begin_of(arg));
    return at;
}

Typed ExpressionScope::typed(const Syntax& syntax) const {
    switch (syntax.kind) {
        case Syntax::Kind::number:
            return {graph_.number(syntax.value), syntax.dims, false,
                    syntax.value == 0.0 && syntax.dims.none()};
        case Syntax::Kind::name:
            return name(syntax);
        case Syntax::Kind::call:
            return call(syntax);
        case Syntax::Kind::operation:
            return operation(syntax);
    }
    return {};
}

NodeId ExpressionScope::number(const Syntax& syntax, const Dims& wanted,
                               const std::string& what) const {
    const Typed value = plain(syntax, "this");
    if (!value.zero && !(value.dims == wanted))
        wrong(begin_of(syntax), fmt::format("{} is {}, but this is {}", what, dims_text(wanted),
                                            dims_text(value.dims)));
    return value.node;
}

NodeId ExpressionScope::condition(const Syntax& syntax, const std::string& what) const {
    const Typed value = typed(syntax);
    if (!value.condition)
        wrong(begin_of(syntax), fmt::format("{} is a condition, such as v > v_th; this is {}", what,
                                            dims_text(value.dims)));
    return value.node;
}

Typed ExpressionScope::plain(const Syntax& syntax, const char* of) const {
    const Typed value = typed(syntax);
    if (value.condition)
        wrong(begin_of(syntax),
              fmt::format("{} must be a number, not a condition; int(...) makes 1 or 0 "
                          "of a condition",
                          of));
    return value;
}

Typed ExpressionScope::name(const Syntax& syntax) const {
    if (const auto known = lookup_(syntax.text, syntax.at)) return *known;
    if (syntax.text == "pi") return {graph_.number(pi), {}};
    if (syntax.text == "true") return {graph_.number(1.0), {}, true};
    if (syntax.text == "false") return {graph_.number(0.0), {}, true};
    // A unit as a factor, as Brian2 writes it: 5*mV. One letter is more likely a variable.
    if (syntax.text.size() > 1) {
        if (const auto unit = unit_named(syntax.text))
            return {graph_.number(unit->factor), unit->dims};
    }
    const std::string hint = hint_of(syntax.text);
    wrong(syntax.at, fmt::format("'{}' is not defined{}", excerpt(syntax.text),
                                 hint.empty() ? those_there_are(syntax.text, known_) : hint));
}

Typed ExpressionScope::call(const Syntax& s) const {
    const auto needs = [&](std::size_t count) {
        if (s.args.size() != count)
            wrong(s.at, fmt::format("{} takes {} value{}, not {}", s.text, count,
                                    count == 1 ? "" : "s", s.args.size()));
    };
    const auto alike = [&](std::vector<Typed> values) {
        Typed out;
        out.zero = true;
        for (std::size_t k = 0; k < values.size(); ++k) {
            if (values[k].zero) continue;
            if (!out.zero && !(out.dims == values[k].dims))
                wrong(s.at, fmt::format("{} compares {} with {}", s.text, dims_text(out.dims),
                                        dims_text(values[k].dims)));
            out.dims = values[k].dims;
            out.zero = false;
        }
        return out;
    };
    if (const Function* f = function_named(s.text)) {
        needs(1);
        const Typed x = plain(s.args[0], s.text.c_str());
        if (f->takes == Takes::pure && !x.dims.none())
            wrong(begin_of(s.args[0]), fmt::format("{} takes a number without a unit; this is {}",
                                                   s.text, dims_text(x.dims)));
        const Dims dims = f->takes == Takes::root ? x.dims.to(0.5)
                          : f->op == Op::sign     ? Dims{}
                                                  : x.dims;
        if (f->op == Op::logarithm || f->op == Op::root) watch(f->op, x.node, begin_of(s.args[0]));
        return {graph_.unary(f->op, x.node), dims};
    }
    if (s.text == "min" || s.text == "max") {
        needs(2);
        const Typed a = plain(s.args[0], "this"), b = plain(s.args[1], "this");
        Typed out = alike({a, b});
        out.node = graph_.binary(s.text == "min" ? Op::least : Op::greatest, a.node, b.node);
        return out;
    }
    if (s.text == "clip") {
        needs(3);
        const Typed x = plain(s.args[0], "this"), low = plain(s.args[1], "this"),
                    high = plain(s.args[2], "this");
        Typed out = alike({x, low, high});
        out.node =
            graph_.binary(Op::least, graph_.binary(Op::greatest, x.node, low.node), high.node);
        return out;
    }
    if (s.text == "where") {
        needs(3);
        const NodeId c = condition(s.args[0], "what where asks");
        const Typed a = plain(s.args[1], "this"), b = plain(s.args[2], "this");
        Typed out = alike({a, b});
        out.node = graph_.select(c, a.node, b.node);
        return out;
    }
    if (s.text == "int") {
        needs(1);
        const Typed x = typed(s.args[0]);
        if (x.condition) return {x.node, {}};
        if (!x.dims.none())
            wrong(begin_of(s.args[0]),
                  fmt::format("int takes a condition or a number without a unit; this is {}",
                              dims_text(x.dims)));
        const NodeId negative = graph_.binary(Op::less, x.node, graph_.number(0.0));
        const NodeId up =
            graph_.unary(Op::negate, graph_.unary(Op::floor, graph_.unary(Op::negate, x.node)));
        return {graph_.select(negative, up, graph_.unary(Op::floor, x.node)), {}};
    }
    if (s.text == "rand" || s.text == "randn") {
        needs(0);
        if (!random)
            wrong(s.at, fmt::format("{}() has no place here: cells draw in equations, threshold "
                                    "and reset; 'initial' of a population draws what they begin "
                                    "at, as in {{distribution: uniform, low: ..., high: ...}}",
                                    s.text));
        return {random(s.text == "rand" ? Op::uniform : Op::normal), {}};
    }
    wrong(s.at, fmt::format("there is no function '{}'{} (there are {})", excerpt(s.text),
                            did_you_mean(s.text, function_names()), join(function_names())));
}

Typed ExpressionScope::operation(const Syntax& s) const {
    if (s.text == "and" || s.text == "or") {
        const std::string what = "each side of '" + s.text + "'";
        const NodeId a = condition(s.args[0], what), b = condition(s.args[1], what);
        return {graph_.binary(s.text == "and" ? Op::conjunction : Op::disjunction, a, b), {}, true};
    }
    if (s.text == "not")
        return {graph_.unary(Op::opposite, condition(s.args[0], "what follows 'not'")), {}, true};
    if (s.text == "if") {
        const NodeId c = condition(s.args[0], "what follows 'if'");
        const Typed a = plain(s.args[1], "this"), b = plain(s.args[2], "this");
        if (!a.zero && !b.zero && !(a.dims == b.dims))
            wrong(s.at,
                  fmt::format("the two values are alike in an 'if': the first is {}, the second {}",
                              dims_text(a.dims), dims_text(b.dims)));
        return {graph_.select(c, a.node, b.node), a.zero ? b.dims : a.dims, false,
                a.zero && b.zero};
    }
    if (s.text == "neg") {
        Typed x = plain(s.args[0], "what follows '-'");
        x.node = graph_.unary(Op::negate, x.node);
        return x;
    }
    if (s.text == "**") return power(s);
    if (s.text == "+" || s.text == "-") {
        const Typed a = plain(s.args[0], "what is added"), b = plain(s.args[1], "what is added");
        if (!a.zero && !b.zero && !(a.dims == b.dims))
            wrong(s.at, fmt::format("'{}' cannot join {} and {}", s.text, dims_text(a.dims),
                                    dims_text(b.dims)));
        return {graph_.binary(s.text == "+" ? Op::add : Op::subtract, a.node, b.node),
                a.zero ? b.dims : a.dims, false, a.zero && b.zero};
    }
    if (s.text == "*") {
        const Typed a = plain(s.args[0], "a factor"), b = plain(s.args[1], "a factor");
        return {graph_.multiply(a.node, b.node), a.dims * b.dims};
    }
    if (s.text == "/") {
        const Typed a = plain(s.args[0], "what is divided"), b = plain(s.args[1], "a divisor");
        if (graph_.is_number(b.node, 0.0)) wrong(s.at, "a division by 0");
        watch(Op::divide, b.node, s.at);
        return {graph_.divide(a.node, b.node), a.dims / b.dims};
    }
    if (s.text == "//" || s.text == "%") return remainder(s);
    return comparison(s);
}

/// How often b > 0 goes into a, or what is then left. a / b is rounded, so that either may be
/// beside its interval by one.
Typed ExpressionScope::remainder(const Syntax& s) const {
    const Typed a = plain(s.args[0], "what is divided"), b = plain(s.args[1], "a divisor");
    if (!a.zero && !(a.dims == b.dims))
        wrong(s.at, fmt::format("'{}' takes quantities alike, not {} and {}", s.text,
                                dims_text(a.dims), dims_text(b.dims)));
    const GraphNode& divisor = graph_[b.node];
    if (divisor.op == Op::number && !(divisor.value > 0.0))
        wrong(s.at, fmt::format("what follows '{}' is above 0", s.text));
    watch(Op::divide, b.node, s.at);
    const NodeId times = graph_.unary(Op::floor, graph_.divide(a.node, b.node)),
                 left = graph_.subtract(a.node, graph_.multiply(b.node, times)),
                 many = graph_.binary(Op::less_equal, b.node, left),
                 few = graph_.binary(Op::less, left, graph_.number(0.0));
    const bool rest = s.text == "%";
    const NodeId value = rest ? left : times, one = rest ? b.node : graph_.number(1.0);
    const NodeId up = rest ? graph_.subtract(value, one) : graph_.add(value, one),
                 down = rest ? graph_.add(value, one) : graph_.subtract(value, one);
    return {graph_.select(many, up, graph_.select(few, down, value)), rest ? b.dims : Dims{}};
}

Typed ExpressionScope::power(const Syntax& s) const {
    const Typed base = plain(s.args[0], "the base"), exponent = plain(s.args[1], "an exponent");
    if (!exponent.dims.none())
        wrong(begin_of(s.args[1]), fmt::format("an exponent is a number without a unit; this is {}",
                                               dims_text(exponent.dims)));
    const GraphNode& node = graph_[exponent.node];
    const bool known = node.op == Op::number;
    if (!base.dims.none() && !known)
        wrong(begin_of(s.args[1]),
              fmt::format("the unit of this power is not known: {} to a power that "
                          "is no plain number",
                          dims_text(base.dims)));
    const double n = known ? node.value : 0.0;
    const Dims dims = base.dims.to(n);
    if (known && n == std::floor(n) && std::abs(n) <= 16.0) {
        NodeId product = graph_.number(1.0), factor = base.node;
        for (auto left = static_cast<int>(std::abs(n)); left > 0; left /= 2) {
            if (left % 2 == 1) product = graph_.multiply(product, factor);
            if (left > 1) factor = graph_.multiply(factor, factor);
        }
        if (n >= 0.0) return {product, dims};
        if (graph_.is_number(base.node, 0.0)) wrong(s.at, "a division by 0");
        watch(Op::divide, product, s.at);
        return {graph_.divide(graph_.number(1.0), product), dims};
    }
    if (known && n == 0.5) {
        watch(Op::root, base.node, begin_of(s.args[0]));
        return {graph_.unary(Op::root, base.node), dims};
    }
    return {graph_.binary(Op::power, base.node, exponent.node), dims};
}

Typed ExpressionScope::comparison(const Syntax& s) const {
    const Typed a = plain(s.args[0], "what is compared"), b = plain(s.args[1], "what is compared");
    if (!a.zero && !b.zero && !(a.dims == b.dims))
        wrong(s.at, fmt::format("'{}' cannot compare {} with {}", s.text, dims_text(a.dims),
                                dims_text(b.dims)));
    NodeId node = -1;
    if (s.text == "<") node = graph_.binary(Op::less, a.node, b.node);
    if (s.text == ">") node = graph_.binary(Op::less, b.node, a.node);
    if (s.text == "<=") node = graph_.binary(Op::less_equal, a.node, b.node);
    if (s.text == ">=") node = graph_.binary(Op::less_equal, b.node, a.node);
    if (s.text == "==") node = graph_.binary(Op::equal, a.node, b.node);
    if (s.text == "!=") node = graph_.unary(Op::opposite, graph_.binary(Op::equal, a.node, b.node));
    return {node, {}, true};
}

}  // namespace snnsim
