// Every enumerated option of the simulated cells, step by step against its equations in double
// precision. Each step begins with the state that the cell has, so that differences do not add up.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <string>

#include "kernels/cells/izhikevich.hpp"
#include "kernels/cells/vsn.hpp"

namespace snnsim {
namespace {

struct Moved {
    double v, u;
    bool fired = false;
};

/// One step of dt with a constant current, and weights that arrive at its end.
Moved reference(const Izhikevich::Params& p, double v, double u, double dt, double current,
                double arriving) {
    const auto dv = [&](double at, double input) {
        return p.q2 * at * at + p.q1 * at + p.q0 - u + input;
    };
    const auto du = [&](double at) { return p.a * (p.b * (at - p.u_origin) - p.u_decay * u); };
    const double input = p.i_e + current;
    Moved out{v, u};
    if (p.scheme == IzhikevichScheme::euler) {
        out.v = v + dt * dv(v, input) + arriving;
        out.u = u + dt * du(v);
    } else if (p.scheme == IzhikevichScheme::sequential) {
        out.v = v + dt * dv(v, input) + arriving;
        out.u = u + dt * du(out.v);
    } else {
        const double half = v + 0.5 * dt * dv(v, input + arriving);
        out.v = half + 0.5 * dt * dv(half, input + arriving);
        out.u = u + dt * du(out.v);
    }
    out.fired = p.scheme == IzhikevichScheme::sequential ? out.v > p.v_peak : out.v >= p.v_peak;
    if (out.fired) {
        out.v = p.c;
        out.u += p.d;
    }
    return out;
}

TEST(CellOptions, IzhikevichSchemes) {
    for (const IzhikevichScheme scheme : {IzhikevichScheme::euler, IzhikevichScheme::sequential,
                                          IzhikevichScheme::published_2003}) {
        for (const double u_decay : {0.0, 1.0}) {
            for (const bool class_1 : {false, true}) {  // q1 = 4.1, q0 = 108, and u about another v
                Izhikevich::Params p;
                p.scheme = scheme;
                p.u_decay = u_decay;
                p.i_e = 2.0;
                if (class_1) {
                    p.q1 = 4.1;
                    p.q0 = 108.0;
                    p.u_origin = -63.0;
                }
                const double dt = scheme == IzhikevichScheme::published_2003 ? 1.0 : 0.25;
                const auto c = Izhikevich::prepare(p, dt);
                const double v_0 = c.v_vertex, u_0 = c.u_vertex;
                Izhikevich::State s{static_cast<float>(-65.0 - v_0),
                                    static_cast<float>(-13.0 * u_decay - u_0)};
                std::mt19937 random(3);
                int spikes = 0;
                for (int t = 0; t < 2000; ++t) {
                    CellInput in;
                    in.current = static_cast<float>(random() % 16);
                    in.receptor_0 = random() % 4 == 0 ? 3.0f : 0.0f;
                    const Moved wanted =
                        reference(p, static_cast<double>(s.v) + v_0, static_cast<double>(s.u) + u_0,
                                  dt, in.current, in.receptor_0);
                    const float fired = Izhikevich::step(c, s, in);
                    const std::string what = std::string(name_of(scheme)) + ", u_decay " +
                                             std::to_string(u_decay) + ", step " +
                                             std::to_string(t);
                    ASSERT_EQ(fired != 0.0f, wanted.fired) << what;
                    ASSERT_NEAR(static_cast<double>(s.v) + v_0, wanted.v, 1e-3) << what;
                    ASSERT_NEAR(static_cast<double>(s.u) + u_0, wanted.u, 1e-3) << what;
                    spikes += wanted.fired ? 1 : 0;
                }
                EXPECT_GT(spikes, u_decay > 0.0 ? 5 : 1) << name_of(scheme);
            }
        }
    }
}

/// A spike exactly at v_peak counts, but for the program of the twenty patterns.
TEST(CellOptions, IzhikevichReachesItsPeak) {
    for (const IzhikevichScheme scheme : {IzhikevichScheme::euler, IzhikevichScheme::sequential}) {
        Izhikevich::Params p;  // dv = v^2 / 16: from -16 to -8 in a step of 0.5
        p.scheme = scheme;
        p.q2 = 0.0625;
        p.q1 = p.q0 = p.a = 0.0;
        p.v_peak = -8.0;
        const auto c = Izhikevich::prepare(p, 0.5);
        Izhikevich::State s{-16.0f - c.v_vertex, 0.0f - c.u_vertex};
        EXPECT_EQ(Izhikevich::step(c, s, {}), scheme == IzhikevichScheme::euler ? 1.0f : 0.0f);
    }
}

TEST(CellOptions, VsnActivations) {
    for (const Activation activation : {Activation::identity, Activation::relu, Activation::tanh}) {
        for (const double y_max : {0.5, 2.0, 100.0}) {
            for (const double v_th : {-0.4, 0.9}) {
                Vsn::Params p;
                p.activation = activation;
                p.y_max = y_max;
                p.v_th = v_th;
                p.beta = 0.8;
                p.i_e = 0.25;
                const auto c = Vsn::prepare(p, 0.1);
                Vsn::State s{0.0f};
                std::mt19937 random(5);
                int fired = 0, silent = 0;
                for (int t = 0; t < 500; ++t) {
                    CellInput in;
                    in.receptor_0 = static_cast<float>(random() % 97) / 16.0f - 3.0f;
                    in.current = static_cast<float>(random() % 9) / 16.0f;
                    const double z = static_cast<double>(in.receptor_0) + in.current + p.i_e;
                    const double m = p.beta * static_cast<double>(s.m) + z;
                    const bool fires = m >= v_th;
                    const double phi = activation == Activation::identity ? z
                                       : activation == Activation::relu   ? std::max(z, 0.0)
                                                                          : std::tanh(z);
                    const float sent = step_of_cell<Vsn>(c, s, in);
                    if (std::abs(m - v_th) < 1e-5) continue;  // rounding may decide
                    ASSERT_NEAR(sent, fires ? std::min(std::max(phi, -y_max), y_max) : 0.0, 1e-5)
                        << name_of(activation) << ", step " << t;
                    ASSERT_NEAR(s.m, fires ? 0.0 : m, 1e-5) << name_of(activation);
                    ++(fires ? fired : silent);
                }
                EXPECT_GT(fired, 50);
                EXPECT_GT(silent, 50);
            }
        }
    }
}

}  // namespace
}  // namespace snnsim
