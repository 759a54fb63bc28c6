// The event-driven engine on the CPU: every thread owns blocks of cells, delivers to them what is
// due, steps them, and meets the others when their spikes can matter.
#include <algorithm>
#include <chrono>
#include <cstring>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells_of.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapse_rows.hpp"
#include "src/engine/team.hpp"
#include "src/engine/thread_choice.hpp"

namespace snnsim {
namespace {

/// The cells of a block that fired in one step, population after population.
struct FiredCells {
    std::vector<std::uint32_t> cells;
    std::vector<std::uint32_t> end;  // by population
};

struct Segment {
    const PackedSynapse* first;
    std::uint32_t count;
};

struct StateRecord {
    std::size_t population = 0, variable = 0;
    std::uint32_t cells = 0;
    std::int64_t interval = 1;  // steps
};

struct Block {
    std::vector<std::int32_t> accumulators;
    std::vector<std::unique_ptr<CellGroup>> groups;  // by population
    std::vector<Segment> due;
    std::vector<std::uint64_t> spikes;  // found since they were last taken: see spike_key
    std::vector<std::uint64_t> counts;  // by population
};

/// Orders spikes by step, then population, then cell.
std::uint64_t spike_key(std::int64_t since, std::size_t population, std::uint32_t cell) {
    return static_cast<std::uint64_t>(since) << 40 | static_cast<std::uint64_t>(population) << 30 |
           cell;
}

class CpuEngine : public Engine {
  public:
    CpuEngine(const SimulationSpec& spec, const EngineOptions& options)
        : spec_(spec),
          options_(options),
          layout_(spec, options.threads),
          team_(options.threads),
          choice_(options.threads) {
        const auto start = std::chrono::steady_clock::now();
        Synapses built = build_synapses(spec_, layout_, options.threads);
        rows_ = std::move(built.rows);
        grid_ = std::move(built.grid);
        make_blocks();
        make_records();
        choose_window();
        history_.resize(history_size_ * blocks_.size());
        for (FiredCells& f : history_) f.end.assign(layout_.populations.size(), 0);
        report_.cells = layout_.rows;
        report_.synapses = rows_.size();
        report_.bytes += rows_.bytes();
        report_.projection_synapses = std::move(built.counts);
        report_.build_seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

    void advance(std::int64_t steps) override {
        const std::int64_t last = now_ + steps;
        first_ = now_;
        reserve_samples(last);
        while (now_ < last) {
            const int active = choice_.next();
            const std::int64_t wanted_steps = choice_.trying() ? chunk_ / 16 + 1 : chunk_;
            const std::int64_t count = std::min(last - now_, wanted_steps);
            const auto start = std::chrono::steady_clock::now();
            run(count, active);
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
            choice_.measured(seconds.count() / static_cast<double>(count));
            if (choice_.trying()) continue;
            constexpr double wanted = 5e-3;  // a choice of threads holds so long
            chunk_ = std::clamp<std::int64_t>(
                static_cast<std::int64_t>(wanted / seconds.count() * static_cast<double>(count)), 1,
                4 * chunk_);
        }
        collect();
        check_numbers();
    }

    std::int64_t now() const override { return now_; }
    Spikes take_spikes() override { return std::exchange(spikes_, {}); }
    std::vector<StateSamples> take_states() override {
        std::vector<StateSamples> out(records_.size());
        std::swap(out, samples_);
        return out;
    }
    EngineState state() const override {
        EngineState out;
        out.now = now_;
        out.spike_counts = spike_counts();
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            const std::uint32_t size = layout_.populations[p].size;
            out.states.emplace_back(blocks_[0].groups[p]->raw_state().size() * size);
            for_each_slice(p, [&](float* of_slice, std::size_t variable, const Slice& slice) {
                std::copy_n(of_slice, slice.count,
                            out.states[p].data() + variable * size + slice.first);
            });
        }
        const auto reach = static_cast<std::int64_t>(history_size_);
        for (std::int64_t t = std::max<std::int64_t>(0, now_ - reach); t < now_; ++t) {
            for (std::size_t b = 0; b < blocks_.size(); ++b) {
                const FiredCells& f = fired(t, b);
                for (std::size_t p = 0, k = 0; p < f.end.size(); ++p) {
                    for (; k < f.end[p]; ++k) {
                        out.recent.step.push_back(static_cast<std::uint32_t>(t + 1));
                        out.recent.population.push_back(static_cast<std::uint32_t>(p));
                        out.recent.cell.push_back(f.cells[k]);
                    }
                }
            }
        }
        return out;
    }

