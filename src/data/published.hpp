// How many samples MNIST and Fashion-MNIST have as they were published.
#pragma once

#include <cstdint>

namespace snnsim {

constexpr std::int64_t published_training = 60000, published_test = 10000;

}  // namespace snnsim
