// A cell's computations as a list of instructions over slots, which the CPU runs over a block of
// cells and a GPU for one cell.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "src/equations/cell_equations.hpp"

namespace snnsim {

/// Where a value lies: one after the other, constants, states, what arrives at each receptor, the
/// current, the time, random numbers, temporaries.
using Slot = std::uint16_t;

struct EquationInstruction {
    EquationOp op;  // EquationOp::state: a copy of a
    Slot to, a, b, c;
};

struct EquationProgram {
    std::vector<NodeId> constants;  // [slot]: computed for each set of parameters
    Slot states = 0, arrivals = 0, current = 0, time = 0, random = 0, temporaries = 0, slots = 0;
    bool reads_current = false, reads_time = false;
    struct Random {
        bool normal;
        std::uint32_t number;
    };
    std::vector<Random> drawn;  // [slot - random]

    std::vector<EquationInstruction> step;   // states become those of the end of the step
    Slot fires = 0, output = 0;              // after it; output is `fires` of spikes without value
    std::vector<EquationInstruction> reset;  // where a cell fires: of all states
};

/// What is computed for each set of parameters: the constants of its program.
std::vector<NodeId> constants_of(const CellEquations& cell);
/// Throws ModelError where there are more than 65,535 values.
EquationProgram lower(const CellEquations& cell);

/// Instructions that compute some nodes of a graph.
struct ValueProgram {
    std::vector<EquationInstruction> code;
    std::vector<Slot> results;  // where each of them then lies
    Slot slots = 0;             // temporaries end before
};
/// `leaves`: the slots of what is known before; temporaries lie from `first` on.
ValueProgram lower_values(const Graph& graph, const std::map<NodeId, Slot>& leaves,
                          const std::vector<NodeId>& results, Slot first);
/// Those that follow from parameters, of all that nodes are made of: the outermost ones.
std::vector<NodeId> constants_in(const Graph& graph, const std::vector<NodeId>& nodes);

}  // namespace snnsim
