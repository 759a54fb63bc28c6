#include "src/report/network_report.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "snnsim/receptors.hpp"
#include "snnsim/run.hpp"
#include "snnsim/simulate.hpp"
#include "src/engine/cells/gap_junctions.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/model/cell_facts.hpp"
#include "src/plan/choose_backend.hpp"
#include "src/plan/device_memory.hpp"
#include "src/plan/expected_work.hpp"
#include "src/plan/room_warnings.hpp"
#include "src/report/progress.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// "0.0107 pA", or one for each receptor.
std::string steps_text(const CellPopulationSpec& population, const std::vector<double>& steps) {
    std::vector<std::string> parts;
    const std::vector<Receptor> receptors = receptors_of(population).list;
    for (std::size_t r = 0; r < steps.size(); ++r) {
        const bool last = r + 1 == steps.size() || receptors[r].unit != receptors[r + 1].unit;
        const std::string unit = last ? receptors[r].unit : "";
        parts.push_back(fmt::format("{:.3g}{}{}", steps[r], unit.empty() ? "" : " ", unit));
    }
    if (std::set<double>(steps.begin(), steps.end()).size() == 1) parts = {parts.back()};
    return join(parts);
}

/// What holds for which: "4 (E_to_I, I_to_E), 8 (E_to_E)".
std::string grouped_text(const std::vector<std::pair<std::string, std::string>>& names_by_value) {
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& [value, name] : names_by_value) {
        if (names[value].empty()) order.push_back(value);
        names[value].push_back(name);
    }
    std::vector<std::string> parts;
    constexpr std::size_t most = 8;
    for (const std::string& value : order) {
        std::vector<std::string>& of = names[value];
        const std::size_t more = of.size() > most ? of.size() - most : 0;
        of.resize(of.size() - more);
        parts.push_back(fmt::format("{} ({}{})", value, join(of),
                                    more ? fmt::format(" and {} more", more) : ""));
    }
    return join(parts);
}

/// Steps of the grids of weights, and bytes of synapses.
std::string resolution_text(const SimulationSpec& spec, const EngineReport& report) {
    std::vector<std::pair<std::string, std::string>> steps, bytes;
    for (std::size_t k = 0; k < spec.projections.size(); ++k)
        bytes.emplace_back(fmt::format("{:g}", report.projection_bytes[k]),
                           spec.projections[k].name());
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
        if (!report.weight_steps[p].empty())
            steps.emplace_back(steps_text(spec.populations[p], report.weight_steps[p]),
                               spec.populations[p].name);
    }
    if (bytes.empty()) return "";
    return fmt::format("  weights in steps of {}; bytes a synapse: {}\n", grouped_text(steps),
                       grouped_text(bytes));
}

/// A line for each spike_source.
std::string played_text(const SimulationSpec& spec) {
    std::string out;
    for (const CellPopulationSpec& p : spec.populations) {
        if (!p.played) continue;
        const auto spikes = static_cast<std::int64_t>(p.played->keys.size());
        out += fmt::format("  {} plays {} of {}\n", p.name, counted(spikes, "spike"),
                           std::get<SpikeSource::Params>(p.cell).file);
    }
    return out;
}

/// "1000 ms", or the phases.
std::string course_text(const SimulationSpec& spec) {
    if (!spec.open_ended()) return fmt::format("{:g} ms", spec.simulate.duration);
    std::vector<std::string> names;
    for (const PhaseSpec& p : spec.simulate.phases) names.push_back(p.name);
    return fmt::format("{} {}", names.size() == 1 ? "phase" : "phases", join(names));
}

}  // namespace

std::string header_text(const SimulationSpec& spec, const Engine& engine,
                        const std::string& device) {
    const EngineReport& report = engine.report();
    return fmt::format(
        "{} ({}), seed {}\n  {} in {}, {}; {} in steps of {:g} ms\n"
        "{}  {}; {} of memory; built in {:.2f} s\n{}",
        spec.name, spec.path, spec.seed, counted(static_cast<std::int64_t>(report.cells), "cell"),
        counted(static_cast<std::int64_t>(spec.populations.size()), "population"),
        counted(static_cast<std::int64_t>(report.synapses), "synapse"), course_text(spec), spec.dt,
        resolution_text(spec, report), device, bytes_text(report.bytes), report.build_seconds,
        played_text(spec));
}

