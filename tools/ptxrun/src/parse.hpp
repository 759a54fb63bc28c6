// PTX text to a module: variables, functions and their statements, as written.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "types.hpp"

namespace ptxrun {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Operand {
    enum Kind { name, integer, f32, f64, address, vector, list } kind = name;
    bool negated = false;        // !p
    std::string text;            // of a name, and the base of an address
    std::int64_t value = 0;      // of an integer; the offset of an address; bits of f32 and f64
    std::vector<Operand> parts;  // of a vector or a list; of `p|q` the q
};

struct Statement {
    std::string guard;  // the predicate's name, or empty
    bool guard_negated = false;
    std::string op;  // with all its modifiers
    std::vector<Operand> operands;
    int line = 0, scope = 0;
};

enum class Space : std::uint8_t { generic, reg, global, shared, local, constant, param };

struct Variable {
    std::string name;
    Space space = Space::reg;
    Type type = Type::none;
    std::size_t bytes = 0, align = 1;
    bool external = false, array = false;
    std::string initial;  // bytes; shorter than the variable: the rest is zero
    struct Fixup {
        std::size_t at;
        std::string symbol;
        std::int64_t add;
        int width;
        bool generic;
    };
    std::vector<Fixup> fixups;  // addresses of other symbols
};

struct Function {
    std::string name;
    bool entry = false, defined = false;
    std::vector<Variable> params, returns;
    struct Name {
        std::string name;
        int scope;
        bool operator<(const Name& o) const {
            return scope != o.scope ? scope < o.scope : name < o.name;
        }
    };
    std::map<Name, Variable> names;      // registers and variables of the body, by scope
    std::map<Name, std::size_t> labels;  // statement that follows
    std::map<Name, std::vector<std::string>> targets;  // .branchtargets
    std::vector<int> parent{-1};                       // of each scope
    std::vector<Statement> body;
    std::vector<int> max_threads;  // .maxntid
    int line = 0;
};

struct Module {
    std::string file;
    std::map<std::string, Function> functions;
    std::map<std::string, Variable> variables;
    int sm = 0;
};

Module parse(const std::string& text, const std::string& file);

}  // namespace ptxrun
