#include "src/memory/patterns.hpp"

#include <cmath>

#include "kernels/memory/hopfield.hpp"

namespace snnsim {

std::vector<std::uint32_t> pattern_bits(const HopfieldModel& model) {
    const auto units = static_cast<std::size_t>(model.hopfield.cells),
               patterns = static_cast<std::size_t>(model.hopfield.patterns),
               words = (patterns + 31) / 32;
    std::vector<std::uint32_t> bits(units * words);
    for (std::size_t mu = 0; mu < patterns; ++mu) {
        const RandomKey key{model.seed, Stream::memories, static_cast<std::uint32_t>(mu), 0};
        Philox4 drawn{};
        for (std::size_t i = 0; i < units; ++i) {
            if (i % 128 == 0) drawn = key.draw(static_cast<std::uint32_t>(i / 128));
            const bool plus = model.patterns.empty()
                                  ? (drawn.word[i / 32 % 4] >> (i % 32) & 1u) != 0
                                  : model.patterns[mu * units + i] > 0;
            bits[i * words + mu / 32] |= std::uint32_t{plus} << (mu % 32);
        }
    }
    return bits;
}

std::vector<std::int8_t> start_states(const HopfieldModel& model,
                                      const std::vector<std::uint32_t>& bits) {
    const HopfieldSpec& h = model.hopfield;
    const auto units = static_cast<std::size_t>(h.cells),
               patterns = static_cast<std::size_t>(h.patterns), words = (patterns + 31) / 32,
               trials = static_cast<std::size_t>(h.trials);
    const auto flipped =
        static_cast<std::size_t>(std::llround(h.flip * static_cast<double>(units)));
    std::vector<std::int8_t> states(model.starts.begin(), model.starts.end());
    states.resize(trials * units);
    if (!model.starts.empty()) return states;
    for (std::size_t t = 0; t < trials; ++t) {
        std::int8_t* const s = states.data() + t * units;
        for (std::size_t i = 0; i < units; ++i)
            s[i] = static_cast<std::int8_t>(sign_in(bits, words, i, t % patterns));
        const Permutation places({model.seed, Stream::flips, static_cast<std::uint32_t>(t), 0},
                                 units);
        for (std::size_t k = 0; k < flipped; ++k) {
            std::int8_t& at = s[places(k)];
            at = static_cast<std::int8_t>(-at);
        }
    }
    return states;
}

}  // namespace snnsim
