// A source that sends numbers, which are given.
#pragma once

#include "kernels/cells/model.hpp"

namespace snnsim {

/// The input of a trained network whose encoder sends values, as `direct` does. They reach its step
/// as its current, and a cell without one sends nothing.
struct ValueSource {
    static constexpr const char* name = "value_source";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 0;
    static constexpr bool uses_random = false;
    static constexpr bool plays = true;

    struct Params {
        double largest = 1.0;
        static constexpr auto fields() {
            return Fields{Field{"largest", &Params::largest, "", positive,
                                "no value is greater in size; weights have a finer grid the "
                                "smaller it is"}};
        }
    };
    struct Constants {
        float largest;
    };
    struct State {
        float sent;
    };
    static constexpr auto states() {
        return Fields{
            StateField<State, Constants>{"sent", &State::sent, "", "the value sent in this step"}};
    }
    static Constants prepare(const Params& p, double) { return {static_cast<float>(p.largest)}; }
    static State rest(const Params&, const Constants&) { return {}; }
    static double largest_value(const Params& p) { return p.largest; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const float x = in.current;
        s.sent = x > c.largest ? c.largest : x < -c.largest ? -c.largest : x;
        return s.sent;
    }
};

}  // namespace snnsim
