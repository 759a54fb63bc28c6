#include "src/engine/synapses/weight_plan.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/plasticity/synapse.hpp"
#include "snnsim/edge_list.hpp"
#include "src/engine/quantile.hpp"
#include "src/engine/synapses/check_weights.hpp"
#include "src/engine/synapses/connect.hpp"
#include "src/engine/synapses/least_weights.hpp"

namespace snnsim {
namespace {

constexpr double most_narrow = 32767.0;    // of a weight in 16 bits
constexpr double most_sum = 2147483000.0;  // of a sum in 32 bits
constexpr double most_float = 16777216.0;  // whole numbers that a float holds

/// What one projection or stimulus can bring to a receptor in a step.
struct Arrival {
    std::size_t population = 0, receptor = 0;
    double largest = 0.0;  // of a weight
    double sum = 0.0;      // a bound
    double least = 0.0;    // must keep its digits: see LeastWeights; 0: nothing must
    double rounded = 0.0;  // graded spikes: rounding makes each greater by a unit at most
    std::size_t from = 0;
    WeightBits bits = WeightBits::automatic;
    bool stored = true;  // weights in synapses, not of a stimulus
};

class Planner {
  public:
    explicit Planner(const SimulationSpec& spec) : spec_(spec) {
        for (const CellPopulationSpec& p : spec.populations) receptors_.push_back(receptors_of(p));
        for (std::size_t k = 0; k < spec.projections.size(); ++k) {
            if (spec.projections[k].edges) {
                add_list(spec.projections[k]);
            } else {
                add_drawn(k);
            }
        }
        for (const StimulusSpec& s : spec.stimuli) add_stimulus(s);
    }

    WeightPlan plan() const {
        WeightPlan out;
        out.wide.assign(receptors_.size(), 0);
        for (const Arrival& a : arrivals_) {
            if (a.stored && a.bits == WeightBits::bits32) out.wide[a.from] = 1;
        }
        out.grid = grid_of(out.wide);
        std::vector<std::uint8_t> wide = out.wide;
        for (const Arrival& a : arrivals_) {
            if (!a.stored || a.bits != WeightBits::automatic) continue;
            const double fine = fine_scale(a.population, a.receptor);
            if (fine > out.grid.scale[a.population][a.receptor] && a.largest * fine > most_narrow)
                wide[a.from] = 1;
        }
        if (wide == out.wide) return out;
        return {grid_of(wide), wide};
    }

  private:
    /// `receptor`: as the projection or stimulus names it.
    void add(std::size_t population, const std::string& receptor, double weight, Arrival a) {
        const Receptors& receptors = receptors_[population];
        if (receptors.size() == 0) return;
        a.population = population;
        a.receptor = reached_receptors(receptors, receptor).of(weight);
        a.largest = std::abs(weight);
        arrivals_.push_back(a);
    }

    void add_drawn(std::size_t k) {
        const SynapsesSpec& p = spec_.projections[k];
        const std::size_t from = spec_.population_index(p.from), to = spec_.population_index(p.to);
        const Connection c = connection_of(spec_, k, from, to);
        // Ten standard deviations above the mean in-degree: no cell of any network has more.
        const double mean = mean_in_degree(c), random = mean + 10.0 * std::sqrt(mean) + 100.0;
        const double most =
            c.connect.multapses ? random : std::min(random, static_cast<double>(c.sources));
        const auto [low, high] = weight_bounds(p);
        const LeastWeights least = least_of(p, from);
        for (const double weight : {low, high})
            add(to, p.receptor, weight,
                {.sum = std::abs(weight) * most * largest_value(spec_.populations[from]),
                 .least = weight < 0.0 ? least.negative : least.positive,
                 .rounded = spec_.populations[from].graded() ? most : 0.0,
                 .from = from,
                 .bits = p.weight_bits,
                 .stored = !p.changes()});
    }

    /// The sums of a list are known.
    void add_list(const SynapsesSpec& p) {
        const EdgeList& edges = *p.edges;
        const std::size_t to = spec_.population_index(p.to);
        const auto size = static_cast<std::size_t>(spec_.populations[to].size);
        std::vector<double> up(size), down(size), count(size);
        double low = 0.0, high = 0.0;
        for (std::size_t k = 0; k < edges.target.size(); ++k) {
            const double weight = p.plasticity           ? p.plasticity->w_max.mean
                                  : edges.weight.empty() ? p.weight.mean
                                                         : edges.weight[k];
            (weight < 0.0 ? down : up)[edges.target[k]] += std::abs(weight);
            if (weight != 0.0) ++count[edges.target[k]];
            low = std::min(low, weight);
            high = std::max(high, weight);
        }
        const std::size_t from = spec_.population_index(p.from);
        const LeastWeights least = least_of(p, from);
        const auto most = [](const std::vector<double>& sums) {
            return sums.empty() ? 0.0 : *std::max_element(sums.begin(), sums.end());
        };
        const double digits = edges.trained ? most_sum / most_float : 1.0;
        const double value = largest_value(spec_.populations[from]) * digits;
        const double rounded = spec_.populations[from].graded() ? most(count) * digits : 0.0;
        add(to, p.receptor, high,
            {.sum = most(up) * value,
             .least = least.positive,
             .rounded = rounded,
             .from = from,
             .bits = p.weight_bits,
             .stored = !p.changes()});
        add(to, p.receptor, low,
            {.sum = most(down) * value,
             .least = least.negative,
             .rounded = rounded,
             .from = from,
             .bits = p.weight_bits,
             .stored = !p.changes()});
    }

