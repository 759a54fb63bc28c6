// Numbers as people write them: decimal digits. What other readers take for hexadecimal, octal or
// infinite is an error that says what to write.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace snnsim {

/// A whole number of any sign: decimal digits, a '-' before them. Returns an empty string, or what
/// is wrong: "must be a whole number; found '0x10' (write 16)". The limits are part of it.
std::string read_whole(std::string_view text, std::int64_t low, std::int64_t high,
                       std::int64_t& out);
/// The same of one that cannot be negative.
std::string read_whole(std::string_view text, std::uint64_t low, std::uint64_t high,
                       std::uint64_t& out);

/// The number at the beginning of a text, with the usual forms of a decimal fraction ("-1.5e-3");
/// what comes after it is `rest`. Returns an empty string, or what is wrong.
std::string read_decimal(std::string_view text, double& out, std::string_view& rest);

}  // namespace snnsim
