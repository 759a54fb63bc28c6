// The cells of one population in one block.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "kernels/cells/step_cells.hpp"
#include "src/engine/cells/cell_draws.hpp"
#include "src/engine/cells/cell_group.hpp"
#include "src/engine/cells/equation_cells.hpp"
#include "src/engine/cells/resting.hpp"
#include "src/engine/cells/stimuli.hpp"

namespace snnsim {

#ifdef __CUDACC__
/// What nvcc's host compiler makes of CellsOf has no vector instructions. It sets cells up and
/// never steps them; a name of its own keeps the linker from taking it for the CPU's.
inline namespace for_devices {
inline constexpr int cell_lanes = 1;
#else
inline namespace for_cpus {
inline constexpr int cell_lanes = cell_panel;
#endif

template <CellModel M>
class CellsOf : public CellGroup {
  public:
    CellsOf(const SimulationSpec& spec, std::size_t population, const Slice& slice,
            const WeightGrid& grid, std::int32_t* accumulators)
        : spec_(spec.populations[population]),
          population_(population),
          dt_(spec.dt),
          slice_(slice),
          key_{spec.seed, Stream::cells, static_cast<std::uint32_t>(population), 0},
          currents_(spec, population, slice),
          poisson_(poisson_plans(spec, population, grid)),
          seed_(spec.seed),
          coupled_(spec.coupled(spec_.name)) {
        cells_.first = slice.first;
        const std::vector<double>& scale = grid.scale[population];
        for (std::size_t r = 0; r < scale.size(); ++r) {
            cells_.arriving[r] = accumulators + slice.slot + r * slice.padded();
            cells_.unit[r] = static_cast<float>(1.0 / scale[r]);
        }
        for (auto r = static_cast<int>(scale.size()); r < M::receptors; ++r) {
            nothing_.resize(slice.padded());  // it shares the first: nothing arrives
            cells_.arriving[r] = nothing_.data();
        }
        for (const NamedDistribution& d : spec_.varied) varied_.emplace_back(d.value);
        const auto& params = std::get<typename M::Params>(spec_.cell);
        uniform_ = M::prepare(params, spec.dt);
        set_constants(params, spec.dt, population);
        set_state(params, population);
        set_bounds(params, spec.dt, population);
        if (spec_.depth >= 0) start_ = state_;
        wake();
    }

    void stimulate(std::int64_t t) override {
        for (const PoissonPlan& p : poisson_) {
            if (t >= p.first && t < p.last)
                add_poisson(p, seed_, slice_, t, cells_.arriving[p.receptor]);
        }
        cells_.current = currents_.at(t);
    }
    void add_arrived(std::size_t receptor, SliceCells cells, std::int64_t* sums) const override {
        const std::int32_t* const arrived = cells_.arriving[receptor];
        cells.for_each(slice_.first,
                       [=](std::uint32_t k, std::uint32_t i) { sums[k] += arrived[i]; });
    }
    const float* current() const override { return cells_.current; }
    void take_current(const float* current) override { cells_.current = current; }
    void read_origin(std::size_t variable, float* out) const override {
        for (std::uint32_t i = 0; i < slice_.count; ++i) out[i] = origin(variable, i);
    }

    void step(std::int64_t t, std::vector<std::uint32_t>& fired,
              std::vector<float>& values) override {
        if constexpr (plays<M>) {
            step_played(t, fired, values);
            return;
        }
        RandomKey random = key_;
        random.sub_entity = static_cast<std::uint32_t>(t);
        const auto all = [&]<bool Varied>() {
            const StepCells<M, Varied, lanes> step{uniform_, cells_, random};
            // Asked of all at once it takes less, and no cell is so strong in nearly every step.
            if constexpr (has_strong<M> && !has_parts<M>) {
                if (!step.any_strong_of(slice_.padded())) {
                    step_all(t, StepCells<M, Varied, lanes, false>{uniform_, cells_, random}, fired,
                             values);
                    return;
                }
            }
            step_all(t, step, fired, values);
        };
        if (constants_.empty()) {
            all.template operator()<false>();
        } else {
            all.template operator()<true>();
        }
    }

    void reset() override {
        std::copy(start_.begin(), start_.end(), state_.begin());
        sent_.clear();
        wake();
    }
    void drop_arrived() override {
        for (int r = 0; r < M::receptors; ++r) std::fill_n(cells_.arriving[r], slice_.padded(), 0);
    }
    bool play([[maybe_unused]] const std::shared_ptr<const PlayedSpikes>& played) override {
        if constexpr (plays<M>) {
            currents_.play(played);
            wake();
        }
        return plays<M>;
    }

    void read_state(std::size_t variable, SliceCells cells, float* out) const override {
        const float* from = cells_.state[variable];
        cells.for_each(slice_.first, [&](std::uint32_t k, std::uint32_t i) {
            out[k] = from[i] + origin(variable, i);
        });
    }

    std::optional<StrayedCell> find_strayed() const override {
        std::uint32_t first = slice_.count;
        std::size_t variable = 0;
        for (std::size_t k = 0; k < state_count; ++k) {
            const float* const x = cells_.state[k];
            const StateBounds bounds = bounds_[k];
            std::uint32_t any = 0;
            SNN_LANES_OR(any) for (std::uint32_t i = 0; i < slice_.count; ++i) {
                any |= bounds.hold(x[i]) ? 0u : 1u;
            }
            for (std::uint32_t i = 0; any && i < first; ++i) {
                if (!bounds.hold(x[i])) first = i, variable = k;
            }
        }
        if (first == slice_.count) return std::nullopt;
        return StrayedCell{slice_.first + first, variable, cells_.state[variable][first]};
    }
    StateBounds bounds(std::size_t variable) const override { return bounds_[variable]; }
    StrayedState strayed(const StrayedCell& s) const override {
        const auto i = static_cast<std::uint32_t>(s.cell - slice_.first);
        const double by = static_cast<double>(origin(s.variable, i));
        const StateBounds& b = bounds_[s.variable];
        StrayedState out{"", "", static_cast<double>(s.value) + by, static_cast<double>(b.low) + by,
                         static_cast<double>(b.high) + by};
        std::size_t k = 0;
        const auto look = [&](const auto& field) {
            if (k++ == s.variable) out.name = field.name, out.unit = field.unit;
        };
        M::states().for_each(look);
        return out;
    }
    std::size_t bytes() const override {
        return (state_.size() + constants_.size()) * sizeof(float) + resting_.bytes();
    }
    bool set_rates([[maybe_unused]] const double* rates) override {
        if constexpr (rate_can_be_set<M>) {
            if (constants_.empty()) make_room_for_constants();
            typename M::Params own = std::get<typename M::Params>(spec_.cell);
            for (std::uint32_t i = 0; i < slice_.padded(); ++i) {
                own.rate = i < slice_.count ? rates[i] : 0.0;
                set_constants_of(i, M::prepare(own, dt_));
            }
            wake();
            return true;
        }
        return false;
    }
    void set_adaptive([[maybe_unused]] bool adaptive) override {
        if constexpr (requires { M::frozen(uniform_); }) {
            const auto& params = std::get<typename M::Params>(spec_.cell);
            uniform_ = adaptive ? M::prepare(params, dt_) : M::frozen(uniform_);
            wake();
            if (constants_.empty()) return;
            for (std::uint32_t i = 0; i < slice_.padded(); ++i) {
                const typename M::Constants own =
                    M::prepare(params_of(params, population_, i), dt_);
                set_constants_of(i, adaptive ? own : M::frozen(own));
            }
        }
    }
    std::vector<const float*> raw_state() const override {
        return {cells_.state, cells_.state + state_count};
    }
    void set_raw_state(std::size_t variable, const float* values) override {
        std::copy_n(values, slice_.count, cells_.state[variable]);
        if constexpr (plays<M>) {
            sent_.clear();
            for (std::uint32_t i = 0; i < slice_.count; ++i)
                if (values[i] != 0.0f) sent_.push_back(i);
        }
        wake();
    }

    static constexpr std::size_t state_count = M::states().size;

    // What another engine needs to step the same cells.
    const CellArrays& arrays() const { return cells_; }
    const typename M::Constants& uniform_constants() const { return uniform_; }
    /// [constant][cell, padded]; empty where all cells have the same.
    const std::vector<float>& constants() const { return constants_; }
    const std::vector<PoissonPlan>& poisson() const { return poisson_; }
    const Currents& currents() const { return currents_; }
    const RandomKey& key() const { return key_; }
    int depth() const { return spec_.depth; }

    /// What is added to a state variable where a user sees it.
    float origin(std::size_t variable, std::uint32_t i) const {
        float out = 0.0f;
        std::size_t k = 0;
        const auto look = [&](const auto& field) {
            if (k++ == variable && field.origin) out = constants_of(i).*field.origin;
        };
        M::states().for_each(look);
        return out;
    }

  private:
    static constexpr int lanes = cell_lanes;

    /// A source whose spikes are given has few to step: those that send, and those that did.
    void step_played(std::int64_t t, std::vector<std::uint32_t>& fired,
                     [[maybe_unused]] std::vector<float>& values) {
        static_assert(sizeof(typename M::State) == sizeof(float));
        const auto step = [&](std::uint32_t i, float current) {
            CellInput in;
            in.current = current;
            typename M::State state;
            __builtin_memcpy(&state, cells_.state[0] + i, sizeof(state));
            const float sent = step_of_cell<M>(constants_of(i), state, in);
            __builtin_memcpy(cells_.state[0] + i, &state, sizeof(state));
            return sent;
        };
        for (const std::uint32_t i : sent_) step(i, 0.0f);
        sent_.clear();
        currents_.for_each_played(t, [&](std::uint32_t i, float value) {
            const float sent = step(i, value);
            sent_.push_back(i);
            if (sent == 0.0f) return;
            fired.push_back(slice_.first + i);
            if constexpr (sends_graded<M>) values.push_back(sent);
        });
    }

    template <class Step>
    void step_all(std::int64_t t, const Step& step, std::vector<std::uint32_t>& fired,
                  [[maybe_unused]] std::vector<float>& values) {
        const bool asks = resting_.asks_in(t);
        if (asks) resting_.start(t);
        for (std::uint32_t at = 0; at < slice_.count; at += lanes) {
            if (asks && !resting_.needs_step(cells_, at)) continue;
            float sent[lanes];
            const bool fires = step(at, sent);  // in one place only: so it is inlined
            if (asks) resting_.stepped(cells_, at, fires);
            if (!fires) continue;
            const std::uint32_t count = std::min<std::uint32_t>(lanes, slice_.count - at);
            for (std::uint32_t l = 0; l < count; ++l) {
                if (sent[l] == 0.0f) continue;
                fired.push_back(slice_.first + at + l);
                if constexpr (sends_graded<M>) values.push_back(sent[l]);
            }
        }
    }

    /// Cells with currents or random numbers of their own never rest, but for sources without rate.
    void wake() {
        resting_.wake(slice_.padded(), [this](std::uint32_t panel) {
            if (!currents_.parts().empty() || currents_.played() || coupled_) return false;
            if constexpr (!M::uses_random) return true;
            if constexpr (requires { M::never_fires(uniform_); }) {
                for (int l = 0; l < lanes; ++l) {
                    if (!M::never_fires(constants_of(panel * lanes + l))) return false;
                }
                return true;
            }
            return false;
        });
    }

    /// Constants of each cell, where a parameter differs from cell to cell.
    void set_constants(const typename M::Params& params, double dt, std::size_t population) {
        if (spec_.varied.empty()) return;
        make_room_for_constants();
        for (std::uint32_t i = 0; i < slice_.padded(); ++i)
            set_constants_of(i, M::prepare(params_of(params, population, i), dt));
    }
    static constexpr std::size_t constant_count = sizeof(typename M::Constants) / sizeof(float);
    void make_room_for_constants() {
        constants_.resize(constant_count * slice_.padded());
        for (std::size_t k = 0; k < constant_count; ++k)
            cells_.constants[k] = constants_.data() + k * slice_.padded();
    }
    void set_constants_of(std::uint32_t i, const typename M::Constants& c) {
        float values[constant_count];
        __builtin_memcpy(values, &c, sizeof(c));
        for (std::size_t k = 0; k < constant_count; ++k)
            constants_[k * slice_.padded() + i] = values[k];
    }
    typename M::Params params_of(const typename M::Params& params, std::size_t population,
                                 std::uint32_t i) const {
        typename M::Params own = params;
        const CellDraws draws = draws_of(population);
        for (std::size_t k = 0; k < spec_.varied.size(); ++k) {
            const NamedDistribution& d = spec_.varied[k];
            const Quantile& quantile = varied_[k];
            std::uint32_t number = 0;
            const auto set = [&](const auto& field) {
                using Member = std::remove_reference_t<decltype(own.*field.member)>;
                if constexpr (std::is_same_v<Member, double>) {
                    if (d.name == field.name)
                        own.*field.member = draws.parameter(spec_.varied, k, quantile, number, i);
                }
                ++number;
            };
            M::Params::fields().for_each(set);
        }
        return own;
    }

    CellDraws draws_of(std::size_t population) const {
        return {seed_, population, slice_.first, static_cast<std::uint32_t>(spec_.size)};
    }

    void set_state(const typename M::Params& params, std::size_t population) {
        state_.resize(state_count * slice_.padded());
        for (std::size_t k = 0; k < state_count; ++k)
            cells_.state[k] = state_.data() + k * slice_.padded();
        std::size_t variable = 0;
        const auto set = [&](const auto& field) {
            const auto given =
                std::find_if(spec_.initial.begin(), spec_.initial.end(),
                             [&](const NamedDistribution& d) { return d.name == field.name; });
            const Quantile quantile(given == spec_.initial.end() ? Distribution{} : given->value);
            for (std::uint32_t i = 0; i < slice_.padded(); ++i) {
                float& value = cells_.state[variable][i];
                if (given == spec_.initial.end()) {
                    value = spec_.varied.empty()
                                ? M::rest(params, uniform_).*field.member
                                : rest_of(params_of(params, population, i)).*field.member;
                } else {
                    value = static_cast<float>(
                        draws_of(population).initial(given->value, quantile, variable, i) -
                        static_cast<double>(origin(variable, i)));
                }
            }
            ++variable;
        };
        M::states().for_each(set);
    }

    /// Of the states at time 0: what holds for every cell.
    void set_bounds(const typename M::Params& params, double dt, std::size_t population) {
        using State = typename M::State;
        constexpr float most = std::numeric_limits<float>::max();
        bounds_.assign(state_count, {-most, most});
        if constexpr (requires(State & s) {
                          M::set_bounds(params, dt, Surroundings<State>{}, s, s);
                      }) {
            if (slice_.count == 0 || coupled_) return;  // v depends on that of others
            Surroundings<State> outside;
            std::tie(outside.least_current, outside.greatest_current) = currents_.range();
            std::size_t variable = 0;
            const auto set_start = [&](const auto& field) {
                const float* const x = cells_.state[variable++];
                const auto ends = std::minmax_element(x, x + slice_.count);
                outside.least.*field.member = *ends.first;
                outside.greatest.*field.member = *ends.second;
            };
            M::states().for_each(set_start);
            const std::uint32_t count = spec_.varied.empty() ? 1 : slice_.count;
            for (std::uint32_t i = 0; i < count; ++i) {
                State low, high;
                const auto set_any = [&](const auto& field) {
                    low.*field.member = -most, high.*field.member = most;
                };
                M::states().for_each(set_any);
                M::set_bounds(spec_.varied.empty() ? params : params_of(params, population, i), dt,
                              outside, low, high);
                std::size_t k = 0;
                const auto widen = [&](const auto& field) {
                    StateBounds& b = bounds_[k++];
                    b.low = i == 0 ? low.*field.member : std::min(b.low, low.*field.member);
                    b.high = i == 0 ? high.*field.member : std::max(b.high, high.*field.member);
                };
                M::states().for_each(widen);
            }
        }
    }

    typename M::State rest_of(const typename M::Params& own) const {
        return M::rest(own, M::prepare(own, dt_));
    }
    typename M::Constants constants_of(std::uint32_t i) const {
        if (constants_.empty()) return uniform_;
        constexpr std::size_t count = sizeof(typename M::Constants) / sizeof(float);
        float values[count];
        for (std::size_t k = 0; k < count; ++k) values[k] = cells_.constants[k][i];
        typename M::Constants c;
        __builtin_memcpy(&c, values, sizeof(c));
        return c;
    }

    const CellPopulationSpec spec_;
    const std::size_t population_;
    const double dt_;
    const Slice slice_;
    const RandomKey key_;
    std::vector<Quantile> varied_;  // of spec_.varied
    Currents currents_;
    std::vector<PoissonPlan> poisson_;
    std::uint64_t seed_;
    bool coupled_;  // by gap junctions
    typename M::Constants uniform_;
    CellArrays cells_;
    std::vector<float> state_, constants_;
    std::vector<std::uint32_t> sent_;  // of a source that plays: cells that sent in the last step
    std::vector<float> start_;         // state_ at time 0, of cells that samples reset
    std::vector<StateBounds> bounds_;  // [variable]
    RestingPanels<M, lanes> resting_;
    std::vector<std::int32_t> nothing_;
};

}  // namespace

inline std::unique_ptr<CellGroup> make_cells(const SimulationSpec& spec, std::size_t population,
                                             const Slice& slice, const WeightGrid& grid,
                                             std::int32_t* accumulators) {
    return CellModels::visit(
        spec.populations[population].cell,
        [&]<class M>(const typename M::Params&) -> std::unique_ptr<CellGroup> {
            if constexpr (is_equations<M>)
                return make_equation_cells(spec, population, slice, grid, accumulators);
            else
                return std::make_unique<CellsOf<M>>(spec, population, slice, grid, accumulators);
        });
}

}  // namespace snnsim
