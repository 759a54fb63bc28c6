#include "src/data/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/data/random_order.hpp"

namespace snnsim {

Split split_samples(std::uint64_t seed, std::uint32_t count, double share, HeldOutFor what) {
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0u);
    const auto held = static_cast<std::ptrdiff_t>(std::llround(share * count));
    if (held == 0) return {std::move(all), {}};
    const std::vector<std::uint32_t> order =
        by_random_key(all, {seed, Stream::split, static_cast<std::uint32_t>(what), 0});
    Split split{{order.begin() + held, order.end()}, {order.begin(), order.begin() + held}};
    std::sort(split.train.begin(), split.train.end());
    std::sort(split.validation.begin(), split.validation.end());
    return split;
}

Split split_groups(std::uint64_t seed, const std::vector<std::int32_t>& groups, double share,
                   HeldOutFor what) {
    std::vector<std::int32_t> names = groups;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::vector<std::uint32_t> numbers(names.size());
    std::iota(numbers.begin(), numbers.end(), 0u);
    const std::vector<std::uint32_t> order =
        by_random_key(numbers, {seed, Stream::split, static_cast<std::uint32_t>(what), 1});
    const std::size_t wanted =
        static_cast<std::size_t>(std::llround(share * static_cast<double>(names.size())));
    const std::size_t held =
        names.size() < 2 ? 0 : std::clamp<std::size_t>(wanted, 1, names.size() - 1);
    std::vector<std::int32_t> out;
    for (std::size_t k = 0; k < held; ++k) out.push_back(names[order[k]]);
    std::sort(out.begin(), out.end());
    Split split;
    for (std::uint32_t k = 0; k < groups.size(); ++k) {
        const bool held_out = std::binary_search(out.begin(), out.end(), groups[k]);
        (held_out ? split.validation : split.train).push_back(k);
    }
    return split;
}

Split split_training(const ModelSpec& spec, const Dataset& data) {
    const auto count = static_cast<std::uint32_t>(data.train.count);
    const double share = spec.train ? spec.train->validation : 0.0;
    if (data.own_validation > 0) {
        std::vector<std::uint32_t> all(count);
        std::iota(all.begin(), all.end(), 0u);
        const auto first = all.end() - static_cast<std::ptrdiff_t>(data.own_validation);
        return {{all.begin(), first}, {first, all.end()}};
    }
    if (share > 0.0 && !data.train.groups.empty())
        return split_groups(spec.seed, data.train.groups, share, HeldOutFor::validation);
    return split_samples(spec.seed, count, share);
}

}  // namespace snnsim
