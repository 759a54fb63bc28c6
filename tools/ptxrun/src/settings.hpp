// What the environment asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace ptxrun {

struct Settings {
    int check = 1;  // PTXRUN_CHECK: 0 none, 1 addresses and barriers, 2 also never-written memory
    bool race = false;    // PTXRUN_RACE=1: shared memory between barriers
    bool report = false;  // PTXRUN_REPORT=1: a table at exit
    const char* counts =
        nullptr;  // PTXRUN_COUNTS=file: the same and more as CSV, a row for each kernel
    const char* profile = nullptr;  // PTXRUN_PROFILE=file: counts for each line of the PTX, as CSV
    bool lazy = false;          // PTXRUN_LAZY=1, or a shuffle: streams work only when waited for
    std::uint64_t shuffle = 0;  // PTXRUN_SHUFFLE=seed
    int threads = 1;            // PTXRUN_THREADS
    int processors = 4;         // PTXRUN_SMS
    int devices = 1;            // PTXRUN_DEVICES
    std::vector<std::size_t> memory{std::size_t{16} << 30};  // PTXRUN_MEMORY=bytes[,bytes...]: of
                                                             // each device, the last of all others
    std::string fail;       // PTXRUN_FAIL=name[:n]: part of a kernel's name (or cudaMalloc) ...
    long long failing = 1;  // ... whose n-th launch fails
    bool trace = false;     // PTXRUN_TRACE=1: a line for each launch
    bool decode =
        false;  // PTXRUN_DECODE=1: all kernels at once, and what is not understood is told

    std::size_t memory_of(int device) const {
        const auto k = static_cast<std::size_t>(device);
        return k < memory.size() ? memory[k] : memory.back();
    }
};

inline const Settings& settings() {
    static const Settings s = [] {
        const auto number = [](const char* name, long long otherwise) {
            const char* text = std::getenv(name);
            return text && *text ? std::atoll(text) : otherwise;
        };
        Settings r;
        r.check = static_cast<int>(number("PTXRUN_CHECK", 1));
        r.race = number("PTXRUN_RACE", 0) != 0;
        r.report = number("PTXRUN_REPORT", 0) != 0;
        r.counts = std::getenv("PTXRUN_COUNTS");
        r.profile = std::getenv("PTXRUN_PROFILE");
        r.shuffle = static_cast<std::uint64_t>(number("PTXRUN_SHUFFLE", 0));
        r.lazy = number("PTXRUN_LAZY", r.shuffle != 0) != 0;
        r.threads = static_cast<int>(number("PTXRUN_THREADS", 1));
        r.processors = static_cast<int>(number("PTXRUN_SMS", 4));
        r.devices = static_cast<int>(number("PTXRUN_DEVICES", 1));
        if (const char* text = std::getenv("PTXRUN_MEMORY"); text && *text) {
            r.memory.clear();
            for (char* end = nullptr; *text; text = *end == ',' ? end + 1 : end) {
                r.memory.push_back(std::strtoull(text, &end, 10));
                if (end == text) break;
            }
        }
        if (const char* text = std::getenv("PTXRUN_FAIL")) {
            r.fail = text;
            if (const auto colon = r.fail.find(':'); colon != std::string::npos) {
                r.failing = std::atoll(text + colon + 1);
                r.fail.resize(colon);
            }
        }
        r.trace = number("PTXRUN_TRACE", 0) != 0;
        r.decode = number("PTXRUN_DECODE", 0) != 0;
        return r;
    }();
    return s;
}

/// A small generator for the shuffles: xorshift64*.
struct Dice {
    std::uint64_t state;
    explicit Dice(std::uint64_t seed) : state(seed * 0x9E3779B97F4A7C15u + 0x1234567u) {}
    std::uint32_t roll(std::uint32_t sides) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return static_cast<std::uint32_t>(((state * 0x2545F4914F6CDD1Du) >> 32) % sides);
    }
};

}  // namespace ptxrun
