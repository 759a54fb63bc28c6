#include "src/report/stats_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/report/csv.hpp"
#include "src/report/learned_text.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// "-" where the value is not defined.
std::string number(double value, int digits) {
    return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "-";
}

std::string json_number(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string json_text(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out + "\"";
}

constexpr std::size_t least_width = 16;  // letters of the column of names

std::string when(const RunStats& s) {
    if (s.training) return fmt::format("recorded test samples of {:g} ms", s.sample);
    return fmt::format("{:g} ms to {:g} ms", s.from, s.to);
}

/// A line of a table; the first column is as wide as the longest name.
template <class... Texts>
std::string table_row(std::size_t width, const std::string& name, const Texts&... texts) {
    return fmt::format("{:<{}} {:>10} {:>12} {:>10} {:>9} {:>8} {:>8} {:>10} {:>12}\n", name, width,
                       texts...);
}
std::string table_head(std::size_t width, const char* second, const char* third) {
    return table_row(width, "population", second, third, "rate [Hz]", "sd [Hz]", "CV ISI", "Fano",
                     "synchrony", "correlation");
}

/// A value of each run that has the population.
std::vector<double> values_of(const std::vector<RunStats>& runs, const std::string& population,
                              double (*of)(const PopulationStats&)) {
    std::vector<double> values;
    for (const RunStats& run : runs) {
        if (const PopulationStats* p = find_population(run, population)) values.push_back(of(*p));
    }
    return values;
}

/// "3 runs of cuba, seeds 1, 2, 3: 0 ms to 1000 ms"
std::string runs_text(const std::vector<RunStats>& runs) {
    std::vector<std::string> names, seeds, times;
    const auto add = [](std::vector<std::string>& list, const std::string& item) {
        if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
    };
    for (const RunStats& run : runs) {
        add(names, run.model_name);
        add(seeds, std::to_string(run.seed));
        add(times, when(run));
    }
    std::string out =
        fmt::format("{} of {}, {} {}: {}\n", counted(static_cast<std::int64_t>(runs.size()), "run"),
                    join(names), plural(static_cast<std::int64_t>(seeds.size()), "seed"),
                    join(seeds), times[0]);
    if (times.size() > 1) out += fmt::format("  the runs are not of one length: {}\n", join(times));
    return out;
}

/// What a reader must know about a population's row.
std::string note(const RunStats& stats, const PopulationStats& p) {
    if (p.recorded == 0) {
        std::string text = fmt::format("  {}: spikes not recorded", p.name);
        if (p.counted_rate)
            text += fmt::format("; {:.3f} Hz counted over the whole run", *p.counted_rate);
        return text +
               fmt::format(
                   "; the model records them with `record: [{{population: {}, what: spikes}}]`\n",
                   p.name);
    }
    std::string text;
    if (stats.training) text += fmt::format("  {}: {}\n", p.name, counted(p.samples, "sample"));
    if (p.recorded < p.size) {
        text += fmt::format("  {}: only {} of {} {} recorded; all numbers are {}\n", p.name,
                            grouped(p.recorded), counted(p.size, "cell"),
                            p.recorded == 1 ? "is" : "are", p.recorded == 1 ? "its" : "theirs");
    }
    return text;
}

}  // namespace

const char* const stats_definitions =
    "rate: over all recorded cells, silent ones too: mean and standard deviation, Hz\n"
    "CV ISI: sd / mean of a cell's inter-spike intervals, mean over cells with at least 4 "
    "intervals\n"
    "Fano: variance / mean of a cell's spike counts in 100 ms windows, mean over cells that fire\n"
    "synchrony: variance / mean of the population's spike count in bins of --bin\n"
    "correlation: of two cells' spike counts in 2 ms bins, mean over all pairs of the first 200 "
    "cells\n"
    "             that fire\n"
    "Variances have divisor n. A spike at t is counted when from < t <= to; bins that are not "
    "whole\n"
    "are left out. Runs of trainings have rates only.\n";

std::string stats_table(const RunStats& stats) {
    std::string out =
        fmt::format("{}: {}, seed {}, {}\n", stats.path, stats.model_name, stats.seed, when(stats));
    const std::size_t width = column_width(stats.populations, least_width,
                                           [](const PopulationStats& p) { return p.name; });
    out += table_head(width, "cells", "spikes");
    std::string notes;
    for (const PopulationStats& p : stats.populations) {
        const bool seen = p.recorded > 0;
        out += table_row(width, p.name, grouped(seen ? p.recorded : p.size),
                         seen ? grouped(static_cast<std::int64_t>(p.spikes)) : "-",
                         number(p.rate.mean, 3), number(p.rate.sd, 3), number(p.cv_isi.mean, 3),
                         number(p.fano.mean, 3), number(p.synchrony, 3),
                         number(p.correlation.mean, 5));
        notes += note(stats, p);
    }
    out += learned_text(stats.learned);
    if (stats.status != RunStatus::finished)
        notes += fmt::format("  the run has not finished (status: {})\n", name_of(stats.status));
    return out + notes;
}

