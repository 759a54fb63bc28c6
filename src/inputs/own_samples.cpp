#include "src/inputs/own_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "snnsim/error.hpp"
#include "src/data/sample_stream.hpp"
#include "src/data/sequence.hpp"
#include "src/data/split.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/inputs/sample_warnings.hpp"
#include "src/io/stored_samples.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// What is read ahead of a batch, in bytes.
constexpr std::size_t read_ahead = 64 << 20;
/// Samples read at a time where all are.
constexpr std::uint32_t at_once = 1024;

bool is_whole(const Rows& rows) {
    return rows.type.kind != NumberKind::real;
}

/// Which samples of a stored set a set is made of.
struct Part {
    const StoredSet* from = nullptr;
    std::vector<std::uint32_t> rows;  // ascending; empty: the first `count`
    std::uint64_t count = 0;
};

ArrayNames names_of(const SampleRequest& request) {
    ArrayNames out;
    for (const InputRequest& r : request.inputs) {
        if (!r.array.empty()) out.inputs.push_back(r.array);
    }
    for (const TargetRequest& r : request.targets) {
        if (!r.array.empty()) out.targets.push_back(r.array);
    }
    return out;
}

class Loader {
  public:
    explicit Loader(const SampleRequest& request)
        : r_(request),
          stored_(
              open_samples(request.data, request.folder, names_of(request), request.needs_train)),
          sources_(request.inputs.size()) {
        share_out();
    }

    SampleCounts counts() const {
        SampleCounts out;
        for (const Part& p : train_) out.training += static_cast<std::int64_t>(p.count);
        for (const Part& p : test_) out.test += static_cast<std::int64_t>(p.count);
        return out;
    }

    Dataset load() {
        Dataset out;
        out.name = std::filesystem::path(r_.data.file).filename().string();
        for (std::size_t k = 0; k < r_.inputs.size(); ++k) {
            forms_.push_back(find_form(k));
            check_augment(k);
        }
        out.train = begin_set(train_);
        out.test = begin_set(test_);
        out.own_validation = stored_.valid ? static_cast<std::int64_t>(train_.back().count) : 0;
        out.more_classes.resize(r_.targets.size() - 1);
        for (std::size_t k = 0; k < r_.targets.size(); ++k) {
            out.target(k).classes = 0;
            if (find_targets(k)) {
                read_labels(k, out);
            } else {
                read_reals(k, out.train.target(k), train_);
                read_reals(k, out.test.target(k), test_);
                check_reals(k, out.test.target(k));
            }
        }
        out.train.groups = read_groups();
        const std::vector<float> weights = read_weights();
        for (std::size_t k = 0; k < r_.targets.size(); ++k)
            out.train.target(k).weights = with_class_weights(k, weights, out);
        read_inputs(out);
        const std::vector<std::string> more = sample_warnings(r_, stored_, out);
        warnings_.insert(warnings_.end(), more.begin(), more.end());
        out.warnings = warnings_;
        return out;
    }

  private:
    // ---- which samples ----

