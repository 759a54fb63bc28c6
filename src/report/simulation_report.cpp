#include "src/report/simulation_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/energy/image_cost.hpp"
#include "src/energy/simulation_counts.hpp"
#include "src/phases/outcome.hpp"
#include "src/report/measured_text.hpp"
#include "src/report/phase_report.hpp"
#include "src/report/report.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// What structural plasticity did; nothing where there is none.
std::string structure_text(const SynapsesSpec& p, const StructureCounts& structure,
                           std::size_t width) {
    if (!p.plasticity->structure) return "";
    const auto sum = [](const std::vector<std::uint64_t>& counts) {
        return static_cast<std::int64_t>(std::accumulate(counts.begin(), counts.end(), 0ull));
    };
    const std::int64_t pruned = sum(structure.pruned);
    return fmt::format("  {:<{}} {:>10} {} pruned, {} grown, in {}\n", p.name(), width,
                       grouped(pruned), plural(pruned, "synapse"), grouped(sum(structure.grown)),
                       counted(static_cast<std::int64_t>(structure.step.size()), "interval"));
}

/// Letters of the first column: as many as the longest name in it has.
std::size_t names_width(const SimulationSpec& spec, const SimulationSummary& s) {
    std::size_t width = 16;
    for (const CellPopulationSpec& p : spec.populations) width = std::max(width, p.name.size());
    for (const auto& phase :
         s.phases ? phase_outcomes(spec, *s.phases) : std::vector<PhaseOutcome>{})
        width = std::max(width, phase.name.size());
    for (const auto& entry : s.structure)
        width = std::max(width, spec.projections[entry.first].name().size());
    return width;
}

/// "5.04 uJ", "1.23 J"
std::string joules(const std::optional<double>& microjoules) {
    if (!microjoules || *microjoules < 1e3) return energy_text(microjoules);
    const bool large = *microjoules >= 1e6;
    return fmt::format("{:.3g} {}", *microjoules * (large ? 1e-6 : 1e-3), large ? "J" : "mJ");
}

std::string operations_text(const SimulationSpec& spec, const PhaseCounts& counts,
                            const EnergyModel& energy) {
    const ImageCost cost = image_cost(inputs_of(spec), counts);
    const ImageEnergy e = image_energy(cost, energy);
    const auto number = [](double n, const char* what) { return counted(std::llround(n), what); };
    return fmt::format("{}: {}, {}, {}; {} (synapses), {} with neurons and memory ({}, {})\n",
                       counts.samples > 0 ? "per sample" : "in all",
                       number(cost.neuron_updates, "neuron update"), number(cost.macs, "MAC"),
                       number(cost.acs, "AC"), joules(e.synapses), joules(e.all), energy.name,
                       energy.source);
}

}  // namespace

std::string summary_text(const SimulationSpec& spec, const SimulationSummary& s,
                         const std::string& path, const EnergyModel& energy) {
    const double seconds = static_cast<double>(s.steps) * spec.dt * 1e-3;
    const std::size_t width = names_width(spec, s);
    std::string out;
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
        const CellPopulationSpec& population = spec.populations[p];
        const auto spikes = static_cast<std::int64_t>(s.spikes[p]);
        out += fmt::format(
            "  {:<{}} {:>10} {:<6}  {:8.3f} Hz\n", population.name, width, grouped(spikes),
            plural(spikes, "spike"),
            static_cast<double>(s.spikes[p]) / (seconds * static_cast<double>(population.size)));
    }
    if (s.phases) out += phases_text(spec, *s.phases, width);
    for (const auto& [k, structure] : s.structure)
        out += structure_text(spec.projections[k], structure, width);
    if (s.counts) out += operations_text(spec, *s.counts, energy);
    for (const std::string& warning : s.warnings) out += "warning: " + warning + '\n';
    const double wall = s.seconds.at("simulate");
    out += fmt::format(
        "digest {}\ntime: build {:.2f} s, simulate {:.2f} s for {:g} s (factor {:.3g})\n", s.digest,
        s.seconds.at("build"), wall, seconds, wall / seconds);
    out += measured_text(s.measured);
    out += fmt::format("{}: {}\n", name_of(s.status), path);
    if (s.status == RunStatus::interrupted)
        out += fmt::format("go on with: {}\n", resume_command(path));
    return out;
}

std::string profile_text(const EngineReport& report) {
    std::string out = report.phase_seconds.empty() ? "" : "threads together: ";
    for (const auto& [phase, seconds] : report.phase_seconds)
        out += fmt::format("{} {:.3f} s, ", phase, seconds);
    return out +
           fmt::format("{} synaptic events\n", grouped(static_cast<std::int64_t>(report.events)));
}

void show_progress(ProgressDisplay& display, const SimulationSpec& spec, const Protocol& protocol,
                   std::int64_t now, double seconds) {
    const double time = static_cast<double>(now) * spec.dt;
    if (!spec.open_ended()) {
        display.show_time(time, spec.simulate.duration, seconds);
        return;
    }
    const ProtocolProgress p = protocol.progress(now);
    std::string what = p.phase;
    if (p.trials > 0)
        what += fmt::format("  {} of {} samples", grouped(static_cast<std::int64_t>(p.trial)),
                            grouped(static_cast<std::int64_t>(p.trials)));
    if (p.recent) what += fmt::format("  {:.1f} % right", 100.0 * *p.recent);
    display.show_share(what, p.share, seconds);
}

}  // namespace snnsim
