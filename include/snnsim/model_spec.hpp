// What a model file says, after checking: plain structs that know no device and no file format.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cells/all.hpp"
#include "kernels/encoders/all.hpp"
#include "kernels/fields.hpp"
#include "kernels/steps.hpp"
#include "kernels/training/channels.hpp"
#include "kernels/training/surrogates.hpp"
#include "snnsim/delay_spec.hpp"
#include "snnsim/location.hpp"
#include "snnsim/network_spec.hpp"
#include "snnsim/sample_arrays.hpp"
#include "snnsim/trainable_spec.hpp"
#include "snnsim/weight_file.hpp"

namespace snnsim {

enum class DataSet : std::uint8_t { mnist, fashion_mnist, file };
template <>
struct Names<DataSet> {
    static constexpr std::array values{"mnist", "fashion_mnist", "file"};
};

/// How a sample becomes the input of `duration / dt` steps. `scheme` names the encoder; its
/// parameters stand beside it in the same mapping.
struct EncodeSpec {
    Encoders::Params scheme = Direct::Params{};
    double duration = 0.0;  // ms; 0: one step

    static constexpr auto alternative() {
        return Alternative<EncodeSpec, Encoders>{
            "scheme", &EncodeSpec::scheme, "how a value in [0, 1] becomes spikes", Need::required};
    }
    static constexpr auto fields() {
        return Fields{
            Field{"duration", &EncodeSpec::duration, "ms", positive,
                  "time that a sample is shown, a whole number of dt; default: one step"}};
    }
};

/// What several events of one input in one step are.
enum class SeveralEvents : std::uint8_t { clipped, counted };
template <>
struct Names<SeveralEvents> {
    static constexpr std::array values{"clipped", "counted"};
};
enum class TimeUnit : std::uint8_t { stored, s, ms, us, ns };
template <>
struct Names<TimeUnit> {
    static constexpr std::array values{"stored", "s", "ms", "us", "ns"};
};
/// Whether samples stay in their file until they are needed.
enum class Streaming : std::uint8_t { automatic, always, never };
template <>
struct Names<Streaming> {
    static constexpr std::array values{"auto", "always", "never"};
};

/// Training samples that are changed anew in each epoch.
struct AugmentSpec {
    double flip = 0.0;
    std::int64_t shift = 0;
    double drop = 0.0;

    static constexpr auto fields() {
        return Fields{
            Field{"flip", &AugmentSpec::flip, "", fraction,
                  "probability that a sample is mirrored left to right"},
            Field{"shift", &AugmentSpec::shift, "", Limits{.low = 0, .high = 65535},
                  "a sample is shifted by up to so many columns and rows (of a cochlea channels) "
                  "either way; what leaves is lost, and nothing comes in"},
            Field{"drop", &AugmentSpec::drop, "", fraction,
                  "of samples that are events or spikes: probability that one is left out"},
        };
    }
};

/// One of several input populations, and the array in the file that it is shown.
struct InputSpec {
    static constexpr bool by_name = true;
    static constexpr const char* shorthand = "x";

    std::string name;  // of the population
    std::string x;
    std::optional<EncodeSpec> encode;  // none: as data.encode says
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"x", &InputSpec::x, "", unlimited,
                  "array of its samples, in the place of x: train/NAME, NAME_train in .npz; of "
                  "events a group: train/NAME/offsets, NAME_offsets_train in .npz",
                  Need::required},
            Field{"encode", &InputSpec::encode, "", unlimited,
                  "how they become input; default: data.encode, whose duration holds for all"},
        };
    }
};

/// One of several output populations, and the array in the file that has its targets.
struct OutputSpec {
    static constexpr bool by_name = true;
    static constexpr const char* shorthand = "y";

    std::string name;  // of the population
    std::string y;
    std::vector<std::string> class_names;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"y", &OutputSpec::y, "", unlimited,
                  "array of its targets, in the place of y: train/NAME, NAME_train in .npz",
                  Need::required},
            Field{"class_names", &OutputSpec::class_names, "", unlimited,
                  "names of its classes; default: numbers"},
        };
    }
};

