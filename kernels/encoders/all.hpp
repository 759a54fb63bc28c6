// The list of encoders.
#pragma once

#include "kernels/encoders/burst.hpp"
#include "kernels/encoders/delta.hpp"
#include "kernels/encoders/direct.hpp"
#include "kernels/encoders/latency.hpp"
#include "kernels/encoders/phase.hpp"
#include "kernels/encoders/poisson.hpp"
#include "kernels/encoders/rank_order.hpp"
#include "kernels/encoders/regular.hpp"
#include "kernels/encoders/sequence.hpp"

namespace snnsim {

using Encoders =
    ModelList<Direct, Poisson, Regular, Latency, RankOrder, Phase, Burst, Delta, Sequence>;

}  // namespace snnsim
