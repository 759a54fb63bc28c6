#include "src/run/jobs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "snnsim/error.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/run/local_jobs.hpp"
#include "src/run/rank_jobs.hpp"
#include "src/text/shell_words.hpp"

namespace snnsim {
namespace {

bool is_program(const std::string& path) {
    return access(path.c_str(), X_OK) == 0;
}

bool is_found(const std::string& program) {
    if (program.find('/') != std::string::npos) return is_program(program);
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (is_program((folder.empty() ? "." : folder) + "/" + program)) return true;
    }
    return false;
}

}  // namespace

std::unique_ptr<Jobs> make_jobs(const JobOptions& options) {
    Exchange& exchange = process_ranks();
    if (exchange.alone()) return std::make_unique<LocalJobs>(options);
    if (!options.launcher.empty())
        throw UsageError(
            "--launcher and mpirun are two ways to share out runs; leave one of them out");
    return make_rank_jobs(options, exchange);
}

std::vector<std::string> read_launcher(const std::string& text) {
    std::vector<std::string> words;
    try {
        words = shell_words(text);
    } catch (const UsageError& e) {
        throw UsageError(fmt::format("--launcher {}: {}", text, e.what()));
    }
    if (words.empty()) throw UsageError("--launcher names no program; write one, or leave it out");
    if (!is_found(words[0]))
        throw UsageError(fmt::format("--launcher: there is no program '{}'{}", words[0],
                                     words[0].find('/') == std::string::npos ? " in PATH" : ""));
    return words;
}

}  // namespace snnsim
