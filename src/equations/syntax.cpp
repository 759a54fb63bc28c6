#include "src/equations/syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

constexpr std::size_t longest_text = 10000;
constexpr int deepest = 100;

bool begins_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

struct Token {
    enum class Kind : unsigned char { end, number, name, sign };
    Kind kind = Kind::end;
    std::string_view text;
    double value = 0.0;
    std::size_t at = 0;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {
        if (text.size() > longest_text)
            throw ExpressionError{
                longest_text, fmt::format("an expression has {} characters at most", longest_text)};
        next();
    }

    Syntax expression() {
        const Nested nested(*this);
        Syntax value = either();
        if (!is_name("if")) return value;
        const std::size_t at = take().at;
        Syntax condition = either();
        if (!is_name("else")) wrong("'a if condition else b' needs an else");
        take();
        Syntax other = expression();
        return operation("if", at, {std::move(condition), std::move(value), std::move(other)});
    }
    void end() {
        if (token_.kind == Token::Kind::end) return;
        wrong(fmt::format("'{}' was not expected here{}", excerpt(std::string(token_.text)),
                          is_sign("=") ? "; == compares" : ""));
    }

    const Token& token() const { return token_; }
    Token take() {
        Token taken = token_;
        next();
        return taken;
    }
    bool is_sign(std::string_view sign) const {
        return token_.kind == Token::Kind::sign && token_.text == sign;
    }
    bool is_name(std::string_view name) const {
        return token_.kind == Token::Kind::name && token_.text == name;
    }
    Token expect_name(const char* what) {
        if (token_.kind != Token::Kind::name) wrong(fmt::format("{} was expected here", what));
        return take();
    }
    void expect_sign(std::string_view sign, std::string_view before) {
        if (!is_sign(sign)) wrong(fmt::format("'{}' was expected here{}", sign, before));
        take();
    }
    /// Product of powers of units: "nS/cm**2".
    NamedUnit unit() {
        NamedUnit out = unit_power();
        while (is_sign("*") || is_sign("/") || token_.kind == Token::Kind::name) {
            const bool divides = is_sign("/");
            if (token_.kind != Token::Kind::name) take();
            const NamedUnit more = unit_power();
            out.factor = divides ? out.factor / more.factor : out.factor * more.factor;
            out.dims = divides ? out.dims / more.dims : out.dims * more.dims;
        }
        return out;
    }
    [[noreturn]] void wrong(const std::string& message) const {
        throw ExpressionError{token_.at, message};
    }
    /// What is left, from the token on; the parser is then at its end.
    std::string_view text() const { return text_; }

  private:
    class Nested {
      public:
        explicit Nested(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > deepest)
                parser_.wrong(
                    fmt::format("an expression is nested {} levels deep at most", deepest));
        }
        ~Nested() { --parser_.depth_; }
        Nested(const Nested&) = delete;
        Nested& operator=(const Nested&) = delete;

