// Samples of a trained network are independent where each begins anew: engines of one thread share
// them out.
#pragma once

#include <memory>

#include "snnsim/engine.hpp"

namespace snnsim {

/// Nothing of the network lasts from one sample to the next but what windows reset, and it is small
/// enough for each thread to have its own.
bool samples_are_apart(const SimulationSpec& spec);

/// The same course as one engine of so many threads, which `make` makes with one.
using MakeOneThread = std::function<std::unique_ptr<Engine>()>;
std::unique_ptr<Engine> make_sample_engines(int threads, const MakeOneThread& make);

}  // namespace snnsim