struct DataSpec {
    DataSet set = DataSet::mnist;
    std::string file, valid_file, test_file;  // relative to the model file
    EncodeSpec encode;
    std::int64_t train_samples = 0;  // 0: all
    std::int64_t test_samples = 0;
    double test_share = 0.0;
    std::string groups;
    std::vector<std::string> class_names;
    std::optional<AugmentSpec> augment;
    SeveralEvents events = SeveralEvents::clipped;
    TimeUnit time_unit = TimeUnit::stored;
    std::int64_t height = 0, width = 0;  // of a sensor; 0: as the file says
    Streaming stream = Streaming::automatic;
    Location at;                      // of `file`
    std::vector<InputSpec> inputs;    // by name; empty: the one input is shown x, ...
    std::vector<OutputSpec> outputs;  // ... and the one output is to give y
    // In place of the file, whose name is then only for messages:
    std::shared_ptr<const SampleArrays> arrays;

    static constexpr auto fields() {
        return Fields{
            Field{"set", &DataSpec::set, "", unlimited, "data set; file: samples of your own",
                  Need::required},
            Field{"file", &DataSpec::file, "", unlimited,
                  "of `set: file`: .h5 with train/x, train/y, test/x and test/y, or .npz with "
                  "x_train, y_train, x_test and y_test, or a folder of .npy files with those names "
                  "(write a / behind it), relative to the model file; also valid/x, valid/y. "
                  "Events instead of x: offsets, t, and unit or x, y, p; the layout of "
                  "SHD is read too"},
            Field{"valid_file", &DataSpec::valid_file, "", unlimited,
                  "the validation samples, where they are in a file of their own"},
            Field{"test_file", &DataSpec::test_file, "", unlimited,
                  "the test samples, where they are in a file of their own"},
            Field{"encode", &DataSpec::encode, "", unlimited, "how a sample becomes input",
                  Need::required},
            Field{"train_samples", &DataSpec::train_samples, "", non_negative,
                  "use the first so many training samples; 0: all"},
            Field{"test_samples", &DataSpec::test_samples, "", non_negative,
                  "use the first so many test samples; 0: all"},
            Field{
                "test_share", &DataSpec::test_share, "",
                Limits{.low = 0.0, .high = 1.0, .high_open = true},
                "of `set: file`: the share of the samples that is for testing, by the seed, where "
                "the file has one set only"},
            Field{"groups", &DataSpec::groups, "", unlimited,
                  "of `set: file`: data set with a whole number for each sample, such as its "
                  "speaker; test_share and train.validation then hold out whole groups"},
            Field{"class_names", &DataSpec::class_names, "", unlimited,
                  "of `set: file`: names of the classes; default: `classes` or extra/keys in the "
                  "file, else numbers"},
            Field{"augment", &DataSpec::augment, "", unlimited,
                  "changes of training samples, drawn anew in each epoch"},
            Field{"events", &DataSpec::events, "", unlimited,
                  "several events of one input in one step are one spike, or a value: their "
                  "number"},
            Field{"time_unit", &DataSpec::time_unit, "", unlimited,
                  "of the times of events; stored: the attribute `unit` of t, else s of real and "
                  "us of whole numbers"},
            Field{"height", &DataSpec::height, "", non_negative,
                  "of the sensor of events x, y, p; 0: the attribute `height` in the file"},
            Field{"width", &DataSpec::width, "", non_negative,
                  "of the sensor; 0: the attribute `width` in the file"},
            Field{"stream", &DataSpec::stream, "", unlimited,
                  "of `set: file`: whether samples are read while they are needed; auto: where the "
                  "file would take more than half of the free memory"},
            Field{"inputs", &DataSpec::inputs, "", unlimited,
                  "of `set: file`: mapping of input populations to arrays of the file, where there "
                  "are several: `{eye: image, ear: sound}`"},
            Field{"outputs", &DataSpec::outputs, "", unlimited,
                  "of `set: file`: mapping of output populations to arrays of the file, where "
                  "there are several: `{digit: digit, angle: angle}`"},
        };
    }
};

/// Batch normalisation through time (Ioffe & Szegedy 2015; tdBN, Zheng et al. 2021): the summed
/// input of a channel, over the samples of a batch, places and steps, gets the mean `shift` and the
/// standard deviation `scale`, which learn.
struct BatchNormSpec {
    double scale = 1.0;
    double shift = 0.0;
    double momentum = 0.1;
    double eps = 1e-5;

    static constexpr auto fields() {
        return Fields{
            Field{"scale", &BatchNormSpec::scale, "", positive,
                  "standard deviation of the normalised input at first: of tdBN alpha v_th"},
            Field{"shift", &BatchNormSpec::shift, "", unlimited, "its mean at first"},
            Field{"momentum", &BatchNormSpec::momentum, "",
                  Limits{.low = 0.0, .high = 1.0, .low_open = true},
                  "share of a batch in the running mean and variance that tests use"},
            Field{"eps", &BatchNormSpec::eps, "", positive, "added to the variance"},
        };
    }
};

