#include "parse.hpp"

#include "lex.hpp"

namespace ptxrun {
namespace {

class Parser {
  public:
    Parser(const std::string& text, const std::string& file) : tokens_(lex(text, file)) {
        module_.file = file;
    }

    Module run() {
        while (peek().kind != Token::end) top_level();
        return std::move(module_);
    }

  private:
    const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    const Token& next() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }
    bool is(const char* text, std::size_t ahead = 0) const {
        return peek(ahead).kind != Token::quoted && peek(ahead).text == text;
    }
    bool take(const char* text) {
        if (!is(text)) return false;
        ++at_;
        return true;
    }
    void want(const char* text) {
        if (!take(text)) fail(std::string("'") + text + "' expected, not '" + peek().text + "'");
    }
    [[noreturn]] void fail(const std::string& what) const {
        throw Error("ptxrun: " + module_.file + ":" + std::to_string(peek().line) + ": " + what);
    }
    void skip_line() {
        for (const int line = peek().line; peek().line == line && peek().kind != Token::end;) ++at_;
    }
    std::int64_t number() {
        const bool minus = take("-");
        if (peek().kind != Token::integer) fail("a number expected, not '" + peek().text + "'");
        const auto v = next().value;
        return minus ? -v : v;
    }

    void top_level() {
        if (take(".version")) return skip_line();
        if (take(".target")) {
            if (peek().text.starts_with("sm_")) module_.sm = std::stoi(peek().text.substr(3));
            return skip_line();
        }
        if (is(".address_size") || is(".file") || is(".loc")) return skip_line();
        if (is(".section")) {
            while (!is("{")) next();
            while (!take("}")) next();
            return;
        }
        if (is(".alias")) fail("directive .alias is not supported");
        bool external = false;
        while (is(".visible") || is(".extern") || is(".weak") || is(".common") || is(".pragma")) {
            external |= is(".extern");
            if (take(".pragma")) {
                while (!take(";")) next();
                continue;
            }
            next();
        }
        if (is(".entry") || is(".func")) return function();
        if (peek().text.starts_with(".")) {
            for (Variable& v : variables()) {
                v.external = external;
                const auto name = v.name;
                auto& old = module_.variables[name];
                if (old.name.empty() || old.external) old = std::move(v);
            }
            return;
        }
        fail("'" + peek().text + "' is not understood here");
    }

    static Space space_named(const std::string& s) {
        if (s == ".reg") return Space::reg;
        if (s == ".global") return Space::global;
        if (s == ".shared") return Space::shared;
        if (s == ".local") return Space::local;
        if (s == ".const") return Space::constant;
        if (s == ".param") return Space::param;
        return Space::generic;
    }

    /// `.space [.align n] [.v4] .type name[<n>][[n]…] [= initial], …` up to but without what ends
    /// it.
    Variable variable_head() {
        Variable v;
        v.space = space_named(peek().text);
        if (v.space == Space::generic) fail("a state space expected, not '" + peek().text + "'");
        next();
        std::size_t vector = 1;
        for (bool more = true; more;) {
            more = false;
            if (take(".align")) {
                v.align = static_cast<std::size_t>(number());
                more = true;
            } else if (take(".v2")) {
                vector = 2;
                more = true;
            } else if (take(".v4")) {
                vector = 4;
                more = true;
            } else if (is(".attribute")) {
                while (!take(")")) next();
                more = true;
            } else if (peek().text.starts_with(".")) {
                v.type = type_named(std::string_view(peek().text).substr(1));
                if (take(".ptr")) {
                    while (is(".global") || is(".shared") || is(".const") || is(".local")) next();
                } else {
                    if (v.type == Type::none) fail("type '" + peek().text + "' is not supported");
                    next();
                }
                more = true;
            }
        }
        v.bytes = static_cast<std::size_t>(size_of(v.type)) * vector;
        v.align = std::max(v.align, v.bytes);
        return v;
    }
    void variable_name(Variable& v) {
        v.name = next().text;
        std::size_t count = 1;
        while (take("[")) {
            v.array = true;
            count *= is("]") ? 0 : static_cast<std::size_t>(number());
            want("]");
        }
        v.bytes *= count;
        if (take("=")) initialiser(v);
    }
    void initial_value(Variable& v, std::size_t& at) {
        const int width = size_of(v.type);
        if (take("{")) {
            do {
                if (is("}")) break;
                initial_value(v, at);
            } while (take(","));
            want("}");
            return;
        }
        if (v.initial.size() < at + width) v.initial.resize(at + width);
        std::int64_t bits = 0;
        if (peek().kind == Token::word) {
            Variable::Fixup fix{at, "", 0, width, false};
            if (take("generic")) {
                fix.generic = true;
                want("(");
                fix.symbol = next().text;
                want(")");
            } else if (peek().text == "mask") {
                fail("mask() in an initial value is not supported");
            } else {
                fix.symbol = next().text;
            }
            if (take("+")) fix.add = number();
            v.fixups.push_back(fix);
        } else {
            const bool minus = take("-");
            const Token& t = next();
            bits = t.value;
            if (t.kind == Token::f64 && v.type == Type::f32) {
                double d;
                std::memcpy(&d, &bits, 8);
                const float f = static_cast<float>(minus ? -d : d);
                bits = 0;
                std::memcpy(&bits, &f, 4);
            } else if (t.kind == Token::integer) {
                if (minus) bits = -bits;
            } else if (minus) {
                bits ^= std::int64_t{1} << (width * 8 - 1);
            }
            std::memcpy(v.initial.data() + at, &bits, static_cast<std::size_t>(width));
        }
        at += static_cast<std::size_t>(width);
    }
    void initialiser(Variable& v) {
        std::size_t at = 0;
        initial_value(v, at);
        if (v.bytes < at) v.bytes = at;
    }
    std::vector<Variable> variables() {
        std::vector<Variable> out;
        const Variable head = variable_head();
        do {
            Variable v = head;
            variable_name(v);
            out.push_back(std::move(v));
        } while (take(","));
        want(";");
        return out;
    }

