#include "src/nir/write_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/npz.hpp"
#include "src/io/replace_file.hpp"
#include "src/run/outputs.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim::nir {
namespace {

bool listed(const PlannedProjection& p) {
    return !p.sources.empty();
}

std::string population_text(const PlannedPopulation& p, const ArrayFiles& arrays) {
    std::string out = fmt::format("  {}: {{", p.name);
    if (p.shape.size() == 2 || p.shape.size() == 3) {
        out += fmt::format("shape: [{}]", fmt::join(p.shape, ", "));
    } else {
        out += fmt::format("size: {}", p.size());
    }
    out += fmt::format(", model: {}", p.model);
    if (!p.varied.empty()) {
        out += ", trainable: {";
        for (const CellParameter& v : p.varied)
            out +=
                fmt::format("{}{}: {{per: cell, as: fixed, file: {}, dataset: {}/{}}}",
                            &v == &p.varied[0] ? "" : ", ", v.name, arrays.cells, p.name, v.name);
        out += "}";
    }
    out += "}";
    if (p.name != p.node) out += fmt::format("    # {}", excerpt(p.node));
    return out + "\n";
}

std::string projection_text(const Plan& plan, const PlannedProjection& p, double dt,
                            const ArrayFiles& arrays) {
    const std::string& from = plan.populations[p.from].name;
    const std::string& to = plan.populations[p.to].name;
    std::string out = fmt::format("  - {{from: {}, to: {}", from, to);
    if (p.name != from + "_to_" + to) out += ", name: " + p.name;
    if (!listed(p)) out += ", connect: " + p.connect;  // else what the file has of pairs
    if (p.constant) out += fmt::format(", weight: {{init: constant, value: {}}}", *p.constant);
    if (!p.weights.values.empty())
        out += fmt::format(", weight: {{file: {}, dataset: {}}}", arrays.weights, p.name);
    if (!p.bias.empty())
        out += fmt::format(", bias: {{file: {}, dataset: {}.bias}}", arrays.weights, p.name);
    if (p.delay > 0) out += fmt::format(", delay: {} ms", static_cast<double>(p.delay) * dt);
    return out + "}\n";
}

/// `inputs: {a: a, b: b}` where there are several.
std::string names_text(const char* key, const std::vector<std::string>& names) {
    if (names.size() < 2) return "";
    std::string out = fmt::format("  {}: {{", key);
    for (const std::string& name : names)
        out += fmt::format("{}{}: {}", &name == &names[0] ? "" : ", ", name, name);
    return out + "}\n";
}

}  // namespace

std::vector<std::string> ends(const Plan& plan, bool sources) {
    std::vector<std::string> out;
    for (std::size_t n = 0; n < plan.populations.size(); ++n) {
        const bool inner = std::any_of(
            plan.projections.begin(), plan.projections.end(), [&](const PlannedProjection& p) {
                return (sources ? p.to : p.from) == n && (sources ? p.from : p.to) != n;
            });
        if (!inner) out.push_back(plan.populations[n].name);
    }
    return out;
}

std::string model_text(const Plan& plan, const std::string& name, double dt, const ModelData& data,
                       const ArrayFiles& arrays, const std::string& comment) {
    std::string out = comment;
    out += fmt::format(
        "name: {}\nseed: 1\ndt: {} ms\ndata:\n  set: file\n  file: {}\n"
        "  encode: {{scheme: direct, duration: {} ms}}\n",
        name, dt, data.file, static_cast<double>(data.steps) * dt);
    const std::vector<std::string> inputs = ends(plan, true), outputs = ends(plan, false);
    out += names_text("inputs", inputs) + names_text("outputs", outputs) + "populations:\n";
    for (const PlannedPopulation& p : plan.populations) out += population_text(p, arrays);
    out += "projections:\n";
    for (const PlannedProjection& p : plan.projections) out += projection_text(plan, p, dt, arrays);
    out += "test: {}\nrecord:\n";
    const char* const samples = data.one_sample ? ", samples: 1" : "";
    for (const PlannedPopulation& p : plan.populations) {
        const bool source = p.model == "spike_source";
        const bool output = std::find(outputs.begin(), outputs.end(), p.name) != outputs.end();
        if (p.spikes && !source)
            out += fmt::format("  - {{population: {}, what: spikes{}}}\n", p.name, samples);
        if (!p.spikes && output)
            out += fmt::format("  - {{population: {}, what: v{}}}\n", p.name, samples);
    }
    return out;
}

bool has_weights(const Plan& plan) {
    return std::any_of(
        plan.projections.begin(), plan.projections.end(),
        [](const PlannedProjection& p) { return !p.weights.values.empty() || !p.bias.empty(); });
}
bool has_cells(const Plan& plan) {
    return std::any_of(plan.populations.begin(), plan.populations.end(),
                       [](const PlannedPopulation& p) { return !p.varied.empty(); });
}

void require_own_archive(const std::string& path, bool force) {
    require_free(path, {"archive of arrays (.npz)", "", "PK"}, force);
    if (std::filesystem::exists(path) && !NpzFile(path).has(archive_mark))
        throw UsageError(
            fmt::format("{} is there, and no import has written it; move it away, or name another "
                        "model with -o",
                        path));
}

void write_weights(const std::string& path, const Plan& plan) {
    std::vector<NpyEntry> entries;
    const std::vector<std::uint8_t> mark{1};
    entries.push_back(npy_entry(archive_mark, {1}, mark));
    for (const PlannedProjection& p : plan.projections) {
        if (listed(p)) {
            const std::vector<std::size_t> length{p.sources.size()};
            entries.push_back(npy_entry(p.name + ".source", length, p.sources));
            entries.push_back(npy_entry(p.name + ".target", length, p.targets));
            entries.push_back(npy_entry(p.name + ".weight", length, p.weights.values));
        } else if (!p.weights.values.empty()) {
            const Shape& shape = p.weights.shape;
            entries.push_back(npy_entry(p.name, {shape.begin(), shape.end()}, p.weights.values));
        }
        if (!p.bias.empty())
            entries.push_back(npy_entry(p.name + ".bias", {p.bias.size()}, p.bias));
    }
    write_npz(path, entries);
}

void write_cells(const std::string& path, const Plan& plan) {
    replace_file(path, [&](const std::string& temporary) {
        h5::Handle file = h5::create_file(temporary);
        h5::write_text(file, "format", cells_format);
        for (const PlannedPopulation& p : plan.populations) {
            if (p.varied.empty()) continue;
            const h5::Handle group = h5::make_group(file, p.name);
            for (const CellParameter& v : p.varied)
                h5::write_vector(group, v.name, v.values, v.unit);
        }
        file.close("writing " + path);
    });
}

}  // namespace snnsim::nir
