// The recorded values of cells on a device.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/network/sample.hpp"
#include "src/engine/device/cells_on.hpp"
#include "src/engine/device/spike_chunks.hpp"
#include "src/engine/ranks/gather_cells.hpp"
#include "src/engine/records.hpp"

namespace snnsim {

template <class Steps>
class RecordsOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    RecordsOn(const std::vector<CellRecord>& records, const Layout& layout)
        : places_(records.size()) {
        for (std::size_t r = 0; r < records.size(); ++r) {
            places_[r].record = records[r];
            places_[r].here = columns_here(records[r], layout);
            places_[r].arrived.resize(records[r].value.receptors * records[r].cells.count);
            places_[r].sums = Buffer<std::int64_t>(places_[r].arrived.size());
            places_[r].scale.resize(records[r].value.receptors);
        }
    }

    /// What arrives at cells of the population is recorded.
    bool records_input(std::size_t population) const {
        return std::any_of(places_.begin(), places_.end(), [&](const Place& p) {
            return p.record.population == population && !p.arrived.empty();
        });
    }
    /// The next cells of their population. `origin(variable, i)` is added to the state variable of
    /// the group's cell i.
    template <class Origin>
    void add(const DeviceGroup& group, const std::vector<double>& scale, const Origin& origin) {
        for (Place& p : places_) {
            if (p.record.population != group.population) continue;
            const CellValue& value = p.record.value;
            const CellSet& cells = p.record.cells;
            const std::uint32_t end = cells.count_below(group.first + group.count);
            for (std::uint32_t column = cells.count_below(group.first); column < end; ++column) {
                const std::uint32_t i = cells[column] - group.first;
                if (value.kind == CellValue::Kind::state) {
                    p.from.push_back(group.state[value.index] + i);
                    p.origin.push_back(origin(value.index, i));
                } else if (value.kind == CellValue::Kind::current) {
                    p.from.push_back(group.current + i);
                    p.origin.push_back(0.0f);
                }
                for (std::size_t k = 0; k < value.receptors; ++k) {
                    p.arrived[k * cells.count + column] = group.arriving[value.index + k] + i;
                    p.scale[k] = scale[value.index + k];
                }
            }
        }
    }
    /// After the last add().
    void upload() {
        for (Place& p : places_) {
            p.device_from = Buffer<const float*>(p.from);
            p.device_origin = Buffer<float>(p.origin);
            p.device_arrived = Buffer<const std::int32_t*>(p.arrived);
            p.device_scale = Buffer<double>(p.scale);
        }
    }

    /// Enqueues what is to be done when all has arrived and no cell has taken it yet.
    void before_step(Steps& steps) {
        for (Place& p : places_) {
            if (!p.arrived.empty())
                steps.for_each(p.here.count,
                               AddArrived{p.device_arrived.data() + p.here.first,
                                          p.sums.data() + p.here.first, p.record.cells.count,
                                          static_cast<std::uint32_t>(p.record.value.receptors)});
        }
    }
    /// Enqueues the samples at the end of a step.
    void after_step(Steps& steps, SpikeChunks<Steps>& chunks, std::int64_t k) {
        for (std::size_t r = 0; r < places_.size(); ++r) {
            Place& p = places_[r];
            const SamplePlace to{chunks.window(), k, p.record.interval, p.record.cells.count,
                                 chunks.samples_offset(r) + p.here.first};
            if (p.arrived.empty()) {
                steps.for_each(p.here.count,
                               SampleValue{to, p.device_from.data(), p.device_origin.data()});
            } else {
                steps.for_each(p.here.count,
                               SampleInput{to, p.sums.data() + p.here.first, p.device_scale.data(),
                                           static_cast<std::uint32_t>(p.record.value.receptors)});
            }
        }
    }

    /// Input of the interval under way, by record; of this rank.
    std::vector<std::vector<std::int64_t>> inputs(Steps& steps) {
        std::vector<std::vector<std::int64_t>> out;
        for (Place& p : places_) {
            out.emplace_back(p.arrived.size());
            steps.download(out.back().data(), p.sums.data(), p.arrived.size());
        }
        return out;
    }
    void set_inputs(Steps& steps, const std::vector<std::vector<std::int64_t>>& inputs) {
        SNN_EXPECT(inputs.size() == places_.size());
        for (std::size_t r = 0; r < places_.size(); ++r) {
            SNN_EXPECT(inputs[r].size() == places_[r].arrived.size());
            steps.upload(places_[r].sums.data(), inputs[r].data(), inputs[r].size());
        }
    }

  private:
    struct Place {
        CellRecord record;
        ColumnRange here;                // of the record's cells, those of this rank
        std::vector<const float*> from;  // those of this rank
        std::vector<float> origin;
        std::vector<const std::int32_t*> arrived;  // [receptor][cell]; null: of another rank
        std::vector<double> scale;                 // by receptor
        Buffer<const float*> device_from;
        Buffer<float> device_origin;
        Buffer<const std::int32_t*> device_arrived;
        Buffer<double> device_scale;
        Buffer<std::int64_t> sums;
    };
    std::vector<Place> places_;
};

}  // namespace snnsim
