#include "src/inputs/load_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/data/idx.hpp"
#include "src/data/published.hpp"
#include "src/data/sequence.hpp"
#include "src/data/split.hpp"
#include "src/files/input_file.hpp"
#include "src/inputs/load_initial_weights.hpp"
#include "src/io/digest.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::string at(const ModelSpec& spec, const Location& place) {
    return fmt::format("{}:{}:{}", spec.path, place.line, place.column);
}

/// The inputs, in the order of the network.
std::vector<const PopulationSpec*> inputs_of(const ModelSpec& spec) {
    std::vector<const PopulationSpec*> out;
    for (const PopulationSpec& p : spec.populations) {
        if (std::holds_alternative<SpikeSource::Params>(p.neuron)) out.push_back(&p);
    }
    SNN_EXPECT(!out.empty());
    return out;
}
/// The outputs, as `data.outputs` names them, or the only one.
std::vector<const PopulationSpec*> outputs_of(const ModelSpec& spec) {
    std::vector<const PopulationSpec*> out;
    const auto add = [&](const auto& wanted) {
        const auto found = std::find_if(spec.populations.begin(), spec.populations.end(), wanted);
        SNN_EXPECT(found != spec.populations.end());
        out.push_back(&*found);
    };
    for (const OutputSpec& o : spec.data.outputs)
        add([&](const PopulationSpec& p) { return p.name == o.name; });
    if (out.empty())
        add([&](const PopulationSpec& p) { return !sends_on(spec.projections, p.name); });
    return out;
}

InputRequest request_of(const ModelSpec& spec, const PopulationSpec& input) {
    InputRequest out;
    if (const InputSpec* const named = spec.shown_to(input.name)) out.array = named->x;
    out.where = at(spec, input.at);
    out.input = input.name;
    out.inputs = input.size;
    Encoders::visit(spec.encode_of(input.name).scheme, [&]<class E>(const typename E::Params&) {
        out.encoder = E::name;
        out.over_steps = shows_over_steps<E>;
        out.any_value = takes_any_value<E>;
        out.instead = ", or write scheme: direct";
    });
    return out;
}

TargetRequest request_of_targets(const ModelSpec& spec, const PopulationSpec& output) {
    TargetRequest out;
    out.class_names = spec.data.class_names;
    if (const OutputSpec* const named = spec.asked_of(output.name)) {
        out.array = named->y;
        out.class_names = named->class_names;
    }
    if (!spec.train) {
        out.classes = output.size;  // what was trained elsewhere has all of them
        return out;
    }
    const OutputLossSpec loss = spec.loss_of(output.name);
    out.loss = name_of(loss.loss);
    out.targets = is_real(loss.loss) ? Targets::real : Targets::classes;
    if (has_targets_by_step(loss.loss)) out.outputs = output.size;
    out.shares = loss.loss == Loss::binary_cross_entropy_step;
    out.class_weights = loss.class_weights;
    return out;
}

SampleRequest request_of(const ModelSpec& spec) {
    SampleRequest out{spec.data, beside_model(spec.path, "x").parent_path()};
    out.seed = spec.seed;
    out.dt = spec.dt;
    out.steps = spec.steps();
    for (const PopulationSpec* input : inputs_of(spec))
        out.inputs.push_back(request_of(spec, *input));
    for (const PopulationSpec* output : outputs_of(spec))
        out.targets.push_back(request_of_targets(spec, *output));
    out.needs_test = spec.test.has_value();
    out.needs_train = spec.train.has_value();
    return out;
}

/// The command that makes the data of a shipped model; empty: none.
std::string maker_of(const std::string& file, const std::string& folder) {
    if (file == "sine.h5" || file == "burgers.h5") return "tools/make_regression " + folder;
    if (file == "question.h5" || file == "routing.h5" || file == "occluded.h5")
        return "tools/make_questions ~/.cache/snnsim/mnist -o " + folder;
    return "";
}

/// A file of the user can be opened; `where` names it in the model.
void require_file(const std::string& where, const std::string& path) {
    std::error_code ignored;
    const bool folder_there = is_array_folder(path) && fs::is_directory(path, ignored);
    const std::string wrong = folder_there ? "" : why_unreadable(path);
    if (wrong.empty()) return;
    const fs::path file = path;
    const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
    const std::string maker = maker_of(file.filename().string(), folder.string());
    throw DataError(fmt::format("{}: cannot open {}: {}{}", where, path, wrong,
                                maker.empty() ? "" : fmt::format("; `{}` makes it", maker)));
}
void require_files(const ModelSpec& spec) {
    if (spec.data.arrays) return;
    for (const std::string& file : {spec.data.file, spec.data.valid_file, spec.data.test_file}) {
        if (!file.empty())
            require_file(at(spec, spec.data.at), beside_model(spec.path, file).string());
    }
}

