#include "src/inputs/own_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "snnsim/error.hpp"
#include "src/data/sample_stream.hpp"
#include "src/data/split.hpp"
#include "src/files/room.hpp"
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

class Loader {
  public:
    explicit Loader(const SampleRequest& request)
        : r_(request), stored_(open_samples(request.data, request.folder)) {
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
        form_ = find_form();
        const bool classes = find_targets();
        out.train = begin_set(train_);
        out.test = begin_set(test_);
        out.own_validation = stored_.valid ? static_cast<std::int64_t>(train_.back().count) : 0;
        out.classes = 0;
        if (classes) {
            read_labels(out);
        } else {
            read_reals(out.train, train_);
            read_reals(out.test, test_);
            check_reals(out);
        }
        out.train.groups = read_groups();
        out.train.weights = read_weights(out);
        read_inputs(out);
        warn(out);
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
                throw DataError(fmt::format("{}: {} is there: leave data.test_share out", r_.where,
                                            stored_.test->place()));
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
            throw DataError(fmt::format(
                "{}: there are no test samples; add {}, or write data.test_file, or "
                "data.test_share: 0.2",
                r_.data.file,
                r_.data.file.ends_with(".npz") ? "x_test and y_test" : "test/x and test/y"));
        }
        limit(train_[0], r_.data.train_samples);
        if (!test_.empty()) limit(test_[0], r_.data.test_samples);
        if (stored_.valid) train_.push_back({&*stored_.valid, {}, stored_.valid->count()});
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
    template <class T>
    static std::vector<T> take(const std::vector<Part>& parts,
                               std::shared_ptr<const Rows> StoredSet::*which) {
        std::vector<T> out;
        for (const Part& p : parts) {
            const Rows& rows = *((*p.from).*which);
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

    SampleForm find_form() const {
        const StoredSet& first = stored_.train;
        for (const StoredSet* set : all_stored()) {
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
        return first.x ? find_dense_form() : find_event_form();
    }

    [[noreturn]] void wrong_size(const std::string& sample, std::int64_t size) const {
        throw DataError(
            fmt::format("{}: the input '{}' has {} neurons, but {} has {}; write "
                        "size: {}",
                        r_.where, r_.input, r_.inputs, sample, size, size));
    }
    void expect_direct(const std::string& what) const {
        if (r_.encoder != "direct")
            throw DataError(
                fmt::format("{}; {} is for values that are the same at every step: "
                            "write scheme: direct",
                            what, r_.encoder));
    }

    SampleForm find_dense_form() const {
        const Rows& x = *stored_.train.x;
        const auto all = static_cast<std::int64_t>(x.row_size());
        if (all == r_.inputs) {
            const auto is_byte = [](const StoredSet* set) {
                return set->x->type == NumberType{NumberKind::natural, 1};
            };
            for (const StoredSet* set : all_stored()) {
                if (is_byte(set) != is_byte(&stored_.train))
                    throw DataError(fmt::format(
                        "{} is {}, but {} is {}: bytes are shown as "
                        "value / 255, other numbers as they are",
                        stored_.train.place(), x.type.name(), set->place(), set->x->type.name()));
            }
            return is_byte(&stored_.train) ? SampleForm::pixels : SampleForm::values;
        }
        const auto each = all / static_cast<std::int64_t>(x.shape[1]);
        if (x.shape.size() < 3 || each != r_.inputs) {
            if (x.shape.size() < 3) wrong_size("a sample of " + r_.data.file, all);
            throw DataError(
                fmt::format("{}: the input '{}' has {} neurons, but {} is {}: a sample has {} "
                            "values, or {} at each of {} steps",
                            r_.where, r_.input, r_.inputs, stored_.train.place(), x.shape_text(),
                            all, each, x.shape[1]));
        }
        expect_direct(fmt::format("{} is {}, in steps", stored_.train.place(), x.shape_text()));
        if (static_cast<std::int64_t>(x.shape[1]) != r_.steps)
            throw DataError(fmt::format(
                "{} is {}, {} steps, but a sample is shown for {} (data.encode.duration / dt); "
                "write duration: {:g} ms",
                stored_.train.place(), x.shape_text(), x.shape[1], counted(r_.steps, "step"),
                static_cast<double>(x.shape[1]) * r_.dt));
        const auto sets = all_stored();
        return std::all_of(sets.begin(), sets.end(),
                           [](const StoredSet* set) { return is_spikes(*set->x); })
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

    SampleForm find_event_form() const {
        const StoredSet& first = stored_.train;
        expect_direct(first.place() + " are times of events");
        if (first.sensor.inputs() > 0 && first.sensor.inputs() != r_.inputs)
            throw DataError(fmt::format(
                "{}: the input '{}' has {} neurons, but the sensor of {} has {} x {}{}; write "
                "size: {}",
                r_.where, r_.input, r_.inputs, first.place(), first.sensor.height,
                first.sensor.width, first.sensor.polarity ? " of each polarity" : "",
                first.sensor.inputs()));
        if (static_cast<double>(r_.inputs) * static_cast<double>(r_.steps) >= 4294967296.0)
            throw DataError(fmt::format("{}: {} inputs x {} steps are more than 2^32", r_.where,
                                        r_.inputs, r_.steps));
        return r_.data.events == SeveralEvents::counted ? SampleForm::counts : SampleForm::spikes;
    }

    // ---- targets ----

    /// True: classes.
    bool find_targets() const {
        const Rows& y = *stored_.train.y;
        if (r_.targets == Targets::as_stored) return is_whole(y) && y.row_size() == 1;
        if (r_.targets == Targets::real) {
            return false;
        }
        for (const StoredSet* set : all_stored()) {
            if (set->y->row_size() == 1) continue;
            throw DataError(fmt::format(
                "{}: {} is {}: {} is for classes, one whole number a sample (of one-hot rows their "
                "argmax); real numbers take loss: mse_mean",
                set->y->file, set->y->name, set->y->shape_text(), r_.loss));
        }
        return true;
    }

    void read_labels(Dataset& out) {
        out.class_names = r_.data.class_names.empty() ? stored_.class_names : r_.data.class_names;
        std::int32_t largest = 0;
        for (auto [set, parts] : {std::pair{&out.train, &train_}, std::pair{&out.test, &test_}}) {
            if (parts->empty()) continue;
            const std::vector<double> labels = take<double>(*parts, &StoredSet::y);
            for (std::size_t k = 0; k < labels.size(); ++k) {
                check_label(*parts, k, labels[k], out.class_names.size());
                set->labels.push_back(static_cast<std::int32_t>(labels[k]));
                largest = std::max(largest, set->labels.back());
            }
        }
        out.classes =
            out.class_names.empty() ? largest + 1 : static_cast<int>(out.class_names.size());
    }
    void check_label(const std::vector<Part>& parts, std::size_t k, double label,
                     std::size_t names) const {
        const auto fail = [&](const std::string& what) {
            const auto [set, row] = place(parts, k);
            throw DataError(fmt::format("{}: {} is {:g} in sample {} (from 0); {}", set->y->file,
                                        set->y->name, label, row, what));
        };
        if (label != std::floor(label))
            fail(r_.loss.empty() ? "classes are whole numbers"
                                 : fmt::format("{} is for classes, which are whole numbers; real "
                                               "numbers take loss: mse_mean",
                                               r_.loss));
        if (!(label >= 0.0)) fail("classes are numbered from 0");
        if (names > 0 && label >= static_cast<double>(names))
            fail(fmt::format("there are {} class names, for 0 to {}", names, names - 1));
        constexpr double most = 1 << 20;
        if (label >= most) fail("classes go up to 1,048,575");
    }

    void read_reals(SampleSet& set, const std::vector<Part>& parts) const {
        set.outputs = static_cast<std::int64_t>(stored_.train.y->row_size());
        if (parts.empty()) return;
        set.y = take<float>(parts, &StoredSet::y);
        const auto outputs = static_cast<std::size_t>(set.outputs);
        for (std::size_t k = 0; k < set.y.size(); ++k) {
            if (std::isfinite(set.y[k])) continue;
            const auto [stored, row] = place(parts, k / outputs);
            throw DataError(fmt::format("{}: {} is {:g} in sample {}, value {} (from 0)",
                                        stored->y->file, stored->y->name, set.y[k], row,
                                        k % outputs));
        }
    }
    void check_reals(const Dataset& data) const {
        for (const StoredSet* set : all_stored()) {
            if (set->y->row_size() == stored_.train.y->row_size()) continue;
            throw DataError(fmt::format(
                "{}: a sample of {} has {}, but one of {} has {}", set->y->file,
                stored_.train.y->name,
                counted(static_cast<std::int64_t>(stored_.train.y->row_size()), "value"),
                set->y->name, set->y->row_size()));
        }
        const std::vector<float>& y = data.test.y;
        if (!y.empty() && std::all_of(y.begin(), y.end(), [](float v) { return v == 0.0f; }))
            throw DataError(fmt::format("{}: {} is zero everywhere; no error is relative to that",
                                        test_[0].from->y->file, test_[0].from->y->name));
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

    /// Of the samples, times those of the classes.
    std::vector<float> read_weights(const Dataset& data) const {
        const bool stored = std::all_of(train_.begin(), train_.end(),
                                        [](const Part& p) { return p.from->weight != nullptr; });
        std::vector<float> out;
        if (stored) out = take<float>(train_, &StoredSet::weight);
        for (std::size_t k = 0; k < out.size(); ++k) {
            if (out[k] >= 0.0f && std::isfinite(out[k])) continue;
            const auto [set, row] = place(train_, k);
            throw DataError(
                fmt::format("{}: {} is {:g} in sample {} (from 0); weights are at "
                            "least 0",
                            set->weight->file, set->weight->name, out[k], row));
        }
        if (!r_.class_weights.given()) return out;
        const std::vector<double> each = class_weights(data);
        if (out.empty()) out.assign(data.train.labels.size(), 1.0f);
        for (std::size_t k = 0; k < out.size(); ++k) {
            const auto label = static_cast<std::size_t>(data.train.labels[k]);
            out[k] = static_cast<float>(static_cast<double>(out[k]) * each[label]);
        }
        return out;
    }
    std::vector<double> class_weights(const Dataset& data) const {
        const auto classes = static_cast<std::size_t>(data.classes);
        const std::string at = fmt::format("{}:{}:{}", path_of_model(), r_.class_weights.at.line,
                                           r_.class_weights.at.column);
        if (classes == 0)
            throw DataError(
                fmt::format("{}: the targets of {} are real numbers; leave "
                            "class_weights out",
                            at, r_.data.file));
        if (!r_.class_weights.balanced) {
            if (r_.class_weights.of.size() != classes)
                throw DataError(fmt::format(
                    "{}: class_weights has {}, but {} has {}", at,
                    counted(static_cast<std::int64_t>(r_.class_weights.of.size()), "value"),
                    r_.data.file, counted(data.classes, "class", "classes")));
            return r_.class_weights.of;
        }
        const std::size_t samples =
            data.train.labels.size() - static_cast<std::size_t>(data.own_validation);
        std::vector<double> out(classes, 0.0);
        for (std::size_t k = 0; k < samples; ++k)
            out[static_cast<std::size_t>(data.train.labels[k])] += 1.0;
        for (double& count : out) {
            if (count > 0.0)
                count = static_cast<double>(samples) / (static_cast<double>(classes) * count);
        }
        return out;
    }
    std::string path_of_model() const { return r_.where.substr(0, r_.where.find(':')); }

    // ---- inputs ----

    SampleSet begin_set(const std::vector<Part>& parts) const {
        SampleSet out;
        for (const Part& p : parts) out.count += static_cast<std::int64_t>(p.count);
        out.inputs = r_.inputs;
        out.form = form_;
        out.steps = in_steps(form_) ? r_.steps : 0;
        return out;
    }

    void read_inputs(Dataset& out) {
        std::vector<SamplePart> train, test;
        for (Part& p : train_) train.push_back({source_of(*p.from), std::move(p.rows), p.count});
        for (Part& p : test_) test.push_back({source_of(*p.from), std::move(p.rows), p.count});
        double bytes = 0.0;
        std::string why_not;
        for (const auto* parts : {&train, &test}) {
            for (const SamplePart& p : *parts) {
                bytes += static_cast<double>(p.count) * p.source->bytes_of_sample();
                if (why_not.empty()) why_not = p.source->why_not_anywhere();
            }
        }
        // Once as they are read, and once more where they are computed.
        const double free = static_cast<double>(available_memory());
        const bool wanted = r_.data.stream == Streaming::always ||
                            (r_.data.stream == Streaming::automatic && 2.0 * bytes > 0.5 * free);
        if (wanted && !why_not.empty())
            throw DataError(fmt::format(
                "{}: it cannot be streamed: {}{}", stored_.train.place(), why_not,
                r_.data.stream == Streaming::always
                    ? ""
                    : fmt::format("; it takes about {} of memory, and {} are free: store it in "
                                  "another way, or write data.stream: never to try",
                                  bytes_text(static_cast<std::size_t>(2.0 * bytes)),
                                  bytes_text(available_memory()))));
        if (!wanted)
            require_room(static_cast<std::uint64_t>(2.0 * bytes),
                         fmt::format("the samples of {}", r_.data.file));
        begin(out.train, train, wanted);
        if (!test.empty()) begin(out.test, test, wanted);
        for (const auto& [set, source] : sources_) {
            if (source->late() > 0)
                warnings_.push_back(fmt::format(
                    "{}: {} later than the {:g} ms that a sample is shown, and not shown{}",
                    set->place(),
                    counted(static_cast<std::int64_t>(source->late()), "event is", "events are"),
                    static_cast<double>(r_.steps) * r_.dt,
                    wanted ? " (of the first samples)" : ""));
            if (!source->note().empty()) warnings_.push_back(source->note());
        }
    }
    std::shared_ptr<const SampleSource> source_of(const StoredSet& set) {
        std::shared_ptr<const SampleSource>& out = sources_[&set];
        if (out) return out;
        if (set.x) {
            const bool limited = form_ == SampleForm::values && !r_.any_value;
            out = dense_source(set.x, form_,
                               limited ? ValueLimits{r_.encoder, r_.instead} : ValueLimits{});
        } else {
            out = event_source(set.events, {r_.dt * 1e3, r_.steps, r_.inputs, form_});
        }
        return out;
    }
    /// Reads all samples, or the first ones to see mistakes before the others are streamed.
    static void begin(SampleSet& set, std::vector<SamplePart> parts, bool streams) {
        const auto count = static_cast<std::uint32_t>(set.count);
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
        set.stream = std::make_shared<SampleStream>(std::move(parts), read_ahead);
    }

    // ---- what is hardly meant so ----

    void warn(const Dataset& data) {
        if (data.classes > 0) warn_of_empty_classes(data);
        if (form_ == SampleForm::pixels && !data.train.in.pixels.empty()) {
            const auto& p = data.train.in.pixels;
            const std::uint8_t most = *std::max_element(p.begin(), p.end());
            if (most <= 1)
                warnings_.push_back(fmt::format(
                    "{} holds bytes of at most {}, which are shown as value / 255; store 0 and 1 "
                    "as real numbers or booleans",
                    stored_.train.place(), most));
        }
        warn_of_constants(data.train);
    }
    void warn_of_empty_classes(const Dataset& data) {
        std::vector<bool> seen(static_cast<std::size_t>(data.classes), false);
        for (const std::int32_t label : data.train.labels)
            seen[static_cast<std::size_t>(label)] = true;
        const auto missing = std::count(seen.begin(), seen.end(), false);
        if (missing == 0) return;
        std::string list;
        constexpr std::size_t most = 5;
        std::size_t told = 0;
        for (std::size_t k = 0; k < seen.size() && told < most; ++k) {
            if (seen[k]) continue;
            list += fmt::format("{}{}", told++ ? ", " : "", k);
            if (!data.class_names.empty()) list += fmt::format(" ({})", data.class_names[k]);
        }
        if (static_cast<std::size_t>(missing) > most) list += ", ...";
        warnings_.push_back(
            fmt::format("{}: no training sample is of class {}", stored_.train.place(), list));
    }
    void warn_of_constants(const SampleSet& set) {
        const auto inputs = static_cast<std::size_t>(set.inputs),
                   count = static_cast<std::size_t>(set.count);
        if (count < 2) return;
        const auto constant = [&](const auto& values) {
            std::size_t out = 0;
            for (std::size_t n = 0; n < inputs; ++n) {
                std::size_t k = 1;
                while (k < count && values[k * inputs + n] == values[n]) ++k;
                out += k == count;
            }
            return out;
        };
        std::size_t same = 0;
        if (form_ == SampleForm::values && set.in.values.size() == count * inputs) {
            same = constant(set.in.values);
        } else if (form_ == SampleForm::pixels && set.in.pixels.size() == count * inputs) {
            same = constant(set.in.pixels);
            if (same < inputs) return;  // the rim of images is often black
        }
        if (same > 0)
            warnings_.push_back(
                fmt::format("{}: {} of {} inputs have the same value in all training samples",
                            stored_.train.place(), same, inputs));
    }

    const SampleRequest& r_;
    const StoredSamples stored_;
    std::vector<Part> train_, test_;  // the validation samples are the last part of `train_`
    SampleForm form_ = SampleForm::values;
    std::map<const StoredSet*, std::shared_ptr<const SampleSource>> sources_;
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
