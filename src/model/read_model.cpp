// The model file from its text to a checked ModelSpec.
#include "snnsim/read_model.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "snnsim/error.hpp"
#include "src/model/checks.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {

ModelSpec parse_model(const std::string& text, const std::string& path,
                      const std::vector<std::string>& overrides) {
    Problems problems(text, path);
    Value root = parse_yaml(text, problems);
    if (root.kind != Value::Kind::map) problems.throw_if_any();
    for (const std::string& override_text : overrides) apply_override(root, override_text);

    ModelSpec spec;
    FieldReader(problems).read_struct(root, "the model file", spec);
    check_model(spec, root, problems);
    problems.throw_if_any();
    spec.path = path;
    spec.text = text;
    spec.overrides = overrides;
    return spec;
}

ModelSpec read_model(const std::string& path, const std::vector<std::string>& overrides) {
    if (std::filesystem::is_directory(path)) {
        throw FileError(path + " is a folder; name a model file (.yaml) in it");
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw FileError(
            "cannot open the model file " + path + ": " +
            (std::filesystem::exists(path) ? "no permission" : "there is no such file"));
    }
    std::ostringstream text;
    text << file.rdbuf();
    return parse_model(text.str(), path, overrides);
}

}  // namespace snnsim
