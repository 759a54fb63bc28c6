// Operations and energy against numbers worked by hand.
#include "src/energy/image_cost.hpp"

#include <gtest/gtest.h>

#include "src/energy/energy_model.hpp"
#include "src/training/operations.hpp"

namespace snnsim {
namespace {

TEST(Energy, FortyFiveNanometres) {
    EXPECT_NEAR(energy_45nm.microjoules(386120.0, 0.0), 1.776152, 1e-9);
    EXPECT_NEAR(energy_45nm.microjoules(0.0, 1e6), 0.9, 1e-12);
    EXPECT_NEAR(energy_45nm.microjoules(2.0, 3.0), 11.9e-6, 1e-15);  // 2 * 4.6 + 3 * 0.9 pJ
}

// W = [[1.3, 0, -3.2], [0, 1.2, -5.1], [-1.1, 2.7, 0]], x = [0, 1.3, -1]: 4 effective of 9.
TEST(Operations, WorkedExample) {
    const Projection projection{
        "a_to_b", 0, 1, true, {1.3f, 0.0f, -1.1f, 0.0f, 1.2f, 2.7f, -3.2f, -5.1f, 0.0f}, {}};
    const ProjectionOperations graded =
        count_operations({projection, 3, 3, {0, 1, 1}, false}, projection.weights, 1);
    EXPECT_EQ(graded.dense, 9u);
    EXPECT_EQ(graded.macs, 4u);
    EXPECT_EQ(graded.acs, 0u);
}

// Three spiking inputs, two of them active once, one of the weights they meet is zero.
TEST(Operations, SpikesMeetNonZeroWeightsOnly) {
    const Projection projection{"a_to_b", 0, 1, true, {0.5f, 0.0f, 0.1f, 0.2f, 0.3f, 0.4f}, {}};
    const ProjectionOperations spikes =
        count_operations({projection, 3, 2, {1, 1, 0}, true}, projection.weights, 1);
    EXPECT_EQ(spikes.dense, 6u);
    EXPECT_EQ(spikes.acs, 3u);
    EXPECT_EQ(spikes.macs, 0u);
}

TEST(ImageCost, AveragesOverImagesAndTellsPopulationsApart) {
    ModelSpec spec;
    spec.dt = 1.0;
    spec.data.encode.duration = 5.0;
    spec.populations = {{"in", 4, SpikeSource::Params{}, {}},
                        {"lif", 3, Lif::Params{}, {}},
                        {"relu", 2, Relu::Params{}, {}},
                        {"out", 2, LeakyReadout::Params{}, {}}};
    Evaluation test;
    test.labels = {0, 1};
    test.activity = {{"in", 20, 40}, {"lif", 6, 30}, {"relu", 9, 20}};
    test.operations = {{"in_to_lif", 120, 0, 60}, {"lif_to_relu", 60, 12, 0}};
    const ImageCost cost = image_cost(spec, test);
    EXPECT_DOUBLE_EQ(cost.input_events, 10.0);
    EXPECT_DOUBLE_EQ(cost.spikes, 3.0);  // ReLU values are no spikes
    EXPECT_DOUBLE_EQ(cost.dense, 90.0);
    EXPECT_DOUBLE_EQ(cost.macs, 6.0);
    EXPECT_DOUBLE_EQ(cost.acs, 30.0);
    EXPECT_DOUBLE_EQ(cost.neuron_updates, 25.0);  // (3 + 2) neurons with a membrane, 5 steps
}

}  // namespace
}  // namespace snnsim
