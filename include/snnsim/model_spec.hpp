// What a model file says, after checking: plain structs that know no device and no file format.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cells/all.hpp"
#include "kernels/fields.hpp"
#include "kernels/steps.hpp"
#include "kernels/training/channels.hpp"
#include "snnsim/dale_spec.hpp"
#include "snnsim/data_spec.hpp"
#include "snnsim/delay_spec.hpp"
#include "snnsim/location.hpp"
#include "snnsim/network_spec.hpp"
#include "snnsim/train_spec.hpp"
#include "snnsim/trainable_spec.hpp"
#include "snnsim/weight_file.hpp"

namespace snnsim {

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
    std::optional<DaleSpec> dale = {};
    std::vector<std::int64_t> shape =
        {};  // [channels, rows, columns] or [channels, columns]; or empty

    /// How the neurons are ordered where they are computed.
    ChannelOrder order() const {
        const auto all = static_cast<std::size_t>(size);
        if (shape.size() < 2) return {all, 1};
        const auto channels = static_cast<std::size_t>(shape[0]);
        return {channels, all / channels};
    }
    std::vector<TrainableSpec> trainable = {};
    std::string dendrites_of = {};

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
            Field{"dale", &PopulationSpec::dale, "", unlimited,
                  "Dale's law: the weights of all projections that begin here have the sign of "
                  "their source, at the start and after each update; see below"},
            Field{"trainable", &PopulationSpec::trainable, "", unlimited,
                  "parameters of the model that are trained too: a list of their names, or a "
                  "mapping that says how: `{tau_m: {per: cell}}`"},
            Field{"dendrites_of", &PopulationSpec::dendrites_of, "", unlimited,
                  "name of a population of the same size: each of these cells is a dendrite of "
                  "one of those. In `train.phases` no error goes back through them unless what "
                  "enters them learns"},
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
    std::string multiplies;                  // name of another projection, or none

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
                Field{"multiplies", &ProjectionSpec::multiplies, "", unlimited,
                      "name of another projection between the same populations, W x, whose sums "
                      "those of this one, V x, multiply: the targets get W x + (W x) (V x), a "
                      "nonlinear integration by dendrites (Cai et al. 2025)"},
            }};
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

/// What of an output tells the class of a sample where nothing is trained.
enum class Prediction : std::uint8_t { automatic, count, max, mean, last };
template <>
struct Names<Prediction> {
    static constexpr std::array values{"auto", "count", "max", "mean", "last"};
};

struct TestSpec {
    std::int64_t batch = 250;
    std::int64_t every = 0;
    Prediction prediction = Prediction::automatic;
    Arithmetic arithmetic = Arithmetic::floating;
    std::optional<QuantizeSpec> quantize;

    static constexpr auto fields() {
        return Fields{Field{"batch", &TestSpec::batch, "", Limits{.low = 1, .high = 65536},
                            "samples computed together; does not change results"},
                      Field{"every", &TestSpec::every, "", non_negative,
                            "also test after every so many epochs, for the curve; what comes "
                            "out changes nothing. 0: at the end only"},
                      Field{"prediction", &TestSpec::prediction, "", unlimited,
                            "where nothing is trained, the class is that of the output with most "
                            "spikes (count), the highest value (max), mean or last value; auto: "
                            "count where the output fires, else last. Of a training its loss says "
                            "it"},
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
        if (!train || train->losses.empty()) return !train || is_real(train->loss);
        return std::all_of(train->losses.begin(), train->losses.end(),
                           [](const OutputLossSpec& l) { return is_real(l.loss); });
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
