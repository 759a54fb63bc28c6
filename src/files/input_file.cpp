#include "src/files/input_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "snnsim/error.hpp"
#include "src/files/room.hpp"

namespace snnsim {
namespace {

constexpr std::uint64_t most_of_small_text = 16 << 20;
constexpr std::size_t longest_line = 1 << 20;

std::string kind_of(mode_t mode) {
    constexpr const char* only = ", and only plain files are read";
    if (S_ISDIR(mode)) return "it is a folder";
    if (S_ISFIFO(mode)) return std::string("it is a named pipe") + only;
    if (S_ISSOCK(mode)) return std::string("it is a socket") + only;
    return std::string("it is a device") + only;
}

std::string reason_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return "there is no such file";
        case EACCES:
            return "there is no permission to read it";
        case ENAMETOOLONG:
            return "its name is too long";
        case ELOOP:
            return "its links lead to each other";
        default:
            return std::strerror(error);
    }
}

}  // namespace

std::string why_unreadable(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return reason_of(errno);
    if (!S_ISREG(info.st_mode)) return kind_of(info.st_mode);
    if (::access(path.c_str(), R_OK) != 0) return reason_of(errno);
    return "";
}

void require_readable(const std::string& path) {
    const std::string wrong = why_unreadable(path);
    if (!wrong.empty()) throw FileError(fmt::format("cannot open {}: {}", path, wrong));
}

std::uint64_t size_of_input(const std::string& path) {
    require_readable(path);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        throw FileError(fmt::format("cannot open {}: {}", path, reason_of(errno)));
    return static_cast<std::uint64_t>(info.st_size);
}

std::string read_small_text(const std::string& path) {
    const std::uint64_t size = size_of_input(path);
    const auto too_large = [&] {
        throw FileError(fmt::format(
            "{} is larger than {}, the most that is read of such a file; long lists belong in "
            "files of their own",
            path, bytes_text(most_of_small_text)));
    };
    if (size > most_of_small_text) too_large();
    std::ifstream file(path, std::ios::binary);
    std::string text(size + 1, '\0');
    // The size is a hint: files of /proc say 0, and others may grow.
    std::size_t count = 0;
    while (file.read(text.data() + count, static_cast<std::streamsize>(text.size() - count)),
           file.gcount() > 0) {
        count += static_cast<std::size_t>(file.gcount());
        if (count > most_of_small_text) too_large();
        if (count == text.size()) text.resize(text.size() + 4096);
    }
    if (file.bad()) throw FileError("cannot read " + path);
    text.resize(count);
    return text;
}

LineReader::LineReader(const std::string& path) : path_(path), buffer_(longest_line + 1) {
    require_readable(path);
    file_.open(path, std::ios::binary);
    if (!file_) throw FileError(fmt::format("cannot open {}: {}", path, reason_of(errno)));
    refill();
    const std::string_view begin(buffer_.data(), end_);
    if (begin.starts_with("\xFF\xFE") || begin.starts_with("\xFE\xFF"))
        throw FileError(path + ": this text is in UTF-16; save it as UTF-8");
    if (begin.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

bool LineReader::refill() {
    std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
    end_ -= at_;
    at_ = 0;
    file_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    if (file_.bad()) throw FileError("cannot read " + path_);
    end_ += static_cast<std::size_t>(file_.gcount());
    return file_.gcount() > 0;
}

std::optional<std::string_view> LineReader::next() {
    for (std::size_t looked = at_;;) {
        const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(looked);
        const auto stop = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
        const auto found = std::find(from, stop, '\n');
        const bool whole = found != stop;
        if (!whole && end_ - at_ <= longest_line) {
            looked = end_ - at_;
            if (refill()) continue;
            if (at_ == end_) return std::nullopt;
        }
        ++number_;
        // After a refill `found` is where the buffer's content ended before.
        const auto last = whole ? static_cast<std::size_t>(found - buffer_.begin()) : end_;
        std::string_view line(buffer_.data() + at_, last - at_);
        if (line.size() > longest_line)
            throw FileError(fmt::format("{}:{}: a line of more than {}", path_, number_,
                                        bytes_text(longest_line)));
        at_ = whole ? last + 1 : last;
        if (line.find('\0') != std::string_view::npos)
            throw FileError(
                fmt::format("{}:{}: this is no text: it holds bytes of 0", path_, number_));
        if (line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }
}

}  // namespace snnsim
