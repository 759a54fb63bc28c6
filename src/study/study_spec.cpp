#include "src/study/study_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/model/problems.hpp"
#include "src/model/units.hpp"
#include "src/run/seeds.hpp"
#include "src/text/numbers.hpp"
#include "src/text/short_path.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

class Reader {
  public:
    Reader(const std::string& text, const std::string& path)
        : problems_(text, path), folder_(std::filesystem::path(path).parent_path()) {
        study_.path = path;
        study_.text = text;
    }

    StudySpec read() {
        const Value root = parse_yaml(study_.text, problems_);
        if (root.kind != Value::Kind::map) problems_.throw_if_any();
        static const std::vector<std::string> keys{"name",   "seeds", "targets", "energy",
                                                   "models", "set",   "grid",    "stats"};
        check_keys(root, keys, "the study file");
        if (const Value* v = root.find("name")) study_.name = word(*v, "name");
        if (const Value* v = root.find("energy")) study_.energy = word(*v, "energy");
        if (const Value* v = root.find("seeds")) read_seeds(*v);
        if (const Value* v = root.find("targets")) read_targets(*v);
        if (const Value* v = root.find("stats")) read_stats(*v);
        StudyModel common;
        read_settings(root, common);
        const Value* models = root.find("models");
        for (const char* key : {"name", "models"}) {
            if (!root.find(key))
                problems_.add(root, fmt::format("the study file is missing the key '{}'", key));
        }
        if (models && expect(*models, Value::Kind::map, "models")) {
            for (const Entry& entry : models->map) read_model_entry(entry, common);
        }
        problems_.throw_if_any();
        return std::move(study_);
    }

