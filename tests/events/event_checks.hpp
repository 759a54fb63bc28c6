// What tests of readers of events share.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "snnsim/error.hpp"
#include "src/events/events.hpp"

namespace snnsim {

using Event = std::array<std::int64_t, 4>;  // x, y, t, p

inline std::vector<Event> listed(const Events& events) {
    std::vector<Event> out;
    for (std::size_t k = 0; k < events.size(); ++k)
        out.push_back({events.x[k], events.y[k], events.t[k], events.p[k]});
    return out;
}

/// "01 ff" as bytes.
inline std::vector<std::uint8_t> hex(const std::string& text) {
    std::vector<std::uint8_t> out;
    for (std::size_t at = 0; at < text.size(); at += 3)
        out.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(at, 2), nullptr, 16)));
    return out;
}
inline std::vector<std::uint8_t> joined(const std::string& header,
                                        const std::vector<std::uint8_t>& data) {
    std::vector<std::uint8_t> out(header.begin(), header.end());
    out.insert(out.end(), data.begin(), data.end());
    return out;
}

/// What is said of data that cannot be read.
template <class F>
std::string data_error(F&& f) {
    try {
        f();
    } catch (const DataError& e) {
        return e.what();
    }
    return "no error";
}

/// Calls read(prefix) with each beginning of the bytes; `whole(n)` says which of them are files.
template <class Read, class Whole>
void expect_errors_where_cut(const std::vector<std::uint8_t>& bytes, Read&& read, Whole&& whole) {
    for (std::size_t n = 0; n <= bytes.size(); ++n) {
        // A copy of its own, so that a read behind its end is found.
        const std::vector<std::uint8_t> begin(bytes.begin(),
                                              bytes.begin() + static_cast<std::ptrdiff_t>(n));
        const std::string said = data_error([&] { read(begin); });
        EXPECT_EQ(said == "no error", whole(n)) << n << " bytes: " << said;
        if (!whole(n)) {
            EXPECT_TRUE(said.starts_with("a.file: ")) << said;
        }
    }
}

}  // namespace snnsim