      private:
        Parser& parser_;
    };

    static Syntax operation(std::string text, std::size_t at, std::vector<Syntax> args) {
        Syntax out;
        out.kind = Syntax::Kind::operation;
        out.text = std::move(text);
        out.at = at;
        out.args = std::move(args);
        return out;
    }

    Syntax either() {
        Syntax left = both();
        while (is_name("or")) {
            const std::size_t at = take().at;
            Syntax right = both();
            left = operation("or", at, {std::move(left), std::move(right)});
        }
        return left;
    }
    Syntax both() {
        Syntax left = negated();
        while (is_name("and")) {
            const std::size_t at = take().at;
            Syntax right = negated();
            left = operation("and", at, {std::move(left), std::move(right)});
        }
        return left;
    }
    Syntax negated() {
        if (!is_name("not")) return comparison();
        const Nested nested(*this);
        const std::size_t at = take().at;
        return operation("not", at, {negated()});
    }
    Syntax comparison() {
        Syntax left = sum();
        for (const char* sign : {"<=", ">=", "==", "!=", "<", ">"}) {
            if (!is_sign(sign)) continue;
            const std::size_t at = take().at;
            Syntax right = sum();
            Syntax out = operation(sign, at, {std::move(left), std::move(right)});
            for (const char* more : {"<=", ">=", "==", "!=", "<", ">"})
                if (is_sign(more)) wrong("one comparison at a time; join two with 'and'");
            return out;
        }
        return left;
    }
    Syntax sum() {
        Syntax left = product();
        while (is_sign("+") || is_sign("-")) {
            const Token sign = take();
            Syntax right = product();
            left = operation(std::string(sign.text), sign.at, {std::move(left), std::move(right)});
        }
        return left;
    }
    Syntax product() {
        Syntax left = signed_factor();
        while (is_sign("*") || is_sign("/") || is_sign("//") || is_sign("%")) {
            const Token sign = take();
            Syntax right = signed_factor();
            left = operation(std::string(sign.text), sign.at, {std::move(left), std::move(right)});
        }
        return left;
    }
    Syntax signed_factor() {
        if (is_sign("+") || is_sign("-")) {
            const Nested nested(*this);
            const Token sign = take();
            Syntax value = signed_factor();
            if (sign.text == "+") return value;
            return operation("neg", sign.at, {std::move(value)});
        }
        return power();
    }
    Syntax power() {
        Syntax base = atom();
        if (is_sign("^")) wrong("a power is written with **, as in v**2");
        if (!is_sign("**")) return base;
        const Nested nested(*this);
        const std::size_t at = take().at;
        Syntax exponent = signed_factor();
        return operation("**", at, {std::move(base), std::move(exponent)});
    }
    Syntax atom() {
        if (token_.kind == Token::Kind::number) return number();
        if (token_.kind == Token::Kind::name) return name();
        if (is_sign("(")) {
            take();
            Syntax inside = expression();
            expect_sign(")", "");
            return inside;
        }
        if (token_.kind == Token::Kind::end) wrong("a value is missing at the end");
        wrong(
            fmt::format("a value was expected here, not '{}'", excerpt(std::string(token_.text))));
    }
    /// "5 mV" is 5 times mV, and "5 cm**2" 5 times cm**2.
    Syntax number() {
        const Token token = take();
        Syntax out;
        out.value = token.value;
        out.at = token.at;
        if (token_.kind == Token::Kind::name) {
            if (const auto unit = unit_named(token_.text)) {
                take();
                const double exponent = is_sign("**") ? exponent_of_unit() : 1.0;
                out.value *= std::pow(unit->factor, exponent);
                out.dims = unit->dims.to(exponent);
            } else if (!is_name("and") && !is_name("or") && !is_name("if") && !is_name("else")) {
                unknown_unit(token_);
            }
        }
        return out;
    }
    [[noreturn]] static void unknown_unit(const Token& token) {
        const std::string name(token.text);
        throw ExpressionError{
            token.at, fmt::format("unknown unit '{}'{}", excerpt(name),
                                  did_you_mean(name, {"ms", "mV", "pA", "nA", "nS", "uS", "pF",
                                                      "ohm", "Mohm", "Hz", "kHz", "um", "mM"}))};
    }
    Syntax name() {
        const Token token = take();
        Syntax out;
        out.kind = Syntax::Kind::name;
        out.text = std::string(token.text);
        out.at = token.at;
        if (!is_sign("(")) return out;
        out.kind = Syntax::Kind::call;
        take();
        while (!is_sign(")")) {
            out.args.push_back(expression());
            if (!is_sign(",")) break;
            take();
        }
        expect_sign(")", " after what the function takes");
        return out;
    }
    NamedUnit unit_power() {
        if (token_.kind == Token::Kind::number && token_.value == 1.0) {  // "1/ms"
            take();
            return {1.0, {}};
        }
        const Token token = expect_name("a unit");
        const auto unit = unit_named(token.text);
        if (!unit) unknown_unit(token);
        if (!is_sign("**") && !is_sign("^")) return *unit;
        const double exponent = exponent_of_unit();
        return {std::pow(unit->factor, exponent), unit->dims.to(exponent)};
    }
    /// From the sign of a power on.
    double exponent_of_unit() {
        take();
        const bool negative = is_sign("-");
        if (negative) take();
        if (token_.kind != Token::Kind::number) wrong("a number was expected as an exponent");
        const double exponent = (negative ? -1.0 : 1.0) * take().value;
        if (exponent < -10.0 || exponent > 10.0) wrong("an exponent of a unit is 10 at most");
        return exponent;
    }

    void next() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
        token_ = {Token::Kind::end, {}, 0.0, at_};
        if (at_ == text_.size()) return;
        const char c = text_[at_];
        if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
            next_number();
        } else if (begins_name(c)) {
            std::size_t end = at_ + 1;
            while (end < text_.size() && (begins_name(text_[end]) || is_digit(text_[end]))) ++end;
            token_.kind = Token::Kind::name;
            set_text(end);
        } else {
            static constexpr std::string_view signs[] = {
                "**", "+=", "-=", "*=", "/=", "<=", ">=", "==", "!=", "//", "+", "-",
                "*",  "/",  "%",  "(",  ")",  ",",  "<",  ">",  "=",  ":",  "^"};
            for (const std::string_view sign : signs) {
                if (text_.substr(at_, sign.size()) != sign) continue;
                token_.kind = Token::Kind::sign;
                set_text(at_ + sign.size());
                return;
            }
            const bool printable = c > ' ' && c < 127;
            throw ExpressionError{
                at_, printable ? fmt::format("'{}' has no meaning in an expression{}", c,
                                             c == '&'   ? "; write and"
                                             : c == '|' ? "; write or"
                                             : c == '!' ? "; write not, or !="
                                                        : "")
                               : std::string("a character that has no meaning in "
                                             "an expression")};
        }
    }
    void next_number() {
        std::size_t end = at_;
        while (end < text_.size() && is_digit(text_[end])) ++end;
        if (end < text_.size() && text_[end] == '.') ++end;
        while (end < text_.size() && is_digit(text_[end])) ++end;
        if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            std::size_t exponent = end + 1;
            if (exponent < text_.size() && (text_[exponent] == '-' || text_[exponent] == '+'))
                ++exponent;
            if (exponent < text_.size() && is_digit(text_[exponent])) {
                end = exponent;
                while (end < text_.size() && is_digit(text_[end])) ++end;
            }
        }
        token_.kind = Token::Kind::number;
        std::string_view rest;
        const std::string_view digits = text_.substr(at_, end - at_);
        const std::string problem = read_decimal(digits, token_.value, rest);
        if (!problem.empty() || !rest.empty())
            throw ExpressionError{at_, problem.empty() ? fmt::format("'{}' is no number",
                                                                     excerpt(std::string(digits)))
                                                       : problem};
        set_text(end);
    }
    void set_text(std::size_t end) {
        token_.text = text_.substr(at_, end - at_);
        at_ = end;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Token token_;
    int depth_ = 0;
};

}  // namespace

