// Runs of one model with several seeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace snnsim {

/// "1..10", "1,2,5", "1..3,7". Throws UsageError; `what` is what the text was given to ("--seeds").
std::vector<std::uint64_t> read_seeds(const std::string& text, const std::string& what);

/// "runs/x.h5" and 3 -> "runs/x_seed3.h5"
std::string seed_path(const std::string& path, std::uint64_t seed);

}  // namespace snnsim
