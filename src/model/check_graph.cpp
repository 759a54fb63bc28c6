// Checks of the projections one by one, and of the graph and the shapes that they make.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "src/data/sequence.hpp"
#include "src/model/check_rule.hpp"
#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/model/shapes.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr std::int64_t pixels = 28 * 28, classes = 10;  // of every image of a DataSet

void check_ends(ModelView& model, const ProjectionSpec& p, const std::string& k) {
    const PopulationSpec* from = model.find(p.from, {"projections", k, "from"});
    const PopulationSpec* to = model.find(p.to, {"projections", k, "to"});
    const bool from_known = from && model.model_known(*from),
               to_known = to && model.model_known(*to);
    if (from_known && output_of(*from) == Output::trace) {
        model.add({"projections", k, "from"},
                  fmt::format("'{}' is a {}, which sends nothing to other populations", p.from,
                              model_of(*from)));
    } else if (to_known && is_source(*to)) {
        model.add({"projections", k, "to"},
                  fmt::format("'{}' is a spike_source, which takes no input", p.to));
    }
}

/// What a rule says of sizes.
void check_sizes_of_rule(ModelView& model, const ProjectionSpec& p, const std::string& k,
                         std::int64_t from, std::int64_t to) {
    const ConnectSpec& c = p.connect;
    const bool same = p.from == p.to;
    check_rule_sizes(model, p, k, from, to, from, to);
    // A neuron may be left out: itself.
    const std::int64_t others = same && !c.autapses ? 1 : 0;
    const auto at_most = [&](std::int64_t most, const std::string& what) {
        if (c.n > most)
            model.add({"projections", k, "connect", "n"},
                      fmt::format("n ({}) is more than {} ({}); in a training no pair has several "
                                  "weights",
                                  c.n, what, most));
    };
    const char* const other = others ? " to choose from" : "";
    if (c.rule == Rule::fixed_in_degree)
        at_most(from - others, fmt::format("'{}' has neurons{}", p.from, other));
    if (c.rule == Rule::fixed_out_degree)
        at_most(to - others, fmt::format("'{}' has neurons{}", p.to, other));
    if (c.rule == Rule::fixed_total_number)
        at_most(from * (to - others),
                fmt::format("there are pairs of '{}' and '{}'", p.from, p.to));
}

/// The keys of the rule, and the sizes it needs.
void check_connect(ModelView& model, const ProjectionSpec& p, const std::string& k) {
    if (!model.given({"projections", k, "connect"})) return;
    if (!check_rule_keys(model, p.connect, k)) return;
    for (const char* part : {"mask", "kernel"}) {
        if (!only_trained(p.connect.rule) && model.given({"projections", k, "connect", part}))
            model.add(
                {"projections", k, "connect", part},
                fmt::format("{} is for simulations, whose cells may lie in space; leave it out",
                            part));
    }
    if (only_simulated(p.connect.rule)) {
        model.add({"projections", k, "connect"},
                  fmt::format("{} is a rule of simulations; use fixed_probability or a list",
                              name_of(p.connect.rule)));
        return;
    }
    if (p.connect.multapses && model.given({"projections", k, "connect", "multapses"})) {
        model.add({"projections", k, "connect", "multapses"},
                  "in a training a pair has one weight at most; leave multapses out");
    }
    if (p.connect.rule == Rule::list) check_list_file(model, p.connect.file, k);
    std::int64_t from = 0, to = 0;
    for (const PopulationSpec& q : model.spec.populations) {
        if (!model.sound({"populations", q.name, "size"})) continue;
        if (q.name == p.from) from = q.size;
        if (q.name == p.to) to = q.size;
    }
    if (from > 0 && to > 0) check_sizes_of_rule(model, p, k, from, to);
}

/// `key`: weight or bias; `drawn`: the keys of those that come from no file.
void check_file(ModelView& model, const WeightFile& from, const std::string& k, const char* key,
                std::initializer_list<const char*> drawn) {
    if (!model.sound_or_absent({"projections", k, key})) return;
    if (!model.given({"projections", k, key, "file"})) {
        if (!from.dataset.empty())
            model.add({"projections", k, key, "dataset"},
                      "dataset is the name of something in `file`; write that too");
        return;
    }
    const std::filesystem::path ending = std::filesystem::path(from.file).extension();
    const std::vector<std::string> known{".h5", ".hdf5", ".npy", ".npz"};
    if (std::find(known.begin(), known.end(), ending) == known.end())
        model.add({"projections", k, key, "file"},
                  fmt::format("file must end in one of {}; found '{}'", join(known), from.file));
    for (const char* other : drawn) {
        if (model.given({"projections", k, key, other}))
            model.add({"projections", k, key, other},
                      fmt::format("they come from `file`; leave '{}' out", other));
    }
}

