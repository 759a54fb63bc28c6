// The promise of the same bits: spikes of the shipped models, whatever the machine, compiler and
// threads. A change that means to change them changes the digests here.
#include "src/io/digest.hpp"

#include <gtest/gtest.h>

#include "snnsim/engine.hpp"
#include "snnsim/read_model.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

struct Promise {
    const char* model;
    std::vector<std::string> overrides;
    const char* digest;
};

std::string digest_of(const SimulationSpec& spec, int threads, std::int64_t block) {
    const auto engine = make_engine(spec, {.threads = threads});
    std::vector<SpikeDigest> digests;
    for (const CellPopulationSpec& p : spec.populations) digests.emplace_back(p.name);
    while (engine->now() < spec.steps()) {
        engine->advance(std::min(block, spec.steps() - engine->now()));
        const Spikes spikes = engine->take_spikes();
        for (std::size_t k = 0; k < spikes.size(); ++k)
            digests[spikes.population[k]].add(0, spikes.step[k], spikes.cell[k]);
    }
    std::vector<std::pair<std::string, std::string>> named;
    for (std::size_t p = 0; p < digests.size(); ++p)
        named.emplace_back(spec.populations[p].name, digests[p].hex());
    return combined_digest(named).substr(0, 16);
}

TEST(Digests, OfTheShippedModels) {
    const std::vector<Promise> promises{
        {"cuba", {"simulate.duration=500 ms"}, "4228725d3a97ffdd"},
        {"coba", {"simulate.duration=200 ms"}, "aea2f07ed3acfde1"},
        {"brunel", {"simulate.duration=40 ms"}, "140e22ac5caa37ca"},
        {"brunel_wang", {"simulate.duration=100 ms"}, "b2cf985ad729df5f"},
        {"izhikevich_1000", {"simulate.duration=300 ms"}, "040478563d65ad8b"},
        {"izhikevich_patterns", {}, "0a51d7f074bf37a3"},
        {"grid_waves", {"simulate.duration=300 ms"}, "7687cf1b1aa19fdd"},
        {"adex_patterns", {"simulate.duration=200 ms"}, "2903efc6130e438f"},
        {"microcircuit",
         {"simulate.duration=100 ms", "scale.neurons=0.05", "scale.in_degrees=0.05"},
         "541f8eff5dda5786"},
        {"song_abbott", {"simulate.duration=2 s"}, "2deff5e4cd0f5549"},
        {"inhibitory_plasticity", {"simulate.duration=1 s"}, "bf93ed8f22f44f4f"},
        {"triplet_frequency", {"simulate.duration=1 s"}, "468797dc77b40a18"},
        {"brunel_stdp",
         {"simulate.duration=60 ms", "projections.0.connect.n=80", "projections.1.connect.n=80",
          "projections.2.connect.n=20", "projections.3.connect.n=20"},
         "857978c9a9a8f6b0"},
    };
    for (const Promise& p : promises) {
        const AnyModel model = read_any_model(shipped_model(p.model), p.overrides);
        const auto& spec = std::get<SimulationSpec>(model);
        EXPECT_EQ(digest_of(spec, 1, 1 << 20), p.digest) << p.model << " on one thread";
        for (const int threads : {2, 3, 7})
            EXPECT_EQ(digest_of(spec, threads, 997), p.digest) << p.model << " on " << threads;
    }
}

}  // namespace
}  // namespace snnsim
