#include "src/search/read_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/model/places.hpp"
#include "src/model/problems.hpp"
#include "src/model/read_fields.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {
namespace {

/// "200 pA" is 200 and "pA".
struct Quantity {
    double number = 0.0;
    std::string unit;
};
std::optional<Quantity> quantity_in(const std::string& text) {
    Quantity out;
    std::string_view rest;
    if (!read_decimal(text, out.number, rest).empty() || !std::isfinite(out.number))
        return std::nullopt;
    const std::size_t first = rest.find_first_not_of(' ');
    if (first != std::string_view::npos) out.unit = rest.substr(first);
    return out;
}

class Checker {
  public:
    Checker(Problems& problems, const SearchSpec& search) : problems_(problems), search_(search) {}

    void check(const Value& root) {
        const auto given = [&](const char* key) { return root.find(key); };
        const bool grid = search_.method == SearchMethod::grid;
        const bool cma = search_.method == SearchMethod::cma_es;
        if (grid && given("evaluations"))
            problems_.add(*given("evaluations"),
                          "a grid tries all of its points; leave evaluations out");
        if (!grid && search_.evaluations == 0 && !given("evaluations"))
            problems_.add(root, fmt::format("{} needs the key 'evaluations', for example "
                                            "'evaluations: 200'",
                                            cma ? "cma_es" : "random"));
        for (const char* key : {"population", "sigma"}) {
            if (!cma && given(key))
                problems_.add(*given(key), fmt::format("{} is a key of cma_es; leave it out", key));
        }
        if (grid && given("goal"))
            problems_.add(*given("goal"), "a grid tries all of its points; leave goal out");
        if (const Value* name = given("name"); name && !problems_.inside(*name)) {
            const std::string wrong = why_no_name(search_.name, "the name");
            if (!wrong.empty()) problems_.add(*name, wrong);
        }
        check_vary(root);
        check_objective(root);
        check_stats(root);
    }

  private:
    /// Times, as the model has them, are looked at with the model.
    void check_stats(const Value& root) {
        const Value* stats = root.find("stats");
        if (!stats || problems_.inside(*stats)) return;
        for (const Entry& e : stats->map) {
            double ms = 0.0;
            const std::string wrong = read_quantity(e.value.text, "ms", e.key, ms);
            if (!wrong.empty()) problems_.add(e.value, wrong);
        }
    }
    void check_vary(const Value& root) {
        const Value* vary = root.find("vary");
        if (!vary || problems_.inside(*vary)) return;
        if (search_.vary.empty())
            problems_.add(*vary,
                          "vary names no parameter, so that all runs would be the same; for "
                          "example `populations.E.tau_m: {from: 5 ms, to: 40 ms}`");
        for (std::size_t k = 0; k < search_.vary.size(); ++k)
            check_range(search_.vary[k], vary->map[k].value);
    }

    /// Of a key, or where it should be.
    static const Value& place(const Value& at, const char* key) {
        const Value* found = at.find(key);
        return found ? *found : at;
    }

