// Loss of one sample whose targets are real numbers, and its gradient with respect to the output at
// every step.
#pragma once

#include "kernels/math/exp.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Body over samples: the mean over the targets of (z - y)^2, z an output averaged over the steps,
/// or, where there are as many targets as outputs times steps, that of a step: y is [step][output]
/// then. `binary`: the mean of the cross entropy of y and 1 / (1 + e^-z), which takes the place of
/// z. Writes z, the loss and, unless only testing, the gradient divided by the batch size. Of
/// samples whose steps come one part after the other, `mean` and `loss` hold what is summed up in
/// between; only targets of each step have gradients then.
struct TargetLoss {
    BatchShape shape;
    std::size_t targets_each;  // of a sample
    std::size_t outputs;
    TracePanels output;
    TracePanels gradient;          // or null
    const float* targets;          // of the whole set: [sample][output]
    const float* weights;          // of the whole set, on loss and gradient; or null: 1
    const std::uint32_t* samples;  // [sample] index into the set
    float* loss;                   // [sample]
    float* mean;                   // z, of each target
    float factor = 1.0f;           // on the gradient: the loss is one of several
    std::size_t update = 0;        // samples of the update of which these are a part; 0: all
    bool binary = false;

    SNN_HD void operator()(std::size_t b) const {
        // With a single step both are the same.
        const bool by_step = targets_each != outputs;
        const float share = by_step ? 1.0f : 1.0f / static_cast<float>(shape.total());
        const float per_output = 1.0f / static_cast<float>(targets_each);
        const float own = weights ? weights[samples[b]] : 1.0f;
        const float scale = factor * (own * ((binary ? 1.0f : 2.0f) * per_output * share /
                                             static_cast<float>(update ? update : shape.batch)));
        const float* y = targets + static_cast<std::size_t>(samples[b]) * targets_each;
        float* z = mean + b * targets_each;
        float total = by_step && !shape.begins() ? loss[b] : 0.0f;
        for (std::size_t n = 0; n < outputs; ++n) {
            for (std::size_t t = 0; by_step && t < shape.steps; ++t) {
                const std::size_t at = (shape.first + t) * outputs + n;
                z[at] = *row(output, b, t, n);
                const float e = compare(z[at], y[at], total);
                if (gradient.data) *row(gradient, b, t, n) = scale * e;
            }
            if (by_step) continue;
            float sum = shape.begins() ? 0.0f : z[n];
            for (std::size_t t = 0; t < shape.steps; ++t) sum = sum + *row(output, b, t, n);
            z[n] = shape.ends() ? sum * share : sum;
            if (!shape.ends()) continue;
            const float e = compare(z[n], y[n], total);
            if (!gradient.data) continue;
            for (std::size_t t = 0; t < shape.steps; ++t) *row(gradient, b, t, n) = scale * e;
        }
        loss[b] = shape.ends() ? own * (total * per_output) : total;
    }

  private:
    /// Adds what z costs to the total; returns its derivative, of a square half of it.
    SNN_HD float compare(float& z, float y, float& total) const {
        if (!binary) {
            const float e = z - y;
            total = fused(e, e, total);
            return e;
        }
        // log(1 + e^z) - y z, without large powers.
        const float power = exact_exp(z < 0.0f ? z : -z);
        total = total + (fused(-z, y, z > 0.0f ? z : 0.0f) + exact_log(1.0f + power));
        z = (z < 0.0f ? power : 1.0f) / (1.0f + power);
        return z - y;
    }
    SNN_HD float* row(const TracePanels& trace, std::size_t b, std::size_t t, std::size_t n) const {
        return trace.at(shape, {b, n / panel_width, static_cast<int>(n % panel_width)}) +
               t * panel_width;
    }
};

}  // namespace snnsim
