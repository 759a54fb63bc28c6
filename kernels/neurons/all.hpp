// The list of neuron models; everything that follows from a model follows from its entry here.
#pragma once

#include "kernels/neurons/adaptive_lif.hpp"
#include "kernels/neurons/cuba_lif.hpp"
#include "kernels/neurons/leaky_readout.hpp"
#include "kernels/neurons/lif.hpp"
#include "kernels/neurons/relu.hpp"
#include "kernels/neurons/spike_source.hpp"
#include "kernels/neurons/vsn.hpp"

namespace snnsim {

using NeuronModels =
    ModelList<SpikeSource, Lif, CubaLif, AdaptiveLif, Vsn, LeakyReadout, Relu, Tanh, Linear>;

}  // namespace snnsim
