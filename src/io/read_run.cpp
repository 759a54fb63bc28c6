// HDF5 -> RunRecord.
#include <fmt/format.h>

#include "snnsim/error.hpp"
#include "snnsim/run_record.hpp"
#include "src/io/counts.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/measured_energy.hpp"
#include "src/io/model_place.hpp"

namespace snnsim {
namespace {

Provenance read_provenance(hid_t root) {
    Provenance p;
    p.version = h5::read_text(root, "snnsim_version");
    p.git = h5::read_text(root, "git");
    p.model_name = h5::read_text(root, "model_name");
    p.model_path = read_model_place(root);
    p.model_text = h5::read_text(root, "model");
    p.model_sha256 = h5::read_text(root, "model_sha256");
    p.overrides = h5::read_texts(root, "overrides");
    p.seed = h5::read_number<std::uint64_t>(root, "seed");
    p.dt = h5::read_number<double>(root, "dt");
    p.backend = h5::read_text(root, "backend");
    p.device = h5::read_text(root, "device");
    p.threads = h5::read_number<std::int32_t>(root, "threads");
    p.host = h5::read_text(root, "host");
    p.started = h5::read_text(root, "started");
    p.finished = h5::read_text(root, "finished");
    if (h5::has_attribute(root, "inputs")) p.inputs = h5::read_texts(root, "inputs");
    return p;
}

RunStatus read_status(hid_t root) {
    const std::string status = h5::read_text(root, "status");
    for (std::size_t k = 0; k < Names<RunStatus>::values.size(); ++k) {
        if (status == Names<RunStatus>::values[k]) return static_cast<RunStatus>(k);
    }
    throw FileError("unknown status '" + status + "'");
}

/// Of those that are stored synapse by synapse the weights.
void read_projections(hid_t root, Network& network) {
    for (const std::string& name : h5::children(root, "weights")) {
        const h5::Handle g = h5::open_group(root, "weights/" + name);
        const char* const weights = h5::exists(g, "weights") ? "weights" : "weight";
        Projection p{name,
                     0,
                     0,
                     h5::read_number<std::uint8_t>(g, "trainable") != 0,
                     h5::read_vector<float>(g, weights),
                     {}};
        if (h5::exists(g, "bias")) p.bias = h5::read_vector<float>(g, "bias");
        if (h5::exists(g, "mask")) p.connected = h5::read_vector<std::uint8_t>(g, "mask");
        if (h5::has_attribute(g, "frozen"))
            p.frozen = h5::read_text(g, "frozen") == name_of(Frozen::bias) ? Frozen::bias
                                                                           : Frozen::weights;
        network.projections.push_back(std::move(p));
    }
}

/// The names of the parameters that are trained, by population.
void read_learned(hid_t root, Network& network) {
    for (const std::string& name : h5::children(root, "learned")) {
        Population& p = network.populations.emplace_back(Population{name, 0, {}});
        for (const std::string& parameter : h5::children(root, "learned/" + name))
            p.trained.emplace_back().name = parameter;
    }
}

Curves read_curves(hid_t root) {
    const auto read = [&](const std::string& path) {
        return h5::read_vector<double>(root, "training/" + path);
    };
    Curves c;
    for_each_curve(c, [&](const std::string& path, std::vector<double>& values) {
        if (path == "test/error" && !h5::exists(root, "training/test/error")) return;  // older runs
        values = read(path);
    });
    c.step_learning_rate = read("steps/learning_rate");
    c.epoch_seconds = read("epochs/seconds");
    if (h5::exists(root, "training/epochs/connected")) c.epoch_connected = read("epochs/connected");
    c.test_epoch = read("test/epoch");
    for (const std::string& population : h5::children(root, "training/learned")) {
        for (const std::string& parameter : h5::children(root, "training/learned/" + population)) {
            const std::string path = fmt::format("learned/{}/{}/", population, parameter);
            c.learned.push_back({population, parameter,
                                 h5::unit_of(root, "training/" + path + "mean"),
                                 read(path + "mean"), read(path + "std")});
        }
    }
    if (!h5::exists(root, "training/outputs")) return c;
    for (const std::string& name :
         h5::read_texts(h5::open_group(root, "training/outputs"), "names")) {
        OutputCurves& own = c.by_name.emplace_back();
        own.name = name;
        for_each_curve(own, [&](const char* path, std::vector<double>& values) {
            values =
                h5::read_vector<double>(root, fmt::format("training/outputs/{}/{}", name, path));
        });
    }
    return c;
}

/// Of group `path`.
void read_output(hid_t root, const std::string& path, OutputResult& test) {
    const h5::Handle g = h5::open_group(root, path);
    test.loss = h5::read_number<double>(g, "loss");
    if (h5::has_attribute(g, "error")) {
        test.error = h5::read_number<double>(g, "error");
        test.outputs = h5::read_vector<float>(g, "prediction");
        const auto samples = h5::read_number<std::uint64_t>(g, "samples");
        if (samples == 0 || test.outputs.size() % samples != 0)
            throw FileError(
                fmt::format("the data set '{}/prediction' does not fit its samples", path));
        test.output_size = test.outputs.size() / samples;
    } else {
        test.accuracy = h5::read_number<double>(g, "accuracy");
        test.labels = h5::read_vector<std::int32_t>(g, "label");
        test.predictions = h5::read_vector<std::int32_t>(g, "prediction");
    }
    if (test.labels.size() != test.predictions.size()) {
        throw FileError(
            fmt::format("the data sets '{0}/label' and '{0}/prediction' differ in length", path));
    }
}

void read_classes(hid_t root, const std::string& path, int& classes,
                  std::vector<std::string>& names) {
    const h5::Handle g = h5::open_group(root, path);
    if (h5::has_attribute(g, "classes")) classes = h5::read_number<std::int32_t>(g, "classes");
    if (h5::has_attribute(g, "class_names")) names = h5::read_texts(g, "class_names");
}

Evaluation read_test(hid_t root) {
    Evaluation test;
    const h5::Handle g = h5::open_group(root, "test");
    if (h5::has_attribute(g, "outputs")) {
        test.loss = h5::read_number<double>(g, "loss");
        if (h5::has_attribute(g, "error")) {
            test.error = h5::read_number<double>(g, "error");
        } else {
            test.accuracy = h5::read_number<double>(g, "accuracy");
        }
        for (const std::string& name : h5::read_texts(g, "outputs")) {
            NamedResult& one = test.by_name.emplace_back();
            one.name = name;
            read_output(root, "test/outputs/" + name, one);
            read_classes(root, "test/outputs/" + name, one.classes, one.class_names);
        }
    } else {
        read_output(root, "test", test);
    }
    if (h5::exists(root, "energy/operations")) {
        throw FileError("an older snnsim has written it, with other counts; run the model again");
    }
    if (h5::exists(root, "energy/test")) test.counts = read_counts(root, "energy/test");
    return test;
}

/// The projections and parameters of a state, in the order of `network`.
TrainerState read_state(hid_t root, const std::string& path, const Network& network) {
    TrainerState state;
    state.updates = h5::read_number<std::uint64_t>(h5::open_group(root, path), "updates");
    for (const Projection& p : network.projections) {
        const std::string at = path + "/" + p.name;
        state.weights.push_back(h5::read_vector<float>(root, at + "/weights"));
        state.bias.push_back(h5::read_vector<float>(root, at + "/bias"));
        if (h5::exists(root, at + "/moments"))
            state.moments.push_back(h5::read_vector<float>(root, at + "/moments"));
        state.delays.emplace_back();
        if (h5::exists(root, at + "/delays"))
            state.delays.back() = h5::read_vector<float>(root, at + "/delays");
        state.delay_moments.emplace_back();
        if (h5::exists(root, at + "/delay_moments"))
            state.delay_moments.back() = h5::read_vector<float>(root, at + "/delay_moments");
        state.masks.emplace_back();
        if (h5::exists(root, at + "/mask"))
            state.masks.back() = h5::read_vector<std::uint8_t>(root, at + "/mask");
    }
    for (const std::string& name : h5::children(root, path + "_norms")) {
        NormState& norm = state.norms.emplace_back();
        norm.population = name;
        for_each_part(norm, [&](const char* part, std::vector<float>& values) {
            values = h5::read_vector<float>(root, path + "_norms/" + name + "/" + part);
        });
    }
    for (const Population& p : network.populations) {
        std::vector<LearnedState>& all = state.learned.emplace_back();
        for (const TrainedParameter& t : p.trained) {
            const std::string at = fmt::format("{}_learned/{}/{}", path, p.name, t.name);
            all.push_back({h5::read_vector<float>(root, at + "/w"),
                           h5::read_vector<float>(root, at + "/moments")});
        }
    }
    return state;
}

Checkpoint read_checkpoint(hid_t root, const Network& network) {
    const h5::Handle g = h5::open_group(root, "checkpoints/last");
    Checkpoint c;
    c.epoch = h5::read_number<std::int64_t>(g, "epoch");
    c.batch_in_epoch = h5::read_number<std::int64_t>(g, "batch_in_epoch");
    c.epoch_loss_sum = h5::read_number<double>(g, "epoch_loss_sum");
    c.epoch_right_sum = h5::read_number<double>(g, "epoch_right_sum");
    c.epoch_samples = h5::read_number<double>(g, "epoch_samples");
    c.epoch_seconds = h5::read_number<double>(g, "epoch_seconds");
    c.best_accuracy = h5::read_number<double>(g, "best_accuracy");
    c.epochs_since_best = h5::read_number<std::int64_t>(g, "epochs_since_best");
    c.state = read_state(root, "checkpoints/last/state", network);
    c.state.counts = read_counts(root, "checkpoints/last/counts");
    if (h5::exists(root, "checkpoints/last/best"))
        c.best = read_state(root, "checkpoints/last/best", network);
    return c;
}

}  // namespace

RunRecord read_run(const std::string& path) {
    const h5::Handle root = h5::open_file(path);
    try {
        if (h5::read_text(root, "format") != "snnsim run") throw FileError("another format");
    } catch (const FileError&) {
        throw FileError(path + " is an HDF5 file, but not a run file of snnsim");
    }
    try {
        RunRecord r;
        r.provenance = read_provenance(root);
        r.status = read_status(root);
        r.network.dt = r.provenance.dt;
        r.network.steps = h5::read_number<std::int32_t>(root, "steps_per_sample");
        read_projections(root, r.network);
        read_learned(root, r.network);
        r.curves = read_curves(root);
        if (h5::exists(root, "test")) {
            r.test = read_test(root);
            read_classes(root, "test", r.classes, r.class_names);
        }
        if (h5::exists(root, "energy/train")) r.train_counts = read_counts(root, "energy/train");
        for (const std::string& phase : h5::children(root, "profile")) {
            const std::vector<double> seconds = h5::read_vector<double>(root, "profile/" + phase);
            if (seconds.size() != 1)
                throw FileError("the data set 'profile/" + phase + "' is not one number");
            r.seconds[phase] = seconds[0];
        }
        r.measured = read_measured(root);
        if (h5::exists(root, "checkpoints/last")) r.checkpoint = read_checkpoint(root, r.network);
        return r;
    } catch (const FileError& e) {
        throw FileError(fmt::format("{}: {}", path, e.what()));
    }
}

RunRecord read_tested_simulation(const std::string& path) {
    const h5::Handle root = h5::open_file(path);
    try {
        RunRecord r;
        r.provenance = read_provenance(root);
        r.status = read_status(root);
        Evaluation& test = r.test.emplace();
        if (h5::exists(root, "energy/simulate")) test.counts = read_counts(root, "energy/simulate");
        if (test.counts.samples == 0)
            throw UsageError(fmt::format(
                "{} is the run file of a simulation that did not only show a trained network "
                "samples: it has no cost of a sample; see it with `snnsim stats {}`",
                path, path));
        const std::vector<std::string> phases = h5::children(root, "phases");
        if (phases.size() != 1)
            throw UsageError(fmt::format(
                "{} has several phases ({}), and one accuracy is compared: simulate them apart, as "
                "with --set",
                path, fmt::join(phases, ", ")));
        test.accuracy =
            h5::read_number<double>(h5::open_group(root, "phases/" + phases[0]), "accuracy");
        test.labels = h5::read_vector<std::int32_t>(root, "trials/label");
        test.predictions = h5::read_vector<std::int32_t>(root, "trials/prediction");
        r.measured = read_measured(root);
        if (const auto at = r.measured.phases.find("simulate"); at != r.measured.phases.end())
            r.measured.phases["test"] = at->second;
        r.measured.phases.erase("simulate");
        return r;
    } catch (const FileError& e) {
        throw FileError(fmt::format("{}: {}", path, e.what()));
    }
}

}  // namespace snnsim
