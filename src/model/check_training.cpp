// Checks of training, testing and recording against the network.
#include <fmt/format.h>

#include <algorithm>

#include "snnsim/played_spikes.hpp"
#include "src/data/published.hpp"
#include "src/files/input_file.hpp"
#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/model/trained_network.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// Of an output, where losses that count spikes have some to count.
void check_loss_of(ModelView& model, const std::string& output, Loss loss, Places::Path path) {
    const bool latency = loss == Loss::cross_entropy_latency;
    const bool likely = loss == Loss::binary_cross_entropy_step;
    if (loss != Loss::cross_entropy_count && loss != Loss::mse_count && !latency && !likely) return;
    const bool event_prop =
        model.spec.train && std::holds_alternative<EventProp::Params>(model.spec.train->method);
    for (const PopulationSpec& p : model.spec.populations) {
        if (p.name != output || !model.model_known(p)) continue;
        if (likely && output_of(p) == Output::spikes)
            model.add(path, fmt::format("an event is as likely as 1 / (1 + e^-output), and the "
                                        "spikes of '{}' are never below 0; make it a "
                                        "leaky_readout",
                                        p.name));
        if (likely || output_of(p) != Output::trace) return;
        model.add(
            path,
            fmt::format("{} {} spikes, but the output '{}' is a {}, which sends none; use loss: "
                        "{}{}",
                        name_of(loss), latency ? "goes by" : "counts", p.name, model_of(p),
                        event_prop ? "cross_entropy_mean" : "cross_entropy_max",
                        event_prop && !latency ? ""
                                               : fmt::format(", or make '{}' a {}", p.name,
                                                             latency ? "cuba_lif" : "lif")));
    }
}

/// Losses by name are those of the outputs, one for each.
void check_losses(ModelView& model, const TrainSpec& train) {
    const std::vector<OutputSpec>& outputs = model.spec.data.outputs;
    std::vector<std::string> names;
    for (const OutputSpec& o : outputs) names.push_back(o.name);
    if (train.class_weights.given() && !outputs.empty())
        model.add({"train", "class_weights"},
                  "data.outputs names several targets; write class_weights beside the name of a "
                  "loss, as in loss: {" +
                      names[0] + ": {name: cross_entropy_max, class_weights: balanced}}");
    if (train.losses.empty()) return;
    if (outputs.empty()) {
        model.add({"train", "loss"},
                  "losses by name are for data.outputs, which names the targets of each output; "
                  "write one loss, as in loss: cross_entropy_max");
        return;
    }
    for (const OutputLossSpec& loss : train.losses) {
        if (model.spec.asked_of(loss.name)) continue;
        model.add({"train", "loss", loss.name},
                  fmt::format("data.outputs has no output '{}'{}", loss.name,
                              those_there_are(loss.name, names)));
    }
    for (const std::string& name : names) {
        const bool has = std::any_of(train.losses.begin(), train.losses.end(),
                                     [&](const OutputLossSpec& l) { return l.name == name; });
        if (!has)
            model.add({"train", "loss"},
                      fmt::format("loss has none for the output '{}'; weight: 0 leaves it out of "
                                  "what is learnt",
                                  name));
    }
    for (const OutputLossSpec& loss : train.losses) {
        if (model.sound({"train", "loss", loss.name}))
            check_loss_of(model, loss.name, loss.loss, {"train", "loss", loss.name});
    }
}

void check_loss(ModelView& model, const TrainSpec& train) {
    check_losses(model, train);
    if (!train.losses.empty()) return;
    // Of samples of the user's own the file says what the targets are.
    if (model.sound_or_absent({"train", "loss"}) && model.sound({"data", "set"}) &&
        is_real(train.loss) && !model.spec.own_data()) {
        model.add({"train", "loss"},
                  fmt::format("{} is for real targets (data.set: file); {} has classes, "
                              "so write loss: cross_entropy_mean or another",
                              name_of(train.loss), name_of(model.spec.data.set)));
        return;
    }
    const std::vector<std::string> outputs = model.outputs();
    if (outputs.size() != 1 && model.spec.data.outputs.empty()) return;
    for (const std::string& output : outputs)
        check_loss_of(model, output, train.loss, {"train", "loss"});
}

void check_rate_penalty(ModelView& model, const RateSpec& rate, const std::string& k) {
    const PopulationSpec* p =
        model.find(rate.population, {"train", "rate_penalty", k, "population"});
    if (p && model.model_known(*p) && !has_threshold_of(*p)) {
        model.add({"train", "rate_penalty", k, "population"},
                  fmt::format("'{}' is a {}; a rate penalty is for populations of spiking neurons",
                              p->name, model_of(*p)));
    }
    if (rate.lower > rate.upper) {
        model.add({"train", "rate_penalty", k, "lower"},
                  fmt::format("lower ({:g}) is greater than upper ({:g})", rate.lower, rate.upper));
    }
}