    void check_range(const VariedSpec& v, const Value& at) {
        if (v.name == "seed") {
            problems_.add(v.at, "seeds are no parameter to search for; see `seeds`");
            return;
        }
        if (!v.values.empty() || at.find("values")) {
            check_values(v, at);
            return;
        }
        for (const char* key : {"from", "to"}) {
            if (!at.find(key))
                problems_.add(
                    at, fmt::format(
                            "{} is missing the key '{}', an end of its range{}", v.name, key,
                            search_.method == SearchMethod::cma_es ? "" : " (or a list `values`)"));
        }
        if (!at.find("from") || !at.find("to")) return;
        const auto low = read(v.from, place(at, "from"), "from"),
                   high = read(v.to, place(at, "to"), "to");
        if (!low || !high) return;
        if (low->unit != high->unit) {
            problems_.add(place(at, "to"),
                          fmt::format("{} goes from '{}' to '{}': write both in one "
                                      "unit",
                                      v.name, v.from, v.to));
            return;
        }
        if (!(low->number < high->number)) {
            problems_.add(place(at, "to"),
                          fmt::format("{} goes from {} to {}: there is nothing to vary; `to` must "
                                      "be above `from`",
                                      v.name, v.from, v.to));
            return;
        }
        if (v.whole && std::ceil(low->number) >= std::floor(high->number))
            problems_.add(
                place(at, "to"),
                fmt::format("from {} to {} there are no two whole numbers", v.from, v.to));
        if (v.scale == Scale::log && low->number <= 0.0)
            problems_.add(place(at, "from"),
                          fmt::format("a range of scale: log must begin above 0; "
                                      "found '{}'",
                                      v.from));
        check_start(v, *low, *high, at);
        const bool grid = search_.method == SearchMethod::grid;
        if (grid && v.points == 0)
            problems_.add(at, fmt::format("a grid needs the key 'points' or 'values' of {}, for "
                                          "example 'points: 5'",
                                          v.name));
        if (!grid && v.points > 0)
            problems_.add(place(at, "points"), "points is a key of a grid; leave it out");
    }

    void check_values(const VariedSpec& v, const Value& at) {
        if (search_.method == SearchMethod::cma_es) {
            problems_.add(place(at, "values"),
                          "cma_es moves through a range; write from and to, or another method");
            return;
        }
        for (const char* key : {"from", "to", "start", "points"}) {
            if (at.find(key))
                problems_.add(*at.find(key),
                              fmt::format("{} has values already; leave {} out", v.name, key));
        }
        if (v.values.size() < 2)
            problems_.add(place(at, "values"),
                          fmt::format("{} has {}, so that nothing varies; write two or more",
                                      v.name, v.values.empty() ? "no value" : "one value"));
        for (std::size_t k = 0; k < v.values.size(); ++k) {
            if (std::find(v.values.begin(), v.values.begin() + static_cast<std::ptrdiff_t>(k),
                          v.values[k]) != v.values.begin() + static_cast<std::ptrdiff_t>(k))
                problems_.add(place(at, "values").list[k],
                              fmt::format("{} has the value {} already", v.name, v.values[k]));
        }
    }

    void check_start(const VariedSpec& v, const Quantity& low, const Quantity& high,
                     const Value& at) {
        if (!at.find("start")) return;
        if (search_.method != SearchMethod::cma_es) {
            problems_.add(place(at, "start"), "start is a key of cma_es; leave it out");
            return;
        }
        const auto start = read(v.start, place(at, "start"), "start");
        if (start &&
            (start->unit != low.unit || start->number < low.number || start->number > high.number))
            problems_.add(place(at, "start"),
                          fmt::format("start must be in the range, {} to {}, in its unit; found "
                                      "'{}'",
                                      v.from, v.to, v.start));
    }

    std::optional<Quantity> read(const std::string& text, const Value& at, const char* key) {
        const auto found = quantity_in(text);
        if (!found)
            problems_.add(at, fmt::format("{} must be a number, with its unit where it has one; "
                                          "found '{}'",
                                          key, text));
        return found;
    }

    void check_objective(const Value& root) {
        const Value* list = root.find("objective");
        if (!list || problems_.inside(*list)) return;
        if (search_.objective.empty())
            problems_.add(*list,
                          "objective asks for nothing; for example `{measure: rate_hz, "
                          "population: E, target: 5}`");
        for (std::size_t k = 0; k < search_.objective.size(); ++k) {
            const Value& at = list->list[k];
            const bool aim = at.find("aim"), target = at.find("target");
            if (aim && target)
                problems_.add(*at.find("aim"),
                              "a target is what is aimed at; leave aim or target out");
            if (!aim && !target)
                problems_.add(at, fmt::format("say what '{}' is to be: aim: maximise, aim: "
                                              "minimise, or target: a number",
                                              search_.objective[k].measure));
        }
    }

