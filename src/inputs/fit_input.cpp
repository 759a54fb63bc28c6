#include "src/inputs/fit_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "snnsim/error.hpp"
#include "src/data/sample_stream.hpp"

namespace snnsim {
namespace {

/// Calls f(inputs of some samples) until all have been seen.
template <class F>
void for_all_inputs(const SampleSet& set, F&& f) {
    if (!set.stream) {
        f(set.in);
        return;
    }
    constexpr std::size_t at_once = 256;
    std::vector<std::uint32_t> all(static_cast<std::size_t>(set.count));
    std::iota(all.begin(), all.end(), 0u);
    set.stream->expect(all, at_once);
    const std::span<const std::uint32_t> rest(all);
    for (std::size_t first = 0; first < all.size(); first += at_once)
        f(set.stream->take(rest.subspan(first, std::min(at_once, all.size() - first))));
}

/// How often one input spikes in one step, at most.
std::size_t most_together(const SampleSpikes& trains) {
    std::size_t most = 0;
    for (std::size_t s = 0; s + 1 < trains.first.size(); ++s) {
        std::size_t together = 0;
        for (std::uint64_t k = trains.first[s]; k < trains.first[s + 1]; ++k) {
            const bool again = k > trains.first[s] && trains.at[k] == trains.at[k - 1];
            together = again ? together + 1 : 1;
            most = std::max(most, together);
        }
    }
    return most;
}

/// The size of the largest number in a set.
double largest_in(const SampleSet& set) {
    double most = 0.0;
    for_all_inputs(set, [&](const SampleInputs& in) {
        for (const float x : in.values) most = std::max(most, std::abs(double{x}));
        for (const std::uint8_t x : in.pixels) most = std::max(most, x / 255.0);
        most = std::max(most, static_cast<double>(most_together(in.trains)));
    });
    return most;
}

double largest_shown(const SimulationSpec& spec, const Dataset& data) {
    double most = 0.0;
    for (const Samples samples : {Samples::train, Samples::test}) {
        const auto& phases = spec.simulate.phases;
        const bool shown = std::any_of(phases.begin(), phases.end(), [&](const PhaseSpec& p) {
            return p.present && p.present->samples == samples &&
                   p.present->population == spec.trained->input;
        });
        if (shown)
            most = std::max(most, largest_in(samples == Samples::test ? data.test : data.train));
    }
    return most;
}

}  // namespace

void fit_input(SimulationSpec& spec, const Dataset& data) {
    CellPopulationSpec& input = spec.populations[spec.population_index(spec.trained->input)];
    if (data.train.form == SampleForm::spikes) {
        for (const SimulationRecordSpec& r : spec.record) {
            if (r.population == input.name && r.of_cells() && r.what == "sent")
                throw DataError(fmt::format(
                    "{}:{}:{}: the samples of {} are spikes, so that '{}' sends no values; record "
                    "its spikes",
                    spec.path, r.at.line, r.at.column, data.name, input.name));
        }
        input.cell = SpikeSource::Params{};
        return;
    }
    auto* const source = std::get_if<ValueSource::Params>(&input.cell);
    if (!source) return;  // an encoder makes spikes of them
    const double most = largest_shown(spec, data);
    constexpr double least = 1e-6;  // of samples that are zero everywhere
    if (in_steps(data.train.form)) {
        source->largest = std::max(most, least);
    } else if (most > 1.0) {
        source->largest *= most * 1.000001;  // a float is not exact
    }
}

}  // namespace snnsim
