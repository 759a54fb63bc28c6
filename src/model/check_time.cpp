// Checks of what depends on the time step.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "src/model/checks.hpp"

namespace snnsim {
namespace {

void check_duration(ModelView& model) {
    const ModelSpec& spec = model.spec;
    if (model.sound({"data", "encode", "duration"})) {
        constexpr double most = 100000;
        const double steps = spec.data.encode.duration / spec.dt;
        if (check_whole_steps(model, {"data", "encode", "duration"}, "duration",
                              spec.data.encode.duration, spec.dt) &&
            steps > most) {
            model.add({"data", "encode", "duration"},
                      fmt::format("duration is {:.0f} steps of dt ({:g} ms); at most {:.0f}", steps,
                                  spec.dt, most));
        }
        return;
    }
    if (!model.sound({"data", "encode", "scheme"}) && !model.sound({"data", "encode"})) return;
    if (!model.sound_or_absent({"data", "encode", "duration"})) return;
    const auto timed = std::find_if(
        spec.populations.begin(), spec.populations.end(),
        [&](const PopulationSpec& p) { return model.model_known(p) && has_memory(p); });
    if (timed != spec.populations.end()) {
        model.add(
            {"data", "encode"},
            fmt::format("encode is missing the key 'duration', for example 'duration: 25 ms': "
                        "the time that a sample is shown; '{}' is a {}, which lives in time",
                        timed->name, model_of(*timed)));
    }
}

void check_rate(ModelView& model) {
    const auto* poisson = std::get_if<Poisson::Params>(&model.spec.data.encode.scheme);
    if (!poisson || !model.sound({"data", "encode", "scheme"})) return;
    if (!model.sound_or_absent({"data", "encode", "max_rate"})) return;
    check_probability(model, {"data", "encode", "max_rate"}, "max_rate", poisson->max_rate,
                      model.spec.dt);
}

/// The shortest time constant that an Euler step divides by; nothing where no Euler step is made.
std::optional<double> euler_tau(const PopulationSpec& p) {
    if (const auto* lif = std::get_if<Lif::Params>(&p.neuron)) {
        if (lif->integration == Integration::euler) return lif->tau_m;
    }
    if (const auto* cuba = std::get_if<CubaLif::Params>(&p.neuron)) {
        if (cuba->integration == Integration::euler) return std::min(cuba->tau_m, cuba->tau_s);
    }
    return std::nullopt;
}

void check_euler(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        if (!model.sound({"populations", p.name})) continue;
        const std::optional<double> tau = euler_tau(p);
        if (!tau || *tau >= model.spec.dt) continue;
        model.add({"populations", p.name, "integration"},
                  fmt::format(
                      "an euler step of dt ({:g} ms) is longer than a time constant ({:g} ms) and "
                      "overshoots; use integration: exact, or a smaller dt",
                      model.spec.dt, *tau));
    }
}

}  // namespace

void check_time(ModelView& model) {
    if (!model.sound({"dt"})) return;
    check_duration(model);
    check_rate(model);
    check_euler(model);
}

}  // namespace snnsim