namespace {

/// A table of the gap junctions; nothing where there are none.
std::string junctions_text(const SimulationSpec& spec) {
    if (spec.gap_junctions.empty()) return "";
    const auto shown = [](const GapJunctionsSpec& g) { return g.from + " - " + g.to; };
    const std::size_t broad = column_width(spec.gap_junctions, 34, shown);
    const std::vector<double> counts = expected_junctions(spec);
    std::string out = fmt::format("\n{:<{}} {:<20} {:>16} {:>11}\n", "gap junctions", broad, "rule",
                                  "pairs, about", "bytes each");
    for (std::size_t k = 0; k < counts.size(); ++k)
        out += fmt::format("{:<{}} {:<20} {:>16} {:>11g}\n", shown(spec.gap_junctions[k]), broad,
                           name_of(spec.gap_junctions[k].connect.rule),
                           grouped(static_cast<std::int64_t>(counts[k])), bytes_per_junction);
    return out;
}

}  // namespace

std::string check_text(const SimulationSpec& full, int cuda_device) {
    const SimulationSpec spec = apply_scale(load_inputs(full));
    const WeightPlan weights = plan_weights(spec);
    std::string out = fmt::format("{}: no errors\n", spec.path);
    const std::vector<MemoryPart> memory = estimate_memory(spec);
    const std::vector<FilePart> file = run_file_parts(spec);
    const DeviceChoice choice = choose_backend(spec, {.number = cuda_device}, threads_of({}));
    for (const auto& warnings : {spec.warnings, room_warnings(memory, less_of_simulation, file,
                                                              default_output(spec.name))}) {
        for (const std::string& warning : warnings) out += "warning: " + warning + '\n';
    }
    const std::size_t wide =
        column_width(spec.populations, 20, [](const CellPopulationSpec& p) { return p.name; });
    out += fmt::format("\n{:<{}} {:<16} {:>12} {:>22}\n", "population", wide, "model", "cells",
                       "step of weights");
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
        const CellPopulationSpec& population = spec.populations[p];
        out += fmt::format("{:<{}} {:<16} {:>12} {:>22}\n", population.name, wide,
                           population.model_name(), grouped(population.size),
                           steps_text(population, weights.grid.steps(p)));
    }
    out += played_text(spec);
    const std::vector<double> counts = expected_synapses(spec);
    const auto shown = [](const SynapsesSpec& p) {
        return p.given_name.empty() ? p.from + " -> " + p.to : p.given_name;
    };
    const std::size_t broad = column_width(spec.projections, 34, shown);
    out += fmt::format("\n{:<{}} {:<20} {:>16} {:>11}\n", "projection", broad, "rule",
                       "synapses, about", "bytes each");
    double all = 0.0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        out += fmt::format("{:<{}} {:<20} {:>16} {:>11g}\n", shown(p), broad,
                           name_of(p.connect.rule), grouped(static_cast<std::int64_t>(counts[k])),
                           bytes_per_synapse(spec, weights, p, storage_of(p)));
        all += counts[k];
    }
    out += fmt::format("{:<{}} {:<20} {:>16}\n", "all", broad, "",
                       grouped(static_cast<std::int64_t>(all))) +
           junctions_text(spec);
    std::size_t bytes = 0;
    for (const MemoryPart& part : memory) bytes += part.bytes;
    return out +
           fmt::format("\n{}, steps of {:g} ms; about {} of memory\n", course_text(spec), spec.dt,
                       bytes_text(bytes)) +
           backend_text(choice, [&] { return device_memory(spec); }) +
           (choice.modelled
                ? fmt::format(
                      "  cells whose rate the model does not say taken to fire at {:g} Hz\n",
                      assumed_rate)
                : "") +
           run_file_text(file);
}

}  // namespace snnsim
