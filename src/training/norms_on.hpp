// Batch normalisation of a population's input on a backend.
#pragma once

#include "kernels/training/batch_norm.hpp"
#include "kernels/training/optimizers.hpp"
#include "snnsim/trainer.hpp"
#include "src/training/ranks_on.hpp"

namespace snnsim {

template <class Backend>
class NormOn {
    using Columns = typename Backend::Columns;
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    NormOn(const BatchNormSpec& spec, const ChannelOrder& order)
        : order_(order),
          momentum_(static_cast<float>(spec.momentum)),
          eps_(spec.eps),
          parameters_(2 * order.padded()),
          statistics_(4 * order.padded()) {
        NormState start;
        start.scale.assign(order.channels, static_cast<float>(spec.scale));
        start.shift.assign(order.channels, static_cast<float>(spec.shift));
        start.mean.assign(order.channels, 0.0f);
        start.variance.assign(order.channels, 1.0f);
        set_state(start);
    }

    void reserve_training(std::size_t trace_size, std::size_t samples, int moments) {
        normed_ = Buffer<float>(trace_size);
        sums_ = Buffer<double>(2 * samples * order_.padded());
        means_ = Buffer<float>(2 * order_.padded());
        gradient_ = Buffer<float>(2 * order_.padded());
        for (int m = 0; m < moments; ++m) {
            if (moment_[m].size() == 0) moment_[m] = Buffer<float>(2 * order_.padded());
        }
    }

    /// Normalises the input: by what the batch is, or, in tests, by what the batches of the
    /// training were.
    void forward(const Backend& backend, RanksOn<Backend>& ranks, const BatchShape& shape,
                 const TracePanels& input, bool training) {
        const std::size_t columns = order_.padded();
        if (training) {
            const std::size_t samples = ranks.samples(shape.batch);
            const double values = count(samples, shape);
            const ChannelSums<Columns> sums{shape, order_};
            backend.for_each(sums.size(), NormSums<Columns>{sums, input, nullptr, sums_.data()});
            ranks.gather_rows(sums_, shape.batch, columns);
            backend.for_each(columns, NormMean{sums_.data(), samples, columns, values, mean(),
                                               running_mean(), momentum_});
            backend.for_each(sums.size(), NormSums<Columns>{sums, input, mean(), sums_.data()});
            ranks.gather_rows(sums_, shape.batch, columns);
            backend.for_each(columns, NormVariance{sums_.data(), samples, columns, values,
                                                   inverse(), running_variance(), momentum_, eps_});
        } else {
            backend.for_each(columns, NormOfTest{running_variance(), inverse(), eps_});
        }
        ChannelNorm norm = channels();
        if (!training) norm.mean = running_mean();
        backend.for_each(
            place_count<Columns>(shape.batch, order_.panels()),
            Normalise<Columns>{shape, order_, norm, input, {training ? normed_.data() : nullptr}});
    }
    /// dL/dy -> dL/d(input), and the gradients of scale and shift.
    void backward(const Backend& backend, RanksOn<Backend>& ranks, const BatchShape& shape,
                  const TracePanels& gradient) {
        const std::size_t columns = order_.padded(), samples = ranks.samples(shape.batch);
        const ChannelSums<Columns> sums{shape, order_};
        double* const of_scale = sums_.data() + samples * columns;
        backend.for_each(
            sums.size(),
            NormGradientSums<Columns>{sums, gradient, {normed_.data()}, sums_.data(), of_scale});
        ranks.gather_rows(sums_, shape.batch, columns);
        ranks.gather_rows(sums_, shape.batch, columns, samples * columns);
        backend.for_each(
            columns, NormGradient{sums_.data(), of_scale, samples, columns, count(samples, shape),
                                  gradient_.data(), gradient_.data() + columns, means_.data(),
                                  means_.data() + columns});
        backend.for_each(place_count<Columns>(shape.batch, order_.panels()),
                         NormaliseBack<Columns>{shape,
                                                order_,
                                                channels(),
                                                means_.data(),
                                                means_.data() + columns,
                                                {normed_.data()},
                                                gradient});
    }

    /// Scale and shift, as an optimiser takes them.
    Parameters parameters() {
        return {parameters_.data(), gradient_.data(), {moment_[0].data(), moment_[1].data()}};
    }
    std::size_t parameter_count() const { return parameters_.size(); }

    NormState state() const {
        NormState out;
        const auto rows = [&](const Buffer<float>& from, std::size_t row) {
            std::vector<float> all(from.size());
            from.copy_to(all.data(), all.size());
            const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * order_.padded());
            return std::vector<float>(first, first + static_cast<std::ptrdiff_t>(order_.channels));
        };
        out.scale = rows(parameters_, 0);
        out.shift = rows(parameters_, 1);
        out.mean = rows(statistics_, 0);
        out.variance = rows(statistics_, 1);
        for (const Buffer<float>& m : moment_) {
            for (std::size_t row = 0; m.size() > 0 && row < 2; ++row) {
                const std::vector<float> one = rows(m, row);
                out.moments.insert(out.moments.end(), one.begin(), one.end());
            }
        }
        return out;
    }
    void set_state(const NormState& s) {
        put(parameters_, {&s.scale, &s.shift});
        put(statistics_, {&s.mean, &s.variance});
        auto from = s.moments.begin();
        for (Buffer<float>& m : moment_) {
            if (from == s.moments.end()) break;
            if (m.size() == 0) m = Buffer<float>(2 * order_.padded());
            std::vector<float> rows[2];
            for (std::vector<float>& row : rows) {
                const auto last = from + static_cast<std::ptrdiff_t>(order_.channels);
                row.assign(from, last);
                from = last;
            }
            put(m, {&rows[0], &rows[1]});
        }
    }

  private:
    void put(Buffer<float>& to, std::initializer_list<const std::vector<float>*> rows) {
        std::vector<float> all(to.size(), 0.0f);
        std::size_t at = 0;
        for (const std::vector<float>* row : rows) {
            std::copy(row->begin(), row->end(), all.begin() + static_cast<std::ptrdiff_t>(at));
            at += order_.padded();
        }
        to.copy_from(all.data(), all.size());
    }
    double count(std::size_t samples, const BatchShape& shape) const {
        return static_cast<double>(samples * shape.steps * order_.places);
    }
    float* running_mean() { return statistics_.data(); }
    float* running_variance() { return statistics_.data() + order_.padded(); }
    float* mean() { return statistics_.data() + 2 * order_.padded(); }
    float* inverse() { return statistics_.data() + 3 * order_.padded(); }
    ChannelNorm channels() {
        return {parameters_.data(), parameters_.data() + order_.padded(), mean(), inverse()};
    }

    const ChannelOrder order_;
    const float momentum_;
    const double eps_;
    Buffer<float> parameters_;  // [scale, shift][column]
    Buffer<float> statistics_;  // [running mean, running variance, mean, inverse][column]
    Buffer<float> normed_, means_, gradient_, moment_[2];
    Buffer<double> sums_;
};

}  // namespace snnsim