struct PopulationSpec : NamedPopulation {
    NeuronModels::Params neuron = SpikeSource::Params{};
    double dropout = 0.0;
    std::optional<BatchNormSpec> batch_norm = {};
    std::vector<std::int64_t> shape =
        {};  // [channels, rows, columns] or [channels, columns]; or empty

    /// How the neurons are ordered where they are computed.
    ChannelOrder order() const {
        const auto all = static_cast<std::size_t>(size);
        if (shape.size() < 2) return {all, 1};
        const auto channels = static_cast<std::size_t>(shape[0]);
        return {channels, all / channels};
    }
    std::vector<TrainableSpec> trainable;

    static constexpr auto alternative() {
        return Alternative<PopulationSpec, NeuronModels>{"model", &PopulationSpec::neuron,
                                                         "neuron model", Need::required};
    }
    static constexpr auto fields() {
        return Fields{
            size_field(1 << 24),
            Field{"shape", &PopulationSpec::shape, "", Limits{.low = 1, .high = 1 << 24},
                  "[channels, rows, columns], or [channels, columns], for windows: neuron "
                  "(channel * rows + row) * columns + column, as PyTorch flattens. `size` follows "
                  "from it; both follow from a projection by a window from a population that has "
                  "one"},
            Field{"dropout", &PopulationSpec::dropout, "",
                  Limits{.low = 0.0, .high = 1.0, .high_open = true},
                  "share of the neurons whose output is left out in training, the same at all "
                  "steps of a sample, drawn anew in each update; what is left counts 1 / (1 - "
                  "dropout) times. Tests leave nothing out"},
            Field{"batch_norm", &PopulationSpec::batch_norm, "", unlimited,
                  "normalise the summed input of each channel (without a shape: neuron)"},
            Field{"trainable", &PopulationSpec::trainable, "", unlimited,
                  "parameters of the model that are trained too: a list of their names, or a "
                  "mapping that says how: `{tau_m: {per: cell}}`"},
        };
    }
};

enum class WeightInit : std::uint8_t {
    kaiming_uniform,
    kaiming_normal,
    xavier_uniform,
    xavier_normal,
    fan_in_uniform,
    uniform,
    normal,
    constant,
};
template <>
struct Names<WeightInit> {
    static constexpr std::array values{"kaiming_uniform", "kaiming_normal", "xavier_uniform",
                                       "xavier_normal",   "fan_in_uniform", "uniform",
                                       "normal",          "constant"};
};

struct WeightSpec : WeightFile {
    WeightInit init = WeightInit::kaiming_uniform;
    double gain = 1.0;
    double low = -1.0, high = 1.0;  // uniform
    double mean = 0.0, std = 1.0;   // normal
    double value = 0.0;             // constant

    static constexpr auto fields() {
        return Fields{
            Field{"init", &WeightSpec::init, "", unlimited,
                  "kaiming_uniform: U(-b, b), b = gain sqrt(6 / fan_in); kaiming_normal: sd gain "
                  "sqrt(2 / fan_in); xavier_uniform: b = gain sqrt(6 / (fan_in + fan_out)); "
                  "xavier_normal: sd gain sqrt(2 / (fan_in + fan_out)); fan_in_uniform: b = gain / "
                  "sqrt(fan_in), the default of torch.nn.Linear; uniform; normal; constant. fan_in "
                  "and "
                  "fan_out are the sizes of the populations, whatever `connect` leaves out"},
            Field{"gain", &WeightSpec::gain, "", positive,
                  "factor on the scale of the named rules"},
            Field{"low", &WeightSpec::low, "", unlimited, "lower end of uniform"},
            Field{"high", &WeightSpec::high, "", unlimited, "upper end of uniform"},
            Field{"mean", &WeightSpec::mean, "", unlimited, "mean of normal"},
            Field{"std", &WeightSpec::std, "", non_negative, "standard deviation of normal"},
            Field{"value", &WeightSpec::value, "", unlimited, "value of constant"},
            weight_file_field(Need::optional),
            weight_dataset_field,
        };
    }
};

/// `bias: true`, or a mapping.
struct BiasSpec : WeightFile {
    bool given = false;
    std::optional<bool> trainable;  // none: as the weights

    explicit operator bool() const { return given; }
    static constexpr auto fields() {
        return Fields{
            weight_file_field(Need::optional),
            weight_dataset_field,
            Field{"trainable", &BiasSpec::trainable, "", unlimited,
                  "false: biases stay as they are while weights learn; default: `trainable` of the "
                  "projection"},
        };
    }
};

