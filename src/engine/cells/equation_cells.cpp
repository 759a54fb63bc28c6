#include "src/engine/cells/equation_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cells/step_cells.hpp"
#include "kernels/math/normal.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells/cell_draws.hpp"
#include "src/engine/cells/equation_steps.hpp"
#include "src/engine/place_of.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/equations/value_problems.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {

EquationCells::EquationCells(const SimulationSpec& spec, std::size_t population, const Slice& slice,
                             const WeightGrid& grid, std::int32_t* accumulators)
    : spec_(spec.populations[population]),
      owner_(std::get<EquationCell::Params>(spec_.cell).equations),
      cell_(*owner_),
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
    state_ = AlignedFloats(cell_.states.size() * slice.padded());
    set_up(spec, population);
    const std::size_t anew = program_.slots - program_.arrivals;
    scratch_ = AlignedFloats(anew * equation_block);
    at_.resize(program_.slots);
    for (std::size_t k = 0; k < anew; ++k)
        at_[program_.arrivals + k] = scratch_.data() + k * equation_block;
    if (spec_.depth >= 0) start_ = states();
}

// ---- constants and the state at time 0

void EquationCells::set_up(const SimulationSpec& spec, std::size_t population) {
    const CellDraws draws{key_.seed, population, slice_.first,
                          static_cast<std::uint32_t>(spec_.size)};
    width_ = varied() ? slice_.padded() : equation_block;
    constants_ = AlignedFloats(program_.constants.size() * width_);
    std::vector<Quantile> quantiles;
    for (const NamedDistribution& d : spec_.varied) quantiles.emplace_back(d.value);
    std::vector<double> values = std::get<EquationCell::Params>(spec_.cell).values, nodes;
    const std::vector<NodeId> wanted = values_to_check(cell_, program_.constants);
    const std::uint32_t cells = varied() ? slice_.count : 1;
    for (std::uint32_t i = 0; i < cells; ++i) {
        for (std::size_t k = 0; k < spec_.varied.size(); ++k) {
            const std::size_t number = parameter_number(spec_.varied[k].name);
            values[number] = draws.parameter(spec_.varied, k, quantiles[k],
                                             static_cast<std::uint32_t>(number), i);
        }
        cell_.graph.evaluate(wanted, values, dt_, nodes);
        const auto owner = [&] {
            return varied() ? fmt::format("cell {} of '{}'", slice_.first + i, spec_.name)
                            : "'" + spec_.name + "'";
        };
        if (const auto wrong = wrong_value(cell_, program_.constants, nodes, values, dt_, owner))
            throw ModelError(place_of(spec, wrong->at.line > 0 ? wrong->at : spec_.at) +
                             wrong->message);
        // The last cell's hold for those that fill its panel, too.
        const std::uint32_t end = i + 1 < cells ? i + 1 : static_cast<std::uint32_t>(width_);
        const auto set = [&](float* first, std::uint32_t until, NodeId id) {
            std::fill(first + i, first + until,
                      static_cast<float>(nodes[static_cast<std::size_t>(id)]));
        };
        for (std::size_t k = 0; k < program_.constants.size(); ++k)
            set(constants_.data() + k * width_, end, program_.constants[k]);
        for (std::size_t v = 0; v < cell_.states.size(); ++v)
            set(state_of(v), i + 1 < cells ? i + 1 : slice_.padded(), cell_.states[v].start);
    }
    for (const NamedDistribution& d : spec_.initial) {
        std::size_t v = 0;
        while (cell_.states[v].name != d.name) ++v;
        const Quantile quantile(d.value);
        for (std::uint32_t i = 0; i < slice_.padded(); ++i)
            state_of(v)[i] = static_cast<float>(draws.initial(d.value, quantile, v, i));
    }
}

std::size_t EquationCells::parameter_number(const std::string& name) const {
    std::size_t k = 0;
    while (cell_.parameters[k].name != name) ++k;
    return k;
}

