// How a network is trained: optimisers, losses, and what else the section train of a model file
// says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "kernels/training/surrogates.hpp"
#include "snnsim/learning_methods.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

struct Sgd {
    static constexpr const char* name = "sgd";
    struct Params {
        double lr = 0.1;
        double momentum = 0.0;
        double weight_decay = 0.0;
        static constexpr auto fields() {
            return Fields{
                Field{"lr", &Params::lr, "", positive, "learning rate"},
                Field{"momentum", &Params::momentum, "",
                      Limits{.low = 0.0, .high = 1.0, .high_open = true}, "momentum"},
                Field{"weight_decay", &Params::weight_decay, "", non_negative, "L2 penalty"},
            };
        }
    };
};
struct AdamParams {
    double lr = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 0.0;
};
struct Adam {
    static constexpr const char* name = "adam";
    struct Params : AdamParams {
        static constexpr auto fields() {
            constexpr Limits beta{.low = 0.0, .high = 1.0, .high_open = true};
            return Fields{
                Field{"lr", &AdamParams::lr, "", positive, "learning rate"},
                Field{"beta1", &AdamParams::beta1, "", beta, "decay of the mean gradient"},
                Field{"beta2", &AdamParams::beta2, "", beta, "decay of the mean squared gradient"},
                Field{"eps", &AdamParams::eps, "", positive, "added to the root"},
                Field{"weight_decay", &AdamParams::weight_decay, "", non_negative,
                      "adam: L2 penalty; adamw: decoupled decay"},
            };
        }
    };
};
/// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
struct AdamW {
    static constexpr const char* name = "adamw";
    struct Params : AdamParams {
        Params() { weight_decay = 0.01; }
        static constexpr auto fields() { return Adam::Params::fields(); }
    };
};
using Optimizers = ModelList<Sgd, Adam, AdamW>;
template <>
struct ListOf<Optimizers::Params> {
    using type = Optimizers;
};
template <>
struct ListOf<Surrogates::Params> {
    using type = Surrogates;
};

enum class Schedule : std::uint8_t { constant, cosine, linear, step, exponential };
template <>
struct Names<Schedule> {
    static constexpr std::array values{"constant", "cosine", "linear", "step", "exponential"};
};
/// Learning-rate schedule: lr times a factor that depends on the training step.
struct ScheduleSpec {
    Schedule name = Schedule::constant;
    double warmup = 0.0;  // epochs
    double final = 0.0;   // factor at the end (cosine, linear)
    double every = 1.0;   // epochs (step)
    double factor = 0.1;  // step: per `every`; exponential: per epoch

    static constexpr auto fields() {
        return Fields{
            Field{"name", &ScheduleSpec::name, "", unlimited,
                  "constant; cosine or linear down to `final`; step: times `factor` every `every` "
                  "epochs; "
                  "exponential: times `factor` per epoch, smoothly"},
            Field{"warmup", &ScheduleSpec::warmup, "", non_negative,
                  "epochs of linear increase from zero at the start"},
            Field{"final", &ScheduleSpec::final, "", fraction, "last factor of cosine and linear"},
            Field{"every", &ScheduleSpec::every, "", positive, "epochs between steps"},
            Field{"factor", &ScheduleSpec::factor, "",
                  Limits{.low = 0.0, .high = 1.0, .low_open = true},
                  "factor of step and exponential"},
        };
    }
};

enum class Loss : std::uint8_t {
    cross_entropy_max,
    cross_entropy_mean,
    cross_entropy_last,
    cross_entropy_step,
    cross_entropy_count,
    mse_count,
    mse_mean,
    mse_step,
    cross_entropy_latency,
    binary_cross_entropy_step,
};
/// Whether each step has targets of its own.
constexpr bool has_targets_by_step(Loss loss) {
    return loss == Loss::mse_step || loss == Loss::binary_cross_entropy_step;
}
/// Whether its targets are real numbers, not classes.
constexpr bool is_real(Loss loss) {
    return loss == Loss::mse_mean || has_targets_by_step(loss);
}
template <>
struct Names<Loss> {
    static constexpr std::array values{"cross_entropy_max",
                                       "cross_entropy_mean",
                                       "cross_entropy_last",
                                       "cross_entropy_step",
                                       "cross_entropy_count",
                                       "mse_count",
                                       "mse_mean",
                                       "mse_step",
                                       "cross_entropy_latency",
                                       "binary_cross_entropy_step"};
};

