// A source whose spikes are given: by the samples that are shown, or by a file.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/cells/model.hpp"
#include "kernels/view.hpp"

namespace snnsim {

/// Spikes to play, ascending: the step (a spike of step n is found in the step that ends at n dt)
/// in the high half, the cell in the low half.
using PlayedKeys = View<const std::uint64_t>;

SNN_HD inline std::uint64_t played_key(std::uint64_t step, std::uint32_t cell) {
    return step << 32 | cell;
}
/// The number of keys below `key`.
SNN_HD inline std::size_t keys_below(PlayedKeys keys, std::uint64_t key) {
    std::size_t low = 0, high = keys.size;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (keys[middle] < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/// What becomes of two spikes of one cell in one step, of which a cell can send one.
enum class SameStep : std::uint8_t { error, merge };
template <>
struct Names<SameStep> {
    static constexpr std::array values{"error", "merge"};
};

/// In a training the input: it sends what the encoder makes of a sample and computes nothing. In a
/// simulation each cell sends the spikes that the file has for it. They reach its step as its
/// current: 1 in the step that ends at the spike's time, rounded to dt, and 0 in all others.
struct SpikeSource {
    static constexpr const char* name = "spike_source";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 0;
    static constexpr bool uses_random = false;
    static constexpr bool plays = true;

    struct Params {
        std::string file, population;
        SameStep same_step = SameStep::error;
        static constexpr auto fields() {
            return Fields{
                Field{"file", &Params::file, "", unlimited,
                      "of a simulation: spikes to play, beside the model file: .h5 (SONATA, as run "
                      "files and "
                      "`snnsim encode` write it; also its first layout, /spikes/gids), or .csv, "
                      ".dat or .txt with a time in ms and a cell in each line, in this order or as "
                      "a header says (time or timestamps, cell or node_ids, population)"},
                Field{"population", &Params::population, "", unlimited,
                      "population in the file; default: of this name"},
                Field{"same_step", &Params::same_step, "", unlimited,
                      "two spikes of a cell in one step: error (default, as the network would get "
                      "fewer spikes than the file has; a smaller dt keeps them apart), or merge "
                      "(the cell sends one; `check` and the run tell how many were merged)"}};
        }
    };
    struct Constants {
        float sent;
    };
    struct State {
        float fired;
    };
    static constexpr auto states() {
        return Fields{StateField<State, Constants>{"fired", &State::fired, "",
                                                   "1 when the cell fired in this step"}};
    }
    static Constants prepare(const Params&, double) { return {1.0f}; }
    static State rest(const Params&, const Constants&) { return {}; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        s.fired = in.current != 0.0f ? c.sent : 0.0f;
        return s.fired;
    }
};

}  // namespace snnsim