    void share_out() {
        train_.push_back({&stored_.train, {}, stored_.train.count()});
        const double share = r_.data.test_share;
        if (share > 0.0) {
            if (stored_.test)
                throw DataError(fmt::format("{}: {} is there: leave data.test_share out",
                                            r_.inputs[0].where, stored_.test->place()));
            const auto count = static_cast<std::uint32_t>(stored_.train.count());
            Split split = stored_.train.groups
                              ? split_groups(r_.seed, groups_of(*stored_.train.groups), share,
                                             HeldOutFor::test)
                              : split_samples(r_.seed, count, share, HeldOutFor::test);
            if (split.validation.empty() || split.train.empty())
                throw DataError(fmt::format("{}: data.test_share ({:g}) of {} leaves no {} samples",
                                            stored_.train.place(), share, counted(count, "sample"),
                                            split.train.empty() ? "training" : "test"));
            test_.push_back({&stored_.train, split.validation, split.validation.size()});
            train_[0] = {&stored_.train, split.train, split.train.size()};
        } else if (stored_.test) {
            test_.push_back({&*stored_.test, {}, stored_.test->count()});
        } else if (r_.needs_test) {
            throw DataError(
                fmt::format("{}: there are no test samples; add {}, or write data.test_file, or "
                            "data.test_share: 0.2",
                            r_.data.file, names_of_test()));
        }
        limit(train_[0], r_.data.train_samples);
        if (!test_.empty()) limit(test_[0], r_.data.test_samples);
        if (stored_.valid) train_.push_back({&*stored_.valid, {}, stored_.valid->count()});
    }
    /// "test/x and test/y"
    std::string names_of_test() const {
        const auto name = [&](const std::string& key) {
            const std::string& file = r_.data.file;
            return file.ends_with(".npz") || is_array_folder(file) ? key + "_test" : "test/" + key;
        };
        const std::string &x = r_.inputs[0].array, &y = r_.targets[0].array;
        return name(x.empty() ? "x" : x) + " and " + name(y.empty() ? "y" : y);
    }
    static void limit(Part& part, std::int64_t most) {
        if (most == 0) return;
        part.count = std::min(part.count, static_cast<std::uint64_t>(most));
        if (!part.rows.empty()) part.rows.resize(part.count);
    }
    static std::vector<std::int32_t> groups_of(const Rows& rows) {
        std::vector<std::int32_t> out;
        const std::vector<double> values = rows.all_as<double>();
        for (std::size_t k = 0; k < values.size(); ++k) {
            if (!(std::abs(values[k]) < 2147483648.0) || values[k] != std::floor(values[k]))
                throw DataError(
                    fmt::format("{}: {} is {:g} for sample {} (from 0); groups are "
                                "whole numbers",
                                rows.file, rows.name, values[k], k));
            out.push_back(static_cast<std::int32_t>(values[k]));
        }
        return out;
    }

