// What a file with `hopfield` says: a network of Hopfield's and the trials of recall.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/fields.hpp"

namespace snnsim {

struct HopfieldSpec {
    std::int64_t cells = 0, patterns = 0;
    std::string file, start;  // .npy
    double flip = 0.0;
    std::int64_t trials = 0;
    double temperature = 0.0;
    std::int64_t max_sweeps = 100;

    static constexpr auto fields() {
        using H = HopfieldSpec;
        return Fields{
            Field{"cells", &H::cells, "", Limits{.low = 2.0, .high = 16777216.0},
                  "number of units; of a file of patterns it follows from that"},
            Field{"patterns", &H::patterns, "", Limits{.low = 1.0, .high = 16777216.0},
                  "number of patterns, each unit of which is +1 or -1 with the same chance, drawn "
                  "by the seed; cells times patterns must be below 2^31"},
            Field{"file", &H::file, "", unlimited,
                  "patterns of your own: .npy [pattern][unit] of +1 and -1, relative to the model "
                  "file"},
            Field{"flip", &H::flip, "", Limits{.low = 0.0, .high = 1.0},
                  "share of the units of a pattern that are flipped at the start of a trial, at "
                  "random; the nearest whole number of them"},
            Field{"start", &H::start, "", unlimited,
                  "states to start from in place of patterns: .npy [trial][unit] of +1 and -1"},
            Field{"trials", &H::trials, "", Limits{.low = 1.0, .high = 16777216.0},
                  "trial k starts from pattern k, after the last again from the first; default: "
                  "one of each pattern, or of each row of `start`"},
            Field{"temperature", &H::temperature, "", non_negative,
                  "T of the noise: a unit goes to +1 with probability 1 / (1 + exp(-2 h / T)); 0: "
                  "to sign(h), sign(0) = +1"},
            Field{"max_sweeps", &H::max_sweeps, "", Limits{.low = 1.0, .high = 1e6},
                  "a trial ends after so many sweeps, without noise after the first that changes "
                  "nothing; a sweep updates each unit once, in random order"},
        };
    }
};

/// The file.
struct HopfieldModel {
    std::string name;
    std::uint64_t seed = 1;
    HopfieldSpec hopfield;

    static constexpr auto fields() {
        return Fields{
            Field{"name", &HopfieldModel::name, "", unlimited,
                  "letters, digits, '_' and '-'; the run is written to runs/<name>.h5",
                  Need::required},
            Field{"seed", &HopfieldModel::seed, "", unlimited, "of all random numbers"},
            Field{"hopfield", &HopfieldModel::hopfield, "", unlimited, "see below", Need::required},
        };
    }

    // What was read with it:
    std::string path, text;
    std::vector<std::string> overrides;
    double dt = 0.0;                            // it has no time but its sweeps
    std::vector<std::int8_t> patterns, starts;  // of files: [pattern][unit], [trial][unit]
};

}  // namespace snnsim
