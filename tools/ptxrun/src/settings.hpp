// What the environment asks for.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
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

/// Ends the program: with a wrong setting it would show something else than was asked for.
[[noreturn]] inline void refuse_setting(const char* name, const std::string& why) {
    std::fprintf(stderr, "ptxrun: %s: %s\n", name, why.c_str());
    _exit(2);  // what runs at an exit would ask for the settings
}

/// A whole number from `least` to `most`; of it, `end` is what follows in the text.
inline long long whole_number(const char* name, const char* text, long long least, long long most,
                              const char** end) {
    char* after = nullptr;
    errno = 0;
    const long long number = std::strtoll(text, &after, 10);
    if (after == text || errno != 0 || number < least || number > most)
        refuse_setting(name, "\"" + std::string(text) + "\" is no whole number from " +
                                 std::to_string(least) + " to " + std::to_string(most));
    *end = after;
    return number;
}

inline long long setting(const char* name, long long otherwise, long long least, long long most) {
    const char* const text = std::getenv(name);
    if (!text || !*text) return otherwise;
    const char* end = nullptr;
    const long long number = whole_number(name, text, least, most, &end);
    if (*end) refuse_setting(name, "\"" + std::string(text) + "\" is no whole number");
    return number;
}

inline void refuse_unknown_settings() {
    static const char* const known[] = {"CHECK",  "RACE",    "REPORT",  "COUNTS", "PROFILE",
                                        "LAZY",   "SHUFFLE", "THREADS", "SMS",    "DEVICES",
                                        "MEMORY", "FAIL",    "TRACE",   "DECODE", "DUMP"};
    for (char** entry = environ; *entry; ++entry) {
        const std::string text = *entry;
        if (text.rfind("PTXRUN_", 0) != 0) continue;
        const std::string name = text.substr(0, text.find('='));
        if (std::none_of(std::begin(known), std::end(known),
                         [&](const char* k) { return name.substr(7) == k; }))
            refuse_setting(name.c_str(), "there is no such setting; README.md lists them");
    }
}

inline const Settings& settings() {
    static const Settings s = [] {
        constexpr long long any = std::numeric_limits<long long>::max();
        refuse_unknown_settings();
        Settings r;
        r.check = static_cast<int>(setting("PTXRUN_CHECK", 1, 0, 2));
        r.race = setting("PTXRUN_RACE", 0, 0, 1) != 0;
        r.report = setting("PTXRUN_REPORT", 0, 0, 1) != 0;
        r.counts = std::getenv("PTXRUN_COUNTS");
        r.profile = std::getenv("PTXRUN_PROFILE");
        r.shuffle = static_cast<std::uint64_t>(setting("PTXRUN_SHUFFLE", 0, 0, any));
        r.lazy = setting("PTXRUN_LAZY", r.shuffle != 0, 0, 1) != 0;
        r.threads = static_cast<int>(setting("PTXRUN_THREADS", 1, 1, 1024));
        r.processors = static_cast<int>(setting("PTXRUN_SMS", 4, 1, 4096));
        r.devices = static_cast<int>(setting("PTXRUN_DEVICES", 1, 0, 64));
        if (const char* text = std::getenv("PTXRUN_MEMORY"); text && *text) {
            r.memory.clear();
            for (const char *at = text, *end = nullptr;; at = end + 1) {
                r.memory.push_back(
                    static_cast<std::size_t>(whole_number("PTXRUN_MEMORY", at, 0, any, &end)));
                if (!*end) break;
                if (*end != ',')
                    refuse_setting("PTXRUN_MEMORY", "bytes, with commas between them, are wanted");
            }
        }
        if (const char* text = std::getenv("PTXRUN_FAIL")) {
            r.fail = text;
            if (const auto colon = r.fail.rfind(':'); colon != std::string::npos) {
                const char* end = nullptr;
                r.failing = whole_number("PTXRUN_FAIL", text + colon + 1, 1, any, &end);
                r.fail.resize(colon);
            }
        }
        r.trace = setting("PTXRUN_TRACE", 0, 0, 1) != 0;
        r.decode = setting("PTXRUN_DECODE", 0, 0, 1) != 0;
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
