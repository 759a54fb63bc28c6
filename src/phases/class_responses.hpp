// What cells stand for: classes assigned by their responses, and predictions from that.
#pragma once

#include <cstdint>
#include <vector>

namespace snnsim {

/// Spikes of each cell, summed over the samples of each class.
struct ClassResponses {
    std::vector<std::uint64_t> spikes;   // [class][cell]
    std::vector<std::uint64_t> samples;  // [class]

    void clear(std::size_t classes, std::size_t cells);
    void add(std::size_t label, const std::vector<std::uint32_t>& response);
    /// By cell: the class with the highest mean response, the first of equals; -1 of cells that
    /// never answered.
    std::vector<std::int32_t> assignment() const;
};

/// The class whose cells answer with most spikes in the mean, the first of equals; -1 where none
/// does.
std::int32_t predicted_class(const std::vector<std::int32_t>& assignment,
                             const std::vector<std::uint32_t>& response);

}  // namespace snnsim
