// The lock beside a run file. It is held by flock(2), which ends with its process whatever ends
// that; the file itself only tells who holds it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "snnsim/error.hpp"
#include "src/run/outputs.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

constexpr const char* mark = "snnsim ";  // what the text of a lock begins with

std::string host_name() {
    char host[256] = {};
    if (::gethostname(host, sizeof(host) - 1) != 0) return "";
    return host;
}

std::string text_in(int descriptor) {
    char text[512] = {};
    const ssize_t count = ::pread(descriptor, text, sizeof(text) - 1, 0);
    return {text, static_cast<std::size_t>(count > 0 ? count : 0)};
}

/// "process 1234", and the machine where that is another.
std::string holder_of(int descriptor) {
    std::string text;
    for (int tries = 0; tries < 100;
         ++tries) {  // it has the lock, and is about to write its number
        text = text_in(descriptor);
        if (text.ends_with('\n')) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    unsigned long pid = 0;
    char host[256] = {};
    if (std::sscanf(text.c_str(), "snnsim %lu %255s", &pid, host) < 1) return "another process";
    return fmt::format("process {}{}", pid, host_name() == host ? "" : fmt::format(" on {}", host));
}

[[noreturn]] void fail(const std::string& lock, int reason) {
    throw FileError(
        fmt::format("cannot write {}: {}", lock, std::generic_category().message(reason)));
}

/// The file under that name is the one that is open: not yet removed by the last who had the lock.
bool same_file(int descriptor, const std::string& path) {
    struct stat open {
    }, named{};
    return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
           open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

// The one lock of this process, for the handler: nothing else may be looked at there.
constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP};
char claimed[PATH_MAX];

/// While nobody else waits for signals (a network is being built), they end the process at once.
extern "C" void remove_lock(int signal) {
    ::unlink(claimed);
    ::raise(signal);  // as it was before: SA_RESETHAND
}

void remove_lock_on_signals(const std::string& lock) {
    if (lock.size() >= sizeof(claimed)) return;
    std::strcpy(claimed, lock.c_str());
    struct sigaction ours {};
    ours.sa_handler = remove_lock;
    ours.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    sigemptyset(&ours.sa_mask);
    for (const int signal : ending_signals) {
        struct sigaction there {};
        sigaction(signal, nullptr, &there);
        if (there.sa_handler == SIG_DFL) sigaction(signal, &ours, nullptr);
    }
}

void leave_signals() {
    for (const int signal : ending_signals) {
        struct sigaction there {};
        sigaction(signal, nullptr, &there);
        if (there.sa_handler == remove_lock) ::signal(signal, SIG_DFL);
    }
}

}  // namespace

OutputClaim::OutputClaim(const std::string& path)
    // Not of the ending: x.h5 and x.hdf5 would have one checkpoint.
    : lock_(fs::path(path).replace_extension(".lock").string()) {
    if (lock_ == path)
        throw UsageError(
            path + ": a name that ends in '.lock' is that of a lock; name another file with -o");
    const fs::path folder = fs::path(lock_).parent_path();
    std::error_code made;
    if (!folder.empty()) fs::create_directories(folder, made);
    if (made) throw FileError(fmt::format("cannot write {}: {}", path, made.message()));
    for (;;) {
        descriptor_ =
            ::open(lock_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
        if (descriptor_ < 0) fail(lock_, errno);
        struct stat found {};
        const std::string text = text_in(descriptor_);
        if (::fstat(descriptor_, &found) != 0 || !S_ISREG(found.st_mode) ||
            !(text.empty() || text.starts_with(mark))) {
            ::close(std::exchange(descriptor_, -1));
            throw UsageError(fmt::format(
                "{} is in the way: a file of this name tells which process writes {}; name "
                "another file with -o",
                lock_, path));
        }
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
            const int reason = errno;
            if (reason == ENOLCK || reason == ENOSYS || reason == EOPNOTSUPP) {
                warnings_.push_back(
                    fmt::format("the file system of {} has no locks, so a second run to it would "
                                "not be noticed",
                                path));
                break;
            }
            const std::string holder = reason == EWOULDBLOCK ? holder_of(descriptor_) : "";
            ::close(std::exchange(descriptor_, -1));
            if (holder.empty()) fail(lock_, reason);
            throw UsageError(fmt::format(
                "{} is being written by {}; wait for its end, or name another file with -o", path,
                holder));
        }
        if (same_file(descriptor_, lock_)) break;
        ::close(std::exchange(descriptor_, -1));
    }
    remove_lock_on_signals(lock_);
    // Without room on the disk the number is missing, and nothing else.
    const std::string own = fmt::format("{}{} {}\n", mark, ::getpid(), host_name());
    if (::ftruncate(descriptor_, 0) == 0) (void)!::pwrite(descriptor_, own.data(), own.size(), 0);
}

OutputClaim::~OutputClaim() {
    leave_signals();
    ::unlink(lock_.c_str());  // before it is let go: whoever opens it afterwards makes a new one
    ::close(descriptor_);
}

}  // namespace snnsim
