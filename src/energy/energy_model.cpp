#include "src/energy/energy_model.hpp"

#include <fmt/format.h>

#include "shipped_models.hpp"
#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/files/input_file.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {
namespace {

EnergyModel parse(const std::string& text, const std::string& path) {
    Problems problems(text, path);
    const Value root = parse_yaml(text, problems);
    if (root.kind != Value::Kind::map) problems.throw_if_any();
    EnergyModel model;
    FieldReader(problems).read_struct(root, "the energy model", model);
    problems.throw_if_any();
    return model;
}

bool names_a_file(const std::string& name_or_path) {
    return name_or_path.find_first_of("./") != std::string::npos;
}

}  // namespace

std::vector<std::string> shipped_energy_models() {
    std::vector<std::string> names;
    for (const ShippedEnergyModel& m : shipped_texts) names.push_back(m.name);
    return names;
}

EnergyModel read_energy_model(const std::string& name_or_path) {
    for (const ShippedEnergyModel& m : shipped_texts) {
        if (name_or_path == m.name)
            return parse(m.text, fmt::format("models/energy/{}.yaml", m.name));
    }
    if (!names_a_file(name_or_path)) {
        const std::vector<std::string> names = shipped_energy_models();
        throw UsageError(
            fmt::format("energy {}: there is no such energy model{} (there are: {}; "
                        "or name a file)",
                        name_or_path, did_you_mean(name_or_path, names), join(names)));
    }
    const std::string wrong = why_unreadable(name_or_path);
    if (!wrong.empty())
        throw FileError(fmt::format("cannot open the energy model {}: {}", name_or_path, wrong));
    return parse(read_small_text(name_or_path), name_or_path);
}

namespace {

std::string model_named(const std::string& name, const std::string& model,
                        const std::string& asked) {
    if (!asked.empty()) return asked;
    if (name.empty()) return default_energy_model;
    return names_a_file(name) ? beside_model(model, name).string() : name;
}

}  // namespace

std::string energy_model_of(const ModelSpec& spec, const std::string& asked) {
    return model_named(spec.energy, spec.path, asked);
}
std::string energy_model_of(const SimulationSpec& spec, const std::string& asked) {
    return model_named(spec.energy, spec.path, asked);
}

}  // namespace snnsim
