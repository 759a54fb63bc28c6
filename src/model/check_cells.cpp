// Checks of populations of cells, and of what scaling a network needs to know of them.
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <utility>

#include "src/files/input_file.hpp"
#include "src/model/check_neurons.hpp"
#include "src/model/distribution.hpp"
#include "src/model/euler.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/model/source_rates.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// The least and the greatest value of a parameter among the cells; nothing where the model has no
/// such parameter.
std::optional<std::pair<double, double>> extent_of(const CellPopulationSpec& p,
                                                   std::string_view parameter) {
    for (const NamedDistribution& varied : p.varied) {
        if (varied.name == parameter) return extent(varied.value);
    }
    std::optional<std::pair<double, double>> out;
    std::visit(
        [&]<class P>(const P& params) {
            const auto look = [&](const auto& field) {
                if constexpr (std::is_same_v<std::remove_cvref_t<decltype(params.*field.member)>,
                                             double>) {
                    if (field.name == parameter) out = {params.*field.member, params.*field.member};
                }
            };
            P::fields().for_each(look);
        },
        p.cell);
    return out;
}

/// The parameters after a spike and at it.
struct ResetNames {
    const char *reset, *threshold;
};
std::vector<ResetNames> resets_of(const CellPopulationSpec& p) {
    return {{"v_reset", extent_of(p, "v_peak") ? "v_peak" : "v_th"}, {"c", "v_peak"}};
}

std::string reset_problem(const CellPopulationSpec& p, const ResetNames& names) {
    const auto after = extent_of(p, names.reset), at = extent_of(p, names.threshold);
    if (!after || !at) return "";
    const double highest = after->second, lowest = at->first;
    if (!std::isfinite(highest) || !std::isfinite(lowest) || highest < lowest) return "";
    return fmt::format(
        "{} ({:g} mV) must lie below {} ({:g} mV), or a cell that fired once fires "
        "for ever",
        names.reset, highest, names.threshold, lowest);
}

/// Of the cells that trainings have too, which have no units.
bool check_unitless_reset(SimulationView& model, const CellPopulationSpec& p) {
    const auto say = [&](const auto* params) {
        if (!params) return false;
        const ResetProblem found = reset_problem(*params);
        if (found.what.empty()) return true;
        const bool blame_reset = model.given({"populations", p.name, found.key});
        model.add({"populations", p.name, blame_reset ? found.key : "v_th"}, found.what);
        return true;
    };
    return say(std::get_if<Lif::Params>(&p.cell)) || say(std::get_if<CubaLif::Params>(&p.cell));
}

void check_reset(SimulationView& model, const CellPopulationSpec& p) {
    if (check_unitless_reset(model, p)) return;
    for (const ResetNames& names : resets_of(p)) {
        const std::string wrong = reset_problem(p, names);
        if (wrong.empty()) continue;
        const bool blame_reset = model.given({"populations", p.name, names.reset});
        model.add({"populations", p.name, blame_reset ? names.reset : names.threshold}, wrong);
    }
}

void check_source(SimulationView& model, const CellPopulationSpec& p) {
    if (!model.sound({"dt"})) return;
    const SimulationView::Path path{"populations", p.name, "rate"};
    if (std::holds_alternative<PoissonSource::Params>(p.cell)) {
        const std::string wrong = aliased(extent_of(p, "frequency")->second, model.spec.dt);
        if (!wrong.empty()) model.add({"populations", p.name, "frequency"}, wrong);
        const auto amplitude = *extent_of(p, "amplitude");
        const double rate = extent_of(p, "rate")->second +
                            std::max(std::abs(amplitude.first), std::abs(amplitude.second));
        if (!std::isfinite(rate)) return;
        check_probability(model, path, "rate", rate, model.spec.dt);
    } else if (std::holds_alternative<RegularSource::Params>(p.cell)) {
        const double rate = extent_of(p, "rate")->second, dt = model.spec.dt;
        if (!std::isfinite(rate) || rate * dt * 1e-3 <= 1.0 + 1e-9) return;
        model.add(path, fmt::format("a source fires once in a dt of {:g} ms at most; write at most "
                                    "{:g} Hz, or a smaller dt",
                                    dt, 1e3 / dt));
    }
}

