// What the model file says of synapses that change.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "kernels/fields.hpp"
#include "kernels/plasticity/all.hpp"
#include "snnsim/distribution.hpp"

namespace snnsim {

struct NormaliseSpec {
    Distribution sum;  // constant
    double interval = 0.0;
    static constexpr auto fields() {
        return Fields{
            Field{"sum", &NormaliseSpec::sum, "*", unlimited,
                  "of the weights that a target has; they are all multiplied by one factor, and "
                  "kept within their bounds",
                  Need::required},
            Field{"interval", &NormaliseSpec::interval, "ms", positive,
                  "time between two; default: before each sample that a phase presents"}};
    }
};

/// Synaptic scaling: w <- w (1 + kappa (rate - r) / rate), r the target's rate.
struct ScalingSpec {
    double rate = 5.0, kappa = 0.1, tau = 10000.0, interval = 1000.0;
    static constexpr auto fields() {
        return Fields{
            Field{"rate", &ScalingSpec::rate, "Hz", positive, "that targets are brought to",
                  Need::required},
            Field{"kappa", &ScalingSpec::kappa, "", fraction,
                  "at an interval, weights are multiplied by 1 + kappa (rate - r) / rate"},
            Field{"tau", &ScalingSpec::tau, "ms", positive,
                  "over which the target's rate r is averaged"},
            Field{"interval", &ScalingSpec::interval, "ms", positive, "time between two changes"}};
    }
};

/// Synapses that go, and others that grow in their place.
struct StructureSpec {
    double interval = 0.0;
    Distribution below, weight;  // constants
    bool rewire = true;
    static constexpr auto fields() {
        return Fields{
            Field{"interval", &StructureSpec::interval, "ms", positive, "time between two changes",
                  Need::required},
            Field{"below", &StructureSpec::below, "*", unlimited,
                  "synapses with a weight nearer to 0 are removed", Need::required},
            Field{"rewire", &StructureSpec::rewire, "", unlimited,
                  "true: each is replaced by a synapse of the same target from a random source "
                  "that has none to it"},
            Field{"weight", &StructureSpec::weight, "*", unlimited,
                  "that such a synapse begins with; required to rewire"},
        };
    }
};

/// What the changes of a rule are multiplied by, from each of `times` on; 1 before the first.
struct RateScheduleSpec {
    std::vector<double> times, factors;
    static constexpr auto fields() {
        return Fields{Field{"times", &RateScheduleSpec::times, "ms", non_negative,
                            "ascending, rounded to dt: when the factor changes", Need::required},
                      Field{"factors", &RateScheduleSpec::factors, "", non_negative,
                            "as many: what learning_rate is multiplied by from each of `times` on",
                            Need::required}};
    }
};

/// Weights that change for good.
struct PlasticitySpec {
    PlasticityRules::Params rule = PairStdp::Params{};
    Distribution w_max, w_min;  // constants of one sign, that of the weights; w_min is nearer to 0
    double learning_rate = 1.0;
    bool dendritic = false;
    std::optional<NormaliseSpec> normalise;
    std::optional<ScalingSpec> scaling;
    std::optional<StructureSpec> structure;
    std::optional<RateScheduleSpec> schedule;

    double greatest_learning_rate() const {
        double factor = 1.0;
        if (schedule) {
            for (const double f : schedule->factors) factor = std::max(factor, f);
        }
        return learning_rate * factor;
    }

