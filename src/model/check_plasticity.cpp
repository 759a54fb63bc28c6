// Checks of synapses that change: bounds, amplitudes, and keys that go together.
#include <fmt/format.h>

#include "src/model/distribution.hpp"
#include "src/model/simulation_checks.hpp"

namespace snnsim {
namespace {

/// The target sums all input, and the rule changes weights of either sign alike.
bool may_change_sign(const PlasticitySpec& p, const CellPopulationSpec* to) {
    if (!to || facts_of(*to).splits_signs() || p.normalise || p.scaling || p.structure)
        return false;
    if (const auto* stdp = std::get_if<PairStdp::Params>(&p.rule))
        return stdp->dependence == Dependence::additive;
    return std::holds_alternative<RateMatching::Params>(p.rule) ||
           std::holds_alternative<EquationRule::Params>(p.rule) ||
           std::holds_alternative<RewardStdp::Params>(p.rule);
}

/// Bounds are single values of one sign, in the unit of the weights.
bool check_bounds(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec* to,
                  const std::string& k) {
    const PlasticitySpec& p = *s.plasticity;
    bool good = true;
    const auto add = [&](const char* key, const std::string& message) {
        model.add({"projections", k, "plasticity", key}, message);
        good = false;
    };
    const auto check = [&](const char* key, const Distribution& d) {
        if (!model.sound({"projections", k, "plasticity", key})) return;
        if (!d.constant()) {
            add(key, fmt::format("{} must be a single value: a bound of all weights", key));
        } else if (to && model.given({"projections", k, "plasticity", key})) {
            const std::string unit = input_unit_of(*to, s.receptor);
            check_unit(model, {"projections", k, "plasticity", key}, key, d, unit, *to);
            check_sign(model, {"projections", k, "plasticity", key}, key, d, s.receptor, *to);
            good = good && d.unit == unit;
        }
    };
    check("w_max", p.w_max);
    check("w_min", p.w_min);
    if (!good || !model.sound({"projections", k, "plasticity", "w_max"}) ||
        !model.sound_or_absent({"projections", k, "plasticity", "w_min"}))
        return false;
    const double high = p.w_max.mean, low = p.w_min.mean;
    if (high == 0.0) {
        add("w_max", "w_max must not be 0: it is the greatest weight and the unit of changes");
    } else if (low * high < 0.0 && may_change_sign(p, to)) {
        if (std::abs(low) > std::abs(high))
            add("w_min", fmt::format("w_min ({:g}) must not be greater in size than w_max ({:g})",
                                     low, high));
    } else if (low * high < 0.0) {
        add("w_min", fmt::format("w_min ({:g}) and w_max ({:g}) must have one sign: a synapse does "
                                 "not change from excitation to inhibition",
                                 low, high));
    } else if (std::abs(low) >= std::abs(high)) {
        add("w_min", fmt::format("w_min ({:g}) must lie between 0 and w_max ({:g})", low, high));
    }
    return good;
}

void check_initial(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    if (!s.weight_given || s.weight_file || !model.sound({"projections", k, "weight"})) return;
    const auto [least, greatest] = extent(s.weight);
    const PlasticitySpec& p = *s.plasticity;
    const auto [low, high] = std::minmax(p.w_min.mean, p.w_max.mean);
    if (least >= low && greatest <= high) return;
    model.add(
        {"projections", k, "weight"},
        fmt::format(
            "weights can lie between {:g} and {:g}, outside w_min ({:g}) and w_max "
            "({:g}) of its plasticity{}",
            least, greatest, p.w_min.mean, p.w_max.mean,
            s.weight.constant() || s.weight.shape == Shape::uniform ? "" : "; add low and high"));
}

/// Amplitudes are in units of w_max: a greater one jumps from bound to bound.
void check_rule(SimulationView& model, const PlasticitySpec& p, const std::string& k) {
    const auto given = [&](const char* key) {
        return model.given({"projections", k, "plasticity", key});
    };
    double rate = p.learning_rate;  // the greatest
    if (p.schedule) {
        for (const double factor : p.schedule->factors)
            rate = std::max(rate, p.learning_rate * factor);
    }
    PlasticityRules::visit(p.rule, [&]<class R>(const typename R::Params& params) {
        const auto check = [&](const auto& field) {
            using Member = std::remove_cvref_t<decltype(params.*field.member)>;
            if constexpr (std::is_same_v<Member, double>) {
                const double value = params.*field.member;
                const std::string name = field.name;
                const bool tau = name.starts_with("tau");
                const Places::Path path{"projections", k, "plasticity", name};
                if (tau && model.sound({"dt"})) check_time_constant(model, path, field.name, value);
                if (tau && model.sound({"dt"}) && value > 1e7 * model.spec.dt) {
                    model.add({"projections", k, "plasticity", name},
                              fmt::format("{} ({:g} ms) is longer than 10 million steps of dt",
                                          name, value));
                } else if ((name[0] == 'a' || name == "eta") && std::abs(value) * rate > 1.0) {
                    model.add({"projections", k, "plasticity", given(field.name) ? name : "rule"},
                              fmt::format("{} ({:g}) is in units of w_max: with learning_rate {:g} "
                                          "one pair of spikes moves a weight from bound to bound; "
                                          "write at most {:g}",
                                          name, value, rate, 1.0 / rate));
                }
            }
        };
        R::Params::fields().for_each(check);
        if constexpr (requires { R::eligibility(params); }) {
            const Places::Path interval{"projections", k, "plasticity", "interval"};
            if (model.sound({"dt"}))
                check_whole_steps(model, interval, "interval", params.interval, model.spec.dt);
            if (params.interval > params.tau_c)
                model.add(interval,
                          fmt::format("interval ({:g} ms) is longer than tau_c ({:g} ms), "
                                      "in which what waits is forgotten",
                                      params.interval, params.tau_c));
        }
        if constexpr (requires { params.dependence; }) {
            const Dependence d = params.dependence;
            const auto unused = [&](const char* key, bool used) {
                if (used || !given(key)) return;
                model.add({"projections", k, "plasticity", key},
                          fmt::format("dependence: {} does not use '{}'", name_of(d), key));
            };
            unused("mu_plus", d == Dependence::power_law || d == Dependence::morrison);
            unused("mu_minus", d == Dependence::power_law);
            unused("w_0", d == Dependence::morrison);
        }
    });
}

/// Rules that go by voltages find them in the target.
void check_target(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& to,
                  const std::string& k) {
    const bool reads = PlasticityRules::visit(
        s.plasticity->rule, []<class R>(const typename R::Params&) { return ReadsVoltages<R>; });
    if (!reads) return;
    const CellFacts facts = facts_of(to);
    const std::vector<std::string> states = facts.state_names();
    for (const char* needed : {"v", "u_bar_plus", "u_bar_minus"}) {
        if (std::find(states.begin(), states.end(), needed) != states.end()) continue;
        model.add(
            {"projections", k, "plasticity", "rule"},
            fmt::format("{} goes by v, u_bar_plus and u_bar_minus of the target, but '{}' is a "
                        "{}, which has no {}; write model: {}",
                        PlasticityRules::name_of(s.plasticity->rule), to.name, facts.model, needed,
                        AeifPscDeltaClopath::name));
        return;
    }
}

void check_homeostasis(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec* to,
                       const std::string& k) {
    const PlasticitySpec& p = *s.plasticity;
    if (p.normalise && s.weight_given && !s.weight_file &&
        model.sound({"projections", k, "weight"}) && extent(s.weight) == std::pair(0.0, 0.0))
        model.add({"projections", k, "weight"},
                  "with normalise weights must not all be 0: no factor gives them a sum");
    if (p.normalise && model.sound({"projections", k, "plasticity", "normalise"})) {
        const Places::Path sum{"projections", k, "plasticity", "normalise", "sum"};
        const Distribution& d = p.normalise->sum;
        if (!d.constant()) {
            model.add(sum, "sum must be a single value");
        } else if (d.mean * p.w_max.mean <= 0.0) {
            model.add(sum, fmt::format("sum ({:g}) must have the sign of w_max ({:g})", d.mean,
                                       p.w_max.mean));
        } else if (to) {
            check_unit(model, sum, "sum", d, input_unit_of(*to, s.receptor), *to);
        }
        const Places::Path interval{"projections", k, "plasticity", "normalise", "interval"};
        if (model.given(interval))
            check_whole_steps(model, interval, "interval", p.normalise->interval, model.spec.dt);
    }
    if (p.scaling && model.sound({"projections", k, "plasticity", "scaling"}))
        check_whole_steps(model, {"projections", k, "plasticity", "scaling", "interval"},
                          "interval", p.scaling->interval, model.spec.dt);
}

void check_release(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    const bool p = model.given({"projections", k, "release", "p"}),
               sites = model.given({"projections", k, "release", "sites"});
    if (!s.short_term && !p) {
        model.add(
            {"projections", k, "release"},
            "release is missing the key 'p': the probability that a spike is transmitted, for "
            "example 'p: 0.5'");
    }
    if (!s.short_term && sites) {
        model.add({"projections", k, "release", "sites"},
                  "sites are those of short_term: add it, or write p alone");
    }
    if (s.short_term && p) {
        model.add({"projections", k, "release", "p"},
                  "with short_term a site releases with the probability u that follows from u_0; "
                  "leave p out");
    }
}

void check_one_sign(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    if (!s.weight_given || !model.sound({"projections", k, "weight"})) return;
    const auto [least, greatest] = extent(s.weight);
    if (least >= 0.0 || greatest <= 0.0) return;
    model.add({"projections", k, "weight"},
              fmt::format("with {} all weights have one sign, but {} gives both; add low or high",
                          s.short_term ? "short_term" : "release", name_of(s.weight.shape)));
}

}  // namespace

void check_plasticity(SimulationView& model) {
    for (std::size_t n = 0; n < model.spec.projections.size(); ++n) {
        const SynapsesSpec& s = model.spec.projections[n];
        const std::string k = std::to_string(n);
        if (s.gliotransmission) check_gliotransmission(model, s, k);
        if (!s.changes()) continue;
        const char* const key = s.plasticity   ? "plasticity"
                                : s.short_term ? "short_term"
                                               : "release";
        if (s.procedural)
            model.add(
                {"projections", k, "procedural"},
                fmt::format("procedural synapses are not stored, and so cannot have {}", key));
        for (const CellPopulationSpec& p : model.spec.populations) {
            if (p.name == s.from && model.model_known(p) && p.graded())
                model.add({"projections", k, "from"},
                          fmt::format("the spikes of '{}' are graded; {} is for spikes without "
                                      "values",
                                      p.name, key));
        }
        if (model.given({"projections", k, "weight_bits"}))
            model.add(
                {"projections", k, "weight_bits"},
                fmt::format("with {} weights are kept in 32 bits; leave weight_bits out", key));
        if (s.release && model.sound({"projections", k, "release"})) check_release(model, s, k);
        if (s.short_term && model.sound({"projections", k, "short_term"}) && model.sound({"dt"})) {
            check_time_constant(model, {"projections", k, "short_term", "tau_rec"}, "tau_rec",
                                s.short_term->tau_rec);
            check_time_constant(model, {"projections", k, "short_term", "tau_fac"}, "tau_fac",
                                s.short_term->tau_fac);
        }
        if (!s.plasticity) {
            check_one_sign(model, s, k);
            continue;
        }
        const CellPopulationSpec* to = nullptr;
        for (const CellPopulationSpec& p : model.spec.populations) {
            if (p.name != s.to || !model.model_known(p)) continue;
            const Receptors receptors = receptors_of(p);
            const bool one = receptors.by_sign || receptors.size() == 1;
            if (receptors.size() > 0 && (one || receptors.find(s.receptor))) to = &p;
        }
        if (!model.sound({"projections", k, "plasticity"})) continue;
        const bool bounded = check_bounds(model, s, to, k);
        if (bounded) check_initial(model, s, k);
        check_schedule(model, *s.plasticity, k);
        check_rule(model, *s.plasticity, k);
        if (const auto* written = std::get_if<EquationRule::Params>(&s.plasticity->rule);
            written && model.sound({"dt"}))
            check_written_rule(model, s, *written, k);
        if (to) check_target(model, s, *to, k);
        if (!model.sound({"dt"})) continue;
        check_homeostasis(model, s, to, k);
        if (bounded) check_structure(model, s, to, k);
    }
}

}  // namespace snnsim
