// Loss of one sample and its gradient with respect to the output at every step.
#pragma once

#include <cstdint>

#include "kernels/math/exp.hpp"
#include "kernels/training/channels.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// How the losses reduce the output over time; the names are those of snnsim::Loss, in its order.
enum class Readout : std::uint8_t {
    max,
    mean,
    last,
    every_step,
    sum,
    rate_error,
    latency = 8,  // between them: real targets
};

/// Body over samples. Reads output[t][class], writes loss, prediction and, unless only testing, the
/// gradient divided by the batch size. Of samples whose steps come one part after the other,
/// `logits` and `loss` hold what is summed up in between; only every_step has gradients then.
struct SampleLoss {
    BatchShape shape;
    std::size_t classes;
    Readout readout;
    TracePanels output;
    TracePanels gradient;          // or null
    float* logits;                 // [2 * batch][class]
    const std::int32_t* labels;    // of the whole set
    const float* weights;          // of the whole set, on loss and gradient; or null: 1
    const std::uint32_t* samples;  // [sample] index into the set
    float* loss;                   // [sample]
    std::int32_t* prediction;      // [sample]
    float factor = 1.0f;           // on the gradient: the loss is one of several
    std::size_t update = 0;        // samples of the update of which these are a part; 0: all

    SNN_HD void operator()(std::size_t b) const {
        const auto label = static_cast<std::size_t>(labels[samples[b]]);
        float* z = logits + b * classes;
        const float own = weights ? weights[samples[b]] : 1.0f;
        const float weight = factor * (own / static_cast<float>(update ? update : shape.batch));
        if (readout == Readout::every_step) {
            const float sum = every_step(b, label, z, weight);
            loss[b] = shape.ends() ? own * (sum * (1.0f / static_cast<float>(shape.total()))) : sum;
            prediction[b] = static_cast<std::int32_t>(largest(z));
            return;
        }
        reduce(b, z);
        if (!shape.ends()) return;
        prediction[b] = static_cast<std::int32_t>(largest(z));
        loss[b] = own * (readout == Readout::rate_error ? squared_error(z, label)
                                                        : cross_entropy(z, label));
        if (gradient.data) spread(b, z, weight);
    }

