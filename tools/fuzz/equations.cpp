// The bytes are a cell or, where the first is 'R', a rule that is written as equations: a line for
// each text, whose first character says what it is. What can be compiled takes a few steps, or is
// given a few spikes.
#include <sstream>

#include "src/engine/cells/equation_steps.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/equations/program.hpp"
#include "src/equations/rule_equations.hpp"
#include "src/equations/syntax.hpp"
#include "tools/fuzz/fuzz.hpp"

namespace {

using namespace snnsim;

/// Calls f(first character, rest) for each line.
template <class F>
void for_each_line(const std::string& text, F&& f) {
    std::istringstream lines(text);
    std::size_t id = 0;
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) f(line[0], SourceText{line.substr(1), ++id});
}
/// "name:text"
NamedText named(const SourceText& line) {
    const std::size_t end = std::min(line.text.find(':'), line.text.size());
    return {line.text.substr(0, end),
            {line.text.substr(std::min(end + 1, line.text.size())), line.id}};
}

CellSource source_of(const std::string& text) {
    CellSource cell;
    cell.name = "cell";
    for_each_line(text, [&](char what, const SourceText& rest) {
        switch (what) {
            case 'p':
                cell.parameters.push_back(named(rest));
                break;
            case 's':
                cell.states.push_back(named(rest));
                break;
            case 'a':
                cell.receptors.push_back(named(rest));
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
                cell.by = static_cast<EquationMethod>((rest.text.size() + 1) % 5);
                break;
            default:
                break;
        }
    });
    return cell;
}

RuleSource rule_of(const std::string& text) {
    RuleSource rule;
    rule.name = "rule";
    for_each_line(text, [&](char what, const SourceText& rest) {
        switch (what) {
            case 'p':
                rule.parameters.push_back(named(rest));
                break;
            case 'x':
                rule.pre.push_back(rest);
                break;
            case 'y':
                rule.post.push_back(rest);
                break;
            case 'c':
                rule.synapse.push_back(rest);
                break;
            case 'a':
                rule.on_pre.push_back(rest);
                break;
            case 'f':
                rule.on_post.push_back(rest);
                break;
            case 'r':
                rule.on_reward.push_back(rest);
                break;
            default:
                break;
        }
    });
    return rule;
}

void give_spikes(const RuleEquations& rule) {
    EquationRule::Params params;
    params.equations = std::make_shared<const RuleEquations>(rule);
    for (const auto& one : rule.parameters) params.values.push_back(one.value);
    EquationRule::taus(params);
    EquationRule::variable_tau(params);
    const EquationRule::Constants c = EquationRule::prepare(params);
    float own = 0.5f, w = 0.5f, before[4] = {0.5f, 0.5f, 0.5f, 0.5f}, after[4];
    for (int k = 0; k < 3; ++k) {
        float* const variable = c.keeps ? &own : nullptr;
        w += EquationRule::arrive(c, w, before, before, variable);
        w += EquationRule::fire(c, w, before, before, variable);
        w += EquationRule::rewarded(c, w, 1.0f, &own);
        EquationRule::bump_pre(c, before, after);
        std::copy_n(after, c.pre.count, before);
        EquationRule::bump_post(c, before, after);
        std::copy_n(after, c.post.count, before);
    }
    if (w != w) std::abort();
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
            if (text.starts_with('R')) {
                if (const auto rule = compile_rule(rule_of(text), report)) give_spikes(*rule);
            } else if (const auto cell = compile_cell(source_of(text), report)) {
                step(*cell);
            }
        },
        text);
    return 0;
}
