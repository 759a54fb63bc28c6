// Receptors with names: what each kind of synapse brings, and to which of them.
#include "snnsim/receptors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "snnsim/edge_list.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/synapses/listed_synapses.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/model/model_text.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

const std::vector<std::string> names{"ampa", "nmda", "gaba_a", "gaba_b"};

/// 20 sources that fire once; 37 cells, of which what arrives at each receptor is recorded.
std::string text(const std::string& projections, const std::string& stimuli = "") {
    std::string out =
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 5 ms}\npopulations:\n"
        "  S: {model: regular_source, size: 20, rate: 10 Hz, first: 1 ms}\n"
        "  E: {model: iaf_cond_nmda, size: 37, v_th: 0 mV}\n";
    if (!projections.empty()) out += "projections:\n" + projections;
    if (!stimuli.empty()) out += "stimuli:\n" + stimuli;
    out += "record:\n";
    for (const std::string& name : names)
        out += "  - {population: E, what: input_" + name + ", interval: 5 ms}\n";
    return out;
}

/// What arrived at each receptor, in all, on so many threads.
std::vector<double> arrived(const std::string& model, int threads) {
    const SimulationSpec spec = parse_simulation(model, "m.yaml");
    const auto engine = make_engine(spec, {.threads = threads});
    engine->advance(spec.steps());
    std::vector<double> out;
    for (const StateSamples& s : engine->take_states())
        out.push_back(std::accumulate(s.values.begin(), s.values.end(), 0.0));
    return out;
}

TEST(Receptors, EachKindOfSynapseReachesTheOneThatIsNamed) {
    struct Form {
        const char* keys;
        double sum;
    };
    const std::vector<Form> forms{
        {"connect: {rule: fixed_in_degree, n: 8}, weight: 0.5 nS", 37 * 8 * 0.5},
        {"connect: {rule: fixed_out_degree, n: 9}, weight: 0.5 nS, procedural: true", 20 * 9 * 0.5},
        {"connect: all_to_all, weight: 0.25 nS, delay: 1 ms", 20 * 37 * 0.25},
        {"connect: all_to_all, weight: {distribution: uniform, low: 0.5 nS, high: 0.5001 nS}",
         20 * 37 * 0.50005},
        {"connect: all_to_all, weight: 0.5 nS, plasticity: {rule: stdp, w_max: 1 nS}",
         20 * 37 * 0.5},
        {"connect: all_to_all, weight: 0.5 nS, short_term: {u_0: 0.5, tau_rec: 100 ms}",
         20 * 37 * 0.25},
    };
    for (const Form& form : forms) {
        for (std::size_t r = 0; r < names.size(); ++r) {
            for (const std::string& receptor : {names[r], std::to_string(r + 1)}) {
                const std::string model =
                    text("  - {from: S, to: E, receptor: " + receptor + ", " + form.keys + "}\n");
                for (const int threads : {1, 3}) {
                    const std::vector<double> got = arrived(model, threads);
                    ASSERT_EQ(got.size(), names.size());
                    for (std::size_t k = 0; k < got.size(); ++k)
                        EXPECT_NEAR(got[k], k == r ? form.sum : 0.0, 1e-3 * form.sum)
                            << form.keys << ", " << receptor << " at " << names[k];
                }
            }
        }
    }
}

TEST(Receptors, StimuliReachTheOneThatIsNamed) {
    for (std::size_t r = 0; r < names.size(); ++r) {
        const std::vector<double> got = arrived(
            text("", fmt::format("  - {{to: E, kind: poisson, receptor: {}, rate: 20 kHz, weight: "
                                 "0.5 nS}}\n",
                                 r + 1)),
            1);
        for (std::size_t k = 0; k < got.size(); ++k)
            EXPECT_NEAR(got[k], k == r ? 37 * 100 * 0.5 : 0.0, 37 * 5.0) << names[k];
    }
}

TEST(Receptors, EachHasAGridOfItsOwn) {
    const SimulationSpec spec = parse_simulation(
        text("  - {from: S, to: E, connect: all_to_all, receptor: ampa, weight: 1000 nS}\n"
             "  - {from: S, to: E, name: weak, connect: {rule: fixed_in_degree, n: 1}, receptor: "
             "gaba_b, weight: 1 pS}\n"),
        "m.yaml");
    const WeightGrid grid = plan_weights(spec).grid;
    const std::size_t e = spec.population_index("E");
    ASSERT_EQ(grid.scale[e].size(), 4u);
    EXPECT_GT(grid.scale[e][3], 100.0 * grid.scale[e][0]);
    const EdgeList listed = listed_synapses(spec, 1, 1);
    ASSERT_EQ(listed.weight.size(), 37u);
    EXPECT_NEAR(listed.weight[5], 1e-3, 1e-5);
}

