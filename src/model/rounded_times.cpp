#include "src/model/rounded_times.hpp"

#include <fmt/format.h>

#include "kernels/steps.hpp"

namespace snnsim {

RoundedTimes rounded_times(std::size_t count, double dt,
                           const std::function<double(std::size_t)>& time) {
    RoundedTimes out{.count = count, .dt = dt};
    for (std::size_t k = 0; k < count; ++k) {
        const double t = time(k);
        if (t == 0.0 || on_grid(t, dt)) continue;
        if (out.off++ == 0) out.first = t;
    }
    return out;
}

std::string RoundedTimes::text(const std::string& what) const {
    return fmt::format(
        "{} of {} {} {} of dt ({:g} ms) and {} rounded; the first, {:g} ms, becomes "
        "{:g} ms",
        off, count, what, off == 1 ? "is no whole number" : "are no whole numbers", dt,
        off == 1 ? "is" : "are", first, rounded_steps(first, dt) * dt);
}

}  // namespace snnsim
