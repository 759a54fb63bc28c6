#include "src/model/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/simulation_spec.hpp"
#include "src/model/distance_keys.hpp"
#include "src/model/distribution.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

using Words = std::map<std::string, Word>;

/// What to write on the other side for a word that it lacks.
struct Instead {
    Side here;
    const char *word, *other;
};
constexpr Instead instead[] = {
    {Side::simulation, "train", "`plasticity` of a projection"},
    {Side::simulation, "test", "`evaluate` of a phase"},
    {Side::simulation, "encode", "`stimuli`, or `present` of a phase"},
    {Side::simulation, "scheme", "`kind` of `stimuli`"},
    {Side::simulation, "bias", "`i_e` of the population"},
    {Side::simulation, "trainable", "`plasticity`"},
    {Side::simulation, "init", "`distribution`"},
    {Side::simulation, "reset", "v_reset"},
    {Side::simulation, "tau_s", "tau_syn_ex and tau_syn_in"},
    {Side::simulation, "v_leak", "e_l"},
    {Side::simulation, "lr", "the amplitudes of a plasticity rule"},
    {Side::simulation, "kaiming_uniform", "uniform"},
    {Side::simulation, "xavier_uniform", "uniform"},
    {Side::simulation, "fan_in_uniform", "uniform"},
    {Side::simulation, "kaiming_normal", "normal"},
    {Side::simulation, "xavier_normal", "normal"},
    {Side::training, "iaf_psc_alpha", "cuba_lif"},
    {Side::training, "iaf_cond_exp", "cuba_lif"},
    {Side::training, "lif_cond_adaptive", "adaptive_lif"},
    {Side::training, "aeif_cond_exp", "adaptive_lif"},
    {Side::training, "poisson_source", "spike_source, with the encoder poisson"},
    {Side::training, "regular_source", "spike_source, with the encoder regular"},
    {Side::training, "stimuli", "`data.encode`"},
    {Side::training, "plasticity", "`train`"},
    {Side::training, "v_reset", "reset"},
    {Side::training, "tau_syn_ex", "tau_s"},
    {Side::training, "tau_syn_in", "tau_s"},
    {Side::training, "e_l", "v_leak"},
    {Side::training, "i_e", "`bias` of a projection"},
    {Side::training, "distribution", "`init`"},
    {Side::training, "lognormal", "normal"},
};

class Collector {
  public:
    Words words;

    void add(Side side, const std::string& word, const char* what, const std::string& where = "") {
        Word& w = words[word];
        std::vector<Meaning>& all = side == Side::training ? w.training : w.simulation;
        const bool known = std::any_of(all.begin(), all.end(), [&](const Meaning& m) {
            return m.what == what && m.where == where;
        });
        if (!known) all.push_back({what, where});
    }
    template <class Names>
    void add_all(Side side, const Names& names, const char* what) {
        for (const auto& name : names) add(side, name, what);
    }
    /// The keys of a section.
    template <class Section>
    void keys(Side side, const char* where, const char* what = "key") {
        Section::fields().for_each([&](const auto& f) { add(side, f.name, what, where); });
        if constexpr (requires { Section::alternative(); })
            add(side, Section::alternative().key, what, where);
    }
    /// Alternatives and their parameters.
    template <class... Models>
    void alternatives(Side side, const char* what, ModelList<Models...>) {
        const auto add_one = [&]<class M>() {
            if constexpr (is_equations<M> || std::is_same_v<M, EquationRule>)
                return;  // has no name in a file
            add(side, M::name, what);
            keys<typename M::Params>(side, M::name, "parameter");
        };
        (add_one.template operator()<Models>(), ...);
    }
};

