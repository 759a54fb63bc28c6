#include "src/engine/synapses/least_weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "snnsim/edge_list.hpp"
#include "src/engine/quantile.hpp"
#include "src/equations/cell_equations.hpp"

namespace snnsim {

void LeastWeights::add(double weight) {
    double& least = weight < 0.0 ? negative : positive;
    const double size = std::abs(weight);
    if (size > 0.0 && (least == 0.0 || size < least)) least = size;
}

std::pair<double, double> weight_bounds(const SynapsesSpec& p) {
    if (p.plasticity) return {p.plasticity->w_min.mean, p.plasticity->w_max.mean};
    if (p.edges && !p.edges->weight.empty()) {
        const std::vector<double>& all = p.edges->weight;
        const auto [low, high] = std::minmax_element(all.begin(), all.end());
        return {*low, *high};
    }
    if (p.weight.constant()) return {p.weight.mean, p.weight.mean};
    if (p.weight.of_distance()) return {p.weight.low, p.weight.high};
    constexpr auto table_size = static_cast<double>(drawn_table_size);
    const Quantile quantile(p.weight);
    return {quantile(0.5 / table_size), quantile(1.0 - 0.5 / table_size)};
}

namespace {

/// All but the smallest, which make up tail_of_weights of the sum and at most `share` of the
/// number.
LeastWeights least_of(std::vector<double> values, double share) {
    LeastWeights out;
    std::erase(values, 0.0);
    std::sort(values.begin(), values.end(),
              [](double a, double b) { return std::abs(a) < std::abs(b); });
    double tail = 0.0;
    for (const double w : values) tail += tail_of_weights * std::abs(w);
    const double most = share * static_cast<double>(values.size());
    for (std::size_t k = 0; k < values.size(); ++k) {
        tail -= std::abs(values[k]);
        if (tail < 0.0 || static_cast<double>(k) >= most) out.add(values[k]);
    }
    return out;
}

}  // namespace

LeastWeights least_weights(const Distribution& weight) {
    LeastWeights out;
    if (weight.constant()) {
        out.add(weight.mean);
        return out;
    }
    constexpr std::size_t size = 4096;
    return least_of(quantile_table(weight, size), 1.0);
}

LeastWeights least_weights(const SynapsesSpec& p) {
    LeastWeights out;
    if (p.edges && p.edges->trained) {
        // One that is huge must not take all others their digits.
        out = least_of(p.edges->weight, 0.5);
    } else if (p.edges && !p.edges->weight.empty()) {
        for (const double w : p.edges->weight) out.add(w);
    } else {
        out = least_weights(p.weight);
    }
    if (!p.plasticity) return out;
    out.add(0.5 * p.plasticity->w_max.mean);
    if (p.plasticity->structure && p.plasticity->structure->rewire)
        out.add(p.plasticity->structure->weight.mean);
    return out;
}

double least_released(const SynapsesSpec& p) {
    if (!p.short_term) return 1.0;
    return p.release ? 1.0 / static_cast<double>(p.release->sites) : p.short_term->u_0;
}

double least_value(const CellPopulationSpec& source) {
    return source.graded() ? std::min(1.0, 0.1 * largest_value(source)) : 1.0;
}

double largest_value(const CellPopulationSpec& source) {
    if (const CellEquations* own = source.equations())
        return own->output >= 0 ? own->output_max * 1.000001 : 1.0;
    return CellModels::visit(source.cell, []<class M>(const typename M::Params& params) {
        if constexpr (sends_graded<M>) return M::largest_value(params) * 1.000001;
        return 1.0;
    });
}

}  // namespace snnsim
