// The cells of one population in one block whose model is written as equations.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "src/engine/cells/aligned_floats.hpp"
#include "src/engine/cells/cell_group.hpp"
#include "src/engine/cells/stimuli.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/equations/program.hpp"

namespace snnsim {

class EquationCells final : public CellGroup {
  public:
    EquationCells(const SimulationSpec& spec, std::size_t population, const Slice& slice,
                  const WeightGrid& grid, std::int32_t* accumulators);

    void stimulate(std::int64_t t) override;
    void add_arrived(std::size_t receptor, SliceCells cells, std::int64_t* sums) const override;
    void step(std::int64_t t, std::vector<std::uint32_t>& fired,
              std::vector<float>& values) override;
    void reset() override;
    void drop_arrived() override;
    bool play(const std::shared_ptr<const PlayedSpikes>&) override { return false; }
    const float* current() const override { return current_; }
    void take_current(const float* current) override { current_ = current; }
    void read_origin(std::size_t, float* out) const override {
        std::fill_n(out, slice_.count, 0.0f);  // values are kept as they are seen
    }
    void read_state(std::size_t variable, SliceCells cells, float* out) const override;
    std::optional<StrayedCell> find_strayed() const override;
    StateBounds bounds(std::size_t variable) const override;
    StrayedState strayed(const StrayedCell& cell) const override;
    std::size_t bytes() const override;
    bool set_rates(const double*) override { return false; }
    void set_adaptive(bool) override {}
    std::vector<const float*> raw_state() const override;
    void set_raw_state(std::size_t variable, const float* values) override;

    // What another engine needs to step the same cells.
    const CellEquations& equations() const { return cell_; }
    const EquationProgram& program() const { return program_; }
    /// [constant], or [constant][cell] where cells differ.
    std::vector<float> constants() const;
    bool varied() const { return !spec_.varied.empty(); }
    /// [variable][cell]
    std::vector<float> states() const { return {state_.begin(), state_.end()}; }
    const std::vector<float>& units() const { return unit_; }
    const std::vector<PoissonPlan>& poisson() const { return poisson_; }
    const Currents& currents() const { return currents_; }
    const RandomKey& key() const { return key_; }
    /// See CellsOf::origin.
    static float origin(std::size_t, std::uint32_t) { return 0.0f; }
    int depth() const { return spec_.depth; }
    double dt() const { return dt_; }

  private:
    float* state_of(std::size_t variable) { return state_.data() + variable * slice_.padded(); }
    const float* state_of(std::size_t variable) const {
        return state_.data() + variable * slice_.padded();
    }
    void set_up(const SimulationSpec& spec, std::size_t population);
    std::size_t parameter_number(const std::string& name) const;
    std::string hint(float value) const;
    void place_slots(std::uint32_t from, std::int64_t t, std::size_t count);
    void draw(const EquationProgram::Random& random, std::uint32_t from, std::int64_t t, float* out,
              std::size_t count) const;
    void send(std::uint32_t from, std::size_t count, std::vector<std::uint32_t>& fired,
              std::vector<float>& values);

    const CellPopulationSpec spec_;
    const std::shared_ptr<const CellEquations> owner_;
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
    AlignedFloats state_;       // [variable][cell]
    std::vector<float> start_;  // at time 0, of cells that samples reset
    std::size_t width_ = 0;     // constants of as many cells: all, or those of a block
    AlignedFloats constants_;   // [constant][width_]
    AlignedFloats scratch_;     // [slot][cell of a block]: what is computed anew for each
    bool placed_ = false;       // constants that are the same for all cells have their place in at_
    std::vector<float*> at_;    // [slot]: its values of the block under way
};

std::unique_ptr<CellGroup> make_equation_cells(const SimulationSpec& spec, std::size_t population,
                                               const Slice& slice, const WeightGrid& grid,
                                               std::int32_t* accumulators);

}  // namespace snnsim
