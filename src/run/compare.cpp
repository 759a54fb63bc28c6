#include "src/run/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/data/idx.hpp"
#include "src/energy/energy_model.hpp"
#include "src/energy/image_cost.hpp"
#include "src/inputs/load_data.hpp"
#include "src/network/weight_count.hpp"
#include "src/report/csv.hpp"
#include "src/report/file_kind.hpp"
#include "src/report/measured_text.hpp"
#include "src/report/progress.hpp"
#include "src/report/report.hpp"
#include "src/run/run_model.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

bool is_run_file(const std::string& path) {
    const std::string extension = fs::path(path).extension().string();
    return extension == ".h5" || extension == ".hdf5";
}

/// A simulation stands beside trainings as a test of its network.
ComparedRun from_simulation(const std::string& path) {
    RunRecord record = read_tested_simulation(path);
    const Provenance& p = record.provenance;
    if (record.status != RunStatus::finished)
        throw UsageError(
            fmt::format("{} is no finished run (status: {})", path, name_of(record.status)));
    const AnyModel any = parse_any_model(p.model_text, p.model_path, p.overrides, read_run_model);
    const auto& simulation = std::get<SimulationSpec>(any);
    ModelSpec spec = *simulation.trained->model;
    spec.name = simulation.name;
    spec.energy = simulation.energy;  // relative to the simulation's model
    spec.path = simulation.path;
    if (spec.test) spec.test->quantize.reset();  // a simulation computes on a grid of its own
    return {p.model_name, std::move(spec), std::move(record)};
}

ComparedRun from_file(const std::string& path) {
    if (kind_of(path) == FileKind::simulation_run) return from_simulation(path);
    RunRecord record = read_run(path);
    if (record.status != RunStatus::finished)
        throw UsageError(
            fmt::format("{} is no finished run (status: {})", path, name_of(record.status)));
    if (!record.test)
        throw UsageError(path + " holds no tested network: name the run of a training with 'test'");
    const Provenance& p = record.provenance;
    ModelSpec spec = parse_model(p.model_text, p.model_path, p.overrides);
    return {p.model_name, std::move(spec), std::move(record)};
}

bool same_model(const RunRecord& run, const ModelSpec& spec, const std::string& data_dir) {
    return without_sets(run.provenance.inputs) == input_files(spec) &&
           run.provenance.model_sha256 == sha256(spec.text.data(), spec.text.size()) &&
           run.provenance.overrides == spec.overrides &&
           !SampleCheck(data_dir).differ(spec, run.provenance.inputs);
}

/// The finished run of a model where there is one that was made with the same text and overrides.
ComparedRun from_model(const std::string& path, RunOptions options) {
    const ModelSpec spec = read_model(path, options.overrides);
    if (!spec.test)
        throw UsageError(path + " has no section `test`; there would be nothing to compare");
    const std::string output = default_output(spec.name);
    for (const std::string& old_path : {output, partial_path(output)}) {
        if (!fs::exists(old_path)) continue;
        const RunRecord old = read_run(old_path);
        if (same_model(old, spec, options.data_dir)) {
            if (old.status == RunStatus::finished) return from_file(output);
            options.resume = output;
            break;
        }
        if (!options.force) {
            throw UsageError(
                fmt::format("{} is the run of another version of {}, of other settings or other "
                            "samples; --force replaces it, or name the run file itself",
                            old_path, path));
        }
    }
    options.output = output;
    options.summary = Summary::progress;
    if (run(path, options).status != RunStatus::finished) {
        throw InterruptedError("interrupted while training " + path +
                               "; the same command goes on with it");
    }
    return from_file(output);
}

using Energy = const EnergyModel&;

struct Column {
    const char* name;  // with its unit
    std::string (*text)(const ComparedRun&, Energy);
};

/// Of Markdown a cell "42 (package 42, dram unavailable)"; of CSV two columns, of which the first
/// has numbers alone.
struct MeasuredColumn {
    const char* name;   // with its unit
    const char* parts;  // the name of the second column; empty: there is none
    MeasuredCell (*cell)(const ComparedRun&);
};

ImageCost cost_of(const ComparedRun& r) {
    return image_cost(r.spec, r.record.test->counts);
}
ImageEnergy energy_of(const ComparedRun& r, Energy energy) {
    return image_energy(r.spec, cost_of(r), energy);
}
std::string count_text(double count) {
    return fmt::format("{:.0f}", count);
}
std::string energy_cell(const std::optional<double>& microjoules) {
    return microjoules ? energy_number(*microjoules, 4) : "-";
}
double train_seconds(const ComparedRun& r) {
    const auto at = r.record.seconds.find("train");
    return at == r.record.seconds.end() ? 0.0 : at->second;
}

