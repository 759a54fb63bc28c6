// Direct code: the value itself is the input current at every step.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

struct Direct {
    static constexpr const char* name = "direct";
    static constexpr Sends sends = Sends::values;
    static constexpr bool constant = true;
    static constexpr bool needs_rank = false;
    static constexpr bool any_value = true;

    static constexpr const char* help = "gain times x is sent at every step.";

    struct Params {
        double gain = 1.0;
        static constexpr auto fields() {
            return Fields{Field{"gain", &Params::gain, "", positive, "factor on the value"}};
        }
    };
    struct Constants {
        float gain;
    };
    static Constants prepare(const Params& p, double, int) { return {static_cast<float>(p.gain)}; }
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        if (pixel.x == 0.0f) return;
        for (int t = 0; t < steps; ++t) emit(t, c.gain * pixel.x);
    }
};

}  // namespace snnsim