  private:
    SNN_HD float* row(const TracePanels& trace, std::size_t b, std::size_t t, std::size_t n) const {
        return trace.at(shape, {b, n / panel_width, static_cast<int>(n % panel_width)}) +
               t * panel_width;
    }
    SNN_HD std::size_t largest(const float* z) const {
        std::size_t best = 0;
        for (std::size_t n = 1; n < classes; ++n) best = z[n] > z[best] ? n : best;
        return best;
    }
    /// -log softmax(z)[label]; z is replaced by softmax(z).
    SNN_HD float softmax(float* z, std::size_t label) const {
        const float top = z[largest(z)];
        const float own = z[label] - top;
        float sum = 0.0f;
        for (std::size_t n = 0; n < classes; ++n) {
            z[n] = exact_exp(z[n] - top);
            sum = sum + z[n];
        }
        for (std::size_t n = 0; n < classes; ++n) z[n] = z[n] / sum;
        return exact_log(sum) - own;
    }
    /// The same; z is replaced by softmax(z) - onehot.
    SNN_HD float cross_entropy(float* z, std::size_t label) const {
        const float loss = softmax(z, label);
        z[label] = z[label] - 1.0f;
        return loss;
    }
    SNN_HD std::size_t step_of_max(std::size_t b, std::size_t n) const {
        std::size_t best = 0;
        for (std::size_t t = 1; t < shape.steps; ++t) {
            best = *row(output, b, t, n) > *row(output, b, best, n) ? t : best;
        }
        return best;
    }
    /// Of the first spike; as many as there are where there is none.
    SNN_HD std::size_t step_of_first(std::size_t b, std::size_t n) const {
        std::size_t t = 0;
        while (t < shape.steps && *row(output, b, t, n) == 0.0f) ++t;
        return t;
    }
    /// Of a step, in units of latencies.
    SNN_HD float latency_unit() const { return 20.0f / static_cast<float>(shape.total()); }
    SNN_HD void reduce(std::size_t b, float* z) const {
        const float share = 1.0f / static_cast<float>(shape.total());
        for (std::size_t n = 0; n < classes; ++n) {
            if (readout == Readout::max) {
                const float most = *row(output, b, step_of_max(b, n), n);
                z[n] = shape.begins() || most > z[n] ? most : z[n];
            } else if (readout == Readout::latency) {
                z[n] = -latency_unit() * static_cast<float>(step_of_first(b, n));
            } else if (readout == Readout::last) {
                z[n] = *row(output, b, shape.steps - 1, n);
            } else {
                float sum = shape.begins() ? 0.0f : z[n];
                for (std::size_t t = 0; t < shape.steps; ++t) sum = sum + *row(output, b, t, n);
                z[n] = readout == Readout::sum || !shape.ends() ? sum : sum * share;
            }
        }
    }
    /// Mean over the classes of (rate - target)^2; z is replaced by its derivative.
    SNN_HD float squared_error(float* z, std::size_t label) const {
        float sum = 0.0f;
        for (std::size_t n = 0; n < classes; ++n) {
            const float e = z[n] - (n == label ? 1.0f : 0.0f);
            sum = fused(e, e, sum);
            z[n] = 2.0f * e / static_cast<float>(classes);
        }
        return sum / static_cast<float>(classes);
    }
    /// The gradient at every step from d loss / d z.
    SNN_HD void spread(std::size_t b, const float* z, float weight) const {
        if (readout == Readout::latency) return spread_latency(b, z, weight);
        const bool averages = readout == Readout::mean || readout == Readout::rate_error;
        const float share = averages ? weight / static_cast<float>(shape.steps) : weight;
        for (std::size_t n = 0; n < classes; ++n) {
            const std::size_t only = readout == Readout::max    ? step_of_max(b, n)
                                     : readout == Readout::last ? shape.steps - 1
                                                                : shape.steps;
            for (std::size_t t = 0; t < shape.steps; ++t) {
                *row(gradient, b, t, n) = only == shape.steps || only == t ? share * z[n] : 0.0f;
            }
        }
    }
    /// A gradient whose change from step t to the next is dL/d(time of a spike in t): that of a
    /// first spike alone. See SpikeTimesBack.
    SNN_HD void spread_latency(std::size_t b, const float* z, float weight) const {
        for (std::size_t n = 0; n < classes; ++n) {
            const std::size_t first = step_of_first(b, n);
            const float until = first < shape.steps ? weight * latency_unit() * z[n] : 0.0f;
            for (std::size_t t = 0; t < shape.steps; ++t)
                *row(gradient, b, t, n) = t <= first ? until : 0.0f;
        }
    }
    /// Sum over the steps so far of the cross entropy of each; z ends as the time-averaged softmax.
    SNN_HD float every_step(std::size_t b, std::size_t label, float* z, float weight) const {
        const float share = 1.0f / static_cast<float>(shape.total());
        float sum = shape.begins() ? 0.0f : loss[b];
        float* mean = z;
        float* at_step = logits + (shape.batch + b) * classes;
        for (std::size_t n = 0; shape.begins() && n < classes; ++n) mean[n] = 0.0f;
        for (std::size_t t = 0; t < shape.steps; ++t) {
            for (std::size_t n = 0; n < classes; ++n) at_step[n] = *row(output, b, t, n);
            sum = sum + softmax(at_step, label);
            for (std::size_t n = 0; n < classes; ++n) {
                const float d = at_step[n] - (n == label ? 1.0f : 0.0f);
                if (gradient.data) *row(gradient, b, t, n) = d * weight * share;
                mean[n] = fused(at_step[n], share, mean[n]);
            }
        }
        return sum;
    }
};

/// Body over neurons: the rate penalty's gradient for every output of the neuron, and its loss.
struct RatePenalty {
    const std::uint64_t* count;  // [neuron] spikes in the batch
    std::size_t size;
    float per_row;  // 1 / (samples * steps)
    float lower, upper, strength;
    float* gradient;  // [column]
    float* loss;      // [neuron]
    ChannelOrder order;

    SNN_HD void operator()(std::size_t n) const {
        const float rate = static_cast<float>(count[n]) * per_row;
        const float above = rate > upper ? rate - upper : 0.0f;
        const float below = rate < lower ? lower - rate : 0.0f;
        loss[n] = strength * (above * above + below * below);
        gradient[order.plain() ? n : order.column_of_stored(n)] =
            strength * 2.0f * (above - below) * per_row;
    }
};

}  // namespace snnsim
