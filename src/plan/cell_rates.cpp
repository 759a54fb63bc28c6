#include "src/plan/cell_rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "snnsim/error.hpp"
#include "src/io/read_spikes.hpp"
#include "src/model/units.hpp"
#include "src/plan/expected_work.hpp"
#include "src/plan/run_size.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

std::optional<double> counted_rate(const RecordedPopulation& p, double seconds) {
    if (!(seconds > 0.0)) return std::nullopt;
    if (p.counted) return static_cast<double>(*p.counted) / (seconds * static_cast<double>(p.size));
    if (!p.spikes || p.spikes->cells == 0) return std::nullopt;
    return static_cast<double>(p.spikes->step.size()) /
           (seconds * static_cast<double>(p.spikes->cells));
}

void take_run(const SimulationSpec& spec, const std::string& path, std::vector<CellRate>& rates) {
    const RecordedSpikes run = read_spikes(path);
    const double seconds = static_cast<double>(run.steps) * run.dt * 1e-3;
    bool any = false;
    for (std::size_t p = 0; p < rates.size(); ++p) {
        const auto same = [&](const RecordedPopulation& r) {
            return r.name == spec.populations[p].name;
        };
        const auto found = std::find_if(run.populations.begin(), run.populations.end(), same);
        if (found == run.populations.end()) continue;
        const std::optional<double> rate = counted_rate(*found, seconds);
        if (!rate) continue;
        rates[p] = {*rate, path};
        any = true;
    }
    if (!any)
        throw FileError(fmt::format(
            "{}: a run of '{}', which has no rates of the populations of '{}'; name a simulation "
            "of this model",
            path, run.model_name, spec.name));
}

void take_told(const SimulationSpec& spec, const std::string& text, std::vector<CellRate>& rates) {
    const std::size_t colon = text.rfind(':');
    const std::string name = text.substr(0, colon == std::string::npos ? 0 : colon);
    const std::size_t quantity =
        colon == std::string::npos ? 0 : text.find_first_not_of(" \t", colon + 1);
    double hertz = 0.0;
    const std::string wrong = read_quantity(
        quantity == std::string::npos ? "" : text.substr(quantity), "Hz", "--rate", hertz);
    if (!wrong.empty()) throw UsageError(wrong);
    if (!(hertz >= 0.0)) throw UsageError("--rate " + text + ": a rate is 0 Hz or more");
    if (colon == std::string::npos) {
        for (CellRate& rate : rates) rate = {hertz, "--rate"};
        return;
    }
    std::vector<std::string> names;
    for (const CellPopulationSpec& p : spec.populations) names.push_back(p.name);
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end())
        throw UsageError(fmt::format("--rate {}: there is no population '{}'{}", text, name,
                                     those_there_are(name, names)));
    rates[static_cast<std::size_t>(at - names.begin())] = {hertz, "--rate"};
}

}  // namespace

std::vector<CellRate> cell_rates(const SimulationSpec& spec, const GivenRates& given) {
    const double duration = expected_duration(spec);
    std::vector<CellRate> rates;
    for (const CellPopulationSpec& p : spec.populations) {
        const std::optional<double> rate = rate_of_model(p, duration);
        rates.push_back(rate ? CellRate{*rate, "the model"} : CellRate{assumed_rate, "assumed"});
    }
    if (!given.run.empty()) take_run(spec, given.run, rates);
    for (const std::string& text : given.told) take_told(spec, text, rates);
    return rates;
}

}  // namespace snnsim
