#include "src/training/fold_norms.hpp"

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

std::size_t number_of(const Network& network, const std::string& name) {
    std::size_t k = 0;
    while (network.populations[k].name != name) ++k;
    return k;
}

/// Numbers of the projections that lead to a population.
std::vector<std::size_t> inputs_of(const Network& network, std::size_t to) {
    std::vector<std::size_t> out;
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        if (network.projections[k].to == to) out.push_back(k);
    }
    return out;
}

bool is_multiplied(const Network& network, std::size_t k) {
    return std::any_of(network.projections.begin(), network.projections.end(),
                       [&](const Projection& p) { return p.multiplies == k; });
}

/// Of W x + (W x)(V x) W is scaled alone, and no bias of the two takes the shift in.
void fold(const Network& network, const NormState& norm, TrainerState& state) {
    const std::size_t to = number_of(network, norm.population);
    const Population& p = network.populations[to];
    const std::size_t places = p.computed().places;
    std::vector<double> factor, shift;
    for (std::size_t c = 0; c < norm.scale.size(); ++c) {
        factor.push_back(norm.scale[c] / std::sqrt(norm.variance[c] + p.batch_norm->eps));
        shift.push_back(norm.shift[c] - factor[c] * norm.mean[c]);
    }
    bool shifted = false;
    for (const std::size_t k : inputs_of(network, to)) {
        // Columns are channels of a window, neurons of all else.
        const Projection& from = network.projections[k];
        if (from.multiplies) continue;
        const auto channel = [&](std::size_t column) {
            return from.windowed ? column : column / places;
        };
        const std::size_t columns = norm.scale.size() * (from.windowed ? 1 : places);
        std::vector<float>& weights = state.weights[k];
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const std::size_t column = from.synapses ? from.synapses->target[i] : i % columns;
            weights[i] = static_cast<float>(weights[i] * factor[channel(column)]);
        }
        std::vector<float>& bias = state.bias[k];
        const bool takes_shift = !shifted && !bias.empty() && !is_multiplied(network, k);
        for (std::size_t i = 0; i < bias.size(); ++i)
            bias[i] = static_cast<float>(bias[i] * factor[channel(i)] +
                                         (takes_shift ? shift[channel(i)] : 0.0));
        shifted = shifted || takes_shift;
    }
    SNN_EXPECT(shifted);  // the checks ask for a bias
}

}  // namespace

void fold_norms(const Network& network, TrainerState& state) {
    for (const NormState& norm : state.norms) fold(network, norm, state);
    state.norms.clear();
}

}  // namespace snnsim