bool is_identifier(std::string_view name) {
    return !name.empty() && begins_name(name[0]) &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return begins_name(c) || is_digit(c); });
}

Syntax parse_expression(std::string_view text) {
    Parser parser(text);
    Syntax out = parser.expression();
    parser.end();
    return out;
}

NamedUnit parse_quantity(std::string_view text) {
    Parser parser(text);
    double sign = 1.0;
    while (parser.is_sign("-") || parser.is_sign("+"))
        if (parser.take().text == "-") sign = -sign;
    if (parser.token().kind != Token::Kind::number)
        parser.wrong("a number was expected, with its unit: -65 mV");
    NamedUnit out{sign * parser.take().value, {}};
    if (parser.is_sign("*") || parser.is_sign("/"))
        parser.wrong("write the unit after the number: 5 mV");
    if (parser.token().kind == Token::Kind::name) {
        const NamedUnit unit = parser.unit();
        out = {out.factor * unit.factor, unit.dims};
    }
    parser.end();
    return out;
}

NamedUnit parse_unit(std::string_view text) {
    Parser parser(text);
    NamedUnit out{1.0, {}};
    if (parser.token().kind == Token::Kind::number && parser.token().text == "1")
        parser.take();
    else
        out = parser.unit();
    parser.end();
    return out;
}