constexpr Column columns[] = {
    {"model", [](const ComparedRun& r, Energy) { return r.name; }},
    {"test accuracy [%]",
     [](const ComparedRun& r, Energy) {
         return r.record.test->error ? std::string("-")
                                     : fmt::format("{:.2f}", 100.0 * r.record.test->accuracy);
     }},
    {"test error (relative L2)",
     [](const ComparedRun& r, Energy) {
         return r.record.test->error ? fmt::format("{:.4f}", *r.record.test->error)
                                     : std::string("-");
     }},
    {"trainable weights",
     [](const ComparedRun& r, Energy) { return std::to_string(count_weights(r.spec).trainable); }},
    {"fixed weights",
     [](const ComparedRun& r, Energy) { return std::to_string(count_weights(r.spec).fixed); }},
    {"time steps", [](const ComparedRun& r, Energy) { return std::to_string(r.spec.steps()); }},
    {"input events / image",
     [](const ComparedRun& r, Energy) { return fmt::format("{:.1f}", cost_of(r).input_events); }},
    {"spikes / image",
     [](const ComparedRun& r, Energy) { return fmt::format("{:.1f}", cost_of(r).spikes); }},
    {"dense ops / image",
     [](const ComparedRun& r, Energy) { return count_text(cost_of(r).dense()); }},
    {"MACs / image", [](const ComparedRun& r, Energy) { return count_text(cost_of(r).macs); }},
    {"ACs / image", [](const ComparedRun& r, Energy) { return count_text(cost_of(r).acs); }},
    {"MACs / image (syops)",
     [](const ComparedRun& r, Energy) { return count_text(cost_of(r).syops_macs); }},
    {"ACs / image (syops)",
     [](const ComparedRun& r, Energy) { return count_text(cost_of(r).syops_acs); }},
    {"neuron updates / image",
     [](const ComparedRun& r, Energy) { return count_text(cost_of(r).neuron_updates); }},
    {"memory reads / image",
     [](const ComparedRun& r, Energy) { return count_text(cost_of(r).reads); }},
    {"memory writes / image",
     [](const ComparedRun& r, Energy) { return count_text(cost_of(r).writes); }},
    {"energy / image [uJ]",
     [](const ComparedRun& r, Energy e) { return energy_cell(energy_of(r, e).synapses); }},
    {"energy without skipping zeros [uJ]",
     [](const ComparedRun& r, Energy e) { return energy_cell(energy_of(r, e).dense); }},
    {"energy of neuron updates [uJ]",
     [](const ComparedRun& r, Energy e) { return energy_cell(energy_of(r, e).neurons); }},
    {"energy of memory [uJ]",
     [](const ComparedRun& r, Energy e) { return energy_cell(energy_of(r, e).memory); }},
    {"energy in all [uJ]",
     [](const ComparedRun& r, Energy e) { return energy_cell(energy_of(r, e).all); }},
    {"synaptic precision",
     [](const ComparedRun& r, Energy e) -> std::string {
         return tested_in_int8(r.spec) && e.of_int8 ? "int8" : "float";
     }},
    {"training, forward MACs / sample",
     [](const ComparedRun& r, Energy) {
         return count_text(training_cost(r.record.train_counts).forward_macs);
     }},
    {"training, forward ACs / sample",
     [](const ComparedRun& r, Energy) {
         return count_text(training_cost(r.record.train_counts).forward_acs);
     }},
    {"training, backward MACs / sample",
     [](const ComparedRun& r, Energy) {
         return count_text(training_cost(r.record.train_counts).backward_macs);
     }},
    {"training, backward ACs / sample",
     [](const ComparedRun& r, Energy) {
         return count_text(training_cost(r.record.train_counts).backward_acs);
     }},
    {"training time [s]",
     [](const ComparedRun& r, Energy) { return fmt::format("{:.1f}", train_seconds(r)); }},
    {"device", [](const ComparedRun& r, Energy) { return r.record.provenance.device; }},
};

constexpr MeasuredColumn measured_columns[] = {
    {"measured energy of training [J]", "measured energy of training, parts",
     [](const ComparedRun& r) { return used_cell(r.record.measured, "train"); }},
    {"above idle [J]", "above idle, parts",
     [](const ComparedRun& r) { return above_idle_cell(r.record.measured, "train"); }},
    {"measured energy of the test / image [mJ]", "measured energy of the test, parts",
     [](const ComparedRun& r) {
         const auto images = static_cast<double>(r.record.test->samples());
         return used_cell(r.record.measured, "test", 1e3 / images);
     }},
    {"measured energy of the run with PUE [kWh]", "",
     [](const ComparedRun& r) { return kilowatt_hours_cell(r.record.measured); }},
    {"CO2e of the run [g]", "", [](const ComparedRun& r) { return co2e_cell(r.record.measured); }},
};

constexpr const char* no_value = "the energy model has no value for an operation that occurred";

