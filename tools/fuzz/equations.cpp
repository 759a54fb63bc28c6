// The bytes are a cell that is written as equations: a line for each text, whose first character
// says what it is. What can be compiled takes a few steps.
#include <sstream>

#include "src/engine/cells/equation_steps.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/equations/program.hpp"
#include "src/equations/syntax.hpp"
#include "tools/fuzz/fuzz.hpp"

namespace {

using namespace snnsim;

CellSource source_of(const std::string& text) {
    CellSource cell;
    cell.name = "cell";
    std::istringstream lines(text);
    std::size_t id = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        const SourceText rest{line.substr(1), ++id};
        const auto named = [&] {
            const std::size_t end = std::min(rest.text.find(':'), rest.text.size());
            return CellSource::Named{rest.text.substr(0, end),
                                     {rest.text.substr(std::min(end + 1, rest.text.size())), id}};
        };
        switch (line[0]) {
            case 'p':
                cell.parameters.push_back(named());
                break;
            case 's':
                cell.states.push_back(named());
                break;
            case 'a':
                cell.receptors.push_back(named());
                break;
            case 'e':
                cell.equations.push_back(rest);
                break;
            case 'r':
                cell.reset.push_back(rest);
                break;
            case 't':
                cell.threshold = rest;
                break;
            case 'f':
                cell.refractory = rest;
                break;
            case 'o':
                cell.output = rest;
                break;
            case 'i':
                cell.current = rest;
                break;
            case 'm':
                cell.by = static_cast<EquationMethod>(line.size() % 5);
                break;
            default:
                break;
        }
    }
    return cell;
}

void step(const CellEquations& cell) {
    const EquationProgram p = lower(cell);
    std::vector<double> parameters, values;
    for (const auto& one : cell.parameters) parameters.push_back(one.value);
    cell.graph.evaluate(p.constants, parameters, 0.1, values);
    constexpr std::size_t cells = 16;
    std::vector<float> x(p.slots * cells, 0.5f);
    std::vector<float*> at;
    for (std::size_t k = 0; k < p.slots; ++k) at.push_back(x.data() + k * cells);
    for (std::size_t k = 0; k < p.constants.size(); ++k)
        std::fill_n(at[k], cells,
                    static_cast<float>(values[static_cast<std::size_t>(p.constants[k])]));
    for (int t = 0; t < 3; ++t) {
        run_equations(p.step, at.data(), cells);
        run_equations(p.reset, at.data(), cells);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    snnsim::fuzz::attempt(
        [&] {
            const auto report = [&](const SourceText&, std::size_t, const std::string& message) {
                snnsim::fuzz::judge(message.c_str(), text);
            };
            if (const auto cell = compile_cell(source_of(text), report)) step(*cell);
        },
        text);
    return 0;
}
