// One step of the optimiser on everything that a network learns: weights, norms, parameters of
// neurons, and delays.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/training/dale.hpp"
#include "kernels/training/mask.hpp"
#include "kernels/training/optimizers.hpp"
#include "kernels/training/spines.hpp"
#include "src/training/buffers.hpp"
#include "src/training/learned_parameters.hpp"
#include "src/training/schedule.hpp"

namespace snnsim {

template <class Backend>
class NetworkOn;

template <class Backend>
class WeightUpdate {
    using Columns = typename Backend::Columns;
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    /// From gradients that are complete, which are zero afterwards.
    void run(NetworkOn<Backend>& on, double learning_rate) {
        for (ProjectionBuffers<Backend>& p : on.projections) {
            if (!p.trainable || p.mask.size() == 0) continue;
            on.backend.for_each(p.element_count(), MaskGradient{p.mask.data(), p.gradient.data()});
        }
        for (ProjectionBuffers<Backend>& p : on.projections) {
            if (p.latent.size() == 0 || !p.trainable) continue;
            if (p.gain.size() > 0) {
                on.backend.for_each(p.element_count(),
                                    SpineGradient{p.spines, p.latent.data(), p.gradient.data()});
                continue;
            }
            on.backend.for_each(p.element_count(), LatentGradient{p.sign.data(), p.latent.data(),
                                                                  p.gradient.data(), *p.dale});
        }
        const float* const scale = on.train.clip_norm > 0.0 ? clip(on) : nullptr;  // of gradients
        // A group's own learning rate follows the schedule as that of all does.
        const double schedule = learning_rate / base_learning_rate(on.train.optimizer);
        Optimizers::visit(on.train.optimizer, [&]<class O>(const typename O::Params& params) {
            const auto rule = [&](double lr, double weight_decay) {
                return rule_of<O>(params, on.updates_of_phase(), lr, weight_decay);
            };
            const auto own_rate = [&](const auto& p) {
                return p.lr ? *p.lr * schedule : learning_rate;
            };
            for (auto& [k, norm] : on.norms) {
                const auto one = rule(learning_rate, 0.0);
                const BodyOf<decltype(one)> body{norm.parameters(), one, scale};
                on.backend.for_each(norm.parameter_count() / width_of<Columns>, body);
            }
            for (ProjectionBuffers<Backend>& p : on.projections) {
                if (!p.trainable) continue;
                update(on.backend, p,
                       rule(own_rate(p), p.weight_decay.value_or(params.weight_decay)), scale);
                if (p.gain.size() > 0)
                    on.backend.for_each(p.element_count(),
                                        SpineWeight{p.spines, p.latent.data(), p.weight.data()});
                if (!p.dale) continue;
                on.backend.for_each(
                    p.element_count(),
                    SignedWeight{p.sign.data(), p.mask.size() > 0 ? p.mask.data() : nullptr,
                                 p.latent.size() > 0 ? p.latent.data() : nullptr, p.weight.data(),
                                 *p.dale});
            }
            for (std::size_t k = 0; k < on.learned.size(); ++k) {
                LearnedParameters& learned = on.learned[k];
                if (!learned.any()) continue;
                const float factor = scale ? clip_factor() : 1.0f;
                for (std::size_t n = 0; n < learned.count(); ++n) {
                    const TrainedParameter& p = learned.parameter(n);
                    learned.update(n, rule(own_rate(p), p.weight_decay), factor);
                }
                on.upload_constants(k);
            }
            for (const auto& d : on.delays) {
                if (!d) continue;
                const double lr = d->spec.lr > 0.0 ? learning_rate * (d->spec.lr / params.lr)
                                                   : 100.0 * learning_rate;
                d->update(on.backend, rule(lr, 0.0), scale);
            }
        });
    }

  private:
    template <class Rule>
    using BodyOf = UpdateWeights<std::remove_const_t<Rule>, Columns>;

