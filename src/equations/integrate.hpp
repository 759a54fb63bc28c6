// Differential equations to a step of dt.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/equations/cell_equations.hpp"

namespace snnsim {

/// dx/dt = value, of a state.
struct Derivative {
    std::size_t state = 0;
    NodeId value = -1;  // per ms; contains xi nodes
    bool unless_refractory = false;
    SourceText source;
    std::size_t at = 0;  // of its right-hand side
};

struct Integrand {
    std::vector<Derivative> equations;
    std::vector<NodeId> noises;  // normal numbers that stand for white noise, 1/sqrt(ms)
    NodeId waits = -1;           // condition: the cell is refractory; -1: it never is
};

/// Why a method cannot step them, and where.
struct MethodProblem {
    SourceText source;
    std::size_t at = 0;
    std::string message;
};

/// The states at the end of a step, of those that have an equation; sets `cell.method` and
/// `cell.rates`. Sources: Rotter & Diesmann (1999) for exact; Higham (2001) for noise.
std::optional<MethodProblem> integrate(const Integrand& integrand, EquationMethod method,
                                       CellEquations& cell, std::map<std::size_t, NodeId>& next);

}  // namespace snnsim
