// Gradients of the parameters of neurons against finite differences of a smooth spike function.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/cells/all.hpp"
#include "kernels/training/surrogates.hpp"

namespace snnsim {
namespace {

/// A smooth spike function, whose derivative is what `Sigmoid` gives.
struct SmoothSpike {
    static constexpr float slope = 4.0f;
    static float spike(float x) { return 1.0f / (1.0f + std::exp(-slope * x)); }
};

constexpr double dt = 1.0;
constexpr std::size_t steps = 14;

float input_at(std::size_t t) {
    return 0.5f + 0.4f * std::sin(1.3f * static_cast<float>(t));
}
/// dL/d(output) of a loss that is linear in what is sent.
double weight_at(std::size_t t) {
    return std::cos(0.7 * static_cast<double>(t));
}

template <class M>
typename M::State start(const typename M::Constants& c) {
    if constexpr (requires { M::start(c); }) return M::start(c);
    return {};
}

template <class M>
float step(const typename M::Constants& c, typename M::State& s, float input, float* saved) {
    if constexpr (!has_threshold<M>) {
        return M::step(c, s, input, saved);
    } else {
        return M::template step<SmoothSpike>(c, s, input, saved);
    }
}

template <class M>
double loss(const typename M::Params& params) {
    const auto c = M::prepare(params, dt);
    auto state = start<M>(c);
    double sum = 0.0;
    for (std::size_t t = 0; t < steps; ++t) {
        float saved[2];
        sum += static_cast<double>(step<M>(c, state, input_at(t), saved)) * weight_at(t);
    }
    return sum;
}

/// The member of that name.
template <class Params>
double& parameter(Params& params, const std::string& name) {
    double* found = nullptr;
    Params::fields().for_each([&](const auto& field) {
        if constexpr (std::is_same_v<decltype(&(params.*field.member)), double*>) {
            if (field.name == name) found = &(params.*field.member);
        }
    });
    return *found;
}

template <class M>
typename M::Params gradient(const typename M::Params& params) {
    const auto c = M::prepare(params, dt);
    const Sigmoid::Constants surrogate = Sigmoid::prepare({SmoothSpike::slope});
    auto state = start<M>(c);
    std::vector<std::array<float, 2>> saved(steps);
    std::vector<float> held(steps);
    for (std::size_t t = 0; t < steps; ++t) {
        step<M>(c, state, input_at(t), saved[t].data());
        if constexpr (has_held<M>) held[t] = M::held(state);
    }
    typename M::Adjoint adjoint{};
    typename M::Sums sums{};
    for (std::size_t t = steps; t-- > 0;) {
        const float slope = Sigmoid::derivative(surrogate, M::distance(c, saved[t].data()));
        const auto d_output = static_cast<float>(weight_at(t));
        const auto later = adjoint;
        const auto before =
            t == 0 ? start<M>(c)
                   : M::template after<SmoothSpike>(c, saved[t - 1].data(), held[t - 1]);
        if constexpr (!has_threshold<M>) {
            M::backward(c, adjoint, saved[t].data(), d_output, slope);
        } else {
            M::template backward<SmoothSpike>(c, adjoint, saved[t].data(), d_output, slope);
        }
        M::template add_gradient<SmoothSpike>(
            c, StepBack<M>{before, saved[t].data(), later, adjoint, d_output, slope}, sums);
    }
    if constexpr (requires { M::add_start(adjoint, sums); }) M::add_start(adjoint, sums);
    typename M::template SumsOf<double> wide;
    static_assert(sizeof(wide) == 2 * sizeof(sums));
    for (std::size_t k = 0; k < sizeof(sums) / sizeof(float); ++k)
        reinterpret_cast<double*>(&wide)[k] =
            static_cast<double>(reinterpret_cast<const float*>(&sums)[k]);
    typename M::Params d{};
    for (const char* name : M::learns) parameter(d, name) = 0.0;
    M::chain(params, dt, wide, d);
    return d;
}

/// By how much a parameter is changed: a little of the vertex, in millivolts, that a parabola has.
template <class M>
double change(const std::string& name, double value) {
    const double size = std::abs(value);
    if constexpr (std::is_same_v<M, Izhikevich>)
        return name == "q1" || name == "q2" ? 1e-5 * size : std::min(4e-3, 4e-3 * size);
    return 4e-3 * std::max(0.2, size);
}

template <class M>
void check(const typename M::Params& params) {
    typename M::Params have = gradient<M>(params);
    for (const char* name : M::learns) {
        typename M::Params up = params, down = params;
        const double h = change<M>(name, parameter(up, name));
        parameter(up, name) += h;
        parameter(down, name) -= h;
        if constexpr (requires { M::settle(up); }) {
            M::settle(up);
            M::settle(down);
        }
        const double wanted = (loss<M>(up) - loss<M>(down)) / (2.0 * h);
        EXPECT_NEAR(parameter(have, name), wanted, 1e-3 + 2e-3 * std::abs(wanted))
            << M::name << " " << name;
    }
}

TEST(LearnedParameters, OfLifAgreeWithFiniteDifferences) {
    for (const Reset reset : {Reset::subtract, Reset::zero, Reset::none}) {
        for (const ResetAt at : {ResetAt::same_step, ResetAt::next_step}) {
            for (const bool scale : {false, true}) {
                for (const Integration i : {Integration::exact, Integration::euler}) {
                    Lif::Params p;
                    p.tau_m = 5.0;
                    p.v_th = 0.8;
                    p.reset = reset;
                    p.reset_at = at;
                    p.scale_input = scale;
                    p.integration = i;
                    p.detach_reset = false;
                    check<Lif>(p);
                    if (reset != Reset::zero || at != ResetAt::same_step) continue;
                    p.v_reset = -0.4;
                    check<Lif>(p);
                }
            }
        }
    }
}

TEST(LearnedParameters, OfAdaptiveAndCurrentBasedCellsAgreeWithFiniteDifferences) {
    for (const Reset reset : {Reset::subtract, Reset::zero, Reset::none}) {
        AdaptiveLif::Params a;
        a.tau_m = 5.0;
        a.tau_a = 8.0;
        a.v_th = 0.8;
        a.reset = reset;
        a.detach_reset = false;
        check<AdaptiveLif>(a);
        for (const Integration i : {Integration::exact, Integration::euler}) {
            CubaLif::Params c;
            c.v_th = 0.4;
            c.v_leak = 0.1;
            c.reset = reset;
            c.integration = i;
            c.detach_reset = false;
            check<CubaLif>(c);
            if (reset != Reset::zero) continue;
            c.v_reset = -0.2;
            check<CubaLif>(c);
        }
    }
}

TEST(LearnedParameters, OfReadoutsAndVariableSpikesAgreeWithFiniteDifferences) {
    for (const bool scale : {false, true})
        check<LeakyReadout>({.tau_m = 5.0, .scale_input = scale});
    check<LeakyIntegrator>({.tau_m = 5.0, .scale_input = true});
    Vsn::Params v;
    v.v_th = 0.8;
    v.detach_reset = false;
    for (const Activation a : {Activation::identity, Activation::relu, Activation::tanh}) {
        v.activation = a;
        check<Vsn>(v);
    }
}

TEST(LearnedParameters, OfCellsWithUnitsAgreeWithFiniteDifferences) {
    IafPscDelta::Params delta;
    delta.e_l = 0.1;
    delta.v_reset = -0.3;
    delta.v_th = 0.8;
    delta.tau_m = 5.0;
    delta.c_m = 20.0;
    delta.t_ref = 0.0;
    delta.i_e = 5.0;
    delta.detach_reset = false;
    check<IafPscDelta>(delta);
    IafPscExp::Params exp;
    exp.e_l = 0.1;
    exp.v_reset = -0.1;
    exp.v_th = 0.5;
    exp.c_m = 1.5;
    exp.tau_m = 5.0;
    exp.i_e = 0.2;
    exp.t_ref = 0.0;
    exp.detach_reset = false;
    for (const double tau : {2.0, 5.0, 7.0}) {
        exp.tau_syn_ex = exp.tau_syn_in = tau;
        check<IafPscExp>(exp);
    }
    for (const IzhikevichScheme scheme : {IzhikevichScheme::euler, IzhikevichScheme::sequential}) {
        // Cells start at -65 mV: a vertex near it, so that differences keep their digits.
        Izhikevich::Params p;
        p.scheme = scheme;
        p.q2 = 0.05;
        p.q1 = 6.3;
        p.q0 = 198.5;
        p.a = 0.1;
        p.b = 0.3;
        p.c = -62.5;
        p.d = 0.2;
        p.u_origin = -64.0;
        p.u_decay = 0.8;
        p.v_peak = -61.0;
        p.i_e = 0.1;
        p.detach_reset = false;
        check<Izhikevich>(p);
    }
}

}  // namespace
}  // namespace snnsim
