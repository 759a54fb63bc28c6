// The event-driven engine on the CPU: every thread owns blocks of cells, delivers to them what is
// due, steps them, and meets the others when their spikes can matter.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells_of.hpp"
#include "src/engine/generated_rows.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/numbers.hpp"
#include "src/engine/phase_clock.hpp"
#include "src/engine/plastic_network.hpp"
#include "src/engine/records.hpp"
#include "src/engine/synapse_rows.hpp"
#include "src/engine/team.hpp"
#include "src/engine/thread_choice.hpp"

namespace snnsim {
namespace {

/// The cells of a block that fired in one step, population after population.
struct FiredCells {
    std::vector<std::uint32_t> cells;
    std::vector<std::uint32_t> end;          // by population
    std::vector<std::vector<float>> values;  // [population]: empty where spikes are not graded

    float value(std::size_t population, std::size_t k) const {
        if (values[population].empty()) return 1.0f;
        return values[population][k - (population == 0 ? 0 : end[population - 1])];
    }
};

struct Segment {
    const PackedSynapse* first;
    std::uint32_t words;
    float value = 1.0f;  // of the spike
};

/// A state that is no number, and the step in which it was found.
struct Trouble {
    std::int64_t step;
    std::size_t population;
    std::int64_t cell;
    auto operator<=>(const Trouble&) const = default;
};

struct Block {
    std::vector<std::int32_t> accumulators;
    std::vector<std::unique_ptr<CellGroup>> groups;  // by population
    std::vector<Segment> due, due_wide;
    std::unique_ptr<RowWriter> writer;  // of what is generated
    std::vector<std::uint64_t> spikes;  // found since they were last taken: see spike_key
    std::vector<float> values;          // theirs, in a network with graded spikes
    std::vector<std::uint64_t> counts;  // by population
    std::optional<Trouble> trouble;
    PhaseSeconds seconds{};
    std::uint64_t events = 0;
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
          choice_(options.threads),
          records_(cell_records(spec)),
          rates_(spec.populations.size()),
          counted_(spec.populations.size()) {
        const auto start = std::chrono::steady_clock::now();
        Synapses built = build_synapses(spec_, layout_, options.threads);
        report_synapses(built, report_);
        rows_ = std::move(built.rows);
        dense_ = std::move(built.dense);
        generator_ = RowGenerator(layout_, std::move(built.procedural), rows_.wide);
        grid_ = std::move(built.grid);
        plastic_ = PlasticNetwork(spec_, layout_, std::move(built.plastic), grid_, options.threads);
        make_blocks();
        make_records();
        choose_window();
        history_.resize(history_size_ * blocks_.size());
        for (FiredCells& f : history_) {
            f.end.assign(layout_.populations.size(), 0);
            f.values.resize(layout_.populations.size());
        }
        if (!generator_.empty()) generated_.resize(history_.size());
        report_.cells = layout_.rows;
        report_.bytes += rows_.bytes();
        for (const DenseProjection& d : dense_) report_.bytes += d.bytes();
        report_.bytes += plastic_.bytes();
        for (const auto& p : plastic_.projections())
            report_.projection_bytes[p->projection] =
                static_cast<double>(p->bytes()) /
                static_cast<double>(std::max<std::uint64_t>(1, p->rows.size()));
        report_.build_seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

    void advance(std::int64_t steps) override {
        const std::int64_t last = now_ + steps;
        first_ = now_;
        reserve_samples(last);
        plastic_.reserve_samples(now_, last);
        while (now_ < last && trouble_.load() > now_) {
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
        if (options_.profile) profile();
        if (trouble_.load() <= now_) tell_trouble();
    }

    std::int64_t now() const override { return now_; }
    Spikes take_spikes() override { return std::exchange(spikes_, {}); }
    std::vector<StateSamples> take_states() override {
        std::vector<StateSamples> out(records_.size());
        std::swap(out, samples_);
        return out;
    }
    std::vector<StateSamples> take_weights() override { return plastic_.take_weights(); }
    std::vector<ProjectionWeights> weights() const override { return plastic_.weights(now_); }
    void set_plastic(bool plastic) override {
        learns_ = plastic;
        plastic_.set_plastic(plastic, now_);
        for (Block& block : blocks_) {
            for (const auto& group : block.groups) group->set_adaptive(plastic);
        }
    }
    void reward(double amount) override { plastic_.reward(amount); }
    void normalise(std::size_t projection, double sum) override {
        plastic_.normalise(projection, sum, now_);
    }
    void set_rates(std::size_t population, const std::vector<double>& rates) override {
        const CellPopulationSpec& p = spec_.populations[population];
        if (!std::holds_alternative<PoissonSource::Params>(p.cell) ||
            rates.size() != static_cast<std::size_t>(p.size))
            throw UsageError(fmt::format("set_rates: '{}' is no poisson_source of {} cells", p.name,
                                         rates.size()));
        const double most = 1000.0 / spec_.dt;
        for (const double rate : rates) {
            if (!(rate >= 0.0 && rate <= most * (1.0 + 1e-9)))
                throw UsageError(
                    fmt::format("set_rates: {:g} Hz for a cell of '{}', which can "
                                "fire at 0 to {:g} Hz (1 / dt)",
                                rate, p.name, most));
        }
        rates_[population] = rates;
        for (std::size_t b = 0; b < blocks_.size(); ++b)
            blocks_[b].groups[population]->set_rates(rates.data() +
                                                     layout_.blocks[b].slices[population].first);
    }
    void count_spikes(std::size_t population) override {
        counted_[population].assign(layout_.populations[population].size, 0);
    }
    std::vector<std::uint32_t> counted_spikes(std::size_t population) const override {
        return counted_[population];
    }

    EngineState state() const override {
        EngineState out;
        out.now = now_;
        out.plastic = plastic_.state(now_);
        out.learns = learns_;
        out.rates = rates_;
        out.counted = counted_;
        out.spike_counts = spike_counts();
        out.inputs = input_sums_;
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
                        if (graded_) out.recent.value.push_back(f.value(p, k));
                    }
                }
            }
        }
        return out;
    }

