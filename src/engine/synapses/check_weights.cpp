#include "src/engine/synapses/check_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/plasticity/synapse.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/place_of.hpp"
#include "src/engine/synapses/least_weights.hpp"

namespace snnsim {
namespace {

/// The weights of a projection or stimulus.
struct Weights {
    std::size_t to = 0;
    Location at;
    std::string unit;
    std::string receptor;  // as it is named
    double largest = 0.0;
    double released = 1.0, value = 1.0;  // see least_released, least_value
    bool exact = true;                   // none may be rounded by more than 0.5 %
    bool lognormal = false;
    // Steps in a weight of 1, as synapses that change keep it.
    double kept = std::numeric_limits<double>::infinity();

    std::string quantity(double x) const {
        return fmt::format("{:g}{}{}", x, unit.empty() ? "" : " ", unit);
    }
};

class WeightCheck {
  public:
    WeightCheck(const SimulationSpec& spec, const WeightPlan& plan) : spec_(spec), plan_(plan) {}

    void check(const SynapsesSpec& p) const {
        const auto [low, high] = weight_bounds(p);
        Weights w{spec_.population_index(p.to), p.at, unit_of(p), p.receptor,
                  std::max(std::abs(low), std::abs(high))};
        if (plan_.grid.scale[w.to].empty()) return;
        check_sign(w, low);
        w.released = least_released(p);
        w.value = least_value(spec_.population(p.from));
        w.exact = p.weight_bits == WeightBits::automatic && !coarse(p.to);
        if (p.changes() && w.largest > 0.0) w.kept = double{weight_one} / w.largest;
        check_step(w, low);
        check_step(w, high);
        if (p.plasticity && p.plasticity->structure && p.plasticity->structure->rewire)
            check_weight(w, p.plasticity->structure->weight.mean, "the weight ", " of structure");
        if (p.edges && !p.edges->weight.empty()) {
            check_list(w, *p.edges);
        } else {
            check_drawn(w, p.weight);
        }
    }

    void check(const StimulusSpec& s, const std::string& receptor,
               const Distribution& weight) const {
        Weights w{spec_.population_index(s.to), s.at, weight.unit, receptor, std::abs(weight.mean)};
        if (plan_.grid.scale[w.to].empty()) return;
        w.exact = !coarse(s.to);
        check_step(w, weight.mean);
        check_weight(w, weight.mean, "the weight ", "");
    }

  private:
    std::string unit_of(const SynapsesSpec& p) const {
        return p.weight.unit.empty() && p.plasticity ? p.plasticity->w_max.unit : p.weight.unit;
    }
    /// Some of the weights into a population have 16 bits by wish, whatever others lose by it.
    bool coarse(const std::string& to) const {
        return std::any_of(spec_.projections.begin(), spec_.projections.end(),
                           [&](const SynapsesSpec& p) {
                               return p.to == to && p.weight_bits == WeightBits::bits16;
                           });
    }
    std::string place(const Weights& w) const { return place_of(spec_, w.at); }
    std::string name(const Weights& w) const { return "'" + spec_.populations[w.to].name + "'"; }
    double scale(const Weights& w, double weight) const {
        const ReachedReceptors reached = reached_receptors(spec_.populations[w.to], w.receptor);
        return plan_.grid.scale[w.to][reached.of(weight)];
    }
    static std::string advice(const Weights& w, const std::string& other) {
        return w.lognormal ? "the std of lognormal is that of the logarithm, without a unit: write "
                             "a smaller one, or set low and high"
                           : other;
    }

    /// A conductance does not become negative.
    void check_sign(const Weights& w, double low) const {
        const Receptors receptors = receptors_of(spec_.populations[w.to]);
        if (low >= 0.0 || receptors.by_sign) return;
        const Receptor& r = receptors.list[reached_receptors(receptors, w.receptor).negative];
        if (r.takes_negative) return;
        throw ModelError(fmt::format(
            "{}weights of {} are below 0, but the receptor '{}' of {} is a conductance, which "
            "would become negative; write weights of at least 0, to a receptor that inhibits",
            place(w), w.quantity(low), r.name, name(w)));
    }

    /// A step can be told from 0 and infinity.
    void check_step(const Weights& w, double weight) const {
        const double step = 1.0 / scale(w, weight);
        constexpr double least = std::numeric_limits<float>::min(),
                         greatest = std::numeric_limits<float>::max();
        if (step >= least && step <= greatest) return;
        throw ModelError(fmt::format(
            "{}weights into {} of {} are beyond what can be summed in steps of {:g} to {}; {}",
            place(w), name(w), w.quantity(w.largest), least, w.quantity(greatest),
            advice(w, "write them in another unit")));
    }

