#include "src/engine/cell_recorder.hpp"

#include <algorithm>
#include <utility>

#include "snnsim/error.hpp"

namespace snnsim {

CellRecorder::CellRecorder(const SimulationSpec& spec, const Layout& layout, const WeightGrid& grid)
    : layout_(layout),
      grid_(grid),
      records_(cell_records(spec)),
      samples_(records_.size()),
      base_(records_.size()) {
    for (const CellRecord& r : records_) inputs_.emplace_back(r.value.receptors * r.cells);
}

void CellRecorder::reserve(std::int64_t first, std::int64_t last) {
    for (std::size_t r = 0; r < records_.size(); ++r) {
        const CellRecord& record = records_[r];
        StateSamples& out = samples_[r];
        base_[r] = static_cast<std::int64_t>(out.step.size()) - record.samples(first);
        for (std::int64_t k = record.samples(first) + 1; k <= record.samples(last); ++k)
            out.step.push_back(static_cast<std::uint32_t>(k * record.interval));
        out.values.resize(out.step.size() * record.cells);
    }
}

void CellRecorder::add_inputs(std::size_t block, std::size_t population, const CellGroup& cells) {
    for (std::size_t r = 0; r < records_.size(); ++r) {
        const CellRecord& record = records_[r];
        if (record.population != population || inputs_[r].empty()) continue;
        const Slice& slice = layout_.blocks[block].slices[population];
        const std::uint32_t count = record.cells_of(slice.first, slice.count);
        for (std::size_t k = 0; count > 0 && k < record.value.receptors; ++k)
            cells.add_arrived(record.value.index + k, count,
                              inputs_[r].data() + k * record.cells + slice.first);
    }
}

void CellRecorder::sample(std::size_t block, std::int64_t t,
                          const std::vector<std::unique_ptr<CellGroup>>& cells) {
    for (std::size_t r = 0; r < records_.size(); ++r) {
        const std::size_t p = records_[r].population;
        if ((t + 1) % records_[r].interval == 0)
            sample(r, layout_.blocks[block].slices[p], t, *cells[p]);
    }
}

void CellRecorder::sample(std::size_t r, const Slice& slice, std::int64_t t,
                          const CellGroup& cells) {
    const CellRecord& record = records_[r];
    const std::uint32_t count = record.cells_of(slice.first, slice.count);
    if (count == 0) return;
    const std::int64_t row = base_[r] + record.samples(t + 1) - 1;
    float* const out =
        samples_[r].values.data() + static_cast<std::size_t>(row) * record.cells + slice.first;
    switch (record.value.kind) {
        case CellValue::Kind::state:
            cells.read_state(record.value.index, count, out);
            break;
        case CellValue::Kind::input:
            take_inputs(r, slice.first, count, out);
            break;
        case CellValue::Kind::current:
            std::copy_n(cells.current(), count, out);
            break;
    }
}

void CellRecorder::take_inputs(std::size_t r, std::uint32_t first, std::uint32_t count,
                               float* out) {
    const CellRecord& record = records_[r];
    const std::vector<double>& scale = grid_.scale[record.population];
    for (std::uint32_t i = 0; i < count; ++i) {
        double weights = 0.0;
        for (std::size_t k = 0; k < record.value.receptors; ++k) {
            std::int64_t& sum = inputs_[r][k * record.cells + first + i];
            weights += static_cast<double>(std::exchange(sum, 0)) / scale[record.value.index + k];
        }
        out[i] = static_cast<float>(weights);
    }
}

std::vector<StateSamples> CellRecorder::take() {
    return std::exchange(samples_, std::vector<StateSamples>(records_.size()));
}

void CellRecorder::set_inputs(const std::vector<std::vector<std::int64_t>>& inputs) {
    SNN_EXPECT(inputs.size() == inputs_.size());
    for (std::size_t r = 0; r < inputs.size(); ++r)
        SNN_EXPECT(inputs[r].size() == inputs_[r].size());
    inputs_ = inputs;
}

}  // namespace snnsim
