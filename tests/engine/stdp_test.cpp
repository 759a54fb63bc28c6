// Plasticity rules against independent computations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "snnsim/read_model.hpp"
#include "src/engine/plasticity/plastic_projection.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "tests/engine/lone_source.hpp"
#include "tests/engine/stdp_golden.hpp"

namespace snnsim {
namespace {

/// One synapse that is given its spikes by hand.
class OneSynapse {
  public:
    OneSynapse(const PlasticitySpec& plasticity, std::int64_t delay, double weight = 0.5)
        : delay_(delay) {
        SimulationSpec spec = parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 s}\npopulations:\n"
            "  a: {model: poisson_source, size: 1}\n"
            "  b: {model: iaf_psc_delta, size: 1}\n"
            "projections: [{from: a, to: b, connect: one_to_one, weight: 0.5 mV, delay: 0.1 ms}]\n",
            "test.yaml");
        SynapsesSpec& p = spec.projections[0];
        p.delay.mean = 0.1 * static_cast<double>(delay);
        p.weight.mean = weight;
        p.plasticity = plasticity;
        p.plasticity->w_max.mean = 1.0;
        const Layout layout(spec, 1);
        const WeightPlan weights = plan_weights(spec);
        ThreadPool pool(1);
        const auto plans = plan_projections(spec, weights.grid, pool);
        synapse_ = make_plastic(spec, 0, plans[0], layout, weights.grid, pool);
        step_ = weights.grid.steps(1)[0];
        slots_.resize(64);
    }
    /// The weights that presynaptic spikes deliver; steps in ascending order.
    std::vector<double> run(const std::vector<std::int64_t>& pre,
                            const std::vector<std::int64_t>& post) {
        const std::uint32_t cell = 0;
        LoneSource source(static_cast<std::uint32_t>(delay_));
        std::vector<double> delivered;
        std::size_t next = 0;
        for (const std::int64_t p : pre) {
            for (; next < post.size() && post[next] < p + delay_; ++next)
                synapse_->fire(0, post[next], {&cell, 1});
            std::int32_t& sum = slots_[0];
            sum = 0;
            synapse_->arrive(0, p + delay_, source.fired_in(p), slots_.data());
            delivered.push_back(sum * step_);
            float w = 0.0f;
            synapse_->read_weights(0, &w);
            EXPECT_NEAR(w, delivered.back(), step_);
        }
        for (; next < post.size(); ++next) synapse_->fire(0, post[next], {&cell, 1});
        return delivered;
    }
    double weight_at(std::int64_t step) {
        synapse_->catch_up(0, step);
        float w = 0.0f;
        synapse_->read_weights(0, &w);
        return static_cast<double>(w);
    }

  private:
    std::int64_t delay_;
    std::unique_ptr<PlasticProjection> synapse_;
    double step_ = 1.0;
    std::vector<std::int32_t> slots_;
};

TEST(Stdp, WeightsOfNestAndOfAnIndependentImplementation) {
    for (const StdpCase& c : stdp_cases) {
        PairStdp::Params rule;
        rule.a_plus = c.a_plus;
        rule.a_minus = c.a_minus;
        rule.tau_plus = c.tau_plus;
        rule.tau_minus = c.tau_minus;
        rule.mu_plus = c.mu_plus;
        rule.mu_minus = c.mu_minus;
        rule.dependence = c.mu_plus == 0.0   ? Dependence::additive
                          : c.mu_plus == 1.0 ? Dependence::multiplicative
                                             : Dependence::power_law;
        PlasticitySpec plasticity;
        plasticity.rule = rule;
        plasticity.dendritic = true;
        const std::vector<double> w = OneSynapse(plasticity, c.delay).run(c.pre, c.post);
        for (std::size_t k = 0; k < w.size(); ++k)
            ASSERT_NEAR(w[k], c.weight[k], std::max(1e-5 * c.weight[k], 5e-8))
                << c.name << ", spike " << k;
    }
}

/// The definition of nearest pairings, spike by spike. Axonal delay; times of arrival.
double nearest_pairs(const PairStdp::Params& p, const std::vector<std::int64_t>& pre,
                     const std::vector<std::int64_t>& post, bool centred) {
    double w = 0.5;
    for (std::int64_t t = 0; t < 20000; ++t) {
        const auto last = [t](const std::vector<std::int64_t>& spikes) {
            std::int64_t found = -1;
            for (const std::int64_t s : spikes) {
                if (s < t) found = s;
            }
            return found;
        };
        const std::int64_t last_post = last(post);
        const auto weight = [](std::int64_t age, double tau) {
            return std::exp(-0.1 * static_cast<double>(age) / tau);
        };
        if (std::count(pre.begin(), pre.end(), t) && last_post >= 0)
            w -= p.a_minus * weight(t - last_post, p.tau_minus);
        if (!std::count(post.begin(), post.end(), t)) continue;
        if (centred) {  // all arrivals since the last spike of the target
            for (const std::int64_t s : pre) {
                if (s < t && s >= last_post) w += p.a_plus * weight(t - s, p.tau_plus);
            }
        } else if (last(pre) >= 0) {
            w += p.a_plus * weight(t - last(pre), p.tau_plus);
        }
    }
    return w;
}

