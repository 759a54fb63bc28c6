#include "src/model/trained_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/model/loops.hpp"
#include "src/model/shapes.hpp"
#include "src/model/trainable.hpp"

namespace snnsim {
namespace {

/// All of it stands where the run is named.
void move_to(Value& value, const Location& at) {
    value.at = at;
    value.override_text.clear();
    for (Value& item : value.list) move_to(item, at);
    for (Entry& entry : value.map) {
        entry.at = at;
        move_to(entry.value, at);
    }
}

Value scalar(const std::string& text, const Location& at) {
    Value out;
    out.kind = Value::Kind::scalar;
    out.text = text;
    out.at = at;
    return out;
}
void put(Value& map, const std::string& key, Value value) {
    const Location at = value.at;
    map.map.push_back({key, at, std::move(value)});
}
Value& place_for(Value& root, const std::string& key, Value::Kind kind, const Location& at) {
    for (Entry& entry : root.map) {
        if (entry.key == key) return entry.value;
    }
    Value empty;
    empty.kind = kind;
    empty.at = at;
    put(root, key, empty);
    return root.map.back().value;
}

std::string text_of(const Value& map, const char* key) {
    const Value* const v = map.find(key);
    return v && v->kind == Value::Kind::scalar ? v->text : "";
}

Value* find(Value& map, const std::string& key) {
    for (Entry& entry : map.map) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

/// It projects to none but itself.
bool is_output(const Value& model, const std::string& population) {
    const Value* const projections = model.find("projections");
    return projections &&
           std::none_of(projections->list.begin(), projections->list.end(), [&](const Value& p) {
               return text_of(p, "from") == population && text_of(p, "to") != population;
           });
}

/// A linear output is a leaky_readout that forgets at once.
constexpr double at_once = 1e-6;  // ms
void read_out(Value& population) {
    if (Value* const model = find(population, "model"); model && model->text == "linear") {
        model->text = LeakyReadout::name;
        put(population, "tau_m", scalar(fmt::format("{} ms", at_once), model->at));
    }
}

/// The weights of one projection, as the run file keeps them.
Value from_run(const std::string& run, const std::string& dataset, const Location& at) {
    Value out;
    out.kind = Value::Kind::map;
    out.at = at;
    put(out, "file", scalar(run, at));
    put(out, "dataset", scalar(dataset, at));
    return out;
}

NamedProjection ends_of(const Value& projection) {
    NamedProjection ends;
    ends.from = text_of(projection, "from");
    ends.to = text_of(projection, "to");
    ends.given_name = text_of(projection, "name");
    return ends;
}

/// A projection of the training as one of a simulation.
Value simulated(const Value& trained, const std::string& run, const Location& at) {
    const NamedProjection ends = ends_of(trained);
    const std::string name = ends.name();
    Value out;
    out.kind = Value::Kind::map;
    out.at = at;
    put(out, "from", scalar(ends.from, at));
    put(out, "to", scalar(ends.to, at));
    if (!ends.given_name.empty()) put(out, "name", scalar(name, at));
    put(out, "connect", scalar("all_to_all", at));
    put(out, "weight", from_run(run, name, at));
    const Value* const bias = trained.find("bias");
    const bool without =
        !bias || bias->kind == Value::Kind::null ||
        (bias->kind == Value::Kind::scalar &&
         (bias->text == "false" || bias->text == "False" || bias->text == "FALSE"));
    if (!without) put(out, "bias", from_run(run, name, at));
    return out;
}

bool is_default(const Distribution& delay) {
    return delay.constant() && delay.mean == 0.0;
}

/// Projections from the input on, so that each takes a step at least in the simulation and what
/// arrives together in the training does there too. Empty where there is no such thing.
std::vector<int> depths(const ModelSpec& model) {
    std::vector<int> depth(model.populations.size(), 0);
    const std::vector<std::size_t> delays = delays_of(model);
    for (std::size_t pass = 0; pass <= depth.size(); ++pass) {
        bool grew = false;
        for (std::size_t k = 0; k < model.projections.size(); ++k) {
            const ProjectionSpec& p = model.projections[k];
            const int least = depth[number_of(model, p.from)] + 1 - static_cast<int>(delays[k]);
            int& to = depth[number_of(model, p.to)];
            if (to >= least) continue;
            to = least;
            grew = true;
        }
        if (!grew) return depth;
    }
    return {};
}

/// What a parameter has become in the run, by cell.
void take_learned(const PopulationSpec& trained, const TrainableSpec& learned,
                  const SimulationSpec& spec, CellPopulationSpec& out) {
    const std::string& name = learned.name;
    const std::string& run = spec.simulate.network;
    std::optional<NumberParameter> number = number_parameter(trained.neuron, name);
    const Link link = link_of(trained, learned, spec.dt).link;
    if (link.form == Link::Form::rate) number->limits.low = link.low;
    const auto take = [&](const std::string& parameter) {
        ListedValues listed;
        listed.from.file = run;
        listed.from.dataset = fmt::format("learned/{}/{}", trained.name, name);
        listed.unit = number->unit;
        listed.limits = number->limits;
        listed.key = parameter;
        Distribution values;
        values.shape = Shape::values;
        values.unit = number->unit;
        values.mean = number->value;
        values.listed = std::make_shared<const ListedValues>(std::move(listed));
        out.varied.push_back({parameter, values});
    };
    take(name);
    if (const std::string other = settled_with(trained.neuron, name); !other.empty()) take(other);
}

/// What of a network a simulation cannot have, and what it could have instead.
struct Obstacle {
    std::string what, instead;
};

/// Empty where there is none.
Obstacle obstacle_of(const ModelSpec& model) {
    std::string windows;
    for (const ProjectionSpec& p : model.projections) {
        if (only_trained(p.connect.rule))
            windows += fmt::format("{}{} ({})", windows.empty() ? "" : ", ", p.name(),
                                   name_of(p.connect.rule));
    }
    if (!windows.empty())
        return {fmt::format("{}: windows have no place in a simulation yet", windows),
                "connect cells to cells (all_to_all, ...)"};
    for (const ProjectionSpec& p : model.projections) {
        if (p.multiplies.empty()) continue;
        return {fmt::format("the sums of '{}' multiply those of '{}', and cells of a simulation "
                            "add what they get",
                            p.name(), p.multiplies),
                "leave multiplies out"};
    }
    if (model.data.inputs.size() > 1)
        return {fmt::format("samples are shown to {} populations (data.inputs), in a simulation "
                            "to one",
                            model.data.inputs.size()),
                "give it one input"};
    if (model.data.outputs.size() > 1)
        return {fmt::format("{} populations are to tell something of a sample (data.outputs), in "
                            "a simulation one",
                            model.data.outputs.size()),
                "give it one output"};
    for (const PopulationSpec& p : model.populations) {
        const bool sends = sends_on(model.projections, p.name);
        const bool simulated = NeuronModels::visit(
            p.neuron, []<class M>(const typename M::Params&) { return CellModel<M>; });
        if (simulated || (!sends && std::holds_alternative<Linear::Params>(p.neuron))) continue;
        return {fmt::format("'{}' is a {}, which has a value at every step: nothing of it is an "
                            "event",
                            p.name, NeuronModels::name_of(p.neuron)),
                "make its neurons some that send events (lif, vsn, ...)"};
    }
    if (depths(model).empty())
        return {
            "a loop of projections takes fewer steps in the training than it has projections, "
            "and in a simulation each takes one step at least",
            "give them a `delay`"};
    return {};
}

}  // namespace

std::string why_not_simulated(const ModelSpec& model) {
    return obstacle_of(model).what;
}

std::string no_simulation_of(const ModelSpec& model, const std::string& run) {
    const auto [what, instead] = obstacle_of(model);
    if (what.empty()) return "";
    if (run.empty())
        return fmt::format("the network cannot be simulated: {}; {}, or leave simulate out", what,
                           instead);
    return fmt::format(
        "the network cannot be simulated: {}; `snnsim test {}` tests it as it is; "
        "to simulate it, {} and train it again",
        what, run, instead);
}

void add_network(Value& root, const Value& network, const RunModel& run, Problems& problems) {
    const Location at = network.at;
    Problems of_run(run.text, run.path);
    Value trained = parse_yaml(run.text, of_run);
    for (const std::string& text : run.overrides) apply_override(trained, text);
    apply_parameters(trained, of_run);
    add_shapes(trained, of_run);  // a shape gives the size, and is of trainings alone
    move_to(trained, at);

    const auto inherit = [&](const char* key, bool must_agree) {
        const Value* const theirs = trained.find(key);
        const Value* const own = root.find(key);
        if (!theirs) return;
        if (!own) {
            put(root, key, *theirs);
        } else if (must_agree && own->text != theirs->text) {
            problems.add(*own, fmt::format("the network was trained with {}: {}; write the same, "
                                           "or leave {} out",
                                           key, theirs->text, key));
        }
    };
    inherit("dt", true);
    if (!root.find("data")) {
        const Value* const data = trained.find("data");  // of a file: see load_shown
        Value set;
        set.kind = Value::Kind::map;
        set.at = at;
        if (data && data->kind == Value::Kind::map)
            put(set, "set", scalar(text_of(*data, "set"), at));
        if (data && data->kind == Value::Kind::scalar) put(set, "set", *data);
        put(root, "data", set);
    }

    Value& populations = place_for(root, "populations", Value::Kind::map, at);
    if (Value* const theirs = find(trained, "populations")) {
        for (Entry& entry : theirs->map) {
            if (is_output(trained, entry.key)) read_out(entry.value);
            if (const Value* const own = populations.find(entry.key)) {
                problems.add(*own,
                             fmt::format("'{}' is a population of the network already", entry.key));
                continue;
            }
            // What it has become is in the run: see take_learned.
            std::erase_if(entry.value.map, [](const Entry& e) {  // of trainings alone
                return e.key == "shape" || e.key == "dropout" || e.key == "batch_norm" ||
                       e.key == "trainable" || e.key == "dale" || e.key == "dendrites_of";
            });
            populations.map.push_back(entry);
        }
    }
    Value& projections = place_for(root, "projections", Value::Kind::list, at);
    if (const Value* const theirs = trained.find("projections")) {
        for (const Value& one : theirs->list) {
            Value made = simulated(one, run.run, at);
            const auto own = std::find_if(
                projections.list.begin(), projections.list.end(),
                [&](const Value& p) { return ends_of(p).name() == ends_of(made).name(); });
            if (own == projections.list.end()) {
                projections.list.push_back(std::move(made));
                continue;
            }
            for (const Entry& entry : made.map) {
                if (!own->find(entry.key)) own->map.push_back(entry);
            }
        }
    }
}

void describe_network(SimulationSpec& spec, std::shared_ptr<const ModelSpec> model,
                      const Value& network, bool own_samples) {
    TrainedNetwork out{model, spec.simulate.network, "", "", own_samples};
    const std::vector<int> depth = depths(*model);
    for (std::size_t k = 0; k < model->populations.size(); ++k) {
        const PopulationSpec& p = model->populations[k];
        const auto own =
            std::find_if(spec.populations.begin(), spec.populations.end(),
                         [&](const CellPopulationSpec& q) { return q.name == p.name; });
        if (own == spec.populations.end()) return;  // it could not be read
        own->depth = depth[k];
        for (const TrainableSpec& t : p.trainable) take_learned(p, t, spec, *own);
        if (std::holds_alternative<SpikeSource::Params>(p.neuron)) {
            out.input = p.name;
            // Of samples in [0, 1]; see fit_input.
            const double largest =
                Encoders::visit(model->encode_of(p.name).scheme, []<class E>(const auto& params) {
                    if constexpr (E::sends == Sends::spikes) {
                        return 0.0;
                    } else if constexpr (requires { params.gain; }) {
                        return std::max(1e-6, std::abs(double{params.gain}));
                    } else {
                        return 1.0;
                    }
                });
            if (largest > 0.0) own->cell = ValueSource::Params{largest};
        }
        if (!sends_on(model->projections, p.name)) out.output = p.name;
    }
    const std::vector<std::size_t> delays = delays_of(*model);
    for (SynapsesSpec& s : spec.projections) {
        for (std::size_t k = 0; k < model->projections.size(); ++k) {
            const ProjectionSpec& p = model->projections[k];
            if (p.name() != s.name() || !is_default(s.delay)) continue;
            const int steps = static_cast<int>(delays[k]) + spec.population(p.to).depth -
                              spec.population(p.from).depth;
            s.delay = {};
            s.delay.unit = "ms";
            s.delay.mean = steps * spec.dt;
            s.delay_given = true;
        }
    }
    for (PhaseSpec& phase : spec.simulate.phases) {
        if (phase.present && phase.present->population.empty())
            phase.present->population = out.input;
        if (phase.present && phase.present->population == out.input) phase.present->evaluate = true;
    }
    if (spec.simulate.phases.empty() && spec.simulate.duration == 0.0) {
        PhaseSpec& phase = spec.simulate.phases.emplace_back();
        phase.name = "test";
        phase.at = network.at;
        PresentSpec& present = phase.present.emplace();
        present.population = out.input;
        present.samples = Samples::test;
        present.evaluate = true;
    }
    spec.trained = std::move(out);
}

}  // namespace snnsim
