#include "decode.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "lanes.hpp"
#include "machine_calls.hpp"
#include "symbols.hpp"

namespace ptxrun {
namespace {

const Ops& all_ops() {
    static const Ops ops = [] {
        Ops o;
        add_integer_ops(o);
        add_bit_ops(o);
        add_float_ops(o);
        add_compare_ops(o);
        add_convert_ops(o);
        add_memory_ops(o);
        add_atomic_ops(o);
        add_warp_ops(o);
        add_control_ops(o);
        return o;
    }();
    return ops;
}

const std::map<std::string, Special>& special_names() {
    static const std::map<std::string, Special> names = {
        {"%tid.x", Special::tid_x},
        {"%tid.y", Special::tid_y},
        {"%tid.z", Special::tid_z},
        {"%ntid.x", Special::ntid_x},
        {"%ntid.y", Special::ntid_y},
        {"%ntid.z", Special::ntid_z},
        {"%ctaid.x", Special::ctaid_x},
        {"%ctaid.y", Special::ctaid_y},
        {"%ctaid.z", Special::ctaid_z},
        {"%nctaid.x", Special::nctaid_x},
        {"%nctaid.y", Special::nctaid_y},
        {"%nctaid.z", Special::nctaid_z},
        {"%laneid", Special::laneid},
        {"%warpid", Special::warpid},
        {"%nwarpid", Special::nwarpid},
        {"%smid", Special::smid},
        {"%nsmid", Special::nsmid},
        {"%gridid", Special::gridid},
        {"%lanemask_eq", Special::lanemask_eq},
        {"%lanemask_le", Special::lanemask_le},
        {"%lanemask_lt", Special::lanemask_lt},
        {"%lanemask_ge", Special::lanemask_ge},
        {"%lanemask_gt", Special::lanemask_gt},
        {"%dynamic_smem_size", Special::dynamic_smem_size},
        {"%total_smem_size", Special::total_smem_size},
        {"%envreg1", Special::envreg1},
        {"%envreg2", Special::envreg2},
        {"WARP_SZ", Special::warp_size},
        {"%cluster_ctarank", Special::zero},
        {"%cluster_nctarank", Special::one},
        {"%cluster_ctaid.x", Special::zero},
        {"%cluster_ctaid.y", Special::zero},
        {"%cluster_ctaid.z", Special::zero},
        {"%cluster_nctaid.x", Special::one},
        {"%cluster_nctaid.y", Special::one},
        {"%cluster_nctaid.z", Special::one},
        {"%clusterid.x", Special::ctaid_x},
        {"%clusterid.y", Special::ctaid_y},
        {"%clusterid.z", Special::ctaid_z},
        {"%nclusterid.x", Special::nctaid_x},
        {"%nclusterid.y", Special::nctaid_y},
        {"%nclusterid.z", Special::nctaid_z},
        {"%is_explicit_cluster", Special::zero},
        {"%clock", Special::clock},
        {"%clock64", Special::clock64},
        {"%globaltimer", Special::globaltimer},
        {"%globaltimer_lo", Special::clock},
        {"%activemask", Special::active}};
    return names;
}
bool is_wide(Special s) {
    return s == Special::clock64 || s == Special::globaltimer || s == Special::param_base ||
           s == Special::lane_base || s == Special::gridid;
}

// --- special registers that change ---
std::uint64_t ticks() {
    static std::atomic<std::uint64_t> count{1'000'000'000};
    return count.fetch_add(20, std::memory_order_relaxed);
}
void read_clock(Warp& w, const Insn& i, std::uint32_t m) {
    const std::uint64_t now = w.clock + w.counts->warp_instructions;
    if (i.variant)
        each(
            m, w.reg<std::uint64_t>(i.r[0]), [now](std::uint64_t) { return now; },
            w.reg<std::uint64_t>(i.r[0]));
    else
        each(
            m, w.reg<std::uint32_t>(i.r[0]),
            [now](std::uint32_t) { return static_cast<std::uint32_t>(now); },
            w.reg<std::uint32_t>(i.r[0]));
}
void read_timer(Warp& w, const Insn& i, std::uint32_t m) {
    const std::uint64_t now = ticks();
    each(
        m, w.reg<std::uint64_t>(i.r[0]), [now](std::uint64_t) { return now; },
        w.reg<std::uint64_t>(i.r[0]));
}
void read_active(Warp& w, const Insn& i, std::uint32_t m) {
    each(
        m, w.reg<std::uint32_t>(i.r[0]), [m](std::uint32_t) { return m; },
        w.reg<std::uint32_t>(i.r[0]));
}
void not_pred(Warp& w, const Insn& i, std::uint32_t) {
    w.pred(i.r[0]) = ~w.pred(i.r[1]);
}

}  // namespace

// --- a statement ---

bool Line::take(const char* mod) {
    const auto it = std::find(mods.begin(), mods.end(), mod);
    if (it == mods.end()) return false;
    mods.erase(it);
    return true;
}
std::string Line::take_of(std::initializer_list<const char*> list) {
    for (const char* mod : list)
        if (take(mod)) return mod;
    return "";
}
void Line::ignore(std::initializer_list<const char*> list) {
    for (const char* mod : list) take(mod);
}
bool Line::has_type() const {
    return std::any_of(mods.begin(), mods.end(),
                       [](const std::string& m) { return type_named(m) != Type::none; });
}
Type Line::type() {
    for (auto it = mods.begin(); it != mods.end(); ++it)
        if (const Type t = type_named(*it); t != Type::none) {
            mods.erase(it);
            return t;
        }
    fail("no type");
}
const Operand& Line::operand(std::size_t k) const {
    if (k >= s.operands.size()) fail("too few operands");
    return s.operands[k];
}
void Line::fail(const std::string& what) const {
    throw Error(decoder.module.file + ":" + std::to_string(s.line) + ": " + s.op + ": " + what);
}
Type Line::register_type(const Operand& o) const {
    if (o.kind != Operand::name) return Type::none;
    if (const auto it = special_names().find(o.text); it != special_names().end())
        return is_wide(it->second) ? Type::u64 : Type::u32;
    const auto p = decoder.place(o.text, s.scope);
    return p.kind == Decoder::Place::reg ? p.type : Type::none;
}
Ref Line::temporary(Type t) {
    return decoder.slot(t);
}
Ref Line::constant(Type t, std::uint64_t bits) {
    return decoder.constant(t, bits);
}
void Line::emit(Insn insn) {
    insn.line = s.line;
    decoder.code.insns.push_back(insn);
}
Ref Line::out(const Operand& o, Type t) {
    if (o.kind != Operand::name) fail("the result must be a register");
    if (o.text == "_") return decoder.slot(t);
    const auto p = decoder.place(o.text, s.scope);
    if (p.kind != Decoder::Place::reg) fail("'" + o.text + "' is no register");
    if ((p.type == Type::pred) != (t == Type::pred) || slot_bytes(p.type) != slot_bytes(t))
        fail("register " + o.text + " has another width");
    return p.ref;
}
Ref Line::in(const Operand& o, Type t) {
    switch (o.kind) {
        case Operand::integer:
            if (t == Type::f32) {
                const float f = static_cast<float>(o.value);
                return constant(t, bits_as<std::uint32_t>(f));
            }
            return constant(t, static_cast<std::uint64_t>(o.value));
        case Operand::f32:
            return constant(t, t == Type::f64
                                   ? bits_as<std::uint64_t>(static_cast<double>(
                                         bits_as<float>(static_cast<std::uint32_t>(o.value))))
                                   : static_cast<std::uint64_t>(o.value));
        case Operand::f64:
            if (t == Type::f32)
                return constant(
                    t, bits_as<std::uint32_t>(static_cast<float>(bits_as<double>(o.value))));
            return constant(t, static_cast<std::uint64_t>(o.value));
        case Operand::name:
            break;
        default:
            fail("this kind of operand is not supported here");
    }
    if (const auto it = special_names().find(o.text); it != special_names().end()) {
        const Special sp = it->second;
        const Type st = is_wide(sp) ? Type::u64 : Type::u32;
        Ref r;
        if (sp >= Special::clock) {
            Insn read;
            read.run = sp == Special::globaltimer ? read_timer
                       : sp == Special::active    ? read_active
                                                  : read_clock;
            read.variant = sp == Special::clock64;
            r = read.r[0] = temporary(st);
            emit(read);
        } else {
            r = decoder.special(sp);
        }
        if (slot_bytes(st) != slot_bytes(t)) {
            if (slot_bytes(t) > slot_bytes(st)) fail("special register " + o.text + " is narrower");
            Insn narrow;
            const int to = slot_bytes(t) / lanes;
            narrow.run =
                to == 2 ? Handler{[](Warp& w, const Insn& i, std::uint32_t m) {
                    each(
                        m, w.reg<std::uint16_t>(i.r[0]),
                        [](std::uint32_t a) { return static_cast<std::uint16_t>(a); },
                        w.reg<std::uint32_t>(i.r[1]));
                }}
                        : Handler{[](Warp& w, const Insn& i, std::uint32_t m) {
                              each(
                                  m, w.reg<std::uint32_t>(i.r[0]),
                                  [](std::uint64_t a) { return static_cast<std::uint32_t>(a); },
                                  w.reg<std::uint64_t>(i.r[1]));
                          }};
            narrow.r[1] = r;
            narrow.r[0] = temporary(t);
            emit(narrow);
            return narrow.r[0];
        }
        return r;
    }
    const auto p = decoder.place(o.text, s.scope);
    if (p.kind == Decoder::Place::reg) {
        if (t == Type::pred || p.type == Type::pred) {
            if (t != p.type) fail("a predicate where none is expected, or the other way round");
        } else if (slot_bytes(p.type) != slot_bytes(t)) {
            fail("register " + o.text + " has another width");
        }
        return p.ref;
    }
    if (p.kind == Decoder::Place::shared)
        return constant(t, p.at + static_cast<std::uint64_t>(o.value));
    std::uint64_t value;
    if (decoder.symbol(o.text, value))
        return constant(t, value + static_cast<std::uint64_t>(o.value));
    fail("'" + o.text + "' is not known");
}
Ref Line::pred(const Operand& o) {
    if (o.kind == Operand::integer) return constant(Type::pred, o.value ? ~0ull : 0);
    const auto p = decoder.place(o.text, s.scope);
    if (p.kind != Decoder::Place::reg || p.type != Type::pred)
        fail("'" + o.text + "' is no predicate");
    if (!o.negated) return p.ref;
    Insn n;
    n.run = not_pred;
    n.r[1] = p.ref;
    n.r[0] = temporary(Type::pred);
    emit(n);
    return n.r[0];
}
void Line::address(std::size_t k, int r, Space space) {
    const Operand& o = operand(k);
    if (o.kind != Operand::address) fail("an address in [] is expected");
    i.space = space;
    i.imm = o.value;
    if (o.text.empty()) {
        i.r[r] = constant(Type::u64, 0);
        return;
    }
    const auto p = decoder.place(o.text, s.scope);
    switch (p.kind) {
        case Decoder::Place::reg:
            i.r[r] = p.ref;
            i.narrow_address = size_of(p.type) == 4;
            return;
        case Decoder::Place::lane:
            i.r[r] = decoder.special(Special::lane_base);
            i.imm += static_cast<std::int64_t>(p.at);
            return;
        case Decoder::Place::kernel_param:
            i.r[r] = decoder.special(Special::param_base);
            i.imm += static_cast<std::int64_t>(p.at);
            return;
        case Decoder::Place::shared:
            i.r[r] = constant(Type::u64, p.at);
            if (space == Space::generic) fail("a generic access to a shared variable by name");
            return;
        default:
            break;
    }
    std::uint64_t value;
    if (!decoder.symbol(o.text, value)) fail("'" + o.text + "' is not known");
    i.r[r] = constant(Type::u64, value);
}

// --- a function ---

Decoder::Decoder(Program& p, const Module& m, const Function& f, Code& c,
                 const std::map<std::string, std::size_t>& shared)
    : program(p), module(m), source(f), code(c), shared_(shared) {
    code.source = &f;
    code.module = &m;
}

Ref Decoder::slot(Type t) {
    const auto bytes = static_cast<std::size_t>(slot_bytes(t));
    code.frame_bytes = (code.frame_bytes + std::min<std::size_t>(bytes, 64) - 1) /
                       std::min<std::size_t>(bytes, 64) * std::min<std::size_t>(bytes, 64);
    const Ref r = static_cast<Ref>(code.frame_bytes);
    code.frame_bytes += bytes;
    return r;
}
Ref Decoder::constant(Type t, std::uint64_t bits) {
    const int bytes = slot_bytes(t) / (t == Type::pred ? 1 : lanes);
    if (bytes < 8 && t != Type::pred) bits &= (std::uint64_t{1} << (8 * bytes)) - 1;
    const auto key = std::pair{t == Type::pred ? 1 : bytes, bits};
    const auto found = constants_.find(key);
    if (found != constants_.end()) return found->second;
    pool_.resize((pool_.size() + 63) / 64 * 64);
    const Ref r = static_cast<Ref>(pool_.size()) | in_pool;
    if (t == Type::pred) {
        pool_.resize(pool_.size() + 4);
        std::memcpy(pool_.data() + pool_.size() - 4, &bits, 4);
    } else {
        for (int l = 0; l < lanes; ++l)
            pool_.insert(pool_.end(), reinterpret_cast<char*>(&bits),
                         reinterpret_cast<char*>(&bits) + std::min(bytes, 8)),
                pool_.insert(pool_.end(), static_cast<std::size_t>(bytes > 8 ? bytes - 8 : 0), 0);
    }
    constants_[key] = r;
    return r;
}
Ref Decoder::special(Special s) {
    const auto found = specials_.find(s);
    if (found != specials_.end()) return found->second;
    const Ref r = slot(is_wide(s) ? Type::u64 : Type::u32);
    if (s == Special::lane_base) code.uses_lane_memory = true;
    code.specials.emplace_back(s, r);
    specials_[s] = r;
    return r;
}

const Variable* Decoder::find(const std::string& name, int scope, Function::Name& key) const {
    for (; scope >= 0; scope = source.parent[static_cast<std::size_t>(scope)]) {
        key = {name, scope};
        const auto it = source.names.find(key);
        if (it != source.names.end()) return &it->second;
    }
    return nullptr;
}

Decoder::Place Decoder::place(const std::string& name, int scope) {
    Function::Name key;
    const Variable* v = find(name, scope, key);
    if (!v) {
        const auto it = shared_.find(name);
        if (it != shared_.end()) return {Place::shared, no_ref, it->second, Type::none};
        return {};
    }
    const auto known = places_.find(key);
    if (known != places_.end()) return known->second;
    Place p;
    p.type = v->type;
    switch (v->space) {
        case Space::reg:
            p.kind = Place::reg;
            p.ref = slot(v->type);
            break;
        case Space::shared: {
            const auto it = shared_.find(source.name + "/" + name);
            if (it == shared_.end())
                throw Error("ptxrun: shared variable " + name + " has no place");
            p.kind = Place::shared;
            p.at = it->second;
            break;
        }
        default:  // .local and .param, in the lane's own memory
            p.kind = Place::lane;
            code.uses_lane_memory = true;
            code.lane_bytes = (code.lane_bytes + v->align - 1) / v->align * v->align;
            p.at = code.lane_bytes;
            code.lane_bytes += v->bytes;
    }
    places_[key] = p;
    return p;
}

bool Decoder::symbol(const std::string& name, std::uint64_t& value) const {
    if (module.variables.contains(name)) {
        value = variable_address(module, name);
        return true;
    }
    const auto f = module.functions.find(name);
    if (f == module.functions.end()) return false;
    value = reinterpret_cast<std::uint64_t>(&f->second);
    return true;
}

Function::Name Decoder::find_label(const std::string& name, int scope, bool table) const {
    for (; scope >= 0; scope = source.parent[static_cast<std::size_t>(scope)]) {
        const Function::Name key{name, scope};
        if (table ? source.targets.contains(key) : source.labels.contains(key)) return key;
    }
    throw Error("ptxrun: " + module.file + ": label " + name + " is not known");
}
std::int64_t Decoder::jump(const std::string& label, int scope) {
    return static_cast<std::int64_t>(source.labels.at(find_label(label, scope, false)));
}
std::vector<std::uint32_t> Decoder::table(const std::string& label, int scope) {
    std::vector<std::uint32_t> out;
    for (const auto& name : source.targets.at(find_label(label, scope, true)))
        out.push_back(static_cast<std::uint32_t>(jump(name, scope)));
    return out;
}

Code* Decoder::function(const std::string& name) {
    auto& slot = program.codes[name];
    if (slot) return slot.get();
    const auto it = module.functions.find(name);
    if (it == module.functions.end() || !it->second.defined) {
        program.codes.erase(name);
        return nullptr;
    }
    slot = std::make_unique<Code>();
    Code* c = slot.get();
    Decoder(program, module, it->second, *c, shared_).run();
    return c;
}

void Decoder::statement(const Statement& s) {
    Line l{*this, s, "", {}, {}};
    for (std::size_t from = 0; from <= s.op.size();) {
        const auto dot = std::min(s.op.find('.', from), s.op.size());
        if (from == 0)
            l.root = s.op.substr(0, dot);
        else
            l.mods.push_back(s.op.substr(from, dot - from));
        from = dot + 1;
    }
    const std::size_t first = code.insns.size();
    try {
        const auto it = all_ops().find(l.root);
        if (it == all_ops().end()) l.fail("this instruction is not supported");
        it->second(l);
        if (!l.mods.empty()) l.fail("modifier ." + l.mods[0] + " is not understood");
    } catch (const Error& e) {  // told when it is reached
        code.insns.resize(first);
        while (!patches.empty() && patches.back().first >= first) patches.pop_back();
        l.i = Insn{};
        l.i.flow = Flow::trap;
        l.i.imm = static_cast<std::int64_t>(code.tables.size());
        const std::string text = e.what();
        if (settings().decode) std::fprintf(stderr, "ptxrun: not understood: %s\n", text.c_str());
        code.tables.emplace_back(text.begin(), text.end());
    }
    if (!patches.empty() && patches.back().first >= first) patches.back().first = code.insns.size();
    l.emit(l.i);
    if (!s.guard.empty()) {
        const auto p = place(s.guard, s.scope);
        if (p.kind != Place::reg || p.type != Type::pred)
            throw Error("ptxrun: " + module.file + ":" + std::to_string(s.line) + ": '" + s.guard +
                        "' is no predicate");
        for (std::size_t k = first; k < code.insns.size(); ++k) {
            code.insns[k].guard = p.ref;
            code.insns[k].guard_negated = s.guard_negated;
        }
    }
}

void Decoder::run() {
    if (source.entry) {
        std::size_t at = 0;
        for (const Variable& v : source.params) {
            at = (at + v.align - 1) / v.align * v.align;
            places_[{v.name, 0}] = {Place::kernel_param, no_ref, at, v.type};
            program.params.push_back({at, v.bytes});
            at += v.bytes;
        }
        program.param_bytes = at;
    } else {
        for (const auto* list : {&source.params, &source.returns})
            for (const Variable& v : *list) {
                if (v.space == Space::reg)
                    throw Error("ptxrun: " + module.file + ": " + source.name +
                                ": parameters in registers are not supported");
                const auto p = place(v.name, 0);
                (list == &source.params ? code.params : code.returns).push_back({p.at, v.bytes});
            }
    }
    for (const Statement& s : source.body) {
        start.push_back(code.insns.size());
        statement(s);
    }
    start.push_back(code.insns.size());
    Insn end;
    end.flow = Flow::ret;
    end.line = source.body.empty() ? source.line : source.body.back().line;
    code.insns.push_back(end);
    for (const auto& [insn, to] : patches)
        code.insns[insn].imm = static_cast<std::int64_t>(start[to]);
    std::size_t branches = 0;
    for (const Insn& i : code.insns)
        if (i.flow == Flow::branch_index)
            for (auto& t : code.tables[static_cast<std::size_t>(i.imm)])
                t = static_cast<std::uint32_t>(start[t]), ++branches;
    code.lane_bytes = (code.lane_bytes + 15) / 16 * 16;
    pool_.resize((pool_.size() + 63) / 64 * 64 + 64);
    code.pool_owner =
        std::shared_ptr<char>(static_cast<char*>(std::aligned_alloc(64, pool_.size())), std::free);
    code.pool = code.pool_owner.get();
    std::memcpy(code.pool, pool_.data(), pool_.size());
    code.frame_bytes = (code.frame_bytes + 63) / 64 * 64 + 64;
}

// --- a kernel ---

namespace {

/// Shared variables that the function, and those it calls, name.
void shared_names(const Module& m, const Function& f, std::set<const Function*>& seen,
                  std::vector<std::pair<std::string, const Variable*>>& out) {
    if (!seen.insert(&f).second) return;
    std::set<std::string> words;
    const std::function<void(const Operand&)> look = [&](const Operand& o) {
        if (!o.text.empty()) words.insert(o.text);
        for (const Operand& p : o.parts) look(p);
    };
    for (const Statement& s : f.body)
        for (const Operand& o : s.operands) look(o);
    for (const auto& [key, v] : f.names)
        if (v.space == Space::shared) out.emplace_back(f.name + "/" + v.name, &v);
    for (const auto& word : words) {
        const auto v = m.variables.find(word);
        if (v != m.variables.end() && v->second.space == Space::shared &&
            std::none_of(out.begin(), out.end(), [&](const auto& o) { return o.first == word; }))
            out.emplace_back(word, &v->second);
        const auto g = m.functions.find(word);
        if (g != m.functions.end()) shared_names(m, g->second, seen, out);
    }
}

}  // namespace

Program& program_of(Kernel& kernel) {
    static std::mutex lock;
    const std::lock_guard hold(lock);
    if (kernel.program) return *kernel.program;
    auto program = std::make_unique<Program>();
    std::set<const Function*> seen;
    std::vector<std::pair<std::string, const Variable*>> vars;
    shared_names(*kernel.module, *kernel.source, seen, vars);
    auto& shared = program->shared;
    std::size_t at = 0;
    for (const auto& [name, v] : vars) {
        if (v->external || (v->array && v->bytes == 0)) continue;
        at = (at + v->align - 1) / v->align * v->align;
        shared[name] = at;
        at += v->bytes;
    }
    std::size_t align = 16;
    for (const auto& [name, v] : vars)
        if (v->external || (v->array && v->bytes == 0)) align = std::max(align, v->align);
    bool dynamic = false;
    for (const auto& [name, v] : vars)
        if (v->external || (v->array && v->bytes == 0)) {
            if (!dynamic) at = (at + align - 1) / align * align;
            dynamic = true;
            shared[name] = at;
        }
    program->static_shared = at;
    auto code = std::make_unique<Code>();
    program->entry = code.get();
    program->codes[kernel.source->name] = std::move(code);
    Decoder(*program, *kernel.module, *kernel.source, *program->entry, shared).run();
    if (!kernel.source->max_threads.empty()) {
        program->max_threads = 1;
        for (const int n : kernel.source->max_threads) program->max_threads *= n;
    }
    for (const auto& [name, c] : program->codes) program->local_bytes += c->lane_bytes;
    program->registers = static_cast<int>(std::min<std::size_t>(
        255, std::max<std::size_t>(16, program->entry->frame_bytes / 128 / 4)));
    kernel.program = std::move(program);
    return *kernel.program;
}

Code* code_at(Kernel& kernel, std::uint64_t handle) {
    static std::mutex lock;
    const std::lock_guard hold(lock);
    for (const auto& [name, f] : kernel.module->functions) {
        if (reinterpret_cast<std::uint64_t>(&f) != handle || !f.defined || f.entry) continue;
        auto& code = kernel.program->codes[name];
        if (!code) {
            code = std::make_unique<Code>();
            Decoder(*kernel.program, *kernel.module, f, *code, kernel.program->shared).run();
        }
        return code.get();
    }
    return nullptr;
}

}  // namespace ptxrun