void check_prune(ModelView& model, const TrainSpec& train) {
    if (!train.prune || !model.sound({"train", "prune"})) return;
    const PruneSpec& prune = *train.prune;
    if (prune.from > prune.to) {
        model.add({"train", "prune"},
                  fmt::format("from ({}) is greater than to ({})", prune.from, prune.to));
    } else if (prune.to >= train.epochs && model.sound_or_absent({"train", "epochs"})) {
        model.add({"train", "prune"},
                  fmt::format("the last pruning, after epoch {}, leaves none of {} epochs to "
                              "fine-tune what is left",
                              prune.to, train.epochs));
    }
    if (train.early_stopping || train.best_weights) {
        model.add({"train", "prune"},
                  "early_stopping and best_weights could end with weights from before the "
                  "pruning; leave them out");
    }
}

void check_real_targets(ModelView& model, const TrainSpec& train) {
    if (!model.spec.real_targets()) return;
    for (const auto& [key, asked] : {std::pair{"early_stopping", train.early_stopping.has_value()},
                                     std::pair{"best_weights", train.best_weights}}) {
        if (asked)
            model.add({"train", key},
                      fmt::format("{} goes by accuracy, and the targets of this loss are real "
                                  "numbers; leave it out",
                                  key));
    }
}

/// What a population can be recorded for; the reason why not otherwise.
std::string why_not_recorded(const PopulationSpec& p, RecordWhat what) {
    if (what == RecordWhat::v && is_source(p)) {
        return fmt::format("'{}' is a spike_source, which has no v; write what: spikes", p.name);
    }
    if (what == RecordWhat::spikes && !is_source(p) && output_of(p) == Output::trace) {
        return fmt::format("'{}' is a {}, which never spikes; write what: v", p.name, model_of(p));
    }
    return "";
}

/// Names of arrays; several populations may have the same one, each in its own way.
void check_arrays(ModelView& model) {
    for (const char* key : {"inputs", "outputs"}) {
        const Value& given = model.place({"data", key});
        if (model.given({"data", key}) && given.kind == Value::Kind::map && given.map.empty())
            model.add({"data", key}, fmt::format("{} names nothing; leave it out", key));
    }
    const auto check = [&](const char* key, const char* field, const std::string& name,
                           const std::string& array) {
        if (model.sound({"data", key, name}) && array.empty())
            model.add({"data", key, name}, fmt::format("{} is empty: the name of an array", field));
    };
    for (const InputSpec& in : model.spec.data.inputs) check("inputs", "x", in.name, in.x);
    for (const OutputSpec& out : model.spec.data.outputs) check("outputs", "y", out.name, out.y);
}

void check_augment(ModelView& model) {
    const DataSpec& data = model.spec.data;
    if (!data.augment || !model.sound({"data", "augment"})) return;
    if (!model.spec.train)
        model.add({"data", "augment"},
                  "augment changes training samples, but nothing is trained; add the section "
                  "train, or leave augment out");
    if (!model.spec.own_data() && data.augment->drop > 0.0)
        model.add({"data", "augment", "drop"},
                  fmt::format("drop leaves events out, but the images of {} have none; leave drop "
                              "out",
                              name_of(data.set)));
}

}  // namespace

void check_data(ModelView& model) {
    const DataSpec& data = model.spec.data;
    if (!model.sound({"data", "set"})) return;
    check_augment(model);
    if (!model.spec.own_data()) {
        for (const char* key :
             {"file", "valid_file", "test_file", "test_share", "groups", "class_names", "events",
              "time_unit", "height", "width", "stream", "inputs", "outputs"}) {
            if (model.given({"data", key}))
                model.add({"data", key}, fmt::format("{} is for set: file; here set is {}", key,
                                                     name_of(data.set)));
        }
        const auto warn = [&](const char* key, std::int64_t asked, std::int64_t most,
                              const char* what) {
            if (asked > most)
                model.warn({"data", key},
                           fmt::format("{} is {}, but {} has {} {} samples: all of them are used",
                                       key, asked, name_of(data.set), most, what));
        };
        warn("train_samples", data.train_samples, published_training, "training");
        warn("test_samples", data.test_samples, published_test, "test");
        return;
    }
    if (!model.given({"data", "file"})) {
        model.add({"data"},
                  "data is missing the key 'file': an .h5 file with train/x, train/y, test/x and "
                  "test/y, or .npz with x_train, y_train, x_test and y_test");
    }
    if (!data.outputs.empty() && model.given({"data", "class_names"}))
        model.add({"data", "class_names"},
                  "data.outputs names several targets; write class_names beside an array, as in "
                  "outputs: {digit: {y: digit, class_names: [zero, one]}}");
    check_arrays(model);
    for (const auto& [key, file] :
         {std::pair{"file", data.file}, std::pair{"valid_file", data.valid_file},
          std::pair{"test_file", data.test_file}}) {
        if (model.given({"data", key}) && model.sound({"data", key}) && !is_hdf5(file) &&
            !file.ends_with(".npz") && !is_array_folder(file))
            model.add({"data", key},
                      fmt::format("{} must end in .h5, .hdf5 or .npz, or in / where it is a folder "
                                  "of .npy files; found '{}'",
                                  key, file));
    }
    if (model.given({"data", "test_file"}) && model.given({"data", "test_share"}))
        model.add({"data", "test_share"},
                  "the test samples are those of test_file; leave test_share out");
}

