#include "src/engine/numbers.hpp"

#include <fmt/format.h>

#include "snnsim/error.hpp"

namespace snnsim {

void throw_no_number(const SimulationSpec& spec, std::size_t population, std::int64_t cell,
                     std::int64_t step) {
    const std::int64_t before = (step - 1) / check_interval * check_interval;
    throw NumericalError(
        fmt::format("the state of cell {} of '{}' is no number any more; it became so between "
                    "{:g} ms and {:g} ms. A smaller dt or smaller weights may help",
                    cell, spec.populations[population].name, static_cast<double>(before) * spec.dt,
                    static_cast<double>(step) * spec.dt),
        step);
}

}  // namespace snnsim
