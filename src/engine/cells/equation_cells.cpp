#include "src/engine/cells/equation_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/cells/step_cells.hpp"
#include "kernels/math/normal.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells/cell_draws.hpp"
#include "src/engine/cells/equation_steps.hpp"
#include "src/engine/cells/stimuli.hpp"
#include "src/equations/cell_equations.hpp"

namespace snnsim {
namespace {

class EquationCells final : public CellGroup {
  public:
    EquationCells(const SimulationSpec& spec, std::size_t population, const Slice& slice,
                  const WeightGrid& grid, std::int32_t* accumulators)
        : spec_(spec.populations[population]),
          params_(std::get<EquationCell::Params>(spec_.cell)),
          cell_(*params_.equations),
          program_(lower(cell_)),
          dt_(spec.dt),
          slice_(slice),
          key_{spec.seed, Stream::cells, static_cast<std::uint32_t>(population), 0},
          currents_(spec, population, slice),
          poisson_(poisson_plans(spec, population, grid)) {
        const std::vector<double>& scale = grid.scale[population];
        for (std::size_t r = 0; r < scale.size(); ++r) {
            arriving_.push_back(accumulators + slice.slot + r * slice.padded());
            unit_.push_back(static_cast<float>(1.0 / scale[r]));
        }
        state_.resize(cell_.states.size() * slice.padded());
        set_up(population);
        scratch_.resize((program_.slots - program_.arrivals) * equation_block);
        start_ = spec_.depth >= 0 ? state_ : std::vector<float>();
    }

    void stimulate(std::int64_t t) override {
        for (const PoissonPlan& p : poisson_)
            if (t >= p.first && t < p.last)
                add_poisson(p, key_.seed, slice_, t, arriving_[p.receptor]);
        current_ = currents_.at(t);
    }
    void add_arrived(std::size_t receptor, SliceCells cells, std::int64_t* sums) const override {
        const std::int32_t* const arrived = arriving_[receptor];
        cells.for_each(slice_.first,
                       [=](std::uint32_t k, std::uint32_t i) { sums[k] += arrived[i]; });
    }
    const float* current() const override { return current_; }

    void step(std::int64_t t, std::vector<std::uint32_t>& fired,
              std::vector<float>& values) override {
        std::vector<float*> at(program_.slots);
        for (std::uint32_t from = 0; from < slice_.count; from += equation_block) {
            const std::size_t count = std::min<std::size_t>(equation_block, slice_.padded() - from);
            place_slots(at, from, t, count);
            run_equations(program_.step, at.data(), count);
            send(at, from, count, fired, values);
        }
    }

    void reset() override { std::copy(start_.begin(), start_.end(), state_.begin()); }
    void drop_arrived() override {
        for (std::int32_t* sums : arriving_) std::fill_n(sums, slice_.padded(), 0);
    }
    bool play(const std::shared_ptr<const PlayedSpikes>&) override { return false; }
    void read_state(std::size_t variable, SliceCells cells, float* out) const override {
        const float* const from = state_of(variable);
        cells.for_each(slice_.first, [&](std::uint32_t k, std::uint32_t i) { out[k] = from[i]; });
    }
    std::optional<StrayedCell> find_strayed() const override {
        std::optional<StrayedCell> first;
        for (std::size_t v = 0; v < cell_.states.size(); ++v) {
            const float* const x = state_of(v);
            for (std::uint32_t i = 0; i < slice_.count; ++i) {
                if (bounds(v).hold(x[i])) continue;
                if (!first || slice_.first + i < first->cell)
                    first = StrayedCell{slice_.first + i, v, x[i]};
                break;
            }
        }
        return first;
    }
    StateBounds bounds(std::size_t) const override {
        constexpr float most = std::numeric_limits<float>::max();
        return {-most, most};
    }
    StrayedState strayed(const StrayedCell& s) const override {
        const StateBounds b = bounds(s.variable);
        const CellEquations::State& state = cell_.states[s.variable];
        return {state.name.c_str(), state.unit.c_str(), static_cast<double>(s.value),
                static_cast<double>(b.low), static_cast<double>(b.high)};
    }
    std::size_t bytes() const override {
        return (state_.size() + constants_.size() + scratch_.size()) * sizeof(float);
    }
    bool set_rates(const double*) override { return false; }
    void set_adaptive(bool) override {}
    std::vector<const float*> raw_state() const override {
        std::vector<const float*> out;
        for (std::size_t v = 0; v < cell_.states.size(); ++v) out.push_back(state_of(v));
        return out;
    }
    void set_raw_state(std::size_t variable, const float* values) override {
        std::copy_n(values, slice_.count, state_of(variable));
    }

