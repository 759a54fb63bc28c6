// Samples and their targets where they are computed.
#pragma once

#include "src/data/sample_stream.hpp"
#include "src/training/network_on.hpp"

namespace snnsim {

/// A buffer is made anew where it is too small.
template <class Buffer, class T>
void fill_buffer(Buffer& to, const std::vector<T>& from) {
    if (to.size() < from.size()) to = Buffer(from.size());
    to.copy_from(from.data(), from.size());
}

/// What an input is shown: of all samples, or of those that a stream has brought last.
template <class Backend>
struct LoadedInput {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    Buffer<std::uint8_t> pixels;
    Buffer<float> values;
    Buffer<std::uint64_t> first;
    Buffer<std::uint32_t> at;
    std::shared_ptr<SampleStream> stream;
    std::size_t inputs = 0;
    SampleShape shape;

    void load(const SampleInputs& in) {
        fill_buffer(pixels, in.pixels);
        fill_buffer(values, in.values);
        if (in.trains.first.size() < 2) return;
        fill_buffer(first, in.trains.first);
        fill_buffer(at, in.trains.at);
    }
};
/// What an output is to give.
template <class Backend>
struct LoadedTargets {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    Buffer<float> y, weights;
    Buffer<std::int32_t> labels;
    std::vector<std::int32_t> labels_host;
    std::vector<float> y_host;
    std::size_t outputs = 0;  // real targets of a sample; 0: labels
};

/// A set where it is computed.
template <class Backend>
struct LoadedSet {
    std::vector<LoadedInput<Backend>> inputs;
    std::vector<LoadedTargets<Backend>> targets;
    bool test = false;

    void load(const SampleSet& set, NetworkOn<Backend>& net) {
        inputs.clear();
        targets.clear();
        for (std::size_t k = 0; k < net.network.input_count(); ++k) {
            const InputSamples& from = set.input(k);
            LoadedInput<Backend>& to = inputs.emplace_back();
            to.inputs = static_cast<std::size_t>(from.inputs);
            to.shape = from.shape;
            SNN_EXPECT(set.count == 0 || to.inputs == net.populations[k].size);
            to.stream = from.stream;
            if (!to.stream) to.load(from.in);
        }
        for (std::size_t k = 0; k < net.network.output_count(); ++k) {
            const SampleTargets& from = set.target(k);
            LoadedTargets<Backend>& to = targets.emplace_back();
            to.outputs = static_cast<std::size_t>(from.outputs);
            SNN_EXPECT(to.outputs == 0 || to.outputs == net.output(k).size ||
                       to.outputs ==
                           net.output(k).size * static_cast<std::size_t>(net.network.steps));
            fill_buffer(to.labels, from.labels);
            fill_buffer(to.y, from.y);
            fill_buffer(to.weights, from.weights);
            to.labels_host = from.labels;
            to.y_host = from.y;
        }
    }
    void expect(std::span<const std::uint32_t> samples, std::size_t batch) {
        for (LoadedInput<Backend>& in : inputs) {
            if (in.stream) in.stream->expect(samples, batch);
        }
    }
};

}  // namespace snnsim
