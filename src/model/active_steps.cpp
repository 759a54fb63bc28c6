#include "src/model/active_steps.hpp"

#include <array>

namespace snnsim {
namespace {

constexpr const char* window = "start: 10 ms, stop: 20 ms";
constexpr const char* current = "current in these steps, so v at these times has felt it";
constexpr const char* nest_current =
    "with delay d the first v that has felt it is at 10 + d + 0.1; 100 steps";

constexpr std::array table{
    ActiveSteps{"stimulus", "poisson", window, 10.1, 20.0,
                "spikes that arrive at the ends of these steps; there is no delay",
                "poisson_generator sends in 10.2 to 20.1, and its targets see it a delay later"},
    ActiveSteps{"stimulus", "dc", window, 10.1, 20.0, current, nest_current},
    ActiveSteps{"stimulus", "steps", "times: [10 ms, 20 ms], amplitudes: [1 pA, 0 pA]", 10.1, 20.0,
                "the current of a time holds from the step after it on",
                "step_current_generator "
                "at 10: the first v is at 10 + d + 0.1; time 0 is an error"},
    ActiveSteps{"stimulus", "ramp", window, 10.1, 20.0,
                "`first` in the first step; `last` would be that of the step after the last",
                "none"},
    ActiveSteps{"stimulus", "sine", window, 10.1, 20.0,
                "the phase is 0 at time 0, not at `start`; a step has the value of its beginning",
                nest_current},
    ActiveSteps{"stimulus", "noise", window, 10.1, 20.0, "the first value is drawn at `start`",
                nest_current},
    ActiveSteps{"stimulus", "white_noise", window, 10.1, 20.0, current, "none"},
    ActiveSteps{"stimulus", "waveform", window, 10.1, 20.0,
                "with `interval` the first value holds from `start` on; times of a file count from "
                "0",
                "as step_current_generator"},
    ActiveSteps{"source", "poisson_source", "rates of a phase from 10 to 20 ms", 10.1, 20.0,
                "spikes that are sent at these times; without phases from 0.1 on",
                "poisson_generator of start 10, stop 20: 10.2 to 20.1"},
    ActiveSteps{"source", "regular_source", "first: 10 ms, rate: 100 Hz", 10.0, 30.0,
                "spikes that are sent: at `first`, and up to the end of the run",
                "spike_generator: at its times"},
    ActiveSteps{"source", "spike_source", "spikes at 10 and 20 ms", 10.0, 20.0,
                "a spike at t is sent in the step that ends at t",
                "spike_generator: the same; "
                "times off the grid are an error or go up"},
    ActiveSteps{"record", "spikes", "of cells that fire in every step", 0.1, 30.0,
                "all steps, the last one too", "spike_recorder: the same"},
    ActiveSteps{"record", "rate", "interval: 1 ms", 1.0, 30.0,
                "spikes since the time before, up to and with those of this step", "none"},
    ActiveSteps{"record", "v", "interval: 1 ms", 1.0, 30.0,
                "any state variable, at the end of the step, after a spike's reset",
                "multimeter: 1 to 29; the value at the end comes with the next Simulate"},
    ActiveSteps{"record", "input", "interval: 1 ms", 1.0, 30.0,
                "what arrived since the time before, up to and with this step", "none"},
    ActiveSteps{"record", "current", "interval: 1 ms", 1.0, 30.0,
                "of stimuli, in the step that ends there", "none"},
    ActiveSteps{"record", "weight", "interval: 1 ms", 1.0, 30.0, "after all changes of the step",
                "weight_recorder: at every spike sent"},
};

}  // namespace

std::span<const ActiveSteps> active_steps() {
    return table;
}

}  // namespace snnsim