  private:
    float* state_of(std::size_t variable) { return state_.data() + variable * slice_.padded(); }
    const float* state_of(std::size_t variable) const {
        return state_.data() + variable * slice_.padded();
    }
    /// A block's values of a slot that is computed anew for each.
    float* scratch_of(std::size_t slot) {
        return scratch_.data() + (slot - program_.arrivals) * equation_block;
    }

    // ---- constants and the state at time 0

    void set_up(std::size_t population) {
        const CellDraws draws{key_.seed, population, slice_.first,
                              static_cast<std::uint32_t>(spec_.size)};
        const bool varied = !spec_.varied.empty();
        const std::size_t constants = program_.constants.size();
        // One block of equal values, or a value for each cell.
        const std::size_t width = varied ? slice_.padded() : equation_block;
        constants_.resize(constants * width);
        std::vector<Quantile> quantiles;
        for (const NamedDistribution& d : spec_.varied) quantiles.emplace_back(d.value);
        std::vector<double> values = params_.values, nodes;
        std::vector<NodeId> wanted = program_.constants;
        for (const CellEquations::State& s : cell_.states) wanted.push_back(s.start);
        const std::uint32_t cells = varied ? slice_.padded() : 1;
        for (std::uint32_t i = 0; i < cells; ++i) {
            for (std::size_t k = 0; k < spec_.varied.size(); ++k) {
                const std::size_t number = parameter_number(spec_.varied[k].name);
                values[number] = draws.parameter(spec_.varied, k, quantiles[k],
                                                 static_cast<std::uint32_t>(number), i);
            }
            cell_.graph.evaluate(wanted, values, dt_, nodes);
            for (std::size_t k = 0; k < constants; ++k)
                set_constant(k, i, width, varied,
                             nodes[static_cast<std::size_t>(program_.constants[k])]);
            for (std::size_t v = 0; v < cell_.states.size(); ++v) {
                const auto start =
                    static_cast<float>(nodes[static_cast<std::size_t>(cell_.states[v].start)]);
                if (varied) {
                    state_of(v)[i] = start;
                } else {
                    std::fill_n(state_of(v), slice_.padded(), start);
                }
            }
        }
        for (const NamedDistribution& d : spec_.initial) {
            std::size_t v = 0;
            while (cell_.states[v].name != d.name) ++v;
            const Quantile quantile(d.value);
            for (std::uint32_t i = 0; i < slice_.padded(); ++i)
                state_of(v)[i] = static_cast<float>(draws.initial(d.value, quantile, v, i));
        }
    }
    std::size_t parameter_number(const std::string& name) const {
        std::size_t k = 0;
        while (cell_.parameters[k].name != name) ++k;
        return k;
    }
    void set_constant(std::size_t k, std::uint32_t i, std::size_t width, bool varied,
                      double value) {
        const auto single = static_cast<float>(value);
        if (!std::isfinite(single))
            throw ModelError(
                fmt::format("the equations of '{}' give no number that single precision holds "
                            "({:g}) with the parameters of cell {} of '{}': look for divisions by "
                            "parameters that are 0 there",
                            cell_.name, value, slice_.first + i, spec_.name));
        if (varied) {
            constants_[k * width + i] = single;
        } else {
            std::fill_n(constants_.begin() + static_cast<std::ptrdiff_t>(k * width), width, single);
        }
    }

