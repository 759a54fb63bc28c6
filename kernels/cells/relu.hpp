// Units without memory: those of ordinary artificial networks (rectified linear, tanh, linear), and
// one that hands spikes on.
#pragma once

#include "kernels/cells/trained.hpp"
#include "kernels/math/tanh.hpp"

namespace snnsim {

/// y = max(0, I), without memory from step to step.
struct Relu {
    static constexpr const char* name = "relu";
    static constexpr Output output = Output::values;
    static constexpr int saved_count = 1;  // I

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    struct State {};
    struct Adjoint {};

    static Constants prepare(const Params&, double) { return {}; }
    SNN_HD static float step(const Constants&, State&, float input, float* saved) {
        saved[0] = input;
        return input > 0.0f ? input : 0.0f;
    }
    SNN_HD static float distance(const Constants&, const float*) { return 0.0f; }
    SNN_HD static float membrane(const Constants&, const float* saved) { return saved[0]; }
    SNN_HD static float backward(const Constants&, Adjoint&, const float* saved, float d_output,
                                 float) {
        return saved[0] > 0.0f ? d_output : 0.0f;
    }
};

/// y = tanh(I), without memory from step to step.
struct Tanh {
    static constexpr const char* name = "tanh";
    static constexpr Output output = Output::values;
    static constexpr int saved_count = 1;  // I

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    struct State {};
    struct Adjoint {};

    static Constants prepare(const Params&, double) { return {}; }
    SNN_HD static float step(const Constants&, State&, float input, float* saved) {
        saved[0] = input;
        return exact_tanh(input);
    }
    SNN_HD static float distance(const Constants&, const float*) { return 0.0f; }
    SNN_HD static float membrane(const Constants&, const float* saved) { return saved[0]; }
    SNN_HD static float backward(const Constants&, Adjoint&, const float* saved, float d_output,
                                 float) {
        const float y = exact_tanh(saved[0]);
        return d_output * (1.0f - y * y);
    }
};

/// y = I, without memory from step to step: the usual output layer of a classifier.
struct Linear {
    static constexpr const char* name = "linear";
    static constexpr Output output = Output::values;
    static constexpr int saved_count = 1;  // I

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    struct State {};
    struct Adjoint {};

    static Constants prepare(const Params&, double) { return {}; }
    SNN_HD static float step(const Constants&, State&, float input, float* saved) {
        saved[0] = input;
        return input;
    }
    SNN_HD static float distance(const Constants&, const float*) { return 0.0f; }
    SNN_HD static float membrane(const Constants&, const float* saved) { return saved[0]; }
    SNN_HD static float backward(const Constants&, Adjoint&, const float*, float d_output, float) {
        return d_output;
    }
};

/// s = 1 if I > 1/2, without memory from step to step, and a gradient as of y = I: hands on the
/// spikes that a max_pool lets through.
struct Relay {
    static constexpr const char* name = "relay";
    static constexpr Output output = Output::spikes;
    static constexpr int saved_count = 1;  // I

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    struct State {};
    struct Adjoint {};

    static Constants prepare(const Params&, double) { return {}; }
    SNN_HD static float step(const Constants&, State&, float input, float* saved) {
        saved[0] = input;
        return input > 0.5f ? 1.0f : 0.0f;
    }
    SNN_HD static float distance(const Constants&, const float*) { return 0.0f; }
    SNN_HD static float membrane(const Constants&, const float* saved) { return saved[0]; }
    SNN_HD static float backward(const Constants&, Adjoint&, const float*, float d_output, float) {
        return d_output;
    }
};

}  // namespace snnsim
