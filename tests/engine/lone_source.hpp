// The history of two populations in which nobody fires but cell 0 of the first, once.
#pragma once

#include "src/engine/cpu/fired_history.hpp"

namespace snnsim {

class LoneSource {
  public:
    explicit LoneSource(std::uint32_t delay)
        : history_(1, 2, {.shortest = delay, .longest = delay}) {}

    const FiredHistory& fired_in(std::int64_t t) {
        last_->end = {0, 0};
        last_ = &history_.at(t, 0);
        last_->cells = {0};
        last_->end = {1, 1};
        return history_;
    }

  private:
    FiredHistory history_;
    FiredCells* last_ = &history_.at(0, 0);
};

}  // namespace snnsim
