// What every fuzz target shares. A target reads bytes as a file of a user; the only way out is an
// error that tells the user something. Anything else, a crash, an InternalError, an exception of a
// library, memory or time without bound, is a finding.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "snnsim/error.hpp"

namespace snnsim::fuzz {

/// Longer than any message should be: at most 50 problems are told, and what is quoted is bounded.
constexpr std::size_t longest_message = 50000;

/// `input`: what messages may quote.
inline void judge(const char* what, std::string_view input) {
    const std::string_view text = what;
    std::string quoted(input);  // as they show it
    for (char& c : quoted) c = static_cast<unsigned char>(c) < 0x20 || c == 127 ? ' ' : c;
    if (text.size() > longest_message) {
        fmt::print(stderr, "FINDING: a message of {} bytes: {}...\n", text.size(),
                   text.substr(0, 300));
        std::abort();
    }
    for (const std::string_view raw : {"basic_string", "vector::", "_M_range_check", "std::",
                                       "basic_filebuf", "filesystem error", "bad conversion"}) {
        // A name that ends in a colon may stand before that of a place.
        if (text.find(raw) != text.npos &&
            quoted.find(raw.substr(0, raw.size() - 1)) == quoted.npos) {
            fmt::print(stderr, "FINDING: a text of a library: {}\n", text.substr(0, 300));
            std::abort();
        }
    }
}

/// Runs what reads the input; errors for a user are fine, within reason.
template <class F>
void attempt(F&& read, std::string_view path = {}) {
    try {
        read();
    } catch (const InternalError&) {
        throw;
    } catch (const Error& e) {
        judge(e.what(), path);
    }
}

/// A name for the input of this process, in the folder that tools/fuzz/run removes in the end.
inline std::string scratch(const std::string& ending) {
    const char* folder = std::getenv("SNNSIM_FUZZ_SCRATCH");
    return fmt::format("{}/input_{}{}", folder ? folder : ".", getpid(), ending);
}

inline void save(const std::string& path, const std::uint8_t* data, std::size_t size) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
}

}  // namespace snnsim::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