struct ProjectionSpec : NamedProjection {
    WeightSpec weight;
    std::optional<double> delay;                    // ms
    std::optional<LearnedDelaySpec> learned_delay;  // instead, where `delay` is a mapping
    BiasSpec bias;
    bool trainable = true;
    std::optional<double> lr, weight_decay;  // none: as train.optimizer says

    bool bias_learns() const { return bias && bias.trainable.value_or(trainable); }
    bool learns() const { return trainable || bias_learns(); }

    static constexpr auto fields() {
        return Joined{
            ends(),
            Fields{
                connect_field(Need::optional),
                Field{"weight", &ProjectionSpec::weight, "", unlimited, "initial weights"},
                Field{
                    "delay", &ProjectionSpec::delay, "ms", Limits{.low = 0.0, .high = 1e6},
                    "until what is sent acts, a whole number of dt; 0 only where no cycle of such "
                    "projections comes about; what would arrive after the end of a sample is lost. "
                    "Default: one dt where the projection goes back, to its own population or, on "
                    "a cycle, to one that stands before it in the file; else 0. Or a mapping: "
                    "delays that are learned, as in `{learn: synapse, max: 25 ms}`"},
                Field{
                    "bias", &ProjectionSpec::bias, "", unlimited,
                    "a trainable constant input per target, started from U(-1, 1) / sqrt(fan_in)"},
                Field{"trainable", &ProjectionSpec::trainable, "", unlimited,
                      "false: weights, and biases unless they say otherwise, stay as they are"},
                Field{"lr", &ProjectionSpec::lr, "", positive,
                      "learning rate of its weights and biases in place of train.optimizer's; the "
                      "schedule holds for it too"},
                Field{"weight_decay", &ProjectionSpec::weight_decay, "", non_negative,
                      "in place of train.optimizer's"},
            }};
    }
};

// ---- training ----

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
};
template <>
struct Names<Loss> {
    static constexpr std::array values{"cross_entropy_max",
                                       "cross_entropy_mean",
                                       "cross_entropy_last",
                                       "cross_entropy_step",
                                       "cross_entropy_count",
                                       "mse_count",
                                       "mse_mean"};
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

enum class Method : std::uint8_t { surrogate_gradient };
template <>
struct Names<Method> {
    static constexpr std::array values{"surrogate_gradient"};
};

struct TrainSpec {
    Method method = Method::surrogate_gradient;
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

    static constexpr auto fields() {
        return Fields{
            Field{"method", &TrainSpec::method, "", unlimited, "how weights learn"},
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
                "file`: squared difference of the mean output from y, whose values are real. With "
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
        };
    }
};

enum class QuantizeScale : std::uint8_t { projection, target };
template <>
struct Names<QuantizeScale> {
    static constexpr std::array values{"projection", "target"};
};
/// Weights as whole numbers of `bits` bits times a scale, symmetric around zero: w = round(w / s)
/// s, s = max|w| / (2^(bits - 1) - 1). Biases keep their precision, as in integer inference (Jacob
/// et al. 2018).
struct QuantizeSpec {
    std::int64_t bits = 8;
    QuantizeScale scale = QuantizeScale::target;
    bool values = true;
    bool weights = true;  // no key: a run that is tested again has rounded them

    static constexpr auto fields() {
        return Fields{
            Field{"bits", &QuantizeSpec::bits, "", Limits{.low = 2, .high = 16},
                  "of a weight, and of a graded value"},
            Field{"scale", &QuantizeSpec::scale, "", unlimited,
                  "one scale for the whole projection, or for the weights of each target"},
            Field{"values", &QuantizeSpec::values, "", unlimited,
                  "also the values that neurons send (relu, vsn), on a scale per population from "
                  "the largest one that 1000 training samples cause; spikes have one bit anyway"},
        };
    }
};

/// How the sums of weights are computed: in floats, or in whole numbers of the grid that a
/// simulation of the network would have, which gives the simulation's spikes.
enum class Arithmetic : std::uint8_t { floating, fixed };
template <>
struct Names<Arithmetic> {
    static constexpr std::array values{"float", "fixed"};
};

struct TestSpec {
    std::int64_t batch = 250;
    std::int64_t every = 0;
    Arithmetic arithmetic = Arithmetic::floating;
    std::optional<QuantizeSpec> quantize;