    Problems& problems_;
    const SearchSpec& search_;
};

/// `set`: what all runs have, in place of what the model says.
void take_settings(Value& root, Problems& problems, SearchSpec& out) {
    const auto at = std::find_if(root.map.begin(), root.map.end(),
                                 [](const Entry& e) { return e.key == "set"; });
    if (at == root.map.end()) return;
    if (at->value.kind != Value::Kind::map) {
        problems.add(at->value, fmt::format("set must be a mapping (path: value), not {}",
                                            describe(at->value)));
    }
    for (const Entry& e : at->value.map) {
        if (e.key == "seed")
            problems.add(e.at, "runs have the seeds 1, 2, ...; say how many with `seeds`");
        out.settings.push_back(e.key + "=" + one_line(e.value));
    }
    root.map.erase(at);
}

/// `parameters.g: [4, 5, 6]` is `parameters.g: {values: [4, 5, 6]}`.
void write_out_lists(Value& root) {
    const auto vary = std::find_if(root.map.begin(), root.map.end(),
                                   [](const Entry& e) { return e.key == "vary"; });
    if (vary == root.map.end()) return;
    for (Entry& e : vary->value.map) {
        if (e.value.kind != Value::Kind::list) continue;
        Value values;
        values.kind = Value::Kind::map;
        values.at = e.value.at;
        values.map.push_back({"values", e.value.at, std::move(e.value)});
        e.value = std::move(values);
    }
}

double share_of(double value, double low, double high, bool log) {
    return log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
}

}  // namespace

VariedRange::VariedRange(const VariedSpec& spec)
    : name_(spec.name), log_(spec.scale == Scale::log), whole_(spec.whole), values_(spec.values) {
    if (!values_.empty()) return;
    const auto low = quantity_in(spec.from), high = quantity_in(spec.to);
    SNN_EXPECT(low && high);
    low_ = whole_ ? std::ceil(low->number) : low->number;
    high_ = whole_ ? std::floor(high->number) : high->number;
    unit_ = low->unit;
    if (const auto start = quantity_in(spec.start))
        start_ = share_of(start->number, low_, high_, log_);
    for (std::int64_t k = 0; k < spec.points; ++k) {
        std::string next = value(static_cast<double>(k) / static_cast<double>(spec.points - 1));
        if (values_.empty() || next != values_.back()) values_.push_back(std::move(next));
    }
}

std::string VariedRange::value(double share) const {
    share = std::abs(std::remainder(share, 2.0));     // mirrored at 0 and 1
    const double end = whole_ ? high_ + 1.0 : high_;  // each whole number has as much of the range
    double number = log_ ? low_ * std::pow(end / low_, share) : low_ + share * (end - low_);
    number = std::clamp(whole_ ? std::floor(number) : number, low_, high_);
    return fmt::format("{:.10g}{}{}", number, unit_.empty() ? "" : " ", unit_);
}

SearchSpec read_search(const std::string& path) {
    const std::string wrong = why_unreadable(path);
    if (!wrong.empty()) throw FileError("cannot open the search file " + path + ": " + wrong);
    return parse_search(read_small_text(path), path);
}

SearchSpec parse_search(const std::string& text, const std::string& path) {
    SearchSpec out;
    Problems problems(text, path);
    Value root = parse_yaml(text, problems);
    if (root.kind != Value::Kind::map) problems.throw_if_any();
    take_settings(root, problems, out);
    write_out_lists(root);
    FieldReader(problems).read_struct(root, "the search file", out);
    if (const Value* stats = root.find("stats")) out.stats.at = stats->at;
    Checker(problems, out).check(root);
    problems.throw_if_any();
    out.path = path;
    out.text = text;
    out.model = (std::filesystem::path(path).parent_path() / out.model).lexically_normal().string();
    return out;
}

}  // namespace snnsim
