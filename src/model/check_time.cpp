// Checks of what depends on the time step.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "src/model/checks.hpp"
#include "src/model/euler.hpp"
#include "src/model/loops.hpp"

namespace snnsim {
namespace {

void check_duration(ModelView& model) {
    const ModelSpec& spec = model.spec;
    if (model.sound({"data", "encode", "duration"})) {
        constexpr double most = 100000;
        const double steps = rounded_steps(spec.data.encode.duration, spec.dt);
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
        return;
    }
    const std::vector<bool> loops = on_cycles(spec);
    const auto loop = std::find(loops.begin(), loops.end(), true);
    if (loop == loops.end()) return;
    const ProjectionSpec& p = spec.projections[static_cast<std::size_t>(loop - loops.begin())];
    model.add({"data", "encode"},
              fmt::format("encode is missing the key 'duration', for example 'duration: 25 ms': "
                          "the time that a sample is shown; what goes round from '{}' to '{}' "
                          "takes time",
                          p.from, p.to));
}

constexpr double rounding = 1e-9;  // of quotients of times

/// An encoder where it stands: data.encode, or that of an input.
struct EncodeView {
    ModelView& model;
    const std::string input;  // empty: data.encode

    bool sound(const std::string& key) const {
        return input.empty() ? model.sound({"data", "encode", key})
                             : model.sound({"data", "inputs", input, "encode", key});
    }
    bool sound_or_absent(const std::string& key) const {
        return input.empty() ? model.sound_or_absent({"data", "encode", key})
                             : model.sound_or_absent({"data", "inputs", input, "encode", key});
    }
    bool duration_sound() const { return model.sound({"data", "encode", "duration"}); }
    void add(const std::string& key, const std::string& message) const {
        if (input.empty()) {
            model.add({"data", "encode", key}, message);
        } else {
            model.add({"data", "inputs", input, "encode", key}, message);
        }
    }
    void check_rate(double max_rate) const {
        const double dt = model.spec.dt;
        if (input.empty()) {
            check_probability(model, {"data", "encode", "max_rate"}, "max_rate", max_rate, dt);
        } else {
            check_probability(model, {"data", "inputs", input, "encode", "max_rate"}, "max_rate",
                              max_rate, dt);
        }
    }
};

void check_encoder(const EncodeView& at, const Poisson::Params& p) {
    if (!at.sound_or_absent("max_rate")) return;
    at.check_rate(p.max_rate);
}

void check_encoder(const EncodeView& at, const Regular::Params& p) {
    const double dt = at.model.spec.dt;
    if (!at.sound_or_absent("max_rate")) return;
    if (p.max_rate * dt * 1e-3 <= 1.0 + rounding) return;
    at.add("max_rate",
           fmt::format("max_rate ({:g} Hz) is more than one spike a step of dt ({:g} ms); write "
                       "at most {:g} Hz, or a smaller dt",
                       p.max_rate, dt, 1e3 / dt));
}

void check_encoder(const EncodeView& at, const Latency::Params& p) {
    const double duration = at.model.spec.data.encode.duration;
    if (!at.duration_sound() || !at.sound("t_max")) return;
    if (p.t_max <= duration * (1.0 + rounding)) return;
    at.add("t_max",
           fmt::format("t_max ({:g} ms) lies beyond the end of a sample (duration {:g} ms): "
                       "faint inputs would never fire; write at most {:g} ms",
                       p.t_max, duration, duration));
}

void check_encoder(const EncodeView& at, const Burst::Params& p) {
    const double dt = at.model.spec.dt;
    for (const char* key : {"n_max", "t_short", "t_long"}) {
        if (!at.sound_or_absent(key)) return;
    }
    if (p.t_short > p.t_long) {
        at.add("t_short",
               fmt::format("t_short ({:g} ms), the interval of the brightest input, is longer "
                           "than t_long ({:g} ms), that of the faintest",
                           p.t_short, p.t_long));
        return;
    }
    if (p.t_short < dt * (1.0 - rounding)) {
        at.add("t_short",
               fmt::format("t_short ({:g} ms) is shorter than dt ({:g} ms); write at least "
                           "{:g} ms, or a smaller dt",
                           p.t_short, dt, dt));
        return;
    }
    if (!at.duration_sound()) return;
    const double steps = std::floor(p.t_short / dt * (1.0 + rounding));
    const double needed = (static_cast<double>(p.n_max - 1) * steps + 1.0) * dt;
    if (needed <= at.model.spec.data.encode.duration * (1.0 + rounding)) return;
    at.add("n_max",
           fmt::format("the {} spikes of the brightest input, {:g} ms apart, take {:g} ms, but a "
                       "sample is shown for {:g} ms; write a smaller n_max or t_short, or a "
                       "longer duration",
                       p.n_max, steps * dt, needed, at.model.spec.data.encode.duration));
}

template <class Params>
void check_encoder(const EncodeView&, const Params&) {}  // nothing of it depends on time

void check_encode(ModelView& model) {
    const auto check = [&](const EncodeView& at, const EncodeSpec& encode) {
        if (!at.sound("scheme")) return;
        std::visit([&](const auto& params) { check_encoder(at, params); }, encode.scheme);
    };
    check({model, ""}, model.spec.data.encode);
    for (const InputSpec& in : model.spec.data.inputs) {
        if (!in.encode) continue;
        check({model, in.name}, *in.encode);
        if (model.given({"data", "inputs", in.name, "encode", "duration"}))
            model.add({"data", "inputs", in.name, "encode", "duration"},
                      "all inputs are shown for the duration of data.encode; leave it out here");
    }
}

/// Time constants that are over within a step, where an exact step is made of them.
void check_fast(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        if (!model.sound({"populations", p.name}) || euler_tau(p.neuron)) continue;
        std::visit(
            [&]<class P>(const P& params) {
                const auto look = [&](const auto& field) {
                    if constexpr (std::is_same_v<
                                      std::remove_cvref_t<decltype(params.*field.member)>,
                                      double>) {
                        const double tau = params.*field.member, dt = model.spec.dt;
                        if (!std::string_view(field.name).starts_with("tau") || tau >= dt) return;
                        model.warn(
                            {"populations", p.name, field.name},
                            fmt::format("{} ({:g} ms) is shorter than dt ({:g} ms): within a "
                                        "step it decays to {:.2g}",
                                        field.name, tau, dt, std::exp(-dt / tau)));
                    }
                };
                P::fields().for_each(look);
            },
            p.neuron);
    }
}

void check_euler(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        if (!model.sound({"populations", p.name})) continue;
        const std::optional<double> tau = euler_tau(p.neuron);
        if (!tau || *tau >= model.spec.dt) continue;
        model.add({"populations", p.name, "integration"},
                  fmt::format(
                      "an euler step of dt ({:g} ms) is longer than a time constant ({:g} ms) and "
                      "overshoots; use integration: exact, or a smaller dt",
                      model.spec.dt, *tau));
    }
}

