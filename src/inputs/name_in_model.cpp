#include "src/inputs/name_in_model.hpp"

#include <filesystem>

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::string in_yaml_quotes(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

}  // namespace

std::string name_in_model(const std::string& model, const std::string& file) {
    if (fs::path(file).is_absolute()) return in_yaml_quotes(file);
    const fs::path folder = fs::absolute(model).parent_path();
    return in_yaml_quotes(fs::proximate(fs::absolute(file), folder).string());
}

}  // namespace snnsim
