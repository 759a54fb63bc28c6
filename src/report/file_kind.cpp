#include "src/report/file_kind.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/model/problems.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";

FileKind kind_of_hdf5(const std::string& path) {
    try {
        const h5::Handle file = h5::open_to_read(path);
        const std::string format =
            h5::has_attribute(file, "format") ? h5::read_text(file, "format") : "";
        if (format == "snnsim checkpoint") return FileKind::checkpoint;
        if (format == "snnsim study") return FileKind::study_result;
        if (format == "snnsim search") return FileKind::search_result;
        if (format == "snnsim evolve") return FileKind::evolution_result;
        if (format != "snnsim run") return FileKind::other_hdf5;
        const std::string kind = h5::has_attribute(file, "kind") ? h5::read_text(file, "kind") : "";
        return kind == "simulation" ? FileKind::simulation_run
               : kind == "hopfield" ? FileKind::hopfield_run
                                    : FileKind::training_run;
    } catch (const FileError&) {
        return FileKind::damaged_hdf5;
    }
}

FileKind kind_of_yaml(const std::string& text, const std::string& path) {
    Problems ignored(text, path);
    const Value root = parse_yaml(text, ignored);
    const auto has_any = [&](std::initializer_list<const char*> keys) {
        return std::any_of(keys.begin(), keys.end(),
                           [&](const char* key) { return root.find(key) != nullptr; });
    };
    if (has_any({"hopfield"})) return FileKind::hopfield;
    if (has_any({"simulate"}) && has_any({"data"}) && has_any({"train", "test"}) &&
        !root.find("simulate")->find("network"))
        return FileKind::training;  // which is simulated besides
    if (has_any({"populations", "data"}))
        return has_any({"simulate", "stimuli"}) ? FileKind::simulation : FileKind::training;
    if (has_any({"simulate"})) return FileKind::simulation;
    if (has_any({"models", "grid"})) return FileKind::study;
    if (has_any({"vary", "objective"})) return FileKind::search;
    if (has_any({"evolve"})) return FileKind::evolution;
    if (has_any({"float", "int8"})) return FileKind::energy_model;
    return FileKind::unknown;
}

struct Words {
    std::string what, advice;
};

Words words_for(FileKind kind, const std::string& path, const std::string& command) {
    switch (kind) {
        case FileKind::training:
            return {"the model of a training", "run it with `snnsim " + path + "`"};
        case FileKind::simulation:
            if (command == "snnsim compare")
                return {"the model of a simulation",
                        "run it with `snnsim " + path +
                            "`; where it shows a trained network samples its run file can be "
                            "compared, any other look at with `snnsim stats`"};
            return {"the model of a simulation", "run it with `snnsim " + path + "`"};
        case FileKind::hopfield:
            return {"the model of a Hopfield network", "run it with `snnsim " + path + "`"};
        case FileKind::study:
            return {"a study", "run it with `snnsim study " + path + "`"};
        case FileKind::search:
            return {"a search", "run it with `snnsim search " + path + "`"};
        case FileKind::evolution:
            return {"an evolution", "run it with `snnsim evolve " + path + "`"};
        case FileKind::energy_model:
            return {"an energy model", "name it with `--energy " + path + "` beside a model"};
        case FileKind::training_run:
            return {"the run file of a training", "see it with `snnsim compare " + path +
                                                      "`, or go on with `snnsim --resume " + path +
                                                      "`"};
        case FileKind::simulation_run:
            return {"the run file of a simulation", "see it with `snnsim stats " + path +
                                                        "`, or go on with `snnsim --resume " +
                                                        path + "`"};
        case FileKind::hopfield_run:
            return {"the run file of a Hopfield network",
                    "it is finished; its overlaps are in /recall/overlaps"};
        case FileKind::checkpoint:
            return {"the checkpoint of a simulation",
                    "go on from it with `snnsim --resume " + path + "`"};
        case FileKind::study_result:
            return {"the result of a study", "draw it with tools/plot_study.py"};
        case FileKind::search_result:
            return {"the result of a search", "draw it with tools/plot_study.py"};
        case FileKind::evolution_result:
            return {"the result of an evolution", "draw it with tools/plot_study.py"};
        case FileKind::damaged_hdf5:
            return {"a damaged HDF5 file", "name another file"};
        default:
            return {"an HDF5 file that snnsim has not written", "name another file"};
    }
}

}  // namespace

FileKind kind_of(const std::string& path) {
    constexpr std::uintmax_t longest = 4 << 20;  // of a text
    std::error_code wrong;
    if (!fs::is_regular_file(path, wrong)) return FileKind::unknown;
    std::ifstream file(path, std::ios::binary);
    std::string first(hdf5_signature.size(), '\0');
    if (file.read(first.data(), static_cast<std::streamsize>(first.size())) &&
        first == hdf5_signature)
        return kind_of_hdf5(path);
    if (fs::file_size(path, wrong) > longest || wrong) return FileKind::unknown;
    file.clear();
    file.seekg(0);
    std::ostringstream text;
    text << file.rdbuf();
    return kind_of_yaml(text.str(), path);
}

void require_kind(const std::string& path, const std::string& command,
                  std::initializer_list<FileKind> taken) {
    const FileKind kind = kind_of(path);
    if (kind == FileKind::unknown) return;
    const auto takes = [&](FileKind k) {
        return std::find(taken.begin(), taken.end(), k) != taken.end();
    };
    if (takes(kind)) return;
    // The reader of run files says what is wrong with it.
    if (kind == FileKind::damaged_hdf5 && takes(FileKind::training_run)) return;
    const Words words = words_for(kind, path, command);
    throw UsageError(fmt::format("{} is {}, which `{}` does not take: {}", path, words.what,
                                 command, words.advice));
}

}  // namespace snnsim