    std::vector<Variable> parameters() {
        std::vector<Variable> out;
        want("(");
        while (!is(")")) {
            Variable v = variable_head();
            variable_name(v);
            out.push_back(std::move(v));
            take(",");
        }
        want(")");
        return out;
    }

    void function() {
        Function f;
        f.line = peek().line;
        f.entry = next().text == ".entry";
        if (is("(")) f.returns = parameters();
        f.name = next().text;
        if (is("(")) f.params = parameters();
        while (!is("{") && !take(";")) {
            if (take(".maxntid") || is(".reqntid")) {
                take(".reqntid");
                do f.max_threads.push_back(static_cast<int>(number()));
                while (take(","));
            } else if (take(".minnctapersm") || take(".maxnreg") || take(".maxclusterrank")) {
                number();
            } else if (take(".noreturn") || take(".blocksareclusters")) {
            } else if (take(".pragma")) {
                while (!take(";")) next();
            } else {
                fail("directive '" + peek().text + "' of a function is not supported");
            }
        }
        if (is("{")) {
            f.defined = true;
            for (const auto* list : {&f.params, &f.returns})
                for (const auto& v : *list) f.names[{v.name, 0}] = v;
            next();
            int scope = 0;
            block(f, scope);
        }
        auto& old = module_.functions[f.name];
        if (!old.defined) old = std::move(f);
    }

    void block(Function& f, int scope) {
        while (!take("}")) {
            const Token& t = peek();
            if (t.kind == Token::end) fail("the file ends inside a function");
            if (take("{")) {
                f.parent.push_back(scope);
                block(f, static_cast<int>(f.parent.size()) - 1);
            } else if (take(";")) {
            } else if (is(".loc") || is(".file")) {
                skip_line();
            } else if (is(".pragma")) {
                while (!take(";")) next();
            } else if (t.kind == Token::word && is(":", 1)) {
                label(f, scope);
            } else if (is(".reg")) {
                registers(f, scope);
            } else if (space_named(t.text) != Space::generic) {
                for (Variable& v : variables()) {
                    const auto name = v.name;
                    f.names[{name, scope}] = std::move(v);
                }
            } else if (t.text.starts_with(".")) {
                fail("directive '" + t.text + "' is not supported");
            } else {
                statement(f, scope);
            }
        }
    }
    void label(Function& f, int scope) {
        const std::string name = next().text;
        want(":");
        if (take(".branchtargets")) {
            auto& list = f.targets[{name, scope}];
            do list.push_back(next().text);
            while (take(","));
            want(";");
        } else if (take(".callprototype")) {
            while (!take(";")) next();
        } else {
            f.labels[{name, scope}] = f.body.size();
        }
    }
    void registers(Function& f, int scope) {
        Variable head = variable_head();
        do {
            Variable v = head;
            v.name = next().text;
            if (take("<")) {
                const auto count = number();
                want(">");
                const std::string prefix = v.name;
                for (std::int64_t k = 0; k < count; ++k) {
                    v.name = prefix + std::to_string(k);
                    f.names[{v.name, scope}] = v;
                }
            } else {
                f.names[{v.name, scope}] = v;
            }
        } while (take(","));
        want(";");
    }

    Operand operand() {
        Operand o;
        if (take("!")) o.negated = true;
        if (take("[")) {
            o.kind = Operand::address;
            if (peek().kind == Token::word) o.text = next().text;
            for (bool more = true; more;) {
                if (take("+"))
                    o.value += number();
                else if (peek().kind == Token::integer || is("-"))
                    o.value += number();
                else
                    more = false;
            }
            if (take(",")) fail("addresses with coordinates (textures, tensors) are not supported");
            want("]");
            return o;
        }
        if (take("{")) {
            o.kind = Operand::vector;
            while (!take("}")) {
                o.parts.push_back(operand());
                take(",");
            }
            return o;
        }
        if (take("(")) {
            o.kind = Operand::list;
            while (!take(")")) {
                o.parts.push_back(operand());
                take(",");
            }
            return o;
        }
        const bool minus = take("-");
        const Token& t = next();
        o.value = t.value;
        switch (t.kind) {
            case Token::word:
                if (minus) fail("a minus before a name");
                o.text = t.text;
                if (take("+"))
                    o.value = number();
                else if (is("-") && peek(1).kind == Token::integer)
                    o.value = number();
                else
                    o.value = 0;
                break;
            case Token::integer:
                o.kind = Operand::integer;
                if (minus) o.value = -o.value;
                break;
            case Token::f32:
                o.kind = Operand::f32;
                if (minus) o.value ^= 0x80000000;
                break;
            case Token::f64:
                o.kind = Operand::f64;
                if (minus) o.value ^= std::int64_t{1} << 63;
                break;
            default:
                fail("an operand expected, not '" + t.text + "'");
        }
        if (take("|")) o.parts.push_back(operand());
        return o;
    }
    void statement(Function& f, int scope) {
        Statement s;
        s.line = peek().line;
        s.scope = scope;
        if (take("@")) {
            s.guard_negated = take("!");
            s.guard = next().text;
        }
        s.op = next().text;
        while (!take(";")) {
            s.operands.push_back(operand());
            take(",");
        }
        f.body.push_back(std::move(s));
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    Module module_;
};

}  // namespace

Module parse(const std::string& text, const std::string& file) {
    return Parser(text, file).run();
}

}  // namespace ptxrun
