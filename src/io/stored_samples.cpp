#include "src/io/stored_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "snnsim/error.hpp"
#include "src/text/numbers.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// Microseconds in a unit; 0: unknown.
double us_in(const std::string& unit) {
    constexpr std::array<std::pair<const char*, double>, 5> units{
        {{"s", 1e6}, {"ms", 1e3}, {"us", 1.0}, {"µs", 1.0}, {"ns", 1e-3}}};
    for (const auto& [name, us] : units) {
        if (unit == name) return us;
    }
    return 0.0;
}

/// Finds the arrays of one set in one file.
class SetFinder {
  public:
    SetFinder(const DataFile& file, const DataSpec& data, const ArrayNames& names, std::string set)
        : file_(file), data_(data), names_(names), set_(std::move(set)) {}

    /// Whether the file has samples under that name.
    bool found() const {
        if (names_.inputs.empty()) return found("");
        return std::any_of(names_.inputs.begin(), names_.inputs.end(),
                           [&](const std::string& array) { return found(array); });
    }

    StoredSet open() const {
        StoredSet out;
        out.file = file_.path;
        if (names_.inputs.empty()) out.inputs.push_back(open_input(""));
        for (const std::string& array : names_.inputs) {
            if (!found(array)) missing(array, "what an input is shown");
            out.inputs.push_back(open_input(array));
            expect_as_many(out, out.inputs.back().count(), out.inputs.back().place());
        }
        const std::vector<std::string> only{names_.targets.empty() ? targets() : ""};
        for (const std::string& y : names_.targets.empty() ? only : names_.targets) {
            if (!has(y)) missing(y, "the target of each sample");
            out.y.push_back(rows(y));
            if (out.y.back()->count() == 0 || out.y.back()->row_size() == 0) wrong(y, "is empty");
            expect_as_many(out, *out.y.back());
        }
        if (has("weight")) {
            out.weight = rows("weight");
            expect_one_each(out, *out.weight);
        }
        if (!data_.groups.empty()) {
            const std::string groups =
                file_.has(name(data_.groups)) ? name(data_.groups) : data_.groups;
            if (file_.has(groups)) {
                out.groups = file_.rows(groups);
                expect_one_each(out, *out.groups);
            }
        }
        return out;
    }

    /// The arrays that nothing has asked for.
    std::vector<std::string> unused() const {
        std::vector<std::string> out;
        const auto taken = [&](const std::string& key) {
            const auto is = [&](const std::string& array) {
                return key == array || is_in_group(key, array);
            };
            if (key == "weight" || key == data_.groups) return true;
            for (const auto* all : {&names_.inputs, &names_.targets}) {
                if (std::any_of(all->begin(), all->end(), is)) return true;
            }
            return (names_.inputs.empty() && (key == "x" || event_key(key))) ||
                   (names_.targets.empty() && key == targets());
        };
        for (const std::string& key : file_.keys(set_)) {
            if (!taken(key)) out.push_back(name(key));
        }
        return out;
    }

  private:
    static bool event_key(const std::string& key) {
        constexpr std::array keys{"offsets", "t", "unit", "x", "y", "p", "spikes"};
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    }
    bool is_in_group(const std::string& key, const std::string& group) const {
        constexpr std::array keys{"offsets", "t", "unit", "x", "y", "p"};
        return std::any_of(keys.begin(), keys.end(),
                           [&](const char* one) { return key == file_.in_group(group, one); });
    }
    [[noreturn]] void missing(const std::string& key, const char* what) const {
        std::string near;
        if (!names_.inputs.empty() || !names_.targets.empty())
            near = did_you_mean(key, file_.keys(set_));
        throw DataError(fmt::format("{}: {} is missing: {}{}", file_.path, name(key), what, near));
    }
    /// Array `key` of the events of an input, whose own name, or none, is `array`.
    std::string of(const std::string& array, const std::string& key) const {
        return array.empty() ? key : file_.in_group(array, key);
    }
    bool found(const std::string& array) const {
        return has(array.empty() ? "x" : array) || has_events(array);
    }
    bool has_events(const std::string& array) const {
        return has(of(array, "offsets")) || (array.empty() && ragged());
    }
    StoredInput open_input(const std::string& array) const {
        StoredInput out;
        if (has_events(array)) {
            open_events(array, out);
            return out;
        }
        const std::string x = array.empty() ? "x" : array;
        out.x = rows(x);
        if (out.x->shape.size() < 2 && out.x->count() > 0)
            wrong(x, fmt::format("has {} dimensions; it must have two at least, "
                                 "[sample][value]",
                                 out.x->shape.size()));
        if (out.x->count() == 0 || out.x->row_size() == 0) wrong(x, "is empty");
        return out;
    }

