#include "src/engine/synapses/connect.hpp"

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/engine/quantile.hpp"

namespace snnsim {
namespace {

RandomKey degree_key(const Connection& c) {
    return {c.seed, Stream::out_degree, 0, c.number, 0};
}

/// `total` synapses, each from a random source.
std::vector<std::uint32_t> multinomial_degrees(const Connection& c) {
    std::vector<std::uint32_t> degree(c.sources);
    const RandomKey key = degree_key(c);
    constexpr std::uint64_t batch = 64;
    std::uint32_t words[batch];
    for (std::uint64_t k = 0; k < c.total; k += batch) {
        key.draw(static_cast<std::uint32_t>(k / 4), words);
        const std::uint64_t count = std::min(batch, c.total - k);
        for (std::uint64_t i = 0; i < count; ++i) ++degree[below(words[i], c.sources)];
    }
    return degree;
}

std::vector<std::uint32_t> binomial_degrees(const Connection& c, std::uint32_t candidates) {
    const std::vector<std::uint32_t> thresholds = binomial_thresholds(candidates, c.connect.p);
    const RandomKey key = degree_key(c);
    std::vector<std::uint32_t> degree(c.sources);
    for (std::uint32_t j = 0; j < c.sources; ++j) {
        const std::uint32_t word = key.draw(j / 4).word[j % 4];
        degree[j] = static_cast<std::uint32_t>(
            std::upper_bound(thresholds.begin(), thresholds.end(), word) - thresholds.begin());
    }
    return degree;
}

/// Whoever looks for partners finds them, what the checks of the model see to: without,
/// draw_partners would not end. With them at least every other word gives one on average, as where
/// more than half of the candidates are wanted, those that are left out are drawn.
bool has_partners(const Connection& c) {
    const auto enough = [&](std::uint32_t cells) {
        const std::int64_t others = std::int64_t{cells} - (c.skips_itself() ? 1 : 0);
        return c.connect.multapses ? others > 0 || c.connect.n == 0 : c.connect.n <= others;
    };
    switch (c.connect.rule) {
        case Rule::fixed_in_degree:
            return enough(c.sources);
        case Rule::fixed_out_degree:
            return enough(c.targets);
        case Rule::fixed_total_number:
            return c.total == 0 || c.targets > 1 || !c.skips_itself();
        case Rule::one_to_one:
        case Rule::blocks:
        case Rule::all_to_all:
        case Rule::fixed_probability:  // at most all candidates
        case Rule::list:
            break;
    }
    return true;
}

}  // namespace

std::uint64_t total_number(const ConnectSpec& connect, double sources, double targets) {
    if (connect.n > 0 || connect.p <= 0.0) return static_cast<std::uint64_t>(connect.n);
    const double pairs = sources * targets;
    return static_cast<std::uint64_t>(
        std::floor(std::log1p(-connect.p) / std::log1p(-1.0 / pairs) + 0.5));
}

Connection connection_of(const SimulationSpec& spec, std::size_t number, std::size_t from,
                         std::size_t to) {
    const ConnectSpec& connect = spec.projections[number].connect;
    const auto size = [&](std::size_t p) {
        return static_cast<std::uint32_t>(spec.populations[p].size);
    };
    const Connection c{
        connect,
        spec.seed,
        static_cast<std::uint32_t>(number),
        size(from),
        size(to),
        from == to,
        connect.rule == Rule::fixed_total_number ? total_number(connect, size(from), size(to)) : 0};
    SNN_EXPECT(has_partners(c));
    return c;
}

double mean_in_degree(const Connection& c) {
    switch (c.connect.rule) {
        case Rule::one_to_one:
            return 1.0;
        case Rule::blocks:
            return std::max(1.0, double{1.0} * c.sources / c.targets);
        case Rule::all_to_all:
            return c.sources;
        case Rule::fixed_probability:
            return c.connect.p * c.sources;
        case Rule::fixed_in_degree:
            return static_cast<double>(c.connect.n);
        case Rule::fixed_out_degree:
            return static_cast<double>(c.connect.n) * c.sources / c.targets;
        case Rule::fixed_total_number:
            return static_cast<double>(c.total) / c.targets;
        case Rule::list:
            break;
    }
    return 0.0;
}

std::vector<std::uint32_t> out_degrees(const Connection& c) {
    const std::uint32_t candidates = c.skips_itself() ? c.targets - 1 : c.targets;
    switch (c.connect.rule) {
        case Rule::one_to_one:
            return std::vector<std::uint32_t>(c.sources, 1u);
        case Rule::blocks:
            return std::vector<std::uint32_t>(c.sources, std::max(1u, c.targets / c.sources));
        case Rule::all_to_all:
            return std::vector<std::uint32_t>(c.sources, candidates);
        case Rule::fixed_probability:
            return binomial_degrees(c, candidates);
        case Rule::fixed_out_degree:
            return std::vector<std::uint32_t>(c.sources, static_cast<std::uint32_t>(c.connect.n));
        case Rule::fixed_total_number:
            return multinomial_degrees(c);
        case Rule::fixed_in_degree:
        case Rule::list:
            break;
    }
    return std::vector<std::uint32_t>(c.sources, 0u);
}

}  // namespace snnsim