    void check_list(const Weights& w, const EdgeList& edges) const {
        if (edges.trained) {  // those nearest to 0 may be rounded; see least_weights
            check_most(w, edges);
            return;
        }
        for (std::size_t k = 0; k < edges.weight.size(); ++k) {
            if (!fits(w, edges.weight[k]))
                check_weight(w, edges.weight[k], "the weight ",
                             fmt::format(" of the synapse {} to {} in {}", edges.source[k],
                                         edges.target[k], edges.path));
        }
    }
    /// Half of the weights, at least, are more than 0 on the grid.
    void check_most(const Weights& w, const EdgeList& edges) const {
        const auto lost = [&](double weight) { return weight != 0.0 && steps_in(w, weight) < 0.5; };
        const auto there = std::count_if(edges.weight.begin(), edges.weight.end(),
                                         [](double weight) { return weight != 0.0; });
        const auto count = std::count_if(edges.weight.begin(), edges.weight.end(), lost);
        if (2 * count <= there) return;
        const auto first = static_cast<std::size_t>(
            std::find_if(edges.weight.begin(), edges.weight.end(), lost) - edges.weight.begin());
        const auto largest = static_cast<std::size_t>(
            std::max_element(edges.weight.begin(), edges.weight.end(),
                             [](double a, double b) { return std::abs(a) < std::abs(b); }) -
            edges.weight.begin());
        throw ModelError(fmt::format(
            "{}{} of the {} weights in {} that are not 0 would become 0, the first that of {} to "
            "{} "
            "({}): weights into {} have steps of {}, so that sums with the largest one fit, {} of "
            "{} to {}; make that one smaller, or leave it out",
            place(w), count, there, edges.path, edges.source[first], edges.target[first],
            w.quantity(edges.weight[first]), name(w),
            w.quantity(1.0 / std::min(scale(w, edges.weight[first]), w.kept)),
            w.quantity(edges.weight[largest]), edges.source[largest], edges.target[largest]));
    }
    void check_drawn(Weights w, const Distribution& weight) const {
        w.lognormal = weight.shape == Shape::lognormal;
        if (weight.constant()) {
            check_weight(w, weight.mean, "the weight ", "");
            return;
        }
        const LeastWeights least = least_weights(weight);
        for (const double one : {least.positive, -least.negative})
            check_weight(w, one, "a weight of ",
                         weight.of_distance()
                             ? std::string(" at some distance")
                             : fmt::format(", one of those that {} gives,", name_of(weight.shape)));
    }

    static double rounded_by(double steps) {
        return std::abs(std::floor(steps + 0.5) / steps - 1.0);
    }
    /// What a spike brings of a weight where that is least, in steps.
    double steps_in(const Weights& w, double weight) const {
        return std::abs(weight) * w.released * std::min(scale(w, weight), w.kept);
    }
    bool fits(const Weights& w, double weight) const {
        const double steps = steps_in(w, weight), least = steps * w.value;
        return weight == 0.0 || least >= enough_steps ||
               (steps >= 0.5 && (!w.exact || rounded_by(least) <= 0.5 / enough_steps));
    }
    void check_weight(const Weights& w, double weight, const std::string& before,
                      const std::string& after) const {
        if (fits(w, weight)) return;
        const double steps = steps_in(w, weight);
        const bool lost = steps<0.5, changes = scale(w, weight)> w.kept;
        throw ModelError(fmt::format(
            "{}{}{}{}{} {}: {} have steps of {}, so that {}the largest ones fit; {}", place(w),
            before, w.quantity(weight), after,
            w.released < 1.0
                ? fmt::format(", of which a spike brings {},", w.quantity(weight * w.released))
                : "",
            lost ? "becomes 0"
                 : fmt::format("is rounded by {:.2g} %", 100.0 * rounded_by(steps * w.value)),
            changes ? "weights that change" : "weights into " + name(w),
            w.quantity(1.0 / std::min(scale(w, weight), w.kept)), changes ? "" : "sums with ",
            advice(w, !w.exact ? "write a greater weight, or weight_bits: auto"
                      : lost   ? "write a greater weight, or 0"
                               : "write a greater weight, or weight_bits: 32 to take it so")));
    }

    const SimulationSpec& spec_;
    const WeightPlan& plan_;
};

}  // namespace

void check_weights(const SimulationSpec& spec, const WeightPlan& plan) {
    const WeightCheck weights(spec, plan);
    for (const SynapsesSpec& p : spec.projections) weights.check(p);
    for (const StimulusSpec& s : spec.stimuli) {
        if (const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind))
            weights.check(s, poisson->receptor, poisson->weight);
    }
}

}  // namespace snnsim
