// What is read from the model file of a simulation.
#include <cmath>

#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

SimulationSpec read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    return parse_simulation(text, "m.yaml", overrides);
}
Distribution weight_of(const std::string& weight) {
    return read(changed("87.8 pA", weight)).projections[0].weight;
}

TEST(ReadSimulation, ReadsEverySection) {
    const SimulationSpec s = read(good_simulation);
    EXPECT_EQ(s.name, "net");
    EXPECT_EQ(s.path, "m.yaml");
    EXPECT_EQ(s.text, good_simulation);
    EXPECT_EQ(s.steps(), 10000);
    ASSERT_EQ(s.populations.size(), 3u);
    EXPECT_EQ(s.populations[0].name, "E");
    EXPECT_EQ(s.populations[0].at.line, 5);
    EXPECT_EQ(std::get<IafPscExp::Params>(s.populations[0].cell).tau_m, 15.0);
    ASSERT_EQ(s.projections.size(), 3u);
    EXPECT_EQ(s.projections[0].name(), "E_to_I");
    EXPECT_EQ(s.projections[0].at.line, 9);
    EXPECT_EQ(s.projections[0].connect.rule, Rule::fixed_probability);
    EXPECT_EQ(s.projections[0].connect.p, 0.1);
    EXPECT_EQ(s.projections[0].delay.mean, 1.5);
    EXPECT_EQ(s.projections[0].delay.unit, "ms");
    EXPECT_EQ(s.projections[1].connect.n, 5);
    EXPECT_TRUE(s.projections[1].connect.multapses);
    EXPECT_EQ(s.projections[1].weight.mean, -400.0);
    EXPECT_EQ(s.projections[1].weight.unit, "pA");
    EXPECT_EQ(s.projections[1].delay.mean, 0.0);  // one step
    EXPECT_EQ(s.projections[2].connect.rule, Rule::one_to_one);
    ASSERT_EQ(s.stimuli.size(), 2u);
    EXPECT_EQ(std::get<PoissonStimulus::Params>(s.stimuli[0].kind).rate, 8000.0);
    EXPECT_EQ(std::get<PoissonStimulus::Params>(s.stimuli[0].kind).weight.mean, 87.8);
    EXPECT_EQ(std::get<DcStimulus::Params>(s.stimuli[1].kind).amplitude.mean, 300.0);
    EXPECT_EQ(s.stimuli[1].start, 100.0);
    EXPECT_TRUE(std::isinf(s.stimuli[1].stop));
    ASSERT_EQ(s.record.size(), 2u);
    EXPECT_EQ(s.record[1].what, "i_ex");
    EXPECT_EQ(s.record[1].cells.first, 3);
    EXPECT_EQ(s.record[1].interval, 1.0);
    EXPECT_EQ(s.scale.in_degrees, 1.0);
}

TEST(ReadSimulation, TheKeySimulateTellsTheKindsApart) {
    EXPECT_TRUE(std::holds_alternative<SimulationSpec>(parse_any_model(good_simulation, "m.yaml")));
    EXPECT_TRUE(std::holds_alternative<ModelSpec>(parse_any_model(good, "m.yaml")));
    try {
        parse_model(good_simulation, "m.yaml");
        ADD_FAILURE() << "no error";
    } catch (const ModelError& e) {
        EXPECT_EQ(std::string(e.what()),
                  "m.yaml:3:11: this model is simulated, not trained; run it with `snnsim m.yaml`\n"
                  "    simulate: {duration: 1 s}\n"
                  "              ^");
    }
    expect_error(changed("simulate: {duration: 1 s}\n", ""),
                 "m.yaml:1:1: the model file is missing the key 'simulate'");
    EXPECT_NE(error_of(changed("simulate", "simulat")).find("did you mean 'simulate'?"),
              std::string::npos);
}

TEST(ReadSimulation, MergedMappingsGiveWhatIsNotGiven) {
    const SimulationSpec s = read(good_simulation);
    EXPECT_EQ(s.populations[1].size, 20);
    EXPECT_EQ(std::get<IafPscExp::Params>(s.populations[1].cell).tau_m, 12.0);
    EXPECT_EQ(s.populations[1].initial.size(), 1u);
    const SimulationSpec two = read(
        changed(
            "  S: {size: 80, model: poisson_source, rate: 8 Hz}",
            "  J: &second {size: 3, model: iaf_psc_delta}\n  S: {<<: [*second, *cell], initial: "
            "{}, tau_m: 1 ms, size: 80}"),
        {"projections=[]"});
    EXPECT_TRUE(std::holds_alternative<IafPscDelta::Params>(two.populations[3].cell));
    // Told once, though two populations have it.
    expect_error(changed("initial: {v: -60 mV}", "initial: {v: -60}"), "v needs a unit");
    expect_error(changed("tau_m: 15 ms", "tau: 15 ms"), "unknown key 'tau' in E");
    EXPECT_NE(error_of(changed("<<: *cell", "<<: 3"))
                  .find("m.yaml:6:11: << takes a mapping, as in '<<: *base', not '3'"),
              std::string::npos);
}