void add_training(Collector& c) {
    constexpr Side t = Side::training;
    c.keys<ModelSpec>(t, "the file");
    c.keys<DataSpec>(t, "data");
    c.keys<EncodeSpec>(t, "data.encode");
    c.keys<AugmentSpec>(t, "data.augment");
    c.keys<InputSpec>(t, "data.inputs");
    c.keys<OutputSpec>(t, "data.outputs");
    c.keys<PopulationSpec>(t, "populations");
    c.keys<BatchNormSpec>(t, "batch_norm");
    c.keys<DaleSpec>(t, "dale");
    c.keys<TrainableSpec>(t, "trainable");
    c.keys<ProjectionSpec>(t, "projections");
    c.keys<ConnectSpec>(t, "connect");
    c.keys<WeightSpec>(t, "weight");
    c.keys<LearnedDelaySpec>(t, "delay");
    c.keys<DelaySigmaSpec>(t, "delay.sigma");
    c.keys<BiasSpec>(t, "bias");
    c.keys<TrainSpec>(t, "train");
    c.keys<OutputLossSpec>(t, "train.loss");
    c.keys<ScheduleSpec>(t, "train.schedule");
    c.keys<RateSpec>(t, "train.rate_penalty");
    c.keys<EarlyStoppingSpec>(t, "train.early_stopping");
    c.keys<PruneSpec>(t, "train.prune");
    c.keys<SpineSpec>(t, "train.spines");
    c.keys<TrainPhaseSpec>(t, "train.phases");
    c.keys<TestSpec>(t, "test");
    c.keys<QuantizeSpec>(t, "test.quantize");
    c.keys<RecordSpec>(t, "record");
    c.alternatives(t, "model", NeuronModels{});
    c.alternatives(t, "encoder", Encoders{});
    c.alternatives(t, "method of learning", Methods{});
    c.alternatives(t, "surrogate", Surrogates{});
    c.alternatives(t, "optimizer", Optimizers{});
    for (std::size_t k = 0; k < Names<Rule>::values.size(); ++k) {
        if (!only_simulated(static_cast<Rule>(k)))
            c.add(t, Names<Rule>::values[k], "connection rule");
    }
    c.add_all(t, Names<WeightInit>::values, "rule of initial weights");
    c.add_all(t, Names<DelayOf>::values, "learned delay");
    c.add_all(t, Names<DelayInit>::values, "start of learned delays");
    c.add_all(t, Names<Loss>::values, "loss");
    c.add_all(t, Names<RecordWhat>::values, "record");
}

template <class... Models>
void add_states(Collector& c, ModelList<Models...>) {
    const auto add = [&]<class M>(const M*) {
        if constexpr (is_equations<M>) return;
        M::states().for_each(
            [&](const auto& s) { c.add(Side::simulation, s.name, "state variable", M::name); });
    };
    (add(static_cast<const Models*>(nullptr)), ...);
}

void add_simulation(Collector& c) {
    constexpr Side s = Side::simulation;
    c.keys<SimulationSpec>(s, "the file");
    c.keys<SimulateSpec>(s, "simulate");
    c.keys<PhaseSpec>(s, "phases");
    c.keys<PhaseRateSpec>(s, "phases.rates");
    c.keys<LesionSpec>(s, "phases.lesions");
    c.keys<PresentSpec>(s, "present");
    c.keys<PatternsSpec>(s, "present.patterns");
    c.keys<RepeatSpec>(s, "present.repeat");
    c.keys<TrialRewardSpec>(s, "present.reward");
    c.keys<RewardTimesSpec>(s, "reward");
    c.keys<SimulationDataSpec>(s, "data");
    c.keys<CellPopulationSpec>(s, "populations");
    c.keys<SpaceSpec>(s, "populations.space");
    c.keys<SynapsesSpec>(s, "projections");
    c.keys<MaskSpec>(s, "connect.mask");
    c.keys<KernelSpec>(s, "connect.kernel");
    c.add_all(s, Names<MaskShape>::values, "mask");
    c.add_all(s, Names<KernelShape>::values, "kernel");
    c.add_all(s, Names<DistanceLaw>::values, "law of the distance");
    c.add(s, "distance", "key", "laws of the distance");
    for (std::size_t k = 0; k < Names<DistanceLaw>::values.size(); ++k) {
        for (const DistanceKey& key : keys_of(static_cast<DistanceLaw>(k)))
            c.add(s, key.name, "key", "laws of the distance");
    }
    c.keys<ConnectSpec>(s, "connect");
    c.keys<PlasticitySpec>(s, "plasticity");
    c.keys<NormaliseSpec>(s, "plasticity.normalise");
    c.keys<ScalingSpec>(s, "plasticity.scaling");
    c.keys<StructureSpec>(s, "plasticity.structure");
    c.keys<RateScheduleSpec>(s, "plasticity.schedule");
    c.keys<ShortTermSpec>(s, "short_term");
    c.keys<ReleaseSpec>(s, "release");
    c.keys<GliotransmissionSpec>(s, "gliotransmission");
    c.keys<StimulusSpec>(s, "stimuli");
    c.keys<SimulationRecordSpec>(s, "record");
    c.keys<GapJunctionsSpec>(s, "gap_junctions");
    c.keys<ScaleSpec>(s, "scale");
    c.alternatives(s, "model", CellModels{});
    c.alternatives(s, "plasticity rule", PlasticityRules{});
    c.alternatives(s, "stimulus", Stimuli{});
    c.add_all(s, Names<Rule>::values, "connection rule");
    c.add_all(s, Names<Shape>::values, "distribution");
    c.add(s, "distribution", "key", "distributions");
    for (std::size_t k = 0; k < Names<Shape>::values.size(); ++k) {
        for (const DistributionKey& key : keys_of(static_cast<Shape>(k)))
            c.add(s, key.name, "key", "distributions");
    }
    for (const char* what : {"spikes", "rate", "input", "input_ex", "input_in", "current", "weight",
                             "weight_histogram"})
        c.add(s, what, "record");
    add_states(c, CellModels{});
}

