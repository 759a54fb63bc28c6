// Expressions of the model file: what they mean, their units, and what is said where they have
// none.
#include <gtest/gtest.h>

#include <cmath>

#include "src/equations/syntax.hpp"
#include "src/equations/typed.hpp"

namespace snnsim {
namespace {

/// With x = 3, v = -60 mV, i = 2 pA, tau = 20 ms.
struct Names {
    Graph graph;
    ExpressionScope scope{graph,
                          [this](const std::string& name, std::size_t) -> std::optional<Typed> {
                              const auto value = [&](double x, const Dims& dims) {
                                  return Typed{graph.number(x), dims};
                              };
                              if (name == "x") return value(3.0, {});
                              if (name == "v") return value(-60.0, {{1, 0, 0, 0, 0}});
                              if (name == "i") return value(2.0, dims_of_current);
                              if (name == "tau") return value(20.0, dims_of_time);
                              return std::nullopt;
                          },
                          {"x", "v", "i", "tau"}};
};

double value_of(const std::string& text) {
    Names names;
    const Typed t = names.scope.typed(parse_expression(text));
    std::vector<double> values;
    names.graph.evaluate({t.node}, {}, 0.1, values);
    return values[static_cast<std::size_t>(t.node)];
}
std::string unit_of(const std::string& text) {
    Names names;
    return unit_text(names.scope.typed(parse_expression(text)).dims);
}
/// "character: message"
std::string error_of(const std::string& text) {
    try {
        value_of(text);
    } catch (const ExpressionError& e) {
        return std::to_string(e.at) + ": " + e.message;
    }
    return "no error";
}

TEST(Expressions, BindAsInMathematics) {
    EXPECT_EQ(value_of("1 + 2*3"), 7.0);
    EXPECT_EQ(value_of("2**3**2"), 512.0);
    EXPECT_EQ(value_of("-x**2"), -9.0);
    EXPECT_EQ(value_of("2**-1"), 0.5);
    EXPECT_EQ(value_of("10 - 4 - 3"), 3.0);
    EXPECT_EQ(value_of("12 / 4 / 3"), 1.0);
    EXPECT_EQ(value_of("(1 + 2)*3"), 9.0);
    EXPECT_EQ(value_of("1 if x > 2 and not x > 5 else 7"), 1.0);
    EXPECT_EQ(value_of("1 if x < 2 or x >= 5 else 7"), 7.0);
    EXPECT_EQ(value_of("int(x == 3) + int(x != 3)"), 1.0);
    EXPECT_EQ(value_of("int(-2.7)"), -2.0);
    EXPECT_NEAR(value_of("exp(1) + sqrt(16) + abs(-2) + floor(2.5)"), std::exp(1.0) + 8.0, 1e-12);
    EXPECT_EQ(value_of("clip(x, 0, 2) + min(x, 1) + max(x, 10) + where(x > 2, 1, 0)"), 14.0);
    EXPECT_NEAR(value_of("exprel(1e-9)"), 1.0, 1e-8);
    EXPECT_EQ(value_of("exprel(0)"), 1.0);
    EXPECT_NEAR(value_of("sin(pi/6)"), 0.5, 1e-12);
}

TEST(Expressions, HaveUnits) {
    EXPECT_EQ(unit_of("i / (5 nS)"), "mV");
    EXPECT_EQ(unit_of("v / tau"), "mV/ms");
    EXPECT_EQ(unit_of("200 pF * v / tau"), "pA");
    EXPECT_EQ(unit_of("sqrt(v**2)"), "mV");
    EXPECT_EQ(unit_of("v / (1 Mohm)"), "pA");
    EXPECT_EQ(unit_of("1 / tau"), "1/ms");
    EXPECT_EQ(unit_of("3 uM / tau"), "ms^-1 uM");
    EXPECT_EQ(value_of("v / (1 Mohm)"), -60000.0);  // 60 nA
    EXPECT_EQ(value_of("5*mV"), 5.0);
    EXPECT_EQ(value_of("2 s"), 2000.0);
    EXPECT_EQ(value_of("10 Hz * 1 s"), 10.0);
    EXPECT_DOUBLE_EQ(value_of("1 siemens * 1 volt"), 1e12);
    EXPECT_DOUBLE_EQ(value_of("1 uF / 1 cm**2 * 20000 um**2"), 200.0);
    EXPECT_EQ(unit_of("0 if x > 1 else v"), "mV");
}

TEST(Expressions, ThatAreWrongSayWhere) {
    EXPECT_EQ(error_of("v + i"), "2: '+' cannot join a voltage (mV) and a current (pA)");
    EXPECT_EQ(error_of("v > tau"), "2: '>' cannot compare a voltage (mV) with a time (ms)");
    EXPECT_EQ(error_of("exp(v)"), "4: exp takes a number without a unit; this is a voltage (mV)");
    EXPECT_EQ(error_of("2**v"),
              "3: an exponent is a number without a unit; this is a voltage (mV)");
    EXPECT_EQ(error_of("v**x"), "no error");
    EXPECT_EQ(error_of("y + 1"), "0: 'y' is not defined (there are: x, v, i, tau)");
    EXPECT_EQ(error_of("taw + 1"),
              "0: 'taw' is not defined; did you mean 'tau'? (there are: x, v, i, tau)");
    EXPECT_EQ(error_of("x +"), "3: a value is missing at the end");
    EXPECT_EQ(error_of("(x"), "2: ')' was expected here");
    EXPECT_EQ(error_of("x x"), "2: 'x' was not expected here");
    EXPECT_EQ(error_of("x ^ 2"), "2: a power is written with **, as in v**2");
    EXPECT_EQ(error_of("1 < x < 3"), "6: one comparison at a time; join two with 'and'");
    EXPECT_EQ(
        error_of("1 + (x > 2)"),
        "5: what is added must be a number, not a condition; int(...) makes 1 or 0 of a condition");
    EXPECT_EQ(
        error_of("x and x > 1"),
        "0: each side of 'and' is a condition, such as v > v_th; this is a number without a unit");
    EXPECT_EQ(error_of("1 / 0"), "2: a division by 0");
    EXPECT_EQ(error_of("exp(1, 2)"), "0: exp takes 1 value, not 2");
    EXPECT_EQ(error_of("ekp(1)").substr(0, 55),
              "0: there is no function 'ekp'; did you mean 'exp'? (the");
    EXPECT_EQ(error_of("x $ 2"), "2: '$' has no meaning in an expression");
    EXPECT_EQ(error_of(std::string(300, '(') + "x"),
              "100: an expression is nested 100 levels deep at most");
    EXPECT_EQ(error_of(std::string(300, '-') + "x"),
              "99: an expression is nested 100 levels deep at most");
    EXPECT_EQ(error_of(std::string(20000, '1')),
              "10000: an expression has 10000 characters at most");
}

TEST(Expressions, OfEquationsAsBrian2WritesThem) {
    const Equation e = parse_equation("dv/dt = (ge - v)/taum : volt (unless refractory)");
    EXPECT_EQ(e.name, "v");
    EXPECT_TRUE(e.differential && e.unless_refractory && e.has_unit);
    EXPECT_EQ(unit_text(e.unit), "mV");
    const Equation aside = parse_equation("I_syn = g*(v - E)");
    EXPECT_FALSE(aside.differential || aside.unless_refractory || aside.has_unit);
}

TEST(Expressions, KeepALinearPart) {
    Graph g;
    const NodeId x = g.leaf(EquationOp::state, 0), y = g.leaf(EquationOp::state, 1);
    const NodeId tau = g.leaf(EquationOp::parameter, 0);
    const auto parts = g.linear(g.divide(g.subtract(g.add(y, g.number(2.0)), x), tau), {x});
    ASSERT_TRUE(parts);
    std::vector<double> values;
    const NodeId rate = parts->coefficients.at(x);
    g.evaluate({rate}, {4.0}, 0.1, values);
    EXPECT_DOUBLE_EQ(values[static_cast<std::size_t>(rate)], -0.25);
    EXPECT_FALSE(g.linear(g.multiply(x, x), {x}));
    EXPECT_TRUE(g.linear(g.multiply(x, y), {x}));
    EXPECT_FALSE(g.linear(g.unary(EquationOp::exponential, x), {x}));
}

}  // namespace
}  // namespace snnsim
