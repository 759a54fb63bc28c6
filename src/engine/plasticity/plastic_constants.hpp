// What is known of a projection whose synapses change before it starts: constants of its rule,
// tables of decay, intervals, learning rates.
#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "kernels/plasticity/intervals.hpp"
#include "kernels/plasticity/release.hpp"
#include "kernels/steps.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Weights that stay.
struct NoRule {
    static constexpr int pre_traces = 0, post_traces = 0;
    static constexpr bool pairs_once = false;
    struct Params {};
    struct Constants {};
    static std::array<double, 0> taus(const Params&) { return {}; }
    static Constants prepare(const Params&) { return {}; }
    SNN_HD static float bumped(const Constants&, float x) { return x; }
};

template <class R>
inline constexpr bool rule_learns = !std::is_same_v<R, NoRule>;
/// Every synapse keeps a float of its own.
template <class R>
bool keeps_own(const RuleConstants<R>& c) {
    if constexpr (KeepsVariable<R>)
        return R::has_variable(c.rule);
    else
        return R::pairs_once || Modulated<R>;
}

/// Times are in steps; an interval of 0 never comes.
template <class R>
class PlasticConstants {
  public:
    RuleConstants<R> rule{};        // as at step 0; its tables live as long as this
    std::int64_t silent_after = 0;  // see silent_after
    std::int64_t normalise_interval = 0, scaling_interval = 0;
    double normalised_sum = 0.0;  // in the unit of the model
    Scaling scaling;
    Reward reward;                       // of rules that wait for it
    double reward_rate = 0.0;            // at which it decays, per step
    std::vector<std::int64_t> schedule;  // see RateScheduleSpec

    PlasticConstants(const SynapsesSpec& spec, const typename R::Params& params, double dt)
        : spec_(spec) {
        rule.rule = R::prepare(params);
        if constexpr (ReadsVoltages<R>) R::set_step(params, dt, rule.rule);
        const auto taus = R::taus(params);
        for (const double tau : taus) tables_.emplace_back(tau, dt);
        if constexpr (KeepsVariable<R>) {
            tables_.emplace_back(R::variable_tau(params), dt);
            rule.variable = tables_.back().view();
        }
        for (int k = 0; k < R::pre_traces; ++k) rule.pre[k] = tables_[k].view();
        for (int k = 0; k < R::post_traces; ++k) rule.post[k] = tables_[R::pre_traces + k].view();
        if constexpr (Modulated<R>) set_reward(R::eligibility(params), dt);
        if (spec.plasticity) set_plasticity(*spec.plasticity, params, dt);
        if (spec.short_term) {
            recovery_ = DecayTable(spec.short_term->tau_rec, dt);
            facilitation_ = DecayTable(spec.short_term->tau_fac, dt);
        }
    }
    PlasticConstants(const PlasticConstants&) = delete;  // `rule` points into it
    PlasticConstants& operator=(const PlasticConstants&) = delete;

    /// A reward that is given so many steps after the start of an interval, as of its start.
    float as_of_start(double reward, std::int64_t steps) const {
        return static_cast<float>(reward * std::exp(reward_rate * static_cast<double>(steps)));
    }

    /// Its tables live as long as this. `grid_unit`: steps of the target's grid in a weight of 1.
    PlasticRelease release(double grid_unit, std::uint64_t seed, std::uint32_t projection) const {
        PlasticRelease r;
        r.grid_unit = static_cast<float>(grid_unit);
        r.short_term = spec_.short_term.has_value();
        r.stochastic = spec_.release.has_value();
        if (spec_.short_term) {
            r.u_0 = static_cast<float>(spec_.short_term->u_0);
            r.recovery = recovery_.view();
            r.facilitation = facilitation_.view();
        }
        if (spec_.release) {
            r.sites = static_cast<std::uint32_t>(spec_.release->sites);
            r.p = static_cast<float>(spec_.release->p);
        }
        if (const auto& glia = spec_.gliotransmission)
            r.glia = {true, glia->at == SynapseEnd::target, static_cast<float>(glia->alpha)};
        r.random = {seed, Stream::release, 0, 0, projection};
        return r;
    }

    /// From step `now` on.
    float learning_rate(std::int64_t now) const {
        if (!spec_.plasticity) return 1.0f;
        double factor = 1.0;
        for (std::size_t k = 0; k < schedule.size() && schedule[k] <= now; ++k)
            factor = spec_.plasticity->schedule->factors[k];
        return static_cast<float>(spec_.plasticity->learning_rate * factor);
    }

  private:
    void set_reward(const Eligibility& e, double dt) {
        rule.waiting.interval = std::max<std::int64_t>(1, step_of(e.interval, dt));
        for (std::int64_t k = 0; k <= rule.waiting.interval; ++k)
            growth_.push_back(static_cast<float>(std::exp(static_cast<double>(k) * dt / e.tau_c)));
        const auto integral = [&](std::int64_t steps, double rate) {  // of e^(-rate t), in s
            return static_cast<float>(-1e-3 * std::expm1(-static_cast<double>(steps) * dt * rate) /
                                      rate);
        };
        for (std::int64_t k = 0; k <= rule.waiting.interval; ++k) {
            rewarded_.push_back(integral(k, 1.0 / e.tau_c + 1.0 / e.tau_n));
            waited_.push_back(integral(k, 1.0 / e.tau_c));
        }
        rule.waiting.growth = growth_.data();
        rule.waiting.rewarded = rewarded_.data();
        rule.waiting.waited = waited_.data();
        rule.waiting.baseline = static_cast<float>(e.baseline);
        const double interval = static_cast<double>(rule.waiting.interval) * dt;
        reward = {static_cast<float>(std::exp(-interval / e.tau_c)),
                  static_cast<float>(std::exp(-interval / e.tau_n))};
        reward_rate = dt / e.tau_n;
    }
    void set_plasticity(const PlasticitySpec& p, const typename R::Params& params, double dt) {
        rule.low = static_cast<PlasticWeight>(
            std::floor(p.w_min.mean / p.w_max.mean * double{weight_one} + 0.5));
        if constexpr (QuietWithoutPosts<R>) {
            auto taus = R::taus(params);
            for (double& tau : taus) tau /= dt;
            RuleConstants<R> fastest = rule;
            fastest.learning_rate = static_cast<float>(p.greatest_learning_rate());
            silent_after = snnsim::silent_after(fastest, taus.data());
        }
        rule.dendritic = p.dendritic;
        if (p.normalise) {
            normalise_interval = step_of(p.normalise->interval, dt);
            normalised_sum = p.normalise->sum.mean;
        }
        if (p.scaling) {
            scaling_interval = step_of(p.scaling->interval, dt);
            scaling = {static_cast<float>(1000.0 / p.scaling->interval),
                       static_cast<float>(std::exp(-p.scaling->interval / p.scaling->tau)),
                       p.scaling->kappa, p.scaling->rate};
        }
        if (p.schedule) {
            for (const double time : p.schedule->times) schedule.push_back(step_of(time, dt));
        }
        rule.learning_rate = learning_rate(0);
    }

    const SynapsesSpec spec_;
    std::vector<DecayTable> tables_;  // of the rule's traces
    DecayTable recovery_, facilitation_;
    std::vector<float> growth_, rewarded_, waited_;  // see Waiting
};

}  // namespace snnsim
