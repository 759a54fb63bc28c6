// A cell's equations for a device: as text that is compiled when the run starts, or as instructions
// that are carried out one by one where kernel bodies run on the host.
#pragma once

#include <string>
#include <vector>

#include "kernels/equations/step_equations.hpp"
#include "src/equations/program.hpp"

namespace snnsim {

/// C++ that defines `struct Cell` of StepEquations, in namespace snnsim.
std::string equation_text(const EquationProgram& program, bool graded);

/// The same computation without a compiler.
struct InterpretedCell {
    struct Code {
        EquationProgram program;
        bool graded;
    };
    static float step(const void* code, const EquationGroup& group, std::uint32_t cell,
                      std::int64_t t);
};

}  // namespace snnsim