Assignment parse_assignment(std::string_view text) {
    Parser parser(text);
    Assignment out;
    out.name = std::string(parser.expect_name("the name of a variable").text);
    out.at = parser.token().at;
    for (const char* sign : {"=", "+=", "-=", "*=", "/="})
        if (parser.is_sign(sign)) out.operation = sign;
    if (out.operation.empty()) parser.wrong("=, +=, -=, *= or /= was expected here");
    parser.take();
    out.value = parser.expression();
    parser.end();
    return out;
}

Equation parse_equation(std::string_view text) {
    Parser parser(text);
    Equation out;
    const Token first = parser.expect_name("'dx/dt = ...' or 'x = ...'");
    out.name = std::string(first.text);
    out.name_at = first.at;
    if (parser.is_sign("/")) {
        parser.take();
        const Token dt = parser.expect_name("dt");
        if (dt.text != "dt" || first.text.size() < 2 || first.text[0] != 'd')
            throw ExpressionError{first.at,
                                  "a differential equation begins with dx/dt, for a state x"};
        out.differential = true;
        out.name = std::string(first.text.substr(1));
        out.name_at = first.at + 1;
    }
    if (parser.is_sign(":"))
        throw ExpressionError{
            out.name_at, fmt::format("'{}' has no equation; parameters and what they are stand in "
                                     "the key 'parameters': {{{}: ...}}",
                                     excerpt(out.name), excerpt(out.name))};
    parser.expect_sign("=", "");
    // What stands behind the expression is cut off before it is read.
    std::string_view rest = text.substr(std::min(parser.token().at, text.size()));
    const std::size_t begin = std::min(parser.token().at, text.size());
    std::size_t colon = rest.find(':');
    std::size_t flag = rest.npos;
    for (const auto& [name, meant] : {std::pair{"(unless refractory)", &out.unless_refractory},
                                      std::pair{"(event-driven)", &out.event_driven}}) {
        const std::size_t found = rest.find(name);
        if (found == rest.npos) continue;
        *meant = true;
        flag = found;
        const std::size_t after = found + std::string_view(name).size();
        if (rest.find_first_not_of(" \t\r\n", after) != rest.npos)
            throw ExpressionError{begin + after,
                                  fmt::format("nothing was expected after {}", name)};
        rest = rest.substr(0, found);
    }
    for (const char* const name : {"(constant over dt)", "(constant)", "(shared)", "(linked)",
                                   "(clock-driven)", "(summed)"}) {
        if (const std::size_t found = rest.find(name); found != rest.npos)
            throw ExpressionError{begin + found,
                                  fmt::format("{} has no meaning here; leave it out", name)};
    }
    try {
        if (colon != rest.npos && colon < rest.size()) {
            Parser unit(rest.substr(colon + 1));
            const std::size_t from = begin + colon + 1;
            try {
                out.unit_at = from + unit.token().at;
                out.unit = unit.unit().dims;
                unit.end();
            } catch (const ExpressionError& e) {
                throw ExpressionError{e.at + colon + 1, e.message};
            }
            out.has_unit = true;
            rest = rest.substr(0, colon);
        }
        out.value = parse_expression(rest);
    } catch (const ExpressionError& e) {
        throw ExpressionError{begin + e.at, e.message};
    }
    const auto shift = [&](const auto& self, Syntax& s) -> void {
        s.at += begin;
        for (Syntax& arg : s.args) self(self, arg);
    };
    shift(shift, out.value);
    if (out.unless_refractory && !out.differential)
        throw ExpressionError{begin + flag,
                              "(unless refractory) belongs to a differential equation"};
    return out;
}

}  // namespace snnsim