TEST(Stdp, NearestPairingsAsDefined) {
    std::vector<std::int64_t> pre, post, arriving;
    std::uint32_t x = 1;
    for (std::int64_t t = 5; t < 19000; ++t) {
        x = x * 1664525u + 1013904223u;
        if (x >> 24 == 3) pre.push_back(t);
        if (x >> 24 == 7 || (x >> 24 == 3 && x % 5 == 0)) post.push_back(t);
    }
    constexpr std::int64_t delay = 7;
    for (const std::int64_t t : pre) arriving.push_back(t + delay);
    ASSERT_GT(post.size(), 50u);
    for (const bool centred : {false, true}) {
        PairStdp::Params nearest;
        nearest.pairing = Pairing::nearest;
        PlasticitySpec plasticity;
        if (centred) {
            plasticity.rule = PreCentredStdp::Params{};
        } else {
            plasticity.rule = nearest;
        }
        OneSynapse synapse(plasticity, delay);
        synapse.run(pre, post);
        EXPECT_NEAR(synapse.weight_at(20000), nearest_pairs(nearest, arriving, post, centred), 1e-6)
            << centred;
    }
}

/// 60 pairs of spikes at a frequency, in Hz; the target fires so many steps after its source.
double after_pairs(const PlasticitySpec& plasticity, double frequency, std::int64_t difference) {
    std::vector<std::int64_t> pre, post;
    for (int k = 0; k < 60; ++k) {
        const auto at = static_cast<std::int64_t>(1000.0 + 1e4 / frequency * k);
        pre.push_back(at);
        post.push_back(at + 1 + difference);  // the delay is a step
    }
    OneSynapse synapse(plasticity, 1);
    synapse.run(pre, post);
    return synapse.weight_at(post.back() + 10) - 0.5;
}

TEST(Stdp, TheWindowIsExponential) {
    for (const std::int64_t difference : {-400, -100, -1, 1, 50, 600}) {
        PairStdp::Params rule;
        rule.a_plus = 0.005;
        rule.a_minus = 0.00525;
        PlasticitySpec plasticity;
        plasticity.rule = rule;
        const double decay = std::exp(-0.1 * std::abs(difference) / 20.0);
        EXPECT_NEAR(after_pairs(plasticity, 0.5, difference),
                    60.0 * decay * (difference > 0 ? rule.a_plus : -rule.a_minus), 1e-6)
            << difference;
    }
}

TEST(Triplet, PotentiationGrowsWithTheFrequencyOfPairs) {
    PlasticitySpec plasticity;
    plasticity.rule = TripletStdp::Params{};
    plasticity.learning_rate = 0.2;
    double before = after_pairs(plasticity, 0.1, 100);
    EXPECT_LT(before, 0.01);
    for (const double frequency : {10.0, 20.0, 40.0, 50.0}) {
        const double change = after_pairs(plasticity, frequency, 100);
        EXPECT_GT(change, before) << frequency;
        before = change;
    }
    EXPECT_GT(before, 0.06);
    EXPECT_LT(after_pairs(plasticity, 20.0, -100), 0.0);
    EXPECT_GT(after_pairs(plasticity, 50.0, -100), 0.0);
}

TEST(Triplet, NearestPairsAreTheRuleOfDiehlAndCook) {
    TripletStdp::Params rule;
    rule.a2_plus = rule.a3_minus = 0.0;
    rule.a3_plus = 0.01;
    rule.a2_minus = 1e-4;
    rule.tau_plus = rule.tau_minus = 20.0;
    rule.tau_y = 40.0;
    rule.pairing = Pairing::nearest;
    PlasticitySpec plasticity;
    plasticity.rule = rule;
    OneSynapse synapse(plasticity, 1);
    synapse.run({99, 299}, {200, 250, 400});  // arrivals at 100 and 300
    // The first spike of the target has no trace of its own to meet.
    const double w = 0.5 + 0.01 * std::exp(-15.0 / 20.0) * std::exp(-5.0 / 40.0) -
                     1e-4 * std::exp(-5.0 / 20.0) +
                     0.01 * std::exp(-10.0 / 20.0) * std::exp(-15.0 / 40.0);
    EXPECT_NEAR(synapse.weight_at(500), w, 1e-7);
}

TEST(Inhibitory, HoldsTheRateThatItIsGiven) {
    InhibitoryStdp::Params rule;
    rule.eta = 0.01;
    PlasticitySpec plasticity;
    plasticity.rule = rule;
    // Alone, an arrival takes 2 rate tau = 0.2; a spike of the target near it gives as much back.
    OneSynapse alone(plasticity, 1), pair(plasticity, 1);
    alone.run({100}, {});
    EXPECT_NEAR(alone.weight_at(200), 0.5 - 0.01 * 0.2, 1e-7);
    pair.run({100}, {50, 151});
    EXPECT_NEAR(pair.weight_at(200),
                0.5 + 0.01 * (std::exp(-5.1 / 20.0) - 0.2) + 0.01 * std::exp(-5.0 / 20.0), 1e-7);
}

}  // namespace
}  // namespace snnsim