    template <class Rule>
    void update(const Backend& backend, ProjectionBuffers<Backend>& p, const Rule& rule,
                const float* scale) {
        BodyOf<Rule> body{
            {p.learning().data(), p.gradient.data(), {p.moment[0].data(), p.moment[1].data()}},
            rule,
            scale};
        if (p.frozen == Frozen::nothing) {
            backend.for_each(p.element_count() / width_of<Columns>, body);
            return;
        }
        const bool bias = p.frozen == Frozen::weights;  // it alone learns
        if (p.synapses) {
            const std::size_t first = bias ? p.first_bias() : 0;
            const std::size_t last = bias ? p.element_count() : p.first_bias();
            body.p = body.p.from(first);
            backend.for_each((last - first) / width_of<Columns>, body);
            return;
        }
        const InRows<BodyOf<Rule>, panel_width / width_of<Columns>> some{
            body, p.rows(), bias ? p.sources : 0, bias ? 1 : p.sources};
        backend.for_each(some.size(p.target_panels), some);
    }

    template <class O>
    static auto rule_of(const typename O::Params& p, std::uint64_t updates, double lr,
                        double weight_decay) {
        if constexpr (std::is_same_v<O, Sgd>) {
            return SgdUpdate{static_cast<float>(lr), static_cast<float>(p.momentum),
                             static_cast<float>(weight_decay)};
        } else {
            constexpr bool decoupled = std::is_same_v<O, AdamW>;
            const auto n = static_cast<double>(updates);
            return AdamUpdate{static_cast<float>(p.beta1),
                              static_cast<float>(p.beta2),
                              static_cast<float>(p.eps),
                              static_cast<float>(1.0 - p.beta1),
                              static_cast<float>(1.0 - p.beta2),
                              static_cast<float>(lr / (1.0 - std::pow(p.beta1, n))),
                              static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(p.beta2, n))),
                              static_cast<float>(decoupled ? 0.0 : weight_decay),
                              static_cast<float>(decoupled ? 1.0 - lr * weight_decay : 1.0)};
        }
    }

    /// What all gradients are multiplied by, so that their norm is clip_norm at most.
    const float* clip(NetworkOn<Backend>& on) {
        std::vector<std::pair<const float*, std::size_t>> gradients;  // and their rows
        for (ProjectionBuffers<Backend>& p : on.projections)
            gradients.emplace_back(p.gradient.data(), p.gradient.size() / panel_width);
        for (const auto& d : on.delays) {
            if (d) gradients.emplace_back(d->gradient().data(), d->gradient().size() / panel_width);
        }
        for (auto& [k, norm] : on.norms)
            gradients.emplace_back(norm.parameters().gradient,
                                   norm.parameter_count() / panel_width);
        std::size_t rows = 0;
        for (const auto& [data, count] : gradients) rows += count;
        const bool neurons = std::any_of(on.learned.begin(), on.learned.end(),
                                         [](const LearnedParameters& l) { return l.any(); });
        rows += neurons ? 1 : 0;
        if (squares_.size() != rows) squares_ = Buffer<double>(rows);
        std::size_t first = 0;
        for (const auto& [data, count] : gradients) {
            on.backend.for_each(count, SquareRows{data, squares_.data() + first});
            first += count;
        }
        if (neurons) {
            double squares = 0.0;
            for (const LearnedParameters& l : on.learned) squares += l.squares();
            squares_.copy_from(&squares, 1, first);
        }
        if (scale_.size() == 0) scale_ = Buffer<float>(1);
        on.backend.for_each(1, ClipScale{squares_.data(), rows, on.train.clip_norm, scale_.data()});
        return scale_.data();
    }
    float clip_factor() const {
        float factor = 1.0f;
        scale_.copy_to(&factor, 1);
        return factor;
    }

    Buffer<double> squares_;
    Buffer<float> scale_;
};

}  // namespace snnsim
