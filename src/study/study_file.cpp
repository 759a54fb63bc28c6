// A study's results as HDF5.
#include <limits>

#include "snnsim/error.hpp"
#include "src/energy/layer_model.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/replace_file.hpp"
#include "src/study/study_report.hpp"

namespace snnsim {
namespace {

void write_setting(hid_t group, const StudySpec& spec, const StudyCell& c) {
    h5::write_text(group, "model", spec.models[c.configuration.model].name);
    h5::write_text(group, "setting", c.configuration.label);
    h5::write_texts(group, "overrides", c.configuration.settings);
    std::vector<std::string> axes, values;
    for (const auto& [axis, value] : c.configuration.point) {
        axes.push_back(axis);
        values.push_back(value);
    }
    h5::write_texts(group, "axes", axes);
    h5::write_texts(group, "values", values);
    h5::write_text(group, "file", c.file);
    h5::write_number<std::uint64_t>(group, "seed", c.seed);
}

void write_cell(hid_t root, const std::string& at, const StudySpec& spec, const StudyCell& c) {
    const h5::Handle g = h5::make_group(root, at);
    write_setting(g, spec, c);
    h5::write_text(g, "precision", c.int8 ? "int8" : "float");
    h5::write_number<std::uint64_t>(g, "nonzero_weights", c.weights);
    const auto number = [&](const char* name, const std::optional<double>& x) {
        h5::write_number(g, name, x.value_or(std::numeric_limits<double>::quiet_NaN()));
    };
    number("accuracy", c.error ? std::nullopt : std::optional(c.accuracy));
    number("error", c.error);
    number("spikes", c.cost.spikes);
    number("macs", c.cost.macs);
    number("acs", c.cost.acs);
    number("neuron_updates", c.cost.neuron_updates);
    number("reads", c.cost.reads);
    number("writes", c.cost.writes);
    number("activity", c.cost.activity);
    number("energy_uJ", c.energy.synapses);
    number("dense_energy_uJ", c.energy.dense);
    number("neuron_energy_uJ", c.energy.neurons);
    number("memory_energy_uJ", c.energy.memory);
    number("energy_in_all_uJ", c.energy.all);
    number("train_seconds", c.train_seconds);
    number("test_seconds", c.test_seconds);
    number("footprint_bytes", c.footprint);
    h5::write_vector(root, at + "/test_epoch", c.test_epoch, "1");
    h5::write_vector(root, at + "/test_accuracy", c.test_accuracy, "1");
    h5::write_vector(root, at + "/test_error", c.test_error, "1");
}

/// A group for each population, with its numbers as attributes.
void write_simulation(hid_t root, const std::string& at, const StudySpec& spec,
                      const StudyCell& c) {
    const h5::Handle g = h5::make_group(root, at);
    write_setting(g, spec, c);
    h5::write_text(g, "status", c.stats ? "finished" : "failed");
    if (!c.failed.empty()) h5::write_text(g, "error", c.failed);
    if (!c.stats) return;
    for (const PopulationStats& p : c.stats->populations) {
        const h5::Handle own = h5::make_group(root, at + "/populations/" + p.name);
        for (const Statistic& s : statistics) h5::write_number(own, s.name, s.of(p));
    }
    std::vector<std::string> names;
    for (const PopulationStats& p : c.stats->populations) names.push_back(p.name);
    h5::write_texts(g, "populations", names);  // their order
}

/// Break-even activities per step for n x n neurons, [steps][n].
void write_break_even(hid_t root, const OperationEnergies& e) {
    if (!e.mac || !e.ac || !e.read || !e.write) return;
    const std::vector<double> sizes{64, 128, 256, 512, 1024}, steps{1, 2, 4, 8, 16, 25};
    std::vector<double> activity;
    for (const double t : steps) {
        for (const double n : sizes) activity.push_back(break_even_activity(n, t, e));
    }
    h5::write_vector(root, "break_even/neurons", sizes, "1");
    h5::write_vector(root, "break_even/steps", steps, "1");
    h5::write_vector(root, "break_even/activity", activity, "1", {steps.size(), sizes.size()});
}

}  // namespace

void write_study(const std::string& path, const StudyResult& study) {
    replace_file(path, [&](const std::string& temporary) {
        h5::Handle root = h5::create_file(temporary);
        h5::write_text(root, "format", "snnsim study");
        h5::write_text(root, "name", study.spec.name);
        h5::write_text(root, "study", study.spec.text);
        h5::write_text(root, "kind", study.simulations ? "simulations" : "trainings");
        h5::write_text(root, "energy_model", study.energy.name);
        h5::write_text(root, "energy_source", study.energy.source);
        h5::write_vector(root, "targets", study.spec.targets, "1");
        h5::make_group(root, "cells");
        for (std::size_t k = 0; k < study.cells.size(); ++k) {
            const std::string at = "cells/" + std::to_string(100000 + k).substr(1);
            if (study.simulations) {
                write_simulation(root, at, study.spec, study.cells[k]);
            } else {
                write_cell(root, at, study.spec, study.cells[k]);
            }
        }
        h5::make_group(root, "break_even");
        write_break_even(root, study.energy.of_float);
        h5::check(H5Fflush(root, H5F_SCOPE_GLOBAL), "cannot flush");
        root.close("cannot close");
    });
}

}  // namespace snnsim