    void set_state(const EngineState& state) override {
        SNN_EXPECT(state.states.size() == layout_.populations.size());
        SNN_EXPECT(state.inputs.size() == records_.size());
        for (std::size_t r = 0; r < records_.size(); ++r) {
            SNN_EXPECT(state.inputs[r].size() == input_sums_[r].size());
            input_sums_[r] = state.inputs[r];
        }
        now_ = state.now;
        if (state.learns != learns_) set_plastic(state.learns);
        plastic_.set_state(state.plastic);
        counted_ = state.counted;
        for (std::size_t p = 0; p < state.rates.size(); ++p) {
            if (!state.rates[p].empty()) set_rates(p, state.rates[p]);
        }
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
            for (std::vector<float>& v : f.values) v.clear();
            std::fill(f.end.begin(), f.end.end(), 0u);
        }
        // By population within a block and step, as the steps themselves leave them.
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            for (std::size_t k = 0; k < state.recent.size(); ++k) {
                if (state.recent.population[k] != p) continue;
                const std::uint32_t cell = state.recent.cell[k];
                FiredCells& f =
                    fired(state.recent.step[k] - 1, layout_.panels[p][cell / cell_panel].block);
                f.cells.push_back(cell);
                if (spec_.populations[p].graded()) f.values[p].push_back(state.recent.value[k]);
            }
            for (FiredCells& f : history_) f.end[p] = static_cast<std::uint32_t>(f.cells.size());
        }
        if (generator_.empty()) return;
        const auto reach = static_cast<std::int64_t>(history_size_);
        for (std::int64_t t = std::max<std::int64_t>(0, now_ - reach); t < now_; ++t) {
            for (std::size_t b = 0; b < blocks_.size(); ++b) generate(b, t);
        }
    }

    const EngineReport& report() const override { return report_; }
    std::string device_name() const override {
        return "cpu, " + std::to_string(options_.threads) +
               (options_.threads == 1 ? " thread" : " threads");
    }
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
                PhaseClock clock(options_.profile
                                     ? &blocks_[static_cast<std::size_t>(thread)].seconds
                                     : nullptr);
                team_.barrier.wait();
                clock.lap(StepPhase::waiting);
                if (trouble_.load() <= to) break;  // for all: later windows find it later
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
                block.writer = std::make_unique<RowWriter>(layout_);
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
        for (const CellRecord& r : records_) input_sums_.emplace_back(r.value.receptors * r.cells);
        samples_.resize(records_.size());
    }

    /// Spikes matter after the shortest delay: so long the threads need not meet.
    void choose_window() {
        std::uint32_t shortest = 64, longest = 0;
        const auto add = [&](DelayRange d) {
            if (d.count == 0) return;
            shortest = std::min(shortest, d.first);
            longest = std::max(longest, d.first + d.count - 1);
        };
        for (const DelayRange& d : rows_.delays) add(d);
        for (const DelayRange& d : generator_.delays()) add(d);
        for (const auto& p : plastic_.projections()) add(p->rows.delays);
        for (const DenseProjection& d : dense_) add({d.delay, 1});
        window_ = shortest;
        history_size_ = longest + shortest;
    }

    std::size_t place_of(std::int64_t t, std::size_t block) const {
        return static_cast<std::size_t>(t) % history_size_ * blocks_.size() + block;
    }
    FiredCells& fired(std::int64_t t, std::size_t block) { return history_[place_of(t, block)]; }
    const FiredCells& fired(std::int64_t t, std::size_t block) const {
        return history_[place_of(t, block)];
    }
    FiredSpan fired_at(std::size_t place, std::size_t population) const {
        const FiredCells& f = history_[place];
        const std::uint32_t begin = population == 0 ? 0 : f.end[population - 1];
        const std::vector<float>& values = f.values[population];
        return {f.cells.data() + begin, f.end[population] - begin,
                values.empty() ? nullptr : values.data()};
    }

    void step(std::size_t b, std::int64_t t) {
        Block& block = blocks_[b];
        PhaseClock clock(options_.profile ? &block.seconds : nullptr);
        deliver(b, t);
        if (options_.profile) {
            for (const Segment& s : block.due) block.events += s.words / words_per_narrow;
            for (const Segment& s : block.due_wide) block.events += s.words / words_per_wide;
        }
        clock.lap(StepPhase::delivery);
        FiredCells& out = fired(t, b);
        out.cells.clear();
        for (std::size_t p = 0; p < block.groups.size(); ++p) {
            const std::size_t before = out.cells.size();
            out.values[p].clear();
            block.groups[p]->stimulate(t);
            clock.lap(StepPhase::stimuli);
            for (std::size_t r = 0; r < records_.size(); ++r) {
                if (records_[r].population == p && !input_sums_[r].empty()) add_input(b, r);
            }
            clock.lap(StepPhase::recording);
            block.groups[p]->step(t, out.cells, out.values[p]);
            out.end[p] = static_cast<std::uint32_t>(out.cells.size());
            block.counts[p] += out.cells.size() - before;
            plastic_.fire(b, p, t, fired_at(place_of(t, b), p));
            for (std::size_t k = before; k < out.cells.size() && !counted_[p].empty(); ++k)
                ++counted_[p][out.cells[k]];
            if (options_.spikes) {
                for (std::size_t k = before; k < out.cells.size(); ++k) {
                    block.spikes.push_back(spike_key(t - first_, p, out.cells[k]));
                    if (graded_) block.values.push_back(out.value(p, k));
                }
            }
            clock.lap(StepPhase::updates);
        }
        if (!generator_.empty()) generate(b, t);
        for (std::size_t r = 0; r < records_.size(); ++r) {
            if ((t + 1) % records_[r].interval == 0) sample(b, r, t);
        }
        plastic_.end_step(b, t);
        clock.lap(StepPhase::recording);
        if ((t + 1) % check_interval == 0 || t + 1 == spec_.steps()) {
            check_numbers(b, t + 1);
            clock.lap(StepPhase::updates);
        }
    }

    /// Draws the procedural rows of the block's cells that fired in step t.
    void generate(std::size_t b, std::int64_t t) {
        GeneratedRows& rows = generated_[place_of(t, b)];
        generator_.clear(rows);
        for (std::size_t p = 0; p < layout_.populations.size(); ++p)
            generator_.add(p, fired_at(place_of(t, b), p), *blocks_[b].writer, rows);
        RowGenerator::trim(rows);
    }

    /// Adds the synapses that are due in step t to the block's accumulators.
    void deliver(std::size_t b, std::int64_t t) {
        Block& block = blocks_[b];
        find_due(b, t, block);
        std::int32_t* const sums = block.accumulators.data();
        for_each_fetched(block.due,
                         [&](const Segment& s) { add_narrow(s.first, s.words, s.value, sums); });
        for_each_fetched(block.due_wide,
                         [&](const Segment& s) { add_wide(s.first, s.words, s.value, sums); });
        for (const DenseProjection& d : dense_) {
            const Slice& slice = layout_.blocks[b].slices[d.to];
            if (slice.count == 0) continue;
            const std::uint32_t second =
                layout_.populations[d.to].receptors == 2 ? slice.padded() : 0;
            for_each_sent({d.delay, 1}, t, [&](std::uint32_t, std::size_t place) {
                add_dense(d, fired_at(place, d.from), slice, second, sums + slice.slot);
            });
        }
        for (const auto& p : plastic_.projections()) {
            std::int32_t* const first = sums + layout_.blocks[b].slices[p->to].slot;
            for_each_sent(p->rows.delays, t, [&](std::uint32_t k, std::size_t place) {
                p->arrive(b, k, t, fired_at(place, p->from), first);
            });
        }
    }

    /// Calls f(segment) while the segments that follow are on their way from memory.
    template <class F>
    static void for_each_fetched(const std::vector<Segment>& due, F&& f) {
        constexpr std::size_t ahead = 8;
        const std::size_t count = due.size();
        for (std::size_t s = 0; s < count; ++s) {
            if (s + ahead < count) {
                const auto* next = reinterpret_cast<const char*>(due[s + ahead].first);
                const std::size_t bytes = due[s + ahead].words * sizeof(PackedSynapse);
                for (std::size_t k = 0; k < bytes && k < 512; k += 64) prefetch(next + k);
            }
            f(due[s]);
        }
    }

    void find_due(std::size_t b, std::int64_t t, Block& block) {
        block.due.clear();
        block.due_wide.clear();
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            std::vector<Segment>& due = rows_.wide[p] ? block.due_wide : block.due;
            const std::uint64_t* const row =
                rows_.row_start.data() + layout_.populations[p].first_row;
            const DelayRange delays = rows_.delays[p];
            for_each_sent(delays, t, [&](std::uint32_t k, std::size_t place) {
                const FiredSpan f = fired_at(place, p);
                const std::uint32_t segment = static_cast<std::uint32_t>(b) * delays.count + k;
                for (std::uint32_t i = 0; i < f.count; ++i) {
                    const std::uint32_t cell = f.cells[i];
                    const std::uint32_t* edge = rows_.edges(p, cell) + segment;
                    if (edge[0] == edge[1]) continue;
                    due.push_back({rows_.synapses.get() + row[cell] + edge[0], edge[1] - edge[0],
                                   f.value(i)});
                }
            });
            if (!generator_.empty()) find_generated(b, t, p, due);
        }
    }

    void find_generated(std::size_t b, std::int64_t t, std::size_t p, std::vector<Segment>& due) {
        const DelayRange delays = generator_.delays()[p];
        for_each_sent(delays, t, [&](std::uint32_t k, std::size_t place) {
            const GeneratedRows& rows = generated_[place];
            const FiredSpan f = fired_at(place, p);
            for (std::uint32_t i = 0; i < f.count; ++i) {
                const std::uint32_t* edge = rows.edges.data() + rows.first_edge[p] +
                                            i * generator_.edges_per_row(p) + b * delays.count + k;
                if (edge[0] == edge[1]) continue;
                due.push_back({rows.synapses.data() + edge[0], edge[1] - edge[0], f.value(i)});
            }
        });
    }

    /// Calls f(number of the delay, place in the history) for what may arrive in step t with such
    /// delays.
    template <class F>
    void for_each_sent(DelayRange delays, std::int64_t t, F&& f) const {
        const std::int64_t last = t - delays.first;  // the latest step that it was sent in
        if (last < 0) return;
        const auto count =
            static_cast<std::uint32_t>(std::min<std::int64_t>(delays.count, last + 1));
        std::size_t step = static_cast<std::size_t>(last) % history_size_;
        for (std::uint32_t k = 0; k < count; ++k) {
            const std::size_t place = step * blocks_.size();
            for (std::size_t source = 0; source < blocks_.size(); ++source) f(k, place + source);
            step = (step == 0 ? history_size_ : step) - 1;
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
    void add_input(std::size_t b, std::size_t r) {
        const CellRecord& record = records_[r];
        const Slice& slice = layout_.blocks[b].slices[record.population];
        const std::uint32_t count = record.cells_of(slice.first, slice.count);
        for (std::size_t k = 0; count > 0 && k < record.value.receptors; ++k)
            blocks_[b].groups[record.population]->add_arrived(
                record.value.index + k, count,
                input_sums_[r].data() + k * record.cells + slice.first);
    }
    void sample(std::size_t b, std::size_t r, std::int64_t t) {
        const CellRecord& record = records_[r];
        const Slice& slice = layout_.blocks[b].slices[record.population];
        const std::uint32_t count = record.cells_of(slice.first, slice.count);
        if (count == 0) return;
        const std::int64_t row = sample_base_[r] + (t + 1) / record.interval - 1;
        float* const out =
            samples_[r].values.data() + static_cast<std::size_t>(row) * record.cells + slice.first;
        const CellGroup& group = *blocks_[b].groups[record.population];
        switch (record.value.kind) {
            case CellValue::Kind::state:
                group.read_state(record.value.index, count, out);
                break;
            case CellValue::Kind::input:
                take_input(r, slice.first, count, out);
                break;
            case CellValue::Kind::current:
                std::copy_n(group.current(), count, out);
                break;
        }
    }
    void take_input(std::size_t r, std::uint32_t first, std::uint32_t count, float* out) {
        const CellRecord& record = records_[r];
        const std::vector<double>& scale = grid_.scale[record.population];
        for (std::uint32_t i = 0; i < count; ++i) {
            double weights = 0.0;
            for (std::size_t k = 0; k < record.value.receptors; ++k) {
                std::int64_t& sum = input_sums_[r][k * record.cells + first + i];
                weights +=
                    static_cast<double>(std::exchange(sum, 0)) / scale[record.value.index + k];
            }
            out[i] = static_cast<float>(weights);
        }
    }

    /// Brings the blocks' spikes into one order.
    void collect() {
        std::vector<std::uint64_t> all;
        if (graded_) collect_values();
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

    void collect_values() {
        std::vector<std::pair<std::uint64_t, float>> all;
        for (Block& b : blocks_) {
            for (std::size_t k = 0; k < b.spikes.size(); ++k)
                all.emplace_back(b.spikes[k], b.values[k]);
            b.values.clear();
        }
        std::sort(all.begin(), all.end());  // no two of one key
        for (const auto& [key, value] : all) spikes_.value.push_back(value);
    }

    /// Remembers where a block first has a state that is no number.
    void check_numbers(std::size_t b, std::int64_t step) {
        Block& block = blocks_[b];
        for (std::size_t p = 0; p < block.groups.size() && !block.trouble; ++p) {
            const std::int64_t cell = block.groups[p]->find_nan();
            if (cell < 0) continue;
            block.trouble = Trouble{step, p, cell};
            std::int64_t known = trouble_.load();
            while (step < known && !trouble_.compare_exchange_weak(known, step)) {
            }
        }
    }
    [[noreturn]] void tell_trouble() const {
        std::optional<Trouble> first;
        for (const Block& b : blocks_) {
            if (b.trouble && (!first || *b.trouble < *first)) first = b.trouble;
        }
        throw_no_number(spec_, first->population, first->cell, first->step);
    }

    void profile() {
        report_.phase_seconds.clear();
        report_.events = 0;
        for (const Block& b : blocks_) {
            report_.events += b.events;
            for (std::size_t k = 0; k < b.seconds.size(); ++k)
                report_.phase_seconds[Names<StepPhase>::values[k]] += b.seconds[k];
        }
    }

    const SimulationSpec spec_;
    const EngineOptions options_;
    const Layout layout_;
    const bool graded_ = std::any_of(spec_.populations.begin(), spec_.populations.end(),
                                     [](const CellPopulationSpec& p) { return p.graded(); });
    Team team_;
    ThreadChoice choice_;
    std::int64_t chunk_ = 16;  // steps between two choices
    SynapseRows rows_;
    std::vector<DenseProjection> dense_;
    RowGenerator generator_;
    PlasticNetwork plastic_;
    bool learns_ = true;
    WeightGrid grid_;
    std::vector<Block> blocks_;
    std::vector<FiredCells> history_;       // [step % history_size_][block]
    std::vector<GeneratedRows> generated_;  // the same; empty where nothing is procedural
    std::size_t history_size_ = 1;
    std::int64_t window_ = 1;
    std::int64_t now_ = 0, first_ = 0;
    const std::vector<CellRecord> records_;
    std::vector<std::vector<double>> rates_;             // see Engine::set_rates; by population
    std::vector<std::vector<std::uint32_t>> counted_;    // see Engine::count_spikes
    std::vector<std::vector<std::int64_t>> input_sums_;  // by record: [receptor][cell]
    std::atomic<std::int64_t> trouble_ =
        std::numeric_limits<std::int64_t>::max();  // its first step
    std::vector<StateSamples> samples_;
    std::vector<std::int64_t> sample_base_;  // row of a record's sample 0
    Spikes spikes_;
    EngineReport report_;
};

}  // namespace

std::unique_ptr<Engine> make_cpu_engine(const SimulationSpec& spec, const EngineOptions& options) {
    return std::make_unique<CpuEngine>(spec, options);
}

}  // namespace snnsim