/// Penalty strength * sum over neurons of relu(r - upper)^2 + relu(lower - r)^2, r the rate of a
/// neuron in spikes per step, averaged over the batch.
struct RateSpec {
    std::string population;
    double lower = 0.0;
    double upper = 1.0;
    double strength = 0.0;

    static constexpr auto fields() {
        return Fields{
            Field{"population", &RateSpec::population, "", unlimited, "spiking population",
                  Need::required},
            Field{"lower", &RateSpec::lower, "", fraction,
                  "rates below are penalised (spikes per step)"},
            Field{"upper", &RateSpec::upper, "", fraction,
                  "rates above are penalised (spikes per step)"},
            Field{"strength", &RateSpec::strength, "", non_negative,
                  "factor on relu(r - upper)^2 + relu(lower - r)^2, summed over neurons",
                  Need::required},
        };
    }
};

struct EarlyStoppingSpec {
    std::int64_t patience = 3;
    double min_delta = 0.0;

    static constexpr auto fields() {
        return Fields{
            Field{"patience", &EarlyStoppingSpec::patience, "", at_least(1),
                  "stop after this many epochs without a better validation accuracy"},
            Field{"min_delta", &EarlyStoppingSpec::min_delta, "", non_negative,
                  "an improvement must exceed this"},
        };
    }
};

/// Gradual magnitude pruning (Zhu & Gupta 2017): the smallest weights of each trainable projection
/// become zero for good, until the share `sparsity` has; what is left learns on.
struct PruneSpec {
    double sparsity = 0.0;
    std::int64_t from = 1;
    std::int64_t to = 1;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"sparsity", &PruneSpec::sparsity, "",
                  Limits{.low = 0.0, .high = 1.0, .low_open = true, .high_open = true},
                  "share of the weights of each trainable projection that become zero, of which "
                  "one at "
                  "least must be left; biases stay",
                  Need::required},
            Field{"from", &PruneSpec::from, "", at_least(1),
                  "prune for the first time after this epoch"},
            Field{"to", &PruneSpec::to, "", at_least(1),
                  "and for the last time after this one; on the way the share left to prune falls "
                  "with the cube of the time left. The epochs that follow fine-tune"},
        };
    }
};

/// Factors on the loss of each class.
struct ClassWeights {
    bool balanced = false;   // samples / (classes * samples of the class)
    std::vector<double> of;  // else these; empty: all 1
    Location at = {};

    bool given() const { return balanced || !of.empty(); }
};

/// Of one of several outputs.
struct OutputLossSpec {
    static constexpr bool by_name = true;

    std::string name;  // of the population
    Loss loss = Loss::cross_entropy_max;
    double weight = 1.0;
    ClassWeights class_weights;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"name", &OutputLossSpec::loss, "", unlimited, "as in train.loss", Need::required},
            Field{"weight", &OutputLossSpec::weight, "", non_negative,
                  "factor in the sum of all losses, and on its gradient"},
            Field{"class_weights", &OutputLossSpec::class_weights, "", non_negative, "as in train"},
        };
    }
};

/// What the weights of a phase learn for.
enum class Objective : std::uint8_t { loss, correlation };
template <>
struct Names<Objective> {
    static constexpr std::array values{"loss", "correlation"};
};
/// A part of a training in which some projections learn and all others stay as they are.
struct TrainPhaseSpec {
    std::int64_t epochs = 0;
    std::vector<std::string> learns;
    Objective objective = Objective::loss;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"epochs", &TrainPhaseSpec::epochs, "", at_least(1), "passes over the samples",
                  Need::required},
            Field{"learns", &TrainPhaseSpec::learns, "", unlimited,
                  "list of the projections that learn, all others stay as they are to the bit; "
                  "default: all that are trainable"},
            Field{"objective", &TrainPhaseSpec::objective, "", unlimited,
                  "loss: as train.loss says; correlation: what enters a population of "
                  "`dendrites_of` learns so that what it sends goes with the error that their "
                  "cells still have (perforated back-propagation, Brenner & Itti 2025)"},
        };
    }
};

/// Weights by the size of a spine; see kernels/training/spines.hpp.
struct SpineSpec {
    double shift = 0.0;
    double gain_low = 0.5, gain_high = 1.5;
    double least = 0.0;
    std::int64_t until = 0;

