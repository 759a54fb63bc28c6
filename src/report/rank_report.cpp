#include "src/report/rank_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/engine/scale.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/plan/memory.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

std::string parts_text(const std::vector<MemoryPart>& parts) {
    std::string out;
    const auto line = [&](const std::string& name, std::size_t bytes) {
        out += fmt::format("  {:<44} {:>10}\n", name, bytes_text(bytes));
    };
    for (const MemoryPart& p : parts) line(p.name, p.bytes);
    if (parts.size() > 1) line("all", sum_of(parts));
    return out;
}

std::string amount(double bytes) {
    return bytes_text(static_cast<std::size_t>(std::llround(std::min(bytes, 1e18))));
}

/// A line for each rate that there is: "E, I 4 Hz (assumed)".
std::string rates_text(const SimulationSpec& spec, const std::vector<CellRate>& rates) {
    std::vector<std::pair<std::string, std::string>> lines;  // rate, names
    for (std::size_t p = 0; p < rates.size(); ++p) {
        const std::string rate = fmt::format("{:.4g} Hz ({})", rates[p].hertz, rates[p].from);
        const auto same = [&](const auto& line) { return line.first == rate; };
        const auto at = std::find_if(lines.begin(), lines.end(), same);
        if (at == lines.end()) {
            lines.emplace_back(rate, spec.populations[p].name);
        } else {
            at->second += ", " + spec.populations[p].name;
        }
    }
    std::string out;
    for (const auto& [rate, names] : lines) out += fmt::format("    {}: {}\n", names, rate);
    return out;
}

}  // namespace

std::string ranks_text(const SimulationSpec& full, RankShape shape, const GivenRates& given) {
    const SimulationSpec spec = apply_scale(load_inputs(full));
    const std::vector<CellRate> rates = cell_rates(spec, given);
    std::vector<double> hertz;
    for (const CellRate& r : rates) hertz.push_back(r.hertz);
    const RankMemory memory = memory_of_ranks(spec, shape, hertz);
    const ExchangeLoad load = exchange_load(spec, shape, hertz);
    std::string out =
        fmt::format("\nmemory of each of {} with {}, about:\n{}", counted(shape.ranks, "rank"),
                    counted(shape.threads, "thread"), parts_text(memory.each));
    if (!memory.first.empty())
        out += "of the first beside it, at most about:\n" + parts_text(memory.first);
    const double received = load.received(shape.ranks);
    return out + fmt::format(
                     "exchange, in the network's time: every {:g} ms ({}), {} times a second\n"
                     "  {} a second\n{}"
                     "  a rank sends about {} at a time, {} a second{}\n"
                     "  a rank gets about {} at a time, {} a second\n",
                     static_cast<double>(load.window) * spec.dt, load.why,
                     grouped(std::llround(load.windows)),
                     counted(std::llround(load.spikes), "spike"), rates_text(spec, rates),
                     amount(load.message), amount(load.message * load.windows),
                     load.states > 0.0
                         ? fmt::format(", of which {} at a time are states", amount(load.states))
                         : "",
                     amount(received), amount(received * load.windows));
}

}  // namespace snnsim