    void set_state(const EngineState& state) override {
        SNN_EXPECT(state.states.size() == layout_.populations.size());
        now_ = state.now;
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            const std::uint32_t size = layout_.populations[p].size;
            SNN_EXPECT(state.states[p].size() == blocks_[0].groups[p]->raw_state().size() * size);
            for_each_slice(p, [&](float* of_slice, std::size_t variable, const Slice& slice) {
                std::copy_n(state.states[p].data() + variable * size + slice.first, slice.count,
                            of_slice);
            });
            for (Block& b : blocks_) b.counts[p] = 0;
            blocks_[0].counts[p] = state.spike_counts[p];
        }
        for (FiredCells& f : history_) {
            f.cells.clear();
            std::fill(f.end.begin(), f.end.end(), 0u);
        }
        // By population within a block and step, as the steps themselves leave them.
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            for (std::size_t k = 0; k < state.recent.size(); ++k) {
                if (state.recent.population[k] != p) continue;
                const std::uint32_t cell = state.recent.cell[k];
                fired(state.recent.step[k] - 1, layout_.panels[p][cell / cell_panel].block)
                    .cells.push_back(cell);
            }
            for (FiredCells& f : history_) f.end[p] = static_cast<std::uint32_t>(f.cells.size());
        }
    }

    const EngineReport& report() const override { return report_; }
    std::vector<std::uint64_t> spike_counts() const override {
        std::vector<std::uint64_t> sum(layout_.populations.size());
        for (const Block& b : blocks_) {
            for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += b.counts[p];
        }
        return sum;
    }

  private:
    /// Calls f(array, variable, slice) for the state arrays of a population in all blocks.
    template <class F>
    void for_each_slice(std::size_t population, F&& f) const {
        for (std::size_t b = 0; b < blocks_.size(); ++b) {
            const std::vector<float*> arrays = blocks_[b].groups[population]->raw_state();
            for (std::size_t v = 0; v < arrays.size(); ++v)
                f(arrays[v], v, layout_.blocks[b].slices[population]);
        }
    }

    /// Goes `count` steps on with so many threads.
    void run(std::int64_t count, int active) {
        const std::int64_t last = now_ + count;
        team_.run(active, [&](int thread) {
            for (std::int64_t from = now_; from < last; from += window_) {
                const std::int64_t to = std::min(from + window_, last);
                for (std::size_t b = static_cast<std::size_t>(thread); b < blocks_.size();
                     b += static_cast<std::size_t>(active)) {
                    for (std::int64_t t = from; t < to; ++t) step(b, t);
                }
                team_.barrier.wait();
            }
        });
        now_ = last;
    }

    void make_blocks() {
        blocks_.resize(layout_.blocks.size());
        team_.run(team_.threads(), [&](int thread) {  // each thread touches its own memory first
            for (std::size_t b = static_cast<std::size_t>(thread); b < blocks_.size();
                 b += static_cast<std::size_t>(team_.threads())) {
                Block& block = blocks_[b];
                block.accumulators.assign(layout_.blocks[b].slots, 0);
                block.counts.assign(layout_.populations.size(), 0);
                for (std::size_t p = 0; p < layout_.populations.size(); ++p)
                    block.groups.push_back(make_cells(spec_, p, layout_.blocks[b].slices[p], grid_,
                                                      block.accumulators.data()));
            }
        });
        for (const Block& b : blocks_) {
            report_.bytes += b.accumulators.size() * sizeof(std::int32_t);
            for (const auto& g : b.groups) report_.bytes += g->bytes();
        }
    }

