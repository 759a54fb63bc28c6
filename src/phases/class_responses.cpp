#include "src/phases/class_responses.hpp"

#include <algorithm>

namespace snnsim {

void ClassResponses::clear(std::size_t classes, std::size_t cells) {
    spikes.assign(classes * cells, 0);
    samples.assign(classes, 0);
}

void ClassResponses::add(std::size_t label, const std::vector<std::uint32_t>& response) {
    std::uint64_t* const sum = spikes.data() + label * response.size();
    for (std::size_t cell = 0; cell < response.size(); ++cell) sum[cell] += response[cell];
    ++samples[label];
}

std::vector<std::int32_t> ClassResponses::assignment() const {
    const std::size_t cells = spikes.size() / std::max<std::size_t>(1, samples.size());
    std::vector<std::int32_t> classes(cells, -1);
    for (std::size_t cell = 0; cell < cells; ++cell) {
        double most = 0.0;
        for (std::size_t c = 0; c < samples.size(); ++c) {
            if (samples[c] == 0) continue;
            const double mean =
                static_cast<double>(spikes[c * cells + cell]) / static_cast<double>(samples[c]);
            if (mean > most) {
                most = mean;
                classes[cell] = static_cast<std::int32_t>(c);
            }
        }
    }
    return classes;
}

std::int32_t predicted_class(const std::vector<std::int32_t>& assignment,
                             const std::vector<std::uint32_t>& response) {
    std::vector<double> spikes, cells;
    for (std::size_t cell = 0; cell < assignment.size(); ++cell) {
        if (assignment[cell] < 0) continue;
        const auto c = static_cast<std::size_t>(assignment[cell]);
        if (c >= spikes.size()) {
            spikes.resize(c + 1);
            cells.resize(c + 1);
        }
        spikes[c] += response[cell];
        cells[c] += 1.0;
    }
    double most = 0.0;
    std::int32_t best = -1;
    for (std::size_t c = 0; c < spikes.size(); ++c) {
        if (cells[c] == 0.0 || spikes[c] / cells[c] <= most) continue;
        most = spikes[c] / cells[c];
        best = static_cast<std::int32_t>(c);
    }
    return best;
}

}  // namespace snnsim