    static constexpr auto alternative() {
        return Alternative<PlasticitySpec, PlasticityRules>{"rule", &PlasticitySpec::rule,
                                                            "plasticity rule", Need::required};
    }
    static constexpr auto fields() {
        return Fields{
            Field{"w_max", &PlasticitySpec::w_max, "*", unlimited,
                  "greatest weight, and the unit of the rule's amplitudes; negative: synapses that "
                  "inhibit",
                  Need::required},
            Field{"w_min", &PlasticitySpec::w_min, "*", unlimited,
                  "smallest weight, between 0 and w_max; default: 0"},
            Field{"learning_rate", &PlasticitySpec::learning_rate, "", non_negative,
                  "all changes are multiplied by it"},
            Field{"dendritic", &PlasticitySpec::dendritic, "", unlimited,
                  "where the delay lies. false: a presynaptic spike takes it to the synapse. true: "
                  "spikes of the target take it to the synapse, and what a presynaptic spike does "
                  "there takes it to the target, as in NEST"},
            Field{"normalise", &PlasticitySpec::normalise, "", unlimited,
                  "keeps the sum of a target's weights"},
            Field{"scaling", &PlasticitySpec::scaling, "", unlimited,
                  "scales a target's weights by its rate"},
            Field{"structure", &PlasticitySpec::structure, "", unlimited,
                  "removes weak synapses and lets others grow"},
            Field{"schedule", &PlasticitySpec::schedule, "", unlimited, "learning rate over time"},
        };
    }
};

struct ShortTermSpec {
    double u_0 = 0.5, tau_rec = 800.0, tau_fac = 0.0;
    static constexpr auto fields() {
        constexpr Limits share{.low = 0.0, .high = 1.0, .low_open = true};
        return Fields{
            Field{"u_0", &ShortTermSpec::u_0, "", share,
                  "release probability of the first spike; a spike raises u by u_0 (1 - u), then "
                  "brings weight * u * x and takes u x of the resources x"},
            Field{"tau_rec", &ShortTermSpec::tau_rec, "ms", positive, "in which x recovers to 1"},
            Field{"tau_fac", &ShortTermSpec::tau_fac, "ms", non_negative,
                  "in which u falls back; 0: no facilitation"}};
    }
};

/// Which cell's astrocyte it is that a synapse goes by.
enum class SynapseEnd : std::uint8_t { source, target };
template <>
struct Names<SynapseEnd> {
    static constexpr std::array values{"source", "target"};
};

/// Astrocytes that change the probability of release; see Gliotransmission.
struct GliotransmissionSpec {
    std::string from, state = "gamma";
    double alpha = 0.0;
    SynapseEnd at = SynapseEnd::target;
    static constexpr auto fields() {
        return Fields{
            Field{"from", &GliotransmissionSpec::from, "", unlimited,
                  "population of astrocytes: where both lie in space each cell of the end `at` has "
                  "the nearest one (of two as near the one of the lower number), else the one of "
                  "its own number",
                  Need::required},
            Field{
                "alpha", &GliotransmissionSpec::alpha, "", fraction,
                "the release probability where the astrocyte's effect is full: u_0 of short_term, "
                "or p of release, becomes (1 - gamma) u_0 + gamma alpha. Less than u_0: release "
                "is depressed; more: it is potentiated",
                Need::required},
            Field{
                "state", &GliotransmissionSpec::state, "", unlimited,
                "state variable without a unit of the astrocytes that is gamma, at the end of the "
                "step before; below 0 it counts as 0, above 1 as 1"},
            Field{"at", &GliotransmissionSpec::at, "", unlimited,
                  "source: the astrocyte of the cell that sends, for all of its synapses; target: "
                  "that of the cell that receives"},
        };
    }
};

struct ReleaseSpec {
    double p = 1.0;
    std::int64_t sites = 1;
    static constexpr auto fields() {
        constexpr Limits share{.low = 0.0, .high = 1.0, .low_open = true};
        return Fields{
            Field{"p", &ReleaseSpec::p, "", share,
                  "that a spike is transmitted, by each synapse on its own; without short_term"},
            Field{"sites", &ReleaseSpec::sites, "", Limits{.low = 1, .high = 100},
                  "with short_term: sites of a synapse, each of which releases with probability u "
                  "and is refilled with tau_rec; a spike brings weight * released / sites"}};
    }
};

}  // namespace snnsim
