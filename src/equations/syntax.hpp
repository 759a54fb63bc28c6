// Expressions as they are written: their text to a tree that remembers where everything stood.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/equations/quantity.hpp"

namespace snnsim {

/// What is wrong with an expression, and at which character of its text.
struct ExpressionError {
    std::size_t at;
    std::string message;
};

/// A node of an expression. Precedence from weak to strong: `a if c else b`, or, and, not,
/// comparisons, + -, * /, unary -, **.
struct Syntax {
    enum class Kind : unsigned char { number, name, call, operation };
    Kind kind = Kind::number;
    std::string text;  // of a name, a function, or an operator ("+", "neg", "<", "and", "if")
    double value = 0.0;
    Dims dims;  // of a number with a unit: "5 mV"
    std::vector<Syntax> args;
    std::size_t at = 0;  // of its first character; of an operation, of the operator
};

/// An expression, all of the text. Throws ExpressionError.
Syntax parse_expression(std::string_view text);
/// A quantity: a number and a unit, as "-65 mV", "2.5 nS/cm**2", "0". Throws ExpressionError.
NamedUnit parse_quantity(std::string_view text);
/// A unit, as "pA", "nS/cm**2", "1". Throws ExpressionError.
NamedUnit parse_unit(std::string_view text);

/// "x += expr": `operation` is "=", "+=", "-=", "*=" or "/=".
struct Assignment {
    std::string name, operation;
    std::size_t at = 0;  // of the operation
    Syntax value;
};
Assignment parse_assignment(std::string_view text);

/// "dv/dt = expr (unless refractory)", "x = expr"; either may say its unit as in Brian2: "... :
/// volt".
struct Equation {
    std::string name;
    bool differential = false, unless_refractory = false, event_driven = false;
    std::size_t name_at = 0;
    Syntax value;
    bool has_unit = false;
    Dims unit;
    std::size_t unit_at = 0;
};
Equation parse_equation(std::string_view text);

/// A name may be given to what a model declares: a letter or '_', then those and digits.
bool is_identifier(std::string_view name);

}  // namespace snnsim
