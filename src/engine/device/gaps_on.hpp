// Gap junctions on a device: two kernels a step, before and after that of the cells.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/network/couple.hpp"
#include "src/engine/cells/gap_junctions.hpp"
#include "src/engine/device/cells_on.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/ranks/columns.hpp"

namespace snnsim {

template <class Steps>
class GapsOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    explicit GapsOn(GapJunctions gaps) : host_(std::move(gaps)) {}

    const std::vector<std::uint64_t>& counts() const { return host_.counts; }
    bool couples(std::size_t population) const { return host_.couples(population); }

    /// The next cells of a population; `origin(variable, i)` is added to a state of its cell i.
    template <class Origin>
    void add(const DeviceGroup& group, std::uint32_t first_row, const Origin& origin) {
        if (!host_.couples(group.population)) return;
        const std::size_t v = host_.v[group.population];
        std::vector<float> origins(group.count);
        for (std::uint32_t i = 0; i < group.count; ++i) origins[i] = origin(v, i);
        for (std::uint32_t at = 0; at < group.count; at += 32)
            words_.push_back({static_cast<std::uint32_t>(groups_.size()), at});
        groups_.push_back({group.state[v], keep(origins, floats_), group.stimuli, group.current,
                           first_row + group.first, group.count});
    }
    /// After the last add(); `rows`: cells in all.
    void upload(Steps& steps, std::uint32_t rows) {
        if (!host_.any()) return;
        begin_ = Buffer<std::uint64_t>(host_.begin);
        neighbour_ = Buffer<std::uint32_t>(host_.neighbour);
        g_ = Buffer<float>(host_.g);
        v_ = Buffer<float>(rows);
        device_groups_ = Buffer<CoupledGroup>(groups_);
        device_words_ = Buffer<WordPlace>(words_);
        host_.begin = {0};  // the device has them
        host_.neighbour = {};
        host_.g = {};
        show(steps);
    }
    /// Enqueues the currents of a step, when those of stimuli are there.
    void couple(Steps& steps) {
        const GapArrays gaps{begin_.data(), neighbour_.data(), g_.data(), v_.data()};
        steps.for_each(32 * words_.size(),
                       CoupleGroups{gaps, device_groups_.data(), device_words_.data()});
    }
    /// Enqueues what comes after it: all cells see each other's v.
    void show(Steps& steps) {
        steps.for_each(32 * words_.size(),
                       ShowVoltages{v_.data(), device_groups_.data(), device_words_.data()});
    }
    bool any() const { return v_.size() > 0; }
    /// Of several ranks, after show(): v of coupled cells comes to all others.
    void share(Steps& steps, Exchange& exchange, const Layout& layout) {
        std::vector<SharedColumns> shared;
        std::vector<std::uint32_t> first_row;
        values_.resize(v_.size());
        for (std::size_t p = 0; p < layout.populations.size(); ++p) {
            if (!host_.couples(p)) continue;
            const ColumnRange here{layout.first_here(p), layout.count_here(p)};
            first_row.push_back(layout.populations[p].first_row);
            const std::uint32_t row = first_row.back() + here.first;
            steps.download(values_.data() + row, v_.data() + row, here.count);
            shared.push_back({values_.data() + first_row.back(), here});
        }
        share_columns(exchange, shared, [&](std::size_t k, ColumnRange there) {
            const std::uint32_t row = first_row[k] + there.first;
            steps.upload(v_.data() + row, values_.data() + row, there.count);
        });
        steps.wait();  // for what lies on the host
    }
    std::size_t bytes() const {
        return begin_.size() * sizeof(std::uint64_t) + neighbour_.size() * 8 + v_.size() * 4;
    }

  private:
    GapJunctions host_;
    std::vector<CoupledGroup> groups_;
    std::vector<WordPlace> words_;
    std::vector<Buffer<float>> floats_;  // origins
    Buffer<std::uint64_t> begin_;
    Buffer<std::uint32_t> neighbour_;
    Buffer<float> g_, v_;
    std::vector<float> values_;  // v on the host, of several ranks
    Buffer<CoupledGroup> device_groups_;
    Buffer<WordPlace> device_words_;
};

}  // namespace snnsim
