#include "src/study/many_runs.hpp"

#include <filesystem>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/run/outputs.hpp"

namespace snnsim {
namespace {

/// The name in a .h5 of that format; "" where it is none.
std::string name_in(const std::string& path, const std::string& format) {
    try {
        if (!std::filesystem::is_regular_file(path)) return "";
        const h5::Handle root = h5::open_file(path);
        return h5::read_text(root, "format") == format ? h5::read_text(root, "name") : "";
    } catch (const FileError&) {
        return "";
    }
}

}  // namespace

void ResultTables::require_own(const std::vector<InputFile>& inputs, bool force) const {
    require_no_input({path(".md"), path(".csv"), path(".h5")}, inputs);
    const std::string command = "`snnsim " + kind + "`";
    const bool free = force || name_in(path(".h5"), "snnsim " + kind) == name;
    require_free(path(".h5"), {kind + " file of snnsim", "snnsim " + kind, ""}, free);
    require_free(path(".md"), own_text("text of " + command, "# "), free);
    require_free(path(".csv"), own_text("table of " + command, first_column + ","), free);
}

}  // namespace snnsim
