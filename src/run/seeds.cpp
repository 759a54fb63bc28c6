#include "src/run/seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {
namespace {

std::optional<std::uint64_t> whole(std::string_view text) {
    const auto blank = [](char c) { return c == ' '; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    std::uint64_t number = 0;
    if (!read_whole(text, std::uint64_t{0}, ~std::uint64_t{0}, number).empty()) return std::nullopt;
    return number;
}

}  // namespace

std::vector<std::uint64_t> read_seeds(const std::string& text, const std::string& what) {
    constexpr std::uint64_t most = 10000;
    const auto wrong = [&](const std::string& why) {
        return UsageError(fmt::format("{} {}: {}; write 1..10 or 1,2,5", what, text, why));
    };
    std::vector<std::uint64_t> seeds;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        const std::string_view part = std::string_view(text).substr(start, end - start);
        const std::size_t dots = part.find("..");
        const auto first = whole(part.substr(0, std::min(dots, part.size())));
        const auto last = dots == std::string_view::npos ? first : whole(part.substr(dots + 2));
        if (!first || !last)
            throw wrong(fmt::format("'{}' is no whole number and no range of them", part));
        if (*last < *first) throw wrong(fmt::format("'{}' runs backwards", part));
        if (*last - *first >= most - seeds.size())
            throw wrong(fmt::format("more than {} seeds", most));
        for (std::uint64_t k = 0; k <= *last - *first; ++k) {
            const std::uint64_t seed = *first + k;
            if (std::find(seeds.begin(), seeds.end(), seed) != seeds.end())
                throw wrong(fmt::format("{} is there twice", seed));
            seeds.push_back(seed);
        }
        start = end + 1;
    }
    return seeds;
}

std::string seed_path(const std::string& path, std::uint64_t seed) {
    const std::filesystem::path p(path);
    return (p.parent_path() /
            fmt::format("{}_seed{}{}", p.stem().string(), seed, p.extension().string()))
        .string();
}

}  // namespace snnsim