/// Output k can say what the samples ask for.
void check_output(const ModelSpec& spec, std::size_t k, Dataset& data) {
    const PopulationSpec& p = *outputs_of(spec)[k];
    const OutputSpec* const named = spec.asked_of(p.name);
    const std::string of =
        named ? fmt::format("{} of {}", named->y, spec.data.file) : spec.data.file;
    const int classes = data.target(k).classes;
    const std::int64_t values = data.train.target(k).outputs;
    const auto write = [&](const std::string& what, std::int64_t size) {
        return fmt::format("{}: the output '{}' has {} neurons, but {}; write size: {}",
                           at(spec, p.at), p.name, p.size, what, size);
    };
    if (values > 0) {
        const bool by_step = spec.train && has_targets_by_step(spec.loss_of(p.name).loss);
        if (!by_step && p.size != values)
            throw DataError(write(fmt::format("a sample of {} has {}", of, values), values));
    } else if (p.size < classes) {
        throw DataError(
            write(fmt::format("{} has {} classes, 0 to {}: one neuron for each is needed", of,
                              classes, classes - 1),
                  classes));
    } else if (p.size > classes) {
        data.warnings.push_back(write(
            fmt::format("{} has {} classes: only the first so many neurons are read", of, classes),
            classes));
    }
}

/// What needs validation samples.
void check_validation(const ModelSpec& spec, const Dataset& data) {
    if (!spec.train) return;
    if (data.own_validation > 0 && spec.train->validation > 0.0)
        throw DataError(
            fmt::format("{}: {} has validation samples of its own; leave "
                        "train.validation out",
                        at(spec, spec.data.at), spec.data.file));
    const bool asked = spec.train->early_stopping || spec.train->best_weights;
    if (asked && data.own_validation == 0 && spec.train->validation == 0.0)
        throw DataError(
            fmt::format("{}: train.{} needs validation samples; add validation: 0.1 to "
                        "train, or samples of their own to the data",
                        at(spec, spec.data.at),
                        spec.train->early_stopping ? "early_stopping" : "best_weights"));
    if (!data.train.groups.empty() && spec.train->validation > 0.0 &&
        split_training(spec, data).validation.empty())
        throw DataError(
            fmt::format("{}: all training samples are of one group of {}, so that none "
                        "can be held out",
                        at(spec, spec.data.at), spec.data.groups));
}

Dataset load_file(const ModelSpec& spec) {
    require_files(spec);
    Dataset data = load_own_samples(request_of(spec));
    const std::vector<const PopulationSpec*> inputs = inputs_of(spec);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        const EncodeSpec& encode = spec.encode_of(inputs[k]->name);
        const auto* direct = std::get_if<Direct::Params>(&encode.scheme);
        if (!direct || direct->gain == 1.0 || !in_steps(data.train.input(k).form)) continue;
        throw DataError(
            fmt::format("{}: gain is for values that are the same at every step; the "
                        "samples of {} have values for each: leave gain out",
                        at(spec, spec.data.at), spec.data.file));
    }
    for (std::size_t k = 0; k < outputs_of(spec).size(); ++k) check_output(spec, k, data);
    for (const OutputSpec& o : spec.data.outputs) data.output_names.push_back(o.name);
    check_validation(spec, data);
    return data;
}

void limit(SampleSet& images, std::int64_t count) {
    if (count == 0 || count >= images.count) return;
    images.count = count;
    images.in.pixels.resize(static_cast<std::size_t>(count * images.inputs));
    images.labels.resize(static_cast<std::size_t>(count));
}

/// Tells of more samples than there are, where the model's own warnings, which know the published
/// sets, have not.
void warn_of_fewer(const ModelSpec& spec, Dataset& data) {
    const std::string name = spec.own_data() ? spec.data.file : "the data folder";
    const auto warn = [&](const std::string& key, std::int64_t asked, std::int64_t known,
                          std::int64_t found, const std::string& what, const char* done) {
        if (asked <= found || (!spec.own_data() && known == found)) return;
        data.warnings.push_back(
            fmt::format("{}: {} are asked for, but {} has {} {} samples: all of them are {}", key,
                        asked, name, found, what, done));
    };
    const DataSpec& d = spec.data;
    warn("data.train_samples", d.train_samples, published_training,
         data.train.count - data.own_validation, "training", "used");
    warn("data.test_samples", d.test_samples, published_test, data.test.count, "test", "used");
    const auto limited = [&](std::int64_t count) {
        return d.test_samples > 0 ? std::min(count, d.test_samples) : count;
    };
    for (std::size_t k = 0; k < spec.record.size(); ++k) {
        if (spec.record[k].samples == RecordSpec{}.samples) continue;  // nobody asked for them
        warn(fmt::format("record.{}.samples", k), spec.record[k].samples, limited(published_test),
             limited(data.test.count), "test", "recorded");
    }
}

}  // namespace

