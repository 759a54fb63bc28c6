// A source of independent Poisson trains.
#pragma once

#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/math/sin.hpp"
#include "kernels/random.hpp"

namespace snnsim {

/// Each cell fires in a step with probability r dt, independently, where r = rate + amplitude
/// sin(2 pi frequency t + phase) in the middle of the step, plus its stimuli, which are rates;
/// while that is below 0, never, and above 1 / dt, in every step. Probabilities are whole numbers
/// of 2^-24, below 2^-14 of 2^-32.
struct PoissonSource {
    static constexpr const char* name = "poisson_source";
    static constexpr const char* input_unit = "";
    static constexpr const char* current_unit = "Hz";
    static constexpr int receptors = 0;
    static constexpr bool uses_random = true;
    static constexpr bool settable_rate = true;

    struct Params {
        double rate = 10.0;
        double amplitude = 0.0;
        double frequency = 0.0;
        double phase = 0.0;
        static constexpr auto fields() {
            return Fields{
                Field{"rate", &Params::rate, "Hz", non_negative, "mean rate; at most 1 / dt"},
                Field{"amplitude", &Params::amplitude, "Hz", unlimited,
                      "of a sinusoidal modulation of the rate"},
                Field{"frequency", &Params::frequency, "Hz", non_negative,
                      "of the modulation; below 1 / (2 dt)"},
                Field{"phase", &Params::phase, "", unlimited,
                      "of the modulation at time 0, in radians"}};
        }
    };
    /// Phases are whole numbers of 2^-32 turns, which add up without error however long a run is;
    /// a float holds 16 bits of them.
    struct Constants {
        float probability, amplitude;
        float by_rate;                // probability per Hz
        float turn_high, turn_low;    // a step
        float start_high, start_low;  // in the middle of step 0
    };
    struct State {
        float fired;
    };
    static constexpr auto states() {
        return Fields{StateField<State, Constants>{"fired", &State::fired, "",
                                                   "1 when the cell fired in this step"}};
    }
    static Constants prepare(const Params& p, double dt) {
        const double turn = p.frequency * dt * 1e-3;
        const std::uint32_t step = turns(turn);
        const std::uint32_t start = turns(p.phase / 6.283185307179586 + 0.5 * turn);
        const auto f = [](std::uint32_t x) { return static_cast<float>(x); };
        return {static_cast<float>(p.rate * dt * 1e-3),
                static_cast<float>(p.amplitude * dt * 1e-3),
                static_cast<float>(dt * 1e-3),
                f(step >> 16),
                f(step & 0xFFFFu),
                f(start >> 16),
                f(start & 0xFFFFu)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    /// Without a stimulus.
    static bool never_fires(const Constants& c) {
        return c.probability == 0.0f && c.amplitude == 0.0f;
    }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const std::uint32_t phase =
            in.step * joined(c.turn_high, c.turn_low) + joined(c.start_high, c.start_low);
        const float modulated = fused(c.amplitude, sin_of_turns(phase), c.probability);
        const float probability = fused(in.current, c.by_rate, modulated);
        s.fired = share(in.random) < probability ? 1.0f : 0.0f;
        return s.fired;
    }

    /// A word as a float in [0, 1): its first 24 bits, and where these are few all 32, so that a
    /// probability below 2^-14 is not rounded up to a multiple of 2^-24.
    SNN_HD static float share(std::uint32_t word) {
        const float all = (static_cast<float>(word & 0x3FFFFu) + 0.5f) * (1.0f / 4294967296.0f);
        return word < 0x40000u ? all : uniform(word);
    }

  private:
    static std::uint32_t turns(double x) {
        return static_cast<std::uint32_t>(
            static_cast<std::uint64_t>(std::floor((x - std::floor(x)) * 4294967296.0 + 0.5)));
    }
    SNN_HD static std::uint32_t joined(float high, float low) {
        return static_cast<std::uint32_t>(static_cast<std::int32_t>(high)) << 16 |
               static_cast<std::uint32_t>(static_cast<std::int32_t>(low));
    }
};

}  // namespace snnsim
