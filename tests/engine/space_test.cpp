// Networks in space: positions, masks, kernels, weights and delays by distance, stencils. Numbers
// are those of NEST 3.10, or of theory where it draws.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "kernels/synapses/permutation.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/synapses/listed_synapses.hpp"
#include "src/space/pair_space.hpp"
#include "src/space/window.hpp"
#include "tests/engine/space_network.hpp"

namespace snnsim {
namespace {

EdgeList edges(const SimulationSpec& spec) {
    return listed_synapses(spec, 0, 2);
}
std::vector<int> out_degrees(const EdgeList& edges, std::size_t cells) {
    std::vector<int> degree(cells);
    for (const std::uint32_t s : edges.source) ++degree[s];
    return degree;
}
/// What all values are, or -1.
int same(const std::vector<int>& values) {
    for (const int v : values) {
        if (v != values[0]) return -1;
    }
    return values[0];
}
std::multiset<std::pair<std::uint32_t, std::uint32_t>> pairs(const EdgeList& edges) {
    std::multiset<std::pair<std::uint32_t, std::uint32_t>> out;
    for (std::size_t k = 0; k < edges.source.size(); ++k)
        out.insert({edges.source[k], edges.target[k]});
    return out;
}
/// What is wrong with a model; "" where it is read and built.
std::string problem(const std::string& space, const std::string& projection,
                    const std::string& more = "") {
    try {
        edges(network(space, projection, more));
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}
void expect_problem(const std::string& found, const std::string& part) {
    EXPECT_NE(found.find(part), std::string::npos) << "found: " << found << "\nexpected: " << part;
}

TEST(Space, GridsAreNumberedAsInNest) {
    const std::string all = "connect: all_to_all, weight: 1 pA";
    const auto at = [&](const std::string& space) {
        return positions_of(network(space, all), 0).at;
    };
    const double third = 1.0 / 3.0;
    const std::vector<Point> flat{{-third, .25, 0}, {-third, -.25, 0}, {0, .25, 0},
                                  {0, -.25, 0},     {third, .25, 0},   {third, -.25, 0}};
    const std::vector<Point> deep{{-.25, .25, -.25}, {-.25, .25, .25}, {-.25, -.25, -.25},
                                  {-.25, -.25, .25}, {.25, .25, -.25}, {.25, .25, .25},
                                  {.25, -.25, -.25}, {.25, -.25, .25}};
    for (const auto& [got, wanted] :
         {std::pair{at("grid: [3, 2]"), flat}, std::pair{at("grid: [2, 2, 2]"), deep}}) {
        ASSERT_EQ(got.size(), wanted.size());
        for (std::size_t k = 0; k < got.size(); ++k)
            for (std::size_t d = 0; d < 3; ++d) EXPECT_NEAR(got[k][d], wanted[k][d], 1e-12) << k;
    }
    // As images: x fastest, from the top.
    const std::vector<Point> rows = at("grid: [3, 2], order: rows");
    EXPECT_NEAR(rows[1][0], 0.0, 1e-12);
    EXPECT_NEAR(rows[1][1], 0.25, 1e-12);
    EXPECT_NEAR(rows[3][1], -0.25, 1e-12);
}

TEST(Space, PositionsWithoutAnExtentRoundItUp) {
    const SimulationSpec spec =
        network("positions: [[0, 0], [2.5, 1.2]]", "connect: all_to_all, weight: 1 pA");
    const Positions p = positions_of(spec, 0);
    EXPECT_EQ(spec.populations[0].size, 2);
    EXPECT_DOUBLE_EQ(p.extent[0], 3.0);
    EXPECT_DOUBLE_EQ(p.extent[1], 2.0);
    EXPECT_DOUBLE_EQ(p.center[0], 1.25);
    EXPECT_DOUBLE_EQ(p.center[1], 0.6);
}

TEST(Space, TheShortestWayCrossesBorders) {
    EXPECT_NEAR(Positions::wrapped(0.8, 1.0), -0.2, 1e-15);
    EXPECT_NEAR(Positions::wrapped(-0.8, 1.0), 0.2, 1e-15);
    EXPECT_DOUBLE_EQ(Positions::wrapped(0.5, 1.0), -0.5);
    EXPECT_DOUBLE_EQ(Positions::wrapped(-0.5, 1.0), -0.5);
}

TEST(Space, ADiscReachesTheSameCellsFromEveryNode) {
    for (const auto& [radius, degree] :
         {std::pair{1, 5}, std::pair{2, 13}, std::pair{3, 29}, std::pair{4, 49}}) {
        for (const int extent : {10, 1}) {
            const std::string space = "grid: [10, 10], periodic: true, extent: [" +
                                      std::to_string(extent) + ", " + std::to_string(extent) + "]";
            const std::string mask =
                "mask: {shape: circle, radius: " + std::to_string(radius * extent / 10.0) + "}";
            EXPECT_EQ(same(out_degrees(edges(network(space, "connect: {rule: fixed_probability, " +
                                                                mask + "}, weight: 1 pA")),
                                       100)),
                      degree)
                << radius << " " << extent;
        }
    }
}

TEST(Space, NoPairComesTwice) {
    const EdgeList disc = edges(network("grid: [4, 4], periodic: true",
                                        "connect: {rule: all_to_all, mask: {shape: circle, radius: "
                                        "0.5}}, weight: 1 pA"));
    EXPECT_EQ(disc.source.size(), 176u);  // NEST makes 208 connections of them
    const auto box = pairs(edges(network("grid: [4, 4], periodic: true",
                                         "connect: {rule: all_to_all, mask: {shape: box, lower: "
                                         "[-0.5, -0.5], upper: [0.5, 0.5]}}, weight: 1 pA")));
    EXPECT_EQ(box.size(), 256u);
    EXPECT_EQ(std::set(box.begin(), box.end()).size(), 256u);
}

TEST(Space, MasksOfFields) {
    const auto degree = [](const std::string& mask, const std::string& more = "") {
        return same(out_degrees(
            edges(network("grid: [7, 5], periodic: true", "connect: {rule: all_to_all, " + more +
                                                              "mask: " + mask + "}, weight: 1 pA")),
            35));
    };
    EXPECT_EQ(degree("moore"), 9);
    EXPECT_EQ(degree("moore", "autapses: false, "), 8);
    EXPECT_EQ(degree("{shape: moore, range: 2}"), 25);
    EXPECT_EQ(degree("von_neumann", "autapses: false, "), 4);
    EXPECT_EQ(degree("{shape: von_neumann, range: 2}"), 13);
    EXPECT_EQ(degree("{shape: grid, cells: [3, 2]}"), 6);
    EXPECT_EQ(degree("{shape: nearest, n: 6}"), 6);
    EXPECT_EQ(degree("{shape: doughnut, radius: 0.29, inner_radius: 0.1}"), 10);
    EXPECT_EQ(degree("{shape: ellipse, axes: [0.6, 0.3]}"), 5);
    EXPECT_EQ(degree("{shape: ellipse, axes: [0.6, 0.3], azimuth: 90}"), 5);
    // To the right and down; an anchor moves it.
    const auto targets = [](const std::string& mask) {
        const EdgeList all = edges(network(
            "grid: [5, 5]", "connect: {rule: all_to_all, mask: " + mask + "}, weight: 1 pA"));
        std::set<std::uint32_t> out;
        for (std::size_t k = 0; k < all.source.size(); ++k) {
            if (all.source[k] == 12) out.insert(all.target[k]);
        }
        return out;
    };
    EXPECT_EQ(targets("{shape: grid, cells: [2, 3]}"),
              (std::set<std::uint32_t>{12, 13, 14, 17, 18, 19}));
    EXPECT_EQ(targets("{shape: grid, cells: [2, 3], anchor: [1, 1]}"),
              (std::set<std::uint32_t>{6, 7, 8, 11, 12, 13}));
    EXPECT_EQ(targets("{shape: box, lower: [0, 0], upper: [0.2, 0.2]}"),
              (std::set<std::uint32_t>{11, 12, 16, 17}));
}

TEST(Space, ABoxIsWhatASourceSendsToWhateverTheRule) {
    const std::string line = "positions: [[-2], [-1], [0], [1], [2]]";
    const std::string mask = "mask: {shape: box, lower: [0], upper: [1]}";
    for (const char* rule : {"fixed_probability", "fixed_in_degree", "fixed_out_degree"}) {
        const bool degree = std::string(rule) != "fixed_probability";
        const EdgeList all =
            edges(network(line, std::string("connect: {rule: ") + rule + ", " +
                                    (degree ? "n: 20, " : "") + mask + "}, weight: 1 pA"));
        for (std::size_t k = 0; k < all.source.size(); ++k) {
            const int d = static_cast<int>(all.target[k]) - static_cast<int>(all.source[k]);
            EXPECT_TRUE(d == 0 || d == 1) << rule << d;
        }
    }
}

TEST(Space, FreePositionsConnectAsTheGridThatTheyLieOn) {
    for (const bool periodic : {false, true}) {
        const std::string more = periodic ? ", extent: [1, 1], periodic: true" : ", extent: [1, 1]";
        std::string points = "positions: [";
        for (const Point& p :
             positions_of(network("grid: [9, 8]", "connect: all_to_all, weight: 1 pA"), 0).at)
            points += (points.back() == '[' ? "[" : ", [") + std::to_string(p[0]) + ", " +
                      std::to_string(p[1]) + "]";
        points += "], center: [0, 0]";
        for (const char* mask : {"{shape: circle, radius: 0.251}", "{shape: nearest, n: 1}",
                                 "{shape: box, lower: [-0.13, 0], upper: [0.3, 0.49]}"}) {
            const std::string all =
                std::string("connect: {rule: all_to_all, mask: ") + mask + "}, weight: 1 pA";
            EXPECT_EQ(pairs(edges(network(points + more, all))),
                      pairs(edges(network("grid: [9, 8]" + more, all))))
                << mask << periodic;
        }
    }
}

TEST(Space, Kernels) {
    const auto kernel = [](KernelSpec k, double d) { return k(d); };
    using enum KernelShape;
    EXPECT_NEAR(kernel({.shape = gaussian, .std = 1.0}, 1.0), .606530660, 5e-10);
    EXPECT_NEAR(kernel({.shape = exponential, .beta = 2.0}, 1.0), .606530660, 5e-10);
    EXPECT_NEAR(kernel({.shape = gamma, .kappa = 3.0, .theta = .5}, 2.0), .293050222, 5e-10);
    EXPECT_NEAR(kernel({.shape = gamma, .kappa = 1.0, .theta = .5}, 0.0), 2.0, 5e-10);
    EXPECT_NEAR(kernel({.shape = linear, .offset = 1.0, .slope = -.5}, 1.0), .5, 1e-12);
}

TEST(Space, AGaussianKernelGivesTheDegreesOfTheory) {
    const SimulationSpec spec = network(
        "grid: [20, 20], periodic: true",
        "connect: {rule: fixed_probability, kernel: {shape: gaussian, std: 0.25}}, weight: 1 pA");
    EXPECT_NEAR(PairSpace(spec, spec.projections[0].connect, 0, 0, false).mean_degree(), 142.895,
                5e-4);
    const std::vector<int> degree = out_degrees(edges(spec), 400);
    double mean = 0.0, square = 0.0;
    for (const int d : degree) {
        mean += d / 400.0;
        square += d * d / 400.0;
    }
    EXPECT_NEAR(mean, 142.895, 4 * 8.07 / 20.0);
    EXPECT_NEAR(std::sqrt(square - mean * mean), 8.07, 1.2);
}

TEST(Space, InDegreesAreExactAndNear) {
    const SimulationSpec spec = network("grid: [20, 20], periodic: true",
                                        "connect: {rule: fixed_in_degree, n: 50, kernel: {shape: "
                                        "gaussian, std: 0.1}}, weight: 1 pA");
    const EdgeList all = edges(spec);
    std::vector<int> degree(400);
    const PairSpace space(spec, spec.projections[0].connect, 0, 0, false);
    double distance = 0.0, itself = 0.0;
    for (std::size_t k = 0; k < all.source.size(); ++k) {
        ++degree[all.target[k]];
        distance += space.distance(all.source[k], all.target[k]) / 20000.0;
        itself += all.source[k] == all.target[k] ? 1.0 / 20000.0 : 0.0;
    }
    EXPECT_EQ(same(degree), 50);
    EXPECT_NEAR(distance, .12487, .0016);
    EXPECT_NEAR(itself, .0398, .0055);
    // Without repeats, each source once.
    const auto once = pairs(edges(network("grid: [20, 20], periodic: true",
                                          "connect: {rule: fixed_in_degree, n: 50, multapses: "
                                          "false, kernel: {shape: gaussian, std: 0.1}}, weight: 1 "
                                          "pA")));
    EXPECT_EQ(once.size(), 20000u);
    EXPECT_EQ(std::set(once.begin(), once.end()).size(), 20000u);
}

TEST(Space, DelaysGoToTheNearestStepHalvesUp) {
    const SimulationSpec spec =
        network("positions: [[0], [0.05], [0.15], [0.25], [0.349], [0.35]]",
                "connect: {rule: all_to_all, mask: {shape: box, lower: [0], upper: [1]}}, weight: "
                "1 pA, delay: {distance: linear, offset: 0.1 ms, slope: 1 ms}");
    const EdgeList all = edges(spec);
    const std::map<std::uint32_t, double> wanted{{0, 0.1}, {1, 0.2}, {2, 0.3},
                                                 {3, 0.4}, {4, 0.4}, {5, 0.5}};
    for (std::size_t k = 0; k < all.source.size(); ++k) {
        if (all.source[k] == 0) {
            EXPECT_NEAR(all.delay[k], wanted.at(all.target[k]), 1e-9);
        }
    }
    expect_problem(problem("positions: [[0], [0.05], [0.3]]",
                           "connect: all_to_all, weight: 1 pA, delay: {distance: linear, slope: 1 "
                           "ms}"),
                   "the delay from cell 0 to cell 0, 0 apart, is 0 ms, less than half a dt (0.1 "
                   "ms); write a greater offset, or autapses: false");
}

TEST(Space, WeightsByDistance) {
    const EdgeList all = edges(network(
        "grid: [11], extent: [11]",
        "connect: {rule: all_to_all, mask: {shape: circle, radius: 3}}, weight: {distance: "
        "gaussian, peak: 80 pA, std: 2}, delay: {distance: linear, offset: 1 ms, velocity: 2}"));
    ASSERT_EQ(all.source.size(), 11u * 7u - 12u);
    for (std::size_t k = 0; k < all.source.size(); ++k) {
        const double d = std::abs(double{1.0} * all.source[k] - all.target[k]);
        EXPECT_NEAR(all.weight[k], 80.0 * std::exp(-d * d / 8.0), 0.01);
        EXPECT_NEAR(all.delay[k], 1.0 + 0.5 * d, 1e-6);
    }
}

TEST(Procedural, InDegreesAreExactSourceBySource) {
    const SimulationSpec spec =
        network("grid: [300]",
                "connect: {rule: fixed_in_degree, n: 40}, procedural: true, weight: 30 pA, delay: "
                "{distribution: uniform, low: 0.3 ms, high: 2 ms}");
    const EdgeList all = edges(spec);
    std::vector<int> in(300);
    for (const std::uint32_t t : all.target) ++in[t];
    EXPECT_EQ(same(in), 40);
    double square = 0.0;
    for (const int d : out_degrees(all, 300)) square += (d - 40.0) * (d - 40.0) / 300.0;
    EXPECT_NEAR(std::sqrt(square), std::sqrt(40.0), 1.2);  // as when sources are drawn
    // A source's targets are spread as if drawn one by one: repeats come as often.
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> count;
    for (std::size_t k = 0; k < all.source.size(); ++k) ++count[{all.source[k], all.target[k]}];
    int twice = 0;
    for (const auto& [pair, n] : count) twice += n == 2 ? 1 : 0;
    // 300^2 pairs, of each 2 of 40 places, each with probability 1 / 300.
    const double mean = 780.0 * std::pow(299.0 / 300.0, 38.0);
    EXPECT_NEAR(twice, mean, 4.0 * std::sqrt(mean));
}

TEST(Procedural, APermutationIsOne) {
    for (const std::uint64_t size : {1u, 2u, 3u, 17u, 1000u, 65537u}) {
        const Permutation p({7, Stream::out_degree, 0, 3, 0}, size);
        std::set<std::uint64_t> seen;
        for (std::uint64_t k = 0; k < size; ++k) seen.insert(p(k));
        EXPECT_EQ(seen.size(), size);
        EXPECT_EQ(*seen.rbegin(), size - 1);
    }
}

TEST(Rules, PoissonAndSymmetric) {
    const auto all =
        edges(network("grid: [100]", "connect: {rule: pairwise_poisson, p: 2}, weight: 1 pA"));
    EXPECT_NEAR(static_cast<double>(all.source.size()), 20000.0, 4 * 141.0);
    for (const char* kernel : {"", ", kernel: constant"}) {
        const EdgeList both =
            edges(network("grid: [200]", std::string("connect: {rule: "
                                                     "symmetric_pairwise_bernoulli, p: 0.3") +
                                             kernel +
                                             "}, weight: {distribution: uniform, low: 1 pA, high: "
                                             "9 pA}"));
        // p N (N - 1) / 2 pairs, each in both directions.
        EXPECT_NEAR(static_cast<double>(both.source.size()), 11940.0, 8 * 64.6);
        std::map<std::pair<std::uint32_t, std::uint32_t>, double> weight;
        for (std::size_t k = 0; k < both.source.size(); ++k)
            EXPECT_TRUE(
                weight.emplace(std::pair{both.source[k], both.target[k]}, both.weight[k]).second);
        for (const auto& [pair, w] : weight) {
            EXPECT_NE(pair.first, pair.second);
            EXPECT_EQ(weight.at({pair.second, pair.first}), w);
        }
    }
}

SimulationSpec windows(const std::string& connect) {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 10 ms}\npopulations:\n"
        "  A: &cell {model: iaf_psc_exp, space: {grid: [6, 4, 2], order: rows}}\n"
        "  B: {<<: *cell, space: {grid: [3, 2, 2], order: rows}}\nprojections:\n"
        "  - {from: A, to: B, connect: " +
            connect + ", weight: 1 pA}\n",
        "test.yaml");
}

TEST(Windows, PoolTakesEachFieldOnce) {
    const SimulationSpec spec = windows("{rule: pool, window: [2, 2]}");
    const EdgeList e =
        window_edges(spec.populations[0], spec.populations[1], spec.projections[0].connect,
                     spec.projections[0].connect.window, {});
    ASSERT_EQ(e.source.size(), 48u);
    for (std::size_t k = 0; k < 48; ++k) {
        const std::uint32_t s = e.source[k], channel = s / 24, row = s / 6 % 4, column = s % 6;
        EXPECT_EQ(e.target[k], channel * 6 + row / 2 * 3 + column / 2);
    }
}

TEST(Windows, ConvReachesAllChannels) {
    const SimulationSpec spec =
        windows("{rule: conv, window: [3, 3], stride: [2, 2], padding: [1, 1]}");
    std::vector<double> weights(2 * 2 * 3 * 3);
    for (std::size_t k = 0; k < weights.size(); ++k) weights[k] = double{1.0} * k;
    const EdgeList e =
        window_edges(spec.populations[0], spec.populations[1], spec.projections[0].connect,
                     spec.projections[0].connect.window, weights);
    std::size_t wanted = 0;
    for (int to = 0; to < 2; ++to)
        for (int y = 0; y < 2; ++y)
            for (int x = 0; x < 3; ++x)
                for (int from = 0; from < 2; ++from)
                    for (int r = 0; r < 3; ++r)
                        for (int c = 0; c < 3; ++c) {
                            const int row = 2 * y - 1 + r, column = 2 * x - 1 + c;
                            if (row < 0 || row >= 4 || column < 0 || column >= 6) continue;
                            EXPECT_EQ(e.source[wanted],
                                      static_cast<std::uint32_t>(from * 24 + row * 6 + column));
                            EXPECT_EQ(e.target[wanted],
                                      static_cast<std::uint32_t>(to * 6 + y * 3 + x));
                            EXPECT_EQ(e.weight[wanted], ((to * 2 + from) * 3 + r) * 3 + c);
                            ++wanted;
                        }
    EXPECT_EQ(wanted, e.source.size());
    EXPECT_THROW(windows("{rule: conv, window: [3, 3]}"), Error);
}

TEST(Space, WhatIsWrongIsSaidWhereItStands) {
    const std::string grid = "grid: [10, 10], periodic: true";
    const auto masked = [](const std::string& mask) {
        return "connect: {rule: all_to_all, mask: " + mask + "}, weight: 1 pA";
    };
    expect_problem(problem(grid, masked("{shape: circle, radius: 0.51}")),
                   "the circle is larger than the periodic layer, whose extent is 1 along x: pairs "
                   "would come twice; write a radius of at most 0.5");
    const std::string flat = "grid: [6, 5], extent: [3, 1], periodic: true";
    EXPECT_EQ(problem(flat, masked("{shape: ellipse, axes: [2, 0.5]}")), "");
    expect_problem(problem(flat, masked("{shape: ellipse, axes: [2, 0.5], azimuth: 60}")),
                   "the ellipse is larger than the periodic layer, whose extent is 1 along y");
    expect_problem(problem(grid, masked("{shape: moore, range: 5}")),
                   "the mask is larger than the periodic layer, which has 10 fields along x");
    expect_problem(problem(grid, masked("{shape: nearest, n: 101}")),
                   "n is 101, but 'E' has only 100 other cells");
    expect_problem(problem(grid, masked("{shape: circle}")), "circle is missing the key 'radius'");
    expect_problem(problem(grid, masked("{shape: circle, radius: 0.1, n: 3}")),
                   "circle does not use 'n' (it takes: radius, anchor)");
    expect_problem(problem(grid, masked("{shape: box, lower: [0], upper: [1]}")),
                   "lower has 1 number, but the cells have 2 coordinates");
    expect_problem(problem(grid,
                           "connect: {rule: fixed_in_degree, n: 6, multapses: false, mask: "
                           "von_neumann}, weight: 1 pA"),
                   "cell 0 of 'E' has 5 sources under the mask and kernel, but n is 6");
    expect_problem(problem(grid + ", center: [1]", "connect: all_to_all, weight: 1 pA"),
                   "center has 1 number, but the cells have 2 coordinates");
    expect_problem(problem(grid, "connect: all_to_all, weight: 1 pA", ", size: 99"),
                   "the grid has 100 cells, but size is 99; leave size out");
    expect_problem(problem("grid: [100000, 100000]", "connect: all_to_all, weight: 1 pA"),
                   "the grid has 10000000000 cells, but a population has 1073741824 at most");
    expect_problem(problem("grid: []", "connect: all_to_all, weight: 1 pA"), "grid is empty");
    expect_problem(problem("positions: []", "connect: all_to_all, weight: 1 pA"),
                   "positions is empty; write a point for each cell");
    expect_problem(
        problem("positions: [[0], [1]], periodic: true", "connect: all_to_all, weight: 1 pA"),
        "periodic borders of free positions need an extent");
    expect_problem(
        problem("positions: [[0], [1]], extent: [1]", "connect: all_to_all, weight: 1 pA"),
        "position 1 (from 0) lies outside the extent");
    expect_problem(problem("positions: uniform", "connect: all_to_all, weight: 1 pA", ", size: 3"),
                   "uniform positions need an extent");
    expect_problem(problem(grid,
                           "connect: {rule: fixed_in_degree, n: 3, mask: moore}, weight: 1 "
                           "pA, procedural: true"),
                   "fixed_in_degree by the distance draws by target");
    try {
        parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 ms}\npopulations:\n"
            "  E: {model: iaf_psc_exp, size: 4}\nprojections:\n"
            "  - {from: E, to: E, connect: {rule: all_to_all, mask: moore}, weight: 1 pA}\n",
            "test.yaml");
        FAIL();
    } catch (const ModelError& e) {
        expect_problem(e.what(), "test.yaml:7:");
        expect_problem(e.what(),
                       "mask depends on the distance, but 'E' says not where its cells "
                       "are");
    }
}