Dataset load_data(const ModelSpec& spec, const std::string& data_dir) {
    Dataset data = spec.own_data() ? load_file(spec) : load_dataset(spec.data.set, data_dir);
    warn_of_fewer(spec, data);
    if (spec.own_data()) return data;
    limit(data.train, spec.data.train_samples);
    limit(data.test, spec.data.test_samples);
    show_in_steps(spec, data);
    return data;
}

void show_arrays(std::shared_ptr<const SampleArrays> arrays, ModelSpec& spec) {
    DataSpec& data = spec.data;
    SNN_EXPECT(data.set == DataSet::file);
    data.arrays = std::move(arrays);
    data.file = "the arguments";
    data.valid_file.clear();
    data.test_file.clear();
    const auto& rows = data.arrays->rows;
    const bool tests = std::any_of(rows.begin(), rows.end(),
                                   [](const auto& r) { return r.first.ends_with("_test"); });
    if (tests || data.test_share > 0.0) return;
    spec.test.reset();
    spec.record.clear();
}

void hold_nothing_out(ModelSpec& spec) {
    if (!spec.train) return;
    spec.train->validation = 0.0;
    spec.train->early_stopping.reset();
    spec.train->best_weights = false;
    spec.train->class_weights = {};
    for (OutputLossSpec& l : spec.train->losses) l.class_weights = {};
}

SampleCounts expected_samples(const ModelSpec& spec) {
    if (spec.own_data()) {
        try {
            require_files(spec);
            return count_own_samples(request_of(spec));
        } catch (const Error&) {
            return {};
        }
    }
    const auto limited = [](std::int64_t count, std::int64_t most) {
        return most > 0 ? std::min(count, most) : count;
    };
    return {limited(published_training, spec.data.train_samples),
            limited(published_test, spec.data.test_samples)};
}

