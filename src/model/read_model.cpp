// The model file from its text to a checked ModelSpec or SimulationSpec.
#include "snnsim/read_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/model/checks.hpp"
#include "src/model/read_fields.hpp"
#include "src/model/shapes.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/model/trained_network.hpp"
#include "src/space/settle.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {
namespace {

std::string text_of(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        throw FileError(path + " is a folder; name a model file (.yaml) in it");
    }
    const std::string wrong = why_unreadable(path);
    if (!wrong.empty()) throw FileError("cannot open the model file " + path + ": " + wrong);
    return read_small_text(path);
}

void check(ModelSpec& spec, const Value& root, Problems& problems) {
    const Value* const data = root.find("data");
    if (const Value* file = data ? data->find("file") : nullptr) spec.data.at = file->at;
    const Value* const train = root.find("train");
    if (const Value* prune = train ? train->find("prune") : nullptr;
        prune && spec.train && spec.train->prune)
        spec.train->prune->at = prune->at;
    const Value* const projections = root.find("projections");
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        ProjectionSpec& p = spec.projections[k];
        if (const Value* weight = projections->list[k].find("weight")) p.weight.at = weight->at;
        if (const Value* bias = projections->list[k].find("bias")) p.bias.at = bias->at;
    }
    check_model(spec, root, problems);
}
/// Whoever lies on a grid, or in a list of positions, need not be counted: `size` follows.
void add_sizes(Value& root) {
    for (Entry& entry : root.map) {
        if (entry.key != "populations") continue;
        for (Entry& population : entry.value.map) {
            const Value* const space = population.value.find("space");
            if (!space || population.value.find("size")) continue;
            const Value *const grid = space->find("grid"), *positions = space->find("positions");
            std::int64_t cells = 0;
            if (grid && grid->kind == Value::Kind::list) {
                cells = 1;
                for (const Value& n : grid->list) {
                    std::int64_t number = 0;
                    const std::string wrong =
                        read_whole(n.text, std::int64_t{1}, std::int64_t{1} << 30, number);
                    cells = wrong.empty() && cells <= (std::int64_t{1} << 30) / number
                                ? cells * number
                                : (std::int64_t{1} << 30);
                }
            } else if (positions && positions->kind == Value::Kind::list) {
                // Of an empty list its reader tells.
                cells =
                    std::max<std::int64_t>(1, static_cast<std::int64_t>(positions->list.size()));
            }
            if (cells == 0) continue;
            Value size;
            size.kind = Value::Kind::scalar;
            size.text = std::to_string(cells);
            size.at = space->at;
            population.value.map.push_back({"size", space->at, size});
        }
    }
}

/// By distance p is 1 where nothing is said; `at`: the projection or the gap junctions.
void set_default_p(const Value& at, ConnectSpec& connect) {
    const Value* const given = at.find("connect");
    if (connect.by_distance() && given && !given->find("p")) connect.p = 1.0;
}

void check(SimulationSpec& spec, const Value& root, Problems& problems) {
    // A source says itself how often it fires.
    for (CellPopulationSpec& p : spec.populations) {
        if (!p.varied.empty()) continue;
        if (const auto* s = std::get_if<PoissonSource::Params>(&p.cell)) p.rate = s->rate;
        if (const auto* s = std::get_if<RegularSource::Params>(&p.cell)) p.rate = s->rate;
    }
    const Value* const projections = root.find("projections");
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        spec.projections[k].weight_given = projections->list[k].find("weight");
        if (projections->list[k].find("delay")) spec.projections[k].delay_given = true;
        SynapsesSpec& s = spec.projections[k];
        set_default_p(projections->list[k], s.connect);
        const std::size_t from = spec.population_index(s.from);
        if (from < spec.populations.size() && spec.populations[from].dale) s.dale = true;
    }
    const Value* const gaps = root.find("gap_junctions");
    for (std::size_t k = 0; k < spec.gap_junctions.size(); ++k) {
        spec.gap_junctions[k].g_given = gaps->list[k].find("g");
        set_default_p(gaps->list[k], spec.gap_junctions[k].connect);
    }
    settle_space(spec);
    check_simulation(spec, root, problems);
}

