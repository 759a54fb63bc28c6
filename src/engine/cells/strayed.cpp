#include "src/engine/cells/strayed.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

std::string in_unit(double value, const char* unit) {
    return fmt::format("{:.6g}{}{}", value, *unit ? " " : "", unit);
}

std::string beyond(const StrayedState& s) {
    if (s.value < s.low) return fmt::format("below {}", in_unit(s.low, s.unit));
    return fmt::format("above {}", in_unit(s.high, s.unit));
}

}  // namespace

void throw_strayed(const SimulationSpec& spec, std::size_t population, std::int64_t cell,
                   std::int64_t step, const StrayedState& s) {
    const std::int64_t before = (step - 1) / check_interval * check_interval;
    const std::string& name = spec.populations[population].name;
    const std::string time =
        fmt::format("it became so between {:g} ms and {:g} ms",
                    static_cast<double>(before) * spec.dt, static_cast<double>(step) * spec.dt);
    const char* const usual = "A smaller dt or smaller weights may help";
    if (!std::isfinite(s.value)) {
        throw NumericalError(fmt::format("{} of cell {} of '{}' is {}; {}. {}", s.name, cell, name,
                                         std::isnan(s.value) ? "no number any more" : "infinite",
                                         time, s.hint.empty() ? usual : s.hint),
                             step);
    }
    const bool below_zero = s.value < 0.0 && s.low == 0.0;
    throw NumericalError(
        fmt::format("{} of cell {} of '{}' is {}, {}, which its parameters and currents do not "
                    "allow; {}. {}",
                    s.name, cell, name, in_unit(s.value, s.unit), beyond(s), time,
                    below_zero ? "Look for initial values below 0 and for spikes with negative "
                                 "values"
                               : usual),
        step);
}

}  // namespace snnsim
