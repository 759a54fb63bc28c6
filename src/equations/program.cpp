#include "src/equations/program.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

using Op = EquationOp;

/// One list of instructions.
class Lowering {
  public:
    Lowering(const Graph& graph, const std::map<NodeId, Slot>& leaves)
        : g_(graph), leaves_(leaves) {}

    /// Counts how often each node is used.
    void need(NodeId id) {
        if (++uses_[id] > 1 || is_leaf(id)) return;
        for (const NodeId operand : operands(id)) need(operand);
    }
    /// The slot or value that holds a node; appends what computes it.
    std::uint32_t emit(NodeId id) {
        if (const auto leaf = leaves_.find(id); leaf != leaves_.end()) return leaf->second;
        if (const auto done = done_.find(id); done != done_.end()) return done->second;
        const GraphNode& node = g_[id];
        Raw raw{node.op, {node.a, node.b, node.c}};
        fuse(raw);
        std::uint32_t from[3] = {0, 0, 0};
        for (int k = 0; k < operands_of(raw.op); ++k) from[k] = emit(raw.of[k]);
        const std::uint32_t to = first_virtual + count_++;
        code_.push_back({raw.op, to, from[0], from[1], from[2]});
        return done_[id] = to;
    }
    struct Wide {
        Op op;
        std::uint32_t to, a, b, c;
    };
    std::vector<Wide>& code() { return code_; }
    static constexpr std::uint32_t first_virtual = 1u << 20;

  private:
    struct Raw {
        Op op;
        NodeId of[3];
    };
    bool is_leaf(NodeId id) const { return leaves_.count(id) > 0; }
    /// What computing a node asks for.
    std::vector<NodeId> operands(NodeId id) const {
        const GraphNode& node = g_[id];
        std::vector<NodeId> out;
        for (const NodeId operand : {node.a, node.b, node.c})
            if (operand >= 0) out.push_back(operand);
        return out;
    }
    bool single_product(NodeId id) const {
        const GraphNode& node = g_[id];
        return !is_leaf(id) && node.op == Op::multiply && uses_.at(id) == 1 && !done_.count(id);
    }
    bool single_sum(NodeId id) const {
        return !is_leaf(id) && g_[id].op == Op::add && uses_.at(id) == 1 && !done_.count(id);
    }
    /// A product that is added, and used nowhere else, is rounded with the sum.
    void fuse(Raw& raw) const {
        const NodeId a = raw.of[0], b = raw.of[1];
        if (raw.op == Op::add && single_product(b)) {
            raw = {Op::fused, {g_[b].a, g_[b].b, a}};
        } else if (raw.op == Op::add && single_product(a)) {
            raw = {Op::fused, {g_[a].a, g_[a].b, b}};
        } else if (raw.op == Op::flushed && single_sum(a)) {
            Raw sum{g_[a].op, {g_[a].a, g_[a].b, g_[a].c}};
            fuse(sum);
            if (sum.op == Op::fused) raw = {Op::fused_flushed, {sum.of[0], sum.of[1], sum.of[2]}};
        } else if (raw.op == Op::subtract && single_product(b)) {
            raw = {Op::fused_from, {g_[b].a, g_[b].b, a}};
        } else if (raw.op == Op::subtract && single_product(a)) {
            raw = {Op::fused_less, {g_[a].a, g_[a].b, b}};
        }
    }

    const Graph& g_;
    const std::map<NodeId, Slot>& leaves_;
    std::map<NodeId, int> uses_;
    std::map<NodeId, std::uint32_t> done_;
    std::vector<Wide> code_;
    std::uint32_t count_ = 0;
};

/// All that nodes are made of, up to the outermost `constants`: what follows from parameters.
std::set<NodeId> reached_from(const Graph& g, std::vector<NodeId> open,
                              std::vector<NodeId>& constants) {
    std::set<NodeId> reached;
    while (!open.empty()) {
        const NodeId id = open.back();
        open.pop_back();
        if (!reached.insert(id).second) continue;
        const GraphNode& node = g[id];
        if (node.setup) {
            constants.push_back(id);
            continue;
        }
        for (const NodeId operand : {node.a, node.b, node.c})
            if (operand >= 0) open.push_back(operand);
    }
    std::sort(constants.begin(), constants.end());
    return reached;
}

/// All that a step and a reset compute.
std::vector<NodeId> results_of(const CellEquations& cell) {
    std::vector<NodeId> out = cell.next;
    out.insert(out.end(), cell.reset.begin(), cell.reset.end());
    out.push_back(cell.fires);
    if (cell.output >= 0) out.push_back(cell.output);
    return out;
}