std::vector<float> EquationCells::constants() const {
    if (varied()) return {constants_.begin(), constants_.end()};
    std::vector<float> out;
    for (std::size_t k = 0; k < program_.constants.size(); ++k)
        out.push_back(constants_.data()[k * width_]);
    return out;
}

// ---- a step, in blocks of cells

void EquationCells::stimulate(std::int64_t t) {
    for (const PoissonPlan& p : poisson_)
        if (t >= p.first && t < p.last) add_poisson(p, key_.seed, slice_, t, arriving_[p.receptor]);
    current_ = currents_.at(t);
}

void EquationCells::step(std::int64_t t, std::vector<std::uint32_t>& fired,
                         std::vector<float>& values) {
    for (std::uint32_t from = 0; from < slice_.count; from += equation_block) {
        const std::size_t count = std::min<std::size_t>(equation_block, slice_.padded() - from);
        place_slots(from, t, count);
        run_equations(program_.step, at_.data(), count);
        send(from, count, fired, values);
    }
}

void EquationCells::place_slots(std::uint32_t from, std::int64_t t, std::size_t count) {
    for (std::size_t k = 0; (varied() || !placed_) && k < program_.constants.size(); ++k)
        at_[k] = constants_.data() + k * width_ + (varied() ? from : 0);
    placed_ = true;
    for (std::size_t v = 0; v < cell_.states.size(); ++v)
        at_[program_.states + v] = state_of(v) + from;
    for (std::size_t r = 0; r < arriving_.size(); ++r) {
        std::int32_t* const sums = arriving_[r] + from;
        float* const out = at_[program_.arrivals + r];
        const float unit = unit_[r];
        SNN_LANES for (std::size_t i = 0; i < count; ++i) {
            out[i] = static_cast<float>(sums[i]) * unit;
            sums[i] = 0;
        }
    }
    if (program_.reads_current) std::copy_n(current_ + from, count, at_[program_.current]);
    if (program_.reads_time)
        std::fill_n(at_[program_.time], count, static_cast<float>(static_cast<double>(t) * dt_));
    for (std::size_t k = 0; k < program_.drawn.size(); ++k)
        draw(program_.drawn[k], from, t, at_[program_.random + k], count);
}

void EquationCells::draw(const EquationProgram::Random& random, std::uint32_t from, std::int64_t t,
                         float* out, std::size_t count) const {
    RandomKey key = key_;
    key.sub_entity = static_cast<std::uint32_t>(t);
    key.variant = random.number;
    for (std::uint32_t i = 0; i < count; i += cell_panel) {
        std::uint32_t words[cell_panel];
        cell_words(key, slice_.first + from + i, words);
        SNN_LANES for (std::uint32_t l = 0; l < cell_panel; ++l) out[i + l] = share_of(words[l]);
    }
    if (!random.normal) return;
    for (std::size_t i = 0; i < count; ++i) out[i] = normal_quantile(out[i]);
}

void EquationCells::send(std::uint32_t from, std::size_t count, std::vector<std::uint32_t>& fired,
                         std::vector<float>& values) {
    const float* const fires = at_[program_.fires];
    const std::size_t cells = std::min<std::size_t>(count, slice_.count - from);
    std::uint32_t any = 0;
    SNN_LANES_OR(any) for (std::size_t i = 0; i < cells; ++i) any |= fires[i] != 0.0f ? 1u : 0u;
    if (!any) return;
    const float* const sent = at_[program_.output];
    for (std::uint32_t i = 0; i < cells; ++i) {
        if (fires[i] == 0.0f || sent[i] == 0.0f) continue;  // a spike that carries nothing is none
        fired.push_back(slice_.first + from + i);
        if (cell_.output >= 0) values.push_back(sent[i]);
    }
    run_equations(program_.reset, at_.data(), count);
}

// ---- what others ask

