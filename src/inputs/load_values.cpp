#include "src/inputs/load_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "snnsim/error.hpp"
#include "src/io/file_digests.hpp"
#include "src/io/read_numbers.hpp"
#include "src/model/cell_facts.hpp"
#include "src/model/late_times.hpp"
#include "src/model/limits_text.hpp"
#include "src/model/rounded_times.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/model/source_rates.hpp"
#include "src/model/units.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// Of waveforms, in all.
constexpr std::size_t most_values = 1u << 28;
/// As in the reader: cells are computed in single precision.
constexpr double greatest = static_cast<double>(std::numeric_limits<float>::max());

/// Calls f for all values of cells that a model lists or takes from a file.
void for_each_listed(SimulationSpec& spec,
                     const std::function<void(Distribution&, const CellPopulationSpec&)>& f) {
    for (CellPopulationSpec& p : spec.populations) {
        for (auto* const all : {&p.varied, &p.initial}) {
            for (NamedDistribution& d : *all) {
                if (d.value.listed) f(d.value, p);
            }
        }
    }
    for (StimulusSpec& s : spec.stimuli) {
        auto* const dc = std::get_if<DcStimulus::Params>(&s.kind);
        if (!dc || !dc->amplitude.listed) continue;
        f(dc->amplitude, spec.population(s.to));
    }
}

std::string place(const SimulationSpec& spec, const Location& at) {
    return at.line == 0 ? spec.path : fmt::format("{}:{}:{}", spec.path, at.line, at.column);
}

/// What numbers of a file are multiplied by to be in `wanted`.
double factor_of(const std::string& file, std::string in_file, const std::string& in_model,
                 const std::string& wanted, const std::string& key) {
    if (in_file == "1") in_file.clear();  // as a run says that there is none
    if (!in_file.empty() && !in_model.empty() && in_file != in_model)
        throw DataError(fmt::format("{}: it says that {} is in {}, and the model says {}", file,
                                    key, in_file, in_model));
    const std::string unit = in_model.empty() ? in_file : in_model;
    if (unit.empty() && wanted.empty()) return 1.0;
    if (unit.empty())
        throw DataError(
            fmt::format("{}: it does not say its unit: add 'unit: {}' to {}", file, wanted, key));
    double factor = 1.0;
    const std::string wrong = read_quantity("1 " + unit, wanted, key, factor);
    if (!wrong.empty()) throw DataError(fmt::format("{}: {}", file, wrong));
    return factor;
}

/// The greatest value that a parameter may have in this model, beside its own limits.
double most_of(const SimulationSpec& spec, const CellPopulationSpec& p, const std::string& key) {
    const bool source = std::holds_alternative<PoissonSource::Params>(p.cell) ||
                        std::holds_alternative<RegularSource::Params>(p.cell);
    return source && key == "rate" ? 1000.0 / spec.dt * (1.0 + 1e-9) : greatest;
}

/// Parameters that become steps.
bool is_time(const std::string& key) {
    return key == "t_ref" || key == "min_isi" || key == "first";
}

void check_value(const SimulationSpec& spec, const CellPopulationSpec& p, const ListedValues& v,
                 std::size_t k) {
    const double x = v.values[k];
    const auto fail = [&](const std::string& what) {
        throw DataError(fmt::format("{}: value {} (from 0) of {} is {:g}{}{}: {}", v.from.file, k,
                                    v.key, x, v.unit.empty() ? "" : " ", v.unit, what));
    };
    if (!std::isfinite(x) || std::abs(x) > most_of(spec, p, v.key))
        fail(fmt::format("it must be finite and at most {:g}", most_of(spec, p, v.key)));
    if (!within(x, v.limits)) fail("it must be " + limits_text(v.limits));
    if (v.key == "frequency" && !aliased(x, spec.dt).empty()) fail(aliased(x, spec.dt));
    if (is_time(v.key) && x > 0.0 && rounded_steps(x, spec.dt) == 0.0)
        fail(fmt::format("that is less than half a dt ({:g} ms) and would become 0", spec.dt));
}