/// The nodes that have a slot before the first instruction.
std::map<NodeId, Slot> give_slots(const CellEquations& cell, EquationProgram& p) {
    const Graph& g = cell.graph;
    std::vector<NodeId> constants;
    const std::set<NodeId> reached = reached_from(g, results_of(cell), constants);
    p.constants = constants;
    std::size_t slots = constants.size();
    const auto take = [&](std::size_t count) {
        const std::size_t first = slots;
        slots += count;
        if (slots > 60000)
            throw ModelError("the equations of '" + cell.name +
                             "' have more values than can be kept");
        return static_cast<Slot>(first);
    };
    p.states = take(cell.states.size());
    p.arrivals = take(cell.receptors.size());
    p.current = take(1);
    p.time = take(1);
    std::map<NodeId, Slot> out;
    for (std::size_t k = 0; k < constants.size(); ++k) out[constants[k]] = static_cast<Slot>(k);
    p.random = take(0);
    for (const NodeId id : reached) {
        const GraphNode& node = g[id];
        const auto index = static_cast<Slot>(node.index);
        if (node.op == Op::state) out[id] = static_cast<Slot>(p.states + index);
        if (node.op == Op::arrival) out[id] = static_cast<Slot>(p.arrivals + index);
        if (node.op == Op::current) out[id] = p.current, p.reads_current = true;
        if (node.op == Op::time) out[id] = p.time, p.reads_time = true;
        if (node.op == Op::normal || node.op == Op::uniform) {
            out[id] = take(1);
            p.drawn.push_back({node.op == Op::normal, static_cast<std::uint32_t>(node.index)});
        }
    }
    p.temporaries = take(0);
    return out;
}

/// From as many values as there are instructions to as many slots as are alive at a time. `kept`
/// values stay to the end.
void allocate(std::vector<Lowering::Wide>& code, const std::map<std::uint32_t, Slot>& fixed,
              const std::vector<std::uint32_t>& kept, Slot first,
              std::vector<EquationInstruction>& out, std::map<std::uint32_t, Slot>& placed,
              Slot& slots) {
    std::map<std::uint32_t, std::size_t> last;
    for (std::size_t k = 0; k < code.size(); ++k)
        for (const std::uint32_t from : {code[k].a, code[k].b, code[k].c})
            if (from >= Lowering::first_virtual) last[from] = k;
    for (const std::uint32_t v : kept) last[v] = code.size();
    std::vector<Slot> free;
    Slot next = first;
    placed.insert(fixed.begin(), fixed.end());
    const auto slot_of = [&](std::uint32_t v) {
        return v < Lowering::first_virtual ? static_cast<Slot>(v) : placed.at(v);
    };
    for (std::size_t k = 0; k < code.size(); ++k) {
        const Lowering::Wide& w = code[k];
        EquationInstruction made{w.op, 0, slot_of(w.a), slot_of(w.b), slot_of(w.c)};
        std::set<std::uint32_t> read{w.a, w.b, w.c};
        for (const std::uint32_t from : read)
            if (from >= Lowering::first_virtual && last[from] == k && !fixed.count(from))
                free.push_back(placed.at(from));
        if (const auto to = placed.find(w.to); to != placed.end()) {
            made.to = to->second;
        } else if (w.to < Lowering::first_virtual) {
            made.to = static_cast<Slot>(w.to);
        } else {
            if (free.empty()) {
                if (next >= 65000) throw ModelError("equations have more values than can be kept");
                free.push_back(next++);
            }
            made.to = free.back();
            free.pop_back();
            placed[w.to] = made.to;
        }
        out.push_back(made);
    }
    slots = std::max(slots, next);
}

}  // namespace

std::vector<NodeId> constants_of(const CellEquations& cell) {
    return constants_in(cell.graph, results_of(cell));
}