/// A model file on its way: parsed, not yet read.
struct ModelText {
    ModelText(const std::string& text, const std::string& path,
              const std::vector<std::string>& overrides)
        : text(text), path(path), overrides(overrides), problems(text, path) {
        root = parse_yaml(text, problems);
        if (root.kind != Value::Kind::map) problems.throw_if_any();
        for (const std::string& override_text : overrides) {
            try {
                apply_override(root, override_text);
            } catch (const UsageError& e) {
                problems.add_of_command_line(e.what());
            }
        }
    }

    bool simulates() const {
        if (root.find("simulate")) return true;
        return !root.find("data") &&
               std::any_of(root.map.begin(), root.map.end(), [](const Entry& entry) {
                   return entry.key == "stimuli" || !did_you_mean(entry.key, {"simulate"}).empty();
               });
    }

    bool trains_too() const {
        return root.find("simulate") && root.find("data") &&
               (root.find("train") || root.find("test"));
    }
    bool names_network() const {
        const Value* const simulate = root.find("simulate");
        return simulate && simulate->find("network");
    }
    /// A file that trains names no other network, unless the command line does.
    void check_own_network() {
        const Value* const network = root.find("simulate")->find("network");
        if (network && network->override_text.empty())
            problems.add(*network,
                         "what this file trains is what it simulates; leave network out, or leave "
                         "train, test, data, populations and projections out to simulate a run");
        problems.throw_if_any();
    }
    /// Of a file that does both, what does not belong to the one that is read.
    void take_away(bool simulates) {
        if (!trains_too()) return;
        const auto erase = [](Value& map, std::initializer_list<const char*> keys) {
            std::erase_if(map.map, [&](const Entry& e) {
                return std::any_of(keys.begin(), keys.end(),
                                   [&](const char* key) { return e.key == key; });
            });
        };
        if (!simulates) {
            erase(root, {"simulate", "stimuli"});
            return;
        }
        erase(root, {"train", "test", "data", "populations", "projections", "record"});
        for (Entry& entry : root.map) {
            if (entry.key != "simulate") continue;
            const Value* const record = entry.value.find("record");
            if (!record) return;
            Entry moved{"record", record->at, *record};
            erase(entry.value, {"record"});
            root.map.push_back(std::move(moved));
            return;
        }
    }

    /// The network that a simulation names, put into it.
    std::shared_ptr<const ModelSpec> take_network(const ReadRunModel& read_run) {
        const Value* const simulate = root.find("simulate");
        const Value* const network =
            simulate && simulate->kind == Value::Kind::map ? simulate->find("network") : nullptr;
        if (!network) return nullptr;
        if (network->kind != Value::Kind::scalar || network->text.empty()) return nullptr;
        if (!read_run) {
            problems.add(*network, "no run file can be read here; leave network out");
            problems.throw_if_any();
        }
        network_at = *network;
        if (own_network) network_at->override_text.clear();  // nobody wrote it
        own_samples = root.find("data");
        try {
            const RunModel run = read_run(path, network->text);
            auto model =
                std::make_shared<const ModelSpec>(parse_model(run.text, run.path, run.overrides));
            const std::string wrong = no_simulation_of(*model, own_network ? "" : run.run);
            if (wrong.empty()) {
                add_network(root, *network_at, run, problems);
                return model;
            }
            problems.add(*network_at, wrong);
        } catch (const FileError& e) {
            problems.add(*network_at, e.what());
        } catch (const ModelError& e) {
            problems.add(*network_at, fmt::format("its model cannot be read: {}", e.what()));
        }
        problems.throw_if_any();
        return nullptr;
    }

