// Short-term plasticity and stochastic release against published sequences and NEST.
#include <gtest/gtest.h>

#include <cmath>

#include "snnsim/read_model.hpp"
#include "src/engine/plasticity/plastic_projection.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "tests/engine/lone_source.hpp"

namespace snnsim {
namespace {

/// Synapses of one source, a target each, that are given their spikes by hand.
class Synapses {
  public:
    Synapses(std::int64_t count, std::optional<ShortTermSpec> short_term,
             std::optional<ReleaseSpec> release)
        : count_(static_cast<std::size_t>(count)) {
        SimulationSpec spec = parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 s}\npopulations:\n"
            "  a: {model: poisson_source, size: 1}\n"
            "  b: {model: iaf_psc_delta, size: " +
                std::to_string(count) +
                "}\n"
                "projections: [{from: a, to: b, connect: all_to_all, weight: 1 mV, delay: 1 ms}]\n",
            "test.yaml");
        spec.projections[0].short_term = short_term;
        spec.projections[0].release = release;
        const Layout layout(spec, 1);
        const WeightPlan weights = plan_weights(spec);
        ThreadPool pool(1);
        const auto plans = plan_projections(spec, weights.grid, pool);
        synapses_ = make_plastic(spec, 0, plans[0], layout, weights.grid, pool);
        step_ = weights.grid.steps(1)[0];
        sums_.resize(layout.blocks[0].slots);
    }
    /// What a spike that arrives in step t brings to each target.
    std::vector<double> arrive(std::int64_t t) {
        std::fill(sums_.begin(), sums_.end(), 0);
        synapses_->arrive(0, t, source_.fired_in(t - delay), sums_.data());
        std::vector<double> out;
        for (std::size_t i = 0; i < count_; ++i) out.push_back(sums_[i] * step_);
        return out;
    }

  private:
    std::size_t count_;
    std::unique_ptr<PlasticProjection> synapses_;
    double step_ = 1.0;
    std::vector<std::int32_t> sums_;
    static constexpr std::uint32_t delay = 10;
    LoneSource source_{delay};
};

constexpr ShortTermSpec depressing{.u_0 = 0.5, .tau_rec = 800.0, .tau_fac = 0.0};

void expect_released(const ShortTermSpec& spec, const std::vector<std::int64_t>& steps,
                     const std::vector<double>& wanted, double tolerance) {
    Synapses synapse(1, spec, std::nullopt);
    for (std::size_t k = 0; k < steps.size(); ++k) {
        const double released = synapse.arrive(steps[k])[0];
        if (k < wanted.size() && wanted[k] > 0.0) {
            EXPECT_NEAR(released, wanted[k], tolerance * wanted[k]) << k;
        }
    }
}

TEST(ShortTerm, ReferenceSequences) {
    const auto regular = [](std::int64_t period) {
        std::vector<std::int64_t> steps;
        for (std::int64_t k = 1; k <= 20; ++k) steps.push_back(k * period);
        return steps;
    };
    std::vector<double> wanted{0.5000, 0.26515, 0.15483, 0.10302, 0.07868};
    wanted.resize(20);
    wanted[19] = 0.0571;
    expect_released(depressing, regular(500), wanted, 1e-3);
    const ShortTermSpec facilitating{.u_0 = 0.03, .tau_rec = 130.0, .tau_fac = 530.0};
    wanted = {0.0300, 0.0553, 0.0757, 0.0918, 0.1043};
    wanted.resize(20);
    wanted[19] = 0.1580;
    expect_released(facilitating, regular(500), wanted, 1e-3);
}

TEST(ShortTerm, WeightsOfNest) {  // tsodyks2_synapse, NEST 3.10.0
    expect_released(
        depressing, {1055, 2828, 3292, 4736, 4783, 4861, 4984, 5100, 5229, 5472, 6242, 7842},
        {0.5, 0.299696059, 0.169579111, 0.153360448, 0.0791599362, 0.04404725, 0.0293163056,
         0.0216448337, 0.018647149, 0.0240037865, 0.0567820984, 0.113879249},
        1e-5);
    expect_released(
        {.u_0 = 0.1, .tau_rec = 100.0, .tau_fac = 1000.0},
        {1287, 1289, 1334, 1411, 2581, 2969, 4893, 6301, 6559, 7370, 7819, 9062, 12315},
        {0.1, 0.17102176, 0.200255773, 0.196219031, 0.301291809, 0.281306972, 0.376901974,
         0.375402433, 0.293273432, 0.344793491, 0.308221012, 0.408679672, 0.424821072},
        1e-5);
}

TEST(Release, TransmitsWithItsProbability) {
    Synapses synapses(1000, std::nullopt, ReleaseSpec{.p = 0.3});
    double sum = 0.0, failures = 0.0;
    for (std::int64_t t = 10; t < 110; ++t) {
        for (const double x : synapses.arrive(t)) {
            sum += x;
            failures += x == 0.0;
        }
    }
    EXPECT_NEAR(sum / 1e5, 0.3, 3.0 * std::sqrt(0.3 * 0.7 / 1e5));
    EXPECT_NEAR(failures / 1e5, 0.7, 0.005);
}

TEST(Release, SitesEqualTheDeterministicModelOnAverage) {
    Synapses synapses(10000, depressing, ReleaseSpec{.sites = 5});
    const std::vector<double> wanted{0.5000, 0.26515, 0.15483, 0.10302, 0.07868};
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        double sum = 0.0, squares = 0.0;
        for (const double x : synapses.arrive(500 * static_cast<std::int64_t>(k + 1))) {
            sum += x;
            squares += x * x;
        }
        const double mean = sum / 1e4, variance = squares / 1e4 - mean * mean;
        EXPECT_NEAR(mean, wanted[k], 0.02 * wanted[k]) << k;
        if (k == 0) {
            EXPECT_NEAR(variance / (mean * mean), 0.2, 0.01);  // (1 - U) / (n U)
        }
    }
}

}  // namespace
}  // namespace snnsim
