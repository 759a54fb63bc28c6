// Stencils, and rows that are drawn anew: the spikes of stored rows, on any number of threads and
// on a device.
#include <gtest/gtest.h>

#include "snnsim/engine.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"
#include "tests/engine/space_network.hpp"

namespace snnsim {
namespace {

const std::vector<std::string> stencils{
    "connect: {rule: all_to_all, mask: moore}, weight: 60 pA, delay: 0.4 ms",
    "connect: {rule: all_to_all, autapses: false, mask: {shape: grid, cells: [3, 4], anchor: [0, "
    "2]}}, weight: -50 pA",
    "connect: {rule: fixed_probability, mask: {shape: circle, radius: 3.3}}, weight: {distance: "
    "linear, offset: 60 pA, slope: -30 pA}, delay: {distance: linear, offset: 0.3 ms, velocity: "
    "2}"};

TEST(Stencils, GiveTheSpikesOfRows) {
    for (const std::string& projection : stencils) {
        for (const char* grid : {"grid: [23, 14], extent: [23, 14]",
                                 "grid: [23, 14], extent: [23, 14], periodic: true",
                                 "grid: [14, 23], extent: [14, 23], order: rows, periodic: true",
                                 "grid: [8, 9, 7], extent: [8, 9, 7], periodic: true",
                                 "grid: [300], extent: [300], periodic: true"}) {
            const std::string space = grid;
            const std::size_t dimensions = space.find("[300]") != std::string::npos   ? 1
                                           : space.find("[8, 9") != std::string::npos ? 3
                                                                                      : 2;
            if (projection.find("cells") != std::string::npos && dimensions != 2) continue;
            const SimulationSpec spec = network(space, projection);
            ASSERT_EQ(storage_of(spec.projections[0]), Storage::stencil);
            SimulationSpec rows = spec;
            rows.projections[0].stencil = false;
            const std::vector<Sent> wanted = run(rows, 1);
            EXPECT_GT(wanted.size(), 40u) << space << projection;
            for (const int threads : {1, 2, 5})
                EXPECT_EQ(run(spec, threads), wanted) << space << projection;
            const auto serial = make_serial_engine(spec, {.threads = 1});
            std::vector<Sent> got = run(*serial, spec.steps());
            EXPECT_EQ(got, wanted) << space << projection;
        }
    }
}

TEST(Stencils, TakeNoMemory) {
    const SimulationSpec spec = network("grid: [100, 100]", stencils[0]);
    SimulationSpec rows = spec;
    rows.projections[0].stencil = false;
    const auto bytes = [](const SimulationSpec& s) {
        return make_engine(s, {.threads = 1})->report().bytes;
    };
    EXPECT_LT(bytes(spec) + 4u * 88000u, bytes(rows));
}

TEST(Procedural, ByDistanceGivesTheSpikesOfRows) {
    for (const char* connect :
         {"{rule: fixed_probability, kernel: {shape: gaussian, std: 2}}",
          "{rule: fixed_out_degree, n: 9, mask: {shape: circle, radius: 4}}",
          "{rule: pairwise_poisson, p: 0.4, mask: {shape: circle, radius: 3}}"}) {
        for (const char* space : {"grid: [20, 16], extent: [20, 16], periodic: true",
                                  "positions: uniform, extent: [20, 16]"}) {
            const auto spec = [&](const std::string& more) {
                return network(space,
                               std::string("connect: ") + connect +
                                   ", weight: {distance: exponential, peak: 80 pA, beta: 2}, "
                                   "delay: {distance: linear, offset: 0.2 ms, slope: 0.2 ms}" +
                                   more,
                               ", size: 320");
            };
            const std::vector<Sent> wanted = run(spec(""), 1);
            EXPECT_GT(wanted.size(), 100u);
            EXPECT_EQ(run(spec(", procedural: true"), 2), wanted) << connect << space;
            EXPECT_EQ(run(spec(""), 3), wanted) << connect << space;
        }
    }
}

TEST(Procedural, InDegreesGiveTheSameSpikesInAnyForm) {
    const SimulationSpec spec =
        network("grid: [300]",
                "connect: {rule: fixed_in_degree, n: 40}, procedural: true, weight: 30 pA, delay: "
                "{distribution: uniform, low: 0.3 ms, high: 2 ms}");
    const std::vector<Sent> wanted = run(spec, 1);
    EXPECT_GT(wanted.size(), 100u);
    EXPECT_EQ(run(spec, 3), wanted);
    const auto serial = make_serial_engine(spec, {.threads = 1});  // where a team draws a row
    EXPECT_EQ(run(*serial, spec.steps()), wanted);
}

}  // namespace
}  // namespace snnsim
