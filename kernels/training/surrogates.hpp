// Surrogate derivatives: what the backward pass uses for dS/dU of the Heaviside spike function.
#pragma once

#include "kernels/fields.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

// Each alternative holds Params, Constants, prepare, and derivative(c, x) with x = U - U_th.

/// 1 / (1 + slope |x|)^2 (Zenke & Ganguli 2018).
struct FastSigmoid {
    static constexpr const char* name = "fast_sigmoid";
    struct Params {
        double slope = 25.0;
        static constexpr auto fields() {
            return Fields{Field{"slope", &Params::slope, "", positive, "steepness k"}};
        }
    };
    struct Constants {
        float slope;
    };
    static Constants prepare(const Params& p) { return {static_cast<float>(p.slope)}; }
    SNN_HD static float derivative(const Constants& c, float x) {
        const float d = 1.0f + c.slope * (x < 0.0f ? -x : x);
        return 1.0f / (d * d);
    }
};

/// The same function with the default steepness of SuperSpike.
struct SuperSpike : FastSigmoid {
    static constexpr const char* name = "superspike";
    struct Params {
        double slope = 100.0;
        static constexpr auto fields() {
            return Fields{Field{"slope", &Params::slope, "", positive, "steepness k"}};
        }
    };
    static Constants prepare(const Params& p) { return {static_cast<float>(p.slope)}; }
};

/// scale (alpha/2) / (1 + (pi alpha x / 2)^2) (Fang et al. 2021). snnTorch's atan is scale: 0.3183
/// (1/pi).
struct Arctan {
    static constexpr const char* name = "arctan";
    struct Params {
        double alpha = 2.0;
        double scale = 1.0;
        static constexpr auto fields() {
            return Fields{Field{"alpha", &Params::alpha, "", positive, "steepness"},
                          Field{"scale", &Params::scale, "", positive, "height factor"}};
        }
    };
    struct Constants {
        float height, steepness;
    };
    static Constants prepare(const Params& p) {
        return {static_cast<float>(p.scale * p.alpha / 2.0),
                static_cast<float>(3.14159265358979323846 * p.alpha / 2.0)};
    }
    SNN_HD static float derivative(const Constants& c, float x) {
        const float a = c.steepness * x;
        return c.height / (1.0f + a * a);
    }
};

/// slope s (1 - s), s = 1 / (1 + exp(-slope x)).
struct Sigmoid {
    static constexpr const char* name = "sigmoid";
    struct Params {
        double slope = 4.0;
        static constexpr auto fields() {
            return Fields{Field{"slope", &Params::slope, "", positive, "steepness k"}};
        }
    };
    struct Constants {
        float slope;
    };
    static Constants prepare(const Params& p) { return {static_cast<float>(p.slope)}; }
    SNN_HD static float derivative(const Constants& c, float x) {
        // Symmetric in x: with e = exp(-k|x|), s(1 - s) = e / (1 + e)^2, which cannot overflow.
        const float e = exact_exp(-(c.slope * (x < 0.0f ? -x : x)));
        return c.slope * e / ((1.0f + e) * (1.0f + e));
    }
};

/// max(0, 1 - |x| / width) / width.
struct Triangle {
    static constexpr const char* name = "triangle";
    struct Params {
        double width = 1.0;
        static constexpr auto fields() {
            return Fields{Field{"width", &Params::width, "", positive, "half width of the base"}};
        }
    };
    struct Constants {
        float inverse_width;
    };
    static Constants prepare(const Params& p) { return {static_cast<float>(1.0 / p.width)}; }
    SNN_HD static float derivative(const Constants& c, float x) {
        const float h = 1.0f - c.inverse_width * (x < 0.0f ? -x : x);
        return h > 0.0f ? c.inverse_width * h : 0.0f;
    }
};

/// 1 / width for |x| < width / 2, else 0.
struct Rectangle {
    static constexpr const char* name = "rectangle";
    struct Params {
        double width = 1.0;
        static constexpr auto fields() {
            return Fields{Field{"width", &Params::width, "", positive, "width"}};
        }
    };
    struct Constants {
        float half_width, height;
    };
    static Constants prepare(const Params& p) {
        return {static_cast<float>(0.5 * p.width), static_cast<float>(1.0 / p.width)};
    }
    SNN_HD static float derivative(const Constants& c, float x) {
        return (x < 0.0f ? -x : x) < c.half_width ? c.height : 0.0f;
    }
};

/// 1 everywhere (Bengio et al. 2013).
struct StraightThrough {
    static constexpr const char* name = "straight_through";
    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    static Constants prepare(const Params&) { return {}; }
    SNN_HD static float derivative(const Constants&, float) { return 1.0f; }
};

/// alpha / sqrt(pi) exp(-alpha^2 x^2): the derivative of the error function.
struct Gaussian {
    static constexpr const char* name = "gaussian";
    struct Params {
        double alpha = 2.0;
        static constexpr auto fields() {
            return Fields{Field{"alpha", &Params::alpha, "", positive, "steepness"}};
        }
    };
    struct Constants {
        float height, alpha;
    };
    static Constants prepare(const Params& p) {
        return {static_cast<float>(p.alpha * 0.56418958354775628695), static_cast<float>(p.alpha)};
    }
    SNN_HD static float derivative(const Constants& c, float x) {
        const float a = c.alpha * x;
        return c.height * exact_exp(-(a * a));
    }
};

using Surrogates = ModelList<FastSigmoid, SuperSpike, Arctan, Sigmoid, Triangle, Rectangle,
                             StraightThrough, Gaussian>;

}  // namespace snnsim