void EquationCells::add_arrived(std::size_t receptor, SliceCells cells, std::int64_t* sums) const {
    const std::int32_t* const arrived = arriving_[receptor];
    cells.for_each(slice_.first, [=](std::uint32_t k, std::uint32_t i) { sums[k] += arrived[i]; });
}
void EquationCells::reset() {
    std::copy(start_.begin(), start_.end(), state_.begin());
}
void EquationCells::drop_arrived() {
    for (std::int32_t* sums : arriving_) std::fill_n(sums, slice_.padded(), 0);
}
void EquationCells::read_state(std::size_t variable, SliceCells cells, float* out) const {
    const float* const from = state_of(variable);
    cells.for_each(slice_.first, [&](std::uint32_t k, std::uint32_t i) { out[k] = from[i]; });
}

std::optional<StrayedCell> EquationCells::find_strayed() const {
    std::optional<StrayedCell> first;
    for (std::size_t v = 0; v < cell_.states.size(); ++v) {
        const float* const x = state_of(v);
        const StateBounds within = bounds(v);
        std::uint32_t any = 0;
        SNN_LANES_OR(any) for (std::uint32_t i = 0; i < slice_.count; ++i) {
            any |= within.hold(x[i]) ? 0u : 1u;
        }
        for (std::uint32_t i = 0; any && i < slice_.count; ++i) {
            if (within.hold(x[i])) continue;
            if (!first || slice_.first + i < first->cell)
                first = StrayedCell{slice_.first + i, v, x[i]};
            break;
        }
    }
    return first;
}
StateBounds EquationCells::bounds(std::size_t) const {
    constexpr float most = std::numeric_limits<float>::max();
    return {-most, most};
}
StrayedState EquationCells::strayed(const StrayedCell& s) const {
    const StateBounds b = bounds(s.variable);
    const CellEquations::State& state = cell_.states[s.variable];
    return {state.name.c_str(),         state.unit.c_str(),          static_cast<double>(s.value),
            static_cast<double>(b.low), static_cast<double>(b.high), hint(s.value)};
}
/// What may make no number of numbers, where there is something.
std::string EquationCells::hint(float value) const {
    if (!std::isnan(value)) return "";
    const std::pair<EquationOp, const char*> partial[] = {
        {EquationOp::logarithm, "log of a number below 0"},
        {EquationOp::root, "sqrt of a number below 0"},
        {EquationOp::power, "a power of a number below 0"},
        {EquationOp::divide, "0/0"}};
    std::vector<std::string> there;
    for (const auto& [op, name] : partial) {
        const auto is_it = [op = op](const GraphNode& n) { return n.op == op && !n.setup; };
        const auto uses = [&](NodeId id) { return cell_.graph.depends(id, is_it); };
        if (std::any_of(cell_.next.begin(), cell_.next.end(), uses) ||
            std::any_of(cell_.reset.begin(), cell_.reset.end(), uses))
            there.push_back(name);
    }
    if (there.empty()) return "";
    return fmt::format("Look for {} in its equations: max(x, ...) keeps x above a bound",
                       join(there));
}
std::size_t EquationCells::bytes() const {
    return (state_.size() + constants_.size() + scratch_.size()) * sizeof(float);
}
std::vector<const float*> EquationCells::raw_state() const {
    std::vector<const float*> out;
    for (std::size_t v = 0; v < cell_.states.size(); ++v) out.push_back(state_of(v));
    return out;
}
void EquationCells::set_raw_state(std::size_t variable, const float* values) {
    std::copy_n(values, slice_.count, state_of(variable));
}

std::unique_ptr<CellGroup> make_equation_cells(const SimulationSpec& spec, std::size_t population,
                                               const Slice& slice, const WeightGrid& grid,
                                               std::int32_t* accumulators) {
    return std::make_unique<EquationCells>(spec, population, slice, grid, accumulators);
}

}  // namespace snnsim
