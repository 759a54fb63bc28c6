#include "src/run/kept_parts.hpp"

#include <algorithm>

#include "src/engine/records.hpp"

namespace snnsim {
namespace {

/// Drops what lies after a step.
void cut_after(Spikes& spikes, std::int64_t step) {
    const auto count = static_cast<std::size_t>(
        std::upper_bound(spikes.step.begin(), spikes.step.end(), step) - spikes.step.begin());
    for (auto* part : {&spikes.step, &spikes.population, &spikes.cell}) part->resize(count);
    if (!spikes.value.empty()) spikes.value.resize(count);
}
void cut_after(StateSamples& samples, std::int64_t step) {
    if (samples.step.empty()) return;
    const std::size_t width = samples.values.size() / samples.step.size(),
                      bins = samples.counts.size() / samples.step.size();
    samples.step.erase(std::upper_bound(samples.step.begin(), samples.step.end(), step),
                       samples.step.end());
    samples.values.resize(samples.step.size() * width);
    samples.counts.resize(samples.step.size() * bins);
}

}  // namespace

std::vector<StateSamples> KeptParts::values(Engine& engine) {
    const std::int64_t now = engine.now();
    return values(engine, engine.take_states(), rates_.add({}, now), now);
}

std::vector<StateSamples> KeptParts::values(Engine& engine, std::vector<StateSamples> of_cells,
                                            std::vector<StateSamples> rates, std::int64_t step) {
    std::vector<StateSamples> out, weights = engine.take_weights();
    auto cell = of_cells.begin(), rate = rates.begin(), weight = weights.begin();
    for (const SimulationRecordSpec& r : spec_.record) {
        if (r.what == "spikes") continue;
        out.push_back(std::move(r.of_weights() ? *weight++ : r.of_cells() ? *cell++ : *rate++));
        cut_after(out.back(), step);
    }
    return out;
}

Kept KeptParts::take(Engine& engine, Protocol& protocol,
                     const std::optional<NumericalError>& trouble) {
    Kept out;
    out.trouble = trouble;
    out.until = trouble ? trouble->step : engine.now();
    out.spikes = engine.take_spikes();
    cut_after(out.spikes, out.until);
    if (const auto runaway = watch_.add(out.spikes, out.until)) {
        out.trouble = runaway;
        out.until = runaway->step;
        cut_after(out.spikes, out.until);
    }
    digests_.add(out.spikes);
    std::vector<StateSamples> of_cells = engine.take_states();
    protocol.observe(out.spikes, output_variable(spec_) ? &of_cells.back() : nullptr, out.until);
    out.values = values(engine, std::move(of_cells), rates_.add(out.spikes, out.until), out.until);
    return out;
}

SimulationCheckpoint KeptParts::checkpoint(const Engine& engine, const Protocol& protocol) const {
    SimulationCheckpoint out;
    out.engine = engine.state();
    out.protocol = protocol.state();
    out.digests = digests_.save();
    out.rate_counts = rates_.counts();
    out.watch_counts = watch_.counts();
    return out;
}

void KeptParts::restore(const SimulationCheckpoint& from) {
    digests_.restore(from);
    rates_.restore(from.rate_counts, from.engine.now);
    watch_.restore(from.watch_counts, from.engine.now);
}

}  // namespace snnsim