/// Everything that a projection needs for a place in the graph was read without a problem.
bool graph_known(const ModelView& model) {
    const ModelSpec& spec = model.spec;
    if (model.place({"projections"}).kind != Value::Kind::list) return false;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const std::string at = std::to_string(k);
        if (!model.sound({"projections", at, "from"}) || !model.sound({"projections", at, "to"})) {
            return false;
        }
    }
    return model.place({"populations"}).kind == Value::Kind::map &&
           std::all_of(spec.populations.begin(), spec.populations.end(),
                       [&](const PopulationSpec& p) { return model.model_known(p); });
}

/// "{eye: eye, ear: ear}"
std::string example_of(const std::vector<std::string>& populations) {
    std::string out;
    for (const std::string& p : populations)
        out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", p, p);
    return "{" + out + "}";
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Each input has data, and no data are for something else.
bool check_named_inputs(ModelView& model, const std::vector<std::string>& inputs) {
    for (const InputSpec& in : model.spec.data.inputs) {
        if (contains(inputs, in.name)) continue;
        model.add({"data", "inputs", in.name},
                  contains(model.names, in.name)
                      ? fmt::format("'{}' is no input: a population that is shown samples is of "
                                    "model spike_source (there are: {})",
                                    in.name, join(inputs))
                      : fmt::format("there is no population '{}'{}", in.name,
                                    those_there_are(in.name, inputs)));
    }
    for (const std::string& name : inputs) {
        if (model.spec.shown_to(name)) continue;
        model.add({"populations", name},
                  fmt::format("data.inputs has nothing for the input '{}'; add an array of the "
                              "file, as in {}: {}",
                              name, name, name));
    }
    return true;
}

/// The same of outputs and targets.
bool check_named_outputs(ModelView& model, const std::vector<std::string>& outputs) {
    for (const OutputSpec& out : model.spec.data.outputs) {
        if (contains(outputs, out.name)) continue;
        model.add({"data", "outputs", out.name},
                  contains(model.names, out.name)
                      ? fmt::format("'{}' is no output: it projects to another population "
                                    "(outputs: {})",
                                    out.name, join(outputs))
                      : fmt::format("there is no population '{}'{}", out.name,
                                    those_there_are(out.name, outputs)));
    }
    for (const std::string& name : outputs) {
        if (model.spec.asked_of(name)) continue;
        model.add({"populations", name},
                  fmt::format("data.outputs has no targets for the output '{}'; add an array of "
                              "the file, as in {}: {}, or a projection from '{}' to another "
                              "population",
                              name, name, name, name));
    }
    return true;
}

bool check_input(ModelView& model) {
    std::vector<std::string> inputs;
    for (const PopulationSpec& p : model.spec.populations) {
        if (is_source(p)) inputs.push_back(p.name);
    }
    if (!model.spec.data.inputs.empty() && !inputs.empty())
        return check_named_inputs(model, inputs);
    if (inputs.size() == 1) return true;
    model.add({"populations"},
              inputs.empty()
                  ? "there is no input: exactly one population must be of model spike_source"
              : model.spec.own_data()
                  ? fmt::format("there is more than one input ({}): name what each is shown, as in "
                                "data: {{inputs: {}}}",
                                join(inputs), example_of(inputs))
                  : fmt::format("there is more than one input ({}): exactly one population must "
                                "be of model spike_source",
                                join(inputs)));
    return false;
}

void check_reachable(ModelView& model) {
    std::set<std::string> reached;
    for (const PopulationSpec& p : model.spec.populations) {
        if (is_source(p)) reached.insert(p.name);
    }
    for (bool grew = true; grew;) {
        grew = false;
        for (const ProjectionSpec& p : model.spec.projections) {
            if (reached.count(p.from) && reached.insert(p.to).second) grew = true;
        }
    }
    for (const std::string& name : model.names) {
        if (reached.count(name)) continue;
        model.add(
            {"populations", name},
            fmt::format("no projection leads from the input to '{}'; add one, or remove it", name));
    }
}

bool check_output(ModelView& model) {
    const std::vector<std::string> outputs = model.outputs();
    if (!model.spec.data.outputs.empty() && !outputs.empty())
        return check_named_outputs(model, outputs);
    if (outputs.size() == 1) return true;
    model.add({"populations"},
              outputs.empty()
                  ? "there is no output: every population projects to another; exactly one "
                    "must project to none but itself"
              : model.spec.own_data()
                  ? fmt::format("there is more than one output ({}): name the targets of each, as "
                                "in data: {{outputs: {}}}; one that is none must project to "
                                "another population",
                                join(outputs), example_of(outputs))
                  : fmt::format("there is more than one output ({}): exactly one population "
                                "must project to none but itself",
                                join(outputs)));
    return false;
}

/// A cycle that no output is behind.
void check_ways_out(ModelView& model, const std::vector<std::string>& outputs) {
    std::set<std::string> leads(outputs.begin(), outputs.end());
    for (bool grew = true; grew;) {
        grew = false;
        for (const ProjectionSpec& p : model.spec.projections) {
            if (leads.count(p.to) && leads.insert(p.from).second) grew = true;
        }
    }
    for (const std::string& name : model.names) {
        if (leads.count(name)) continue;
        model.add({"populations", name},
                  fmt::format("no projection leads from '{}' on to {}; add one, or remove it", name,
                              outputs.size() == 1 ? fmt::format("the output '{}'", outputs[0])
                                                  : "an output"));
    }
}

void check_cycles(ModelView& model) {
    for (std::size_t k = 0; k < model.spec.projections.size(); ++k) {
        if (!model.sound_or_absent({"projections", std::to_string(k), "delay"})) return;
    }
    const ClosedCycle cycle = cycle_without_delay(model.spec);
    if (!model.sound({"dt"}) || cycle.populations.empty()) return;
    model.add({"projections", std::to_string(cycle.projection)},
              fmt::format("the cycle {} has no delay, so nothing in it could be computed first; "
                          "give one of its projections a delay, {:g} ms (one dt) or longer",
                          fmt::join(cycle.populations, " -> "), model.spec.dt));
}

/// Keys of models that only a simulation has a use for.
void check_keys_of_simulations(ModelView& model, const PopulationSpec& p) {
    const auto refuse = [&](const char* key, const char* instead) {
        if (model.given({"populations", p.name, key}))
            model.add({"populations", p.name, key},
                      fmt::format("{} is for simulations: {}; leave it out", key, instead));
    };
    if (is_source(p)) {
        for (const char* key : {"file", "population", "same_step"})
            refuse(key, "the samples of `data` are what the input sends");
    }
    if (std::holds_alternative<Vsn::Params>(p.neuron)) {
        refuse("y_max", "values are not bounded here");
        refuse("i_e", "here `bias` of a projection");
    }
}

/// What of cells with units cannot be trained.
void check_trained_cell(ModelView& model, const PopulationSpec& p) {
    const auto* exp = std::get_if<IafPscExp::Params>(&p.neuron);
    if (exp && exp->tau_syn_ex != exp->tau_syn_in)
        model.add({"populations", p.name},
                  "a weight may change its sign in a training, so that both currents need one time "
                  "constant: write the same tau_syn_ex and tau_syn_in");
    if (const auto* cell = std::get_if<Izhikevich::Params>(&p.neuron)) {
        if (cell->scheme == IzhikevichScheme::published_2003)
            model.add({"populations", p.name, "scheme"},
                      "published_2003 has no backward step: write euler or sequential");
        if (cell->step > 0.0)
            model.add({"populations", p.name, "step"},
                      "a cell moves in every dt of a training; leave step out");
    }
    const bool has_unit = std::holds_alternative<IafPscDelta::Params>(p.neuron) || exp;
    for (std::size_t k = 0; has_unit && k < model.spec.projections.size(); ++k) {
        const ProjectionSpec& in = model.spec.projections[k];
        if (in.to == p.name && in.bias)
            model.add({"projections", std::to_string(k), "bias"},
                      fmt::format("a bias is no current of '{}' ({}); give it an `i_e`", p.name,
                                  model_of(p)));
    }
}

/// The scheme `sequence` shows all pixels in its steps.
void check_sequence(ModelView& model, const PopulationSpec& input) {
    const ModelSpec& spec = model.spec;
    if (!model.sound({"data", "encode", "duration"})) return;
    const std::string wrong = why_no_sequence(pixels, input.size, spec.steps(), spec.dt);
    if (wrong.empty()) return;
    if (pixels % input.size != 0) {
        model.add({"populations", input.name, "size"},
                  fmt::format("the input '{}': {}", input.name, wrong));
    } else {
        model.add({"data", "encode", "duration"},
                  fmt::format("the input '{}': {}", input.name, wrong));
    }
}

void check_shapes(ModelView& model, const std::string& output) {
    if (model.spec.own_data()) return;  // the file says how many values a sample has
    const char* const set = name_of(model.spec.data.set);
    for (const PopulationSpec& p : model.spec.populations) {
        if (!model.sound({"populations", p.name, "size"}) || !model.sound({"data", "set"}))
            continue;
        if (is_source(p) && shows_sequence(model.spec.data.encode)) {
            check_sequence(model, p);
        } else if (is_source(p) && p.size != pixels) {
            model.add({"populations", p.name, "size"},
                      fmt::format(
                          "the input '{}' has {} neurons, but a sample of {} has {} pixels; write "
                          "size: {}",
                          p.name, p.size, set, pixels, pixels));
        }
        if (p.name == output && p.size != classes) {
            model.add(
                {"populations", p.name, "size"},
                fmt::format("the output '{}' has {} neurons, but {} has {} classes; write size: {}",
                            p.name, p.size, set, classes, classes));
        }
    }
}

void check_weight_count(ModelView& model) {
    constexpr double most = 2147483647.0;
    const auto size_of = [&](const std::string& name) {
        for (const PopulationSpec& p : model.spec.populations) {
            if (p.name == name) return static_cast<double>(p.size);
        }
        return 0.0;
    };
    double weights = 0.0;
    for (const ProjectionSpec& p : model.spec.projections) {
        if (!only_trained(p.connect.rule)) {
            weights += size_of(p.from) * size_of(p.to);
            continue;
        }
        // Shared by all places.
        const PopulationShape &from = shape_of(model.spec, p.from),
                              &to = shape_of(model.spec, p.to);
        if (is_pool(p.connect.rule) || from.empty() || to.empty() || !p.connect.kernel) continue;
        double taps = static_cast<double>(from[0] / std::max<std::int64_t>(1, p.connect.groups));
        for (const std::int64_t side : p.connect.kernel->sides) taps *= static_cast<double>(side);
        weights += taps * static_cast<double>(to[0]);
    }
    if (weights <= most) return;
    model.add({"projections"},
              fmt::format("the projections hold {:.3g} weights; at most {:.3g} (2^31), so "
                          "make populations smaller",
                          weights, most));
}

}  // namespace

