#include "src/run/outputs.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "snnsim/error.hpp"
#include "snnsim/run_record.hpp"
#include "src/io/checkpoint_file.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

bool is_hdf5_file(const std::string& path) {
    constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
    std::array<char, signature.size()> first{};
    std::ifstream file(path, std::ios::binary);
    return file.read(first.data(), first.size()) &&
           std::string_view(first.data(), first.size()) == signature;
}

/// The attribute that tells our files; empty where there is none.
std::string format_of(const std::string& path) {
    if (!is_hdf5_file(path)) return "";
    try {
        const h5::Handle file = h5::open_to_read(path);
        return h5::has_attribute(file, "format") ? h5::read_text(file, "format") : "";
    } catch (const FileError&) {
        return "";
    }
}

std::string beginning_of(const std::string& path) {
    std::string text(4096, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

bool is_of(const std::string& path, const OwnFile& kind) {
    if (!kind.format.empty()) return format_of(path) == kind.format;
    return beginning_of(path).starts_with(kind.begins);
}

/// Something is there that could be replaced: a regular file, not a folder or a device.
bool is_there(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return false;  // not even a link that leads nowhere
    if (S_ISLNK(found.st_mode) && ::stat(path.c_str(), &found) != 0) return true;
    if (S_ISDIR(found.st_mode)) throw UsageError(path + " is a folder; name a file to write");
    if (!S_ISREG(found.st_mode))
        throw UsageError(path + " is a device or a pipe; name a file to write");
    return true;
}

[[noreturn]] void refuse(const std::string& path, const OwnFile& kind) {
    throw UsageError(
        fmt::format("{} is no {}, so it is not replaced, even with --force; name "
                    "another file, or remove it yourself",
                    path, kind.what));
}

}  // namespace

void require_no_folder(const std::string& path) {
    if (fs::is_directory(path))
        throw UsageError(fmt::format("{} is a folder; name a file in it, as in -o {}", path,
                                     (fs::path(path) / "run.h5").string()));
}

void require_no_input(const std::vector<std::string>& outputs,
                      const std::vector<InputFile>& inputs) {
    for (const std::string& output : outputs) {
        struct stat out {};
        if (::stat(output.c_str(), &out) != 0) continue;
        for (const InputFile& input : inputs) {
            struct stat in {};
            if (::stat(input.path.c_str(), &in) != 0) continue;
            if (in.st_dev != out.st_dev || in.st_ino != out.st_ino) continue;
            throw UsageError(fmt::format(
                "{} is {}{}: what is read cannot be written too; name another file with -o", output,
                input.what, output == input.path ? "" : " (" + input.path + ")"));
        }
    }
}

OwnFile own_text(const std::string& what, const std::string& text) {
    // Past the bracket that begins every JSON text.
    return {what, "", text.substr(0, text.find_first_of(",:\n", text.starts_with("{\n") ? 2 : 0))};
}

void require_replaceable(const std::string& path, const OwnFile& kind) {
    if (is_there(path) && !is_of(path, kind)) refuse(path, kind);
}

void require_free(const std::string& path, const OwnFile& kind, bool force) {
    if (!is_there(path)) return;
    if (!is_of(path, kind)) refuse(path, kind);
    if (!force) throw UsageError(path + " exists already; --force overwrites it");
}

std::vector<std::string> run_files(const std::string& path) {
    return {path, partial_path(path), checkpoint_path(path)};
}

void require_replaceable_run(const std::string& path) {
    for (const char* ending : {".partial", ".checkpoint"}) {
        if (fs::path(path).stem().string().ends_with(ending))
            throw UsageError(fmt::format(
                "{}: a name that ends in '{}{}' is that of an unfinished run; name another file",
                path, ending, fs::path(path).extension().string()));
    }
    require_replaceable(path, own_run_file());
    // A run that was killed may have left what HDF5 cannot open.
    const auto is_left = [](const std::string& file, const char* format) {
        const std::string found = format_of(file);
        return found == format || (found.empty() && is_hdf5_file(file));
    };
    const std::string partial = partial_path(path), checkpoint = checkpoint_path(path);
    if (is_there(partial) && !is_left(partial, "snnsim run")) refuse(partial, own_run_file());
    if (is_there(checkpoint) && !is_left(checkpoint, "snnsim checkpoint"))
        refuse(checkpoint, own_run_file());
}

}  // namespace snnsim