void load_listed(const SimulationSpec& spec, Distribution& d, const CellPopulationSpec& p,
                 FileDigests& digests) {
    ListedValues v = *d.listed;
    if (v.from.file.empty()) return;
    NumbersFile where = v.from;
    where.file = beside_model(spec.path, v.from.file).string();
    const NumberTable table = read_numbers(where, Times::none, most_values);
    if (table.columns != 1)
        throw DataError(fmt::format("{}: it has {}; {} needs one{}", where.file,
                                    counted(static_cast<std::int64_t>(table.columns), "column"),
                                    v.key,
                                    where.file.ends_with(".csv") ? ", named by 'column'" : ""));
    if (table.rows != static_cast<std::size_t>(p.size))
        throw DataError(fmt::format("{}: it has {}, but '{}' has {}", where.file,
                                    counted(static_cast<std::int64_t>(table.rows), "value"), p.name,
                                    counted(p.size, "cell")));
    const bool open = v.unit == any_input;
    if (open) v.unit = facts_of(p).current_unit;
    const double factor = factor_of(where.file, table.unit, v.from.unit, v.unit, v.key);
    v.values = table.values;
    for (double& x : v.values) x *= factor;
    v.from.file = where.file;
    for (std::size_t k = 0; k < v.values.size(); ++k) check_value(spec, p, v, k);
    v.from.file = d.listed->from.file;
    v.from.sha256 = digests.of(where.file);
    d.unit = v.unit;
    d.listed = std::make_shared<const ListedValues>(std::move(v));
}

/// The rows of a waveform begin in different steps, one after the other.
void check_order(const SimulationSpec& spec, const std::string& file,
                 const std::vector<double>& times) {
    for (std::size_t k = 0; k < times.size(); ++k) {
        if (!std::isfinite(times[k]) || times[k] < 0.0)
            throw DataError(fmt::format("{}: time {} (from 0) is {:g} ms", file, k, times[k]));
        if (k > 0 && step_of(times[k], spec.dt) <= step_of(times[k - 1], spec.dt))
            throw DataError(
                fmt::format("{}: times must ascend by a dt ({:g} ms) at least, but "
                            "{:g} ms follows {:g} ms",
                            file, spec.dt, times[k], times[k - 1]));
    }
}

std::shared_ptr<const Waveform> load_waveform(const SimulationSpec& spec, const StimulusSpec& s,
                                              const WaveformStimulus::Params& w,
                                              const CellPopulationSpec& to, FileDigests& digests) {
    NumbersFile where{
        beside_model(spec.path, w.file).string(), w.dataset, w.column, w.unit, "", s.at};
    const bool regular = w.interval > 0.0;
    const NumberTable table =
        read_numbers(where, regular ? Times::none : Times::wanted, most_values);
    if (table.rows == 0) throw DataError(where.file + ": it has no values");
    if (table.columns != 1 && table.columns != static_cast<std::size_t>(to.size))
        throw DataError(
            fmt::format("{}: it has {} currents at a time; one is for all cells, {} "
                        "would be those of '{}'",
                        where.file, table.columns, to.size, to.name));
    const double factor =
        factor_of(where.file, table.unit, w.unit, facts_of(to).current_unit, "the current");
    Waveform out;
    out.cells = table.columns == 1 ? 0 : table.columns;
    out.end = regular ? s.start + static_cast<double>(table.rows) * w.interval
                      : std::numeric_limits<double>::infinity();
    if (regular) {
        for (std::size_t k = 0; k < table.rows; ++k)
            out.times.push_back(s.start + static_cast<double>(k) * w.interval);
    } else {
        if (table.time_unit.empty())
            throw DataError(
                fmt::format("{}: its times have no unit: write 'time (ms)' in the first "
                            "line of a .csv file, or an attribute 'units'",
                            where.file));
        const double in_ms = factor_of(where.file, table.time_unit, "", "ms", "time");
        for (const double time : table.times) out.times.push_back(time * in_ms);
    }
    check_order(spec, where.file, out.times);
    for (std::size_t k = 0; k < table.values.size(); ++k) {
        const double x = table.values[k] * factor;
        if (!std::isfinite(x) || std::abs(x) > greatest)
            throw DataError(fmt::format("{}: value {} (from 0) is {:g}", where.file, k, x));
        out.values.push_back(static_cast<float>(x));
    }
    out.sha256 = digests.of(where.file);
    return std::make_shared<const Waveform>(std::move(out));
}

