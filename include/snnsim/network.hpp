// The compiled form of a model: flat buffers, no names to look up, no file format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "snnsim/sample_form.hpp"

namespace snnsim {

struct Population {
    std::string name;
    std::int64_t size;
    NeuronModels::Params neuron;
};

/// What of a projection that learns stays as it is.
enum class Frozen : std::uint8_t { nothing, weights, bias };
template <>
struct Names<Frozen> {
    static constexpr std::array values{"nothing", "weights", "bias"};
};

/// Weights between two populations: a full matrix, with zeros where `connected` says that there is
/// no synapse.
struct Projection {
    std::string name;
    std::size_t from, to;                      // indices into Network::populations
    bool trainable;                            // anything of it
    std::vector<float> weights;                // [pre][post]
    std::vector<float> bias;                   // [post], or empty
    std::vector<std::uint8_t> connected = {};  // [pre][post] 1 or 0; empty: all to all
    std::size_t delay = 0;                     // steps until what is sent acts
    Frozen frozen = Frozen::nothing;

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

}  // namespace snnsim
