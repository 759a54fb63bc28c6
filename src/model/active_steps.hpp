// In which steps stimuli, sources and records are active: what the reference says, and tests check.
#pragma once

#include <span>

namespace snnsim {

struct ActiveSteps {
    const char* what;  // "stimulus", "source", "record"
    const char* name;
    const char* example;  // how it is given, at dt 0.1 ms in a run of 30 ms
    double first, last;   // ms: the ends of the first and the last step with something
    const char* meaning;
    const char* nest;
};
std::span<const ActiveSteps> active_steps();

}  // namespace snnsim
