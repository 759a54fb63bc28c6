// The model file from its text to a checked ModelSpec or SimulationSpec.
#include "snnsim/read_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/model/checks.hpp"
#include "src/model/read_fields.hpp"
#include "src/model/simulation_checks.hpp"

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
    const Value* const projections = root.find("projections");
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        ProjectionSpec& p = spec.projections[k];
        if (const Value* weight = projections->list[k].find("weight")) p.weight.at = weight->at;
        if (const Value* bias = projections->list[k].find("bias")) p.bias.at = bias->at;
    }
    check_model(spec, root, problems);
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
        spec.projections[k].delay_given = projections->list[k].find("delay");
    }
    check_simulation(spec, root, problems);
}

/// A model file on its way: parsed, not yet read.
struct ModelText {
    ModelText(const std::string& text, const std::string& path,
              const std::vector<std::string>& overrides)
        : text(text), path(path), overrides(overrides), problems(text, path) {
        root = parse_yaml(text, problems);
        if (root.kind != Value::Kind::map) problems.throw_if_any();
    }

    bool simulates() const {
        if (root.find("simulate")) return true;
        return !root.find("data") &&
               std::any_of(root.map.begin(), root.map.end(), [](const Entry& entry) {
                   return entry.key == "stimuli" || !did_you_mean(entry.key, {"simulate"}).empty();
               });
    }

    template <class Spec>
    Spec read() {
        for (const std::string& override_text : overrides) {
            try {
                apply_override(root, override_text);
            } catch (const UsageError& e) {
                problems.add_of_command_line(e.what());
            }
        }
        apply_parameters(root, problems);
        Spec spec;
        constexpr Side side = std::is_same_v<Spec, ModelSpec> ? Side::training : Side::simulation;
        FieldReader(problems, side).read_struct(root, "the model file", spec);
        spec.path = path;
        check(spec, root, problems);
        problems.throw_if_any();
        spec.text = text;
        spec.overrides = overrides;
        spec.warnings = problems.warnings();
        return spec;
    }

    const std::string &text, &path;
    const std::vector<std::string>& overrides;
    Problems problems;
    Value root;
};

}  // namespace

AnyModel parse_any_model(const std::string& text, const std::string& path,
                         const std::vector<std::string>& overrides) {
    ModelText model(text, path, overrides);
    if (model.simulates()) return model.read<SimulationSpec>();
    return model.read<ModelSpec>();
}

ModelSpec parse_model(const std::string& text, const std::string& path,
                      const std::vector<std::string>& overrides) {
    ModelText model(text, path, overrides);
    if (const Value* simulate = model.root.find("simulate")) {
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

AnyModel read_any_model(const std::string& path, const std::vector<std::string>& overrides) {
    return parse_any_model(text_of(path), path, overrides);
}

ModelSpec read_model(const std::string& path, const std::vector<std::string>& overrides) {
    return parse_model(text_of(path), path, overrides);
}

}  // namespace snnsim
