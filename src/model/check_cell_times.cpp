// Checks of the times that cells have: those that become steps, and time constants.
#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "src/model/distribution.hpp"
#include "src/model/rounded_times.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// The values that a parameter takes, as one distribution.
Distribution given_values(const CellPopulationSpec& p, const char* name, double constant) {
    for (const NamedDistribution& varied : p.varied) {
        if (varied.name == name) return varied.value;
    }
    Distribution d;
    d.mean = constant;
    return d;
}

/// No cell has a positive time that becomes 0.
void check_varied(SimulationView& model, Places::Path path, const char* key,
                  const Distribution& d) {
    const double dt = model.spec.dt;
    const auto vanishes = [&](double x) { return x > 0.0 && rounded_steps(x, dt) == 0.0; };
    const auto [least, greatest] = extent(d);
    double bad = vanishes(least) ? least : greatest;
    if (d.listed) {
        for (const double x : d.listed->values) bad = vanishes(x) ? x : bad;
    }
    if (vanishes(bad))
        model.add(path, fmt::format("{} may be {:g} ms, which is less than half a dt ({:g} ms) and "
                                    "would become 0; write at least {:g} ms, or a smaller dt",
                                    key, bad, dt, dt));
}

/// A state that a step changes by less than half its last digit stands still.
void check_digits(SimulationView& model, Places::Path path, const char* key, double tau) {
    const double steps = tau / model.spec.dt;
    if (!(steps >= 1e4) || !std::isfinite(tau)) return;  // of a file, not yet known
    model.warn(path,
               fmt::format("{} ({:g} ms) is {:.2g} steps of dt ({:g} ms): states are single "
                           "precision, and what decays so little in a step can be wrong by up to "
                           "{:.1g} %; a larger dt is more exact here",
                           key, tau, steps, model.spec.dt, 100.0 * 0x1p-24 * steps));
}

void check_source(SimulationView& model, const std::string& name, const PoissonSource::Params& p) {
    const double odds = p.rate * model.spec.dt * 1e-3;
    if (!(odds > 0.0) || odds >= 0x1p-14) return;
    const double drawn = std::floor(odds * 0x1p32 + 0.5) * 0x1p-32;
    const Places::Path path{"populations", name, "rate"};
    if (drawn == 0.0) {
        model.add(path, fmt::format("rate ({:g} Hz) is a probability of {:.2g} a step of dt ({:g} "
                                    "ms), which becomes 0: at least 2^-32 is needed; a larger dt "
                                    "helps",
                                    p.rate, odds, model.spec.dt));
    } else if (std::abs(drawn / odds - 1.0) > 0.01) {
        model.warn(path, fmt::format("rate ({:g} Hz) becomes {:.3g} Hz: probabilities of a step "
                                     "are whole numbers of 2^-32; a larger dt is more exact",
                                     p.rate, drawn / model.spec.dt * 1e3));
    }
}

/// What becomes of times that are known cell by cell.
void check_by_cell(SimulationView& model, const CellPopulationSpec& p, Places::Path path,
                   const char* key, const Distribution& d) {
    RoundedTimes rounded;
    if (d.listed && !d.listed->values.empty()) {
        const std::vector<double>& values = d.listed->values;
        rounded = rounded_times(values.size(), model.spec.dt, [&](auto k) { return values[k]; });
    } else if (d.shape == Shape::linspace && model.size_known(p)) {
        const double cells = model.cells(p), last = std::max(1.0, cells - 1.0);
        rounded = rounded_times(static_cast<std::size_t>(cells), model.spec.dt, [&](auto k) {
            return d.low + (d.high - d.low) * static_cast<double>(k) / last;
        });
    }
    if (rounded.off > 0) model.warn(path, fmt::format("{}: {}", key, rounded.text("values")));
}

}  // namespace

void check_time_constant(SimulationView& model, Places::Path path, const char* key, double tau) {
    if (!(tau > 0.0) || tau >= model.spec.dt * (1.0 - 1e-9)) return;
    model.warn(path,
               fmt::format("{} ({:g} ms) is shorter than dt ({:g} ms): within a step it decays "
                           "to {:.2g}; a smaller dt shows what happens in between",
                           key, tau, model.spec.dt, std::exp(-model.spec.dt / tau)));
}

void check_cell_times(SimulationView& model, const CellPopulationSpec& p) {
    if (!model.sound({"dt"}) || p.depth >= 0) return;  // its training has told
    const auto look = [&]<class P>(const P& params, const auto& field) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(params.*field.member)>, double>) {
            const std::string_view name = field.name;
            if (std::string_view(field.unit) != "ms" || name == "step") return;
            const Places::Path path{"populations", p.name, field.name};
            const Distribution d = given_values(p, field.name, params.*field.member);
            if (name.starts_with("tau")) {
                check_time_constant(model, path, field.name, extent(d).first);
                if (name != "tau_theta")  // its state has a second float
                    check_digits(model, path, field.name, extent(d).second);
            } else if (d.constant()) {
                check_rounded(model, path, field.name, d.mean, model.spec.dt);
            } else {
                check_varied(model, path, field.name, d);
                if (model.sound(path)) check_by_cell(model, p, path, field.name, d);
            }
        }
    };
    std::visit(
        [&]<class P>(const P& params) {
            P::fields().for_each([&](const auto& field) { look(params, field); });
            if constexpr (requires { params.c_m / params.g_l; }) {
                const auto c_m = extent(given_values(p, "c_m", params.c_m)),
                           g_l = extent(given_values(p, "g_l", params.g_l));
                const Places::Path path{"populations", p.name, "g_l"};
                check_time_constant(model, path, "c_m / g_l", c_m.first / g_l.second);
                check_digits(model, path, "c_m / g_l", c_m.second / g_l.first);
            }
        },
        p.cell);
    const auto* poisson = std::get_if<PoissonSource::Params>(&p.cell);
    if (poisson && given_values(p, "rate", poisson->rate).constant())
        check_source(model, p.name, *poisson);
    if (const auto* source = std::get_if<RegularSource::Params>(&p.cell)) {
        constexpr double most = 16777216.0;  // what a float counts
        if (rounded_steps(source->first, model.spec.dt) > most)
            model.add({"populations", p.name, "first"},
                      fmt::format("first ({:g} ms) is more than {:.0f} steps of dt ({:g} ms)",
                                  source->first, most, model.spec.dt));
    }
}

void check_listed(SimulationView& model, const CellPopulationSpec& p) {
    const auto check = [&](Places::Path path, const NamedDistribution& d) {
        if (!d.value.by_cell() || !model.sound(path)) return;
        const ListedValues* const listed = d.value.listed.get();
        if (listed && model.spec.scale.neurons < 1.0) {
            model.add(path, fmt::format("scale.neurons ({:g}) cannot take cells away where {} is "
                                        "listed for each; write another size",
                                        model.spec.scale.neurons, d.name));
        } else if (listed && listed->from.file.empty() && model.size_known(p) &&
                   listed->values.size() != static_cast<std::size_t>(p.size)) {
            model.add(path, fmt::format(
                                "{} has {}, but '{}' has {}; write as many", d.name,
                                counted(static_cast<std::int64_t>(listed->values.size()), "value"),
                                p.name, counted(p.size, "cell")));
        }
    };
    for (const NamedDistribution& d : p.varied) check({"populations", p.name, d.name}, d);
    for (const NamedDistribution& d : p.initial)
        check({"populations", p.name, "initial", d.name}, d);
}

}  // namespace snnsim
