// Checks of delays that are learned.
#include <fmt/format.h>

#include <algorithm>

#include "kernels/training/delay_taps.hpp"
#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/model/shapes.hpp"

namespace snnsim {
namespace {

constexpr double rounding = 1e-9;  // of quotients of times

/// One of them, where it stands.
struct DelayView {
    ModelView& model;
    const LearnedDelaySpec& d;
    const std::string k;

    bool sound(const char* key) const { return model.sound({"projections", k, "delay", key}); }
    bool sound_or_absent(const char* key) const {
        return model.sound_or_absent({"projections", k, "delay", key});
    }
    bool given(const char* key) const { return model.given({"projections", k, "delay", key}); }
    void add(const char* key, const std::string& message) const {
        model.add({"projections", k, "delay", key}, message);
    }
    void add_sigma(const char* key, const std::string& message) const {
        model.add({"projections", k, "delay", "sigma", key}, message);
    }
};

/// False where nothing can be said of what depends on it.
bool check_longest(const DelayView& at) {
    const double dt = at.model.spec.dt, max = at.d.max;
    if (!at.sound("max") || !at.model.sound({"dt"})) return false;
    if (!check_whole_steps(at.model, {"projections", at.k, "delay", "max"}, "max", max, dt))
        return false;
    const double steps = rounded_steps(max, dt);
    if (steps > most_learned_steps) {
        at.add("max",
               fmt::format("max ({:g} ms) is {:.0f} steps of dt ({:g} ms); at most {} can be "
                           "learned: write at most {:g} ms, or a longer dt",
                           max, steps, dt, most_learned_steps, most_learned_steps * dt));
        return false;
    }
    const double duration = at.model.spec.data.encode.duration;
    if (!at.model.sound_or_absent({"data", "encode", "duration"})) return true;
    if (steps < static_cast<double>(at.model.spec.steps())) return true;
    at.add("max",
           duration > 0.0
               ? fmt::format("max ({:g} ms) is more delay than a sample has time ({:g} ms): what "
                             "is sent would arrive after its end; write at most {:g} ms, or a "
                             "longer data.encode.duration",
                             max, duration, duration - dt)
               : fmt::format("max ({:g} ms) is more delay than a sample has time (one step of {:g} "
                             "ms); give it a data.encode.duration",
                             max, dt));
    return false;
}

void check_start(const DelayView& at) {
    if (!at.sound_or_absent("init") || !at.given("value") || !at.sound("value")) return;
    if (at.d.init == DelayInit::uniform) {
        at.add("value", "value is that of init: constant; write that, or leave value out");
    } else if (at.d.value > at.d.max * (1.0 + rounding)) {
        at.add("value",
               fmt::format("value ({:g} ms) is longer than max ({:g} ms)", at.d.value, at.d.max));
    }
}

void check_sigma(const DelayView& at) {
    if (!at.sound_or_absent("sigma")) return;
    const double dt = at.model.spec.dt, least = DelayTaps::least_sigma * dt;
    const double from = at.d.sigma.from.value_or(at.d.max / 2.0);
    for (const auto& [key, sigma] :
         {std::pair{"from", at.d.sigma.from}, std::pair{"to", at.d.sigma.to}}) {
        if (!sigma || *sigma >= least * (1.0 - rounding)) continue;
        at.add_sigma(key, fmt::format("{} ({:g} ms) is less than {:g} dt: so narrow a Gaussian has "
                                      "no step near it; write at least {:g} ms",
                                      key, *sigma, DelayTaps::least_sigma, least));
        return;
    }
    if (!at.d.sigma.to || *at.d.sigma.to <= from * (1.0 + rounding)) return;
    at.add_sigma("to", fmt::format("to ({:g} ms) is greater than from ({:g} ms{}); the Gaussian "
                                   "narrows while delays are learned",
                                   *at.d.sigma.to, from, at.d.sigma.from ? "" : ", half of max"));
}

}  // namespace

void check_learned_delays(ModelView& model) {
    const ModelSpec& spec = model.spec;
    const std::vector<bool> on_cycle = on_cycles(spec);
    for (std::size_t n = 0; n < spec.projections.size(); ++n) {
        const ProjectionSpec& p = spec.projections[n];
        if (!p.learned_delay) continue;
        const std::string k = std::to_string(n);
        const DelayView at{model, *p.learned_delay, k};
        if (check_longest(at)) {
            check_start(at);
            check_sigma(at);
        }
        if (!p.trainable && model.sound({"projections", k, "trainable"}))
            model.add({"projections", k, "trainable"},
                      "trainable: false keeps a projection as it is, and its delay is to be "
                      "learned; leave one of them out");
        for (const std::string& end : {p.from, p.to}) {
            if (shape_of(spec, end).empty() || !model.sound({"projections", k, "delay"})) continue;
            model.add({"projections", k, "delay"},
                      fmt::format("'{}' has a shape, and delays are learned between populations "
                                  "that have none; write a single delay, as in delay: {:g} ms",
                                  end, spec.dt));
            break;
        }
        if (on_cycle[n] && model.sound({"projections", k, "from"}) &&
            model.sound({"projections", k, "to"}))
            model.add({"projections", k, "delay"},
                      fmt::format("what '{}' sends to '{}' comes back to it, and delays are "
                                  "learned of projections that go forward alone; write a single "
                                  "delay, as in delay: {:g} ms",
                                  p.from, p.to, spec.dt));
    }
}

}  // namespace snnsim