/// What can be seen of the file before it is read.
void check_file(SimulationView& model, const CellPopulationSpec& p) {
    const auto* source = std::get_if<SpikeSource::Params>(&p.cell);
    const SimulationView::Path path{"populations", p.name, "file"};
    if (!source || p.depth >= 0) return;  // that of a trained network is shown samples
    if (!model.given(path)) {
        model.add({"populations", p.name},
                  fmt::format("{} is missing the key 'file': spikes to play", p.name));
        return;
    }
    if (!model.sound(path)) return;
    namespace fs = std::filesystem;
    const fs::path file = beside_model(model.spec.path, source->file);
    const std::vector<std::string> endings{".h5", ".hdf5", ".csv", ".dat", ".txt"};
    if (std::find(endings.begin(), endings.end(), file.extension()) == endings.end()) {
        model.add(path, fmt::format("file must end in one of {}; found '{}'", join(endings),
                                    source->file));
    } else if (const std::string wrong = why_unreadable(file.string()); !wrong.empty()) {
        model.add(path, fmt::format("cannot open {}: {}", file.string(), wrong));
    }
    if (model.spec.scale.neurons < 1.0) {
        model.add({"populations", p.name, "model"},
                  fmt::format("scale.neurons ({:g}) cannot take cells away from a spike_source, "
                              "whose spikes are given",
                              model.spec.scale.neurons));
    }
}

/// The grid of weights must hold the greatest value of all cells.
void check_values(SimulationView& model, const CellPopulationSpec& p) {
    if (!p.graded() || std::none_of(p.varied.begin(), p.varied.end(),
                                    [](const auto& v) { return v.name == "y_max"; }))
        return;
    model.add({"populations", p.name, "y_max"},
              "y_max must be the same for all cells of a population");
}

/// A cell's own step is made of whole steps of the simulation.
void check_step(SimulationView& model, const CellPopulationSpec& p) {
    const auto* cell = std::get_if<Izhikevich::Params>(&p.cell);
    const auto steps = extent_of(p, "step");
    if (!cell || !model.sound({"dt"}) || steps->second == 0.0) return;
    const SimulationView::Path path{"populations", p.name, "step"};
    if (steps->first != steps->second) {
        model.add(path, "step must be the same for all cells of a population");
        return;
    }
    const double dt = model.spec.dt, count = rounded_steps(cell->step, dt);
    if (!on_grid(cell->step, dt)) {
        model.add(path,
                  fmt::format("step ({:g} ms) must be a multiple of dt ({:g} ms)", cell->step, dt));
    } else if (cell->scheme == IzhikevichScheme::published_2003 && count > 1.5) {
        model.add(path, "the scheme published_2003 takes steps of dt: leave step out");
    }
}

/// An Euler step must be shorter than what it divides by.
void check_euler(SimulationView& model, const CellPopulationSpec& p) {
    if (!euler_tau(p.cell) || !model.sound({"dt"})) return;
    for (const char* key : {"tau_m", "tau_s"}) {
        const auto tau = extent_of(p, key);
        if (!tau || tau->first >= model.spec.dt) continue;
        model.add({"populations", p.name, "integration"},
                  fmt::format("an euler step of dt ({:g} ms) is longer than {} ({:g} ms) and "
                              "overshoots; use integration: exact, or a smaller dt",
                              model.spec.dt, key, tau->first));
    }
}