std::string pj_text(const std::optional<double>& pj) {
    return pj ? fmt::format("{:g} pJ", *pj) : "no value";
}
std::string energies_text(const char* precision, const OperationEnergies& e) {
    return fmt::format("{}: {} a MAC, {} an AC, {} a read, {} a write", precision, pj_text(e.mac),
                       pj_text(e.ac), pj_text(e.read), pj_text(e.write));
}

}  // namespace

std::vector<ComparedRun> compare_runs(const std::vector<std::string>& arguments,
                                      const RunOptions& options) {
    std::vector<ComparedRun> runs;
    for (const std::string& argument : arguments) {
        runs.push_back(is_run_file(argument) ? from_file(argument) : from_model(argument, options));
    }
    // Runs of one model are told apart by their files.
    for (std::size_t k = 0; k < runs.size(); ++k) {
        const auto same = [&](const ComparedRun& r) { return r.spec.name == runs[k].spec.name; };
        if (std::count_if(runs.begin(), runs.end(), same) > 1)
            runs[k].name = fmt::format("{} ({})", runs[k].spec.name, arguments[k]);
    }
    return runs;
}

EnergyModel common_energy_model(const std::vector<ComparedRun>& runs, const std::string& asked) {
    const std::string first = energy_model_of(runs.at(0).spec, asked);
    for (const ComparedRun& r : runs) {
        const std::string own = energy_model_of(r.spec, asked);
        if (own == first) continue;
        throw UsageError(
            fmt::format("{} names the energy model {}, and {} {}; choose one for all with --energy",
                        runs[0].name, first, r.name, own));
    }
    return read_energy_model(first);
}

std::string energy_definitions(const EnergyModel& energy) {
    std::string out =
        "Effective operations as NeuroBench defines them: input and weight both non-zero; an AC "
        "where all inputs of a projection are in {-1, 0, 1}, else a MAC; biases not counted. "
        "(syops): as syops-counter counts: dense operations, biases included, times the mean rate, "
        "all MACs where inputs are values, and an AC for each neuron update. An input that is the "
        "same at every step is summed, and counted, once. Spikes: of populations with a state "
        "behind the input. Memory (Garg et al. 2026): a word for each input that arrives, each "
        "weight it meets, each bias, state and parameter. ";
    out += fmt::format("Energy of {} ({}), {}", energy.name, energy.source,
                       energies_text("float", energy.of_float));
    if (energy.of_int8) out += "; " + energies_text("int8", *energy.of_int8);
    return out + ". energy: synaptic arithmetic. A neuron update takes " +
           pj_text(energy.of_float.of_update()) + ". \"-\": " + no_value + ".\n";
}

std::string compare_markdown(const std::vector<ComparedRun>& runs, const EnergyModel& energy) {
    std::string out = "| |";
    for (const ComparedRun& r : runs) out += fmt::format(" {} |", r.name);
    out += "\n|---|";
    for (std::size_t k = 0; k < runs.size(); ++k) out += "---:|";
    for (const Column& c : columns) {
        if (&c == columns) continue;
        out += fmt::format("\n| {} |", c.name);
        for (const ComparedRun& r : runs) out += fmt::format(" {} |", c.text(r, energy));
    }
    for (const MeasuredColumn& c : measured_columns) {
        out += fmt::format("\n| {} |", c.name);
        for (const ComparedRun& r : runs) out += fmt::format(" {} |", cell_text(c.cell(r)));
    }
    out += "\n\nMeasured, whoever used the machine meanwhile:";
    for (const ComparedRun& r : runs)
        out += fmt::format("\n- {}: {}", r.name, measured_notes(r.record.measured));
    return out + "\n\n" + energy_definitions(energy);
}

std::string compare_csv(const std::vector<ComparedRun>& runs, const EnergyModel& energy) {
    std::vector<std::string> names;
    for (const Column& c : columns) names.push_back(c.name);
    names.push_back("energy, notes");
    for (const MeasuredColumn& c : measured_columns) {
        names.push_back(c.name);
        if (*c.parts) names.push_back(c.parts);
    }
    names.push_back("measured energy, notes");
    CsvTable table(std::move(names));
    for (const ComparedRun& r : runs) {
        std::vector<std::string> row;
        for (const Column& c : columns) {
            const std::string text = c.text(r, energy);
            row.push_back(text == "-" ? "" : text);
        }
        const ImageEnergy e = energy_of(r, energy);
        const bool known = e.synapses && e.dense && e.neurons && e.memory && e.all;
        row.push_back(known ? "" : no_value);
        for (const MeasuredColumn& c : measured_columns) {
            const MeasuredCell cell = c.cell(r);
            row.push_back(csv_number(cell.value));
            if (*c.parts) row.push_back(cell.parts);
        }
        row.push_back(measured_notes(r.record.measured));
        table.add(row);
    }
    return table.text();
}

}  // namespace snnsim