void check_train(ModelView& model) {
    if (!model.spec.train) return;
    const TrainSpec& train = *model.spec.train;
    check_loss(model, train);
    check_real_targets(model, train);
    for (std::size_t k = 0; k < train.rate_penalty.size(); ++k) {
        check_rate_penalty(model, train.rate_penalty[k], std::to_string(k));
    }
    check_prune(model, train);
    // Samples of the user's own may have some for that.
    if (train.validation > 0.0 || !model.sound_or_absent({"train", "validation"}) ||
        model.spec.own_data())
        return;
    constexpr const char* remedy = "needs validation samples; add validation: 0.1";
    if (train.early_stopping) {
        model.add({"train", "early_stopping"}, fmt::format("early_stopping {}", remedy));
    }
    if (train.best_weights)
        model.add({"train", "best_weights"}, fmt::format("best_weights {}", remedy));
}

void check_record(ModelView& model) {
    const std::vector<RecordSpec>& record = model.spec.record;
    for (std::size_t n = 0; n < record.size(); ++n) {
        const std::string k = std::to_string(n);
        const PopulationSpec* p = model.find(record[n].population, {"record", k, "population"});
        if (!model.sound({"record", k, "what"})) continue;
        if (p && model.model_known(*p)) {
            const std::string reason = why_not_recorded(*p, record[n].what);
            if (!reason.empty()) model.add({"record", k, "what"}, reason);
        }
        const bool twice =
            std::any_of(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(n),
                        [&](const RecordSpec& r) {
                            return r.population == record[n].population && r.what == record[n].what;
                        });
        const DataSpec& data = model.spec.data;
        const bool fewer = data.test_samples > 0 && data.test_samples < published_test;
        const std::int64_t tested = fewer ? data.test_samples : published_test;
        if (!model.spec.own_data() && record[n].samples > tested)
            model.warn({"record", k, "samples"},
                       fmt::format("samples is {}, but {} {} test samples: all of them are "
                                   "recorded",
                                   record[n].samples,
                                   fewer ? "data.test_samples leaves"
                                         : std::string(name_of(data.set)) + " has",
                                   tested));
        if (p && twice) {
            model.add({"record", k}, fmt::format("{} of '{}' is recorded already",
                                                 name_of(record[n].what), p->name));
        }
    }
    if (!record.empty() && !model.spec.test) {
        model.add({"record"}, "recording is done while testing; add the section 'test: {}'");
    }
}

void check_prediction(ModelView& model) {
    const std::optional<TestSpec>& test = model.spec.test;
    if (!test || test->prediction == Prediction::automatic) return;
    const ModelView::Path path{"test", "prediction"};
    if (!model.sound_or_absent(path)) return;
    if (model.spec.train)
        model.add(path, "a class is told as train.loss reads the output; leave prediction out");
    if (test->prediction != Prediction::count) return;
    for (const PopulationSpec& p : model.spec.populations) {
        if (!model.model_known(p) || sends_on(model.spec.projections, p.name)) continue;
        if (!has_threshold_of(p))
            model.add(path, fmt::format("the output '{}' is a {}, which sends no spikes to count; "
                                        "write max, mean or last",
                                        p.name, model_of(p)));
    }
}

void check_arithmetic(ModelView& model) {
    const std::optional<TestSpec>& test = model.spec.test;
    if (!test || test->arithmetic == Arithmetic::floating) return;
    std::string wrong = why_not_simulated(model.spec);
    const std::vector<std::size_t> loops = loops_of(model.spec);
    for (const ProjectionSpec& p : model.spec.projections) {
        const std::size_t from = number_of(model.spec, p.from), to = number_of(model.spec, p.to);
        if (loops[from] == loops[to] && output_of(model.spec.populations[from]) == Output::values)
            wrong = fmt::format("'{}' sends values on a cycle", p.from);
    }
    if (!wrong.empty())
        model.add({"test", "arithmetic"},
                  fmt::format("fixed is the arithmetic of a simulation, which cannot have this "
                              "network: {}; write float",
                              wrong));
}

}  // namespace snnsim