    /// Numbers of the samples of a set, each with a value or more.
    template <class T, class Which>
    static std::vector<T> take(const std::vector<Part>& parts, Which&& which) {
        std::vector<T> out;
        for (const Part& p : parts) {
            const Rows& rows = which(*p.from);
            if (p.rows.empty()) {
                const std::vector<T> all = rows.read_as<T>(0, p.count);
                out.insert(out.end(), all.begin(), all.end());
                continue;
            }
            const std::vector<T> all = rows.all_as<T>();
            for (const std::uint32_t row : p.rows) {
                const auto from = all.begin() + static_cast<std::ptrdiff_t>(row * rows.row_size());
                out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(rows.row_size()));
            }
        }
        return out;
    }
    /// The place of sample k of a set: its stored set and its number there.
    static std::pair<const StoredSet*, std::uint64_t> place(const std::vector<Part>& parts,
                                                            std::uint64_t k) {
        std::size_t part = 0;
        while (k >= parts[part].count) k -= parts[part++].count;
        const Part& p = parts[part];
        return {p.from, p.rows.empty() ? k : p.rows[k]};
    }

    std::vector<const StoredSet*> all_stored() const {
        std::vector<const StoredSet*> out{&stored_.train};
        if (stored_.valid) out.push_back(&*stored_.valid);
        if (stored_.test) out.push_back(&*stored_.test);
        return out;
    }

    // ---- what a sample is ----

    /// What each set has for input k, that of the training first.
    std::vector<const StoredInput*> all_inputs(std::size_t k) const {
        std::vector<const StoredInput*> out;
        for (const StoredSet* set : all_stored()) out.push_back(&set->inputs[k]);
        return out;
    }

    SampleForm find_form(std::size_t k) const {
        const StoredInput& first = stored_.train.inputs[k];
        for (const StoredInput* set : all_inputs(k)) {
            if ((set->x == nullptr) != (first.x == nullptr))
                throw DataError(fmt::format("{} are {}, but {} are {}", first.place(),
                                            first.x ? "numbers" : "events", set->place(),
                                            set->x ? "numbers" : "events"));
            const bool fits = set->x ? std::equal(set->x->shape.begin() + 1, set->x->shape.end(),
                                                  first.x->shape.begin() + 1, first.x->shape.end())
                                     : set->sensor.inputs() == first.sensor.inputs();
            if (!fits && set->x && set->x->shape.size() == 2 && first.x->shape.size() == 2)
                throw DataError(fmt::format(
                    "{}: a sample of {} has {}, but one of {} has {}", first.x->file, first.x->name,
                    counted(static_cast<std::int64_t>(first.x->row_size()), "value"), set->x->name,
                    set->x->row_size()));
            if (!fits && set->x)
                throw DataError(fmt::format("{} is {}, but {} is {}: samples must have one shape",
                                            first.place(), first.x->shape_text(), set->place(),
                                            set->x->shape_text()));
            if (!fits)
                throw DataError(fmt::format("{} has a sensor of {} x {}, but {} one of {} x {}",
                                            first.place(), first.sensor.height, first.sensor.width,
                                            set->place(), set->sensor.height, set->sensor.width));
        }
        return first.x ? find_dense_form(k) : find_event_form(k);
    }

    [[noreturn]] static void wrong_size(const InputRequest& r, const std::string& sample,
                                        std::int64_t size) {
        throw DataError(
            fmt::format("{}: the input '{}' has {} neurons, but {} has {}; write "
                        "size: {}",
                        r.where, r.input, r.inputs, sample, size, size));
    }
    static void expect_direct(const InputRequest& r, const std::string& what) {
        if (r.encoder != "direct")
            throw DataError(
                fmt::format("{}; {} is for values that are the same at every step: "
                            "write scheme: direct{}",
                            what, r.encoder,
                            r.array.empty() ? ""
                                            : fmt::format(", as in {}: {{x: {}, encode: "
                                                          "{{scheme: direct}}}}",
                                                          r.input, r.array)));
    }

    SampleForm form_of_numbers(std::size_t k) const {
        const StoredInput& first = stored_.train.inputs[k];
        const auto is_byte = [](const StoredInput* set) {
            return set->x->type == NumberType{NumberKind::natural, 1};
        };
        for (const StoredInput* set : all_inputs(k)) {
            if (is_byte(set) != is_byte(&first))
                throw DataError(fmt::format(
                    "{} is {}, but {} is {}: bytes are shown as value / 255, other numbers as they "
                    "are",
                    first.place(), first.x->type.name(), set->place(), set->x->type.name()));
        }
        return is_byte(&first) ? SampleForm::pixels : SampleForm::values;
    }

    SampleForm find_dense_form(std::size_t k) const {
        const InputRequest& r = r_.inputs[k];
        const StoredInput& first = stored_.train.inputs[k];
        const Rows& x = *first.x;
        const auto all = static_cast<std::int64_t>(x.row_size());
        if (r.over_steps) {
            const std::string wrong = why_no_sequence(all, r.inputs, r_.steps, r_.dt);
            if (!wrong.empty())
                throw DataError(
                    fmt::format("{}: {}: {} is {}", r.where, wrong, first.place(), x.shape_text()));
            return over_steps(form_of_numbers(k));
        }
        if (all == r.inputs) return form_of_numbers(k);
        const auto each = all / static_cast<std::int64_t>(x.shape[1]);
        if (x.shape.size() < 3 || each != r.inputs) {
            if (x.shape.size() < 3)
                wrong_size(r, "a sample of " + (r.array.empty() ? r_.data.file : first.place()),
                           all);
            throw DataError(fmt::format(
                "{}: the input '{}' has {} neurons, but {} is {}: a sample has {} "
                "values, or {} at each of {} steps",
                r.where, r.input, r.inputs, first.place(), x.shape_text(), all, each, x.shape[1]));
        }
        expect_direct(r, fmt::format("{} is {}, in steps", first.place(), x.shape_text()));
        if (static_cast<std::int64_t>(x.shape[1]) != r_.steps)
            throw DataError(fmt::format(
                "{} is {}, {} steps, but a sample is shown for {} (data.encode.duration / dt); "
                "write duration: {:g} ms",
                first.place(), x.shape_text(), x.shape[1], counted(r_.steps, "step"),
                static_cast<double>(x.shape[1]) * r_.dt));
        const auto sets = all_inputs(k);
        return std::all_of(sets.begin(), sets.end(),
                           [](const StoredInput* set) { return is_spikes(*set->x); })
                   ? SampleForm::spikes
                   : SampleForm::steps;
    }
    /// Booleans, or whole numbers that are all 0 or 1.
    static bool is_spikes(const Rows& x) {
        if (x.type.kind == NumberKind::boolean) return true;
        if (!is_whole(x)) return false;
        const std::uint64_t rows = std::max<std::uint64_t>(1, (8 << 20) / x.row_size());
        for (std::uint64_t first = 0; first < x.count(); first += rows) {
            const auto values = x.read_as<std::int64_t>(first, std::min(rows, x.count() - first));
            if (std::any_of(values.begin(), values.end(),
                            [](std::int64_t v) { return v != 0 && v != 1; }))
                return false;
        }
        return true;
    }

    SampleForm find_event_form(std::size_t k) const {
        const InputRequest& r = r_.inputs[k];
        const StoredInput& first = stored_.train.inputs[k];
        expect_direct(r, first.place() + " are times of events");
        if (first.sensor.inputs() > 0 && first.sensor.inputs() != r.inputs)
            throw DataError(fmt::format(
                "{}: the input '{}' has {} neurons, but the sensor of {} has {} x {}{}; write "
                "size: {}",
                r.where, r.input, r.inputs, first.place(), first.sensor.height, first.sensor.width,
                first.sensor.polarity ? " of each polarity" : "", first.sensor.inputs()));
        if (static_cast<double>(r.inputs) * static_cast<double>(r_.steps) >= 4294967296.0)
            throw DataError(fmt::format("{}: {} inputs x {} steps are more than 2^32", r.where,
                                        r.inputs, r_.steps));
        return r_.data.events == SeveralEvents::counted ? SampleForm::counts : SampleForm::spikes;
    }

    void check_augment(std::size_t k) const {
        const SampleForm form = forms_[k];
        if (!r_.data.augment || r_.data.augment->drop == 0.0 || form == SampleForm::spikes ||
            form == SampleForm::counts)
            return;
        throw DataError(fmt::format(
            "{}: data.augment.drop leaves events out, but {} has numbers; leave drop out",
            r_.inputs[k].where, stored_.train.inputs[k].place()));
    }

    // ---- targets ----

    /// True: classes.
    bool find_targets(std::size_t k) const {
        const TargetRequest& r = r_.targets[k];
        const Rows& first = *stored_.train.y[k];
        if (r.targets == Targets::as_stored) return is_whole(first) && first.row_size() == 1;
        if (r.targets == Targets::real) {
            if (r.outputs > 0) check_steps(r, first);
            return false;
        }
        for (const StoredSet* set : all_stored()) {
            const Rows& y = *set->y[k];
            if (y.row_size() == 1) continue;
            throw DataError(fmt::format(
                "{}: {} is {}: {} is for classes, one whole number a sample (of one-hot rows their "
                "argmax); real numbers take loss: mse_mean or mse_step",
                y.file, y.name, y.shape_text(), r.loss));
        }
        return true;
    }

    /// [sample][step][output], or without the last of a single output.
    void check_steps(const TargetRequest& r, const Rows& y) const {
        const auto steps = static_cast<std::uint64_t>(r_.steps),
                   outputs = static_cast<std::uint64_t>(r.outputs);
        const bool single = outputs == 1 && y.shape.size() == 2 && y.shape[1] == steps;
        if (single || (y.shape.size() == 3 && y.shape[1] == steps && y.shape[2] == outputs)) return;
        throw DataError(
            fmt::format("{}: {} is {}: {} needs a target for each of {} and {}, [{}, {}, "
                        "{}]",
                        y.file, y.name, y.shape_text(), r.loss, counted(r_.steps, "step"),
                        counted(r.outputs, "output"), y.count(), steps, outputs));
    }

    static auto targets_of(std::size_t k) {
        return [k](const StoredSet& set) -> const Rows& { return *set.y[k]; };
    }

    void read_labels(std::size_t output, Dataset& data) {
        TargetClasses& out = data.target(output);
        const TargetRequest& r = r_.targets[output];
        out.class_names = r.class_names;
        if (out.class_names.empty() && r.array.empty()) out.class_names = stored_.class_names;
        auto largest = std::max(0, static_cast<std::int32_t>(r_.targets[output].classes) - 1);
        for (auto [set, parts] : {std::pair{&data.train.target(output), &train_},
                                  std::pair{&data.test.target(output), &test_}}) {
            if (parts->empty()) continue;
            const std::vector<double> labels = take<double>(*parts, targets_of(output));
            for (std::size_t k = 0; k < labels.size(); ++k) {
                check_label(output, *parts, k, labels[k], out.class_names.size());
                set->labels.push_back(static_cast<std::int32_t>(labels[k]));
                largest = std::max(largest, set->labels.back());
            }
        }
        out.classes =
            out.class_names.empty() ? largest + 1 : static_cast<int>(out.class_names.size());
    }
    void check_label(std::size_t output, const std::vector<Part>& parts, std::size_t k,
                     double label, std::size_t names) const {
        const std::string& loss = r_.targets[output].loss;
        const auto fail = [&](const std::string& what) {
            const auto [set, row] = place(parts, k);
            const Rows& y = *set->y[output];
            throw DataError(fmt::format("{}: {} is {:g} in sample {} (from 0); {}", y.file, y.name,
                                        label, row, what));
        };
        if (label != std::floor(label))
            fail(loss.empty() ? "classes are whole numbers"
                              : fmt::format("{} is for classes, which are whole numbers; real "
                                            "numbers take loss: mse_mean or mse_step",
                                            loss));
        if (!(label >= 0.0)) fail("classes are numbered from 0");
        if (names > 0 && label >= static_cast<double>(names))
            fail(fmt::format("there are {} class names, for 0 to {}", names, names - 1));
        constexpr double most = 1 << 20;
        if (label >= most) fail("classes go up to 1,048,575");
    }

    void read_reals(std::size_t output, SampleTargets& set, const std::vector<Part>& parts) const {
        set.outputs = static_cast<std::int64_t>(stored_.train.y[output]->row_size());
        if (parts.empty()) return;
        set.y = take<float>(parts, targets_of(output));
        const auto outputs = static_cast<std::size_t>(set.outputs);
        for (std::size_t k = 0; k < set.y.size(); ++k) {
            const bool share = set.y[k] >= 0.0f && set.y[k] <= 1.0f;
            if (share || (std::isfinite(set.y[k]) && !r_.targets[output].shares)) continue;
            const auto [stored, row] = place(parts, k / outputs);
            const Rows& y = *stored->y[output];
            throw DataError(fmt::format(
                "{}: {} is {:g} in sample {}, value {} (from 0){}", y.file, y.name, set.y[k], row,
                k % outputs,
                std::isfinite(set.y[k])
                    ? fmt::format("; {} takes targets from 0 to 1", r_.targets[output].loss)
                    : ""));
        }
    }
    void check_reals(std::size_t output, const SampleTargets& test) const {
        const Rows& first = *stored_.train.y[output];
        for (const StoredSet* set : all_stored()) {
            const Rows& y = *set->y[output];
            if (y.row_size() == first.row_size()) continue;
            throw DataError(
                fmt::format("{}: a sample of {} has {}, but one of {} has {}", y.file, first.name,
                            counted(static_cast<std::int64_t>(first.row_size()), "value"), y.name,
                            y.row_size()));
        }
        const std::vector<float>& y = test.y;
        if (!y.empty() && std::all_of(y.begin(), y.end(), [](float v) { return v == 0.0f; }))
            throw DataError(fmt::format("{}: {} is zero everywhere; no error is relative to that",
                                        test_[0].from->y[output]->file,
                                        test_[0].from->y[output]->name));
    }

    std::vector<std::int32_t> read_groups() const {
        std::vector<std::int32_t> out;
        if (r_.data.groups.empty()) return out;
        for (const Part& p : train_) {
            if (!p.from->groups) return {};  // validation samples of their own, which need none
            const std::vector<std::int32_t> all = groups_of(*p.from->groups);
            for (std::uint64_t k = 0; k < p.count; ++k)
                out.push_back(all[p.rows.empty() ? k : p.rows[k]]);
        }
        return out;
    }

    std::vector<float> read_weights() const {
        const bool stored = std::all_of(train_.begin(), train_.end(),
                                        [](const Part& p) { return p.from->weight != nullptr; });
        std::vector<float> out;
        if (stored)
            out = take<float>(train_,
                              [](const StoredSet& set) -> const Rows& { return *set.weight; });
        for (std::size_t k = 0; k < out.size(); ++k) {
            if (out[k] >= 0.0f && std::isfinite(out[k])) continue;
            const auto [set, row] = place(train_, k);
            throw DataError(
                fmt::format("{}: {} is {:g} in sample {} (from 0); weights are at "
                            "least 0",
                            set->weight->file, set->weight->name, out[k], row));
        }
        return out;
    }
    /// Those of the samples times those of their classes.
    std::vector<float> with_class_weights(std::size_t output, std::vector<float> out,
                                          const Dataset& data) const {
        if (!r_.targets[output].class_weights.given()) return out;
        const std::vector<double> each = class_weights(output, data);
        const std::vector<std::int32_t>& labels = data.train.target(output).labels;
        if (out.empty()) out.assign(labels.size(), 1.0f);
        for (std::size_t k = 0; k < out.size(); ++k) {
            const auto label = static_cast<std::size_t>(labels[k]);
            out[k] = static_cast<float>(static_cast<double>(out[k]) * each[label]);
        }
        return out;
    }
    std::vector<double> class_weights(std::size_t output, const Dataset& data) const {
        const ClassWeights& asked = r_.targets[output].class_weights;
        const std::string& own = r_.targets[output].array;
        const std::string of = own.empty() ? r_.data.file : own;
        const int count = data.target(output).classes;
        const std::vector<std::int32_t>& labels = data.train.target(output).labels;
        const auto classes = static_cast<std::size_t>(count);
        const std::string at =
            fmt::format("{}:{}:{}", path_of_model(), asked.at.line, asked.at.column);
        if (classes == 0)
            throw DataError(
                fmt::format("{}: the targets of {} are real numbers; leave "
                            "class_weights out",
                            at, of));
        if (!asked.balanced) {
            if (asked.of.size() != classes)
                throw DataError(
                    fmt::format("{}: class_weights has {}, but {} has {}", at,
                                counted(static_cast<std::int64_t>(asked.of.size()), "value"), of,
                                counted(count, "class", "classes")));
            return asked.of;
        }
        const std::size_t samples = labels.size() - static_cast<std::size_t>(data.own_validation);
        std::vector<double> out(classes, 0.0);
        for (std::size_t k = 0; k < samples; ++k) out[static_cast<std::size_t>(labels[k])] += 1.0;
        for (double& count : out) {
            if (count > 0.0)
                count = static_cast<double>(samples) / (static_cast<double>(classes) * count);
        }
        return out;
    }
    std::string path_of_model() const {
        const std::string& where = r_.inputs[0].where;
        return where.substr(0, where.find(':'));
    }

    // ---- inputs ----

    SampleSet begin_set(const std::vector<Part>& parts) const {
        SampleSet out;
        for (const Part& p : parts) out.count += static_cast<std::int64_t>(p.count);
        out.more_inputs.resize(r_.inputs.size() - 1);
        out.more_targets.resize(r_.targets.size() - 1);
        for (std::size_t k = 0; k < r_.inputs.size(); ++k) {
            InputSamples& in = out.input(k);
            in.inputs = r_.inputs[k].inputs;
            in.form = forms_[k];
            in.steps = in_steps(forms_[k]) ? r_.steps : 0;
            in.shape = shape_of(k);
        }
        return out;
    }

    /// Of a sample, or of a step, where the file says it: else a row.
    SampleShape shape_of(std::size_t k) const {
        const auto inputs = static_cast<std::uint32_t>(r_.inputs[k].inputs);
        const StoredInput& in = stored_.train.inputs[k];
        if (in.sensor.inputs() > 0)
            return {in.sensor.polarity ? 2u : 1u, static_cast<std::uint32_t>(in.sensor.height),
                    static_cast<std::uint32_t>(in.sensor.width)};
        const std::size_t first = in_steps(forms_[k]) ? 2 : 1;
        if (!in.x || r_.inputs[k].over_steps || in.x->shape.size() < first + 2)
            return {1, 1, inputs};
        const auto height = static_cast<std::uint32_t>(in.x->shape[in.x->shape.size() - 2]),
                   width = static_cast<std::uint32_t>(in.x->shape.back());
        return {inputs / (height * width), height, width};
    }

    /// The samples of one input.
    struct InputParts {
        std::vector<SamplePart> train, test;
    };

    void read_inputs(Dataset& out) {
        std::vector<InputParts> inputs(r_.inputs.size());
        double bytes = 0.0;
        std::string why_not, place;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            for (const Part& p : train_)
                inputs[k].train.push_back({source_of(*p.from, k), p.rows, p.count});
            for (const Part& p : test_)
                inputs[k].test.push_back({source_of(*p.from, k), p.rows, p.count});
            for (const auto* parts : {&inputs[k].train, &inputs[k].test}) {
                for (const SamplePart& p : *parts) {
                    bytes += static_cast<double>(p.count) * p.source->bytes_of_sample();
                    if (!why_not.empty() || p.source->why_not_anywhere().empty()) continue;
                    why_not = p.source->why_not_anywhere();
                    place = stored_.train.inputs[k].place();
                }
            }
        }
        // Once as they are read, and once more where they are computed.
        const double free = static_cast<double>(available_memory());
        const bool wanted = r_.data.stream == Streaming::always ||
                            (r_.data.stream == Streaming::automatic && 2.0 * bytes > 0.5 * free);
        if (wanted && !why_not.empty())
            throw DataError(fmt::format(
                "{}: it cannot be streamed: {}{}", place, why_not,
                r_.data.stream == Streaming::always
                    ? ""
                    : fmt::format("; it takes about {} of memory, and {} are free: store it in "
                                  "another way, or write data.stream: never to try",
                                  bytes_text(static_cast<std::size_t>(2.0 * bytes)),
                                  bytes_text(available_memory()))));
        if (!wanted)
            require_room(static_cast<std::uint64_t>(2.0 * bytes),
                         fmt::format("the samples of {}", r_.data.file));
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            begin(out.train.input(k), out.train.count, std::move(inputs[k].train), wanted);
            if (!inputs[k].test.empty())
                begin(out.test.input(k), out.test.count, std::move(inputs[k].test), wanted);
            tell_of_sources(k, wanted);
        }
    }
    void tell_of_sources(std::size_t input, bool streams) {
        for (const auto& [set, source] : sources_[input]) {
            if (source->late() > 0)
                warnings_.push_back(fmt::format(
                    "{}: {} later than the {:g} ms that a sample is shown, and not shown{}",
                    set->inputs[input].place(),
                    counted(static_cast<std::int64_t>(source->late()), "event is", "events are"),
                    static_cast<double>(r_.steps) * r_.dt,
                    streams ? " (of the first samples)" : ""));
            if (!source->note().empty()) warnings_.push_back(source->note());
        }
    }
    std::shared_ptr<const SampleSource> source_of(const StoredSet& set, std::size_t k) {
        std::shared_ptr<const SampleSource>& out = sources_[k][&set];
        if (out) return out;
        const InputRequest& r = r_.inputs[k];
        const StoredInput& stored = set.inputs[k];
        if (stored.x) {
            const bool limited = forms_[k] == SampleForm::values && !r.any_value;
            out = dense_source(stored.x, forms_[k],
                               limited ? ValueLimits{r.encoder, r.instead} : ValueLimits{});
        } else {
            out = event_source(stored.events, {r_.dt * 1e3, r_.steps, r.inputs, forms_[k]});
        }
        return out;
    }
    /// Reads all samples, or the first ones to see mistakes before the others are streamed.
    void begin(InputSamples& set, std::int64_t all, std::vector<SamplePart> parts,
               bool streams) const {
        const auto count = static_cast<std::uint32_t>(all);
        std::vector<std::uint32_t> samples;
        for (std::uint32_t first = 0; first < count; first += at_once) {
            samples.resize(std::min(at_once, count - first));
            std::iota(samples.begin(), samples.end(), first);
            if (streams) samples.resize(std::min<std::size_t>(samples.size(), 256));
            SampleStream::read(parts, samples, set.in);
            if (streams) break;
        }
        if (!streams) return;
        set.in = {};
        set.stream =
            std::make_shared<SampleStream>(std::move(parts), read_ahead / r_.inputs.size());
    }

    const SampleRequest& r_;
    const StoredSamples stored_;
    std::vector<Part> train_, test_;  // the validation samples are the last part of `train_`
    std::vector<SampleForm> forms_;   // of each input
    // Of each input.
    std::vector<std::map<const StoredSet*, std::shared_ptr<const SampleSource>>> sources_;
    std::vector<std::string> warnings_;
};

}  // namespace

Dataset load_own_samples(const SampleRequest& request) {
    return Loader(request).load();
}

SampleCounts count_own_samples(const SampleRequest& request) {
    return Loader(request).counts();
}

}  // namespace snnsim