    std::string name(const std::string& key) const { return file_.name_of(set_, key); }
    bool has(const std::string& key) const { return file_.has(name(key)); }
    std::shared_ptr<const Rows> rows(const std::string& key) const { return file_.rows(name(key)); }
    [[noreturn]] void wrong(const std::string& key, const std::string& what) const {
        throw DataError(fmt::format("{}: {} {}", file_.path, name(key), what));
    }
    /// The places of events on a sensor are x and y; then, as in SHD, the targets are `labels`.
    std::string targets() const {
        const bool places = has("offsets") && !has("unit");
        return places || ragged() || (has("labels") && !has("y")) ? "labels" : "y";
    }
    /// As SHD has them.
    bool ragged() const { return has("spikes/times"); }

    /// Of the times; 0: by their kind.
    double us(const std::string& times) const {
        if (data_.time_unit != TimeUnit::stored) return us_in(name_of(data_.time_unit));
        std::string unit = file_.attribute(name(times), "unit");
        if (unit.empty()) unit = file_.attribute(name(times), "units");
        if (unit.empty()) return 0.0;
        const double us = us_in(unit);
        if (us == 0.0)
            wrong(times, fmt::format("has times in '{}'; known are s, ms, us and ns (or write "
                                     "data.time_unit)",
                                     unit));
        return us;
    }

    void open_events(const std::string& array, StoredInput& out) const {
        if (array.empty() && ragged()) {
            out.events =
                file_.ragged_events(name("spikes/times"), name("spikes/units"), us("spikes/times"));
            if (!out.events)
                wrong("spikes/times", "and spikes/units must both be rows of variable length");
            return;
        }
        const std::string t = of(array, "t"), unit = of(array, "unit"), x = of(array, "x"),
                          y = of(array, "y"), p = of(array, "p"), offset = of(array, "offsets");
        FlatEvents events;
        if (!has(t)) wrong(t, "is missing: the time of each event");
        events.t = rows(t);
        const double stored = us(t);
        events.us = stored > 0.0 ? stored : events.t->type.kind == NumberKind::real ? 1e6 : 1.0;
        if (has(unit)) {
            events.unit = of_events(unit, *events.t);
        } else if (has(x) && has(y)) {
            events.x = of_events(x, *events.t);
            events.y = of_events(y, *events.t);
            if (has(p)) events.p = of_events(p, *events.t);
            events.sensor =
                out.sensor = {side(x, offset, "height", data_.height),
                              side(x, offset, "width", data_.width), events.p != nullptr};
        } else {
            throw DataError(
                fmt::format("{}: {} is there, but neither {} nor {} and {} of the "
                            "events",
                            file_.path, name(offset), name(unit), name(x), name(y)));
        }
        events.offsets = offsets(offset, *events.t);
        out.events = flat_events(std::move(events));
    }

    /// Of a sensor.
    std::int64_t side(const std::string& x, const std::string& offsets, const char* key,
                      std::int64_t given) const {
        if (given > 0) return given;
        std::string text = file_.attribute(name(x), key);
        if (text.empty()) text = file_.attribute(name(offsets), key);
        std::int64_t value = 0;
        if (text.empty())
            throw DataError(
                fmt::format("{}: the size of the sensor is not said: give {} the "
                            "attributes height and width, or write data.height and "
                            "data.width",
                            file_.path, name(x)));
        if (!read_whole(text, std::int64_t{1}, std::int64_t{1} << 24, value).empty())
            wrong(x, fmt::format("has {} = {}; it must be a whole number above 0", key, text));
        return value;
    }

    std::shared_ptr<const Rows> of_events(const std::string& key, const Rows& t) const {
        std::shared_ptr<const Rows> out = rows(key);
        if (out->shape.size() != 1 || out->count() != t.count())
            throw DataError(
                fmt::format("{}: {} is {}, but {} is {}: both must have one value for "
                            "each event",
                            file_.path, out->name, out->shape_text(), t.name, t.shape_text()));
        if (out->type.kind == NumberKind::real) wrong(key, "must be whole numbers");
        return out;
    }

