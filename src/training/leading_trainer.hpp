// One trainer on all ranks: the first calls it as any other, and the others do as it says.
#pragma once

#include <functional>
#include <memory>

#include "snnsim/trainer.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// A rank's own, with its data.
using MakeTrainer = std::function<std::unique_ptr<Trainer>(Exchange&)>;

/// Of rank 0: each call is one of all ranks, but for load(), which each does in `make`.
std::unique_ptr<Trainer> make_leading_trainer(const MakeTrainer& make, Exchange& exchange);

/// Of the others: makes their trainers and carries out what rank 0 calls, until it has none any
/// more. Throws what went wrong here, which the others have heard of, or RankError.
void follow_trainer(const MakeTrainer& make, Exchange& exchange);

}  // namespace snnsim
