#include "src/energy/meter_rapl.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

namespace snnsim {
namespace {

namespace fs = std::filesystem;

constexpr const char* rapl_source = "RAPL counter";

/// The first line of a small file of sysfs.
std::string read_line(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::array<char, 128> text{};
    const ssize_t size = file < 0 ? -1 : read(file, text.data(), text.size());
    const int error = errno;
    if (file >= 0) close(file);
    if (size < 0) {
        const bool denied = error == EACCES || error == EPERM;
        throw EnergyUnavailable(fmt::format("cannot read {}: {}{}", path, std::strerror(error),
                                            denied ? "; `chmod a+r` by root allows it" : ""));
    }
    const std::string line(text.data(), static_cast<std::size_t>(size));
    return line.substr(0, line.find('\n'));
}

std::uint64_t read_number(const std::string& path) {
    const std::string text = read_line(path);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        throw EnergyUnavailable(fmt::format("{} holds no number: '{}'", path, text));
    return number;
}

class RaplZone final : public EnergySource {
  public:
    explicit RaplZone(const std::string& folder)
        : path_(folder + "/energy_uj"),
          range_(read_number(folder + "/max_energy_range_uj")),
          last_(read_number(path_)) {}

    double joules() override {
        const std::uint64_t now = read_number(path_);
        if (now >= last_) {
            sum_ += now - last_;
        } else if (last_ <= range_) {
            sum_ += range_ - last_ + now;
        } else {
            last_ = now;
            throw EnergyUnavailable(path_ + " went back without having reached its largest value");
        }
        last_ = now;
        return static_cast<double>(sum_) * 1e-6;
    }
    // The smallest ranges last a minute at full power; a thread that waits may be late.
    double read_within() const override { return 1.0; }

  private:
    const std::string path_;
    const std::uint64_t range_;  // uJ
    std::uint64_t last_, sum_ = 0;
};

EnergyDomain open_zone(const std::string& name, const std::string& folder) {
    try {
        return {name, rapl_source, std::make_unique<RaplZone>(folder), ""};
    } catch (const EnergyUnavailable& e) {
        return {name, "", nullptr, e.what()};
    }
}

/// "intel-rapl:0" and "intel-rapl:0:1", but not "intel-rapl-mmio:0", which is a package once more.
std::vector<std::string> zones(const std::string& powercap) {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator at(powercap, error), end; !error && at != end;
         at.increment(error)) {
        const std::string name = at->path().filename();
        if (name.starts_with("intel-rapl:")) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

std::vector<EnergyDomain> rapl_domains(const std::string& powercap) {
    std::vector<EnergyDomain> domains;
    bool package = false, dram = false;
    std::string parent;  // "0" of "package-0"
    std::string unnamed;
    for (const std::string& zone : zones(powercap)) {
        const std::string folder = powercap + "/" + zone;
        std::string name;
        try {
            name = read_line(folder + "/name");
        } catch (const EnergyUnavailable& e) {
            unnamed = e.what();
            continue;
        }
        if (name.starts_with("package-")) {
            parent = name.substr(std::strlen("package-"));
            domains.push_back(open_zone(name, folder));
            package = true;
        } else if (name == "dram") {  // sorted: it follows its package
            domains.push_back(open_zone("dram-" + parent, folder));
            dram = true;
        }
    }
    const std::string reason =
        !unnamed.empty() ? unnamed
                         : fmt::format(
                               "{} shows no RAPL zone: the processor has none, its driver is not "
                               "loaded, or a container hides it",
                               powercap);
    if (!package) domains.push_back({"package", "", nullptr, reason});
    if (!dram) {
        domains.push_back({"dram", "", nullptr,
                           package ? powercap + " shows no DRAM zone of this processor" : reason});
    }
    return domains;
}

}  // namespace snnsim
