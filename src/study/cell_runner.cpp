#include "src/study/cell_runner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "snnsim/error.hpp"
#include "src/data/idx.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/io/checkpoint_file.hpp"
#include "src/io/simulation_file.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/outputs.hpp"
#include "src/run/provenance.hpp"

extern char** environ;

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::string log_of(const CellRun& cell) {
    return cell.output + ".log";
}

std::string last_lines(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    return all.size() < 2000 ? all : all.substr(all.size() - 2000);
}

pid_t spawn(std::vector<std::string> words, const std::string& log) {
    std::vector<char*> arguments;
    for (std::string& w : words) arguments.push_back(w.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&files, 2, 1);  // stdout is for the results of all
    pid_t child = 0;
    const int status =
        posix_spawn(&child, "/proc/self/exe", &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (status != 0) throw Error("cannot start a process for " + log);
    return child;
}

/// Of the files that a model names, but for data sets.
std::string content_of_files(const ModelSpec& model) {
    return fmt::format("{}", fmt::join(input_files(model), "\n"));
}
std::string content_of_files(const SimulationSpec& model) {
    return fmt::format("{}", fmt::join(input_files(load_inputs(model)), "\n"));
}

}  // namespace

std::string cell_file(const std::string& name, const AnyModel& model,
                      const std::vector<std::string>& settings) {
    std::string content =
        std::visit([](const auto& m) { return m.text; }, model) + '\n' + program_version() + '\n';
    for (const std::string& setting : settings) content += setting + '\n';
    content += std::visit([](const auto& m) { return content_of_files(m); }, model);
    return fmt::format("{}-{}.h5", name, sha256(content.data(), content.size()).substr(0, 16));
}

bool reads_data(const AnyModel& model) {
    const auto* simulation = std::get_if<SimulationSpec>(&model);
    return !simulation || simulation->data;
}

bool has_failed(const CellRun& cell) {
    return cell.simulation && fs::is_regular_file(cell.output) &&
           simulation_origin(cell.output).status == RunStatus::failed;
}

bool CellRunner::run(
    const std::vector<CellRun>& cells,
    const std::function<void(std::size_t cell, const std::string& failure)>& ended) {
    const InterruptGuard guard;
    watch_this_process();
    // Those that had the same Ctrl-C take no notice of a SIGHUP, unless there are to be none.
    stop_signal_ = guard.hears_hangups() ? SIGHUP : SIGTERM;
    std::size_t next = 0;
    while (!running_.empty() || (next < cells.size() && !InterruptGuard::asked())) {
        while (next < cells.size() && !InterruptGuard::asked() &&
               running_.size() < static_cast<std::size_t>(options_.jobs)) {
            start(cells[next], next);
            ++next;
        }
        const auto [number, status] = wait_for_one();
        if (InterruptGuard::asked()) continue;
        const CellRun& cell = cells[number];
        constexpr int interrupted = 130;
        if (WIFEXITED(status) && WEXITSTATUS(status) == interrupted) {
            stop_all();
            return false;
        }
        if (WIFSIGNALED(status)) {
            stop_all();
            throw Error(fmt::format(
                "{} was ended by signal {} ({}){}", cell.output, WTERMSIG(status),
                strsignal(WTERMSIG(status)),
                WTERMSIG(status) == SIGKILL ? "; where memory ran out, take fewer --jobs" : ""));
        }
        const bool good = (WIFEXITED(status) && WEXITSTATUS(status) == 0) || has_failed(cell);
        const std::string failure = good ? "" : last_lines(log_of(cell));
        std::error_code ignored;
        if (good) fs::remove(log_of(cell), ignored);
        try {
            ended(number, failure.empty() && !good ? "it ended without a word" : failure);
        } catch (...) {
            stop_all();
            throw;
        }
    }
    return !InterruptGuard::asked();
}

void CellRunner::start(const CellRun& cell, std::size_t number) {
    // A simulation that ended before its first checkpoint starts anew.
    const bool begun = fs::exists(cell.output) || fs::exists(partial_path(cell.output));
    const bool resumes = cell.simulation ? fs::exists(checkpoint_path(cell.output)) : begun;
    std::vector<std::string> words{"snnsim", "run"};
    if (resumes) {
        words.insert(words.end(), {"--resume", cell.output});
    } else {
        words.push_back(cell.model);
        for (const std::string& setting : cell.settings)
            words.insert(words.end(), {"--set", setting});
        words.insert(words.end(), {"-o", cell.output});
        if (begun) words.push_back("--force");
    }
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    words.insert(words.end(),
                 {"--threads", std::to_string(std::max(1, cores / options_.jobs)), "--progress",
                  "none", "--backend", name_of(options_.backend), "--checkpoint-every", "60"});
    if (options_.cuda_device >= 0)
        words.insert(words.end(), {"--device", std::to_string(options_.cuda_device)});
    if (!options_.data_dir.empty() && cell.reads_data)
        words.insert(words.end(), {"--data-dir", options_.data_dir});
    running_[spawn(words, log_of(cell))] = number;
}

/// Its number, and its status as waitpid has it.
std::pair<std::size_t, int> CellRunner::wait_for_one() {
    for (;;) {
        int status = 0;
        const pid_t child = waitpid(-1, &status, WNOHANG);
        if (InterruptGuard::asked() && !std::exchange(told_, true)) {
            for (const auto& [running, number] : running_) kill(running, stop_signal_);
        }
        if (child == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        const auto found = running_.find(child);
        if (found == running_.end()) continue;
        const std::size_t number = found->second;
        running_.erase(found);
        return {number, status};
    }
}

/// They keep their checkpoints.
void CellRunner::stop_all() {
    for (const auto& [child, number] : running_) kill(child, SIGTERM);
    for (const auto& [child, number] : running_) waitpid(child, nullptr, 0);
    running_.clear();
}

}  // namespace snnsim
