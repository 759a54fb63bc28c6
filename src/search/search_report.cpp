#include "src/search/search_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/csv.hpp"
#include "src/search/measures.hpp"
#include "src/text/numbers.hpp"
#include "src/text/short_path.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr std::size_t shown = 10;  // points of the table to read

/// Of the parameters, as short as they may be.
std::vector<std::string> short_names(const SearchSpec& spec) {
    std::vector<std::string> paths, names;
    for (const VariedSpec& v : spec.vary) paths.push_back(v.name);
    for (const std::string& path : paths) names.push_back(short_path(path, paths));
    return names;
}

/// By cost; what has none comes last.
std::vector<std::size_t> by_cost(const SearchResult& search) {
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < search.points.size(); ++k) order.push_back(k);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return search.points[a].cost < search.points[b].cost;
    });
    return order;
}

std::string command_of(const SearchResult& search, const TriedPoint& point) {
    std::string out = "snnsim " + shell_word(search.spec.model);
    for (const std::string& setting : settings_of(search.spec, point))
        out += " --set " + shell_word(setting);
    return out + (search.spec.seeds == 1 ? " --set seed=1"
                                         : fmt::format(" --seeds 1..{}", search.spec.seeds));
}

std::string table_of(const SearchResult& search) {
    const SearchSpec& spec = search.spec;
    std::string out = "| point |", line = "|---:|";
    for (const std::string& name : short_names(spec)) {
        out += fmt::format(" {} |", name);
        line += "---:|";
    }
    for (const ObjectiveSpec& o : spec.objective) {
        out += fmt::format(" {} |", key_of(o));
        line += "---:|";
    }
    out += " cost |\n" + line + "---:|\n";
    std::size_t rows = 0;
    for (const std::size_t k : by_cost(search)) {
        const TriedPoint& p = search.points[k];
        if (rows++ == shown || !std::isfinite(p.cost)) break;
        out += fmt::format("| {} |", k + 1);
        for (const std::string& value : p.values) out += fmt::format(" {} |", value);
        for (const double measure : p.measures) out += fmt::format(" {:.6g} |", measure);
        out += fmt::format(" {:.6g} |\n", p.cost);
    }
    return out;
}

/// The number that a value begins with; none where it is a word.
double number_in(const std::string& value) {
    double number = 0.0;
    std::string_view rest;
    return read_decimal(value, number, rest).empty() ? number
                                                     : std::numeric_limits<double>::quiet_NaN();
}
/// What stands behind the numbers of a parameter.
std::string unit_of(const SearchResult& search, std::size_t parameter) {
    if (search.points.empty()) return "";
    const std::string& value = search.points[0].values[parameter];
    const std::size_t at = value.find(' ');
    return std::isnan(number_in(value)) || at == std::string::npos ? "" : value.substr(at + 1);
}

}  // namespace

std::string point_text(const SearchSpec& spec, const TriedPoint& point) {
    std::string out;
    const std::vector<std::string> names = short_names(spec);
    for (std::size_t k = 0; k < names.size(); ++k)
        out += fmt::format("{}{} = {}", k == 0 ? "" : ", ", names[k], point.values[k]);
    return out;
}

std::string search_markdown(const SearchResult& search) {
    const SearchSpec& spec = search.spec;
    const auto failed = std::count_if(search.points.begin(), search.points.end(),
                                      [](const TriedPoint& p) { return !p.failure.empty(); });
    std::string out =
        fmt::format("# {}\n\n{}, {}, seed {}{}.\n\n", spec.name, name_of(spec.method),
                    counted(static_cast<std::int64_t>(search.points.size()), "point"), spec.seed,
                    spec.seeds > 1 ? fmt::format("; means over {} seeds", spec.seeds) : "");
    if (!search.best) {
        out += "No point has a cost.\n";
    } else {
        out += table_of(search);
        out += fmt::format("\nThe best again:\n\n    {}\n",
                           command_of(search, search.points[*search.best]));
    }
    if (failed > 0) {
        const auto& first = *std::find_if(search.points.begin(), search.points.end(),
                                          [](const TriedPoint& p) { return !p.failure.empty(); });
        out += fmt::format(
            "\nwarning: {} of {} points failed and count as the worst; the first, "
            "{}: {}\n",
            failed, search.points.size(), point_text(spec, first),
            first.failure.substr(0, first.failure.find('\n')));
    }
    return out;
}

std::string search_csv(const SearchResult& search) {
    const SearchSpec& spec = search.spec;
    std::vector<std::string> names{"point", "generation"};
    for (const VariedSpec& v : spec.vary) names.push_back(v.name);
    for (const ObjectiveSpec& o : spec.objective) names.push_back(key_of(o));
    names.insert(names.end(), {"cost", "file", "failure"});
    CsvTable table(std::move(names));
    for (std::size_t k = 0; k < search.points.size(); ++k) {
        const TriedPoint& p = search.points[k];
        std::vector<std::string> row{std::to_string(k + 1), std::to_string(p.generation + 1)};
        row.insert(row.end(), p.values.begin(), p.values.end());
        for (std::size_t n = 0; n < spec.objective.size(); ++n)
            row.push_back(n < p.measures.size() ? csv_number(p.measures[n]) : "");
        row.insert(row.end(), {csv_number(p.cost), p.files.empty() ? "" : p.files[0], p.failure});
        table.add(row);
    }
    return table.text();
}

void write_search(const std::string& path, const SearchResult& search) {
    const SearchSpec& spec = search.spec;
    const double none = std::numeric_limits<double>::quiet_NaN();
    replace_file(path, [&](const std::string& temporary) {
        h5::Handle root = h5::create_file(temporary);
        h5::write_text(root, "format", "snnsim search");
        h5::write_text(root, "name", spec.name);
        h5::write_text(root, "search", spec.text);
        std::vector<std::string> parameters, measures, units;
        for (const VariedSpec& v : spec.vary) parameters.push_back(v.name);
        for (const ObjectiveSpec& o : spec.objective) measures.push_back(key_of(o));
        h5::write_texts(root, "parameters", parameters);
        h5::write_texts(root, "measures", measures);
        for (std::size_t k = 0; k < spec.vary.size(); ++k) units.push_back(unit_of(search, k));
        h5::write_texts(root, "units", units);
        std::vector<std::string> scales;
        for (const VariedSpec& v : spec.vary) scales.push_back(name_of(v.scale));
        h5::write_texts(root, "scales", scales);
        std::vector<double> numbers, found, cost;
        std::vector<std::uint32_t> generation;
        for (const TriedPoint& p : search.points) {
            for (const std::string& value : p.values) numbers.push_back(number_in(value));
            for (std::size_t n = 0; n < measures.size(); ++n)
                found.push_back(n < p.measures.size() ? p.measures[n] : none);
            cost.push_back(p.cost);
            generation.push_back(static_cast<std::uint32_t>(p.generation + 1));
        }
        const std::size_t points = search.points.size();
        h5::write_vector(root, "points/number", numbers, "1", {points, parameters.size()});
        h5::write_vector(root, "points/measure", found, "1", {points, measures.size()});
        h5::write_vector(root, "points/cost", cost, "1");
        h5::write_vector(root, "points/generation", generation, "1");
        h5::check(H5Fflush(root, H5F_SCOPE_GLOBAL), "cannot flush");
        root.close("cannot close");
    });
}

}  // namespace snnsim