std::string stats_json(const RunStats& stats) {
    std::string out = fmt::format(
        "{{\n \"run\": {},\n \"model\": {},\n \"seed\": {},\n \"status\": \"{}\",\n",
        json_text(stats.path), json_text(stats.model_name), stats.seed, name_of(stats.status));
    if (stats.training) {
        out += fmt::format(" \"sample_ms\": {},\n", json_number(stats.sample));
    } else {
        out += fmt::format(
            " \"from_ms\": {},\n \"to_ms\": {},\n \"synchrony_bin_ms\": {},\n"
            " \"fano_window_ms\": {},\n \"correlation_bin_ms\": {},\n",
            json_number(stats.from), json_number(stats.to), json_number(stats.synchrony_bin),
            json_number(stats.fano_window), json_number(stats.correlation_bin));
    }
    out += " \"populations\": {";
    for (const PopulationStats& p : stats.populations) {
        out += fmt::format("{}\n  {}: {{\n   \"cells\": {},\n   \"cells_recorded\": {},\n",
                           &p == stats.populations.data() ? "" : ",", json_text(p.name), p.size,
                           p.recorded);
        if (stats.training) out += fmt::format("   \"samples\": {},\n", p.samples);
        if (p.counted_rate)
            out += fmt::format("   \"counted_rate_hz\": {},\n", json_number(*p.counted_rate));
        out += fmt::format(
            "   \"spikes\": {},\n   \"rate_hz\": {},\n   \"rate_sd_hz\": {},\n   \"cv_isi\": {},\n"
            "   \"cv_isi_cells\": {},\n   \"fano\": {},\n   \"fano_cells\": {},\n   \"synchrony\": "
            "{},\n"
            "   \"correlation\": {},\n   \"correlation_cells\": {}\n  }}",
            p.recorded > 0 ? std::to_string(p.spikes) : "null", json_number(p.rate.mean),
            json_number(p.rate.sd), json_number(p.cv_isi.mean), p.cv_isi.cells,
            json_number(p.fano.mean), p.fano.cells, json_number(p.synchrony),
            json_number(p.correlation.mean), p.correlation.cells);
    }
    return out + "\n }\n}\n";
}

std::vector<std::string> populations_of(const std::vector<RunStats>& runs) {
    std::vector<std::string> names;
    for (const RunStats& run : runs) {
        for (const PopulationStats& p : run.populations) {
            if (std::find(names.begin(), names.end(), p.name) == names.end())
                names.push_back(p.name);
        }
    }
    return names;
}

const PopulationStats* find_population(const RunStats& run, const std::string& name) {
    for (const PopulationStats& p : run.populations) {
        if (p.name == name) return &p;
    }
    return nullptr;
}

std::string stats_table(const std::vector<RunStats>& runs) {
    const std::vector<std::string> populations = populations_of(runs);
    const std::size_t width =
        column_width(populations, least_width, [](const std::string& name) { return name; });
    std::string out = runs_text(runs) + table_head(width, "", "spikes");
    for (const std::string& name : populations) {
        std::vector<std::string> mean, sd;
        const auto add = [&](double (*of)(const PopulationStats&), int digits) {
            const Spread spread = spread_of(values_of(runs, name, of));
            mean.push_back(number(spread.mean, digits));
            sd.push_back(number(spread.sd, digits));
        };
        add(
            [](const PopulationStats& p) {
                return p.recorded > 0 ? static_cast<double>(p.spikes)
                                      : std::numeric_limits<double>::quiet_NaN();
            },
            1);
        for (std::size_t k = 0; k < 6; ++k)
            add(statistics[k].of, statistics[k].name == std::string("correlation") ? 5 : 3);
        for (const auto* row : {&mean, &sd}) {
            const std::vector<std::string>& r = *row;
            out += table_row(width, row == &mean ? name : "", row == &mean ? "mean" : "sd", r[0],
                             r[1], r[2], r[3], r[4], r[5], r[6]);
        }
        for (const RunStats& run : runs) {
            if (!find_population(run, name))
                out += fmt::format("  {} is not in {}\n", name, run.path);
        }
    }
    for (const RunStats& run : runs) {
        if (run.status != RunStatus::finished)
            out +=
                fmt::format("  {} has not finished (status: {})\n", run.path, name_of(run.status));
    }
    return out + "mean and sd over the runs; sd has the divisor n - 1\n";
}

std::string stats_json(const std::vector<RunStats>& runs) {
    std::string out = "{\n\"runs\": [\n";
    for (std::size_t k = 0; k < runs.size(); ++k) out += (k ? ",\n" : "") + stats_json(runs[k]);
    out += "],\n\"populations\": {";
    const std::vector<std::string> names = populations_of(runs);
    for (const std::string& name : names) {
        out += fmt::format("{}\n {}: {{", &name == names.data() ? "" : ",", json_text(name));
        for (const Statistic& s : statistics) {
            const Spread spread = spread_of(values_of(runs, name, s.of));
            out += fmt::format("{}\n  \"{}\": {{\"mean\": {}, \"sd\": {}, \"runs\": {}}}",
                               &s == statistics.data() ? "" : ",", s.name, json_number(spread.mean),
                               json_number(spread.sd), spread.runs);
        }
        out += "\n }";
    }
    return out + "\n}\n}\n";
}

std::string stats_csv(const std::vector<RunStats>& runs) {
    std::vector<std::string> names{"run",        "model", "seed",           "status",
                                   "population", "cells", "cells_recorded", "spikes"};
    for (const Statistic& s : statistics) names.push_back(s.name);
    CsvTable table(std::move(names));
    for (const RunStats& run : runs) {
        for (const PopulationStats& p : run.populations) {
            std::vector<std::string> row{run.path,
                                         run.model_name,
                                         std::to_string(run.seed),
                                         name_of(run.status),
                                         p.name,
                                         std::to_string(p.size),
                                         std::to_string(p.recorded),
                                         p.recorded > 0 ? std::to_string(p.spikes) : ""};
            for (const Statistic& s : statistics) row.push_back(csv_number(s.of(p)));
            table.add(row);
        }
    }
    return table.text();
}

}  // namespace snnsim
