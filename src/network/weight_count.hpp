// How many weights a network that is trained has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// Neurons of a population; 0 where there is none of the name.
std::int64_t size_of(const ModelSpec& spec, const std::string& population);
/// Which weights of projection k there are, [source][target] 1 or 0: those that its rule makes and,
/// where they come from a file, those that it stores. Empty: all.
std::vector<std::uint8_t> connected_of(const ModelSpec& spec, std::size_t k);
/// How many, without biases.
std::int64_t weights_of(const ModelSpec& spec, std::size_t k);

struct WeightCount {
    std::int64_t trainable = 0, fixed = 0, bias = 0;
};
WeightCount count_weights(const ModelSpec& spec);

}  // namespace snnsim