void warn_of_rounded(SimulationSpec& spec, const Location& at, const std::vector<double>& times,
                     const std::string& what) {
    const RoundedTimes rounded =
        rounded_times(times.size(), spec.dt, [&](std::size_t k) { return times[k]; });
    if (rounded.off > 0)
        spec.warnings.push_back(fmt::format("{}: {}", place(spec, at), rounded.text(what)));
}

void warn_of_late_rows(SimulationSpec& spec, const StimulusSpec& s) {
    const std::optional<double> end = known_end(spec);
    if (!end) return;
    const std::vector<double>& times = s.waveform->times;
    const std::string late =
        not_before_end(times, spec.dt, *end,
                       fmt::format("the {} rows of the waveform", times.size()), "begins", "begin");
    if (!late.empty()) spec.warnings.push_back(fmt::format("{}: {}", place(spec, s.at), late));
}

}  // namespace

void load_values(SimulationSpec& spec) {
    FileDigests digests;
    for_each_listed(spec, [&](Distribution& d, const CellPopulationSpec& p) {
        const Location at = d.listed->from.at;
        try {
            load_listed(spec, d, p, digests);
            if (!d.listed->from.file.empty() && is_time(d.listed->key))
                warn_of_rounded(
                    spec, at, d.listed->values,
                    fmt::format("values of {}, {},", d.listed->from.file, d.listed->key));
        } catch (const DataError& e) {
            throw DataError(fmt::format("{}: {} of '{}': {}", place(spec, at), d.listed->key,
                                        p.name, e.what()));
        }
    });
    for (const CellPopulationSpec& p : spec.populations) {
        const std::string wrong = reset_problem(p);
        if (!wrong.empty()) throw DataError(fmt::format("{}: {}", place(spec, p.at), wrong));
    }
    for (StimulusSpec& s : spec.stimuli) {
        const auto* w = std::get_if<WaveformStimulus::Params>(&s.kind);
        if (!w) continue;
        try {
            s.waveform = load_waveform(spec, s, *w, spec.population(s.to), digests);
            warn_of_late_rows(spec, s);
            warn_of_rounded(spec, s.at, s.waveform->times, "times of the waveform " + w->file);
        } catch (const DataError& e) {
            throw DataError(fmt::format("{}: {}", place(spec, s.at), e.what()));
        }
    }
    for (const CellPopulationSpec& p : spec.populations) {
        const auto wrong = too_fast(spec, p);
        if (wrong)
            throw DataError(
                fmt::format("{}: {}", place(spec, spec.stimuli[wrong->stimulus].at), wrong->what));
    }
}

std::vector<std::string> value_files(const SimulationSpec& spec) {
    std::vector<std::string> lines;
    const auto add = [&](const std::string& sha256, const std::string& file) {
        lines.push_back(sha256 + "  " + beside_model(spec.path, file).string());
    };
    SimulationSpec copy = spec;
    for_each_listed(copy, [&](const Distribution& d, const CellPopulationSpec&) {
        if (!d.listed->from.file.empty()) add(d.listed->from.sha256, d.listed->from.file);
    });
    for (const StimulusSpec& s : spec.stimuli) {
        if (s.waveform) add(s.waveform->sha256, std::get<WaveformStimulus::Params>(s.kind).file);
    }
    std::sort(lines.begin(), lines.end());
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    return lines;
}

}  // namespace snnsim
