#include "src/engine/synapses/dense.hpp"

#include <cstring>

#include "kernels/synapses/dense.hpp"

namespace snnsim {
namespace {

constexpr std::uint32_t lanes = 16;
using Sums = std::int32_t __attribute__((vector_size(lanes * sizeof(std::int32_t))));

template <class Weight>
Sums load(const Weight* from) {
    Weight weights __attribute__((vector_size(lanes * sizeof(Weight))));
    std::memcpy(&weights, from, sizeof(weights));
    return __builtin_convertvector(weights, Sums);
}

/// Adds the rows of all spikes to the cells at `at`, Vectors * lanes of them, whose sums stay in
/// registers.
template <int Vectors, class Weight>
void add_tile(const Weight* weights, std::size_t row, FiredSpan fired, std::int32_t* at) {
    Sums sum[Vectors];
    std::memcpy(sum, at, sizeof(sum));
    for (std::uint32_t k = 0; k < fired.count; ++k) {
        const Weight* const from = weights + fired.cells[k] * row;
        for (int v = 0; v < Vectors; ++v) sum[v] += load(from + v * lanes);
    }
    std::memcpy(at, sum, sizeof(sum));
}

/// Of each of the sources that fired one row to `size` cells, of which the weights of source s
/// begin at weights + s * row.
template <class Weight>
void add_rows(const Weight* weights, std::size_t row, FiredSpan fired, std::uint32_t size,
              std::int32_t* sums) {
    std::uint32_t at = 0;
    for (; at + 8 * lanes <= size; at += 8 * lanes)
        add_tile<8>(weights + at, row, fired, sums + at);
    for (; at + lanes <= size; at += lanes) add_tile<1>(weights + at, row, fired, sums + at);
    for (std::uint32_t k = 0; k < fired.count && at < size; ++k) {
        const Weight* const from = weights + fired.cells[k] * row;
        for (std::uint32_t i = at; i < size; ++i) sums[i] += from[i];
    }
}

}  // namespace

DenseProjection build_dense(const ProjectionPlan& plan, const Layout& layout, bool wide,
                            ThreadPool& pool) {
    const Connection& c = plan.connection;
    DenseProjection out;
    out.from = plan.from;
    out.to = plan.to;
    out.reached = plan.reached;
    out.delay = plan.delays.constant;
    out.first_target = layout.first_here(plan.to);
    out.targets = layout.count_here(plan.to);
    out.constant = !plan.weights.values;
    out.skips_itself = c.skips_itself();
    out.weight = plan.weights.constant;
    if (out.constant) return out;
    const std::size_t size = std::size_t{c.sources} * out.targets;
    wide ? out.wide.resize(size) : out.narrow.resize(size);
    const Choices<std::int32_t> weights = plan.weights.choices(plan.weight_mask, 0);
    pool.run(c.sources, [&](std::uint32_t source) {
        Taken taken;
        const std::size_t row = std::size_t{source} * out.targets;
        plan.for_each(source, taken, [&](std::uint32_t target, std::uint32_t attributes) {
            const std::int32_t weight = weights[attributes];
            const std::uint32_t at = target - out.first_target;
            if (at >= out.targets) return;
            if (wide) {
                out.wide[row + at] = weight;
            } else {
                out.narrow[row + at] = static_cast<std::int16_t>(weight);
            }
        });
    });
    return out;
}

void add_dense(const DenseProjection& p, FiredSpan fired, const Slice& slice, std::int32_t* sums) {
    std::int32_t* const positive = sums + p.reached.positive * slice.padded();
    std::int32_t* const negative = sums + p.reached.negative * slice.padded();
    if (p.constant) {
        std::int32_t* const to = p.weight < 0 ? negative : positive;
        std::int32_t sum = 0;
        for (std::uint32_t k = 0; k < fired.count; ++k) {
            const std::int32_t weight = graded_weight(p.weight, fired.value(k));
            sum += weight;
            const std::uint32_t itself = fired.cells[k] - slice.first;
            if (p.skips_itself && itself < slice.count) to[itself] -= weight;
        }
        if (fired.count > 0) add_same(sum, slice.count, to);
        return;
    }
    const std::uint32_t column = slice.first - p.first_target;
    if (!fired.values && p.reached.one()) {
        if (p.wide.empty()) {
            add_rows(p.narrow.data() + column, p.targets, fired, slice.count, positive);
        } else {
            add_rows(p.wide.data() + column, p.targets, fired, slice.count, positive);
        }
        return;
    }
    for (std::uint32_t k = 0; k < fired.count; ++k) {
        const std::size_t first = std::size_t{fired.cells[k]} * p.targets + column;
        if (p.wide.empty()) {
            add_each(p.narrow.data() + first, fired.value(k), slice.count, positive, negative);
        } else {
            add_each(p.wide.data() + first, fired.value(k), slice.count, positive, negative);
        }
    }
}

}  // namespace snnsim
