// Populations with a shape, and the windows that move over them in a training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/training/window.hpp"
#include "snnsim/model_spec.hpp"
#include "src/model/problems.hpp"
#include "src/model/value.hpp"

namespace snnsim {

/// [channels, rows, columns] or [channels, columns].
using PopulationShape = std::vector<std::int64_t>;

/// "[32, 26, 26]"
std::string shape_text(const PopulationShape& shape);

/// Neurons of a shape; of one that is far too large 2^30.
std::int64_t cells_of(const PopulationShape& shape);

/// A window needs the shape of a population that has none.
std::string no_shape_text(Rule rule, const std::string& population);

/// What is wrong with the sides of a window over such a shape; else empty.
std::string window_problem(const ConnectSpec& connect, const PopulationShape& from,
                           const std::string& name);
/// What a window that fits makes of it. A convolution without `channels`: those of `to`.
PopulationShape shape_after(const ConnectSpec& connect, const PopulationShape& from,
                            const PopulationShape& to = {});
/// Between shapes that fit.
SlidingWindow window_of(const ConnectSpec& connect, const PopulationShape& from,
                        const PopulationShape& to);

/// The shape of a population; empty where it has none.
const PopulationShape& shape_of(const ModelSpec& spec, const std::string& population);

/// Writes down what follows: the size of a population from its shape, and both from the projection
/// by a window that leads to it. Tells why one does not follow.
void add_shapes(Value& root, Problems& problems);

}  // namespace snnsim
