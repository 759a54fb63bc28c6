#include "src/plan/run_size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "snnsim/cell_values.hpp"
#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/data/published.hpp"
#include "src/engine/scale.hpp"
#include "src/files/room.hpp"
#include "src/network/stored_weights.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

constexpr double overhead = 64e3;          // groups, attributes, chunks begun
constexpr double spike_bytes = 8.0 + 8.0;  // time and number
constexpr double very_large = 10e9;

/// ms between two spikes of a cell at least.
double shortest_interval(const CellPopulationSpec& p, double dt) {
    double interval = dt;
    const bool varies = std::any_of(p.varied.begin(), p.varied.end(),
                                    [](const NamedDistribution& d) { return d.name == "t_ref"; });
    if (varies) return interval;
    CellModels::visit(p.cell, [&]<class M>(const typename M::Params& params) {
        if constexpr (requires { params.t_ref; }) interval = std::max(dt, double{params.t_ref});
    });
    return interval;
}

/// A source says how often it fires, unless phases or stimuli change that.
bool fires_as_told(const SimulationSpec& spec, const CellPopulationSpec& p) {
    bool source = false;
    CellModels::visit(p.cell, [&]<class M>(const typename M::Params& params) {
        source = requires {
            params.rate;
        }
        &&M::receptors == 0;
    });
    return source && p.rate > 0.0 && p.varied.empty() && !spec.open_ended();
}

FilePart spikes_part(const SimulationSpec& spec, const SimulationRecordSpec& r) {
    const CellPopulationSpec& p = spec.population(r.population);
    const double bytes = spike_bytes + (p.graded() ? sizeof(float) : 0.0);
    const auto cells = static_cast<double>(recorded_cells(spec, r).count);
    const std::string name = "spikes of " + p.name;
    if (p.played) {
        const double share = cells / static_cast<double>(std::max<std::int64_t>(1, p.size));
        return {name, bytes * static_cast<double>(p.played->keys.size()) * share};
    }
    const double time = expected_duration(spec);
    if (fires_as_told(spec, p)) return {name, bytes * cells * p.rate * time * 1e-3};
    return {name, bytes * cells * time / shortest_interval(p, spec.dt), true};
}

FilePart weights_part(const SimulationSpec& spec, const SimulationRecordSpec& r, double synapses) {
    const double time = expected_duration(spec);
    const std::string name = r.what + " of " + r.projection;
    if (r.of_synapses()) {  // a change a step at most: time, number, weight
        return {name, 16.0 * static_cast<double>(r.synapses.size()) * time / spec.dt, true};
    }
    const double values = std::floor(time / r.interval + 1e-9);
    const double width = r.of_histogram() ? 8.0 * static_cast<double>(r.bins) : 4.0 * synapses;
    return {name, values * (width + 8.0)};
}

FilePart values_part(const SimulationSpec& spec, const SimulationRecordSpec& r) {
    const double interval = std::max(r.interval, spec.dt);
    const double values = std::floor(expected_duration(spec) / interval + 1e-9);
    const auto cells = r.of_cells() ? static_cast<double>(recorded_cells(spec, r).count) : 1.0;
    return {r.what + " of " + r.population,
            values * (4.0 * cells + 8.0) + (r.of_cells() ? 8.0 * cells : 0.0)};
}

double sum_of(const std::vector<FilePart>& parts, bool at_most) {
    double sum = 0.0;
    for (const FilePart& p : parts) {
        if (at_most || !p.at_most) sum += p.bytes;
    }
    return sum;
}

std::string amount(double bytes) {
    return bytes_text(static_cast<std::size_t>(std::min(bytes, 1e18)));
}

}  // namespace

double expected_duration(const SimulationSpec& spec) {
    if (!spec.open_ended()) return spec.simulate.duration;
    double sum = 0.0;
    for (const PhaseSpec& p : spec.simulate.phases) {
        if (!p.present) {
            sum += p.duration;
            continue;
        }
        const auto samples = static_cast<double>(p.present->count > 0 ? p.present->count : 60000);
        sum += samples * static_cast<double>(p.present->passes) *
               (p.present->duration + p.present->rest.mean);
    }
    return sum;
}

std::vector<FilePart> run_file_parts(const SimulationSpec& spec) {
    std::vector<FilePart> parts;
    const std::vector<double> synapses = expected_synapses(spec);
    const auto number = [&](const std::string& name) {
        std::size_t k = 0;
        while (spec.projections[k].name() != name) ++k;
        return k;
    };
    for (const SimulationRecordSpec& r : spec.record) {
        parts.push_back(r.of_weights()       ? weights_part(spec, r, synapses[number(r.projection)])
                        : r.what == "spikes" ? spikes_part(spec, r)
                                             : values_part(spec, r));
    }
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        if (!spec.projections[k].plasticity) continue;  // source, target, delay, weight
        parts.push_back({"final weights of " + spec.projections[k].name(), 16.0 * synapses[k]});
    }
    parts.push_back({"the rest", overhead});
    return parts;
}