TEST(ReadSimulation, Distributions) {
    Distribution d = weight_of("{distribution: normal, mean: 0.1 nA, std: 10 pA, low: 0 pA}");
    EXPECT_EQ(d.shape, Shape::normal);
    EXPECT_EQ(d.mean, 100.0);
    EXPECT_EQ(d.std, 10.0);
    EXPECT_EQ(d.low, 0.0);
    EXPECT_TRUE(std::isinf(d.high));
    EXPECT_EQ(d.outside, Outside::redraw);
    EXPECT_EQ(d.unit, "pA");
    d = weight_of("{distribution: uniform, low: -2 pA, high: 3 pA}");
    EXPECT_EQ(d.shape, Shape::uniform);
    EXPECT_EQ(d.mean, 0.5);
    EXPECT_EQ(d.low, -2.0);
    EXPECT_EQ(d.high, 3.0);
    d = weight_of("{distribution: lognormal, mean: 5 pA, std: 0.3, high: 9 pA, outside: clip}");
    EXPECT_EQ(d.shape, Shape::lognormal);
    EXPECT_EQ(d.std, 0.3);
    EXPECT_EQ(d.outside, Outside::clip);
    d = weight_of("{distribution: exponential, mean: -5 pA}");
    EXPECT_EQ(d.shape, Shape::exponential);
    EXPECT_EQ(d.mean, -5.0);
    d = weight_of("{distribution: constant, value: 2 pA}");
    EXPECT_TRUE(d.constant());
    EXPECT_EQ(d.mean, 2.0);
}

TEST(ReadSimulation, ParametersMayVaryFromCellToCell) {
    const SimulationSpec s = read(
        changed("tau_m: 12 ms",
                "tau_m: {distribution: normal, mean: 12 ms, std: 1 ms, low: 5 ms}, t_ref: "
                "{distribution: constant, value: 3 ms}, "
                "initial: {v: {distribution: uniform, low: -0.07 V, high: -55 mV}, i_in: -3 pA}"));
    const CellPopulationSpec& p = s.populations[1];
    ASSERT_EQ(p.varied.size(), 1u);
    EXPECT_EQ(p.varied[0].name, "tau_m");
    EXPECT_EQ(p.varied[0].value.std, 1.0);
    EXPECT_EQ(p.varied[0].value.unit, "ms");
    EXPECT_EQ(std::get<IafPscExp::Params>(p.cell).tau_m, 10.0);  // the default
    EXPECT_EQ(std::get<IafPscExp::Params>(p.cell).t_ref, 3.0);
    ASSERT_EQ(p.initial.size(), 2u);
    EXPECT_EQ(p.initial[0].name, "v");
    EXPECT_EQ(p.initial[0].value.low, -70.0);
    EXPECT_EQ(p.initial[1].name, "i_in");
    EXPECT_EQ(p.initial[1].value.mean, -3.0);
}

TEST(ReadSimulation, ASourceHasOneRate) {
    const SimulationSpec s = read(good_simulation);
    EXPECT_EQ(std::get<PoissonSource::Params>(s.populations[2].cell).rate, 8.0);
    EXPECT_EQ(s.populations[2].rate, 8.0);
    EXPECT_EQ(read(changed("tau_m: 15 ms", "rate: 3 Hz")).populations[0].rate, 3.0);
    const CellPopulationSpec varied =
        read(changed("rate: 8 Hz", "rate: {distribution: uniform, low: 1 Hz, high: 9 Hz}"))
            .populations[2];
    EXPECT_EQ(varied.varied.at(0).name, "rate");
    EXPECT_EQ(varied.rate, 0.0);
}

TEST(ReadSimulation, EveryCellModelAndEveryStimulusIsRead) {
    for (const char* name : CellModels::names) {
        if (name == std::string(EquationCell::name)) continue;  // stands for those of `models`
        const bool plays = std::string_view(name) == "spike_source";
        const std::string file =
            plays ? ", file: " + std::string(SNNSIM_SOURCE_DIR) + "/CMakeLists.txt" : "";
        const SimulationSpec s =
            read(changed("  S: {size: 80, model: poisson_source, rate: 8 Hz}",
                         std::string("  S: {size: 80, rate: 8 Hz, model: ") + name + file + "}"));
        EXPECT_STREQ(CellModels::name_of(s.populations[2].cell), name);
    }
    const auto kind = [](const std::string& keys) {
        return Stimuli::name_of(
            read(changed("kind: dc, amplitude: 300 pA", "stop: 1 s, kind: " + keys))
                .stimuli[1]
                .kind);
    };
    EXPECT_STREQ(kind("poisson, rate: 1 Hz, weight: -1 pA"), "poisson");
    EXPECT_STREQ(kind("dc, amplitude: {distribution: normal, mean: 1 nA, std: 1 pA}"), "dc");
    EXPECT_STREQ(kind("steps, times: [1 ms], amplitudes: [1 pA]"), "steps");
    EXPECT_STREQ(kind("ramp, first: 1 pA, last: 2 nA"), "ramp");
    EXPECT_STREQ(kind("sine, amplitude: 1 pA, frequency: 40 Hz"), "sine");
    EXPECT_STREQ(kind("noise, mean: 1 pA, std: 3 pA"), "noise");
}

TEST(ReadSimulation, OverridesReachIntoPlainValues) {
    const SimulationSpec s = read(
        good_simulation,
        {"projections.0.weight.value=1 pA", "projections.2.connect.rule=all_to_all",
         "populations.I.tau_m=9 ms", "populations.E.initial.v=-65 mV", "scale.neurons=0.5",
         "simulate.duration=2 s", "projections.1.weight={distribution: exponential, mean: -3 pA}"});
    EXPECT_EQ(s.projections[0].weight.mean, 1.0);
    EXPECT_EQ(s.projections[2].connect.rule, Rule::all_to_all);
    EXPECT_EQ(std::get<IafPscExp::Params>(s.populations[1].cell).tau_m, 9.0);
    EXPECT_EQ(s.populations[0].initial[0].value.mean, -65.0);
    EXPECT_EQ(s.populations[1].initial[0].value.mean, -60.0);
    EXPECT_EQ(s.scale.neurons, 0.5);
    EXPECT_EQ(s.steps(), 20000);
    EXPECT_EQ(s.projections[1].weight.shape, Shape::exponential);
    EXPECT_EQ(s.overrides.size(), 7u);
}

}  // namespace
}  // namespace snnsim
