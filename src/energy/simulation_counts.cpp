#include "src/energy/simulation_counts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/dataset.hpp"
#include "snnsim/receptors.hpp"
#include "src/engine/work_counter.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/model/checks.hpp"
#include "src/phases/encoded_samples.hpp"

namespace snnsim {
namespace {

bool is_source(const CellPopulationSpec& p) {
    const CellEquations* const written = p.equations();
    return receptors_of(p).size() == 0 && (!written || written->states.empty());
}

/// The population of a trained network as its training has it; null: it is none of it.
const PopulationSpec* trained(const SimulationSpec& spec, const CellPopulationSpec& p) {
    if (!spec.trained || p.depth < 0) return nullptr;
    for (const PopulationSpec& q : spec.trained->model->populations) {
        if (q.name == p.name) return &q;
    }
    return nullptr;
}

bool keeps_state(const SimulationSpec& spec, const CellPopulationSpec& p) {
    if (is_source(p)) return false;
    const PopulationSpec* const known = trained(spec, p);
    return !known || has_memory(*known);
}

/// What it sends is not in {-1, 0, 1}.
bool sends_values(const SimulationSpec& spec, const CellPopulationSpec& p) {
    if (!spec.trained || p.name != spec.trained->input) {
        const PopulationSpec* const known = trained(spec, p);
        return known ? output_of(*known) != Output::spikes : p.graded();
    }
    if (spec.shown && in_steps(spec.shown->train.form))
        return spec.shown->train.form != SampleForm::spikes;
    return Encoders::visit(spec.trained->model->encode_of(spec.trained->input).scheme,
                           []<class E>(const auto&) { return E::sends == Sends::values; });
}

/// Steps in which a population of a depth is awake, and has been for `lag` steps of its sample.
std::uint64_t awake_steps(const SimulationSpec& spec, const SimulationWork& done, int depth,
                          std::int64_t lag = 0) {
    if (!done.phases || depth < 0) return static_cast<std::uint64_t>(done.steps);
    const PhaseLog& log = done.phases->log;
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < log.start.size(); ++k) {
        const std::int64_t steps =
            (k < log.stop.size() ? std::int64_t{log.stop[k]} : done.steps) - log.start[k];
        const auto& present = spec.simulate.phases[k].present;
        const bool encoded = spec.trained && present && present->population == spec.trained->input;
        if (!encoded || present->state == CarryOver::keep) {
            sum += steps;
            continue;
        }
        const SampleWindows windows = sample_windows(spec, present->state, 0);
        const std::int64_t since = std::max<std::int64_t>(0, steps - depth),
                           length = std::max<std::int64_t>(0, windows.length - lag),
                           rest = std::min(since % windows.period, windows.length) - lag;
        sum += since / windows.period * length + std::max<std::int64_t>(0, rest);
    }
    return static_cast<std::uint64_t>(sum);
}

std::uint64_t samples_of(const SimulationSpec& spec, const SimulationWork& done) {
    if (!done.phases || !spec.trained) return 0;
    const bool only = std::all_of(
        spec.simulate.phases.begin(), spec.simulate.phases.end(), [&](const PhaseSpec& p) {
            return p.present && p.present->population == spec.trained->input;
        });
    return only ? done.phases->trials.size() : 0;
}

PopulationActivity activity_of(const SimulationSpec& spec, const SimulationWork& done,
                               std::size_t p, std::uint64_t samples) {
    const CellPopulationSpec& population = spec.populations[p];
    const auto cells = static_cast<std::uint64_t>(population.size);
    const std::uint64_t steps = awake_steps(spec, done, population.depth),
                        cell_steps = cells * steps;
    PopulationActivity out{population.name};
    const bool sends =
        std::any_of(spec.projections.begin(), spec.projections.end(),
                    [&](const SynapsesSpec& s) { return s.from == population.name; });
    // As of a training, whose output is read, and sends to none.
    out.events = sends || !trained(spec, population) ? done.spikes[p] : 0;
    out.possible = cell_steps;
    out.graded = sends_values(spec, population);
    if (is_source(population)) return out;
    const bool state = keeps_state(spec, population);
    for (const SynapsesSpec& s : spec.projections) {
        if (s.to == population.name && s.biased)
            out.reads += cells * (state ? std::max<std::uint64_t>(samples, 1) : steps);
    }
    if (!state) {
        out.writes = cell_steps;
        return out;
    }
    out.updates = cell_steps;
    out.reads += cell_steps + 2 * cells * std::max<std::uint64_t>(samples, 1);
    out.writes = out.events + cell_steps;
    return out;
}

ProjectionOperations forward_of(const SimulationSpec& spec, const SimulationWork& done,
                                std::size_t k) {
    const SynapsesSpec& s = spec.projections[k];
    const CellPopulationSpec &from = spec.population(s.from), &to = spec.population(s.to);
    const std::uint64_t steps = awake_steps(spec, done, to.depth, lag_in_sample(spec, s));
    // Of several sites some let go, and resources are used up: a share of the weight arrives.
    const bool shares = s.short_term && (!s.release || s.release->sites > 1);
    ProjectionOperations out{s.name()};
    out.analog = sends_values(spec, from) || shares;
    out.dense = done.synapses[k] * steps;
    (out.analog ? out.macs : out.acs) = done.work[k].operations;
    out.events = done.work[k].events;
    out.inputs = static_cast<std::uint64_t>(from.size) * steps;
    if (s.biased)
        out.biases = static_cast<std::uint64_t>(to.size) * awake_steps(spec, done, to.depth);
    return out;
}

/// Those between the same populations are told apart by a number, from 2 on.
std::string name_of_junctions(const SimulationSpec& spec, std::size_t k) {
    const std::string name = spec.gap_junctions[k].name();
    std::size_t before = 0;
    for (const SynapsesSpec& s : spec.projections) before += s.name() == name ? 1 : 0;
    for (std::size_t n = 0; n < k; ++n) before += spec.gap_junctions[n].name() == name ? 1 : 0;
    return before == 0 ? name : fmt::format("{}_{}", name, before + 1);
}

ProjectionOperations joined_of(const SimulationSpec& spec, const SimulationWork& done,
                               std::size_t k) {
    const GapJunctionsSpec& gaps = spec.gap_junctions[k];
    const auto steps = static_cast<std::uint64_t>(done.steps);
    const auto size = [&](const std::string& name) {
        return static_cast<std::uint64_t>(spec.population(name).size);
    };
    ProjectionOperations out{name_of_junctions(spec, k)};
    out.analog = true;
    out.dense = out.macs = 2 * done.junctions[k] * steps;
    out.inputs = out.events =
        (size(gaps.from) + (gaps.from == gaps.to ? 0 : size(gaps.to))) * steps;
    return out;
}

}  // namespace

PhaseCounts simulation_counts(const SimulationSpec& spec, const SimulationWork& done) {
    PhaseCounts counts{samples_of(spec, done), {}, {}, {}};
    for (std::size_t p = 0; p < spec.populations.size(); ++p)
        counts.activity.push_back(activity_of(spec, done, p, counts.samples));
    for (std::size_t k = 0; k < spec.projections.size(); ++k)
        counts.forward.push_back(forward_of(spec, done, k));
    for (std::size_t k = 0; k < spec.gap_junctions.size(); ++k)
        counts.forward.push_back(joined_of(spec, done, k));
    return counts;
}

std::vector<std::string> inputs_of(const SimulationSpec& spec) {
    std::vector<std::string> out;
    for (const CellPopulationSpec& p : spec.populations) {
        if (is_source(p)) out.push_back(p.name);
    }
    return out;
}

}  // namespace snnsim
