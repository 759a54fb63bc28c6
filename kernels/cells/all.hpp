// The list of the event-driven engine's cell models; everything that follows from a model follows
// from its entry here.
#pragma once

#include "kernels/cells/aeif_cond_exp.hpp"
#include "kernels/cells/hh_cond_exp_traub.hpp"
#include "kernels/cells/iaf_cond_exp.hpp"
#include "kernels/cells/iaf_psc_alpha.hpp"
#include "kernels/cells/iaf_psc_delta.hpp"
#include "kernels/cells/iaf_psc_exp.hpp"
#include "kernels/cells/izhikevich.hpp"
#include "kernels/cells/lif_cond_adaptive.hpp"
#include "kernels/cells/poisson_source.hpp"
#include "kernels/cells/regular_source.hpp"
#include "kernels/cells/spike_file_source.hpp"
#include "kernels/cells/vsn.hpp"

namespace snnsim {

using CellModels =
    ModelList<IafPscExp, IafPscAlpha, IafPscDelta, IafCondExp, AeifCondExp, HhCondExpTraub,
              Izhikevich, LifCondAdaptive, VsnCell, PoissonSource, RegularSource, SpikeFileSource>;

}  // namespace snnsim