    // ---- a step of a block of cells

    void place_slots(std::vector<float*>& at, std::uint32_t from, std::int64_t t,
                     std::size_t count) {
        const bool varied = !spec_.varied.empty();
        const std::size_t width = varied ? slice_.padded() : equation_block;
        for (std::size_t k = 0; k < program_.constants.size(); ++k)
            at[k] = constants_.data() + k * width + (varied ? from : 0);
        for (std::size_t v = 0; v < cell_.states.size(); ++v)
            at[program_.states + v] = state_of(v) + from;
        for (std::size_t slot = program_.arrivals; slot < program_.slots; ++slot)
            at[slot] = scratch_of(slot);
        for (std::size_t r = 0; r < arriving_.size(); ++r)
            take(arriving_[r] + from, unit_[r], at[program_.arrivals + r], count);
        if (program_.reads_current) std::copy_n(current_ + from, count, at[program_.current]);
        if (program_.reads_time)
            std::fill_n(at[program_.time], count, static_cast<float>(static_cast<double>(t) * dt_));
        for (std::size_t k = 0; k < program_.drawn.size(); ++k)
            draw(program_.drawn[k], from, t, at[program_.random + k], count);
    }
    static void take(std::int32_t* sums, float unit, float* out, std::size_t count) {
        SNN_LANES for (std::size_t i = 0; i < count; ++i) {
            out[i] = static_cast<float>(sums[i]) * unit;
            sums[i] = 0;
        }
    }
    void draw(const EquationProgram::Random& random, std::uint32_t from, std::int64_t t, float* out,
              std::size_t count) const {
        RandomKey key = key_;
        key.sub_entity = static_cast<std::uint32_t>(t);
        key.variant = random.number;
        for (std::uint32_t i = 0; i < count; i += cell_panel) {
            std::uint32_t words[cell_panel];
            cell_words(key, slice_.first + from + i, words);
            SNN_LANES for (std::uint32_t l = 0; l < cell_panel; ++l) out[i + l] =
                share_of(words[l]);
        }
        if (random.normal) {
            for (std::size_t i = 0; i < count; ++i) out[i] = normal_quantile(out[i]);
        }
    }
    void send(const std::vector<float*>& at, std::uint32_t from, std::size_t count,
              std::vector<std::uint32_t>& fired, std::vector<float>& values) {
        const float* const fires = at[program_.fires];
        const std::size_t cells = std::min<std::size_t>(count, slice_.count - from);
        std::uint32_t any = 0;
        SNN_LANES_OR(any) for (std::size_t i = 0; i < cells; ++i) any |= fires[i] != 0.0f ? 1u : 0u;
        if (!any) return;
        const float* const sent = at[program_.output];
        for (std::uint32_t i = 0; i < cells; ++i) {
            if (fires[i] == 0.0f || sent[i] == 0.0f)
                continue;  // a spike that carries nothing is none
            fired.push_back(slice_.first + from + i);
            if (cell_.output >= 0) values.push_back(sent[i]);
        }
        run_equations(program_.reset, at.data(), count);
    }

    const CellPopulationSpec spec_;
    const EquationCell::Params params_;
    const CellEquations& cell_;
    const EquationProgram program_;
    const double dt_;
    const Slice slice_;
    const RandomKey key_;
    Currents currents_;
    std::vector<PoissonPlan> poisson_;
    std::vector<std::int32_t*> arriving_;
    std::vector<float> unit_;
    const float* current_ = nullptr;
    std::vector<float> state_, start_;  // [variable][cell]
    std::vector<float> constants_;      // [constant][cell, or one of a block]
    std::vector<float> scratch_;        // [slot][one of a block]
};

}  // namespace

std::unique_ptr<CellGroup> make_equation_cells(const SimulationSpec& spec, std::size_t population,
                                               const Slice& slice, const WeightGrid& grid,
                                               std::int32_t* accumulators) {
    return std::make_unique<EquationCells>(spec, population, slice, grid, accumulators);
}

}  // namespace snnsim
