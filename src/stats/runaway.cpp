#include "src/stats/runaway.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/steps.hpp"
#include "src/equations/cell_equations.hpp"

namespace snnsim {
namespace {

constexpr double shortest_stretch = 100.0;  // ms
constexpr std::int64_t fewest_intervals = 50;
constexpr double share = 0.98;

/// Whether what the population sends can come back to it.
bool feeds_itself(const SimulationSpec& spec, const std::string& name) {
    std::set<std::string> reached{name};
    for (std::size_t before = 0; before != reached.size();) {
        before = reached.size();
        for (const SynapsesSpec& s : spec.projections) {
            if (!reached.count(s.from)) continue;
            if (s.to == name) return true;
            reached.insert(s.to);
        }
    }
    return false;
}

/// Of a cell written as equations: 1, or its refractory period and a step more.
std::optional<std::int64_t> shortest_interval(const CellEquations& own, const CellPopulationSpec& p,
                                              double dt) {
    if (!p.varied.empty()) return std::nullopt;
    if (own.refractory < 0) return 1;
    std::vector<double> values;
    own.graph.evaluate({own.refractory}, std::get<EquationCell::Params>(p.cell).values, dt, values);
    const double time = values[static_cast<std::size_t>(own.refractory)];
    return std::isfinite(time) && time >= 0.0 ? step_of(time, dt) + 1 : 1;
}

/// Steps between two spikes of a cell at least; nothing where cells differ.
std::optional<std::int64_t> shortest_interval(const CellPopulationSpec& p, double dt) {
    const bool varies = std::any_of(
        p.varied.begin(), p.varied.end(),
        [](const NamedDistribution& d) { return d.name == "t_ref" || d.name == "step"; });
    if (varies) return std::nullopt;
    std::int64_t steps = 1;
    if (const CellEquations* own = p.equations()) return shortest_interval(*own, p, dt);
    CellModels::visit(p.cell, [&]<class M>(const typename M::Params& params) {
        const auto in_steps = [&](double time) { return step_of(time, dt); };
        if constexpr (requires { params.t_ref; }) steps = in_steps(params.t_ref) + 1;
        if constexpr (requires { params.step; })
            steps = std::max<std::int64_t>(1, in_steps(params.step));
    });
    return steps;
}

}  // namespace

std::vector<RunawayWatch::Watched> RunawayWatch::watched_of(const SimulationSpec& spec) {
    std::vector<Watched> out;
    if (spec.simulate.runaway == Runaway::allow) return out;
    for (const CellPopulationSpec& p : spec.populations) {
        const std::optional<std::int64_t> interval = shortest_interval(p, spec.dt);
        if (!interval || !feeds_itself(spec, p.name)) continue;
        const auto stretch = std::max<std::int64_t>(step_of(shortest_stretch, spec.dt),
                                                    fewest_intervals * *interval);
        const double time = static_cast<double>(stretch) * spec.dt;
        out.push_back(
            {p.name, time, share * 1000.0 * static_cast<double>(stretch / *interval) / time});
    }
    return out;
}

RunawayWatch::RunawayWatch(const SimulationSpec& spec) : RunawayWatch(spec, watched_of(spec)) {}

RunawayWatch::RunawayWatch(const SimulationSpec& spec, std::vector<Watched> watched)
    : dt_(spec.dt), watched_(std::move(watched)), rates_([&] {
          SimulationSpec only_rates = spec;
          only_rates.record.clear();
          for (const Watched& w : watched_) {
              SimulationRecordSpec r;
              r.population = w.population;
              r.what = "rate";
              r.interval = w.stretch;
              only_rates.record.push_back(r);
          }
          return PopulationRates(only_rates);
      }()) {}

std::optional<NumericalError> RunawayWatch::add(const Spikes& spikes, std::int64_t now) {
    const std::vector<StateSamples> rates = rates_.add(spikes, now);
    std::optional<NumericalError> first;
    for (std::size_t k = 0; k < watched_.size(); ++k) {
        const Watched& w = watched_[k];
        for (std::size_t n = 0; n < rates[k].step.size(); ++n) {
            const std::int64_t step = rates[k].step[n];
            if (rates[k].values[n] < w.limit || (first && first->step <= step)) continue;
            const double end = static_cast<double>(step) * dt_;
            first = NumericalError(
                fmt::format("the activity of '{}' has run away: from {:g} ms to {:g} ms its cells "
                            "fired at {:.1f} Hz, as fast as they can. Stronger inhibition or "
                            "weaker excitation may help; with simulate.runaway: allow the run goes "
                            "on",
                            w.population, end - w.stretch, end, rates[k].values[n]),
                step);
        }
    }
    return first;
}

}  // namespace snnsim