    static constexpr auto fields() {
        return Fields{
            Field{"shift", &SpineSpec::shift, "", non_negative,
                  "what a spine must exceed in the end, in standard deviations of the initial "
                  "weights of its projection; at first it is 0",
                  Need::required},
            Field{"gain_low", &SpineSpec::gain_low, "", positive,
                  "the gain of each target's synapses is drawn from here ..."},
            Field{"gain_high", &SpineSpec::gain_high, "", positive, "... to here"},
            Field{"least", &SpineSpec::least, "", non_negative, "a smaller |weight| is 0"},
            Field{"until", &SpineSpec::until, "", non_negative,
                  "epoch at whose start the shift is whole; it rises as a sine from the first on. "
                  "0: the last"},
        };
    }
};

struct TrainSpec {
    Methods::Params method = SurrogateGradient::Params{};
    Surrogates::Params surrogate = FastSigmoid::Params{};
    std::int64_t epochs = 1;
    std::int64_t batch = 128;
    Optimizers::Params optimizer = Adam::Params{};
    ScheduleSpec schedule;
    Loss loss = Loss::cross_entropy_max;
    std::vector<OutputLossSpec> losses;  // instead, where `loss` is a mapping
    ClassWeights class_weights;
    std::vector<RateSpec> rate_penalty;
    double clip_norm = 0.0;
    double validation = 0.0;
    std::optional<EarlyStoppingSpec> early_stopping;
    bool best_weights = false;
    std::optional<PruneSpec> prune;
    std::optional<SpineSpec> spines;
    std::vector<TrainPhaseSpec> phases;  // of `epochs` in all

    static constexpr auto fields() {
        return Fields{
            Field{"method", &TrainSpec::method, "", unlimited,
                  "how weights learn; a name, or with parameters, as in `{name: truncated_bptt, "
                  "steps: 10}`"},
            Field{"surrogate", &TrainSpec::surrogate, "", unlimited,
                  "derivative that stands in for that of the spike function"},
            Field{"epochs", &TrainSpec::epochs, "", at_least(0),
                  "passes over the training samples"},
            Field{"batch", &TrainSpec::batch, "", Limits{.low = 1, .high = 65536},
                  "samples per weight update"},
            Field{"optimizer", &TrainSpec::optimizer, "", unlimited, "update rule"},
            Field{"schedule", &TrainSpec::schedule, "", unlimited, "learning rate over the epochs"},
            Field{
                "loss", &TrainSpec::loss, "", unlimited,
                "cross entropy of the output's maximum over time, its mean, its last value, every "
                "step "
                "(averaged), or its sum (cross_entropy_count: spike counts); or mse_count: squared "
                "difference of the mean output from 1 (right class) and 0; mse_mean, of `set: "
                "file`: squared difference of the mean output from y, whose values are real; "
                "mse_step: of "
                "the output of every step from y of that step ([sample][step][output]); "
                "binary_cross_entropy_step: its cross entropy with 1 / (1 + e^-output), where "
                "y says how likely a spike or event is in a step, or 1 and 0; "
                "cross_entropy_latency, of method event_prop: of minus the time of each output's "
                "first spike, in units of a twentieth of the sample. With "
                "`data.outputs` one for all, or a mapping: `{digit: cross_entropy_max, angle: "
                "mse_mean}`"},
            Field{"class_weights", &TrainSpec::class_weights, "", non_negative,
                  "factors on the loss and gradient of each class: a list, or balanced: samples / "
                  "(classes * samples of the class). Weights of single samples are data set "
                  "train/weight (weight_train) of the file"},
            Field{"rate_penalty", &TrainSpec::rate_penalty, "", unlimited,
                  "list of penalties on firing rates"},
            Field{"clip_norm", &TrainSpec::clip_norm, "", non_negative,
                  "scale the gradient down to this norm; 0: never"},
            Field{"validation", &TrainSpec::validation, "",
                  Limits{.low = 0.0, .high = 1.0, .high_open = true},
                  "share of the training samples held out for validation"},
            Field{"early_stopping", &TrainSpec::early_stopping, "", unlimited,
                  "stop when validation stops improving"},
            Field{"best_weights", &TrainSpec::best_weights, "", unlimited,
                  "test with the weights of the epoch with the best validation accuracy"},
            Field{"prune", &TrainSpec::prune, "", unlimited, "remove the smallest weights"},
            Field{"spines", &TrainSpec::spines, "", unlimited,
                  "weights by the size of a spine, which comes and goes as it learns"},
            Field{"phases", &TrainSpec::phases, "", unlimited,
                  "list of parts of the training, in place of `epochs`; the optimiser and the "
                  "schedule of each begin anew"},
        };
    }
};

}  // namespace snnsim
