#include "src/events/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "snnsim/error.hpp"
#include "src/events/aedat3.hpp"
#include "src/events/augment.hpp"
#include "src/events/cochlea.hpp"
#include "src/events/nmnist.hpp"
#include "src/events/published_sums.hpp"
#include "src/events/sample_writer.hpp"
#include "src/events/trials.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// "user07_led.aedat" is of subject 7.
std::optional<std::int32_t> subject_of(const std::string& file) {
    const std::string name = fs::path(file).filename().string();
    constexpr std::string_view begin = "user";
    std::size_t end = begin.size();
    std::int32_t number = 0;
    for (; name.starts_with(begin) && end < name.size() && end < begin.size() + 6 &&
           name[end] >= '0' && name[end] <= '9';
         ++end)
        number = 10 * number + (name[end] - '0');
    if (end == begin.size() || end >= name.size() || name[end] != '_') return std::nullopt;
    return number;
}

class Converter {
  public:
    Converter(const EventPlan& plan, const std::string& output)
        : plan_(plan), file_(h5::create_file(output)) {}

    EventReport convert(const EventPaths& paths, const std::string& program) {
        const EventFormat format = plan_.choices.format;
        for (const std::string& path : {paths.in, paths.test, paths.valid}) {
            const std::string archive = about_archive(path);
            if (!archive.empty()) throw DataError(archive);
        }
        const Recordings all = find_recordings(paths, format);
        classes_ = all.classes;
        if (all.others > 0)
            report_.warnings.push_back(fmt::format(
                "{} in the folders {} none of the format {} and {} passed over",
                counted(static_cast<std::int64_t>(all.others), "file"),
                plural(static_cast<std::int64_t>(all.others), "is", "are"), name_of(format),
                plural(static_cast<std::int64_t>(all.others), "was", "were")));
        report_.groups = groups_of(all);
        for (const RecordingSet& set : all.sets) {
            SampleWriter writer(file_, set.name, plan_);
            copies_ = copies_of(set.name);
            sample_ = 0;
            for (const Recording& recording : set.recordings) {
                writer.count_file();
                add(recording, writer);
            }
            report_.sets.push_back(writer.finish(report_.groups));
            warn_of(report_.sets.back());
        }
        warn_of_untrained_classes();
        write_classes();
        write_manifest(paths, program);
        file_.close("cannot write the file of samples");
        return std::move(report_);
    }

  private:
    std::string groups_of(const Recordings& all) const {
        if (plan_.choices.format == EventFormat::shd) return "speaker";
        if (plan_.choices.format != EventFormat::dvs_gesture) return "";
        for (const RecordingSet& set : all.sets) {
            for (const Recording& recording : set.recordings) {
                if (!subject_of(recording.file)) return "";
            }
        }
        return "subject";
    }

    std::int64_t copies_of(const std::string& set) const {
        if (set.empty() && plan_.choices.copies > 0)
            throw DataError(
                "copies of samples that are divided later would be in both parts; name "
                "the test samples: --test");
        return set == "train" ? plan_.choices.copies : 0;
    }

    void add(const Recording& recording, SampleWriter& writer) {
        switch (plan_.choices.format) {
            case EventFormat::shd:
                add_cochlea(recording.file, writer);
                break;
            case EventFormat::dvs_gesture:
                add_trials(recording.file, writer);
                break;
            case EventFormat::nmnist:
                add_sample(read_nmnist(read_bytes(recording.file), recording.file, plan_.pixels,
                                       plan_.choices.time_marks),
                           {recording.label, recording.file, 0, {}}, writer);
                break;
            default:
                add_sample(read_aedat2(read_bytes(recording.file), recording.file,
                                       {camera_of(plan_.choices.format), plan_.choices.layout,
                                        plan_.choices.invalid}),
                           {recording.label, recording.file, 0, {}}, writer);
        }
    }

    /// What is known of a sample beside its events.
    struct SampleFacts {
        std::int32_t label = 0;
        std::string place;
        std::int64_t trial_start = 0;       // us
        std::optional<std::int32_t> group;  // who was recorded
    };
    void add_sample(const Events& events, const SampleFacts& facts, SampleWriter& writer) {
        std::int64_t origin = 0;
        if (plan_.choices.origin == TimeOrigin::trial) origin = facts.trial_start;
        if (plan_.choices.origin == TimeOrigin::first && events.size() > 0)
            origin = *std::min_element(events.t.begin(), events.t.end());
        const Events shaped = shape_events(events, origin, plan_.shape);
        const auto add = [&](const Events& sample) {
            writer.add(sample, facts.label, facts.place);
            if (facts.group) writer.add_group(*facts.group);
        };
        add(shaped);
        for (std::int64_t copy = 1; copy <= copies_; ++copy)
            add(augmented(shaped, plan_.sensor(), plan_.choices,
                          {sample_, static_cast<std::uint32_t>(copy)}));
        ++sample_;
    }

