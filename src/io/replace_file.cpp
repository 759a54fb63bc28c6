#include "src/io/replace_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// A file's content, or the names in a folder, as far as the machine can promise that they outlast
/// a power cut.
void flush_to_disk(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    // Some network file systems cannot flush a folder and say EINVAL.
    const bool good = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL);
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!good) throw std::system_error(reason, std::generic_category(), "flush to the disk");
}

/// Removes the file with its owner; after a rename there is nothing left to remove.
struct Temporary {
    explicit Temporary(std::string path) : path(std::move(path)) {}
    ~Temporary() {
        std::error_code ignored;
        fs::remove(path, ignored);
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    const std::string path;
};

/// What a process of this machine calls its unfinished version of `path`, before its process
/// number.
std::string temporary_prefix(const std::string& path) {
    char host[256] = {};
    if (::gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
    return fmt::format("{}.{}.", path, host);
}

/// Removes what processes of this machine that are gone left unfinished.
void sweep(const fs::path& folder, const std::string& prefix) {
    const std::string name = fs::path(prefix).filename();
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        const std::string file = entry.path().filename();
        if (!file.starts_with(name) || !file.ends_with(".tmp")) continue;
        const std::string_view number = std::string_view(file).substr(
            name.size(), file.size() - name.size() - std::string_view(".tmp").size());
        pid_t process = 0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), process);
        const bool valid = error == std::errc() && end == number.data() + number.size();
        if (valid && process > 0 && ::kill(process, 0) != 0 && errno == ESRCH) {
            fs::remove(entry.path(), ignored);
        }
    }
}

}  // namespace

void replace_file(const std::string& path, const std::function<void(const std::string&)>& write) {
    fs::path folder = fs::path(path).parent_path();
    if (folder.empty()) folder = ".";
    try {
        fs::create_directories(folder);
        const std::string prefix = temporary_prefix(path);
        sweep(folder, prefix);
        const Temporary temporary(fmt::format("{}{}.tmp", prefix, ::getpid()));
        write(temporary.path);
        flush_to_disk(temporary.path);
        fs::rename(temporary.path, path);
        flush_to_disk(folder);
    } catch (const FileError& e) {
        throw FileError(fmt::format("cannot write {}: {}", path, e.what()));
    } catch (const std::system_error& e) {
        throw FileError(fmt::format("cannot write {}: {}", path, e.code().message()));
    }
}

void save_text(const std::string& path, const std::string& text) {
    replace_file(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file << text;
        if (!file.flush()) throw FileError("no room, or no permission");
    });
}

void remove_with_leftovers(const std::string& path) {
    std::error_code ignored;
    fs::remove(path, ignored);
    const fs::path folder = fs::path(path).parent_path();
    sweep(folder.empty() ? "." : folder, temporary_prefix(path));
}

}  // namespace snnsim
