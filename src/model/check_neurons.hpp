// Parameters of a neuron that hang together, where a training and a simulation have the same model.
#pragma once

#include <string>

#include "kernels/cells/cuba_lif.hpp"
#include "kernels/cells/lif.hpp"

namespace snnsim {

/// What is wrong with a reset, and at which key; nothing where `what` is empty.
struct ResetProblem {
    std::string key, what;
};
ResetProblem reset_problem(const Lif::Params& p);
ResetProblem reset_problem(const CubaLif::Params& p);

}  // namespace snnsim