  private:
    void check_keys(const Value& value, const std::vector<std::string>& known, const char* where) {
        for (const Entry& e : value.map) {
            if (std::find(known.begin(), known.end(), e.key) != known.end()) continue;
            problems_.add(e.at, fmt::format("unknown key '{}' in {}{} (known: {})", e.key, where,
                                            did_you_mean(e.key, known), join(known)));
        }
    }
    bool expect(const Value& value, Value::Kind kind, const char* key) {
        if (value.kind == kind) return true;
        problems_.add(value, fmt::format("{} must be a {}, not {}", key,
                                         kind == Value::Kind::map    ? "mapping"
                                         : kind == Value::Kind::list ? "list"
                                                                     : "single value",
                                         describe(value)));
        return false;
    }
    std::string word(const Value& value, const char* key) {
        if (!expect(value, Value::Kind::scalar, key)) return "";
        return value.text;
    }
    std::uint64_t whole(const Value& value, const char* key) {
        std::uint64_t number = 0;
        if (!expect(value, Value::Kind::scalar, key)) return number;
        const std::string wrong =
            read_whole(value.text, std::uint64_t{0}, ~std::uint64_t{0}, number);
        if (!wrong.empty()) problems_.add_last(value, fmt::format("{} {}", key, wrong));
        return number;
    }
    /// As the options of `snnsim stats`.
    void read_stats(const Value& value) {
        if (!expect(value, Value::Kind::map, "stats")) return;
        check_keys(value, {"from", "to", "bin"}, "stats");
        for (const auto& [key, member] :
             {std::pair{"from", &StatsOptions::from}, std::pair{"to", &StatsOptions::to},
              std::pair{"bin", &StatsOptions::bin}}) {
            const Value* v = value.find(key);
            if (!v) continue;
            double ms = 0.0;
            const std::string wrong = read_quantity(v->text, "ms", key, ms);
            if (!wrong.empty()) problems_.add(*v, wrong);
            study_.stats.*member = v->text;
        }
    }
    /// `seeds: 5` stands for 1 to 5; `seeds: 1..5` is those, too.
    void read_seeds(const Value& value) {
        study_.seeds.clear();
        if (value.kind == Value::Kind::list) {
            for (const Value& item : value.list) {
                const std::uint64_t seed = whole(item, "seeds");
                if (std::find(study_.seeds.begin(), study_.seeds.end(), seed) != study_.seeds.end())
                    problems_.add(item, fmt::format("the seed {} is there twice", seed));
                study_.seeds.push_back(seed);
            }
        } else if (value.text.find_first_of(".,") != std::string::npos) {
            try {
                study_.seeds = snnsim::read_seeds(value.text, "seeds");
            } catch (const UsageError& e) {
                problems_.add(value, e.what());
            }
        } else {
            constexpr std::uint64_t most = 10000;
            const std::uint64_t count = whole(value, "seeds");
            if (count > most)
                problems_.add(value, fmt::format("seeds: at most {}; found {}", most, count));
            for (std::uint64_t k = 1; k <= std::min(count, most); ++k) study_.seeds.push_back(k);
        }
        if (study_.seeds.empty()) problems_.add(value, "there must be at least one seed");
    }
    void read_targets(const Value& value) {
        if (!expect(value, Value::Kind::list, "targets")) return;
        for (const Value& item : value.list) {
            double target = 0.0;
            const std::string wrong = read_quantity(item.text, "", "targets", target);
            if (!wrong.empty() || target <= 0.0 || target > 1.0) {
                problems_.add(item, wrong.empty() ? "a target is an accuracy, in (0, 1]" : wrong);
            }
            study_.targets.push_back(target);
        }
    }
    void read_settings(const Value& value, StudyModel& out) {
        if (const Value* set = value.find("set"); set && expect(*set, Value::Kind::map, "set")) {
            for (const Entry& e : set->map) {
                drop_axis(out, e.key);
                out.settings.push_back(e.key + "=" + one_line(e.value));
            }
        }
        if (const Value* grid = value.find("grid");
            grid && expect(*grid, Value::Kind::map, "grid")) {
            for (const Entry& e : grid->map) read_axis(e, out);
        }
    }
    static void drop_axis(StudyModel& model, const std::string& key) {
        std::erase_if(model.grid, [&](const StudyModel::Axis& axis) { return axis.key == key; });
    }
    void read_axis(const Entry& entry, StudyModel& out) {
        if (entry.key == "seed") {
            problems_.add(entry.at, "the seeds stand under 'seeds'");
        } else if (expect(entry.value, Value::Kind::list, "the values of an axis")) {
            StudyModel::Axis axis{entry.key, {}};
            for (const Value& item : entry.value.list) {
                std::string text = one_line(item);
                if (std::find(axis.values.begin(), axis.values.end(), text) != axis.values.end()) {
                    problems_.add(item, fmt::format("the axis has the value {} already", text));
                }
                axis.values.push_back(std::move(text));
            }
            if (axis.values.empty()) problems_.add(entry.value, "an axis needs at least one value");
            drop_axis(out, axis.key);
            out.grid.push_back(std::move(axis));
        }
    }
    void read_model_entry(const Entry& entry, const StudyModel& common) {
        StudyModel model = common;
        model.name = entry.key;
        const Value& value = entry.value;
        if (value.kind == Value::Kind::scalar) {  // `mlp: mlp.yaml`
            model.path = (folder_ / value.text).lexically_normal().string();
        } else if (expect(value, Value::Kind::map, entry.key.c_str())) {
            static const std::vector<std::string> keys{"file", "set", "grid"};
            check_keys(value, keys, entry.key.c_str());
            if (const Value* file = value.find("file")) {
                model.path = (folder_ / word(*file, "file")).lexically_normal().string();
            } else {
                problems_.add(value, entry.key + " is missing the key 'file': its model file");
            }
            read_settings(value, model);
        }
        study_.models.push_back(std::move(model));
    }

    Problems problems_;
    std::filesystem::path folder_;
    StudySpec study_;
};

}  // namespace

StudySpec read_study(const std::string& path) {
    const std::string wrong = why_unreadable(path);
    if (!wrong.empty()) throw FileError("cannot open the study file " + path + ": " + wrong);
    return Reader(read_small_text(path), path).read();
}

std::vector<Configuration> configurations(const StudySpec& study) {
    std::vector<Configuration> all;
    for (std::size_t m = 0; m < study.models.size(); ++m) {
        std::vector<Configuration> some{{m, study.models[m].settings, "", {}}};
        std::vector<std::string> axes;
        for (const StudyModel::Axis& axis : study.models[m].grid) axes.push_back(axis.key);
        for (const StudyModel::Axis& axis : study.models[m].grid) {
            const std::string name = short_path(axis.key, axes);
            std::vector<Configuration> more;
            for (const Configuration& c : some) {
                for (const std::string& value : axis.values) {
                    Configuration next = c;
                    next.settings.push_back(axis.key + "=" + value);
                    next.label += fmt::format("{}{}={}", c.label.empty() ? "" : " ", name, value);
                    next.point.emplace_back(axis.key, value);
                    more.push_back(std::move(next));
                }
            }
            some = std::move(more);
        }
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace snnsim
