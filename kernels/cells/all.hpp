// The list of the event-driven engine's cell models; everything that follows from a model follows
// from its entry here.
#pragma once

#include "kernels/cells/iaf_cond_exp.hpp"
#include "kernels/cells/iaf_psc_delta.hpp"
#include "kernels/cells/iaf_psc_exp.hpp"
#include "kernels/cells/izhikevich.hpp"
#include "kernels/cells/poisson_source.hpp"

namespace snnsim {

using CellModels = ModelList<IafPscExp, IafPscDelta, IafCondExp, Izhikevich, PoissonSource>;

}  // namespace snnsim
