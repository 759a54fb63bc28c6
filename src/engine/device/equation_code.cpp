#include "src/engine/device/equation_code.hpp"

#include <fmt/format.h>

#include "src/engine/cells/equation_steps.hpp"

namespace snnsim {
namespace {

std::string text_of(const EquationInstruction& i) {
    if (i.op == EquationOp::state) return fmt::format("    x{} = x{};\n", i.to, i.a);
    const int count = operands_of(i.op);
    return fmt::format("    x{} = equation_op<static_cast<EquationOp>({})>(x{}, {}, {});\n", i.to,
                       static_cast<int>(i.op), i.a, count > 1 ? fmt::format("x{}", i.b) : "0.0f",
                       count > 2 ? fmt::format("x{}", i.c) : "0.0f");
}

}  // namespace

std::string equation_text(const EquationProgram& p, bool graded) {
    std::string out =
        "#include \"kernels/launch/cuda_kernels.cuh\"\n"
        "#include \"kernels/equations/step_equations.hpp\"\n"
        "namespace snnsim {\nstruct Cell {\n"
        "__device__ static float step(const void*, const EquationGroup& group, std::uint32_t cell, "
        "std::int64_t t) {\n";
    for (std::size_t k = 0; k < p.constants.size(); ++k)
        out += fmt::format("    const float x{} = group.constant({}, cell);\n", k, k);
    for (std::size_t s = p.states; s < p.arrivals; ++s)
        out += fmt::format("    float x{} = group.state({}, cell);\n", s, s - p.states);
    for (std::size_t r = p.arrivals; r < p.current; ++r)
        out +=
            fmt::format("    const float x{} = group.take({}, cell, group.outside({}, cell, t));\n",
                        r, r - p.arrivals, r - p.arrivals);
    if (p.reads_current)
        out += fmt::format("    const float x{} = group.current[cell];\n", p.current);
    if (p.reads_time) out += fmt::format("    const float x{} = group.time(t);\n", p.time);
    for (std::size_t k = 0; k < p.drawn.size(); ++k)
        out += fmt::format("    const float x{} = group.drawn({}u, {}, cell, t);\n", p.random + k,
                           p.drawn[k].number, p.drawn[k].normal);
    for (std::size_t k = p.temporaries; k < p.slots; ++k)
        out += fmt::format("    float x{} = 0.0f;\n", k);
    for (const EquationInstruction& i : p.step) out += text_of(i);
    out += fmt::format("    const float fires = x{}, sent = {};\n    if (fires != 0.0f) {{\n",
                       p.fires, graded ? fmt::format("x{}", p.output) : std::string("1.0f"));
    for (const EquationInstruction& i : p.reset) out += text_of(i);
    out += "    }\n";
    for (std::size_t s = p.states; s < p.arrivals; ++s)
        out += fmt::format("    group.state({}, cell) = x{};\n", s - p.states, s);
    out += "    return fires != 0.0f ? sent : 0.0f;\n}\n};\n}  // namespace snnsim\n";
    return out;
}

float InterpretedCell::step(const void* code, const EquationGroup& group, std::uint32_t cell,
                            std::int64_t t) {
    const Code& all = *static_cast<const Code*>(code);
    const EquationProgram& p = all.program;
    std::vector<float> x(p.slots);
    std::vector<float*> at(p.slots);
    for (std::size_t k = 0; k < x.size(); ++k) at[k] = &x[k];
    for (std::size_t k = 0; k < p.constants.size(); ++k) x[k] = group.constant(k, cell);
    for (std::size_t s = p.states; s < p.arrivals; ++s) x[s] = group.state(s - p.states, cell);
    for (std::uint32_t r = p.arrivals; r < p.current; ++r)
        x[r] = group.take(r - p.arrivals, cell, group.outside(r - p.arrivals, cell, t));
    if (p.reads_current) x[p.current] = group.current[cell];
    if (p.reads_time) x[p.time] = group.time(t);
    for (std::size_t k = 0; k < p.drawn.size(); ++k)
        x[p.random + k] = group.drawn(p.drawn[k].number, p.drawn[k].normal, cell, t);
    run_equations(p.step, at.data(), 1);
    const float fires = x[p.fires], sent = all.graded ? x[p.output] : 1.0f;
    if (fires != 0.0f) run_equations(p.reset, at.data(), 1);
    for (std::size_t s = p.states; s < p.arrivals; ++s) group.state(s - p.states, cell) = x[s];
    return fires != 0.0f ? sent : 0.0f;
}

}  // namespace snnsim
