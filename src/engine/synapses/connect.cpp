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

/// So many synapses as each pair having a Poisson number of them gives.
std::vector<std::uint32_t> poisson_degrees(const Connection& c, std::uint32_t candidates) {
    const std::vector<std::uint32_t> thresholds = poisson_thresholds(c.connect.p * candidates);
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
    if (c.near()) return true;  // whoever has none is told of
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
        case Rule::pairwise_poisson:
            return c.targets > 1 || !c.skips_itself();
        case Rule::one_to_one:
        case Rule::blocks:
        case Rule::all_to_all:
        case Rule::fixed_probability:  // at most all candidates
        case Rule::symmetric_pairwise_bernoulli:
        case Rule::conv:
        case Rule::pool:
        case Rule::list:
        default:
            break;
    }
    return true;
}

}  // namespace

std::uint32_t poisson_number(double mean, std::uint32_t word) {
    const double at = (word + 0.5) * 0x1p-32;
    double term = std::exp(-mean), sum = term;
    std::uint32_t n = 0;
    while (sum <= at && term > 0.0) sum += term *= mean / ++n;
    return n;
}

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
    Connection c;
    c.connect = connect;
    c.seed = spec.seed;
    c.number = static_cast<std::uint32_t>(number);
    c.sources = size(from);
    c.targets = size(to);
    c.same_population = from == to;
    if (connect.rule == Rule::fixed_total_number)
        c.total = total_number(connect, c.sources, c.targets);
    if (connect.rule == Rule::fixed_in_degree && spec.projections[number].procedural) {
        c.by_stubs = true;
        c.total = static_cast<std::uint64_t>(connect.n) * c.targets;
        c.stubs = Permutation({c.seed, Stream::out_degree, 0xFFFFFFFFu, c.number, 0}, c.total);
    }
    if (spec.projections[number].in_space())
        c.space = std::make_shared<const PairSpace>(spec, connect, from, to, c.skips_itself());
    SNN_EXPECT(has_partners(c));
    return c;
}

double mean_in_degree(const Connection& c) {
    if (c.near()) {
        // Where the most sources are to choose from.
        const double most = c.space->most_sources();
        const double n = static_cast<double>(c.connect.n);
        switch (c.connect.rule) {
            case Rule::fixed_in_degree:
                return n;
            case Rule::fixed_out_degree:
                return c.connect.multapses ? n * most : std::min(n, 1.0) * most;
            case Rule::pairwise_poisson:
                return c.space->most_chance() * most;
            default:
                return std::min(1.0, c.space->most_chance()) * most;
        }
    }
    switch (c.connect.rule) {
        case Rule::one_to_one:
            return 1.0;
        case Rule::blocks:
            return std::max(1.0, double{1.0} * c.sources / c.targets);
        case Rule::all_to_all:
            return c.sources;
        case Rule::fixed_probability:
        case Rule::pairwise_poisson:
        case Rule::symmetric_pairwise_bernoulli:
            return c.connect.p * c.sources;
        case Rule::fixed_in_degree:
            return static_cast<double>(c.connect.n);
        case Rule::fixed_out_degree:
            return static_cast<double>(c.connect.n) * c.sources / c.targets;
        case Rule::fixed_total_number:
            return static_cast<double>(c.total) / c.targets;
        case Rule::conv:
        case Rule::pool:
        case Rule::list:
        default:
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
        case Rule::pairwise_poisson:
            return poisson_degrees(c, candidates);
        case Rule::fixed_in_degree:
            if (c.by_stubs) return multinomial_degrees(c);
            break;
        case Rule::symmetric_pairwise_bernoulli:
        case Rule::conv:
        case Rule::pool:
        case Rule::list:
        default:
            break;
    }
    return std::vector<std::uint32_t>(c.sources, 0u);
}

}  // namespace snnsim