std::vector<FilePart> run_file_parts(const ModelSpec& spec, std::int64_t training,
                                     std::int64_t test) {
    const auto steps = static_cast<double>(spec.steps());
    const auto tested = static_cast<double>(test);
    // Whole matrices, and where some weights are missing a byte for each that says so; or lists.
    double weights = 0.0, masks = 0.0, delays = 0.0;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        const WeightMatrix matrix = weight_matrix(spec, p);
        const auto targets = static_cast<double>(matrix.columns);
        if (stored_sparse(spec, k)) {  // weights, and their sources and targets
            const double synapses = stored_weights(spec, k);
            weights += synapses + (p.bias ? targets : 0.0);
            masks += 8.0 * synapses;
            continue;
        }
        const double pairs = static_cast<double>(matrix.rows) * targets;
        weights += pairs + (p.bias ? targets : 0.0);
        if (p.learned_delay)
            delays += p.learned_delay->learn == DelayOf::synapse ? pairs : pairs / targets;
        const bool pruned = spec.train && spec.train->prune && p.trainable;
        const bool sparse = (p.connect.rule != Rule::all_to_all && !only_trained(p.connect.rule)) ||
                            (p.weight.loaded && !p.weight.loaded->mask.empty());
        if (pruned || sparse) masks += pairs;
    }
    std::vector<FilePart> parts{{"weights", 4.0 * weights + masks + 8.0 * delays}};
    if (spec.train) {
        const auto updates =
            static_cast<double>(spec.train->epochs) *
            std::ceil(static_cast<double>(training) /
                      static_cast<double>(std::max<std::int64_t>(1, spec.train->batch)));
        const auto named = static_cast<double>(spec.data.outputs.size());
        parts.push_back({"curves", (24.0 + 16.0 * named) * updates});
        // The weights, two moments of each, and those of the best epoch.
        parts.push_back(
            {"checkpoint", 4.0 * (weights + delays) * (spec.train->best_weights ? 4.0 : 3.0)});
    }
    if (spec.test) {
        double outputs = 0.0, bytes = 0.0;
        for (const OutputSpec& o : spec.data.outputs)
            bytes += is_real(spec.loss_of(o.name).loss)
                         ? 4.0 * static_cast<double>(size_of(spec, o.name))
                         : 2.0;
        for (const PopulationSpec& p : spec.populations) {
            const bool sends =
                std::any_of(spec.projections.begin(), spec.projections.end(),
                            [&](const ProjectionSpec& q) { return q.from == p.name; });
            if (!sends) outputs += static_cast<double>(p.size);
        }
        if (spec.data.outputs.empty()) bytes = spec.real_targets() ? 4.0 * outputs : 2.0;
        parts.push_back({"predictions", tested * bytes});
        for (const RecordSpec& r : spec.record) {
            const double samples = std::min(tested, static_cast<double>(r.samples));
            const double values =
                samples * steps * static_cast<double>(size_of(spec, r.population));
            const bool spikes = r.what == RecordWhat::spikes;
            parts.push_back({fmt::format("{} of {}", name_of(r.what), r.population),
                             (spikes ? spike_bytes + 4.0 : 4.0) * values, spikes});
        }
    }
    parts.push_back({"the rest", overhead});
    return parts;
}

std::vector<FilePart> run_file_parts(const ModelSpec& spec) {
    // MNIST and Fashion-MNIST; of a file of one's own, as many until it has been read.
    const auto limited = [](std::int64_t count, std::int64_t most) {
        return most > 0 ? std::min(count, most) : count;
    };
    return run_file_parts(spec, limited(published_training, spec.data.train_samples),
                          limited(published_test, spec.data.test_samples));
}

std::string run_file_text(const std::vector<FilePart>& parts) {
    const bool bound = std::any_of(parts.begin(), parts.end(),
                                   [](const FilePart& p) { return p.at_most && p.bytes > 0.0; });
    std::string out = fmt::format("run file, about {}", amount(sum_of(parts, false)));
    if (bound)
        out += fmt::format(", and at most {} with all spikes that the cells can send",
                           amount(sum_of(parts, true)));
    out += ":\n";
    for (const FilePart& p : parts)
        out += fmt::format("  {:<44} {:>10}\n", p.name, (p.at_most ? "<= " : "") + amount(p.bytes));
    return out;
}

double free_space(const std::string& path) {
    fs::path folder = fs::absolute(path).parent_path();
    std::error_code wrong;
    while (!fs::exists(folder, wrong) && folder.has_relative_path()) folder = folder.parent_path();
    const fs::space_info space = fs::space(folder, wrong);
    return wrong ? std::numeric_limits<double>::infinity() : static_cast<double>(space.available);
}

std::string disk_problem(const std::vector<FilePart>& parts, const std::string& path, double free) {
    const double file = sum_of(parts, false), needed = 2.0 * file;
    if (needed <= free) return "";
    std::vector<FilePart> largest;
    for (const FilePart& p : parts)
        if (!p.at_most) largest.push_back(p);
    std::stable_sort(largest.begin(), largest.end(),
                     [](const FilePart& a, const FilePart& b) { return a.bytes > b.bytes; });
    std::string list;
    for (const FilePart& p : largest) list += fmt::format("\n  {:>9}  {}", amount(p.bytes), p.name);
    return fmt::format(
        "{} will have about {}, and needs twice that while it is written; {} are free. Record "
        "less, or less often, or write to another disk with -o:{}",
        path, amount(file), amount(free), list);
}

std::string very_large_file(const std::vector<FilePart>& parts, const std::string& path) {
    const double file = sum_of(parts, false);
    return file <= very_large ? "" : fmt::format("{} will have about {}", path, amount(file));
}

std::string require_disk_room(const std::vector<FilePart>& parts, const std::string& path,
                              double free) {
    if (const std::string wrong = disk_problem(parts, path, free); !wrong.empty())
        throw FileError(wrong);
    const std::string large = very_large_file(parts, path);
    return large.empty() ? "" : "warning: " + large + '\n';
}

}  // namespace snnsim