    std::vector<std::uint64_t> offsets(const std::string& key, const Rows& t) const {
        const std::shared_ptr<const Rows> stored = rows(key);
        if (stored->shape.size() != 1 || stored->count() < 2)
            wrong(key, fmt::format("is {}; it must have one value more than there are "
                                   "samples",
                                   stored->shape_text()));
        if (stored->type.kind == NumberKind::real) wrong(key, "must be whole numbers");
        const std::vector<std::int64_t> values = stored->all_as<std::int64_t>();
        for (std::size_t k = 0; k < values.size(); ++k) {
            const std::int64_t before = k > 0 ? values[k - 1] : 0;
            if (values[k] < before || (k == 0 && values[k] != 0))
                wrong(key, k == 0 ? fmt::format("starts with {}; it must start with 0", values[0])
                                  : fmt::format("is {} at {} (from 0), after {}: offsets ascend",
                                                values[k], k, before));
        }
        if (static_cast<std::uint64_t>(values.back()) != t.count())
            wrong(key, fmt::format("ends with {}, but {} has {}", values.back(), t.name,
                                   counted(static_cast<std::int64_t>(t.count()), "event")));
        return {values.begin(), values.end()};
    }

    static void expect_as_many(const StoredSet& set, std::uint64_t count,
                               const std::string& other) {
        if (set.count() == count) return;
        const auto samples = static_cast<std::int64_t>(set.count());
        throw DataError(fmt::format("{} has {}, but {} has {}", set.place(),
                                    counted(samples, "sample"), other, count));
    }
    static void expect_as_many(const StoredSet& set, const Rows& other) {
        expect_as_many(set, other.count(), other.name);
    }
    void expect_one_each(const StoredSet& set, const Rows& other) const {
        expect_as_many(set, other);
        if (other.row_size() != 1)
            throw DataError(fmt::format("{}: {} is {}; it must have one value for each sample",
                                        file_.path, other.name, other.shape_text()));
    }

    const DataFile& file_;
    const DataSpec& data_;
    const ArrayNames& names_;
    const std::string set_;
};

/// Class names that lie beside the samples.
std::vector<std::string> class_names_in(const DataFile& file) {
    for (const char* name : {"classes", "class_names", "extra/keys"}) {
        if (file.has(name)) return file.texts(name);
    }
    return {};
}

/// The set where it has a file of its own: under its own name, or under none.
StoredSet only_set(const DataFile& file, const DataSpec& data, const ArrayNames& names,
                   const std::vector<std::string>& sets) {
    for (const std::string& set : sets) {
        const SetFinder finder(file, data, names, set);
        if (finder.found()) return finder.open();
    }
    const std::string x = names.inputs.empty() ? "x" : names.inputs[0];
    throw DataError(fmt::format("{}: there is neither {} nor {}", file.path,
                                file.name_of(sets[0], x), file.name_of("", x)));
}

}  // namespace

StoredSamples open_samples(const DataSpec& data, const std::filesystem::path& folder,
                           const ArrayNames& names, bool needs_train) {
    const std::unique_ptr<DataFile> file = data.arrays
                                               ? open_array_data(data.arrays, data.file)
                                               : open_data_file((folder / data.file).string());
    StoredSamples out;
    const bool named = !names.inputs.empty() || !names.targets.empty();
    const auto find = [&](const std::string& set) -> std::optional<StoredSet> {
        const SetFinder finder(*file, data, names, set);
        if (!finder.found()) return std::nullopt;
        if (named && !set.empty() && out.unused.empty()) out.unused = finder.unused();
        return finder.open();
    };
    out.class_names = class_names_in(*file);
    std::optional<StoredSet> train = find("train");
    if (!train) train = find("");
    if (!train && !needs_train) train = find("test");
    if (!train && !names.inputs.empty())
        throw DataError(fmt::format("{}: {} is missing: what an input is shown{}", file->path,
                                    file->name_of("train", names.inputs[0]),
                                    did_you_mean(names.inputs[0], file->keys("train"))));
    if (!train)
        throw DataError(fmt::format(
            "{}: {} is missing; there must be {}, {}, {} and {}, each "
            "[sample][value], or events",
            file->path, file->name_of("train", "x"), file->name_of("train", "x"),
            file->name_of("train", "y"), file->name_of("test", "x"), file->name_of("test", "y")));
    out.train = std::move(*train);
    if (!data.groups.empty() && !out.train.groups)
        throw DataError(
            fmt::format("{}: {} is missing, which data.groups asks for", file->path, data.groups));
    if (!data.test_file.empty()) {
        const auto other = open_data_file((folder / data.test_file).string());
        out.test = only_set(*other, data, names, {"test", ""});
        if (out.class_names.empty()) out.class_names = class_names_in(*other);
    } else {
        out.test = find("test");
    }
    if (!data.valid_file.empty()) {
        const auto other = open_data_file((folder / data.valid_file).string());
        out.valid = only_set(*other, data, names, {"valid", "val", ""});
    } else {
        out.valid = find("valid");
        if (!out.valid) out.valid = find("val");
    }
    return out;
}

}  // namespace snnsim
