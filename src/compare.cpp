#include "src/compare.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/cli/progress.hpp"
#include "src/cli/report.hpp"
#include "src/data/idx.hpp"
#include "src/energy/energy_model.hpp"
#include "src/energy/image_cost.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

bool is_run_file(const std::string& path) {
    const std::string extension = fs::path(path).extension().string();
    return extension == ".h5" || extension == ".hdf5";
}

ComparedRun from_file(const std::string& path) {
    RunRecord record = read_run(path);
    if (record.status != RunStatus::finished || !record.test) {
        throw UsageError(fmt::format("{} is not a finished, tested run (status: {})", path,
                                     name_of(record.status)));
    }
    const Provenance& p = record.provenance;
    ModelSpec spec = parse_model(p.model_text, p.model_path, p.overrides);
    return {p.model_name, std::move(spec), std::move(record)};
}

bool same_model(const RunRecord& run, const ModelSpec& spec) {
    return run.provenance.model_sha256 == sha256(spec.text.data(), spec.text.size()) &&
           run.provenance.overrides == spec.overrides;
}

/// The finished run of a model where there is one that was made with the same text and overrides.
ComparedRun from_model(const std::string& path, RunOptions options) {
    const ModelSpec spec = read_model(path, options.overrides);
    if (!spec.test)
        throw UsageError(path + " has no section `test`; there would be nothing to compare");
    const std::string output = default_output(spec);
    for (const std::string& old_path : {output, partial_path(output)}) {
        if (!fs::exists(old_path)) continue;
        const RunRecord old = read_run(old_path);
        if (same_model(old, spec)) {
            if (old.status == RunStatus::finished) return from_file(output);
            options.resume = output;
            break;
        }
        if (!options.force) {
            throw UsageError(
                fmt::format("{} is the run of another version of {}, or of other settings; --force "
                            "replaces it, or name the run file itself",
                            old_path, path));
        }
    }
    options.output = output;
    if (run(path, options).status != RunStatus::finished) {
        throw InterruptedError("interrupted while training " + path +
                               "; the same command goes on with it");
    }
    return from_file(output);
}

struct Column {
    const char* name;  // with its unit
    std::string (*text)(const ComparedRun&);
};

ImageCost cost_of(const ComparedRun& r) {
    return image_cost(r.spec, *r.record.test);
}
double train_seconds(const ComparedRun& r) {
    const auto at = r.record.seconds.find("train");
    return at == r.record.seconds.end() ? 0.0 : at->second;
}

constexpr Column columns[] = {
    {"model", [](const ComparedRun& r) { return r.name; }},
    {"test accuracy [%]",
     [](const ComparedRun& r) { return fmt::format("{:.2f}", 100.0 * r.record.test->accuracy); }},
    {"trainable weights",
     [](const ComparedRun& r) { return std::to_string(count_weights(r.spec).trainable); }},
    {"fixed weights",
     [](const ComparedRun& r) { return std::to_string(count_weights(r.spec).fixed); }},
    {"time steps", [](const ComparedRun& r) { return std::to_string(r.spec.steps()); }},
    {"input events / image",
     [](const ComparedRun& r) { return fmt::format("{:.1f}", cost_of(r).input_events); }},
    {"spikes / image",
     [](const ComparedRun& r) { return fmt::format("{:.1f}", cost_of(r).spikes); }},
    {"dense ops / image",
     [](const ComparedRun& r) { return fmt::format("{:.0f}", cost_of(r).dense); }},
    {"MACs / image", [](const ComparedRun& r) { return fmt::format("{:.0f}", cost_of(r).macs); }},
    {"ACs / image", [](const ComparedRun& r) { return fmt::format("{:.0f}", cost_of(r).acs); }},
    {"energy / image [uJ]",
     [](const ComparedRun& r) {
         const ImageCost cost = cost_of(r);
         return fmt::format("{:.4f}", energy_45nm.microjoules(cost.macs, cost.acs));
     }},
    {"neuron updates / image",
     [](const ComparedRun& r) { return fmt::format("{:.0f}", cost_of(r).neuron_updates); }},
    {"energy of neuron updates [uJ]",
     [](const ComparedRun& r) {
         const double updates = cost_of(r).neuron_updates;
         return fmt::format("{:.4f}", energy_45nm.microjoules(updates, updates));
     }},
    {"training time [s]",
     [](const ComparedRun& r) { return fmt::format("{:.1f}", train_seconds(r)); }},
    {"device", [](const ComparedRun& r) { return r.record.provenance.device; }},
};

}  // namespace

std::vector<ComparedRun> compare_runs(const std::vector<std::string>& arguments,
                                      const RunOptions& options) {
    std::vector<ComparedRun> runs;
    for (const std::string& argument : arguments) {
        runs.push_back(is_run_file(argument) ? from_file(argument) : from_model(argument, options));
    }
    return runs;
}

std::string compare_markdown(const std::vector<ComparedRun>& runs) {
    std::string out = "| |";
    for (const ComparedRun& r : runs) out += fmt::format(" {} |", r.name);
    out += "\n|---|";
    for (std::size_t k = 0; k < runs.size(); ++k) out += "---:|";
    for (const Column& c : columns) {
        if (&c == columns) continue;
        out += fmt::format("\n| {} |", c.name);
        for (const ComparedRun& r : runs) out += fmt::format(" {} |", c.text(r));
    }
    return out + fmt::format(
                     "\n\nEffective operations as NeuroBench defines them: input and weight both "
                     "non-zero; an AC where "
                     "all inputs of a projection are in {{-1, 0, 1}}, else a MAC; biases not "
                     "counted. An input that is the "
                     "same at every step is summed, and counted, once. Spikes: of spiking "
                     "populations behind the "
                     "input. Energy: {} pJ a MAC, {} pJ an AC ({}, {}); synaptic arithmetic only. "
                     "Neuron updates (a "
                     "neuron with a membrane, one step) take a MAC and an AC each and are not part "
                     "of it.\n",
                     energy_45nm.mac, energy_45nm.ac, energy_45nm.name, energy_45nm.source);
}

std::string compare_csv(const std::vector<ComparedRun>& runs) {
    std::string out;
    for (const Column& c : columns) out += fmt::format("{}{}", &c == columns ? "" : ",", c.name);
    for (const ComparedRun& r : runs) {
        out += "\n";
        for (const Column& c : columns) {
            const std::string text = c.text(r);
            out += fmt::format("{}{}", &c == columns ? "" : ",",
                               text.find(',') == std::string::npos ? text : "\"" + text + "\"");
        }
    }
    return out + "\n";
}

}  // namespace snnsim
