// The compiled form of a model: flat buffers, no names to look up, no file format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/training/pool_kind.hpp"
#include "kernels/training/window.hpp"
#include "snnsim/connected_pairs.hpp"
#include "snnsim/model_spec.hpp"
#include "snnsim/sample_form.hpp"
#include "snnsim/trained_parameter.hpp"

namespace snnsim {

struct Population {
    std::string name;
    std::int64_t size;
    NeuronModels::Params neuron;
    ChannelOrder order = {};  // none given: without a shape
    float dropout = 0.0f;
    std::optional<BatchNormSpec> batch_norm = {};
    std::optional<DaleSpec> dale = {};
    std::vector<TrainedParameter> trained = {};    // parameters of `neuron`, each once
    std::optional<std::size_t> dendrites_of = {};  // another population

    ChannelOrder computed() const {
        return order.channels > 0 ? order : ChannelOrder{static_cast<std::size_t>(size), 1};
    }
};

/// What of a projection that learns stays as it is.
enum class Frozen : std::uint8_t { nothing, weights, bias };
template <>
struct Names<Frozen> {
    static constexpr std::array values{"nothing", "weights", "bias"};
};

/// A projection by a window; one that pools has no weights.
struct Windowed {
    SlidingWindow window;
    std::optional<PoolKind> pool;
};

/// Delays that are learned, in steps.
struct LearnedDelays {
    DelayOf of = DelayOf::synapse;
    int longest = 0;
    std::vector<float> steps = {};  // [pre][post], or [pre]
    // The Gaussian around them: from the first epoch to the share `until` of all, and after it.
    double sigma_from = 0.0, sigma_to = 0.0, until = 0.0;
    double lr = 0.0;  // 0: 100 times that of the weights
};

/// Weights between two populations: a full matrix, with zeros where `connected` says that there is
/// no synapse; or, where there are few, those of `synapses` alone, one by one; or those of a
/// window, [tap][channel of the targets], tap = (kernel row * kernel columns + kernel column) *
/// channels of the sources + channel.
struct Projection {
    std::string name;
    std::size_t from, to;                      // indices into Network::populations
    bool trainable;                            // anything of it
    std::vector<float> weights;                // [pre][post], or [synapse]
    std::vector<float> bias;                   // [post], or empty
    std::vector<std::uint8_t> connected = {};  // of each weight 1 or 0; empty: all are there
    std::size_t delay = 0;                     // steps until what is sent acts
    Frozen frozen = Frozen::nothing;
    std::optional<Windowed> windowed = {};
    std::optional<double> lr = {}, weight_decay = {};  // in place of the optimiser's
    std::optional<LearnedDelays> delays = {};          // in place of `delay`, which is 0
    std::optional<ConnectedPairs> synapses = {};       // none: a full matrix, or a window
    std::optional<std::size_t> multiplies = {};        // the sums of another, see ProjectionSpec
    std::vector<float> feedback = {};                  // see Feedback; empty: the weights

    bool weights_learn() const { return trainable && frozen != Frozen::weights; }
};

/// What an input population is shown, and how.
struct ShownInput {
    Encoders::Params encoder;
    SampleForm shown = SampleForm::pixels;  // in steps: without the encoder
};

struct Network {
    double dt;  // ms
    int steps;  // per sample
    Encoders::Params encoder;
    // In the order of computation: the inputs first, the only output last, those on common cycles
    // of projections next to each other, and the targets of projections without delay after their
    // sources.
    std::vector<Population> populations;
    std::vector<Projection> projections;
    SampleForm shown = SampleForm::pixels;     // in steps: without the encoder
    std::vector<ShownInput> more_inputs = {};  // of populations 1, 2, ...; else one input
    std::vector<std::size_t> outputs = {};     // populations, in the order of their targets; empty:
                                               // the last one

    std::size_t input_count() const { return 1 + more_inputs.size(); }
    ShownInput input(std::size_t k) const {
        return k == 0 ? ShownInput{encoder, shown} : more_inputs[k - 1];
    }
    std::size_t output_count() const { return outputs.empty() ? 1 : outputs.size(); }
    /// The population.
    std::size_t output(std::size_t k) const {
        return outputs.empty() ? populations.size() - 1 : outputs[k];
    }
};

/// Draws the initial weights from (seed, projection, synapse), or takes those that were loaded, and
/// puts populations in the order of computation.
Network compile(const ModelSpec& spec);

/// Bytes that training or testing will take, by part ("weights input_to_hidden", "traces hidden",
/// ...).
struct MemoryPart {
    std::string name;
    std::size_t bytes;
};
std::vector<MemoryPart> estimate_memory(const ModelSpec& spec);
/// Buffers of the size of its weights that Dale's law adds to a projection in training.
std::size_t signs_stored(const ModelSpec& spec, const ProjectionSpec& projection);

}  // namespace snnsim