    void make_records() {
        for (const SimulationRecordSpec& r : spec_.record) {
            if (r.what == "spikes") continue;
            StateRecord record;
            while (spec_.populations[record.population].name != r.population) ++record.population;
            const CellPopulationSpec& p = spec_.populations[record.population];
            record.variable = state_index(p, r.what);
            record.cells =
                static_cast<std::uint32_t>(r.cells > 0 ? std::min(r.cells, p.size) : p.size);
            if (r.interval > 0.0)
                record.interval = static_cast<std::int64_t>(r.interval / spec_.dt + 0.5);
            records_.push_back(record);
        }
        samples_.resize(records_.size());
    }
    static std::size_t state_index(const CellPopulationSpec& p, const std::string& name) {
        return CellModels::visit(p.cell, [&]<class M>(const typename M::Params&) {
            std::size_t index = 0, found = 0;
            const auto look = [&](const auto& field) {
                if (name == field.name) found = index;
                ++index;
            };
            std::apply([&](const auto&... fields) { (look(fields), ...); }, M::states());
            return found;
        });
    }

    /// Spikes matter after the shortest delay: so long the threads need not meet.
    void choose_window() {
        std::uint32_t shortest = 64, longest = 0;
        for (const DelayRange& d : rows_.delays) {
            if (d.count == 0) continue;
            shortest = std::min(shortest, d.first);
            longest = std::max(longest, d.first + d.count - 1);
        }
        window_ = shortest;
        history_size_ = longest + shortest;
    }

    FiredCells& fired(std::int64_t t, std::size_t block) {
        return history_[static_cast<std::size_t>(t) % history_size_ * blocks_.size() + block];
    }
    const FiredCells& fired(std::int64_t t, std::size_t block) const {
        return history_[static_cast<std::size_t>(t) % history_size_ * blocks_.size() + block];
    }

    void step(std::size_t b, std::int64_t t) {
        deliver(b, t);
        Block& block = blocks_[b];
        FiredCells& out = fired(t, b);
        out.cells.clear();
        for (std::size_t p = 0; p < block.groups.size(); ++p) {
            const std::size_t before = out.cells.size();
            block.groups[p]->step(t, out.cells);
            out.end[p] = static_cast<std::uint32_t>(out.cells.size());
            block.counts[p] += out.cells.size() - before;
            if (options_.spikes) {
                for (std::size_t k = before; k < out.cells.size(); ++k)
                    block.spikes.push_back(spike_key(t - first_, p, out.cells[k]));
            }
        }
        for (std::size_t r = 0; r < records_.size(); ++r) {
            if ((t + 1) % records_[r].interval == 0) sample(b, r, t);
        }
    }

    /// Adds the synapses that are due in step t to the block's accumulators.
    void deliver(std::size_t b, std::int64_t t) {
        Block& block = blocks_[b];
        find_due(b, t, block.due);
        constexpr std::size_t ahead = 8;
        const std::size_t count = block.due.size();
        std::int32_t* const sum = block.accumulators.data();
        for (std::size_t s = 0; s < count; ++s) {
            if (s + ahead < count) {
                const auto* next = reinterpret_cast<const char*>(block.due[s + ahead].first);
                const std::size_t bytes = block.due[s + ahead].count * sizeof(PackedSynapse);
                for (std::size_t k = 0; k < bytes && k < 512; k += 64) prefetch(next + k);
            }
            const PackedSynapse* const first = block.due[s].first;
            const std::uint32_t synapses = block.due[s].count;
            for (std::uint32_t k = 0; k < synapses; ++k)
                sum[first[k] & 0xFFFFu] += static_cast<std::int32_t>(first[k]) >> 16;
        }
    }

