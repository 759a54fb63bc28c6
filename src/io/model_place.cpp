#include "src/io/model_place.hpp"

#include <filesystem>

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// Nothing where `path` is no name of a file, as that of a broken run file may be.
fs::path folder_of(const fs::path& path) {
    std::error_code no_name;
    return fs::absolute(path, no_name).parent_path();
}

}  // namespace

void write_model_place(hid_t run, const std::string& model_path) {
    h5::write_text(run, "model_path", model_path);
    if (model_path.empty()) return;
    std::error_code ignored;
    const fs::path way =
        fs::proximate(fs::absolute(model_path, ignored), folder_of(h5::file_of(run)), ignored);
    h5::write_text(run, "model_from_run", way.string());
}

std::string read_model_place(hid_t run) {
    const std::string given = h5::read_text(run, "model_path");
    if (!h5::has_attribute(run, "model_from_run") || fs::path(given).is_absolute()) return given;
    const fs::path found =
        (folder_of(h5::file_of(run)) / h5::read_text(run, "model_from_run")).lexically_normal();
    std::error_code ignored;
    const fs::path here = folder_of(given), there = found.parent_path();
    if (!fs::is_directory(there, ignored) || fs::equivalent(here, there, ignored)) return given;
    return fs::proximate(found, ignored).string();
}

}  // namespace snnsim
