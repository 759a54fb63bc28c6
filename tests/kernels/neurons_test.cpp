// Neurons and surrogates against known answers, formulas and finite differences.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/cells/all.hpp"
#include "kernels/training/surrogates.hpp"

namespace snnsim {
namespace {

TEST(Lif, DecaysByOneOverEInOneTimeConstant) {
    Lif::Params p;
    p.tau_m = 10.0;
    const auto c = Lif::prepare(p, 10.0);
    Lif::State s{-20.0f, 0.0f};
    float saved[1];
    EXPECT_EQ(Lif::step(c, s, 0.0f, saved), 0.0f);
    EXPECT_NEAR(s.v, -20.0f * std::exp(-1.0f), 1e-5f);
}

TEST(Lif, ResetsAsAsked) {
    float saved[1];
    for (const Reset reset : {Reset::subtract, Reset::zero, Reset::none}) {
        Lif::Params p;
        p.reset = reset;
        const auto c = Lif::prepare(p, 1.0);
        Lif::State s{};
        EXPECT_EQ(Lif::step(c, s, 1.5f, saved), 1.0f);
        EXPECT_FLOAT_EQ(s.v, reset == Reset::subtract ? 0.5f : reset == Reset::zero ? 0.0f : 1.5f);
        EXPECT_FLOAT_EQ(Lif::membrane(c, saved), s.v);
    }
    Lif::Params late;
    late.reset_at = ResetAt::next_step;
    late.tau_m = -1.0 / std::log(0.5);
    const auto c = Lif::prepare(late, 1.0);
    Lif::State s{};
    Lif::step(c, s, 1.5f, saved);
    EXPECT_FLOAT_EQ(s.v, 1.5f);
    Lif::step(c, s, 0.0f, saved);
    EXPECT_FLOAT_EQ(saved[0], 0.5f * 1.5f - 1.0f);
}

TEST(Lif, FiresAtTheThreshold) {
    const auto c = Lif::prepare({}, 1.0);
    Lif::State s{};
    float saved[1];
    EXPECT_EQ(Lif::step(c, s, 1.0f, saved), 1.0f);
}

TEST(CubaLif, InputActsFromTheNextStepOn) {
    CubaLif::Params p;
    p.integration = Integration::euler;
    p.tau_m = 10.0;
    p.tau_s = 5.0;
    const auto c = CubaLif::prepare(p, 1.0);
    CubaLif::State s{};
    float saved[1];
    CubaLif::step(c, s, 1.0f, saved);
    EXPECT_EQ(saved[0], 0.0f);
    CubaLif::step(c, s, 0.0f, saved);
    EXPECT_FLOAT_EQ(saved[0], 0.1f);
    EXPECT_FLOAT_EQ(s.i, 0.8f);
    CubaLif::step(c, s, 0.0f, saved);
    EXPECT_FLOAT_EQ(saved[0], 0.1f * 0.9f + 0.1f * 0.8f);
}

TEST(AdaptiveLif, SpikesRaiseTheThreshold) {
    AdaptiveLif::Params p;
    p.tau_a = 100.0;
    const auto c = AdaptiveLif::prepare(p, 1.0);
    AdaptiveLif::State s{};
    float saved[2];
    EXPECT_EQ(AdaptiveLif::step(c, s, 1.2f, saved), 1.0f);
    const float a = 1.0f - std::exp(-0.01f);
    EXPECT_NEAR(s.a, a, 1e-6f);
    AdaptiveLif::step(c, s, 0.0f, saved);
    EXPECT_NEAR(saved[0] - saved[1], 1.0f + 1.8f * a, 1e-6f);
}

// Garg & Chakraborty 2023: beta 0.5, threshold 1, identity.
TEST(Vsn, HandTrace) {
    Vsn::Params p;
    p.beta = 0.5;
    const auto c = Vsn::prepare(p, 1.0);
    Vsn::State s{};
    const float z[] = {0.6f, 0.6f, 0.6f, 2.0f}, m[] = {0.6f, 0.9f, 1.05f, 2.0f},
                y[] = {0.0f, 0.0f, 0.6f, 2.0f};
    for (int t = 0; t < 4; ++t) {
        float saved[2];
        EXPECT_FLOAT_EQ(Vsn::step(c, s, z[t], saved), y[t]);
        EXPECT_FLOAT_EQ(saved[0], m[t]);
    }
}

TEST(Vsn, WithoutAThresholdItIsAnOrdinaryUnit) {
    for (const Activation a : {Activation::identity, Activation::relu, Activation::tanh}) {
        Vsn::Params p;
        p.v_th = -1e30;
        p.activation = a;
        const auto c = Vsn::prepare(p, 1.0);
        Vsn::State s{};
        for (const float z : {-2.0f, 0.0f, 0.7f}) {
            float saved[2];
            const float wanted = a == Activation::relu   ? std::max(z, 0.0f)
                                 : a == Activation::tanh ? std::tanh(z)
                                                         : z;
            EXPECT_NEAR(Vsn::step(c, s, z, saved), wanted, 1e-6f);
        }
    }
}

/// A smooth spike function, whose derivative is what `Sigmoid` gives.
struct SmoothSpike {
    static constexpr float slope = 4.0f;
    static float spike(float x) { return 1.0f / (1.0f + std::exp(-slope * x)); }
};

template <class M>
double smooth_loss(const typename M::Constants& c, const std::vector<float>& input) {
    typename M::State state{};
    double loss = 0.0;
    for (std::size_t t = 0; t < input.size(); ++t) {
        float saved[2];
        const float sent = M::template step<SmoothSpike>(c, state, input[t], saved);
        loss += sent * std::cos(0.7 * static_cast<double>(t));
    }
    return loss;
}

template <class M>
void check_finite_differences(const typename M::Params& params) {
    const auto c = M::prepare(params, 1.0);
    const Sigmoid::Constants surrogate = Sigmoid::prepare({SmoothSpike::slope});
    std::vector<float> input;
    for (int t = 0; t < 12; ++t)
        input.push_back(0.5f + 0.4f * std::sin(1.3f * static_cast<float>(t)));
    std::vector<std::array<float, 2>> saved(input.size());
    typename M::State state{};
    for (std::size_t t = 0; t < input.size(); ++t)
        M::template step<SmoothSpike>(c, state, input[t], saved[t].data());
    typename M::Adjoint adjoint{};
    for (std::size_t t = input.size(); t-- > 0;) {
        const float slope = Sigmoid::derivative(surrogate, M::distance(c, saved[t].data()));
        const auto d_output = static_cast<float>(std::cos(0.7 * static_cast<double>(t)));
        const float have =
            M::template backward<SmoothSpike>(c, adjoint, saved[t].data(), d_output, slope);
        constexpr float h = 4e-3f;
        std::vector<float> up = input, down = input;
        up[t] += h;
        down[t] -= h;
        const double wanted =
            (smooth_loss<M>(c, up) - smooth_loss<M>(c, down)) / (2.0 * static_cast<double>(h));
        EXPECT_NEAR(have, wanted, 2e-3) << M::name << " input at step " << t;
    }
}

/// Cells of simulations that are trained too: with volts and currents as small as the inputs here.
TEST(Gradients, OfCellsAgreeWithFiniteDifferences) {
    {
        constexpr bool detach = false;
        IafPscDelta::Params delta;
        delta.e_l = delta.v_reset = 0.0;
        delta.v_th = 0.8;
        delta.tau_m = 5.0;
        delta.t_ref = 0.0;
        delta.i_e = 5.0;
        delta.detach_reset = detach;
        check_finite_differences<IafPscDelta>(delta);
        delta.v_reset = -0.3;
        check_finite_differences<IafPscDelta>(delta);
        IafPscExp::Params exp;
        exp.e_l = exp.v_reset = 0.0;
        exp.v_th = 0.5;
        exp.c_m = 1.5;
        exp.tau_m = 5.0;
        exp.t_ref = 0.0;
        exp.detach_reset = detach;
        check_finite_differences<IafPscExp>(exp);
        for (const IzhikevichScheme scheme :
             {IzhikevichScheme::euler, IzhikevichScheme::sequential}) {
            Izhikevich::Params quadratic;
            quadratic.scheme = scheme;
            quadratic.q1 = -0.4;
            quadratic.q0 = 0.1;
            quadratic.q2 = 0.05;
            quadratic.a = 0.1;
            quadratic.b = 0.3;
            quadratic.c = 3.5;
            quadratic.d = 0.2;
            quadratic.v_peak = 4.8;
            quadratic.detach_reset = detach;
            check_finite_differences<Izhikevich>(quadratic);
        }
    }
}

/// A cell's two steps are one, and a cell that waits passes no gradient.
TEST(Gradients, OfCellsThatWaitAreNone) {
    IafPscDelta::Params p;
    const auto c = IafPscDelta::prepare(p, 1.0);
    IafPscDelta::State a{}, b{};
    std::vector<std::array<float, 2>> saved(40);
    int fired = 0;
    for (std::size_t t = 0; t < saved.size(); ++t) {
        const float input = 4.0f + static_cast<float>(t % 3);
        const float one = IafPscDelta::step(c, a, input, saved[t].data());
        CellInput in;
        in.receptor_0 = input;
        EXPECT_EQ(one, IafPscDelta::step(c, b, in));
        EXPECT_EQ(a.v, b.v);
        fired += one > 0.0f ? 1 : 0;
    }
    EXPECT_GT(fired, 3);
    IafPscDelta::Adjoint adjoint{};
    int waits = 0;
    for (std::size_t t = saved.size(); t-- > 0;) {
        const float d = IafPscDelta::backward(c, adjoint, saved[t].data(), 1.0f, 0.5f);
        if (saved[t][1] > 0.0f) {
            EXPECT_EQ(d, 0.0f);
            ++waits;
        } else {
            EXPECT_NE(d, 0.0f);
        }
    }
    EXPECT_LE(waits, 2 * fired);  // the last spike is too late
    EXPECT_GE(waits, 2 * fired - 2);
}

TEST(Gradients, AgreeWithFiniteDifferencesForEveryForm) {
    for (const Reset reset : {Reset::subtract, Reset::zero, Reset::none}) {
        for (const ResetAt at : {ResetAt::same_step, ResetAt::next_step}) {
            for (const bool scale : {false, true}) {
                Lif::Params p;
                p.tau_m = 5.0;
                p.v_th = 0.8;
                p.reset = reset;
                p.reset_at = at;
                p.scale_input = scale;
                p.detach_reset = false;
                check_finite_differences<Lif>(p);
            }
        }
        for (const Integration integration : {Integration::exact, Integration::euler}) {
            CubaLif::Params p;
            p.v_th = 0.4;
            p.v_leak = 0.1;
            p.reset = reset;
            p.integration = integration;
            p.detach_reset = false;
            check_finite_differences<CubaLif>(p);
        }
        Vsn::Params v;
        v.v_th = 0.8;
        v.detach_reset = false;
        for (const Activation a : {Activation::identity, Activation::relu, Activation::tanh}) {
            v.activation = a;
            check_finite_differences<Vsn>(v);
        }
        AdaptiveLif::Params p;
        p.tau_m = 5.0;
        p.tau_a = 20.0;
        p.v_th = 0.8;
        p.reset = reset;
        p.detach_reset = false;
        check_finite_differences<AdaptiveLif>(p);
    }
}

TEST(Gradients, OfUnitsWithoutSpikes) {
    const auto c = LeakyReadout::prepare({}, 1.0);
    LeakyReadout::Adjoint adjoint{};
    float saved[1] = {0.0f};
    EXPECT_EQ(LeakyReadout::backward(c, adjoint, saved, 1.0f, 0.0f), 1.0f);
    EXPECT_NEAR(LeakyReadout::backward(c, adjoint, saved, 0.0f, 0.0f), std::exp(-1.0 / 20.0), 1e-6);
    Relu::Adjoint none{};
    saved[0] = -1.0f;
    EXPECT_EQ(Relu::backward({}, none, saved, 3.0f, 0.0f), 0.0f);
    saved[0] = 1.0f;
    EXPECT_EQ(Relu::backward({}, none, saved, 3.0f, 0.0f), 3.0f);
    Tanh::Adjoint tanh{};
    Tanh::State state{};
    EXPECT_NEAR(Tanh::step({}, state, 0.5f, saved), std::tanh(0.5), 1e-7);
    EXPECT_NEAR(Tanh::backward({}, tanh, saved, 3.0f, 0.0f), 3.0 / std::pow(std::cosh(0.5), 2),
                1e-6);
}

template <class S, class F>
void check_surrogate(const typename S::Params& params, F formula) {
    const auto c = S::prepare(params);
    for (int k = 0; k < 1000; ++k) {
        const double x = -3.0 + 6.0 * (k + 0.5) / 1000.0;
        const double wanted = formula(x);
        EXPECT_NEAR(S::derivative(c, static_cast<float>(x)), wanted,
                    2e-6 * std::max(1.0, std::abs(wanted)))
            << S::name << " " << x;
    }
}

TEST(Surrogates, EqualTheirFormulasAtAThousandPoints) {
    const double pi = 3.14159265358979323846;
    check_surrogate<FastSigmoid>(
        {25.0}, [](double x) { return 1.0 / std::pow(1.0 + 25.0 * std::abs(x), 2); });
    check_surrogate<SuperSpike>(
        {}, [](double x) { return 1.0 / std::pow(1.0 + 100.0 * std::abs(x), 2); });
    check_surrogate<Arctan>({2.0, 0.5},
                            [&](double x) { return 0.5 * 1.0 / (1.0 + std::pow(pi * x, 2)); });
    check_surrogate<Sigmoid>({4.0}, [](double x) {
        const double s = 1.0 / (1.0 + std::exp(-4.0 * x));
        return 4.0 * s * (1.0 - s);
    });
    check_surrogate<Triangle>(
        {0.5}, [](double x) { return std::max(0.0, 1.0 - std::abs(x) / 0.5) / 0.5; });
    check_surrogate<Rectangle>({0.5}, [](double x) { return std::abs(x) < 0.25 ? 2.0 : 0.0; });
    check_surrogate<StraightThrough>({}, [](double) { return 1.0; });
    check_surrogate<Gaussian>(
        {2.0}, [&](double x) { return 2.0 / std::sqrt(pi) * std::exp(-4.0 * x * x); });
}

}  // namespace
}  // namespace snnsim
