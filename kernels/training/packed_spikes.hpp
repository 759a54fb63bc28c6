// The gradient of weights by the spikes of their targets on a CPU: see spike_gradient.hpp. Sources
// that sent nothing take no lanes: panels whose senders stand in different columns share a row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/training/spike_gradient.hpp"

namespace snnsim {

/// The senders of a sample in rows of a panel's width, each in the column that it has in its panel.
class PackedSenders {
  public:
    struct Member {
        std::uint32_t panel, columns;  // a bit a column
    };
    struct Row {
        std::uint32_t taken = 0;
        std::uint32_t source[panel_width];
        std::uint32_t members = 0;
        Member member[panel_width];
    };

    /// Puts each panel into the first row that has its columns free.
    void pack(const std::uint32_t* senders, std::size_t panels) {
        rows_.clear();
        for (std::size_t panel = 0; panel < panels; ++panel) {
            const std::uint32_t columns = senders[panel];
            if (columns == 0) continue;
            const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
                return (row.taken & columns) == 0;
            });
            add(found != rows_.end() ? *found : empty_row(), panel, columns);
        }
    }
    std::size_t count() const { return rows_.size(); }
    const Row& row(std::size_t k) const { return rows_[k]; }

  private:
    Row& empty_row() {
        Row& row = rows_.emplace_back();
        std::fill(std::begin(row.source), std::end(row.source), UnitPotentials::none);
        return row;
    }
    static void add(Row& row, std::size_t panel, std::uint32_t columns) {
        row.taken |= columns;
        row.member[row.members++] = {static_cast<std::uint32_t>(panel), columns};
        for (std::uint32_t left = columns; left != 0; left &= left - 1) {
            const int l = lowest_bit(left);
            row.source[l] =
                static_cast<std::uint32_t>(panel * panel_width) + static_cast<std::uint32_t>(l);
        }
    }

    std::vector<Row> rows_;
};

/// Body over blocks of targets: sums += c p. One call owns its elements and takes samples in
/// ascending order. It lists the spikes of its targets once a sample, and follows the potentials
/// of a few rows at once, so that they stay in its L1 cache and their sums do not wait for each
/// other. Jumps: SpikeAdjoints or StoredJumps.
template <class Columns, class Jumps>
struct PackedSpikeGradient {
    static constexpr int together = 4;  // rows

    UnitPotentials unit;
    Jumps jumps;
    const std::uint32_t* senders;
    SpikeSums sums;

    std::size_t size() const { return (sums.targets + sums.block - 1) / sums.block; }
    void operator()(std::size_t i) const {
        const std::size_t first = i * sums.block;
        Work work(first, std::min(first + sums.block, sums.targets), unit.shape.steps);
        for (std::size_t b = 0; b < unit.shape.batch; ++b) {
            work.senders.pack(senders + b * sums.panels, sums.panels);
            list_spikes(b, work);
            for (std::size_t row = 0; row < work.senders.count(); row += together)
                add_rows<together>(b, row, work);
        }
    }

  private:
    struct Spike {
        std::uint32_t at;  // of the potentials of its step
        float c;
    };
    struct Work {
        std::size_t first, last;  // targets
        PackedSenders senders;
        std::vector<Spike> spikes;
        std::vector<std::size_t> begin;  // of each target's spikes
        std::vector<float> potentials;   // [step][row][panel_width]

        Work(std::size_t from, std::size_t to, std::size_t steps)
            : first(from),
              last(to),
              spikes((to - from) * steps),
              begin(to - from + 1),
              potentials(steps * together * panel_width) {}
    };

    void list_spikes(std::size_t b, Work& work) const {
        std::uint32_t count = 0;
        Spike* const spikes = work.spikes.data();
        for (std::size_t target = work.first; target < work.last; ++target) {
            announce(b, target, work);
            work.begin[target - work.first] = count;
            jumps.back(b, target, [&](std::size_t t, float c) {
                spikes[count++] = {static_cast<std::uint32_t>(t * together * panel_width), c};
            });
        }
        work.begin[work.last - work.first] = count;
    }
    /// Says that what was saved of the next panel will be read soon: each cell a share of it.
    void announce(std::size_t b, std::size_t target, const Work& work) const {
        const std::size_t share = target % panel_width, steps = unit.shape.steps;
        std::size_t panel = target / panel_width + 1;
        if (panel * panel_width >= work.last) {
            panel = work.first / panel_width;
            if (++b == unit.shape.batch) return;
        }
        const float* const next = jumps.v.at(unit.shape, {b, panel, 0});
        for (std::size_t t = share * steps / panel_width; t < (share + 1) * steps / panel_width;
             ++t)
            prefetch(next + t * panel_width);
    }

    /// Columns of a row that go to the same panel.
    struct Part {
        int row;
        float* to;
        Columns mask;
    };

    template <int Rows>
    void add_rows(std::size_t b, std::size_t first, Work& work) const {
        if constexpr (Rows > 1) {
            if (work.senders.count() - first < Rows) return add_rows<Rows - 1>(b, first, work);
        }
        std::uint32_t source[Rows * panel_width];
        Part part[Rows * panel_width];
        std::size_t parts = 0;
        for (int k = 0; k < Rows; ++k) {
            const PackedSenders::Row& row = work.senders.row(first + static_cast<std::size_t>(k));
            std::copy(std::begin(row.source), std::end(row.source), source + k * panel_width);
            for (std::uint32_t m = 0; m < row.members; ++m) {
                const auto [panel, columns] = row.member[m];
                part[parts++] = {k, sums.at(panel, work.first), mask_of_columns(columns)};
            }
        }
        unit.follow(b, source, work.potentials.data(), together * panel_width);
        for (std::size_t n = 0; n < work.last - work.first; ++n) {
            if (work.begin[n] == work.begin[n + 1]) continue;
            Columns sum[Rows];
            for (int k = 0; k < Rows; ++k) sum[k] = broadcast(0.0f, Columns{});
            for (std::size_t s = work.begin[n]; s < work.begin[n + 1]; ++s) {
                const Columns c = broadcast(work.spikes[s].c, Columns{});
                const float* const p = work.potentials.data() + work.spikes[s].at;
                for (int k = 0; k < Rows; ++k)
                    sum[k] = fused(c, load_columns(p + k * panel_width, Columns{}), sum[k]);
            }
            for (std::size_t m = 0; m < parts; ++m) {
                float* const to = part[m].to + n * panel_width;
                store_columns(to, add(load_columns(to, Columns{}),
                                      both_bits(part[m].mask, sum[part[m].row])));
            }
        }
    }

    static Columns mask_of_columns(std::uint32_t columns) {
        float mask[panel_width];
        for (int l = 0; l < panel_width; ++l)
            mask[l] = __builtin_bit_cast(float, mask_of((columns >> l) & 1u));
        return load_columns(mask, Columns{});
    }
};

}  // namespace snnsim
