// Where the tests find the shipped models.
#pragma once

#include <filesystem>
#include <string>

namespace snnsim {

/// models/NAME.yaml beside the program, as in a bundle (tools/gpu_bundle), or else of the source
/// tree.
inline std::string shipped_model(const std::string& name) {
    namespace fs = std::filesystem;
    const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / "models";
    const fs::path folder =
        fs::is_directory(beside) ? beside : fs::path(SNNSIM_SOURCE_DIR) / "models";
    return (folder / (name + ".yaml")).string();
}

}  // namespace snnsim
