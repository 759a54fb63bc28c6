#include "src/report/learned_text.hpp"

#include <fmt/format.h>

namespace snnsim {

std::string learned_text(const std::vector<LearnedSummary>& learned) {
    std::string out;
    for (const LearnedSummary& l : learned) {
        const bool bare = l.unit.empty() || l.unit == "1";
        out += fmt::format("learned {} {}: {:.4g} -> {:.4g}{}{}", l.population, l.parameter, l.from,
                           l.mean, bare ? "" : " ", bare ? "" : l.unit);
        if (l.least != l.greatest)
            out += fmt::format(" (mean; sd {:.3g}, {:.4g} to {:.4g})", l.sd, l.least, l.greatest);
        out += '\n';
    }
    return out;
}

}  // namespace snnsim