TEST(Receptors, TargetsOfOneSumAndOfTwoHaveTablesOfTheirOwn) {
    // The grids of a target's two receptors may add up to that of another's only one.
    const auto mean_of = [](const std::string& tau_in) {
        const SimulationSpec spec = parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 ms}\npopulations:\n"
            "  S: {model: poisson_source, size: 100, rate: 10 Hz}\n"
            "  A: {model: iaf_psc_exp, size: 50, tau_syn_ex: 2 ms, tau_syn_in: 4 ms}\n"
            "  B: {model: iaf_psc_exp, size: 50, tau_syn_ex: 2 ms, tau_syn_in: " +
                tau_in +
                "}\n"
                "projections:\n"
                "  - {from: S, to: A, connect: {rule: fixed_in_degree, n: 10}, weight: &w "
                "{distribution: uniform, low: -10 pA, high: 10 pA}}\n"
                "  - {from: S, to: B, connect: {rule: fixed_in_degree, n: 10}, weight: *w}\n",
            "m.yaml");
        const std::vector<double> weights = listed_synapses(spec, 1, 1).weight;
        return *std::max_element(weights.begin(), weights.end());
    };
    EXPECT_NEAR(mean_of("2 ms"), mean_of("4 ms"), 0.3);
}

std::string stimulus(const std::string& keys) {
    return text("", "  - {to: E, kind: poisson, rate: 1 kHz, " + keys + "}\n");
}
std::string synapses(const std::string& keys) {
    return text("  - {from: S, to: E, connect: all_to_all, " + keys + "}\n");
}

TEST(Receptors, SayWhichThereAre) {
    const std::string known = "(known: ampa (1), nmda (2), gaba_a (3), gaba_b (4))";
    expect_error(synapses("weight: 1 nS"),
                 "m.yaml:8:5: the key 'receptor' is missing: which receptor of 'E' (iaf_cond_nmda) "
                 "the weights reach: ampa (1), nmda (2), gaba_a (3), gaba_b (4)");
    expect_error(
        synapses("weight: 1 nS, receptor: gaba"),
        "m.yaml:8:67: 'E' (iaf_cond_nmda) has no receptor 'gaba'; did you mean 'gaba_a'? " + known);
    for (const char* number : {"0", "5", "-1", "1.5"})
        expect_error(synapses("weight: 1 nS, receptor: " + std::string(number)),
                     "has no receptor '" + std::string(number) + "' " + known);
    expect_error(stimulus("weight: 1 nS"), "m.yaml:8:5: the key 'receptor' is missing");
    expect_error(stimulus("weight: 1 nS, receptor: 7"), "'E' (iaf_cond_nmda) has no receptor '7'");
    expect_error(stimulus("weight: 1 pA, receptor: ampa"),
                 "weight is a current, but 'E' (iaf_cond_nmda) takes a conductance (nS)");
    EXPECT_EQ(error_of(synapses("weight: 1 nS, receptor: 4")), "no error");
    expect_error(changed("weight: -0.4 nA", "weight: -0.4 nA, receptor: in"),
                 "'E' (iaf_psc_exp) has no receptors with names: the sign of a weight says whether "
                 "it excites or inhibits; leave receptor out");
    expect_error(changed("weight: 87.8 pA}", "weight: 87.8 pA, receptor: 1}"),
                 "m.yaml:13:68: 'E' (iaf_psc_exp) has no receptors with names");
}

TEST(Receptors, AConductanceTakesNoNegativeWeight) {
    const std::string wrong =
        " can be below 0, but the receptor 'gaba_a' of 'E' (iaf_cond_nmda) is "
        "a conductance, which would become negative; ";
    expect_error(synapses("receptor: gaba_a, weight: -1 nS"),
                 "m.yaml:8:69: weight" + wrong + "write a positive one");
    expect_error(synapses("receptor: gaba_a, weight: {distribution: normal, mean: 1 nS, std: 1 "
                          "nS}"),
                 "weight" + wrong + "add low: 0 nS");
    expect_error(stimulus("receptor: 3, weight: -1 nS"), "weight" + wrong);
    expect_error(synapses("receptor: 3, weight: 0 nS, plasticity: {rule: stdp, w_max: -1 nS}"),
                 "w_max" + wrong);
}

/// The stimulus of coherence 51.2 % that favours A begins at 500 ms.
TEST(Receptors, SaturatingOnesLetANetworkDecide) {
    const AnyModel any =
        read_any_model(shipped_model("brunel_wang"), {"simulate.duration=1100 ms"});
    const auto& spec = std::get<SimulationSpec>(any);
    const auto engine = make_engine(spec, {.threads = 1});
    engine->advance(spec.steps());
    const Spikes spikes = engine->take_spikes();
    std::array<double, 4> before{}, after{};  // Hz: A, B, N, I; from 200 ms, and from 900 ms
    for (std::size_t k = 0; k < spikes.size(); ++k) {
        const std::size_t p = spikes.population[k];
        const auto cells = static_cast<double>(spec.populations[p].size);
        if (spikes.step[k] > 2000 && spikes.step[k] <= 5000) before[p] += 1.0 / (cells * 0.3);
        if (spikes.step[k] > 9000) after[p] += 1.0 / (cells * 0.2);
    }
    EXPECT_LT(before[0], 10.0);
    EXPECT_GT(after[0], 20.0);
    EXPECT_LT(after[1], 3.0);
}

}  // namespace
}  // namespace snnsim
