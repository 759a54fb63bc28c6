// Structural plasticity: which synapses go and come, and the same ones whatever the layout.
#include "src/engine/plasticity/structure.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "tests/engine/plastic_networks.hpp"

namespace snnsim {
namespace {

std::vector<PlasticSynapse> some_synapses(std::uint32_t first, std::uint32_t count) {
    std::vector<PlasticSynapse> out;
    for (std::uint32_t source = 0; source < 30; ++source) {
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t target = first + i;
            if (source == target || (source + target) % 3 == 0) continue;
            const auto weight = static_cast<PlasticWeight>((source * 7 + target * 5) % 11);
            out.push_back({source, static_cast<std::uint16_t>(i), 1, weight, 2.0f});
        }
    }
    return out;
}
using Ends = std::set<std::pair<std::uint32_t, std::uint32_t>>;
Ends ends_of(const std::vector<PlasticSynapse>& synapses, std::uint32_t first) {
    Ends out;
    for (const PlasticSynapse& s : synapses) out.emplace(s.source, first + s.target);
    EXPECT_EQ(out.size(), synapses.size()) << "a pair has two synapses";
    return out;
}
const StructureRule rule{.below = 4,
                         .rewire = true,
                         .grown = {.source = 0, .target = 0, .ready = 9, .weight = 100, .own = -1},
                         .sources = 30,
                         .skips_itself = true};
StructureTargets targets(std::uint32_t first, std::uint32_t count) {
    return {first, count, RandomKey{1, Stream::rewiring, 0, 500, 2}};
}

TEST(Structure, EveryTargetKeepsItsInDegree) {
    std::vector<PlasticSynapse> synapses = some_synapses(0, 20);
    const auto weak = static_cast<std::uint64_t>(std::count_if(
        synapses.begin(), synapses.end(), [](const auto& s) { return s.weight < 4; }));
    const auto degrees = [](const std::vector<PlasticSynapse>& all) {
        std::map<std::uint16_t, int> of;
        for (const PlasticSynapse& s : all) ++of[s.target];
        return of;
    };
    const auto before = degrees(synapses);
    const StructureCount count = restructure(rule, targets(0, 20), synapses);
    EXPECT_GT(weak, 30u);
    EXPECT_EQ(count.pruned, weak);
    EXPECT_EQ(count.grown, weak);
    EXPECT_EQ(degrees(synapses), before);
    ends_of(synapses, 0);
    std::uint64_t grown = 0;
    for (std::size_t k = 0; k < synapses.size(); ++k) {
        const PlasticSynapse& s = synapses[k];
        EXPECT_NE(s.source, s.target);
        EXPECT_GE(s.weight, 4);
        EXPECT_EQ(s.ready, s.weight == 100 ? 9 : 1);
        grown += s.weight == 100;
        if (k > 0) {
            EXPECT_LT(std::pair(synapses[k - 1].source, synapses[k - 1].target),
                      std::pair(s.source, s.target));
        }
    }
    EXPECT_EQ(grown, weak);
}

TEST(Structure, TheSameForAnyDivisionOfTheTargets) {
    std::vector<PlasticSynapse> whole = some_synapses(0, 20), first = some_synapses(0, 7),
                                second = some_synapses(7, 13);
    restructure(rule, targets(0, 20), whole);
    restructure(rule, targets(0, 7), first);
    restructure(rule, targets(7, 13), second);
    Ends parts = ends_of(first, 0);
    parts.merge(ends_of(second, 7));
    EXPECT_EQ(parts, ends_of(whole, 0));
    std::vector<PlasticSynapse> other = some_synapses(0, 20);
    StructureTargets later = targets(0, 20);
    later.key.sub_entity = 600;
    restructure(rule, later, other);
    EXPECT_NE(ends_of(other, 0), parts);
}

TEST(Structure, PrunesWithoutRewiring) {
    StructureRule prunes = rule;
    prunes.rewire = false;
    std::vector<PlasticSynapse> synapses = some_synapses(0, 20);
    const std::size_t before = synapses.size();
    const StructureCount count = restructure(prunes, targets(0, 20), synapses);
    EXPECT_EQ(count.grown, 0u);
    EXPECT_EQ(synapses.size(), before - count.pruned);
}

struct Result {
    std::vector<std::uint64_t> spikes, numbers;
    std::vector<float> weights;
    bool operator==(const Result&) const = default;
};
void advance(Engine& engine, Result& out, std::int64_t until, std::int64_t block) {
    while (engine.now() < until) {
        engine.advance(std::min(block, until - engine.now()));
        const Spikes s = engine.take_spikes();
        for (std::size_t k = 0; k < s.size(); ++k)
            out.spikes.push_back(static_cast<std::uint64_t>(s.step[k]) << 32 |
                                 static_cast<std::uint64_t>(s.population[k]) << 24 | s.cell[k]);
        const std::vector<StateSamples> records = engine.take_weights();
        out.numbers.insert(out.numbers.end(), records[0].counts.begin(), records[0].counts.end());
        for (const float x : records[1].values)
            out.weights.push_back(std::isnan(x) ? -1.0f : x);  // so that equal is equal
    }
}
void finish(const Engine& engine, Result& out) {
    for (const ProjectionWeights& w : engine.weights()) {
        out.weights.insert(out.weights.end(), w.weight.begin(), w.weight.end());
        out.numbers.insert(out.numbers.end(), w.source.begin(), w.source.end());
        out.numbers.insert(out.numbers.end(), w.target.begin(), w.target.end());
        out.numbers.insert(out.numbers.end(), w.structure.pruned.begin(), w.structure.pruned.end());
    }
}
Result run(const SimulationSpec& spec, int threads, std::int64_t block) {
    const auto engine = make_engine(spec, {.threads = threads});
    Result out;
    advance(*engine, out, spec.steps(), block);
    finish(*engine, out);
    return out;
}

TEST(Structure, TheSameOnAnyNumberOfThreadsAndWithAnyBlock) {
    const SimulationSpec spec = rewired_network();
    const Result wanted = run(spec, 1, 2000);
    EXPECT_GT(wanted.spikes.size(), 1000u);
    for (const int threads : {1, 2, 3, 7})
        EXPECT_EQ(run(spec, threads, threads == 1 ? 13 : 700), wanted) << threads << " threads";
}

TEST(Structure, GoesOnFromAStateOnOtherThreads) {
    const SimulationSpec spec = rewired_network();
    const Result wanted = run(spec, 1, 2000);
    for (const auto& [before, after] : {std::pair{1, 2}, {3, 1}}) {
        for (const std::int64_t at : {1, 250, 1333}) {
            const auto first = make_engine(spec, {.threads = before});
            Result out;
            advance(*first, out, at, 500);
            const auto second = make_engine(spec, {.threads = after});
            second->set_state(first->state());
            advance(*second, out, spec.steps(), 500);
            finish(*second, out);
            EXPECT_EQ(out, wanted) << before << " then " << after << " at " << at;
        }
    }
}

TEST(Structure, CountsWhatItDid) {
    const SimulationSpec spec = rewired_network();
    const auto engine = make_engine(spec, {.threads = 2});
    const std::vector<ProjectionWeights> before = engine->weights();
    engine->advance(spec.steps());
    const std::vector<ProjectionWeights> after = engine->weights();
    const auto sum = [](const std::vector<std::uint64_t>& counts) {
        return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    };
    const std::size_t times[] = {8, 5, 4};
    for (std::size_t k = 0; k < 3; ++k) {
        const StructureCounts& s = after[k].structure;
        EXPECT_EQ(s.step.size(), times[k]);
        EXPECT_EQ(s.step.front() * times[k], 2000u);
        EXPECT_GT(sum(s.pruned), 50u) << k;
        EXPECT_EQ(sum(s.grown), k == 2 ? 0 : sum(s.pruned));
        EXPECT_EQ(after[k].weight.size(), before[k].weight.size() - sum(s.pruned) + sum(s.grown));
        std::map<std::uint32_t, int> degree[2];
        for (const std::uint32_t target : before[k].target) ++degree[0][target];
        for (const std::uint32_t target : after[k].target) ++degree[1][target];
        if (k < 2) {
            EXPECT_EQ(degree[0], degree[1]);
        }
        Ends ends;
        for (std::size_t n = 0; n < after[k].source.size(); ++n)
            EXPECT_TRUE(ends.emplace(after[k].source[n], after[k].target[n]).second);
        if (k == 0) {
            for (const auto& [source, target] : ends) EXPECT_NE(source, target);
        }
    }
    // The last interval ends with the run: nothing weak is left.
    for (const float w : after[0].weight) EXPECT_GE(w, 3.0f - 1e-6f);
}

TEST(Structure, StaysWhileWeightsDo) {
    const SimulationSpec spec = rewired_network();
    const auto engine = make_engine(spec, {});
    engine->set_plastic(false);
    engine->advance(600);
    EXPECT_TRUE(engine->weights()[0].structure.step.empty());
}

TEST(Structure, NeedsAFreeSourceForEverySynapse) {
    SimulationSpec spec = rewired_network();
    spec.projections[1].connect.rule = Rule::fixed_in_degree;
    spec.projections[1].connect.n = 61;
    try {
        make_engine(spec, {});
        ADD_FAILURE() << "no error";
    } catch (const ModelError& e) {
        EXPECT_NE(std::string(e.what()).find(
                      "test.yaml:13:5: S_to_E: cell 0 of 'E' has 61 synapses from 60 sources"),
                  std::string::npos)
            << e.what();
    }
    spec.projections[1].plasticity->structure->rewire = false;
    EXPECT_NO_THROW(make_engine(spec, {}));
}

}  // namespace
}  // namespace snnsim
