// The reference of the model file, from the tables that the reader uses.
#include <fmt/format.h>

#include <optional>
#include <type_traits>

#include "snnsim/evolve_spec.hpp"
#include "snnsim/hopfield_spec.hpp"
#include "snnsim/read_model.hpp"
#include "snnsim/search_spec.hpp"
#include "src/model/active_steps.hpp"
#include "src/model/distance_keys.hpp"
#include "src/model/distribution.hpp"
#include "src/model/read_fields.hpp"
#include "src/model/simulation_checks.hpp"

namespace snnsim {
namespace {

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

/// What stands in the column "default"; nothing where a default lies outside the limits and so
/// cannot be written.
template <class T>
std::string default_text(const T& value, const char* unit, const Limits& limits) {
    if constexpr (std::is_enum_v<T>) {
        return fmt::format("`{}`", name_of(value));
    } else if constexpr (std::is_same_v<T, bool>) {
        return value ? "`true`" : "`false`";
    } else if constexpr (std::is_same_v<T, BiasSpec>) {
        return "`false`";
    } else if constexpr (std::is_arithmetic_v<T>) {
        if (!std::isfinite(static_cast<double>(value))) return "";
        if (!within(static_cast<double>(value), limits)) return "";
        return fmt::format("`{:g}{}{}`", static_cast<double>(value), *unit ? " " : "", unit);
    } else if constexpr (Listed<T>) {
        return fmt::format("`{}`", ListOf<T>::type::name_of(value));
    } else if constexpr (std::is_same_v<T, CellChoice>) {
        return "`0`";
    } else if constexpr (is_optional<T>) {
        if constexpr (std::is_arithmetic_v<typename T::value_type>) return "";  // see its meaning
        return "none";
    } else {
        return "";
    }
}

template <class Names>
std::string code_list(const Names& names) {
    std::string out;
    for (const char* name : names) out += fmt::format("{}`{}`", out.empty() ? "" : ", ", name);
    return out;
}

template <class S, class... Models>
constexpr bool has_params(ModelList<Models...>) {
    return (std::is_same_v<S, typename Models::Params> || ...);
}
/// The checks refuse a distribution for any quantity of it. Of stimuli only a dc may differ from
/// cell to cell.
template <class S>
constexpr bool of_single_values =
    (has_params<S>(Stimuli{}) && !std::is_same_v<S, DcStimulus::Params>) ||
    std::is_same_v<S, PlasticitySpec> || std::is_same_v<S, NormaliseSpec> ||
    std::is_same_v<S, StructureSpec>;

template <class T>
std::string type_text(const Limits& limits, const char* unit, bool single = false) {
    if constexpr (std::is_enum_v<T>) {
        return code_list(Names<T>::values);
    } else if constexpr (std::is_same_v<T, bool>) {
        return "`true` or `false`";
    } else if constexpr (std::is_same_v<T, std::optional<bool>>) {
        return "`true` or `false`";
    } else if constexpr (std::is_same_v<T, BiasSpec>) {
        return "`true`, `false`, or a mapping: see below";
    } else if constexpr (std::is_arithmetic_v<T>) {
        const std::string kind = std::is_integral_v<T> ? "whole number"
                                 : *unit               ? fmt::format("quantity in {}", unit)
                                                       : "number";
        const std::string range = limits_text(limits);
        return range.empty() ? kind : kind + ", " + range;
    } else if constexpr (Listed<T>) {
        return "a name, or a mapping with `name`: " + code_list(ListOf<T>::type::names);
    } else if constexpr (std::is_same_v<T, std::optional<double>>) {
        return type_text<double>(limits, unit);
    } else if constexpr (std::is_same_v<T, std::string>) {
        return "name";
    } else if constexpr (std::is_same_v<T, std::vector<double>>) {
        return fmt::format("list; each a {}", type_text<double>(limits, unit));
    } else if constexpr (std::is_same_v<T, std::vector<std::vector<std::int64_t>>>) {
        return "list of lists of whole numbers";
    } else if constexpr (std::is_same_v<T, std::vector<Distribution>>) {
        return "list of quantities";
    } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
        return fmt::format("list; each a {}", type_text<std::int64_t>(limits, unit));
    } else if constexpr (std::is_same_v<T, PositionsSpec>) {
        return "`uniform`, list of points, or `{file: ...}`";
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        return "list of texts";
    } else if constexpr (std::is_same_v<T, std::vector<TrainableSpec>>) {
        return "list of names, or mapping: see below";
    } else if constexpr (std::is_same_v<T, ClassWeights>) {
        return "`balanced`, or list of numbers, each at least 0";
    } else if constexpr (std::is_same_v<T, CellChoice>) {
        return "whole number, list of them, or `{random: n}`";
    } else if constexpr (std::is_same_v<T, Distribution>) {
        if (unit == std::string(white_noise_unit)) return "quantity times sqrt(ms), at least 0";
        return fmt::format("quantity{}{}",
                           unit == std::string(any_input) ? "" : fmt::format(" in {}", unit),
                           single ? "" : ", or distribution");
    } else {
        return "see below";
    }
}

/// Text for a cell: what Markdown would take for a column or a tag is escaped.
std::string cell(const char* text) {
    std::string out;
    for (; *text; ++text) {
        if (*text == '|' || *text == '<') out += '\\';
        out += *text;
    }
    return out;
}

std::string row(const char* name, const std::string& type, const std::string& standard,
                const char* help) {
    return fmt::format("| `{}` | {} | {} | {} |\n", name, type, standard, cell(help));
}

template <class S>
std::string rows() {
    const S defaults{};
    std::string out;
    if constexpr (HasAlternative<S>) {
        const auto choice = S::alternative();
        out += row(choice.key, "see below", "required", choice.help);
    }
    const auto add = [&](const auto& f) {
        using T = std::remove_cvref_t<decltype(defaults.*f.member)>;
        out += row(f.name, type_text<T>(f.limits, f.unit, of_single_values<S>),
                   f.need == Need::required ? "required"
                                            : default_text(defaults.*f.member, f.unit, f.limits),
                   f.help);
    };
    S::fields().for_each(add);
    return out;
}

std::string table(const std::string& rows) {
    if (rows.empty()) return "No parameters.\n";
    return "| key | value | default | meaning |\n|---|---|---|---|\n" + rows;
}

template <class S>
std::string section(const std::string& title, const std::string& text) {
    return fmt::format("\n## {}\n\n{}\n\n{}", title, text, table(rows<S>()));
}

template <class... Models>
std::string alternatives(const std::string& title, const std::string& text, ModelList<Models...>) {
    std::string out = fmt::format("\n## {}\n\n{}\n", title, text);
    const auto add = [&]<class M>(const M*) {
        if constexpr (std::is_same_v<M, EquationRule>) return;  // has no name in a file
        out += fmt::format("\n### {}\n\n", M::name);
        if constexpr (requires { M::help; }) out += fmt::format("{}\n\n", cell(M::help));
        out += table(rows<typename M::Params>());
    };
    (add(static_cast<const Models*>(nullptr)), ...);
    return out;
}

template <class M>
constexpr bool is_trained = std::is_same_v<M, SpikeSource> || NeuronModel<M>;

/// Why a model is of one side only.
template <class M>
const char* only_here() {
    if constexpr (is_trained<M>) {
        return "it has a value at every step: nothing of it is an event";
    } else {
        return M::receptors == 0 ? "the input of a training is a spike_source"
                                 : "it has no backward step";
    }
}

template <class M>
std::string model_section() {
    std::string out = fmt::format("\n### {}\n\n{}", M::name, table(rows<typename M::Params>()));
    if constexpr (LearnsParameters<M>) {
        std::string learns;
        for (const char* name : M::learns)
            learns += fmt::format("{}`{}`", learns.empty() ? "" : ", ", name);
        out += fmt::format("\nCan be trained: {}.\n", learns);
    }
    if constexpr (CellModel<M>) {
        out += "\n";
        if constexpr (has_named_receptors<M>) {
            out += "Receptors: ";
            std::string before;
            for (const NamedReceptor& r : M::named_receptors) {
                out += fmt::format("{}`{}` ({}{})", before, r.name, kind_name(r.unit),
                                   *r.unit ? fmt::format(", {}", r.unit) : "");
                before = ", ";
            }
            out += ".\n\n";
        } else if (M::receptors > 0) {
            out += fmt::format("Input: {}{}.\n\n", kind_name(M::input_unit),
                               *M::input_unit ? fmt::format(" in {}", M::input_unit) : "");
        }
        out += "| state variable | unit | at time 0 | meaning |\n|---|---|---|---|\n";
        const auto add = [&](const auto& state) {
            out += fmt::format("| `{}` | {} | {} | {} |\n", state.name, state.unit, state.start,
                               cell(state.help));
        };
        M::states().for_each(add);
    }
    return out;
}

template <class M>
std::string model_row() {
    constexpr bool simulated = CellModel<M>;
    return fmt::format("| `{0}` | {1} | {2} | {3} |\n", M::name, is_trained<M> ? "yes" : "-",
                       simulated ? "yes" : "-", is_trained<M> && simulated ? "" : only_here<M>());
}

/// Each model once: those of simulations, then those that are only trained.
template <class... Cells, class... Neurons>
std::string models(ModelList<Cells...>, ModelList<Neurons...>) {
    std::string out =
        "\n# Models\n\nValues of `populations.NAME.model`. A model that is trained and simulated "
        "takes the same step in both, so that the same input gives the same bits. In a simulation "
        "a "
        "parameter that is a quantity or a number may be a distribution: then every cell gets a "
        "value of its own.\n\n| model | trained | simulated | why not both |\n|---|---|---|---|\n";
    const auto each = [&](auto&& text_of) {
        const auto cell = [&]<class M>() {
            if constexpr (!is_equations<M>) out += text_of.template operator()<M>();
        };
        (cell.template operator()<Cells>(), ...);
        const auto neuron = [&]<class M>() {
            if constexpr (!CellModel<M>) out += text_of.template operator()<M>();
        };
        (neuron.template operator()<Neurons>(), ...);
    };
    each([]<class M>() { return model_row<M>(); });
    each([]<class M>() { return model_section<M>(); });
    return out;
}

std::string distributions() {
    std::string out =
        "\n## Distributions\n\nA quantity, or a mapping with `distribution` and the keys of the "
        "table, as in `{distribution: normal, mean: 87.8 pA, std: 8.78 pA, low: 0 pA}`. All have "
        "the "
        "unit of what is drawn, but for the std of lognormal, which is a pure number. `low` and "
        "`high` are bounds, but for uniform; `outside` says what becomes of values beyond: "
        "`redraw` "
        "(the default) or `clip`. Uniform parameters of a cell that name the same `draw` share the "
        "random number, and `low` may then be the greater end.\n\n"
        "| distribution | key | default | meaning |\n|---|---|---|---|\n";
    for (std::size_t k = 0; k < Names<Shape>::values.size(); ++k) {
        for (const DistributionKey& key : keys_of(static_cast<Shape>(k))) {
            out += fmt::format("| `{}` | `{}` | {} | {} |\n", Names<Shape>::values[k], key.name,
                               key.need == Need::required ? "required" : "none", key.help);
        }
    }
    return out;
}

std::string connection_rules() {
    std::string out = "\n| rule | required | optional |\n|---|---|---|\n";
    const auto code = [](const std::vector<std::string>& keys) {
        std::string list;
        for (const std::string& key : keys) list += (list.empty() ? "`" : ", `") + key + "`";
        return list;
    };
    for (std::size_t k = 0; k < Names<Rule>::values.size(); ++k) {
        const auto rule = static_cast<Rule>(k);
        const RuleKeys keys = keys_of_rule(rule);
        out += fmt::format("| `{}` | {} | {} |\n", name_of(rule),
                           rule == Rule::fixed_total_number ? "`n` or `p`" : code(keys.required),
                           rule == Rule::fixed_total_number ? "`autapses`" : code(keys.optional));
    }
    return out;
}

std::string laws_of_distance() {
    std::string out =
        "\n## Weights and delays by distance\n\nThe weight or delay of a projection may be a "
        "mapping with `distance` and the keys of the table, as in `{distance: linear, offset: 0.5 "
        "ms, velocity: 0.3}` or `{distance: gaussian, peak: 2 pA, std: 0.2}`. `low` and `high` cut "
        "what comes of it. The distance is the shortest one from the source to the target. A delay "
        "goes to the nearest step, halves up; below half a step it is an error. Of weights, those "
        "nearest to 0 are rounded as they come.\n\n| law | key | default | meaning |\n"
        "|---|---|---|---|\n";
    for (std::size_t k = 0; k < Names<DistanceLaw>::values.size(); ++k) {
        for (const DistanceKey& key : keys_of(static_cast<DistanceLaw>(k)))
            out +=
                fmt::format("| `{}` | `{}` | {} | {} |\n", Names<DistanceLaw>::values[k], key.name,
                            key.need == Need::required ? "required" : "none", key.help);
    }
    return out;
}

std::string space() {
    return section<SpaceSpec>(
               "populations.NAME.space",
               "Lengths have no unit: positions, extents, masks and kernels of a model are in the "
               "same one. A run stores the positions (`/network/NAME/positions`).") +
           section<MaskSpec>(
               "projections[].connect.mask",
               "For all_to_all, fixed_probability, pairwise_poisson, symmetric_pairwise_bernoulli, "
               "fixed_in_degree and fixed_out_degree. One displacement, from the source to the "
               "target, the shortest way across periodic borders, counts for masks, kernels, "
               "weights and delays of every rule; a mask off its source goes across the border as "
               "a "
               "whole. NEST lays the mask of fixed_indegree around the "
               "target, over sources: turn it round. Lengths are compared to 1e-9 of the extent, "
               "so "
               "that all nodes of a periodic grid are alike, and a pair comes once: a mask larger "
               "than a periodic layer is an error. all_to_all, or p: 1 without a kernel, between "
               "equal grids with one weight and delay (or ones by distance) is a stencil: no "
               "synapses are stored, only offsets.") +
           section<KernelSpec>(
               "projections[].connect.kernel",
               "Chances below 2^-33 count as 0, so that only cells nearby are looked at. Of "
               "fixed_in_degree and fixed_out_degree a cell that finds fewer partners than it "
               "must, or none, is an error.") +
           laws_of_distance() +
           "\n## Windows\n\n`conv` and `pool` move a window over the grid of the source: the "
           "target's field (row r, column c) gets the fields from row r stride - padding on, as "
           "many as the window has. Layers of a grid are channels: `grid: [columns, rows, "
           "channels], order: rows` numbers cells as arrays [channel][row][column] do. conv "
           "reaches "
           "from all channels to all, with weights [to][from][row][column] of `file` (a "
           "cross-correlation, as in machine learning) or one for all; pool stays in its "
           "channel.\n";
}

std::string edge_lists() {
    return "\n`list` reads the synapses from `file`: a .csv whose first line names the columns, or "
           "an HDF5 "
           "file (.h5, .hdf5) with a one-dimensional data set for each, at its top or in the group "
           "that `dataset` names. The columns, in any order, "
           "are `source` and `target` (cells, from 0) and, if the projection does not give them, "
           "`weight` and `delay`. Their units stand in the header, as in `weight (nA)`, or in the "
           "attribute `units` of the data set; without one, weights are in the unit of the "
           "target's input and delays in ms. Delays are between dt and 10,000 dt. A run stores the "
           "SHA-256 of the file.\n\n"
           "all_to_all with one delay stores no targets, and no weights where they are all the "
           "same: "
           "0, 2 or 4 bytes a synapse.\n";
}

std::string plasticity() {
    return section<PlasticitySpec>(
               "projections[].plasticity",
               "The parameters of the rule stand beside `rule`. Weights stay between w_min and "
               "w_max; amplitudes are in units of w_max. Weights are kept in units of 2^-30 w_max "
               "and "
               "delivered on the grid of the target. Of one step, an arrival comes before a spike "
               "of the target (with `dendritic` after it), and the two are no pair. What the two "
               "do "
               "shows in recorded weights from the end of that step on: what a presynaptic spike "
               "does that was sent at t at t + delay, and what a spike of the target at t does at "
               "t, with `dendritic` at t + 2 delay: there the synapse is recorded a delay later "
               "than it changes, when a spike that finds it so reaches the target.") +
           section<NormaliseSpec>("projections[].plasticity.normalise",
                                  "Every target must have weights.") +
           section<ScalingSpec>("projections[].plasticity.scaling",
                                "Synaptic scaling; the rate starts at `rate`.") +
           section<StructureSpec>(
               "projections[].plasticity.structure",
               "Structural plasticity: after the step that ends an interval, after `normalise` and "
               "`scaling`. With `rewire` every target keeps the number of its synapses; spikes on "
               "their way arrive through the synapses that are there when they arrive. The "
               "projection needs one delay. The run file keeps the numbers of synapses that went "
               "and came.") +
           section<RateScheduleSpec>(
               "projections[].plasticity.schedule",
               "As in `{times: [10 s, 20 s], factors: [0.5, 0]}`. It multiplies what a rule does, "
               "not `normalise` and `scaling`.") +
           alternatives("Plasticity rules",
                        "Values of `projections[].plasticity.rule`, each with its parameters, "
                        "beside the names that `rules` gives to rules that are written as "
                        "equations, see below. A "
                        "trace is bumped by 1 (or, nearest, set to 1) by every spike and decays "
                        "exponentially.",
                        PlasticityRules{}) +
           section<ShortTermSpec>("projections[].short_term",
                                  "Short-term plasticity of Tsodyks & Markram; the weight is what "
                                  "u x = 1 would bring.") +
           section<ReleaseSpec>("projections[].release", "Stochastic release.") +
           section<GliotransmissionSpec>(
               "projections[].gliotransmission",
               "Astrocytes that change the probability of release (De Pitta et al. 2011), as in "
               "`{from: glia, alpha: 0}` with `glia: {model: astrocyte_gchi}`.");
}

std::string phases() {
    return section<PhaseSpec>("simulate.phases[]", "A list.") +
           section<PhaseRateSpec>("simulate.phases[].rates[]", "A list.") +
           section<LesionSpec>("simulate.phases[].lesions[]",
                               "A list. What the cells compute goes on; it does not leave them.") +
           section<PresentSpec>(
               "simulate.phases[].present",
               "Samples are shown one after the other: of a data set, with rates in proportion to "
               "their pixels, or patterns, which are random groups of cells. The run file has a "
               "table of them (`/trials`), and for each phase how cells were assigned and what was "
               "predicted (`/phases/NAME`).") +
           section<PatternsSpec>("simulate.phases[].present.patterns",
                                 "Their labels count from 0.") +
           section<RepeatSpec>("simulate.phases[].present.repeat",
                               "The counted time is that of `duration`.") +
           section<TrialRewardSpec>("simulate.phases[].present.reward", "One for each sample.") +
           section<RewardTimesSpec>("simulate.reward", "Beside those of phases.") +
           section<SimulationDataSpec>("data", "The name of the set alone will do.");
}

std::string introduction() {
    std::string out =
        "# The model file\n\n"
        "A model is one YAML file; `models/` holds examples. This page is what `snnsim reference` "
        "prints, "
        "made from the tables that the reader uses.\n\n"
        "A file with `simulate` is simulated: cells, synapses and stimuli over time. Any other "
        "describes data and a network that is trained on them. One that has `train` or `test` "
        "beside `simulate` trains first and then simulates what it trained; `simulate.record` is "
        "what is recorded of that. One with `hopfield` is an [associative "
        "memory](#hopfield-networks).\n\n"
        "- A quantity is a number and its unit, as in `20 ms`:";
    for (const Dimension& d : dimensions()) {
        out += fmt::format(" {} in {};", d.name, join(d.units));
    }
    out.back() = '.';
    return out +
           " Without a unit, or with one of another kind, it is an error.\n"
           "- A key that is not listed here is an error.\n"
           "- Where the first key of a mapping names something, the name alone will do: "
           "`surrogate: arctan`, "
           "`weight: xavier_uniform`, `schedule: cosine`, `connect: one_to_one`.\n"
           "- `snnsim check FILE` reports everything that is wrong with a file, each with line and "
           "column.\n"
           "- `parameters: {n: 400}` at the top names values; `$n` anywhere below stands for that "
           "one, as in `size: $n`.\n"
           "- `--set KEY=VALUE` replaces a value for one run: `--set train.epochs=2`, "
           "`--set populations.hidden.size=256`, `--set projections.0.bias=true` (items of a list "
           "count from "
           "0), `--set 'train.optimizer={name: sgd, lr: 0.1}'`. `--set test=null` takes a section, "
           "a key or an item of a list away.\n";
}

std::string training() {
    return "\n# Training\n" + section<ModelSpec>("Top level", "The sections of a file.") +
           section<DataSpec>("data", "What the network is shown.") +
           section<EncodeSpec>(
               "data.encode",
               "How an intensity x in [0, 1] becomes the input of each step. The parameters "
               "of the scheme stand beside `scheme`. `duration` is required for a network "
               "with a neuron that lives in time (any but relu, tanh and linear).") +
           alternatives("Encoders", "Values of `data.encode.scheme`, each with its parameters.",
                        Encoders{}) +
           section<AugmentSpec>(
               "data.augment",
               "Of training alone: tests and validation see samples as they are. What is drawn "
               "depends on seed, epoch and sample, not on threads or backend. Columns and rows are "
               "those of MNIST's images, of the sensor of events, or of the last two dimensions of "
               "a sample (of a step); what has one dimension is a row. Each of several inputs is "
               "changed by itself.") +
           section<InputSpec>("data.inputs.NAME",
                              "Of one of several input populations; the name of the array alone "
                              "will do.") +
           section<OutputSpec>("data.outputs.NAME",
                               "Of one of several output populations; the name of the array alone "
                               "will do.") +
           section<PopulationSpec>(
               "populations.NAME",
               "One population; the parameters of its model stand beside `model`. "
               "Exactly one is a `spike_source`: the input, with a neuron for each of "
               "the 784 pixels (of `set: file`: each value of x). Exactly one projects to none but "
               "itself: the output, "
               "with a neuron for each of the 10 classes (each value of y). There may be several "
               "of both where `data.inputs` and `data.outputs` name their arrays.") +
           section<BatchNormSpec>("populations.NAME.batch_norm",
                                  "Of a training; `batch_norm: {}` will do.") +
           section<DaleSpec>("populations.NAME.dale",
                             "Of a training; `dale: {}` will do. The summary and the run file "
                             "(`/weights/NAME`, attribute `at_zero`) say how many weights have "
                             "become 0.") +
           section<TrainableSpec>(
               "populations.NAME.trainable.PARAMETER",
               "A parameter of the neurons that is trained with the weights, by its exact gradient "
               "for the step as it is computed; each model says below which can be. A list of "
               "names is a mapping with these defaults. A run stores the values "
               "(`/learned/NAME/PARAMETER`, by cell).") +
           section<ProjectionSpec>(
               "projections[]",
               "A list. Populations on a cycle of projections are computed step by step, so one of "
               "its projections has a delay; all others for all steps at once.") +
           section<ConnectSpec>("projections[].connect",
                                "The name of the rule alone will do where it needs no other "
                                "key. Weights that a rule leaves out are zero and stay so. A pair "
                                "has one weight at most: fixed_total_number takes n different "
                                "pairs, or a share p of them, and a list with a pair twice is an "
                                "error; its weights may stand in a column `weight`.") +
           section<WeightSpec>(
               "projections[].weight",
               "The weights that training starts from. Those of a file must have the "
               "shape [source, target] of the populations; with `connect` they must be "
               "0 where it makes no synapse.") +
           section<BiasSpec>(
               "projections[].bias",
               "`true`, or a mapping, as in `{file: w.npz}` or `{trainable: false}`.") +
           section<LearnedDelaySpec>(
               "projections[].delay",
               "Where it is a mapping: delays that are learned with the weights (Hammouamri, "
               "Khalfaoui-Hassani & Masquelier 2023). While they are, a spike acts at all steps d "
               "= 0 .. max/dt after it by w K(d), K a Gaussian of width sigma around the delay "
               "whose sum is 1; in tests and validation, and in the run at the end, a delay is its "
               "nearest step. Of projections that are on no cycle.") +
           section<DelaySigmaSpec>("projections[].delay.sigma", "") +
           section<TrainSpec>("train",
                              "Without this section the network is tested as it was drawn.") +
           section<OutputLossSpec>("train.loss.NAME",
                                   "Of one of several outputs; the name of the loss alone will "
                                   "do. What is minimised is the sum of all, times their "
                                   "weights.") +
           alternatives("Methods",
                        "Values of `train.method`, each with its parameters. `surrogate_gradient` "
                        "is back-propagation through time; docs/learning.md compares them.",
                        Methods{}) +
           alternatives("Surrogates", "Values of `train.surrogate`, each with its parameters.",
                        Surrogates{}) +
           alternatives("Optimizers", "Values of `train.optimizer`, each with its parameters.",
                        Optimizers{}) +
           section<ScheduleSpec>("train.schedule", "What the learning rate is multiplied by.") +
           section<RateSpec>("train.rate_penalty[]", "A list.") +
           section<EarlyStoppingSpec>("train.early_stopping", "Needs `train.validation`.") +
           section<PruneSpec>("train.prune",
                              "Gradual magnitude pruning (Zhu & Gupta 2017) with fine-tuning.") +
           section<SpineSpec>(
               "train.spines",
               "Weights by the size of a spine (Cai et al. 2025): what learns is theta, the weight "
               "is sign(theta) gain [|theta| - shift]_+. A synapse that is away can come back. "
               "The run file has the share that is left (`/training/epochs/connected`).") +
           section<TrainPhaseSpec>("train.phases[]",
                                   "A list: the training of networks that grow, or whose parts "
                                   "learn one after the other.") +
           section<TestSpec>("test", "`test: {}` will do.") +
           section<QuantizeSpec>("test.quantize",
                                 "Whole numbers times a scale, symmetric around zero; biases keep "
                                 "their precision. The run file holds the rounded weights.") +
           section<RecordSpec>("record[]", "A list; recording is done while testing.");
}

std::string times() {
    std::string out =
        "\n## Times and steps\n\nOne rule makes steps of all times (delays, t_ref, starts and "
        "stops, intervals, durations, spikes of files): the nearest number of steps, halves up. A "
        "quotient within 1e-6 of a half counts as one: at dt 0.1 ms, 0.25 ms is step 3, 0.35 ms "
        "step 4 and 0.3 ms step 3. `snnsim check` and the run warn of times that are no whole "
        "number of dt and say what they become; a positive time that would become 0 is an error. "
        "Durations and intervals of records must be whole numbers of dt. NEST rounds t_ref up "
        "(0.24 ms is 3 steps at 0.1 ms) and refuses or rounds up spike times that are not on the "
        "grid; its delays go to the nearest step, as here.\n\nStep n ends at n dt, the time that "
        "its spikes and values have. Something of start A and stop B is active in the steps that "
        "lie between them: the first ends at A + dt, the last at B. Of runs of 30 ms at dt 0.1 "
        "ms:\n\n| | | given | first step ends at | last step ends at | what it is | NEST 3 |\n"
        "|---|---|---|---|---|---|---|\n";
    for (const ActiveSteps& a : active_steps())
        out += fmt::format("| {} | `{}` | {} | {:g} ms | {:g} ms | {} | {} |\n", a.what, a.name,
                           cell(a.example), a.first, a.last, cell(a.meaning), cell(a.nest));
    return out +
           "\nA reward or a change of a schedule at time t counts for the step after t; a reward "
           "at "
           "the border of two phases belongs to the one that ends. Noise, drawn "
           "for each cell on its own: a Poisson number has the mean rate dt in every step; `noise` "
           "is held for its `interval` and `white_noise` grows with 1 / sqrt(dt), so that what a "
           "membrane makes of them does not depend on dt.\n";
}

std::string listed_values() {
    return "\n## Values of single cells\n\nA parameter of cells, an initial value and the "
           "amplitude of dc may be given for each cell, from cell 0 on:\n\n"
           "| form | meaning |\n|---|---|\n"
           "| `{values: [1 pA, 2 pA, 4 pA]}` | a list, as long as there are cells; with `unit: pA` "
           "of plain numbers |\n"
           "| `{linspace: [0 pA, 100 pA]}` | evenly spaced from the first cell to the last |\n"
           "| `{file: v.npy, unit: pA}` | an array of NumPy, of one dimension |\n"
           "| `{file: v.h5, dataset: x}` | a data set of an HDF5 file, of one dimension; its "
           "attribute `units`, or `unit` |\n"
           "| `{file: v.csv, column: x}` | a column of a .csv file, named in the first line with "
           "its "
           "unit, as in `x (pA)`, or `unit`; the only column needs no `column` |\n\n"
           "Files lie beside the model file. A run stores their SHA-256 (`inputs`), and goes on "
           "only "
           "with the same files. Waveforms of stimuli (`kind: waveform`) are read in the same "
           "way; the unit of their times must stand in the file, as in `time (ms)`. Spike files "
           "and "
           "lists of synapses may leave it out: their times are in ms then.\n";
}

std::string simulation() {
    return "\n# Simulation\n" +
           section<SimulationSpec>("Top level", "The sections of a file with `simulate`.") +
           section<SimulateSpec>("simulate",
                                 "`duration`, a whole number of dt, or `phases`, one after the "
                                 "other.") +
           phases() +
           section<CellPopulationSpec>(
               "populations.NAME",
               "One population; the parameters of its model stand beside `model`. What several "
               "populations share is written once: `E: &cell {...}`, then `I: {<<: *cell, size: "
               "2500}`. `initial` names state variables: `initial: {v: -60 mV}`; those that it "
               "does "
               "not name start as the tables of the models say.") +
           distributions() + listed_values() +
           section<SynapsesSpec>("projections[]",
                                 "A list. Synapses with a positive weight excite, with a negative "
                                 "one inhibit.") +
           section<ConnectSpec>("projections[].connect",
                                "The name of the rule alone will do where it needs no other key.") +
           connection_rules() + edge_lists() + space() + plasticity() +
           section<GapJunctionsSpec>(
               "gap_junctions[]",
               "A list of pairs of cells that are joined, both ways and in every step: cell i gets "
               "the current sum_j g_ij (v_j - v_i), from the v at the end of the step before, "
               "added to that of stimuli and recorded with it as `current`. The sum goes through "
               "the neighbours in their order, so that its bits depend on nothing else. The error "
               "of coupling through the last step is of the order of dt; it is stable as long as "
               "dt times the sum of a cell's g is well below its c_m. A pair that is named several "
               "times has the sum of its conductances. Cells of all models with a state v and a "
               "current take them. A spikelet, the jump of v that a spike makes in joined cells, "
               "is a projection with that weight. `list` reads `source`, `target` and `g`, each "
               "pair once.") +
           section<StimulusSpec>("stimuli[]",
                                 "A list; the parameters of a stimulus stand beside `kind`. "
                                 "Currents have the unit of the target's `i_e`.") +
           alternatives("Stimuli", "Values of `stimuli[].kind`, each with its parameters.",
                        Stimuli{}) +
           section<SimulationRecordSpec>("record[]", "A list.") + times() +
           section<ScaleSpec>(
               "scale",
               "A smaller network that works alike (van Albada et al. 2015): weights grow by 1 / "
               "sqrt(in_degrees), and a constant current makes up for the mean input that is "
               "missing, for which populations that send need their `rate`.");
}

std::string searches() {
    return "\n# Searches\n\nA search file says which parameters of a model are varied and what is "
           "asked of its runs; `snnsim search FILE` looks for them.\n" +
           section<SearchSpec>("Top level",
                               "Beside these keys `set`: a mapping of what all runs have in place "
                               "of what the model says, as in `{train.epochs: 2}`.") +
           section<VariedSpec>(
               "vary.PARAMETER",
               "A range, or a list of values: `parameters.g: [4, 5, 6]`. Only `from` and "
               "`to`, or `values`, are needed.") +
           section<ObjectiveSpec>(
               "objective[]",
               "A list. The costs of all are summed; the point with the least is the best. "
               "Measures of a training are per test sample, of a simulation in all:\n\n"
               "- of both: `accuracy` (of a simulation: of the last phase that predicts classes), "
               "`spikes`, `macs`, `acs`, `neuron_updates`, `activity`, `energy_uJ` (synaptic "
               "arithmetic), `energy_in_all_uJ` (with neurons and memory)\n"
               "- of trainings: `error` (relative L2 of real targets), `nonzero_weights`, "
               "`footprint_bytes`\n"
               "- of a population of a simulation, as `snnsim stats` has them: `rate_hz`, "
               "`rate_sd_hz`, `cv_isi`, `fano`, `synchrony`, `correlation`; `counted_rate_hz` is "
               "that of all its cells, recorded or not, over the whole run, whatever `stats` "
               "says") +
           section<SearchStatsSpec>("stats", "");
}

std::string evolutions() {
    return "\n# Evolutions\n\nA file of `snnsim evolve FILE` names a task for which small circuits "
           "are "
           "looked for.\n" +
           section<EvolveFile>("Top level", "") +
           section<EvolveSpec>("evolve",
                               "Circuits consist of `lif` cells with `reset: zero`, in steps of 1 "
                               "ms, and of edges with delays of 1 to 20 ms; a cell excites or "
                               "inhibits with all of its edges.") +
           section<NeatSpec>("evolve.neat", "") + section<FixedWiringSpec>("evolve.wiring", "");
}

std::string hopfield() {
    return "\n# Hopfield networks\n" +
           section<HopfieldModel>("Top level",
                                  "The sections of a file with `hopfield`; `parameters` as in all "
                                  "models.") +
           section<HopfieldSpec>(
               "hopfield",
               "N units S_i = +-1 and P patterns xi (Hopfield 1982): W_ij = (1/N) sum_mu xi_i "
               "xi_j, "
               "W_ii = 0; a unit goes to the sign of h_i = sum_j W_ij S_j. The run file has "
               "`/recall/overlaps` [trial][pattern] (1/N) sum_i xi_i S_i, `/recall/states` "
               "[trial][unit], `/recall/energy` [sweep][trial] -1/2 sum W_ij S_i S_j, first of the "
               "start, `/recall/sweeps` and `/recall/settled` [trial]. `cells` and `patterns`, or "
               "`file`, are needed.");
}

std::string words() {
    return "\n# Vocabulary\n\nEvery word of both kinds of model files, and what it is in each. In "
           "brackets: what stands there instead.\n\n" +
           vocabulary_table();
}

}  // namespace

std::string model_reference() {
    return introduction() + training() + simulation() + models(CellModels{}, NeuronModels{}) +
           equations_reference() + searches() + evolutions() + hopfield() + words();
}

}  // namespace snnsim
