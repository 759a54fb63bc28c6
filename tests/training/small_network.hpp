// Small networks and data for tests.
#pragma once

#include <numeric>

#include "kernels/launch/cpu.hpp"
#include "snnsim/trainer.hpp"
#include "src/data/split.hpp"

namespace snnsim::testing {

/// A CPU that runs the bodies as a GPU does: few columns a call, spikes as bits, a weight row a
/// call.
struct CpuAsGpu : Cpu {
    using Columns = FourColumns;
    static constexpr bool expands_spikes = false;
    using Cpu::Cpu;
};

/// 28 x 28 images of ten classes: a bright bar whose place is the class, over noise.
inline SampleSet bars(std::int64_t count, std::uint32_t seed) {
    SampleSet set;
    set.count = count;
    set.inputs = 784;
    for (std::int64_t k = 0; k < count; ++k) {
        const auto label = static_cast<std::int32_t>((k * 7 + seed) % 10);
        set.labels.push_back(label);
        for (std::uint32_t i = 0; i < 784; ++i) {
            const RandomKey key{seed, Stream::split, static_cast<std::uint32_t>(k), i};
            const std::uint32_t noise = key.draw(0).word[0];
            const bool bar = static_cast<std::int32_t>(i / 28 / 2) == label;
            set.in.pixels.push_back(static_cast<std::uint8_t>(bar               ? 150 + noise % 106
                                                              : noise % 16 == 0 ? noise % 90
                                                                                : 0));
        }
    }
    return set;
}

inline Dataset bar_data(std::int64_t train = 256, std::int64_t test = 100) {
    Dataset data;
    data.name = "bars";
    data.train = bars(train, 1);
    data.test = bars(test, 2);
    return data;
}

/// 784 - hidden (- itself) - 10, ten steps.
inline ModelSpec small_model(NeuronModels::Params hidden = Lif::Params{}, bool recurrent = false) {
    ModelSpec m;
    m.name = "small";
    m.dt = 1.0;
    m.data.encode = {Poisson::Params{}, 10.0};
    m.populations = {{{"input", 784}, SpikeSource::Params{}},
                     {{"hidden", 37}, std::move(hidden)},
                     {{"output", 10}, LeakyReadout::Params{}}};
    ProjectionSpec in;
    in.from = "input";
    in.to = "hidden";
    in.bias.given = true;
    ProjectionSpec out = in;
    out.from = "hidden";
    out.to = "output";
    m.projections = {in, out};
    if (recurrent) {
        ProjectionSpec own = in;
        own.from = "hidden";
        own.bias.given = false;
        m.projections.push_back(own);
    }
    m.train.emplace();
    m.train->batch = 32;
    m.train->loss = Loss::cross_entropy_mean;
    return m;
}

/// Of the first `count` training samples.
inline Split split_of(const ModelSpec& m, std::uint32_t count) {
    return split_samples(m.seed, count, m.train->validation);
}

inline std::vector<std::uint32_t> first_samples(std::size_t count) {
    std::vector<std::uint32_t> samples(count);
    std::iota(samples.begin(), samples.end(), 0u);
    return samples;
}

/// 784 - E - 10, with E <-> I, E -> E and I -> I.
inline ModelSpec loop_model(NeuronModels::Params hidden = Lif::Params{}) {
    ModelSpec m = small_model(hidden, true);
    m.populations.insert(m.populations.begin() + 2,
                         PopulationSpec{{"inhibitory", 19}, std::move(hidden)});
    ProjectionSpec p = m.projections.back();
    p.to = "inhibitory";
    p.bias.given = true;
    m.projections.push_back(p);
    p.from = "inhibitory";
    m.projections.push_back(p);
    p.to = "hidden";
    p.bias.given = false;
    m.projections.push_back(p);
    return m;
}

/// Weights after `updates` updates on consecutive samples.
inline TrainerState train_some(Trainer& trainer, const ModelSpec& m, std::size_t updates,
                               std::uint32_t epoch = 0) {
    const auto batch = static_cast<std::size_t>(m.train->batch);
    const std::vector<double> rates(updates, 1e-3);
    trainer.train(first_samples(updates * batch), epoch, rates);
    return trainer.state();
}

}  // namespace snnsim::testing
