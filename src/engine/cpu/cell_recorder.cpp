#include "src/engine/cpu/cell_recorder.hpp"

#include <utility>

#include "snnsim/error.hpp"
#include "src/engine/ranks/gather_cells.hpp"

namespace snnsim {

CellRecorder::CellRecorder(const SimulationSpec& spec, const Layout& layout, const WeightGrid& grid)
    : layout_(layout),
      grid_(grid),
      records_(cell_records(spec)),
      samples_(records_.size()),
      base_(records_.size()) {
    for (const CellRecord& r : records_) {
        inputs_.emplace_back(r.value.receptors * r.cells.count);
        std::vector<Part>& parts = parts_.emplace_back();
        for (const CellBlock& block : layout_.blocks) {
            const Slice& slice = block.slices[r.population];
            const std::uint32_t begin = r.cells.count_below(slice.first),
                                end = r.cells.count_below(slice.first + slice.count);
            const std::vector<std::uint32_t>& listed = r.cells.listed;
            parts.push_back(
                {begin, {end - begin, listed.empty() ? nullptr : listed.data() + begin}});
        }
    }
}

void CellRecorder::reserve(std::int64_t first, std::int64_t last) {
    for (std::size_t r = 0; r < records_.size(); ++r) {
        const CellRecord& record = records_[r];
        StateSamples& out = samples_[r];
        base_[r] = static_cast<std::int64_t>(out.step.size()) - record.samples(first);
        for (std::int64_t k = record.samples(first) + 1; k <= record.samples(last); ++k)
            out.step.push_back(static_cast<std::uint32_t>(k * record.interval));
        out.values.resize(out.step.size() * record.cells.count);
    }
}

void CellRecorder::add_inputs(std::size_t block, std::size_t population, const CellGroup& cells) {
    for (std::size_t r = 0; r < records_.size(); ++r) {
        const CellRecord& record = records_[r];
        if (record.population != population || inputs_[r].empty()) continue;
        const Part& part = parts_[r][block];
        for (std::size_t k = 0; part.cells.count > 0 && k < record.value.receptors; ++k)
            cells.add_arrived(record.value.index + k, part.cells,
                              inputs_[r].data() + k * record.cells.count + part.column);
    }
}

void CellRecorder::sample(std::size_t block, std::int64_t t,
                          const std::vector<std::unique_ptr<CellGroup>>& cells) {
    for (std::size_t r = 0; r < records_.size(); ++r) {
        const std::size_t p = records_[r].population;
        if ((t + 1) % records_[r].interval == 0) sample(r, block, t, *cells[p]);
    }
}

void CellRecorder::sample(std::size_t r, std::size_t block, std::int64_t t,
                          const CellGroup& cells) {
    const CellRecord& record = records_[r];
    const Part& part = parts_[r][block];
    if (part.cells.count == 0) return;
    const std::int64_t row = base_[r] + record.samples(t + 1) - 1;
    float* const out = samples_[r].values.data() +
                       static_cast<std::size_t>(row) * record.cells.count + part.column;
    switch (record.value.kind) {
        case CellValue::Kind::state:
            cells.read_state(record.value.index, part.cells, out);
            break;
        case CellValue::Kind::input:
            take_inputs(r, part, out);
            break;
        case CellValue::Kind::current:
            part.cells.for_each(layout_.blocks[block].slices[record.population].first,
                                [&, from = cells.current()](std::uint32_t k, std::uint32_t i) {
                                    out[k] = from[i];
                                });
            break;
    }
}

void CellRecorder::take_inputs(std::size_t r, const Part& part, float* out) {
    const CellRecord& record = records_[r];
    const std::vector<double>& scale = grid_.scale[record.population];
    for (std::uint32_t i = 0; i < part.cells.count; ++i) {
        double weights = 0.0;
        for (std::size_t k = 0; k < record.value.receptors; ++k) {
            std::int64_t& sum = inputs_[r][k * record.cells.count + part.column + i];
            weights += static_cast<double>(std::exchange(sum, 0)) / scale[record.value.index + k];
        }
        out[i] = static_cast<float>(weights);
    }
}

std::vector<StateSamples> CellRecorder::take(Exchange& exchange) {
    std::vector<StateSamples> out =
        std::exchange(samples_, std::vector<StateSamples>(records_.size()));
    gather_samples(exchange, layout_, records_, out);
    return out;
}

std::vector<std::vector<std::int64_t>> CellRecorder::inputs(Exchange& exchange) const {
    std::vector<std::vector<std::int64_t>> out = inputs_;
    gather_inputs(exchange, layout_, records_, out);
    return out;
}

void CellRecorder::set_inputs(const std::vector<std::vector<std::int64_t>>& inputs) {
    SNN_EXPECT(inputs.size() == inputs_.size());
    for (std::size_t r = 0; r < inputs.size(); ++r)
        SNN_EXPECT(inputs[r].size() == inputs_[r].size());
    inputs_ = inputs;
}

}  // namespace snnsim
