#include "src/memory/read_hopfield.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/io/model_place.hpp"
#include "src/io/read_npy.hpp"
#include "src/model/places.hpp"
#include "src/model/problems.hpp"
#include "src/model/read_fields.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr double most_products = 2147483648.0;  // units times patterns: sums have 32 bits

struct SignRows {
    std::vector<std::int8_t> values;
    std::int64_t rows = 0, columns = 0;
};

NpyArray array_in(const std::string& path) {
    try {
        return read_npy(path, std::size_t{1} << 31);
    } catch (const FileError& wrong) {
        throw FileError(fmt::format("{}: {}{}", path, wrong.what(),
                                    path.ends_with(".npz") ? "; write it with numpy.save" : ""));
    }
}

/// [row][column] of +1 and -1. Throws FileError with what is wrong.
SignRows read_signs(const std::string& path, const char* rows) {
    if (const std::string wrong = why_unreadable(path); !wrong.empty())
        throw FileError(fmt::format("{}: {}", path, wrong));
    require_room(9 * size_of_input(path), path);  // a byte may become a double
    const NpyArray array = array_in(path);
    if (array.shape.size() != 2 || array.shape[0] == 0 || array.shape[1] < 2)
        throw FileError(
            fmt::format("{} has the shape [{}]; it must be [{}][unit], with two units "
                        "or more",
                        path, fmt::join(array.shape, ", "), rows));
    SignRows out{
        {}, static_cast<std::int64_t>(array.shape[0]), static_cast<std::int64_t>(array.shape[1])};
    out.values.reserve(array.values.size());
    for (const double v : array.values) {
        if (v != 1.0 && v != -1.0) {
            const std::size_t k = out.values.size();
            throw FileError(fmt::format("{}: [{}][{}] is {:g}; all must be +1 or -1", path,
                                        k / array.shape[1], k % array.shape[1], v));
        }
        out.values.push_back(v > 0.0 ? 1 : -1);
    }
    return out;
}

class Checker {
  public:
    Checker(Problems& problems, HopfieldModel& model) : problems_(problems), model_(model) {}

    void check(const Value& root) {
        if (const Value* name = root.find("name"); name && !problems_.inside(*name)) {
            const std::string wrong = why_no_name(model_.name, "the name");
            if (!wrong.empty()) problems_.add(*name, wrong);
        }
        const Value* const section = root.find("hopfield");
        if (!section || problems_.inside(*section)) return;
        check_patterns(*section);
        if (problems_.inside(*section)) return;
        check_starts(*section);
        HopfieldSpec& h = model_.hopfield;
        if (static_cast<double>(h.cells) * static_cast<double>(h.patterns) >= most_products)
            problems_.add(*section,
                          fmt::format("{} of {} are too many: cells times patterns must "
                                      "be below 2^31",
                                      counted(h.patterns, "pattern"), counted(h.cells, "unit")));
        if (h.trials == 0) h.trials = h.patterns;
    }

  private:
    /// What the key's file has; nothing where it cannot be read.
    std::optional<SignRows> signs(const Value& at, const std::string& name, const char* rows) {
        try {
            return read_signs(beside_model(model_.path, name).string(), rows);
        } catch (const FileError& wrong) {
            problems_.add(at, wrong.what());
            return std::nullopt;
        }
    }
    void check_patterns(const Value& section) {
        HopfieldSpec& h = model_.hopfield;
        const Value* const file = section.find("file");
        if (!file) {
            for (const char* key : {"cells", "patterns"}) {
                if (!section.find(key))
                    problems_.add(section,
                                  fmt::format("hopfield is missing the key '{}': write cells and "
                                              "patterns, or a file of patterns",
                                              key));
            }
            return;
        }
        if (const Value* both = section.find("patterns"))
            problems_.add(*both, "the file says how many patterns there are; leave patterns out");
        auto found = signs(*file, h.file, "pattern");
        if (!found) return;
        if (section.find("cells") && h.cells != found->columns)
            problems_.add(*section.find("cells"),
                          fmt::format("cells is {}, but {} has patterns of {}; leave cells out",
                                      h.cells, h.file, counted(found->columns, "unit")));
        h.cells = found->columns;
        h.patterns = found->rows;
        model_.patterns = std::move(found->values);
    }
    void check_starts(const Value& section) {
        HopfieldSpec& h = model_.hopfield;
        const Value* const start = section.find("start");
        if (!start) return;
        if (const Value* flip = section.find("flip"))
            problems_.add(*flip, "trials start from the states of a file; leave flip out");
        auto found = signs(*start, h.start, "trial");
        if (!found) return;
        if (found->columns != h.cells)
            problems_.add(*start, fmt::format("{} has states of {}, the network has {}", h.start,
                                              counted(found->columns, "unit"), h.cells));
        if (h.trials > found->rows)
            problems_.add(*section.find("trials"),
                          fmt::format("there are more trials, {}, than states in {}, {}", h.trials,
                                      h.start, found->rows));
        if (h.trials == 0) h.trials = found->rows;
        model_.starts = std::move(found->values);
    }

    Problems& problems_;
    HopfieldModel& model_;
};

}  // namespace

bool is_hopfield(const std::string& text) {
    Problems ignored(text, "");
    return parse_yaml(text, ignored).find("hopfield") != nullptr;
}

HopfieldModel parse_hopfield(const std::string& text, const std::string& path,
                             const std::vector<std::string>& overrides) {
    HopfieldModel out;
    out.path = path;
    out.text = text;
    out.overrides = overrides;
    Problems problems(text, path);
    Value root = parse_yaml(text, problems);
    if (root.kind != Value::Kind::map) problems.throw_if_any();
    for (const std::string& o : overrides) apply_override(root, o);
    apply_parameters(root, problems);
    FieldReader(problems).read_struct(root, "the model file", out);
    Checker(problems, out).check(root);
    problems.throw_if_any();
    return out;
}

}  // namespace snnsim
