#include "src/run/local_jobs.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "snnsim/error.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/run/interrupt.hpp"
#include "src/text/shell_words.hpp"

extern char** environ;

namespace snnsim {
namespace {

/// Those that had the same Ctrl-C take no notice of a SIGHUP, unless there are to be none (nohup).
int signal_to_stop() {
    struct sigaction hangup {};
    sigaction(SIGHUP, nullptr, &hangup);
    return hangup.sa_handler == SIG_IGN ? SIGTERM : SIGHUP;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (std::string& w : words) all.push_back(w.data());
    all.push_back(nullptr);
    return all;
}

/// A job of a rank is none itself.
std::vector<char*> environment_of_job() {
    std::vector<char*> all;
    for (char** variable = environ; *variable; ++variable) {
        if (launched_processes() == 1 || !of_launcher(*variable)) all.push_back(*variable);
    }
    all.push_back(nullptr);
    return all;
}

/// What posix_spawn is told, freed at the end.
struct SpawnSettings {
    SpawnSettings() {
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
    }
    ~SpawnSettings() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
};

}  // namespace

LocalJobs::LocalJobs(const JobOptions& options)
    : options_(options), stop_signal_(options.launcher.empty() ? signal_to_stop() : SIGTERM) {
    watch_this_process(launched());
}

LocalJobs::~LocalJobs() {
    interrupt();
    for (const auto& [child, number] : running_) waitpid(child, nullptr, 0);
}

void LocalJobs::start(const Job& job) {
    std::vector<std::string> words = options_.launcher;
    words.push_back(launched() ? std::filesystem::read_symlink("/proc/self/exe").string()
                               : "snnsim");
    words.insert(words.end(), job.words.begin(), job.words.end());
    const int threads =
        options_.threads > 0 ? options_.threads : std::max(1, cores_of_process() / options_.jobs);
    // What a launcher gives a job is not known here.
    if (options_.threads > 0 || !launched())
        words.insert(words.end(), {"--threads", std::to_string(threads)});

    SpawnSettings how;
    posix_spawn_file_actions_addopen(&how.files, 2, job.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
    posix_spawn_file_actions_adddup2(&how.files, 2, 1);  // stdout is for the results of all
    if (launched()) {
        // A group of its own: signals reach what the launcher starts, too, and that once. Launchers
        // would take what is typed.
        posix_spawn_file_actions_addopen(&how.files, 0, "/dev/null", O_RDONLY, 0);
        posix_spawnattr_setflags(&how.attributes, POSIX_SPAWN_SETPGROUP);
    }
    const std::vector<char*> arguments = pointers_to(words), environment = environment_of_job();
    pid_t child = 0;
    const int status =
        posix_spawnp(&child, launched() ? words[0].c_str() : "/proc/self/exe", &how.files,
                     &how.attributes, arguments.data(), environment.data());
    if (status != 0)
        throw Error("cannot start a process for " + job.log + ": " + std::strerror(status));
    running_[child] = job.number;
}

void LocalJobs::interrupt() {
    if (std::exchange(interrupted_, true)) return;
    for (const auto& [child, number] : running_) kill(launched() ? -child : child, stop_signal_);
}

std::optional<EndedJob> LocalJobs::wait() {
    if (const auto job = ended()) return job;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return ended();
}

std::optional<EndedJob> LocalJobs::ended() {
    for (auto at = running_.begin(); at != running_.end(); ++at) {
        int status = 0;
        if (waitpid(at->first, &status, WNOHANG) != at->first) continue;
        EndedJob job{at->second};
        if (WIFSIGNALED(status)) job.signal = WTERMSIG(status);
        if (WIFEXITED(status)) job.status = WEXITSTATUS(status);
        // What launchers tell of a signal that ended the job.
        const int told = launched() ? job.status - 128 : 0;
        if (told > 0 && told < NSIG && told != SIGINT) job.signal = told;
        running_.erase(at);
        return job;
    }
    return {};
}

}  // namespace snnsim