EquationProgram lower(const CellEquations& cell) {
    EquationProgram p;
    const std::map<NodeId, Slot> leaves = give_slots(cell, p);
    p.slots = p.temporaries;

    Lowering step(cell.graph, leaves);
    for (const NodeId id : cell.next) step.need(id);
    step.need(cell.fires);
    if (cell.output >= 0) step.need(cell.output);
    std::vector<std::uint32_t> ends;
    for (const NodeId id : cell.next) ends.push_back(step.emit(id));
    const std::uint32_t fires = step.emit(cell.fires);
    const std::uint32_t output = cell.output >= 0 ? step.emit(cell.output) : fires;

    // A state's new value goes to its place at once where the old one is not read any more.
    std::vector<Lowering::Wide>& code = step.code();
    std::map<std::uint32_t, Slot> fixed;
    std::vector<std::uint32_t> kept{fires, output};
    std::vector<Lowering::Wide> copies;
    for (std::size_t s = 0; s < ends.size(); ++s) {
        const auto place = static_cast<Slot>(p.states + s);
        if (ends[s] == place) continue;
        std::size_t made = code.size(), last_read = 0;
        for (std::size_t k = 0; k < code.size(); ++k) {
            if (code[k].to == ends[s]) made = k;
            if (code[k].a == place || code[k].b == place || code[k].c == place) last_read = k;
        }
        const bool direct = made < code.size() && last_read <= made && !fixed.count(ends[s]);
        if (direct) {
            fixed[ends[s]] = place;
        } else {
            copies.push_back({EquationOp::state, place, ends[s], 0, 0});
            kept.push_back(ends[s]);
        }
    }
    // A copy from the place of another state would read what is written there.
    for (Lowering::Wide& copy : copies) {
        if (copy.a >= Lowering::first_virtual || copy.a < p.states || copy.a >= p.arrivals)
            continue;
        const std::uint32_t aside = Lowering::first_virtual + (1u << 20) + copy.to;
        code.insert(code.begin(), {EquationOp::state, aside, copy.a, 0, 0});
        copy.a = aside;
        kept.push_back(aside);
    }
    // A spike, or what it carries, that is a state of before the step.
    std::uint32_t told[2] = {fires, output};
    for (std::uint32_t& t : told) {
        if (t >= Lowering::first_virtual) continue;
        const std::uint32_t aside = Lowering::first_virtual + (2u << 20) + t;
        code.insert(code.begin(), {EquationOp::state, aside, t, 0, 0});
        t = aside;
        kept.push_back(aside);
    }
    code.insert(code.end(), copies.begin(), copies.end());
    std::map<std::uint32_t, Slot> placed;
    allocate(code, fixed, kept, p.temporaries, p.step, placed, p.slots);
    p.fires = placed.at(told[0]);
    p.output = placed.at(told[1]);

    Lowering reset(cell.graph, leaves);
    std::vector<std::size_t> changed;
    for (std::size_t s = 0; s < cell.reset.size(); ++s) {
        const auto own = leaves.find(cell.reset[s]);
        if (own != leaves.end() && own->second == p.states + s) continue;
        changed.push_back(s);
        reset.need(cell.reset[s]);
    }
    std::vector<std::uint32_t> after;
    for (const std::size_t s : changed) after.push_back(reset.emit(cell.reset[s]));
    std::vector<Lowering::Wide>& resets = reset.code();
    // A state that takes the value of another one is copied aside first.
    std::vector<std::uint32_t> stays;
    for (std::uint32_t& value : after) {
        if (value < p.states || value >= p.arrivals) continue;
        const std::uint32_t aside = Lowering::first_virtual + (1u << 20) + value;
        resets.insert(resets.begin(), {EquationOp::state, aside, value, 0, 0});
        value = aside;
    }
    for (const std::uint32_t value : after) stays.push_back(value);
    for (std::size_t k = 0; k < changed.size(); ++k) {
        const auto place = static_cast<std::uint32_t>(p.states + changed[k]);
        std::uint32_t fires = p.fires;
        if (changed[k] != cell.refractory_state) {
            // What has become infinite stays so, to be told of: infinity less itself is not 0.
            const std::uint32_t none = Lowering::first_virtual + (3u << 20) + 2 * place;
            resets.push_back({EquationOp::subtract, none, place, place, 0});
            fires = none + 1;
            resets.push_back({EquationOp::exclusion, fires, p.fires, none, 0});
        }
        resets.push_back({EquationOp::select, place, fires, after[k], place});
    }
    // Temporaries of the step that must last.
    const auto first =
        static_cast<Slot>(std::max<int>(p.temporaries, std::max(p.fires, p.output) + 1));
    std::map<std::uint32_t, Slot> nowhere;
    allocate(resets, {}, stays, first, p.reset, nowhere, p.slots);
    return p;
}

ValueProgram lower_values(const Graph& graph, const std::map<NodeId, Slot>& leaves,
                          const std::vector<NodeId>& results, Slot first) {
    Lowering lowering(graph, leaves);
    for (const NodeId id : results) lowering.need(id);
    std::vector<std::uint32_t> ends;
    for (const NodeId id : results) ends.push_back(lowering.emit(id));
    ValueProgram p;
    p.slots = first;
    std::map<std::uint32_t, Slot> placed;
    allocate(lowering.code(), {}, ends, first, p.code, placed, p.slots);
    for (const std::uint32_t end : ends)
        p.results.push_back(end < Lowering::first_virtual ? static_cast<Slot>(end)
                                                          : placed.at(end));
    return p;
}

std::vector<NodeId> constants_in(const Graph& graph, const std::vector<NodeId>& nodes) {
    std::vector<NodeId> constants;
    reached_from(graph, nodes, constants);
    return constants;
}

}  // namespace snnsim
