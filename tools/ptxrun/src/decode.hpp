// Statements to instructions. Each file of operations says how its own are decoded.
#pragma once

#include <functional>
#include <set>

#include "machine.hpp"

namespace ptxrun {

class Decoder;

/// A statement being decoded: its modifiers are taken one by one, and none may be left.
struct Line {
    Decoder& decoder;
    const Statement& s;
    std::string root;
    std::vector<std::string> mods;
    Insn i;

    bool take(const char* mod);
    /// The first of these that is there, or "".
    std::string take_of(std::initializer_list<const char*> list);
    void ignore(std::initializer_list<const char*> list);
    /// The first type left among the modifiers.
    Type type();
    bool has_type() const;
    std::size_t operands() const { return s.operands.size(); }
    const Operand& operand(std::size_t k) const;
    Type register_type(std::size_t k) const { return register_type(operand(k)); }
    Type register_type(const Operand& o) const;  // none: no register
    Ref out(std::size_t k, Type t) { return out(operand(k), t); }
    Ref out(const Operand& o, Type t);
    Ref in(std::size_t k, Type t) { return in(operand(k), t); }
    Ref in(const Operand& o, Type t);
    /// A predicate operand; `!p` goes to a register of its own.
    Ref pred(std::size_t k) { return pred(operand(k)); }
    Ref pred(const Operand& o);
    /// Sets i.r[k], i.imm, i.space and the address's width.
    void address(std::size_t operand, int k, Space space);
    Ref temporary(Type t);
    Ref constant(Type t, std::uint64_t bits);
    void emit(Insn insn);
    [[noreturn]] void fail(const std::string& what) const;
};

using DecodeOp = void (*)(Line&);
using Ops = std::unordered_map<std::string, DecodeOp>;

void add_integer_ops(Ops&);
void add_bit_ops(Ops&);
void add_float_ops(Ops&);
void add_compare_ops(Ops&);
void add_convert_ops(Ops&);
void add_memory_ops(Ops&);
void add_atomic_ops(Ops&);
void add_warp_ops(Ops&);
void add_control_ops(Ops&);

class Decoder {
  public:
    Decoder(Program& program, const Module& module, const Function& function, Code& code,
            const std::map<std::string, std::size_t>& shared);
    void run();

    struct Place {
        enum Kind { none, reg, lane, shared, kernel_param } kind = none;
        Ref ref = no_ref;
        std::size_t at = 0;
        Type type = Type::none;
    };
    Place place(const std::string& name, int scope);
    bool is_label(const std::string& name) const;
    Ref special(Special s);
    Ref slot(Type t);
    Ref constant(Type t, std::uint64_t bits);
    std::int64_t jump(const std::string& label, int scope);
    std::vector<std::uint32_t> table(const std::string& label, int scope);
    Code* function(const std::string& name);
    /// Address of a variable of the module, or handle of a function.
    bool symbol(const std::string& name, std::uint64_t& value) const;

    Program& program;
    const Module& module;
    const Function& source;
    Code& code;
    std::vector<std::pair<std::size_t, std::size_t>> patches;  // instruction, statement
    std::vector<std::size_t> start;  // first instruction of each statement

  private:
    void statement(const Statement& s);
    const Variable* find(const std::string& name, int scope, Function::Name& key) const;

    const std::map<std::string, std::size_t>& shared_;
    std::map<Function::Name, Place> places_;
    std::map<Special, Ref> specials_;
    std::map<std::pair<int, std::uint64_t>, Ref> constants_;
    std::vector<char> pool_;
    Function::Name find_label(const std::string& name, int scope, bool table) const;
};

/// Where a variable of a module lies.
std::uint64_t variable_address(const Module& module, const std::string& name);

}  // namespace ptxrun
