#include "src/report/phase_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "src/phases/outcome.hpp"
#include "src/report/progress.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// "1,000", "8.5"
std::string milliseconds(double time) {
    const double whole = std::round(time);
    return std::abs(time - whole) < 1e-6 ? grouped(static_cast<std::int64_t>(whole))
                                         : fmt::format("{:.6g}", time);
}

}  // namespace

std::string phases_text(const SimulationSpec& spec, const ProtocolState& state, std::size_t width) {
    std::string out;
    const auto count = [](std::uint64_t n) { return grouped(static_cast<std::int64_t>(n)); };
    for (const PhaseOutcome& p : phase_outcomes(spec, state)) {
        out += fmt::format("  {:<{}} ", p.name, width);
        if (p.samples > 0) {
            out += fmt::format("{:>10} {}", count(p.samples),
                               plural(static_cast<std::int64_t>(p.samples), "sample"));
            if (p.shown_again > 0) out += fmt::format(", shown again {}", count(p.shown_again));
            if (p.mean_spikes > 0.0) out += fmt::format(", {:.1f} spikes each", p.mean_spikes);
        } else if (p.stop) {
            out += fmt::format("{:>10} ms", milliseconds(*p.stop - p.start));
        }
        if (p.accuracy) {
            out += p.running_accuracy.empty()
                       ? fmt::format(", accuracy {:.2f} %", 100.0 * *p.accuracy)
                       : fmt::format(", {:.1f} % right in the end while it learned",
                                     100.0 * p.running_accuracy.back());
            if (p.unanswered > 0) out += fmt::format(" ({} unanswered)", count(p.unanswered));
        }
        out += '\n';
    }
    return out;
}

}  // namespace snnsim
