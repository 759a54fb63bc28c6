// The list of plasticity rules; everything that follows from a rule follows from its entry here.
#pragma once

#include "kernels/plasticity/clopath.hpp"
#include "kernels/plasticity/equation_rule.hpp"
#include "kernels/plasticity/inhibitory.hpp"
#include "kernels/plasticity/rate_matching.hpp"
#include "kernels/plasticity/reward.hpp"
#include "kernels/plasticity/stdp.hpp"
#include "kernels/plasticity/triplet.hpp"

namespace snnsim {

using PlasticityRules = ModelList<PairStdp, PreCentredStdp, TripletStdp, InhibitoryStdp,
                                  RateMatching, RewardStdp, Clopath, EquationRule>;

}  // namespace snnsim
