// RunRecord -> HDF5. The layout is described in the README.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "snnsim/run_record.hpp"
#include "src/io/counts.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/measured_energy.hpp"
#include "src/io/replace_file.hpp"
#include "src/io/write_parts.hpp"
#include "src/io/write_recordings.hpp"
#include "src/network/source_signs.hpp"
#include "src/stats/classes.hpp"

namespace snnsim {
namespace {

/// How the rows of the weights are a window's: reshape them to `kernel`, channels in and out.
void write_window(hid_t group, const Windowed& w) {
    const auto sides = [&](const char* name, const std::uint32_t(&of)[2]) {
        h5::write_vector(group, name, std::vector<std::uint32_t>{of[0], of[1]}, "1");
    };
    h5::write_text(group, "rule",
                   !w.pool                        ? "conv"
                   : *w.pool == PoolKind::average ? "avg_pool"
                   : *w.pool == PoolKind::sum     ? "sum_pool"
                                                  : "max_pool");
    sides("kernel", w.window.kernel);
    sides("stride", w.window.stride);
    sides("padding", w.window.padding);
    sides("dilation", w.window.dilation);
    h5::write_number<std::uint32_t>(group, "groups", w.window.groups);
    h5::write_text(group, "rows_of_weights",
                   "kernel row, kernel column, channel of the sources (of a group)");
}

/// One by one, as runs of simulations have them, without those that pruning took.
void write_synapses(hid_t group, const Projection& p) {
    std::vector<std::uint32_t> source, target;
    std::vector<float> weight;
    p.synapses->for_each([&](std::size_t i, std::size_t s) {
        if (!p.connected.empty() && !p.connected[s]) return;
        source.push_back(static_cast<std::uint32_t>(i));
        target.push_back(p.synapses->target[s]);
        weight.push_back(p.weights[s]);
    });
    h5::write_vector(group, "source", source, "1");
    h5::write_vector(group, "target", target, "1");
    h5::write_vector(group, "weight", weight, "1");
}

void write_network(hid_t root, const Network& network) {
    std::vector<std::string> names;
    for (const Population& p : network.populations) names.push_back(p.name);
    h5::write_texts(h5::make_group(root, "network"), "populations", names);
    for (const Population& p : network.populations) {
        const h5::Handle g = h5::make_group(root, "network/" + p.name);
        h5::write_number(g, "size", p.size);
        if (p.order.places > 1) h5::write_number<std::uint64_t>(g, "channels", p.order.channels);
        h5::write_text(g, "model", NeuronModels::name_of(p.neuron));
        std::visit([&](const auto& params) { write_parameters(g, params); }, p.neuron);
    }
    for (const Projection& p : network.projections) {
        const h5::Handle g = h5::make_group(root, "weights/" + p.name);
        h5::write_text(g, "from", network.populations[p.from].name);
        h5::write_text(g, "to", network.populations[p.to].name);
        h5::write_number<std::uint8_t>(g, "trainable", p.trainable ? 1 : 0);
        h5::write_number(g, "delay", static_cast<double>(p.delay) * network.dt);  // ms
        const auto post = static_cast<hsize_t>(p.windowed ? p.windowed->window.channels_out
                                                          : network.populations[p.to].size);
        if (p.synapses) {
            write_synapses(g, p);
        } else {
            h5::write_vector(g, "weights", p.weights, "1", {p.weights.size() / post, post});
        }
        if (p.windowed) write_window(g, *p.windowed);
        if (!p.bias.empty()) h5::write_vector(g, "bias", p.bias, "1");
        if (p.frozen != Frozen::nothing) h5::write_text(g, "frozen", name_of(p.frozen));
        if (p.delays) {
            std::vector<double> ms;
            for (const float steps : p.delays->steps)
                ms.push_back(static_cast<double>(steps) * network.dt);
            const bool by_source = p.delays->of == DelayOf::source;
            h5::write_vector(g, "delays", ms, "ms",
                             by_source ? h5::Dims{ms.size()} : h5::Dims{ms.size() / post, post});
        }
        if (const std::optional<DaleSpec>& dale = network.populations[p.from].dale) {
            h5::write_text(g, "dale", name_of(dale->method));
            h5::write_number<std::int64_t>(g, "at_zero", count_weights_at_zero(p).zero);
        }
        if (!p.connected.empty() && !p.synapses)
            h5::write_vector(g, "mask", p.connected, "1", {p.connected.size() / post, post});
    }
}

/// The parameters of neurons that are trained: what they are now, and what they were at the start,
/// by cell.
void write_learned(hid_t root, const Network& network) {
    for (const Population& p : network.populations) {
        for (const TrainedParameter& t : p.trained) {
            const std::string path = "learned/" + p.name + "/";
            const std::string unit = t.unit.empty() ? "1" : t.unit;
            const auto cells = static_cast<std::size_t>(p.size);
            h5::write_vector(root, path + t.name, values_of(t, t.w, cells), unit);
            h5::write_vector(root, "learned_from/" + p.name + "/" + t.name,
                             values_of(t, t.first, cells), unit);
        }
    }
}

void write_curves(hid_t root, const Curves& c) {
    const auto write = [&](const char* path, const std::vector<double>& values,
                           const char* units = "1") {
        h5::write_vector(root, std::string("training/") + path, values, units);
    };
    for_each_curve(
        c, [&](const char* path, const std::vector<double>& values) { write(path, values); });
    write("steps/learning_rate", c.step_learning_rate);
    write("epochs/seconds", c.epoch_seconds, "s");
    if (!c.epoch_connected.empty()) write("epochs/connected", c.epoch_connected);
    write("test/epoch", c.test_epoch);
    for (const LearnedCurve& l : c.learned) {
        const std::string path = fmt::format("learned/{}/{}/", l.population, l.parameter);
        write((path + "mean").c_str(), l.mean, l.unit.c_str());
        write((path + "std").c_str(), l.std, l.unit.c_str());
    }
    if (c.by_name.empty()) return;
    std::vector<std::string> names;
    for (const OutputCurves& own : c.by_name) names.push_back(own.name);
    h5::write_texts(h5::make_group(root, "training/outputs"), "names", names);
    for (const OutputCurves& own : c.by_name) {
        for_each_curve(own, [&](const char* path, const std::vector<double>& values) {
            h5::write_vector(root, "training/outputs/" + own.name + "/" + path, values, "1");
        });
    }
}

/// What an output gave, and the classes it has.
void write_output(hid_t group, const OutputResult& test, int classes,
                  const std::vector<std::string>& class_names) {
    h5::write_number(group, "loss", test.loss);
    h5::write_number<std::uint64_t>(group, "samples", test.samples());
    if (test.error) {
        h5::write_number(group, "error", *test.error);
        h5::write_vector(group, "prediction", test.outputs, "1",
                         {test.samples(), test.output_size});
        return;
    }
    h5::write_number(group, "accuracy", test.accuracy);
    h5::write_number<std::int64_t>(group, "classes", classes);
    if (!class_names.empty()) h5::write_texts(group, "class_names", class_names);
    write_classes(group, "label", test.labels);
    write_classes(group, "prediction", test.predictions);
    const auto size = static_cast<std::size_t>(classes);
    h5::write_vector(group, "recall", recall(test, size), "1");
    if (classes > most_classes_of_confusion) return;
    h5::write_vector(group, "confusion", confusion(test, size), "1",
                     {size, size});  // [label][prediction]
}

void write_test(hid_t root, const RunRecord& r) {
    const Evaluation& test = *r.test;
    if (test.by_name.empty()) {
        if (test.predictions.empty() && !test.error) return;
        write_output(h5::make_group(root, "test"), test, r.classes, r.class_names);
        return;
    }
    const h5::Handle g = h5::make_group(root, "test");
    h5::write_number(g, "loss", test.loss);
    h5::write_number<std::uint64_t>(g, "samples", test.samples());
    std::vector<std::string> names;
    for (const NamedResult& one : test.by_name) names.push_back(one.name);
    h5::write_texts(g, "outputs", names);
    if (test.error) {
        h5::write_number(g, "error", *test.error);
    } else {
        h5::write_number(g, "accuracy", test.accuracy);
    }
    for (const NamedResult& one : test.by_name)
        write_output(h5::make_group(root, "test/outputs/" + one.name), one, one.classes,
                     one.class_names);
}

void write_state(hid_t root, const std::string& path, const Network& network,
                 const TrainerState& state) {
    const h5::Handle g = h5::make_group(root, path);
    h5::write_number(g, "updates", state.updates);
    for (std::size_t k = 0; k < state.weights.size(); ++k) {
        const std::string at = path + "/" + network.projections[k].name;
        h5::write_vector(root, at + "/weights", state.weights[k], "1");
        h5::write_vector(root, at + "/bias", state.bias[k], "1");
        if (k < state.moments.size())
            h5::write_vector(root, at + "/moments", state.moments[k], "1");
        if (k < state.delays.size() && !state.delays[k].empty())
            h5::write_vector(root, at + "/delays", state.delays[k], "1");  // steps
        if (k < state.delay_moments.size() && !state.delay_moments[k].empty())
            h5::write_vector(root, at + "/delay_moments", state.delay_moments[k], "1");
        if (k < state.masks.size() && !state.masks[k].empty())
            h5::write_vector(root, at + "/mask", state.masks[k], "1");
    }
    for (const NormState& norm : state.norms) {
        for_each_part(norm, [&](const char* name, const std::vector<float>& values) {
            h5::write_vector(root, path + "_norms/" + norm.population + "/" + name, values, "1");
        });
    }
    for (std::size_t k = 0; k < state.learned.size(); ++k) {
        const Population& p = network.populations[k];
        for (std::size_t n = 0; n < state.learned[k].size(); ++n) {
            const std::string at = fmt::format("{}_learned/{}/{}", path, p.name, p.trained[n].name);
            h5::write_vector(root, at + "/w", state.learned[k][n].w, "1");
            h5::write_vector(root, at + "/moments", state.learned[k][n].moments, "1");
        }
    }
}

void write_checkpoint(hid_t root, const Network& network, const Checkpoint& c) {
    const h5::Handle g = h5::make_group(root, "checkpoints/last");
    h5::write_number(g, "epoch", c.epoch);
    h5::write_number(g, "batch_in_epoch", c.batch_in_epoch);
    h5::write_number(g, "epoch_loss_sum", c.epoch_loss_sum);
    h5::write_number(g, "epoch_right_sum", c.epoch_right_sum);
    h5::write_number(g, "epoch_samples", c.epoch_samples);
    h5::write_number(g, "epoch_seconds", c.epoch_seconds);
    h5::write_number(g, "best_accuracy", c.best_accuracy);
    h5::write_number(g, "epochs_since_best", c.epochs_since_best);
    write_state(root, "checkpoints/last/state", network, c.state);
    write_counts(root, "checkpoints/last/counts", c.state.counts);
    if (c.best) write_state(root, "checkpoints/last/best", network, *c.best);
}

void write_all(const std::string& path, const RunRecord& r,
               const std::vector<std::string>& warnings) {
    h5::Handle root = h5::create_file(path);
    write_provenance(root, r.provenance, r.status);
    h5::write_texts(root, "inputs", r.provenance.inputs);
    h5::write_texts(root, "warnings", warnings);
    h5::write_number<std::int64_t>(root, "steps_per_sample", r.network.steps);
    write_network(root, r.network);
    write_learned(root, r.network);
    write_curves(root, r.curves);
    const TimeAxis axis{static_cast<std::uint64_t>(r.network.steps), r.network.dt};
    write_spikes(root, axis, r.test ? r.test->spikes : std::vector<SpikeRecording>{});
    if (r.test) {
        write_states(root, axis, r.test->states);
        write_trials(root, axis, *r.test);
        write_test(root, r);
        if (!r.test->counts.forward.empty()) write_counts(root, "energy/test", r.test->counts);
    }
    if (!r.train_counts.forward.empty()) write_counts(root, "energy/train", r.train_counts);
    for (const auto& [phase, seconds] : r.seconds) {
        h5::write_vector(root, "profile/" + phase, std::vector<double>{seconds}, "s");
    }
    write_measured(root, r.measured);
    if (r.checkpoint) write_checkpoint(root, r.network, *r.checkpoint);
    h5::check(H5Fflush(root, H5F_SCOPE_GLOBAL), "cannot flush");
    root.close("cannot close");
}

}  // namespace

void write_run(const std::string& path, const RunRecord& record,
               const std::vector<std::string>& warnings) {
    replace_file(path,
                 [&](const std::string& temporary) { write_all(temporary, record, warnings); });
}

std::string partial_path(const std::string& path) {
    const std::filesystem::path p(path);
    return (p.parent_path() / (p.stem().string() + ".partial" + p.extension().string())).string();
}

}  // namespace snnsim