/// Some models cannot be stepped by any dt.
void check_dt(SimulationView& model, const CellPopulationSpec& p) {
    if (!model.sound({"dt"})) return;
    CellModels::visit(p.cell, [&]<class M>(const typename M::Params&) {
        if constexpr (requires { M::longest_dt; }) {
            if (model.spec.dt <= M::longest_dt * (1.0 + 1e-9)) return;
            model.add({"populations", p.name, "model"},
                      fmt::format("{} finds its spikes with a dt of up to {:g} ms; dt is {:g} ms",
                                  M::name, M::longest_dt, model.spec.dt));
        }
    });
}

/// The current that makes up for missing spikes follows from the sender's rate.
void check_rate_known(SimulationView& model, const CellPopulationSpec& p) {
    if (std::holds_alternative<PoissonSource::Params>(p.cell)) {
        if (p.varied.empty()) return;
        model.add({"populations", p.name, "rate"},
                  "scale.in_degrees needs the same rate for all cells of a source");
    } else if (std::holds_alternative<RegularSource::Params>(p.cell)) {
        model.add(
            {"populations", p.name, "model"},
            "scale.in_degrees knows what spikes of a poisson_source to make up for, but not of "
            "a regular_source");
    } else if (!model.given({"populations", p.name, "rate"})) {
        model.add({"populations", p.name},
                  fmt::format("{} is missing the key 'rate', for example 'rate: 5 Hz': with "
                              "scale.in_degrees ({:g}), a constant current makes up for the "
                              "missing spikes of '{}'",
                              p.name, model.spec.scale.in_degrees, p.name));
    }
}

}  // namespace

std::string reset_problem(const CellPopulationSpec& p) {
    for (const ResetNames& names : resets_of(p)) {
        const std::string wrong = reset_problem(p, names);
        if (!wrong.empty()) return wrong;
    }
    return "";
}

void check_cells(SimulationView& model) {
    for (const CellPopulationSpec& p : model.spec.populations) {
        if (!model.sound({"populations", p.name})) continue;
        check_reset(model, p);
        check_source(model, p);
        check_step(model, p);
        check_dt(model, p);
        check_euler(model, p);
        check_equations(model, p);
        check_file(model, p);
        check_values(model, p);
        check_cell_times(model, p);
        check_listed(model, p);
    }
}

void check_scale(SimulationView& model) {
    const ScaleSpec& scale = model.spec.scale;
    if (model.spec.trained && (scale.neurons < 1.0 || scale.in_degrees < 1.0)) {
        model.add({"scale"}, "a trained network has the size of its weights; leave scale out");
        return;
    }
    if (model.spec.scale.in_degrees >= 1.0) return;
    std::set<std::string> senders, receivers;
    for (const SynapsesSpec& s : model.spec.projections) {
        senders.insert(s.from);
        receivers.insert(s.to);
    }
    for (std::size_t n = 0; n < model.spec.stimuli.size(); ++n) {
        const StimulusSpec& s = model.spec.stimuli[n];
        const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind);
        if (poisson) receivers.insert(s.to);
        const bool source = std::any_of(
            model.spec.populations.begin(), model.spec.populations.end(), [&](const auto& p) {
                return p.name == s.to && std::holds_alternative<PoissonSource::Params>(p.cell);
            });
        if (source || (poisson && !poisson->rates.empty())) {
            model.add({"stimuli", std::to_string(n)},
                      "scale.in_degrees makes up for missing spikes with a constant current, but "
                      "here the rate changes in time; scale neurons only");
        }
    }
    for (const CellPopulationSpec& p : model.spec.populations) {
        if (!model.sound({"populations", p.name})) continue;
        if (senders.count(p.name)) check_rate_known(model, p);
        const CellFacts facts = facts_of(p);
        if (receivers.count(p.name) && facts.receptors > 0 && !facts.scales) {
            model.add({"populations", p.name, "model"},
                      fmt::format("scale.in_degrees makes up for missing spikes with a current, "
                                  "which it knows for no {}; scale neurons only",
                                  facts.model));
        }
    }
}

}  // namespace snnsim
