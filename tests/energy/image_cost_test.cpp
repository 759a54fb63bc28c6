// Operations and energy against numbers worked by hand.
#include "src/energy/image_cost.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "snnsim/error.hpp"
#include "src/energy/layer_model.hpp"
#include "src/training/operations.hpp"

namespace snnsim {
namespace {

const EnergyModel& at_45nm() {
    static const EnergyModel model = read_energy_model("45nm");
    return model;
}

/// Inputs of a scheme, an all-to-all projection, linear outputs.
Network one_layer(Encoders::Params scheme, int steps, std::int64_t inputs, std::int64_t outputs,
                  std::vector<float> weights) {
    return {1.0,
            steps,
            std::move(scheme),
            {{"a", inputs, SpikeSource::Params{}}, {"b", outputs, Linear::Params{}}},
            {{"a_to_b", 0, 1, true, std::move(weights), {}}}};
}

PhaseCounts forward(const Network& network, std::vector<std::uint64_t> events,
                    std::uint64_t samples = 1) {
    std::vector<PopulationEvents> sent(network.populations.size());
    sent[0][0] = std::move(events);
    return count_forward(
        {network, sent, {fan_out(network, 0, network.projections[0].weights)}, samples});
}

TEST(Energy, FortyFiveNanometres) {
    ModelSpec spec;
    ImageCost cost;
    cost.macs = 386120.0;
    EXPECT_NEAR(*image_energy(spec, cost, at_45nm()).synapses, 1.776152, 1e-9);
    cost.macs = 307860.0;
    EXPECT_NEAR(*image_energy(spec, cost, at_45nm()).synapses, 1.416, 5e-4);
    cost = {};
    cost.macs = 2.0;
    cost.acs = 3.0;
    EXPECT_NEAR(*image_energy(spec, cost, at_45nm()).synapses, 11.9e-6, 1e-15);
    cost.neuron_updates = 10.0;
    EXPECT_NEAR(*image_energy(spec, cost, at_45nm()).neurons, 55e-6, 1e-15);
}

TEST(Energy, WeightsOfEightBitsTakeTheEnergiesOfInt8) {
    ModelSpec spec;
    ImageCost cost;
    cost.macs = 1e6;
    spec.test.emplace().quantize.emplace();
    EXPECT_NEAR(*image_energy(spec, cost, at_45nm()).synapses, 0.23, 1e-12);
    spec.test->quantize->bits = 9;
    EXPECT_NEAR(*image_energy(spec, cost, at_45nm()).synapses, 4.6, 1e-12);
}

TEST(Energy, WhatAChipDoesNotHaveHasNoEnergy) {
    const EnergyModel loihi = read_energy_model("loihi");
    ImageCost cost;
    cost.acs = 1e6;
    EXPECT_NEAR(*image_energy({}, cost, loihi).synapses, 23.6, 1e-12);
    EXPECT_TRUE(image_energy({}, cost, loihi).all);  // neither updates nor memory occurred
    cost.macs = 1.0;
    EXPECT_FALSE(image_energy({}, cost, loihi).synapses);
    EXPECT_FALSE(image_energy({}, cost, loihi).all);
}

TEST(Energy, FilesSayWhatIsWrongAndWhere) {
    const std::string path = ::testing::TempDir() + "energy.yaml";
    std::ofstream(path) << "name: mine\nsource: me\nfloat: {mac: 4.6 mV, acc: 1 pJ}\n";
    try {
        read_energy_model(path);
        FAIL();
    } catch (const ModelError& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("energy.yaml:3:14: '4.6 mV' is a voltage"), std::string::npos) << text;
        EXPECT_NE(text.find("unknown key 'acc' in float"), std::string::npos) << text;
    }
    std::ofstream(path) << "name: mine\nsource: me\nfloat: {mac: 2 nJ, ac: 500 fJ}\n";
    EXPECT_DOUBLE_EQ(*read_energy_model(path).of_float.mac, 2000.0);
    EXPECT_DOUBLE_EQ(*read_energy_model(path).of_float.ac, 0.5);
    EXPECT_THROW(read_energy_model("45mn"), UsageError);
    EXPECT_THROW(read_energy_model("none.yaml"), FileError);
}

// Garg et al. 2026 with 5 pJ a word, own calculation: activity per step for n = 64, 256, 1024.
TEST(LayerModel, BreakEvenActivities) {
    const double wanted[2][3] = {{0.881, 0.906, 0.913}, {0.429, 0.450, 0.456}};
    for (int steps : {1, 2}) {
        int k = 0;
        for (const double n : {64.0, 256.0, 1024.0}) {
            EXPECT_NEAR(break_even_activity(n, steps, at_45nm().of_float), wanted[steps - 1][k++],
                        0.002);
        }
    }
}

TEST(LayerModel, BinarySpikesNeedNoMultiplication) {
    const LayerOperations graded = spiking_layer({10, 4, 2, 0.5, true});
    const LayerOperations binary = spiking_layer({10, 4, 2, 0.5, false});
    EXPECT_DOUBLE_EQ(graded.macs, 10 * 4 + 2 * 4);
    EXPECT_DOUBLE_EQ(binary.macs, 2 * 4);
    EXPECT_DOUBLE_EQ(binary.acs, graded.acs + 10 * 4);
    EXPECT_DOUBLE_EQ(binary.reads, 10 + 11 * 4 + 2 * 4 + 2 * 4);
    EXPECT_DOUBLE_EQ(binary.writes, 4 + 2 * 4);
}

// W = [[1.3, 0, -3.2], [0, 1.2, -5.1], [-1.1, 2.7, 0]], x = [0, 1.3, -1]: 4 effective of 9.
TEST(Operations, WorkedExample) {
    const Network network = one_layer(Direct::Params{}, 1, 3, 3,
                                      {1.3f, 0.0f, -1.1f, 0.0f, 1.2f, 2.7f, -3.2f, -5.1f, 0.0f});
    const ProjectionOperations graded = forward(network, {0, 1, 1}).forward[0];
    EXPECT_EQ(graded.dense, 9u);
    EXPECT_EQ(graded.macs, 4u);
    EXPECT_EQ(graded.acs, 0u);
    EXPECT_EQ(graded.reads(), 2u + 4u);
    EXPECT_DOUBLE_EQ(graded.syops_macs(), 9.0);  // values: all of them
}

// Three spiking inputs, two of them active once, one of the weights they meet is zero.
TEST(Operations, SpikesMeetNonZeroWeightsOnly) {
    const Network network =
        one_layer(Poisson::Params{}, 2, 3, 2, {0.5f, 0.0f, 0.1f, 0.2f, 0.3f, 0.4f});
    const ProjectionOperations spikes = forward(network, {1, 1, 0}).forward[0];
    EXPECT_EQ(spikes.dense, 12u);
    EXPECT_EQ(spikes.acs, 3u);
    EXPECT_EQ(spikes.macs, 0u);
    EXPECT_DOUBLE_EQ(spikes.syops_acs(), 12.0 * 2.0 / 6.0);
}

TEST(Operations, ConstantInputIsSummedAndCountedOnce) {
    const Network network = one_layer(Direct::Params{}, 5, 2, 1, {1.0f, 1.0f});
    const ProjectionOperations o = forward(network, {15, 0}, 3).forward[0];  // 3 samples, 5 steps
    EXPECT_EQ(o.macs, 3u);
    EXPECT_EQ(o.dense, 6u);
    EXPECT_EQ(o.events, 3u);
}

TEST(Operations, BackwardOfOneLayer) {
    Network network = one_layer(Poisson::Params{}, 2, 3, 2, {1, 1, 1, 1, 1, 1});
    network.projections[0].bias = {0.0f, 0.0f};
    std::vector<PopulationEvents> sent(2);
    sent[0][0] = {4, 1, 0};
    const PhaseInput in{network, sent, {{2, 2, 2}}, 4};
    const BackwardOperations first = count_backward(in, {false}, 10)[0];
    EXPECT_EQ(first.acs, 5u * 2);
    EXPECT_EQ(first.macs, 0u);
    EXPECT_EQ(first.dense, 6u * 2 * 4);
    EXPECT_EQ(first.updates, 10u * 8);
    const BackwardOperations deep = count_backward(in, {true}, 10)[0];
    EXPECT_EQ(deep.macs, 6u * 2 * 4);  // the gradient of the sources, dense
    EXPECT_EQ(deep.dense, 2 * 6u * 2 * 4);
}

// EventProp where it goes by spikes: what was done for dL/dw, and a MAC for each spike of a source
// and each weight that it meets.
TEST(Operations, BackwardAtSpikes) {
    const Network network = one_layer(Poisson::Params{}, 2, 3, 2, {1, 1, 1, 1, 1, 1});
    std::vector<PopulationEvents> sent(2);
    sent[0][0] = {4, 1, 0};
    PhaseInput in{network, sent, {{2, 2, 2}}, 4};
    in.macs_at_spikes = {7};
    in.passes_at_spikes = {true};
    const BackwardOperations first = count_backward(in, {false}, 10)[0];
    EXPECT_EQ(first.acs, 0u);
    EXPECT_EQ(first.macs, 7u);
    EXPECT_EQ(count_backward(in, {true}, 10)[0].macs, 7u + 5 * 2);
    in.macs_at_spikes = {std::nullopt};
    EXPECT_EQ(count_backward(in, {false}, 10)[0].acs, 5u * 2);
}

TEST(Operations, SumsThatMultiplyOthersAreMacsOfEachTargetAndStep) {
    Network network = one_layer(Poisson::Params{}, 4, 3, 2, {1, 1, 1, 1, 1, 1});
    network.projections.push_back({"v", 0, 1, true, {1, 1, 1, 0, 1, 1}, {}});
    network.projections[1].multiplies = 0;
    std::vector<PopulationEvents> sent(2);
    sent[0][0] = {4, 1, 0};
    PhaseInput in{network, sent, {{2, 2, 2}, {2, 1, 2}}, 3};
    const PhaseCounts counts = count_forward(in);
    EXPECT_EQ(counts.forward[0].macs, 0u);
    EXPECT_EQ(counts.forward[1].macs, 2u * 4 * 3);
    EXPECT_EQ(counts.forward[1].acs, 4u * 2 + 1);
    // A gradient of each of the two sums.
    EXPECT_EQ(count_backward(in, {false, false}, 1)[1].macs, 2 * 2u * 4 * 3);
    EXPECT_EQ(count_backward(in, {false, false}, 1)[0].macs, 0u);
    in.learns = {false, false};
    EXPECT_EQ(count_backward(in, {false, false}, 1)[1].macs, 0u);
}

TEST(Operations, CountsOfBlocksAddUp) {
    const Network network = one_layer(Poisson::Params{}, 2, 3, 2, {1, 1, 1, 1, 1, 0});
    PhaseCounts total;
    add_counts(total, forward(network, {1, 0, 2}, 2));
    add_counts(total, forward(network, {1, 1, 0}, 1));
    EXPECT_EQ(total.samples, 3u);
    EXPECT_EQ(total.forward[0].acs, 2u + 2 + 2 + 2);
    EXPECT_EQ(total.forward[0].dense, 6u * 2 * 3);
    EXPECT_EQ(total.activity[0].events, 5u);
}

TEST(ImageCost, AveragesOverImagesAndTellsPopulationsApart) {
    ModelSpec spec;
    spec.populations = {{{"in", 4}, SpikeSource::Params{}},
                        {{"lif", 3}, Lif::Params{}},
                        {{"relu", 2}, Relu::Params{}},
                        {{"out", 2}, LeakyReadout::Params{}}};
    PhaseCounts counts;
    counts.samples = 2;
    counts.activity = {{"in", 20, 40},
                       {"lif", 6, 30, false, 30, 42, 36},
                       {"relu", 9, 20, true, 0, 0, 20},
                       {"out", 0, 20, true, 20, 28, 20}};
    counts.forward = {{"in_to_lif", 120, 0, 60, 20, 40, 0, false},
                      {"lif_to_relu", 60, 12, 0, 6, 30, 0, true}};
    const ImageCost cost = image_cost(spec, counts);
    EXPECT_DOUBLE_EQ(cost.input_events, 10.0);
    EXPECT_DOUBLE_EQ(cost.spikes, 3.0);  // ReLU values are no spikes
    EXPECT_DOUBLE_EQ(cost.dense(), 90.0);
    EXPECT_DOUBLE_EQ(cost.dense_macs, 30.0);
    EXPECT_DOUBLE_EQ(cost.macs, 6.0);
    EXPECT_DOUBLE_EQ(cost.acs, 30.0);
    EXPECT_DOUBLE_EQ(cost.neuron_updates, 25.0);  // (3 + 2) neurons with a membrane, 5 steps
    EXPECT_DOUBLE_EQ(cost.syops_acs, 30.0 + 25.0);
    EXPECT_DOUBLE_EQ(cost.syops_macs, 30.0);
    EXPECT_DOUBLE_EQ(cost.reads, 0.5 * (42 + 28 + 20 + 60 + 6 + 12));
    EXPECT_DOUBLE_EQ(cost.writes, 0.5 * (36 + 20 + 20));
    EXPECT_DOUBLE_EQ(cost.activity, 26.0 / 70.0);
}

}  // namespace
}  // namespace snnsim