    template <class Spec>
    Spec read(const ReadRunModel& read_run = {}) {
        apply_parameters(root, problems);
        const bool both = trains_too();
        if (both) check_own_network();
        take_away(std::is_same_v<Spec, SimulationSpec>);
        std::shared_ptr<const ModelSpec> network;
        if constexpr (std::is_same_v<Spec, SimulationSpec>) {
            network = take_network(read_run);
            add_sizes(root);
        } else {
            add_shapes(root, problems);
        }
        Spec spec;
        constexpr Side side = std::is_same_v<Spec, ModelSpec> ? Side::training : Side::simulation;
        FieldReader(problems, side).read_struct(root, "the model file", spec);
        spec.path = path;
        if constexpr (std::is_same_v<Spec, ModelSpec>) {
            if (spec.train && !spec.train->phases.empty()) {
                spec.train->epochs = 0;
                for (const TrainPhaseSpec& p : spec.train->phases) spec.train->epochs += p.epochs;
            }
        }
        if constexpr (std::is_same_v<Spec, SimulationSpec>) {
            if (network) describe_network(spec, network, *network_at, own_samples);
        }
        check(spec, root, problems);
        problems.throw_if_any();
        spec.text = text;
        spec.overrides = overrides;
        spec.warnings = problems.warnings();
        if constexpr (std::is_same_v<Spec, ModelSpec>) spec.simulates_too = both;
        return spec;
    }

    const std::string &text, &path;
    const std::vector<std::string>& overrides;
    Problems problems;
    Value root;
    std::optional<Value> network_at;  // where the run is named
    bool own_samples = false;         // beside it, `data`
    bool own_network = false;         // what this file trains, which it does not name itself
};

}  // namespace

AnyModel parse_any_model(const std::string& text, const std::string& path,
                         const std::vector<std::string>& overrides, const ReadRunModel& read_run) {
    ModelText model(text, path, overrides);
    if (const Value* const hopfield = model.root.find("hopfield")) {
        model.problems.add(*hopfield,
                           fmt::format("this is a Hopfield network, which is neither trained nor "
                                       "simulated; run it with `snnsim {}`",
                                       path));
        model.problems.throw_if_any();
    }
    if (!model.trains_too() || model.names_network()) {
        if (model.simulates()) return model.read<SimulationSpec>(read_run);
        return model.read<ModelSpec>();
    }
    ModelSpec training = model.read<ModelSpec>();
    // Before hours of training: what is wrong with the simulation that comes after it.
    std::vector<std::string> simulated = overrides;
    simulated.push_back("simulate.network=" + training.name + ".h5");
    ModelText after(text, path, simulated);
    after.own_network = true;
    after.read<SimulationSpec>([&](const std::string&, const std::string& run) {
        return RunModel{run, text, path, overrides};
    });
    return training;
}

ModelSpec parse_model(const std::string& text, const std::string& path,
                      const std::vector<std::string>& overrides) {
    ModelText model(text, path, overrides);
    const Value* const simulate = model.root.find("simulate");
    if (simulate && !model.trains_too()) {
        model.problems.add(
            *simulate,
            fmt::format("this model is simulated, not trained; run it with `snnsim {}`", path));
        model.problems.throw_if_any();
    }
    return model.read<ModelSpec>();
}

SimulationSpec parse_simulation(const std::string& text, const std::string& path,
                                const std::vector<std::string>& overrides) {
    return ModelText(text, path, overrides).read<SimulationSpec>();
}

AnyModel read_any_model(const std::string& path, const std::vector<std::string>& overrides,
                        const ReadRunModel& read_run) {
    return parse_any_model(text_of(path), path, overrides, read_run);
}

ModelSpec read_model(const std::string& path, const std::vector<std::string>& overrides) {
    return parse_model(text_of(path), path, overrides);
}

}  // namespace snnsim
