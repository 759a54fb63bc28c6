#include "src/cli/stats_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "src/cli/progress.hpp"

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

std::string when(const RunStats& s) {
    if (s.training) return fmt::format("recorded test samples of {:g} ms", s.sample);
    return fmt::format("{:g} ms to {:g} ms", s.from, s.to);
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
    if (stats.training)
        text += fmt::format("  {}: {} sample{}\n", p.name, p.samples, p.samples == 1 ? "" : "s");
    if (p.recorded < p.size) {
        text += fmt::format("  {}: only {} of {} cells are recorded; all numbers are theirs\n",
                            p.name, grouped(p.recorded), grouped(p.size));
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
    out += fmt::format("{:<16} {:>10} {:>12} {:>10} {:>9} {:>8} {:>8} {:>10} {:>12}\n",
                       "population", "cells", "spikes", "rate [Hz]", "sd [Hz]", "CV ISI", "Fano",
                       "synchrony", "correlation");
    std::string notes;
    for (const PopulationStats& p : stats.populations) {
        const bool seen = p.recorded > 0;
        out += fmt::format("{:<16} {:>10} {:>12} {:>10} {:>9} {:>8} {:>8} {:>10} {:>12}\n", p.name,
                           grouped(seen ? p.recorded : p.size),
                           seen ? grouped(static_cast<std::int64_t>(p.spikes)) : "-",
                           number(p.rate.mean, 3), number(p.rate.sd, 3), number(p.cv_isi.mean, 3),
                           number(p.fano.mean, 3), number(p.synchrony, 3),
                           number(p.correlation.mean, 5));
        notes += note(stats, p);
    }
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

}  // namespace snnsim
