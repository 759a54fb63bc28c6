// Branches, calls and ends. The scheduler does what they say.
#include <algorithm>

#include "decode.hpp"

namespace ptxrun {
namespace {

void decode_bra(Line& l) {
    l.take("uni");
    l.i.flow = Flow::branch;
    l.decoder.patches.emplace_back(l.decoder.code.insns.size(),
                                   l.decoder.jump(l.operand(0).text, l.s.scope));
}
void decode_brx(Line& l) {
    l.take("uni");
    if (!l.take("idx")) l.fail("only brx.idx exists");
    l.i.flow = Flow::branch_index;
    l.i.r[1] = l.in(0, Type::u32);
    l.i.imm = static_cast<std::int64_t>(l.decoder.code.tables.size());
    l.decoder.code.tables.push_back(l.decoder.table(l.operand(1).text, l.s.scope));
}
void decode_ret(Line& l) {
    l.take("uni");
    l.i.flow = Flow::ret;
}
void decode_exit(Line& l) {
    l.i.flow = Flow::exit;
}
void decode_trap(Line& l) {
    l.i.flow = Flow::trap;
    l.i.imm = -1;
}
void nothing(Warp&, const Insn&, std::uint32_t) {}
void decode_nanosleep(Line& l) {
    l.type();
    l.i.flow = Flow::sleep;
    l.i.run = nothing;
}
void decode_nothing(Line& l) {
    l.mods.clear();
    l.i.run = nothing;
}

std::size_t lane_place(Line& l, const Operand& o) {
    const auto p = l.decoder.place(o.text, l.s.scope);
    if (p.kind != Decoder::Place::lane)
        l.fail("an argument of a call that is no .param variable: " + o.text);
    return p.at;
}
void decode_call(Line& l) {
    l.take("uni");
    CallSite site;
    std::size_t k = 0;
    if (l.operand(k).kind == Operand::list) {
        for (const Operand& o : l.operand(k).parts) site.results.push_back(lane_place(l, o));
        ++k;
    }
    const Operand& name = l.operand(k++);
    if (k < l.operands() && l.operand(k).kind == Operand::list)
        for (const Operand& o : l.operand(k).parts) site.args.push_back(lane_place(l, o));
    site.name = name.text;
    if (l.register_type(name) != Type::none)
        site.pointer = l.in(name, Type::b64);
    else
        site.callee = l.decoder.function(name.text);
    if (!site.callee && site.pointer == no_ref && site.name != "vprintf" &&
        site.name != "__assertfail")
        l.fail("call of " + site.name + ", which has no body here");
    l.i.flow = Flow::call;
    l.i.imm = static_cast<std::int64_t>(l.decoder.code.calls.size());
    l.decoder.code.calls.push_back(std::move(site));
    l.decoder.code.uses_lane_memory = true;
}

}  // namespace

void add_control_ops(Ops& ops) {
    ops["bra"] = decode_bra;
    ops["brx"] = decode_brx;
    ops["ret"] = decode_ret;
    ops["exit"] = decode_exit;
    ops["trap"] = decode_trap;
    ops["brkpt"] = decode_trap;
    ops["call"] = decode_call;
    ops["nanosleep"] = decode_nanosleep;
    ops["setmaxnreg"] = decode_nothing;
}

}  // namespace ptxrun
