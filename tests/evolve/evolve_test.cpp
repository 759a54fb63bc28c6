// Circuits with a known answer, their genes, and the cart and pole.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"
#include "src/evolve/circuit_population.hpp"
#include "src/evolve/neat.hpp"
#include "src/evolve/read_evolve.hpp"
#include "src/evolve/run_circuits.hpp"

namespace snnsim {
namespace {

constexpr CircuitEnds one_to_one{1, 1};

/// Input 0 to the output, cell 1, which an inhibitory cell 2 holds back.
Genome feed_forward_inhibition() {
    return {{{1, false, 10.0, 1.0}, {2, true, 10.0, 1.0}},
            {{0, 0, 1, 1.5, 5}, {1, 0, 2, 1.0, 1}, {2, 2, 1, 1.0, 3}}};
}

RecordedTrial recorded(const Genome& genome, const std::vector<std::uint32_t>& sent) {
    TrialSet trial;
    trial.inputs = sent;
    trial.labels = {1};
    trial.steps = trial.to = static_cast<std::uint32_t>(sent.size());
    CircuitSet circuit;
    circuit.add(genome, one_to_one);
    return make_cpu_circuit_runner(1)->record(circuit, trial);
}

TEST(Circuit, SpikesArriveAfterTheirDelays) {
    Genome genome = feed_forward_inhibition();
    const std::vector<std::uint32_t> sent{0, 1, 0, 0, 0, 0, 0, 0, 0, 0};  // at 2 ms
    // The inhibitory cell fires at 3 ms and reaches the output at 6 ms, the input at 7 ms: what is
    // left of 1 after 1 ms is taken off 1.5.
    EXPECT_EQ(recorded(genome, sent).fired,
              (std::vector<std::uint32_t>{0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
    genome.edges[2].on = false;
    const RecordedTrial freed = recorded(genome, sent);
    EXPECT_EQ(freed.fired, (std::vector<std::uint32_t>{0, 0, 2, 0, 0, 0, 1, 0, 0, 0}));
    EXPECT_EQ(freed.record.spikes, 2u);
    EXPECT_EQ(freed.record.first[0], 7u);
    EXPECT_EQ(freed.record.count[0], 1u);
    genome.edges[2].on = true;
    genome.cells[1].inhibits = false;  // the kind of the cell is the sign of its edges
    EXPECT_EQ(recorded(genome, sent).fired,
              (std::vector<std::uint32_t>{0, 0, 2, 0, 0, 1, 1, 0, 0, 0}));
}

TEST(Circuit, AnyNumberOfThreadsGivesTheSame) {
    EvolveFile file;
    file.evolve.task = EvolveTask::winner_take_all;
    const CircuitEnds ends = ends_of(file.evolve);
    CircuitSet set;
    const auto population = make_circuit_population(file, ends);
    for (const Genome& g : population->genomes()) set.add(g, ends);
    const TrialSet trials = trials_of(file.evolve, 7, evolve_draws(1, EvolveDraws::trials, 0));
    const auto one = make_cpu_circuit_runner(1)->run(set, trials);
    const auto three = make_cpu_circuit_runner(3)->run(set, trials);
    ASSERT_EQ(one.size(), 7 * set.circuits.size());
    std::uint32_t spikes = 0;
    for (std::size_t k = 0; k < one.size(); ++k) {
        EXPECT_EQ(one[k].spikes, three[k].spikes);
        EXPECT_EQ(one[k].count[0], three[k].count[0]);
        EXPECT_EQ(one[k].first[1], three[k].first[1]);
        spikes += one[k].spikes;
    }
    EXPECT_GT(spikes, 0u);
}

TEST(Genes, TheSameChangeHasTheSameNumber) {
    Innovations innovations({2, 1});
    EXPECT_EQ(innovations.edge(0, 2), 0u);
    EXPECT_EQ(innovations.edge(1, 2), 1u);
    EXPECT_EQ(innovations.edge(0, 2), 0u);
    EXPECT_EQ(innovations.cell(0, 0), 3u);
    EXPECT_EQ(innovations.cell(1, 0), 4u);
    EXPECT_EQ(innovations.cell(0, 0), 3u);
    EXPECT_EQ(innovations.cell(0, 1), 5u);
}

TEST(Genes, DistanceCountsOtherEdgesAndWeights) {
    const Genome a{{{2}}, {{0, 0, 2, 1.0, 1}, {1, 1, 2, 0.5, 1}, {3, 2, 2, 0.5, 1}}};
    Genome b{{{2}}, {{0, 0, 2, 0.5, 1}, {2, 1, 1, 0.5, 1}}};
    const NeatSpec spec{.excess = 2.0, .disjoint = 1.0, .weights = 0.4};
    // Edge 3 is in excess, 1 and 2 are disjoint, 0 differs by 0.5.
    EXPECT_DOUBLE_EQ(distance(a, b, spec), 2.0 + 2.0 + 0.2);
    EXPECT_DOUBLE_EQ(distance(b, a, spec), 2.0 + 2.0 + 0.2);
    for (std::uint32_t k = 10; k < 30; ++k) b.edges.push_back({k, 0, 2, 1.0, 1});
    EXPECT_DOUBLE_EQ(distance(a, b, spec), (2.0 * 20.0 + 3.0) / 22.0 + 0.2);
}

TEST(Genes, CrossingKeepsTheStructureOfTheFitter) {
    const Genome fitter{{{2}, {3, true}},
                        {{0, 0, 2, 1.0, 1}, {1, 1, 3, 1.0, 1}, {4, 3, 2, 1.0, 1}}};
    const Genome other{{{2}}, {{0, 0, 2, 2.0, 9}, {2, 1, 2, 2.0, 9}, {5, 0, 0, 2.0, 9}}};
    int theirs = 0;
    for (std::uint32_t k = 0; k < 100; ++k) {
        SearchDraws draws(7, k);
        const Genome child = crossed(fitter, other, draws);
        ASSERT_EQ(child.edges.size(), 3u);
        ASSERT_EQ(child.cells.size(), 2u);
        EXPECT_EQ(child.edges[1].innovation, 1u);
        EXPECT_EQ(child.edges[2].weight, 1.0);
        theirs += child.edges[0].weight == 2.0;
    }
    EXPECT_GT(theirs, 30);
    EXPECT_LT(theirs, 70);
}

TEST(Genes, StayWithinTheirBounds) {
    const CircuitEnds ends{3, 2};
    Innovations innovations(ends);
    SearchDraws draws(3, 0);
    NeatSpec spec;
    spec.cells = 12;
    spec.add_edge = spec.add_node = spec.flip_rate = spec.cell_rate = spec.delay_rate = 1.0;
    Genome genome = first_genome(ends, innovations, draws);
    for (int k = 0; k < 300; ++k) mutate(genome, spec, ends, innovations, draws);
    EXPECT_EQ(genome.cells.size(), 12u);
    for (std::size_t k = 0; k + 1 < genome.edges.size(); ++k)
        EXPECT_LT(genome.edges[k].innovation, genome.edges[k + 1].innovation);
    for (const EdgeGene& e : genome.edges) {
        EXPECT_TRUE(e.weight >= 0.0 && e.delay >= 1 && e.delay <= longest_circuit_delay);
        EXPECT_TRUE(genome.cell(e.to)) << "edges end at cells";
        EXPECT_TRUE(e.from < ends.inputs || genome.cell(e.from));
    }
    for (const CellGene& c : genome.cells) EXPECT_TRUE(c.tau_m >= 5.0 && c.tau_m <= 40.0);
    CircuitSet set;
    set.add(genome, ends);
    EXPECT_EQ(set.edges.size(), edges_on(genome, ends));
    EXPECT_EQ(set.rows.size(), 3u + 12u + 1u);
}

/// Fitness is what sets the number of cells: only species with more of them stay.
TEST(Neat, GrowsWhereItPays) {
    EvolveFile file;
    file.evolve.population = 60;
    Neat neat(file, {2, 1});
    for (int g = 0; g < 40; ++g) {
        ASSERT_EQ(neat.genomes().size(), 60u);
        std::vector<double> fitness;
        for (const Genome& genome : neat.genomes())
            fitness.push_back(static_cast<double>(genome.cells.size()) - 10.0);
        neat.tell(fitness);
    }
    std::size_t most = 0;
    for (const Genome& genome : neat.genomes()) most = std::max(most, genome.cells.size());
    EXPECT_GE(most, 5u);
    EXPECT_GE(neat.species(), 1u);
}

TEST(CartPole, StepsAsCartPoleV1) {
    CartPole cart{0.02f, -0.3f, 0.05f, 0.4f};
    double x = 0.02, x_speed = -0.3, angle = 0.05, angle_speed = 0.4;
    for (int k = 0; k < 20; ++k) {
        const double force = k % 3 == 0 ? -10.0 : 10.0;
        cart.push(static_cast<float>(force));
        const double pushed = (force + 0.05 * angle_speed * angle_speed * std::sin(angle)) / 1.1;
        const double angle_force =
            (9.8 * std::sin(angle) - std::cos(angle) * pushed) /
            (0.5 * (4.0 / 3.0 - 0.1 * std::cos(angle) * std::cos(angle) / 1.1));
        const double x_force = pushed - 0.05 * angle_force * std::cos(angle) / 1.1;
        x += 0.02 * x_speed;
        x_speed += 0.02 * x_force;
        angle += 0.02 * angle_speed;
        angle_speed += 0.02 * angle_force;
        EXPECT_NEAR(cart.x, x, 1e-5);
        EXPECT_NEAR(cart.angle, angle, 1e-5);
        EXPECT_NEAR(cart.angle_speed, angle_speed, 1e-4);
    }
    EXPECT_FALSE((CartPole{0.0f, 0.0f, 0.209f, 0.0f}).lost());
    EXPECT_TRUE((CartPole{0.0f, 0.0f, 0.2097f, 0.0f}).lost());
    EXPECT_TRUE((CartPole{-2.41f, 0.0f, 0.0f, 0.0f}).lost());
}

TEST(Tasks, WhatIsRight) {
    EvolveSpec spec;
    spec.task = EvolveTask::xor_latency;
    const TrialSet trials = trials_of(spec, 4, evolve_draws(1, EvolveDraws::trials, 0));
    EXPECT_EQ(trials.labels, (std::vector<std::uint8_t>{0, 1, 1, 0}));
    TrialRecord records[4];
    const std::uint32_t first[] = {13, 14, 30, 2};
    for (int k = 0; k < 4; ++k) {
        records[k].count[0] = 1;
        records[k].first[0] = first[k];
    }
    EXPECT_EQ(score_of(spec, trials, records).score, 1.0);
    records[1].first[0] = 13;
    EXPECT_EQ(score_of(spec, trials, records).score, 0.75);
    records[1].count[0] = 0;  // silence is no late spike
    EXPECT_EQ(score_of(spec, trials, records).score, 0.75);
}

TEST(EvolveFile, TellsAllProblemsAtOnce) {
    try {
        parse_evolve(
            "name: a/b\nevolve:\n  task: order\n  window: 3 ms\n  jitter: 12 ms\n"
            "  population: 1\n  generations: 5\n  wiring: {cells: 3}\n",
            "e.yaml");
        FAIL();
    } catch (const ModelError& e) {
        const std::string said = e.what();
        for (const char* part : {"e.yaml:1:7", "e.yaml:4:11: window is a key of coincidence",
                                 "e.yaml:5:11: jitter must be below", "e.yaml:6:15",
                                 "wiring is a key of the method weights"})
            EXPECT_NE(said.find(part), std::string::npos) << part << " in\n" << said;
    }
}

}  // namespace
}  // namespace snnsim