    static constexpr auto fields() {
        return Fields{Field{"batch", &TestSpec::batch, "", Limits{.low = 1, .high = 65536},
                            "samples computed together; does not change results"},
                      Field{"every", &TestSpec::every, "", non_negative,
                            "also test after every so many epochs, for the curve; what comes "
                            "out changes nothing. 0: at the end only"},
                      Field{"arithmetic", &TestSpec::arithmetic, "", unlimited,
                            "float; or fixed: weights and biases are rounded to whole numbers of "
                            "the grid that a simulation of the network has (`simulate: {network: "
                            "RUN}`), and their sums are exact: the spikes are those of the "
                            "simulation, to the bit"},
                      Field{"quantize", &TestSpec::quantize, "", unlimited,
                            "round the weights after training, and test what comes out"}};
    }
};

enum class RecordWhat : std::uint8_t { spikes, v };
template <>
struct Names<RecordWhat> {
    static constexpr std::array values{"spikes", "v"};
};

struct RecordSpec {
    std::string population;
    RecordWhat what = RecordWhat::spikes;
    std::int64_t samples = 100;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"population", &RecordSpec::population, "", unlimited, "population to record",
                  Need::required},
            Field{"what", &RecordSpec::what, "", unlimited,
                  "spikes, or v: the membrane at the end of every step, after the reset of a spike "
                  "in "
                  "it (of a lif with reset_at: next_step before it); of units without memory their "
                  "input",
                  Need::required},
            Field{"samples", &RecordSpec::samples, "", at_least(1),
                  "how many test samples, from the first"},
        };
    }
};

struct ModelSpec : NamedModel {
    DataSpec data;
    std::vector<PopulationSpec> populations;  // in the order of the file
    std::vector<ProjectionSpec> projections;
    std::optional<TrainSpec> train;
    std::optional<TestSpec> test;
    std::vector<RecordSpec> record;
    std::string energy;

    bool simulates_too = false;  // the file has a section `simulate` besides

    static constexpr auto fields() {
        return Joined{
            head(), Fields{
                        Field{"data", &ModelSpec::data, "", unlimited, "what the network is shown",
                              Need::required},
                        Field{"populations", &ModelSpec::populations, "", unlimited,
                              "mapping of names to populations", Need::required},
                        Field{"projections", &ModelSpec::projections, "", unlimited,
                              "list of projections", Need::required},
                        Field{"train", &ModelSpec::train, "", unlimited,
                              "how the weights learn; absent: they do not"},
                        Field{"test", &ModelSpec::test, "", unlimited,
                              "evaluate on the test set after training"},
                        Field{"record", &ModelSpec::record, "", unlimited,
                              "list of what to record while testing"},
                        Field{"energy", &ModelSpec::energy, "", unlimited,
                              "what an operation costs, where the command line does not say it: a "
                              "shipped energy "
                              "model, or a file (.yaml) relative to the model file; default: 45nm"},
                    }};
    }

    /// Whether the data are in a file of the user.
    bool own_data() const { return data.set == DataSet::file; }
    /// Whether the targets are real numbers, not classes. Where nothing is trained the data say it,
    /// and this is true of all in a file.
    bool real_targets() const {
        if (!own_data()) return false;
        if (!train || train->losses.empty()) return !train || train->loss == Loss::mse_mean;
        return std::all_of(train->losses.begin(), train->losses.end(),
                           [](const OutputLossSpec& l) { return l.loss == Loss::mse_mean; });
    }
    /// What an input population is shown, and an output is to give; null where the only one has no
    /// name in the data.
    const InputSpec* shown_to(const std::string& population) const {
        return named(data.inputs, population);
    }
    const OutputSpec* asked_of(const std::string& population) const {
        return named(data.outputs, population);
    }
    const EncodeSpec& encode_of(const std::string& input) const {
        const InputSpec* const own = shown_to(input);
        return own && own->encode ? *own->encode : data.encode;
    }
    /// Of an output, with a name in the data or without.
    OutputLossSpec loss_of(const std::string& output) const {
        if (!train) return {};
        if (const OutputLossSpec* const own = named(train->losses, output)) return *own;
        return {output, train->loss, 1.0, train->class_weights, {}};
    }

    /// Time steps per sample.
    int steps() const {
        return static_cast<int>(std::max(1.0, rounded_steps(data.encode.duration, dt)));
    }

  private:
    template <class T>
    static const T* named(const std::vector<T>& all, const std::string& name) {
        for (const T& one : all) {
            if (one.name == name) return &one;
        }
        return nullptr;
    }
};

}  // namespace snnsim