void check_projections(ModelView& model) {
    ProjectionNames names;
    for (std::size_t n = 0; n < model.spec.projections.size(); ++n) {
        const ProjectionSpec& p = model.spec.projections[n];
        const std::string k = std::to_string(n);
        check_ends(model, p, k);
        check_connect(model, p, k);
        names.check(model, n, p.name());
        check_file(model, p.weight, k, "weight",
                   {"init", "gain", "low", "high", "mean", "std", "value"});
        check_file(model, p.bias, k, "bias", {});
        if (p.weight.init == WeightInit::uniform && p.weight.low > p.weight.high) {
            model.add(
                {"projections", k, "weight", "low"},
                fmt::format("low ({:g}) is greater than high ({:g})", p.weight.low, p.weight.high));
        }
    }
}

void check_graph(ModelView& model) {
    if (!graph_known(model)) return;
    for (const PopulationSpec& p : model.spec.populations) {
        check_keys_of_simulations(model, p);
        check_trained_cell(model, p);
    }
    if (check_input(model)) check_reachable(model);
    const bool output = check_output(model);
    check_cycles(model);
    if (output) check_ways_out(model, model.outputs());
    if (output) check_shapes(model, model.outputs()[0]);
    check_weight_count(model);
}

}  // namespace snnsim