/// A whole number of dt, within a sample.
void check_delays(ModelView& model) {
    const ModelSpec& spec = model.spec;
    bool known = model.sound_or_absent({"data", "encode", "duration"});
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const std::string at = std::to_string(k);
        known &= model.sound({"projections", at, "from"}) && model.sound({"projections", at, "to"});
        if (!model.given({"projections", at, "delay"})) continue;
        if (spec.projections[k].learned_delay) continue;  // see check_learned_delays
        known &= model.sound({"projections", at, "delay"}) &&
                 check_whole_steps(model, {"projections", at, "delay"}, "delay",
                                   *spec.projections[k].delay, spec.dt);
    }
    if (!known) return;
    const std::vector<std::size_t> delays = delays_of(spec);
    const auto steps = static_cast<std::size_t>(spec.steps());
    for (std::size_t k = 0; k < delays.size(); ++k) {
        if (delays[k] < steps) continue;
        model.warn({"projections", std::to_string(k)},
                   fmt::format("nothing that '{}' sends to '{}' arrives: it takes {:g} ms, and a "
                               "sample has {:g} ms",
                               spec.projections[k].from, spec.projections[k].to,
                               static_cast<double>(delays[k]) * spec.dt,
                               static_cast<double>(steps) * spec.dt));
    }
}

}  // namespace

void check_time(ModelView& model) {
    if (!model.sound({"dt"})) return;
    check_duration(model);
    check_delays(model);
    check_encode(model);
    check_euler(model);
    check_fast(model);
}

}  // namespace snnsim
