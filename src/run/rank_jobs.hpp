// Jobs on all ranks: rank 0 says which, the others run them as children of their own.
#pragma once

#include "src/engine/ranks/exchange.hpp"
#include "src/run/jobs.hpp"

namespace snnsim {

/// Of rank 0. `exchange` lives longer.
std::unique_ptr<Jobs> make_rank_jobs(const JobOptions& options, Exchange& exchange);

/// Of the other ranks, with what followed the order of rank 0 to do so; until its jobs end.
void follow_jobs(WordReader& order, Exchange& exchange);

}  // namespace snnsim
