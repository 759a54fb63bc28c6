#include "src/training/schedule.hpp"

#include <algorithm>
#include <cmath>

#include "src/data/random_order.hpp"

namespace snnsim {

double base_learning_rate(const Optimizers::Params& optimizer) {
    return std::visit([](const auto& params) { return params.lr; }, optimizer);
}

double schedule_factor(const ScheduleSpec& s, std::int64_t update, std::int64_t per_epoch,
                       std::int64_t total) {
    const auto n = static_cast<double>(update);
    const double epoch = n / static_cast<double>(per_epoch);
    if (epoch < s.warmup) return (n + 1.0) / (s.warmup * static_cast<double>(per_epoch) + 1.0);
    const double start = s.warmup * static_cast<double>(per_epoch);
    const double done =
        std::min(1.0, (n - start) / std::max(1.0, static_cast<double>(total) - start));
    switch (s.name) {
        case Schedule::constant:
            return 1.0;
        case Schedule::cosine:
            return s.final +
                   (1.0 - s.final) * 0.5 * (1.0 + std::cos(3.14159265358979323846 * done));
        case Schedule::linear:
            return 1.0 + (s.final - 1.0) * done;
        case Schedule::step:
            return std::pow(s.factor, std::floor(epoch / s.every));
        case Schedule::exponential:
            return std::pow(s.factor, epoch);
    }
    return 1.0;
}

double delay_sigma(const LearnedDelays& d, std::int64_t epoch, std::int64_t epochs) {
    const double last = d.until * static_cast<double>(epochs);
    const auto at = static_cast<double>(epoch);
    if (at >= last) return d.sigma_to;
    return d.sigma_from * std::pow(d.sigma_to / d.sigma_from, at / last);
}

std::vector<std::uint32_t> shuffled(std::vector<std::uint32_t> samples, std::uint64_t seed,
                                    std::uint32_t epoch) {
    return by_random_key(samples, {seed, Stream::shuffle, epoch, 0});
}

}  // namespace snnsim
