// Rank-order code: every non-zero input fires once, in order of intensity.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// The input of rank k of n fires in step floor(k steps / n). A decoder weighs rank k by m^k
/// (Thorpe & Gautrais 1998).
struct RankOrder {
    static constexpr const char* name = "rank_order";
    static constexpr Sends sends = Sends::spikes;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = true;

    static constexpr const char* help =
        "Each input above 0 sends one spike: that of rank k of n, by intensity and then by number, "
        "in step floor(k steps / n); all counted from 0.";

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    static Constants prepare(const Params&, double, int) { return {}; }
    template <class Emit>
    SNN_HD static void encode(const Constants&, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        if (pixel.x == 0.0f) return;
        const auto scaled =
            static_cast<std::uint64_t>(pixel.rank) * static_cast<std::uint64_t>(steps);
        emit(static_cast<int>(scaled / pixel.active), 1.0f);
    }
};

}  // namespace snnsim