    void find_due(std::size_t b, std::int64_t t, std::vector<Segment>& due) {
        due.clear();
        for (std::size_t p = 0; p < rows_.delays.size(); ++p) {
            const DelayRange delays = rows_.delays[p];
            const std::uint32_t segment = static_cast<std::uint32_t>(b) * delays.count;
            const std::uint64_t* const row =
                rows_.row_start.data() + layout_.populations[p].first_row;
            for (std::uint32_t k = 0; k < delays.count; ++k) {
                const std::int64_t sent = t - delays.first - k;
                if (sent < 0) break;
                for (std::size_t source = 0; source < blocks_.size(); ++source) {
                    const FiredCells& f = fired(sent, source);
                    const std::uint32_t begin = p == 0 ? 0 : f.end[p - 1];
                    for (std::uint32_t i = begin; i < f.end[p]; ++i) {
                        const std::uint32_t cell = f.cells[i];
                        const std::uint32_t* edge = rows_.edges(p, cell) + segment + k;
                        if (edge[0] == edge[1]) continue;
                        due.push_back(
                            {rows_.synapses.get() + row[cell] + edge[0], edge[1] - edge[0]});
                    }
                }
            }
        }
    }

    void reserve_samples(std::int64_t last) {
        for (std::size_t r = 0; r < records_.size(); ++r) {
            const std::int64_t interval = records_[r].interval;
            StateSamples& out = samples_[r];
            sample_base_.resize(records_.size());
            sample_base_[r] = static_cast<std::int64_t>(out.step.size()) - first_ / interval;
            for (std::int64_t k = first_ / interval + 1; k <= last / interval; ++k)
                out.step.push_back(static_cast<std::uint32_t>(k * interval));
            out.values.resize(out.step.size() * records_[r].cells);
        }
    }
    void sample(std::size_t b, std::size_t r, std::int64_t t) {
        const StateRecord& record = records_[r];
        const Slice& slice = layout_.blocks[b].slices[record.population];
        if (slice.first >= record.cells) return;
        const std::int64_t row = sample_base_[r] + (t + 1) / record.interval - 1;
        float* out = samples_[r].values.data() + static_cast<std::size_t>(row) * record.cells;
        blocks_[b].groups[record.population]->read_state(
            record.variable, std::min(slice.count, record.cells - slice.first), out + slice.first);
    }

    /// Brings the blocks' spikes into one order.
    void collect() {
        std::vector<std::uint64_t> all;
        for (Block& b : blocks_) {  // each in order already
            const auto middle = static_cast<std::ptrdiff_t>(all.size());
            all.insert(all.end(), b.spikes.begin(), b.spikes.end());
            std::inplace_merge(all.begin(), all.begin() + middle, all.end());
            b.spikes.clear();
        }
        for (const std::uint64_t key : all) {
            spikes_.step.push_back(static_cast<std::uint32_t>(first_ + 1) +
                                   static_cast<std::uint32_t>(key >> 40));
            spikes_.population.push_back(static_cast<std::uint32_t>(key >> 30 & 0x3FFu));
            spikes_.cell.push_back(static_cast<std::uint32_t>(key & 0x3FFFFFFFu));
        }
    }

    void check_numbers() const {
        for (std::size_t p = 0; p < spec_.populations.size(); ++p) {
            for (const Block& b : blocks_) {
                const std::int64_t cell = b.groups[p]->find_nan();
                if (cell >= 0) {
                    throw Error("the state of cell " + std::to_string(cell) + " of '" +
                                spec_.populations[p].name +
                                "' is no number any more; it became so before " +
                                std::to_string(static_cast<double>(now_) * spec_.dt) +
                                " ms. A smaller dt or smaller weights may help");
                }
            }
        }
    }

    const SimulationSpec spec_;
    const EngineOptions options_;
    const Layout layout_;
    Team team_;
    ThreadChoice choice_;
    std::int64_t chunk_ = 16;  // steps between two choices
    SynapseRows rows_;
    WeightGrid grid_;
    std::vector<Block> blocks_;
    std::vector<FiredCells> history_;  // [step % history_size_][block]
    std::size_t history_size_ = 1;
    std::int64_t window_ = 1;
    std::int64_t now_ = 0, first_ = 0;
    std::vector<StateRecord> records_;
    std::vector<StateSamples> samples_;
    std::vector<std::int64_t> sample_base_;  // row of a record's sample 0
    Spikes spikes_;
    EngineReport report_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options) {
    return std::make_unique<CpuEngine>(apply_scale(spec), options);
}

}  // namespace snnsim
