#include "src/io/write_weights.hpp"

#include <algorithm>

namespace snnsim {
namespace {

std::string weights_path(const std::string& projection) {
    return "weights/" + projection;
}
std::string path_of(const SimulationRecordSpec& r) {
    return weights_path(r.projection) + (r.of_synapses()    ? "/changes"
                                         : r.of_histogram() ? "/histogram"
                                                            : "/snapshots");
}

const std::string& unit_of(const SynapsesSpec& p) {
    static const std::string none = "1";
    return p.plasticity->w_max.unit.empty() ? none : p.plasticity->w_max.unit;
}

std::size_t number_of(const SimulationSpec& spec, const SimulationRecordSpec& r) {
    std::size_t k = 0;
    while (spec.projections[k].name() != r.projection) ++k;
    return k;
}

hsize_t rows_per_chunk(hsize_t width) {
    return std::clamp<hsize_t>(65536 / std::max<hsize_t>(1, width), 1, 4096);
}

/// The listed synapses, and their changes as they come.
void make_changes(hid_t file, const SynapsesSpec& p, const SimulationRecordSpec& r) {
    const h5::Handle g = h5::make_group(file, path_of(r));
    std::vector<std::uint32_t> ends[2];
    for (const std::vector<std::int64_t>& pair : r.synapses) {
        for (std::size_t k = 0; k < 2; ++k) ends[k].push_back(static_cast<std::uint32_t>(pair[k]));
    }
    h5::write_vector(g, "source", ends[0], "1");
    h5::write_vector(g, "target", ends[1], "1");
    h5::make_growing(g, "time", H5T_NATIVE_DOUBLE, {}, 4096, "ms");
    h5::make_growing(g, "synapse", H5T_NATIVE_UINT32, {}, 4096, "1");
    h5::make_growing(g, "weight", H5T_NATIVE_FLOAT, {}, 4096, unit_of(p));
}

void make_histogram(hid_t file, const SynapsesSpec& p, const SimulationRecordSpec& r) {
    const auto bins = static_cast<std::size_t>(r.bins);
    const double low = p.plasticity->w_min.mean, high = p.plasticity->w_max.mean;
    std::vector<double> edges;
    for (std::size_t k = 0; k <= bins; ++k)
        edges.push_back(low + (high - low) * static_cast<double>(k) / static_cast<double>(bins));
    h5::make_growing(file, path_of(r), H5T_NATIVE_UINT64, {bins}, rows_per_chunk(bins), "1");
    h5::make_growing(file, path_of(r) + "_time", H5T_NATIVE_DOUBLE, {}, 512, "ms");
    h5::write_vector(file, path_of(r) + "_edges", edges, unit_of(p));
}

/// What structural plasticity did.
void write_structure(hid_t file, const SimulationSpec& spec, const ProjectionWeights& w) {
    const SynapsesSpec& p = spec.projections[w.projection];
    const std::string path = weights_path(p.name()) + "/structure";
    h5::remove_link(file, path);
    if (!p.plasticity->structure) return;
    std::vector<double> time;
    for (const std::uint32_t step : w.structure.step) time.push_back(step * spec.dt);
    const h5::Handle g = h5::make_group(file, path);
    h5::write_vector(g, "time", time, "ms");
    h5::write_vector(g, "pruned", w.structure.pruned, "1");
    h5::write_vector(g, "grown", w.structure.grown, "1");
}

}  // namespace

std::vector<std::string> weight_record_sets(const SimulationRecordSpec& r) {
    const std::string path = path_of(r);
    if (r.of_synapses()) return {path + "/time", path + "/synapse", path + "/weight"};
    return {path + "_time", path};
}

void make_weight_record(hid_t file, const SimulationSpec& spec, const EngineReport& report,
                        const SimulationRecordSpec& r) {
    const std::size_t k = number_of(spec, r);
    const SynapsesSpec& p = spec.projections[k];
    if (r.of_synapses()) return make_changes(file, p, r);
    if (r.of_histogram()) return make_histogram(file, p, r);
    const hsize_t synapses = report.projection_synapses[k];
    h5::make_growing(file, path_of(r), H5T_NATIVE_FLOAT, {synapses}, rows_per_chunk(synapses),
                     unit_of(p));
    h5::make_growing(file, path_of(r) + "_time", H5T_NATIVE_DOUBLE, {}, 512, "ms");
}

void append_weight_record(hid_t file, const SimulationSpec& spec, const SimulationRecordSpec& r,
                          const StateSamples& s) {
    const std::vector<std::string> sets = weight_record_sets(r);
    const hsize_t rows = s.step.size();
    std::vector<double> time(rows);
    std::transform(s.step.begin(), s.step.end(), time.begin(),
                   [&](std::uint32_t step) { return step * spec.dt; });
    if (r.of_synapses()) {
        std::vector<std::uint32_t> synapse(rows);
        std::vector<float> weight(rows);
        for (std::size_t k = 0; k < rows; ++k) {
            synapse[k] = static_cast<std::uint32_t>(s.values[2 * k]);
            weight[k] = s.values[2 * k + 1];
        }
        h5::append_rows(file, sets[1], H5T_NATIVE_UINT32, rows, synapse.data());
        h5::append_rows(file, sets[2], H5T_NATIVE_FLOAT, rows, weight.data());
    } else if (r.of_histogram()) {
        h5::append_rows(file, sets[1], H5T_NATIVE_UINT64, rows, s.counts.data());
    } else {
        h5::append_rows(file, sets[1], H5T_NATIVE_FLOAT, rows, s.values.data());
    }
    h5::append_rows(file, sets[0], H5T_NATIVE_DOUBLE, rows, time.data());
}

void write_weights(hid_t file, const SimulationSpec& spec, const Engine& engine) {
    constexpr std::size_t at_once = 1 << 20;
    engine.read_weights(at_once, [&](const ProjectionWeights& w) {
        const SynapsesSpec& p = spec.projections[w.projection];
        const std::string path = weights_path(p.name());
        const auto append = [&]<class T>(const char* name, const std::vector<T>& values,
                                         const std::string& unit) {
            if (w.first == 0) {
                h5::remove_link(file, path + name);
                h5::make_growing(file, path + name, h5::type_of<T>(), {}, 1 << 16, unit);
            }
            h5::append_rows(file, path + name, h5::type_of<T>(), values.size(), values.data());
        };
        append("/source", w.source, "1");
        append("/target", w.target, "1");
        append("/delay", w.delay, "ms");
        append("/weight", w.weight, unit_of(p));
        if (w.first == 0) write_structure(file, spec, w);
    });
}

}  // namespace snnsim
