// Cells that are written as equations on a device: all groups of one model behind one launch a
// step.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "src/engine/cells/equation_cells.hpp"
#include "src/engine/device/cells_on.hpp"
#include "src/engine/device/equation_code.hpp"

namespace snnsim {

/// How StepEquations of a model runs: from text that is compiled now, or instruction by instruction
/// where bodies run on the host.
template <class Steps>
class EquationKernel {
  public:
    EquationKernel(const CellEquations& cell, const EquationProgram& program)
        : code_{program, cell.output >= 0} {
        if constexpr (Steps::compiles)
            kernel_ =
                Steps::compile("cells of " + cell.name, equation_text(program, code_.graded),
                               "snnsim::for_each_bit_kernel<snnsim::StepEquations<snnsim::Cell>>");
    }
    void step(Steps& steps, const StepWindow* window, std::int64_t k, const EquationGroup* groups,
              const WordPlace* words, std::size_t count, const std::uint32_t* word_ids,
              std::uint32_t* bits) const {
        const StepEquations<InterpretedCell> body{window, k, groups, words, &code_};
        if constexpr (Steps::compiles) {
            steps.for_each_bit(kernel_, count, body, word_ids, bits);
        } else {
            steps.for_each_bit(count, body, word_ids, bits);
        }
    }

  private:
    const InterpretedCell::Code code_;
    typename Steps::Kernel kernel_;
};

template <class Steps>
class EquationCellsOn : public CellsOn<Steps> {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    EquationCellsOn(const CellEquations& cell, const EquationProgram& program)
        : kernel_(cell, program) {}

    /// See CellsOfModelOn::add.
    DeviceGroup add(const EquationCells& host, std::size_t population, const Slice& slice,
                    std::uint32_t first_word, std::int32_t* accumulators, float* sent,
                    View<const PoissonInput> poisson, bool coupled) {
        const std::uint32_t padded = slice.padded();
        const std::size_t variables = host.equations().states.size(),
                          receptors = host.units().size();
        EquationGroup group{};
        group.constants = keep(host.constants(), floats_);
        group.constants_of = host.varied() ? padded : 0;
        group.states = keep(host.states(), floats_);
        group.depth = host.depth();
        if (group.depth >= 0) group.start = keep(host.states(), floats_);
        group.arriving = accumulators;
        group.unit = keep(host.units(), floats_);
        float* const stimuli = keep(std::vector<float>(padded), floats_);
        float* const current = coupled ? keep(std::vector<float>(padded), floats_) : stimuli;
        group.current = current;
        group.sent = host.equations().output >= 0 ? sent : nullptr;
        group.poisson = poisson.data;
        group.poisson_count = static_cast<std::uint32_t>(poisson.size);
        group.random = host.key();
        group.dt = host.dt();
        group.first = slice.first;
        group.count = slice.count;
        group.padded = padded;
        group.states_count = static_cast<std::uint32_t>(variables);
        group.receptors = static_cast<std::uint32_t>(receptors);
        DeviceGroup place{population, slice.first, slice.count, {}, {}, stimuli, current, {}};
        for (std::size_t r = 0; r < receptors; ++r)
            place.arriving.push_back(accumulators + r * padded);
        for (std::size_t v = 0; v < variables; ++v) {
            place.state.push_back(group.states + v * padded);
            place.bounds.push_back(host.bounds(v));
        }
        for (std::uint32_t at = 0; at < slice.count; at += 32) {
            places_.push_back({static_cast<std::uint32_t>(groups_.size()), at});
            word_ids_.push_back(first_word + at / 32);
        }
        groups_.push_back(group);
        populations_.push_back({population, slice.first, {}});
        return place;
    }

    void upload() override {
        device_groups_ = Buffer<EquationGroup>(groups_);
        device_places_ = Buffer<WordPlace>(places_);
        device_word_ids_ = Buffer<std::uint32_t>(word_ids_);
    }
    void step(Steps& steps, const StepWindow* window, std::int64_t k,
              std::uint32_t* bits) override {
        kernel_.step(steps, window, k, device_groups_.data(), device_places_.data(), places_.size(),
                     device_word_ids_.data(), bits);
    }
    void set_rates(Steps&, std::size_t, const double*) override {}
    void set_adaptive(Steps&, bool) override {}
    void silence(Steps& steps, std::size_t population,
                 const std::vector<std::uint8_t>& silent) override {
        silence_groups<Buffer>(steps, populations_, population, silent, groups_, device_groups_);
    }
    std::size_t bytes() const override { return bytes_of<float>(floats_); }

  private:
    EquationKernel<Steps> kernel_;
    std::vector<EquationGroup> groups_;
    std::vector<GroupPlace<Buffer<std::uint8_t>>> populations_;  // [group]
    std::vector<WordPlace> places_;
    std::vector<std::uint32_t> word_ids_;
    Buffer<EquationGroup> device_groups_;
    Buffer<WordPlace> device_places_;
    Buffer<std::uint32_t> device_word_ids_;
    std::vector<Buffer<float>> floats_;
};

}  // namespace snnsim