TEST(Space, PopulationsShareTheFieldsOfAGrid) {
    const auto with = [](const std::string& i) {
        const std::string sheet = "positions: {fields_of: [8, 16]}, extent: [8, 16]";
        return parse_simulation(
            "name: test\ndt: 0.1 ms\nseed: 5\nsimulate: {duration: 40 ms}\npopulations:\n"
            "  E: {model: iaf_psc_exp, size: 100, space: {" +
                sheet + "}}\n  I: {model: iaf_psc_exp, size: " + i + ", space: {" + sheet +
                "}}\n  other: {model: iaf_psc_exp, size: 5, space: {positions: {fields_of: [5]}, "
                "extent: [10]}}\n",
            "test.yaml");
    };
    const SimulationSpec spec = with("28");
    std::set<Point> taken;
    bool ascending = true;
    for (const std::size_t population : {0u, 1u}) {
        const Positions p = positions_of(spec, population);
        ascending = ascending && std::is_sorted(p.at.begin(), p.at.end());
        for (const Point& at : p.at) {
            EXPECT_TRUE(taken.insert(at).second);
            for (const std::size_t k : {0u, 1u}) EXPECT_EQ(at[k] + 0.5, std::floor(at[k] + 0.5));
            EXPECT_LT(std::abs(at[0]), 4.0);
            EXPECT_LT(std::abs(at[1]), 8.0);
        }
    }
    EXPECT_EQ(taken.size(), 128u);
    EXPECT_FALSE(ascending);
    std::set<double> line;
    for (const Point& at : positions_of(spec, 2).at) line.insert(at[0]);
    EXPECT_EQ(line, (std::set<double>{-4.0, -2.0, 0.0, 2.0, 4.0}));
    try {
        with("29");
        FAIL();
    } catch (const ModelError& e) {
        expect_problem(e.what(), "test.yaml:7:");
        expect_problem(e.what(),
                       "'I' and those above it with equal fields have 129 cells, but the grid has "
                       "128 fields");
    }
    const std::string all = "connect: all_to_all, weight: 1 pA", four = ", size: 4";
    expect_problem(problem("positions: {fields_of: [2, 2]}", all, four),
                   "a grid of 2 x 2 fields needs an extent with 2 numbers, for example 'extent: "
                   "[2, 2]'");
    expect_problem(problem("positions: {fields_of: []}, extent: [1]", all, four),
                   "fields_of is empty");
    expect_problem(problem("positions: {fields_of: [2, 2, 2, 2]}, extent: [1]", all, four),
                   "fields_of has 4 numbers");
    expect_problem(problem("positions: {fields_of: [100000, 100000]}, extent: [1, 1]", all, four),
                   "the grid has 10000000000 fields");
    EXPECT_EQ(problem("positions: {fields_of: [3, 3]}, extent: [3, 3], periodic: true",
                      "connect: {rule: all_to_all, mask: {shape: circle, radius: 1}}, weight: 1 pA",
                      four),
              "");
}

TEST(Dale, AllProjectionsOfAPopulationHaveOneSign) {
    const auto with = [](const std::string& second) {
        return problem("grid: [4]",
                       "connect: all_to_all, weight: 1 pA}\n  - {from: E, to: E, name: second, "
                       "connect: all_to_all, weight: " +
                           second,
                       ", dale: true");
    };
    EXPECT_EQ(with("2 pA"), "");
    expect_problem(with("-2 pA"),
                   "with dale: true all weights of 'E' have one sign, but those of 'E_to_E' are "
                   "positive and these are negative");
    expect_problem(with("{distribution: normal, mean: 2 pA, std: 1 pA}"),
                   "with dale: true all weights have one sign");
}

}  // namespace
}  // namespace snnsim