    void add_trials(const std::string& file, SampleWriter& writer) {
        const fs::path path(file);
        const std::string labels =
            (path.parent_path() / (path.stem().string() + "_labels.csv")).string();
        const std::vector<Trial> trials = read_trials(labels);
        const Events recording = read_aedat3(read_bytes(file), file, plan_.pixels,
                                             {plan_.choices.slots, plan_.choices.invalid});
        LeftOutCounts left_out = recording.left_out;
        left_out[LeftOut::outside_trial] = static_cast<std::uint64_t>(
            std::count_if(recording.t.begin(), recording.t.end(), [&](std::int64_t t) {
                return std::none_of(trials.begin(), trials.end(), [&](const Trial& trial) {
                    return t >= trial.start && t < trial.stop;
                });
            }));
        writer.count(left_out);
        for (std::size_t k = 0; k < trials.size(); ++k) {
            const std::string place = fmt::format("{}, trial {} (from 0)", file, k);
            const std::optional<std::int32_t> group =
                report_.groups.empty() ? std::nullopt : subject_of(file);
            add_sample(events_of_trial(recording, trials[k]),
                       {trials[k].label, place, trials[k].start, group}, writer);
        }
    }

    void add_cochlea(const std::string& path, SampleWriter& writer) {
        constexpr std::size_t at_once = 2048;
        const std::string sums = another_sum(path);
        if (!sums.empty()) report_.warnings.push_back(sums);
        const CochleaFile file(path, plan_.pixels.width);
        if (file.speakers().empty() && report_.groups == "speaker") report_.groups = "";
        keep_classes(file.keys(), path);
        for (std::size_t first = 0; first < file.samples(); first += at_once) {
            const std::size_t count = std::min(at_once, file.samples() - first);
            const std::vector<Events> samples = file.read(first, count);
            for (std::size_t k = 0; k < count; ++k) {
                const std::string place = fmt::format("{}, sample {} (from 0)", path, first + k);
                std::optional<std::int32_t> group;
                if (!file.speakers().empty()) group = file.speakers()[first + k];
                add_sample(samples[k], {file.labels()[first + k], place, 0, group}, writer);
            }
        }
    }
    void keep_classes(const std::vector<std::string>& keys, const std::string& path) {
        if (!keys.empty() && !classes_.empty() && keys != classes_)
            throw DataError(path +
                            ": extra/keys has other names than the file before: both must "
                            "number their classes alike");
        if (!keys.empty()) classes_ = keys;
    }

    void warn_of(const WrittenSet& set) {
        if (set.samples == 0)
            throw DataError(fmt::format("there are no samples{}",
                                        set.name.empty() ? "" : " in the set " + set.name));
        if (set.empty > 0)
            report_.warnings.push_back(fmt::format(
                "{}{} no events", set.name.empty() ? "" : set.name + ": ",
                counted(static_cast<std::int64_t>(set.empty), "sample has", "samples have")));
    }

    /// Classes that a set has, but not the training set.
    void warn_of_untrained_classes() {
        const auto train = std::find_if(report_.sets.begin(), report_.sets.end(),
                                        [](const WrittenSet& s) { return s.name == "train"; });
        if (train == report_.sets.end()) return;
        for (const WrittenSet& set : report_.sets) {
            for (const auto& entry : set.samples_of) {
                if (train->samples_of.contains(entry.first)) continue;
                const auto number = static_cast<std::size_t>(entry.first);
                report_.warnings.push_back(fmt::format(
                    "class {}{} has {} in the set {}, and none to train with", number,
                    number < classes_.size() ? fmt::format(" ({})", classes_[number]) : "",
                    counted(static_cast<std::int64_t>(entry.second), "sample"), set.name));
            }
        }
    }

    void write_classes() {
        if (!classes_.empty()) h5::write_text_array(file_, "classes", classes_);
    }

    /// What was chosen, and what it left out.
    void write_manifest(const EventPaths& paths, const std::string& program) {
        h5::write_text(file_, "format", sample_file_format);
        h5::write_text(file_, "program", program);
        const h5::Handle group = h5::make_group(file_, "events");
        EventChoices::fields().for_each([&](const auto& f) {
            const auto& value = plan_.choices.*f.member;
            using T = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_enum_v<T>)
                h5::write_text(group, f.name, name_of(value));
            else if constexpr (std::is_same_v<T, std::string>)
                h5::write_text(group, f.name, value);
            else
                h5::write_number(group, f.name, value);
        });
        h5::write_text(group, "in", paths.in);
        if (!paths.test.empty()) h5::write_text(group, "test", paths.test);
        if (!paths.valid.empty()) h5::write_text(group, "valid", paths.valid);
        for (const WrittenSet& set : report_.sets) {
            const h5::Handle counts = h5::make_group(group, set.name.empty() ? "all" : set.name);
            h5::write_number(counts, "files", set.files);
            h5::write_number(counts, "samples", set.samples);
            h5::write_number(counts, "events", set.events);
            h5::write_number(counts, "samples_without_events", set.empty);
            for (std::size_t k = 0; k < Names<LeftOut>::values.size(); ++k)
                h5::write_number(counts, std::string("left_out_") + Names<LeftOut>::values[k],
                                 set.left_out[static_cast<LeftOut>(k)]);
        }
    }

    const EventPlan& plan_;
    h5::Handle file_;
    EventReport report_;
    std::vector<std::string> classes_;
    std::int64_t copies_ = 0;   // of each sample of this set
    std::uint32_t sample_ = 0;  // its number in this set, copies not counted
};

}  // namespace

EventReport convert_events(const EventPaths& paths, const EventPlan& plan,
                           const std::string& output, const std::string& program) {
    return Converter(plan, output).convert(paths, program);
}

}  // namespace snnsim