namespace {

/// "SHA-256  name"
std::string name_in(const std::string& line) {
    return line.substr(66);
}
constexpr std::string_view of_set = "set: ";
bool is_of_set(const std::string& line) {
    return name_in(line).starts_with(of_set);
}

/// The file, or the arrays of a folder, as the model names them.
std::vector<std::string> parts_of(const std::string& model, const std::string& file) {
    if (file.empty()) return {};
    if (!is_array_folder(file)) return {file};
    std::vector<std::string> out;
    std::error_code error;
    for (fs::directory_iterator at(beside_model(model, file), error), end; !error && at != end;
         at.increment(error)) {
        if (at->path().extension() == ".npy") out.push_back(file + at->path().filename().string());
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::string> lines_of(const std::string& model,
                                  std::initializer_list<std::string> files) {
    std::vector<std::string> out;
    for (const std::string& file : files) {
        for (const std::string& one : parts_of(model, file))
            out.push_back(large_file_sha256(beside_model(model, one).string()) + "  " + one);
    }
    return out;
}

}  // namespace

std::vector<std::string> input_files(const ModelSpec& spec) {
    std::vector<std::string> out;
    if (spec.data.arrays) {
        for (const auto& [name, rows] : spec.data.arrays->rows)
            out.push_back(rows_sha256(*rows) + "  " + name);
    } else if (spec.own_data()) {
        require_files(spec);
        out = lines_of(spec.path, {spec.data.file, spec.data.valid_file, spec.data.test_file});
    }
    for (std::string& line : weight_files(spec)) out.push_back(std::move(line));
    return out;
}

std::vector<std::string> shown_files(const SimulationSpec& spec) {
    if (!spec.data || spec.data->set != DataSet::file) return {};
    if (spec.trained && !spec.trained->own_samples) {
        const DataSpec& d = spec.trained->model->data;
        require_files(*spec.trained->model);
        return lines_of(spec.trained->model->path, {d.file, d.valid_file, d.test_file});
    }
    return lines_of(spec.path, {spec.data->file, spec.data->test_file});
}

namespace {

bool shows_test_samples(const SimulationSpec& spec) {
    const auto& phases = spec.simulate.phases;
    return std::any_of(phases.begin(), phases.end(), [](const PhaseSpec& p) {
        return p.present && p.present->samples == Samples::test;
    });
}

/// What a simulation says of its samples, which share out as those of a training do.
void take_samples_of(const SimulationDataSpec& shown, DataSpec& data) {
    data.set = DataSet::file;
    data.file = shown.file;
    data.test_file = shown.test_file;
    data.test_share = shown.test_share;
    data.groups = shown.groups;
}

/// The training of a network as it would be on the samples that a simulation shows.
ModelSpec shown_to_trained(const SimulationSpec& spec) {
    ModelSpec out = *spec.trained->model;
    const bool tests = shows_test_samples(spec);
    if (!tests) out.test.reset();
    if (tests && !out.test) out.test.emplace();
    if (!spec.trained->own_samples) return out;
    // Named relative to the model of the training.
    const auto moved = [&](const std::string& file) {
        if (file.empty() || fs::path(file).is_absolute()) return file;
        const fs::path there = fs::absolute(beside_model(spec.path, file));
        return fs::proximate(there, fs::absolute(out.path).parent_path()).string();
    };
    DataSpec& data = out.data;
    take_samples_of(*spec.data, data);
    for (std::string* file : {&data.file, &data.test_file}) *file = moved(*file);
    data.valid_file.clear();
    data.train_samples = data.test_samples = 0;
    hold_nothing_out(out);
    return out;
}

}  // namespace

std::shared_ptr<const Dataset> load_shown(const SimulationSpec& spec) {
    const auto shows = [](const PhaseSpec& p) {
        return p.present && p.present->samples != Samples::patterns;
    };
    const auto& phases = spec.simulate.phases;
    const auto first = std::find_if(phases.begin(), phases.end(), shows);
    if (!spec.data || spec.data->set != DataSet::file || first == phases.end()) return nullptr;
    for (const auto& [key, file] : {std::pair{"data.file", spec.data->file},
                                    std::pair{"data.test_file", spec.data->test_file}}) {
        if (file.empty()) continue;  // of a trained network: as it was trained
        require_file(fmt::format("{}: {}", spec.path, key), beside_model(spec.path, file).string());
    }
    if (spec.trained) return std::make_shared<const Dataset>(load_data(shown_to_trained(spec)));
    DataSpec data;
    take_samples_of(*spec.data, data);
    const CellPopulationSpec& input = spec.population(first->present->population);
    SampleRequest request{data, beside_model(spec.path, "x").parent_path()};
    request.seed = spec.seed;
    request.dt = spec.dt;
    InputRequest& shown = request.inputs.emplace_back();
    shown.where = fmt::format("{}:{}:{}", spec.path, input.at.line, input.at.column);
    shown.input = input.name;
    shown.inputs = input.size;
    shown.encoder = "a phase, which shows them as rates,";
    shown.any_value = false;
    TargetRequest& asked = request.targets.emplace_back();
    asked.targets = Targets::classes;
    asked.loss = "a phase";
    request.needs_test = shows_test_samples(spec);
    return std::make_shared<const Dataset>(load_own_samples(request));
}

std::string set_line(const Dataset& data) {
    std::string digests;
    for (const SampleSet* samples : {&data.train, &data.test}) {
        digests += sha256(samples->in.pixels.data(), samples->in.pixels.size());
        digests += sha256(samples->labels.data(), samples->labels.size() * sizeof(std::int32_t));
    }
    return fmt::format("{}  {}{}", sha256(digests.data(), digests.size()), of_set, data.name);
}

namespace {

std::string line_of_set(const std::vector<std::string>& lines) {
    const auto found = std::find_if(lines.begin(), lines.end(), is_of_set);
    return found == lines.end() ? std::string() : *found;
}

}  // namespace

bool of_other_samples(const std::vector<std::string>& now, const std::vector<std::string>& then) {
    const std::string set_now = line_of_set(now), set_then = line_of_set(then);
    return !set_now.empty() && !set_then.empty() && set_now != set_then;
}

bool SampleCheck::differ(const ModelSpec& spec, const std::vector<std::string>& inputs_of_run) {
    if (line_of_set(inputs_of_run).empty()) return false;
    const auto [now, unknown] = now_.try_emplace(fmt::format(
        "{} {} {}", name_of(spec.data.set), spec.data.train_samples, spec.data.test_samples));
    if (unknown) {
        try {
            now->second = {set_line(load_data(spec, data_dir_))};
        } catch (const DataError&) {
        }
    }
    return of_other_samples(now->second, inputs_of_run);
}

std::vector<std::string> without_sets(std::vector<std::string> lines) {
    std::erase_if(lines, is_of_set);
    return lines;
}

void require_same_inputs(const std::vector<std::string>& now, const std::vector<std::string>& then,
                         const std::string& run) {
    if (of_other_samples(now, then)) {
        throw FileError(
            fmt::format("{} was begun with other samples of {}; name their folder with --data-dir, "
                        "or start anew with --force",
                        run, name_in(line_of_set(then)).substr(of_set.size())));
    }
    const std::vector<std::string> files_now = without_sets(now), files_then = without_sets(then);
    for (std::size_t k = 0; k < std::max(files_now.size(), files_then.size()); ++k) {
        if (k < files_now.size() && k < files_then.size() && files_now[k] == files_then[k])
            continue;
        throw FileError(fmt::format(
            "{} was begun with another content of '{}'; put that back, or start anew with --force",
            run, name_in((k < files_now.size() ? files_now : files_then)[k])));
    }
}

}  // namespace snnsim
