// Units without memory from step to step: those of ordinary artificial networks (rectified linear,
// tanh, linear), and one that hands spikes on.
#pragma once

#include "kernels/cells/trained.hpp"
#include "kernels/math/tanh.hpp"

namespace snnsim {

/// What they share; each has types of its own, by which models are told apart.
template <class Own>
struct Memoryless {
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
        return Own::value(input);
    }
    SNN_HD static float distance(const Constants&, const float*) { return 0.0f; }
    SNN_HD static float membrane(const Constants&, const float* saved) { return saved[0]; }
    SNN_HD static float backward(const Constants&, Adjoint&, const float* saved, float d_output,
                                 float) {
        return Own::passed_back(saved[0], d_output);
    }
};

/// y = max(0, I).
struct Relu : Memoryless<Relu> {
    static constexpr const char* name = "relu";

    SNN_HD static float value(float input) { return input > 0.0f ? input : 0.0f; }
    SNN_HD static float passed_back(float input, float d_output) {
        return input > 0.0f ? d_output : 0.0f;
    }
};

/// y = tanh(I).
struct Tanh : Memoryless<Tanh> {
    static constexpr const char* name = "tanh";

    SNN_HD static float value(float input) { return exact_tanh(input); }
    SNN_HD static float passed_back(float input, float d_output) {
        const float y = exact_tanh(input);
        return d_output * (1.0f - y * y);
    }
};

/// y = I: the usual output layer of a classifier.
struct Linear : Memoryless<Linear> {
    static constexpr const char* name = "linear";

    SNN_HD static float value(float input) { return input; }
    SNN_HD static float passed_back(float, float d_output) { return d_output; }
};

/// s = 1 if I > 1/2, and a gradient as of y = I: hands on the spikes that a max_pool lets through.
struct Relay : Memoryless<Relay> {
    static constexpr const char* name = "relay";
    static constexpr Output output = Output::spikes;

    SNN_HD static float value(float input) { return input > 0.5f ? 1.0f : 0.0f; }
    SNN_HD static float passed_back(float, float d_output) { return d_output; }
};

}  // namespace snnsim
