// How many weights a network that is trained has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// Neurons of a population; 0 where there is none of the name.
std::int64_t size_of(const ModelSpec& spec, const std::string& population);
/// That the connection rule of projection k leaves there, without biases.
std::int64_t weights_of(const ModelSpec& spec, std::size_t k);

struct WeightCount {
    std::int64_t trainable = 0, fixed = 0, bias = 0;
};
WeightCount count_weights(const ModelSpec& spec);

}  // namespace snnsim
