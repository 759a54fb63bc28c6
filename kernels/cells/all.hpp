// The list of models; everything that follows from a model follows from its entry here.
#pragma once

#include "kernels/cells/adaptive_lif.hpp"
#include "kernels/cells/aeif_cond_exp.hpp"
#include "kernels/cells/aeif_psc_delta_clopath.hpp"
#include "kernels/cells/astrocyte_gchi.hpp"
#include "kernels/cells/astrocyte_light.hpp"
#include "kernels/cells/cuba_lif.hpp"
#include "kernels/cells/equation_cell.hpp"
#include "kernels/cells/glif.hpp"
#include "kernels/cells/glif_cond.hpp"
#include "kernels/cells/hh_cond_exp_traub.hpp"
#include "kernels/cells/hh_psc_alpha_gap.hpp"
#include "kernels/cells/iaf_cond_exp.hpp"
#include "kernels/cells/iaf_cond_nmda.hpp"
#include "kernels/cells/iaf_psc_alpha.hpp"
#include "kernels/cells/iaf_psc_delta.hpp"
#include "kernels/cells/iaf_psc_exp.hpp"
#include "kernels/cells/izhikevich.hpp"
#include "kernels/cells/leaky_readout.hpp"
#include "kernels/cells/lif.hpp"
#include "kernels/cells/lif_cond_adaptive.hpp"
#include "kernels/cells/memoryless.hpp"
#include "kernels/cells/poisson_source.hpp"
#include "kernels/cells/pp_cond_exp_2c.hpp"
#include "kernels/cells/regular_source.hpp"
#include "kernels/cells/spike_source.hpp"
#include "kernels/cells/value_source.hpp"
#include "kernels/cells/vsn.hpp"

namespace snnsim {

/// Those that can be trained.
using NeuronModels =
    ModelList<SpikeSource, Lif, CubaLif, AdaptiveLif, Vsn, IafPscDelta, IafPscExp, Izhikevich,
              LeakyReadout, LeakyIntegrator, Relu, Tanh, Linear, Relay>;

/// Those that can be simulated event by event.
using CellModels = ModelList<IafPscExp, IafPscAlpha, IafPscDelta, IafCondExp, IafCondNmda,
                             AeifCondExp, HhCondExpTraub, HhPscAlphaGap, Glif, GlifCond,
                             PpCondExp2c, AeifPscDeltaClopath, Izhikevich, LifCondAdaptive, Lif,
                             CubaLif, AdaptiveLif, Vsn, LeakyReadout, AstrocyteGchi, AstrocyteLight,
                             PoissonSource, RegularSource, SpikeSource, ValueSource, EquationCell>;

}  // namespace snnsim