    /// Of what its spikes bring.
    LeastWeights least_of(const SynapsesSpec& p, std::size_t from) const {
        const double share = least_released(p) * least_value(spec_.populations[from]);
        LeastWeights least = least_weights(p);
        least.positive *= share;
        least.negative *= share;
        return least;
    }

    void add_stimulus(const StimulusSpec& s) {
        const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind);
        if (!poisson) return;
        const double weight = poisson->weight.mean;
        double rate = poisson->rate;
        for (const double r : poisson->rates) rate = std::max(rate, r);
        const std::size_t most = poisson_thresholds(rate * spec_.dt * 1e-3).size();
        add(spec_.population_index(s.to), poisson->receptor, weight,
            {.sum = std::abs(weight) * static_cast<double>(most),
             .least = std::abs(weight),
             .stored = false});
    }

    /// The coarsest grid that is fine enough for all that arrives at a receptor.
    double fine_scale(std::size_t population, std::size_t receptor) const {
        double least = 0.0;
        for (const Arrival& a : arrivals_) {
            if (a.population != population || a.receptor != receptor || a.least == 0.0) continue;
            if (a.bits == WeightBits::bits16) continue;
            least = std::max(least, enough_steps / a.least);
        }
        if (least == 0.0 || !std::isfinite(least)) return 0.0;
        double scale = 1.0;
        while (scale < least) scale *= 2.0;
        while (0.5 * scale >= least) scale *= 0.5;
        return scale;
    }

    /// The largest powers of two at which nothing overflows.
    WeightGrid grid_of(const std::vector<std::uint8_t>& wide) const {
        WeightGrid grid;
        for (std::size_t p = 0; p < receptors_.size(); ++p) {
            grid.scale.emplace_back();
            for (std::size_t r = 0; r < receptors_[p].size(); ++r) {
                double largest = 0.0, sum = 0.0, rounded = 0.0;
                for (const Arrival& a : arrivals_) {
                    if (a.population != p || a.receptor != r) continue;
                    if (a.stored && !wide[a.from]) largest = std::max(largest, a.largest);
                    sum += a.sum;
                    rounded += a.rounded;
                }
                grid.scale.back().push_back(largest_scale(largest, sum, rounded));
            }
        }
        return grid;
    }
    static double largest_scale(double largest, double sum, double rounded) {
        double scale = 1.0;
        const auto fits = [&](double s) {
            return largest * s <= most_narrow && sum * s + rounded <= most_sum;
        };
        if (largest == 0.0 && sum == 0.0) return scale;
        if (!std::isfinite(sum) || rounded > 0.5 * most_sum) return 0.0;
        while (fits(2.0 * scale)) scale *= 2.0;
        while (!fits(scale)) scale *= 0.5;
        return scale;
    }

    const SimulationSpec& spec_;
    std::vector<Receptors> receptors_;  // by population
    std::vector<Arrival> arrivals_;
};

/// Every synapse has a trace of its own.
bool keeps_trace(const PlasticitySpec& p) {
    return PlasticityRules::visit(p.rule, []<class R>(const typename R::Params& params) {
        if constexpr (KeepsVariable<R>)
            return R::variable_tau(params) > 0.0;
        else
            return R::pairs_once || Modulated<R>;
    });
}

}  // namespace

std::int32_t WeightGrid::on_grid(std::size_t population, std::size_t receptor,
                                 double weight) const {
    return static_cast<std::int32_t>(std::floor(weight * scale[population][receptor] + 0.5));
}

std::vector<double> WeightGrid::steps(std::size_t population) const {
    std::vector<double> out;
    for (const double s : scale[population]) out.push_back(1.0 / s);
    return out;
}

WeightPlan plan_weights(const SimulationSpec& spec) {
    WeightPlan plan = Planner(spec).plan();
    check_weights(spec, plan);
    return plan;
}

Storage storage_of(const SynapsesSpec& projection) {
    if (projection.changes()) return Storage::plastic;
    if (projection.procedural) return Storage::procedural;
    if (projection.stencil) return Storage::stencil;
    const bool all = (projection.connect.rule == Rule::all_to_all && !projection.in_space()) ||
                     (projection.edges && projection.edges->all_pairs);
    const bool one_delay =
        projection.edges && !projection.edges->delay.empty() ? false : projection.delay.constant();
    return all && one_delay ? Storage::dense : Storage::rows;
}

Storage storage_on_device(const SynapsesSpec& projection) {
    const Storage storage = storage_of(projection);
    if (storage == Storage::dense) return Storage::rows;
    if (storage == Storage::procedural && projection.in_space()) return Storage::rows;
    return storage;
}

double bytes_per_synapse(const SimulationSpec& spec, const WeightPlan& plan,
                         const SynapsesSpec& projection, Storage storage) {
    const bool wide = plan.wide[spec.population_index(projection.from)];
    switch (storage) {
        case Storage::stencil:
        case Storage::procedural:
            return 0.0;
        case Storage::dense:
            return projection.weight.constant() && !projection.edges ? 0.0 : wide ? 4.0 : 2.0;
        case Storage::plastic:
            return 6.0 + (projection.short_term && projection.release ? 1.0 : 0.0) +
                   (projection.resources_by_synapse() ? 8.0 : 0.0) +
                   (projection.plasticity && keeps_trace(*projection.plasticity) ? 4.0 : 0.0);
        case Storage::rows:
            break;
    }
    return wide ? 8.0 : 4.0;
}

}  // namespace snnsim