Words collect() {
    Collector c;
    add_training(c);
    add_simulation(c);
    for (const Instead& i : instead) {
        const auto word = c.words.find(i.word);
        if (word == c.words.end()) continue;  // such a word was never in a model file
        (i.here == Side::training ? word->second.instead_in_training
                                  : word->second.instead_in_simulation) = i.other;
    }
    return std::move(c.words);
}

/// "key of data, record", "model"; several kinds with "and" between them.
std::string meanings_text(const std::vector<Meaning>& meanings, std::size_t most) {
    std::string out;
    std::vector<std::string> done;
    for (const Meaning& m : meanings) {
        if (std::find(done.begin(), done.end(), m.what) != done.end()) continue;
        done.push_back(m.what);
        std::vector<std::string> places;
        for (const Meaning& other : meanings) {
            if (other.what == m.what && !other.where.empty()) places.push_back(other.where);
        }
        if (places.size() > most) {
            places.resize(most);
            places.push_back("...");
        }
        out += (out.empty() ? "" : "; ") + m.what + (places.empty() ? "" : " of " + join(places));
    }
    return out;
}

}  // namespace

const std::map<std::string, Word>& vocabulary() {
    static const Words words = collect();
    return words;
}

std::string other_side(const std::string& word, const std::string& what, Side here) {
    const auto at = vocabulary().find(word);
    if (at == vocabulary().end()) return "";
    const bool training = here == Side::training;
    const Word& w = at->second;
    const std::vector<Meaning>& there = training ? w.simulation : w.training;
    const std::vector<Meaning>& own = training ? w.training : w.simulation;
    const auto same_kind = [&](const Meaning& m) { return m.what == what; };
    if (std::any_of(own.begin(), own.end(), same_kind)) return "";
    std::vector<Meaning> meant;
    std::copy_if(there.begin(), there.end(), std::back_inserter(meant), same_kind);
    // A word of another kind that both sides know tells nothing.
    if (meant.empty() && own.empty()) meant = there;
    if (meant.empty()) return "";
    const std::string text = meanings_text(meant, 3);
    const std::string article =
        std::string("aeiou").find(text[0]) == std::string::npos ? "a " : "an ";
    const std::string& other = training ? w.instead_in_training : w.instead_in_simulation;
    return fmt::format("; {} is {}{} of {}{}", word, article,
                       text.substr(0, std::min(text.find("; "), text.size())),
                       training ? "simulations" : "trainings",
                       other.empty() ? "" : "; here " + other);
}

std::string vocabulary_table() {
    std::string out = "| word | training | simulation |\n|---|---|---|\n";
    const auto cell = [](const std::vector<Meaning>& meanings, const std::string& instead) {
        if (!meanings.empty()) return meanings_text(meanings, 1000);
        return instead.empty() ? std::string("-") : "- (" + instead + ")";
    };
    for (const auto& [word, w] : vocabulary()) {
        out += fmt::format("| `{}` | {} | {} |\n", word, cell(w.training, w.instead_in_training),
                           cell(w.simulation, w.instead_in_simulation));
    }
    return out;
}

}  // namespace snnsim
