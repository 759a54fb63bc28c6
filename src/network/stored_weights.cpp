#include "src/network/stored_weights.hpp"

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"
#include "src/network/connections.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {
namespace {

ConnectionShape shape_of(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    return {static_cast<std::size_t>(size_of(spec, p.from)),
            static_cast<std::size_t>(size_of(spec, p.to)), spec.seed, static_cast<std::uint32_t>(k),
            p.from == p.to};
}

/// Those that the rule makes, or the file stores, whichever are fewer.
double most_synapses(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    double most = expected_synapses(p.connect, shape_of(spec, k));
    if (!p.weight.loaded) return most;
    const FileWeights& file = *p.weight.loaded;
    if (file.is_list) most = std::min(most, static_cast<double>(file.source.size()));
    if (!file.mask.empty())
        most =
            std::min(most, static_cast<double>(std::count(file.mask.begin(), file.mask.end(), 1)));
    return most;
}

/// Methods that learn in other ways than by the gradient itself, and dendrites that multiply, know
/// full matrices alone.
bool needs_matrix(const ModelSpec& spec, const ProjectionSpec& p) {
    const bool follows =
        spec.train && (following_of(spec.train->method) != Following::nothing ||
                       feedback_of(spec.train->method) == Feedback::random ||
                       std::holds_alternative<TruncatedBptt::Params>(spec.train->method));
    return follows || !p.multiplies.empty() ||
           std::any_of(spec.projections.begin(), spec.projections.end(),
                       [&](const ProjectionSpec& o) { return o.multiplies == p.name(); });
}
bool may_be_sparse(const ModelSpec& spec, const ProjectionSpec& p) {
    return !only_trained(p.connect.rule) && !p.learned_delay && !needs_matrix(spec, p);
}

/// Those of `some` for which keep(source, target) holds.
template <class Keep>
ConnectedPairs those_of(const ConnectedPairs& some, Keep&& keep) {
    ConnectedPairs out;
    for (std::size_t i = 0; i < some.sources(); ++i) {
        for (std::size_t s = some.first[i]; s < some.first[i + 1]; ++s) {
            if (keep(i, some.target[s])) out.target.push_back(some.target[s]);
        }
        out.first.push_back(out.count());
    }
    return out;
}

}  // namespace

bool stored_sparse(const ModelSpec& spec, const ProjectionSpec& p, double synapses) {
    const double pairs =
        static_cast<double>(size_of(spec, p.from)) * static_cast<double>(size_of(spec, p.to));
    return may_be_sparse(spec, p) && synapses <= most_stored_sparse * pairs;
}

bool stored_sparse(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    return may_be_sparse(spec, p) && stored_sparse(spec, p, most_synapses(spec, k));
}

ConnectedPairs synapses_of_list(const FileWeights& list, std::size_t sources, std::size_t targets) {
    std::vector<std::uint64_t> pairs;
    pairs.reserve(list.source.size());
    for (std::size_t s = 0; s < list.source.size(); ++s)
        pairs.push_back(std::uint64_t{list.source[s]} * targets + list.target[s]);
    return synapses_of_pairs(std::move(pairs), sources, targets);
}

std::optional<ConnectedPairs> synapses_of(const ModelSpec& spec, std::size_t k) {
    if (!stored_sparse(spec, k)) return std::nullopt;
    const ProjectionSpec& p = spec.projections[k];
    const ConnectionShape shape = shape_of(spec, k);
    std::optional<ConnectedPairs> made = connections(p.connect, shape);
    if (!p.weight.loaded) {
        SNN_EXPECT(made);
        return made;
    }
    const FileWeights& file = *p.weight.loaded;
    if (file.is_list) {
        ConnectedPairs listed = synapses_of_list(file, shape.sources, shape.targets);
        if (!made) return listed;
        return those_of(*made, [&](std::size_t i, std::uint32_t j) { return listed.has(i, j); });
    }
    if (file.mask.empty()) return made;
    if (!made) return synapses_of_mask(file.mask, shape.targets);
    return those_of(*made, [&](std::size_t i, std::uint32_t j) {
        return file.mask[i * shape.targets + j] != 0;
    });
}

std::vector<std::uint8_t> connected_of(const ModelSpec& spec, std::size_t k) {
    SNN_EXPECT(!stored_sparse(spec, k));
    const ProjectionSpec& p = spec.projections[k];
    const ConnectionShape shape = shape_of(spec, k);
    std::vector<std::uint8_t> connected;
    if (const std::optional<ConnectedPairs> made = connections(p.connect, shape))
        connected = mask_of(*made, shape.targets);
    if (!p.weight.loaded || p.weight.loaded->mask.empty()) return connected;
    const std::vector<std::uint8_t>& stored = p.weight.loaded->mask;
    if (connected.empty()) return stored;
    SNN_EXPECT(connected.size() == stored.size());
    for (std::size_t i = 0; i < stored.size(); ++i) connected[i] = connected[i] && stored[i];
    return connected;
}

std::int64_t weights_of(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    const ConnectionShape shape = shape_of(spec, k);
    // Only rules by chance, and files, must be looked at.
    if (p.connect.rule != Rule::fixed_probability && !p.weight.loaded &&
        !only_trained(p.connect.rule))
        return std::llround(expected_synapses(p.connect, shape));
    if (const std::optional<ConnectedPairs> synapses = synapses_of(spec, k))
        return static_cast<std::int64_t>(synapses->count());
    const std::vector<std::uint8_t> connected = connected_of(spec, k);
    const WeightMatrix all = weight_matrix(spec, p);
    return connected.empty() ? all.rows * all.columns
                             : std::count(connected.begin(), connected.end(), 1);
}

double stored_weights(const ModelSpec& spec, std::size_t k) {
    if (stored_sparse(spec, k)) return most_synapses(spec, k);
    const WeightMatrix matrix = weight_matrix(spec, spec.projections[k]);
    return static_cast<double>(matrix.rows) * static_cast<double>(matrix.columns);
}

std::size_t bytes_of_synapses(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    const auto sources = static_cast<double>(size_of(spec, p.from)),
               targets = static_cast<double>(size_of(spec, p.to));
    const bool learns = spec.train && p.learns();
    const bool prunes = spec.train && spec.train->prune;
    // Weight, source and target, and source and number by target; gradient, two moments, a mask.
    const double words = most_synapses(spec, k) * (learns ? 8.0 : 5.0) +
                         (prunes ? most_synapses(spec, k) : 0.0) + targets * (learns ? 5.0 : 2.0) +
                         sources + targets;
    return static_cast<std::size_t>(4.0 * words);
}

}  // namespace snnsim
