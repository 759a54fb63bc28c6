#include "src/model/simulation_checks.hpp"

#include <fmt/format.h>

#include "snnsim/cell_values.hpp"
#include "src/model/late_times.hpp"
#include "src/model/units.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

void check_duration(SimulationView& model) {
    if (!model.sound({"dt"}) || !model.given({"simulate", "duration"}) ||
        !model.sound({"simulate", "duration"}))
        return;
    constexpr double most = most_steps;
    const double duration = model.spec.simulate.duration, dt = model.spec.dt;
    if (check_whole_steps(model, {"simulate", "duration"}, "duration", duration, dt) &&
        rounded_steps(duration, dt) > most) {
        model.add({"simulate", "duration"},
                  fmt::format("duration is {:.4g} steps of dt ({:g} ms); at most {:.4g}",
                              rounded_steps(duration, dt), dt, most));
    }
}

/// Engines number the cells of all populations through.
void check_cell_count(SimulationView& model) {
    constexpr double most = 4294967295.0;
    double count = 0.0;
    for (const CellPopulationSpec& p : model.spec.populations) {
        if (!model.size_known(p)) return;
        count += model.cells(p);
    }
    if (count > most)
        model.add({"populations"},
                  fmt::format("all populations together have {} cells; at most {}",
                              grouped(static_cast<std::int64_t>(count)),
                              grouped(static_cast<std::int64_t>(most))));
}

}  // namespace

void check_unit(SimulationView& model, Places::Path path, const char* key,
                const Distribution& given, const std::string& unit, const CellPopulationSpec& to) {
    if (!model.sound(path) || given.unit == unit) return;
    if (given.listed && !given.listed->from.file.empty() && given.listed->from.unit.empty())
        return;  // the file may say it
    model.add(path, fmt::format("{} is {}, but '{}' ({}) takes {}{}", key, kind_name(given.unit),
                                to.name, to.model_name(), kind_name(unit),
                                unit.empty() ? "" : fmt::format(" ({})", unit)));
}

namespace {

void check_recorded(SimulationView& model, const SimulationRecordSpec& r,
                    const CellPopulationSpec& p, const std::string& k) {
    if (!r.of_cells()) return;
    std::vector<std::string> known{"spikes", "rate"};
    for (const CellValue& v : cell_values(p)) known.push_back(v.name);
    if (std::find(known.begin(), known.end(), r.what) != known.end()) return;
    const CellFacts facts = facts_of(p);
    const bool one_sum = facts.splits_signs() && r.what.starts_with("input_");
    model.add({"record", k, "what"},
              one_sum ? fmt::format("the synapses of '{}' ({}) have one time constant, so all that "
                                    "arrives is one sum; record input",
                                    p.name, facts.model)
                      : fmt::format("'{}' ({}) has no '{}' to record{} (known: {})", p.name,
                                    facts.model, r.what, did_you_mean(r.what, known), join(known)));
}

void check_interval(SimulationView& model, const SimulationRecordSpec& r, const std::string& k) {
    const bool given = model.given({"record", k, "interval"});
    if (r.what == "spikes" && given) {
        model.add({"record", k, "interval"},
                  "interval is for values; every spike is recorded, with its time");
    } else if (r.what == "rate" && !given) {
        model.add({"record", k},
                  fmt::format("record[{}] is missing the key 'interval', for example 'interval: 10 "
                              "ms': the time over which spikes are counted",
                              k));
    } else if (r.interval > 0.0 && model.sound({"dt"})) {
        check_whole_steps(model, {"record", k, "interval"}, "interval", r.interval, model.spec.dt);
    }
}

void check_chosen(SimulationView& model, const SimulationRecordSpec& r, const CellPopulationSpec& p,
                  const std::string& k) {
    if (!model.size_known(p)) return;
    if (std::max(r.cells.first, r.cells.random) > p.size) {
        model.add({"record", k, "cells"}, fmt::format("'{}' has only {}; write cells: 0 for all",
                                                      p.name, counted(p.size, "cell")));
    }
    const double size = model.cells(p);  // a list does not become shorter with the network
    const std::vector<std::int64_t>& listed = r.cells.listed;
    for (std::size_t n = 0; n < listed.size(); ++n) {
        const auto here = listed.begin() + static_cast<std::ptrdiff_t>(n);
        if (static_cast<double>(*here) >= size) {
            model.add({"record", k, "cells", std::to_string(n)},
                      fmt::format("'{}' has no cell {}: its {:.0f} {} 0{}", p.name, *here, size,
                                  size == 1.0 ? "cell is number" : "cells are",
                                  size == 1.0 ? "" : fmt::format(" to {:.0f}", size - 1.0)));
        } else if (std::find(listed.begin(), here, *here) != here) {
            model.add({"record", k, "cells", std::to_string(n)},
                      fmt::format("cell {} is in the list already", *here));
        }
    }
}

}  // namespace

void check_recording(SimulationView& model) {
    const std::vector<SimulationRecordSpec>& record = model.spec.record;
    for (std::size_t n = 0; n < record.size(); ++n) {
        const SimulationRecordSpec& r = record[n];
        const std::string k = std::to_string(n);
        const auto earlier = record.begin() + static_cast<std::ptrdiff_t>(n);
        if (r.of_weights()) {
            if (std::any_of(record.begin(), earlier, [&](const SimulationRecordSpec& e) {
                    return e.projection == r.projection && e.what == r.what &&
                           e.of_synapses() == r.of_synapses();
                })) {
                model.add({"record", k},
                          fmt::format("{} of '{}' is recorded already", r.what, r.projection));
            }
            check_weight_record(model, r, k);
            continue;
        }
        if (!model.given({"record", k, "population"})) {
            model.add({"record", k},
                      fmt::format("record[{}] is missing the key 'population' (or 'projection'): "
                                  "what to record",
                                  k));
            continue;
        }
        for (const char* key : {"bins", "synapses"}) {
            if (model.given({"record", k, key}))
                model.add({"record", k, key},
                          fmt::format("{} is for records of weights: leave it out, or write "
                                      "'projection' for 'population'",
                                      key));
        }
        const CellPopulationSpec* p = model.find(r.population, {"record", k, "population"});
        if (!model.sound({"record", k, "what"})) continue;
        if (p && model.model_known(*p)) check_recorded(model, r, *p, k);
        check_interval(model, r, k);
        if (p && model.sound_or_absent({"record", k, "cells"})) check_chosen(model, r, *p, k);
        if (p && std::any_of(record.begin(), earlier, [&](const SimulationRecordSpec& e) {
                return e.population == r.population && e.what == r.what;
            })) {
            model.add({"record", k},
                      fmt::format("{} of '{}' is recorded already", r.what, p->name));
        }
    }
}

void check_simulation(const SimulationSpec& spec, const Value& root, Problems& problems) {
    SimulationView model(spec, root, problems);
    check_names(model, spec.name);
    check_duration(model);
    check_cells(model);
    check_cell_count(model);
    check_space(model);
    check_synapses(model);
    check_gap_junctions(model);
    check_plasticity(model);
    check_stimuli(model);
    check_phases(model);
    check_recording(model);
    check_scale(model);
    if (!problems.empty()) return;
    if (const std::optional<double> end = known_end(spec))
        tell_late(spec, *end, [&](Places::Path path, const std::string& message) {
            model.warn(path, message);
        });
}

}  // namespace snnsim
