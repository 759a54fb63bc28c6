// The event-driven engine on the CPU: every thread owns blocks of cells, delivers to them what is
// due, steps them, and meets the others when their spikes can matter.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells/cells_of.hpp"
#include "src/engine/cells/gap_junctions.hpp"
#include "src/engine/cells/strayed.hpp"
#include "src/engine/cpu/cell_recorder.hpp"
#include "src/engine/cpu/delivery.hpp"
#include "src/engine/cpu/fired_history.hpp"
#include "src/engine/cpu/found_spikes.hpp"
#include "src/engine/cpu/phase_clock.hpp"
#include "src/engine/cpu/sample_engines.hpp"
#include "src/engine/cpu/shown_states.hpp"
#include "src/engine/cpu/team.hpp"
#include "src/engine/cpu/thread_choice.hpp"
#include "src/engine/engine_base.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/plasticity/plastic_network.hpp"
#include "src/engine/ranks/columns.hpp"
#include "src/engine/ranks/exchange.hpp"
#include "src/engine/ranks/first_trouble.hpp"
#include "src/engine/ranks/gather_cells.hpp"
#include "src/engine/ranks/spike_exchange.hpp"
#include "src/engine/records.hpp"
#include "src/engine/synapses/synapse_rows.hpp"
#include "src/engine/work_counter.hpp"

namespace snnsim {
namespace {

/// A state that has strayed, and the step in which it was found.
struct Trouble {
    std::int64_t step;
    std::size_t population;
    StrayedCell cell;
    bool operator<(const Trouble& b) const {
        return std::tuple{step, population, cell.cell} <
               std::tuple{b.step, b.population, b.cell.cell};
    }
};

/// The cells of a population in a block that have gap junctions.
struct Coupled {
    CoupledGroup group{};
    std::vector<float> origin, current;
};

struct Block {
    std::vector<std::int32_t> accumulators;
    std::vector<std::unique_ptr<CellGroup>> groups;  // by population
    std::vector<std::uint64_t> counts;               // of spikes, by population
    std::vector<Coupled> coupled;                    // by population, where any are
    std::optional<Trouble> trouble;
    PhaseSeconds seconds{};
    std::uint64_t events = 0;
};

ThreadShare share_threads(int threads, Exchange& exchange) {
    if (exchange.alone()) return threads;
    Gathered all;
    const auto mine = static_cast<std::uint32_t>(threads);
    exchange.all_gather(std::span(&mine, 1), all);
    const auto first = all.words.begin() + exchange.rank();
    return {std::accumulate(all.words.begin(), first, 0), threads,
            std::accumulate(all.words.begin(), all.words.end(), 0)};
}

class CpuEngine : public EngineBase {
  public:
    CpuEngine(const SimulationSpec& spec, const EngineOptions& options, Exchange& exchange)
        : EngineBase(spec, options, share_threads(options.threads, exchange)),
          exchange_(exchange),
          ranks_(spec_, layout_, exchange),
          team_(options.threads),
          choice_(options.threads),
          built_(build_synapses(spec_, layout_, options.threads, storage_of, exchange,
                                RowIndex::smaller)),
          grid_(built_.grid),
          delivery_(layout_, built_),
          plastic_(spec_, layout_, std::move(built_.plastic), grid_, options.threads, exchange),
          work_(spec_, std::move(built_.fan_out)),
          recorder_(spec_, layout_, grid_),
          found_(layout_.blocks.size() + 1, spec_.graded()),
          gaps_(build_gap_junctions(spec_, layout_)),
          glia_(spec_, plastic_),
          silent_(spec.populations.size()) {
        report_synapses(built_, report_);
        report_.bytes += delivery_.bytes() + plastic_.bytes();
        for (const auto& p : plastic_.projections())
            report_.projection_bytes[p->projection] =
                static_cast<double>(exchange_.sum(p->bytes())) /
                static_cast<double>(std::max<std::uint64_t>(1, p->rows.size()));
        make_blocks();
        make_gaps();
        show_glia(0);
        share_states(0);
        show_targets();
        make_history();
        report_.bytes = exchange_.sum(report_.bytes);
        built();
    }

    void advance(std::int64_t steps) override {
        const std::int64_t last = now_ + steps;
        found_.start(now_);
        recorder_.reserve(now_, last);
        plastic_.reserve_samples(now_, last);
        while (now_ < last && trouble_.load() > now_) {
            const int active = choice_.next();
            const std::int64_t wanted_steps = choice_.trying() ? chunk_ / 16 + 1 : chunk_;
            // Ranks meet after each window: which those are must not depend on the time it takes.
            const std::int64_t windows =
                exchange_.alone() ? wanted_steps : (wanted_steps + window_ - 1) / window_ * window_;
            const std::int64_t count =
                std::min({last - now_, windows, plastic_.next_change(now_) - now_});
            const auto start = std::chrono::steady_clock::now();
            run(count, active);
            change_synapses();
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
            choice_.measured(seconds.count() / static_cast<double>(count));
            if (choice_.trying()) continue;
            constexpr double wanted = 5e-3;  // a choice of threads holds so long
            chunk_ = std::clamp<std::int64_t>(
                static_cast<std::int64_t>(wanted / seconds.count() * static_cast<double>(count)), 1,
                4 * chunk_);
        }
        found_.move_to(spikes_);
        if (options_.profile) profile();
        if (trouble_.load() <= now_) tell_trouble();
    }

    std::vector<StateSamples> take_states() override { return recorder_.take(exchange_); }
    std::vector<StateSamples> take_weights() override { return plastic_.take_weights(); }
    void read_weights(std::size_t most, const TakeWeights& take) const override {
        plastic_.read_weights(now_, most, take);
    }
    void reward(double amount) override { plastic_.reward(amount, now_); }
    void normalise(std::size_t projection, double sum) override {
        plastic_.normalise(projection, sum, now_);
    }
    void silence(std::size_t population, const std::vector<std::uint8_t>& silent) override {
        silent_[population] = silent;
    }
    void play(std::size_t population, std::shared_ptr<const PlayedSpikes> played) override {
        for (Block& b : blocks_) SNN_EXPECT(b.groups[population]->play(played));
    }

    std::vector<std::uint64_t> spike_counts() const override {
        std::vector<std::uint64_t> sum = counts_elsewhere_;
        for (const Block& b : blocks_) {
            for (std::size_t p = 0; p < sum.size(); ++p) sum[p] += b.counts[p];
        }
        return sum;
    }
    std::vector<SynapticWork> work() const override {
        std::vector<SynapticWork> out = work_.work();
        plastic_.add_released(out);
        return out;
    }
    std::string device_name() const override { return cpu_name(options_.threads); }

  private:
    void apply_plastic(bool plastic) override {
        plastic_.set_plastic(plastic, now_);
        for (Block& block : blocks_) {
            for (const auto& group : block.groups) group->set_adaptive(plastic);
        }
    }
    void apply_rates(std::size_t population) override {
        for (std::size_t b = 0; b < blocks_.size(); ++b)
            blocks_[b].groups[population]->set_rates(rates_[population].data() +
                                                     layout_.blocks[b].slices[population].first);
    }
    void apply_windows() override { work_.set_windows(windows_); }

    void read_state(EngineState& out) const override {
        out.plastic = plastic_.state(now_);
        out.inputs = recorder_.inputs(exchange_);
        std::vector<std::size_t> variables;
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            const std::uint32_t size = layout_.populations[p].size;
            variables.push_back(blocks_[0].groups[p]->raw_state().size());
            out.states[p].resize(variables[p] * size);
            for (std::size_t b = 0; b < blocks_.size(); ++b) {
                const Slice& slice = layout_.blocks[b].slices[p];
                float* to = out.states[p].data() + slice.first;
                for (const float* variable : blocks_[b].groups[p]->raw_state()) {
                    std::copy_n(variable, slice.count, to);
                    to += size;
                }
            }
        }
        gather_states(exchange_, layout_, variables, out.states);
        out.recent = history_.spikes(now_, spec_.graded());
    }
    void write_spikes(const EngineState& state) override {
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            for (Block& b : blocks_) b.counts[p] = 0;
            blocks_[0].counts[p] = state.spike_counts[p];
            counts_elsewhere_[p] = 0;
        }
        history_.set(state.recent, spec_, layout_);
        delivery_.forget();
        for (std::int64_t t = history_.first_known(now_); t < now_; ++t) {
            for (std::size_t b = 0; b < blocks_.size(); ++b) delivery_.draw_rows(history_, b, t);
            if (!layout_.whole) delivery_.draw_rows(history_, ranks_.elsewhere(), t);
        }
    }
    void write_state(const EngineState& state) override {
        plastic_.set_state(state.plastic, now_);
        work_.set_work(state.work, now_);
        plastic_.report_rewired(now_, work_, PlasticNetwork::Rewired::ever);
        work_.reach(now_);
        recorder_.set_inputs(state.inputs);
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            const std::uint32_t size = layout_.populations[p].size;
            SNN_EXPECT(state.states[p].size() == blocks_[0].groups[p]->raw_state().size() * size);
            for (std::size_t b = 0; b < blocks_.size(); ++b) {
                const std::uint32_t first = layout_.blocks[b].slices[p].first;
                for (std::size_t v = 0; v < state.states[p].size() / std::max(1u, size); ++v)
                    blocks_[b].groups[p]->set_raw_state(v,
                                                        state.states[p].data() + v * size + first);
            }
        }
        show_voltages(now_);
        show_glia(now_);
        share_states(now_);
    }

    /// What is done to synapses between two steps.
    void change_synapses() {
        plastic_.change(now_);
        plastic_.report_rewired(now_, work_, PlasticNetwork::Rewired::now);
        work_.reach(now_);
    }
    /// Goes `count` steps on with so many threads.
    void run(std::int64_t count, int active) {
        const std::int64_t last = now_ + count;
        team_.run(active, [&](int thread) {
            for (std::int64_t from = now_; from < last; from += window_) {
                const std::int64_t to = std::min(from + window_, last);
                for (std::size_t b = static_cast<std::size_t>(thread); b < blocks_.size();
                     b += static_cast<std::size_t>(active)) {
                    for (std::int64_t t = from; t < to; ++t) {
                        step(b, t);
                        if (thread == 0 && ranks_.started()) ranks_.poll();
                    }
                }
                PhaseClock clock(options_.profile
                                     ? &blocks_[static_cast<std::size_t>(thread)].seconds
                                     : nullptr);
                if (exchange_.alone()) {
                    team_.barrier.wait();
                    if (trouble_.load() <= to) break;  // for all: later windows find it later
                } else if (!meet_ranks(thread, {from, to}, last)) {
                    break;
                }
                clock.lap(StepPhase::waiting);
            }
        });
        if (lost_) std::rethrow_exception(lost_);
        now_ = last;
    }

    /// After a window: brings what others need of it to all ranks, at once, or while the next one
    /// is stepped. False, for all threads of all ranks, where something has gone wrong.
    bool meet_ranks(int thread, SpikeExchange::Steps window, std::int64_t last) {
        // A thread may look late, when the first is further on: it sees for where an end is meant.
        const std::int64_t before = 2 * window.to, after = before + 1;
        if (thread == 0) {
            if (ranks_.started()) try_to([&] { finish_window(); });
            if (failed_) ends_at_ = before;
        }
        team_.barrier.wait();
        if (ends_at_ <= before) return false;
        const bool at_once = !overlaps_ || window.to == last;
        if (thread == 0) {
            try_to([&] {
                ranks_.start(history_, window, trouble_.load());
                if (at_once) finish_window();
            });
            if (failed_ && at_once) ends_at_ = after;
        }
        if (!at_once) return true;
        team_.barrier.wait();
        return ends_at_ > after;
    }
    void finish_window() {
        std::int64_t trouble = std::numeric_limits<std::int64_t>::max();
        const auto [from, to] = ranks_.finish(history_, trouble);
        for (std::int64_t t = from; t < to; ++t) {
            const FiredCells& out = history_.at(t, ranks_.elsewhere());
            for (std::size_t p = 0; p < layout_.populations.size(); ++p)
                count_fired(ranks_.elsewhere(), p, t, out.of(p), counts_elsewhere_);
            delivery_.draw_rows(history_, ranks_.elsewhere(), t);
        }
        share_states(to);
        if (trouble > to) return;
        trouble_.store(trouble);
        failed_ = true;
    }
    /// What is thrown ends the run, of this rank's threads first.
    template <class F>
    void try_to(F&& f) {
        try {
            f();
        } catch (...) {
            lost_ = std::current_exception();
            failed_ = true;
        }
    }

    void make_blocks() {
        blocks_.resize(layout_.blocks.size());
        team_.run_apart([&](int thread) {  // each thread touches its own memory first
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

    void make_gaps() {
        report_.junctions = gaps_.counts;
        report_.bytes += gaps_.bytes();
        if (!gaps_.any()) return;
        for (std::vector<float>& v : voltages_) v.resize(layout_.rows);
        for (std::size_t b = 0; b < blocks_.size(); ++b) {
            blocks_[b].coupled.resize(layout_.populations.size());
            for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
                if (!gaps_.couples(p)) continue;
                const Slice& slice = layout_.blocks[b].slices[p];
                const CellGroup& cells = *blocks_[b].groups[p];
                Coupled& c = blocks_[b].coupled[p];
                c.origin.resize(slice.padded());
                c.current.resize(slice.padded());
                cells.read_origin(gaps_.v[p], c.origin.data());
                c.group = {cells.raw_state()[gaps_.v[p]],
                           c.origin.data(),
                           nullptr,
                           c.current.data(),
                           layout_.populations[p].first_row + slice.first,
                           slice.count};
            }
        }
        show_voltages(0);
    }
    /// To rules that go by voltages of the targets.
    void show_targets() {
        for (const auto& p : plastic_.projections()) {
            if (!p->reads_voltages()) continue;
            const VoltageStates at = voltage_states(spec_.populations[p->to]);
            for (std::size_t b = 0; b < blocks_.size(); ++b) {
                const std::vector<const float*> state = blocks_[b].groups[p->to]->raw_state();
                p->set_voltages(b, {state[at.v], state[at.u_bar_plus], state[at.u_bar_minus]});
            }
        }
    }
    /// Cells find the v of the last step in one array and leave theirs in the other, for the others
    /// may not be as far: `now` steps are done.
    std::vector<float>& voltages(std::int64_t now) { return voltages_[now % 2]; }
    void show_voltages(std::int64_t now) {
        for (const Block& b : blocks_) {
            for (const Coupled& c : b.coupled) show(c, now);
        }
    }
    void show_glia(std::int64_t now) {
        for (std::size_t b = 0; b < blocks_.size(); ++b)
            glia_.show(layout_.blocks[b], blocks_[b].groups, now);
    }
    /// What cells of other ranks are when `now` steps are done, where cells here go by it.
    void share_states(std::int64_t now) {
        if (exchange_.alone() || (!gaps_.any() && !glia_.any())) return;
        std::vector<SharedColumns> shared;
        const auto add = [&](float* values, std::size_t p) {
            shared.push_back({values, {layout_.first_here(p), layout_.count_here(p)}});
        };
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            if (gaps_.couples(p)) add(voltages(now).data() + layout_.populations[p].first_row, p);
        }
        glia_.for_each(now, add);
        share_columns(exchange_, shared, [](std::size_t, ColumnRange) {});
    }
    void show(const Coupled& c, std::int64_t now) {
        float* const v = voltages(now).data();
        for (std::uint32_t i = 0; i < c.group.count; ++i) c.group.show(v, i);
    }
    /// Step t begins: the current of stimuli and gap junctions.
    void couple(Coupled& c, CellGroup& cells, std::int64_t t) {
        if (c.group.count == 0) return;
        c.group.stimuli = cells.current();
        const GapArrays gaps = gaps_.arrays(voltages(t).data());
        for (std::uint32_t i = 0; i < c.group.count; ++i) c.group.couple(gaps, i);
        cells.take_current(c.current.data());
    }

    /// Spikes matter after the shortest delay, and in the next step voltages where cells have gap
    /// junctions, and astrocytes: so long the threads need not meet.
    void make_history() {
        DelayReach reach;
        delivery_.add_delays(reach);
        for (const auto& p : plastic_.projections()) reach.add(p->rows.delays);
        window_ = gaps_.any() || glia_.any() ? 1 : reach.shortest;
        if (!exchange_.alone()) {
            reach.shortest = exchange_.least(reach.shortest);
            reach.longest = exchange_.greatest(reach.longest);
            overlaps_ = window_ > 1 && reach.shortest > 1;
            if (overlaps_) window_ = reach.shortest / 2;  // one is sent while the next is stepped
        }
        history_ = FiredHistory(blocks_.size() + (layout_.whole ? 0 : 1),
                                layout_.populations.size(), reach);
        delivery_.start(history_);
    }

    void step(std::size_t b, std::int64_t t) {
        Block& block = blocks_[b];
        PhaseClock clock(options_.profile ? &block.seconds : nullptr);
        deliver(b, t);
        clock.lap(StepPhase::delivery);
        if (options_.profile) count_events(b, t);
        clock.skip();
        FiredCells& out = history_.at(t, b);
        out.cells.clear();
        for (std::size_t p = 0; p < block.groups.size(); ++p) {
            CellGroup& group = *block.groups[p];
            out.values[p].clear();
            if (!wake_for_sample(group, p, t)) {
                out.end[p] = static_cast<std::uint32_t>(out.cells.size());
                continue;
            }
            group.stimulate(t);
            if (gaps_.any()) couple(block.coupled[p], group, t);
            clock.lap(StepPhase::stimuli);
            recorder_.add_inputs(b, p, group);
            clock.lap(StepPhase::recording);
            const std::size_t first = out.cells.size();
            group.step(t, out.cells, out.values[p]);
            if (gaps_.any()) show(block.coupled[p], t + 1);
            if (!silent_[p].empty()) drop_silent(silent_[p], first, out.cells, out.values[p]);
            out.end[p] = static_cast<std::uint32_t>(out.cells.size());
            take_fired(b, p, t, out.of(p));
            clock.lap(StepPhase::updates);
        }
        glia_.show(layout_.blocks[b], block.groups, t + 1);
        delivery_.draw_rows(history_, b, t);
        clock.lap(StepPhase::delivery);
        recorder_.sample(b, t, block.groups);
        plastic_.end_step(b, t);
        clock.lap(StepPhase::recording);
        if ((t + 1) % check_interval == 0 || t + 1 == spec_.steps()) {
            check_numbers(b, t + 1);
            clock.lap(StepPhase::updates);
        }
    }

    /// Takes out of the cells from `first` on those that are silent.
    static void drop_silent(const std::vector<std::uint8_t>& silent, std::size_t first,
                            std::vector<std::uint32_t>& cells, std::vector<float>& values) {
        std::size_t kept = first;
        for (std::size_t k = first; k < cells.size(); ++k) {
            if (silent[cells[k]]) continue;
            if (!values.empty()) values[kept - first] = values[k - first];
            cells[kept++] = cells[k];
        }
        cells.resize(kept);
        if (!values.empty()) values.resize(kept - first);
    }

    /// False where a population sleeps through step t; see SampleWindows.
    bool wake_for_sample(CellGroup& group, std::size_t population, std::int64_t t) const {
        const int depth = spec_.populations[population].depth;
        if (windows_.period == 0 || depth < 0) return true;
        const std::int64_t place = windows_.place(t, depth);
        if (place == 0) group.reset();
        if (place < 0) group.drop_arrived();
        return place >= 0;
    }

    /// Adds what arrives in step t to the block's accumulators.
    void deliver(std::size_t b, std::int64_t t) {
        std::int32_t* const sums = blocks_[b].accumulators.data();
        delivery_.deliver(history_, b, t, sums);
        for (const auto& p : plastic_.projections())
            p->arrive(b, t, history_, sums + layout_.blocks[b].slices[p->to].slot);
    }

    /// Those of step t, just delivered.
    void count_events(std::size_t b, std::int64_t t) {
        std::uint64_t& events = blocks_[b].events;
        events += delivery_.events(history_, b, t);
        for (const auto& p : plastic_.projections()) events += p->events(b);
    }

    /// Cells of a population that fired in step t.
    void take_fired(std::size_t b, std::size_t population, std::int64_t t, FiredSpan fired) {
        plastic_.fire(b, population, t, fired);
        count_fired(b, population, t, fired, blocks_[b].counts);
    }
    void count_fired(std::size_t b, std::size_t population, std::int64_t t, FiredSpan fired,
                     std::vector<std::uint64_t>& counts) {
        counts[population] += fired.count;
        work_.add(population, t, fired.cells, fired.count);
        std::vector<std::uint32_t>& counted = counted_[population];
        for (std::uint32_t k = 0; k < fired.count && !counted.empty(); ++k)
            ++counted[fired.cells[k]];
        if (collects_[population]) found_.add(b, t, population, fired);
    }

    /// Remembers where a block first has a state that has strayed.
    void check_numbers(std::size_t b, std::int64_t step) {
        Block& block = blocks_[b];
        for (std::size_t p = 0; p < block.groups.size() && !block.trouble; ++p) {
            const std::optional<StrayedCell> cell = block.groups[p]->find_strayed();
            if (!cell) continue;
            block.trouble = Trouble{step, p, *cell};
            std::int64_t known = trouble_.load();
            while (step < known && !trouble_.compare_exchange_weak(known, step)) {
            }
        }
    }
    void tell_trouble() const {
        const Block* first = nullptr;
        for (const Block& b : blocks_) {
            if (b.trouble && (!first || *b.trouble < *first->trouble)) first = &b;
        }
        if (exchange_.alone()) tell(*first);
        std::optional<FoundTrouble> mine;
        try {
            if (first) tell(*first);
        } catch (const NumericalError& e) {
            const Trouble& t = *first->trouble;
            mine = FoundTrouble{t.step, t.population, t.cell.cell, e.what()};
        }
        tell_first_trouble(exchange_, mine);
        SNN_EXPECT(false);  // some rank found it
    }
    [[noreturn]] void tell(const Block& block) const {
        const Trouble& t = *block.trouble;
        throw_strayed(spec_, t.population, t.cell.cell, t.step,
                      block.groups[t.population]->strayed(t.cell));
    }

    void profile() {
        report_.phase_seconds.clear();
        report_.events = 0;
        for (const Block& b : blocks_) {
            report_.events += b.events;
            for (std::size_t k = 0; k < b.seconds.size(); ++k)
                report_.phase_seconds[Names<StepPhase>::values[k]] += b.seconds[k];
        }
        if (exchange_.alone()) return;
        constexpr double unit = 1e9;  // ns
        std::vector<std::uint64_t> sums{report_.events};
        for (const auto& [phase, seconds] : report_.phase_seconds)
            sums.push_back(static_cast<std::uint64_t>(seconds * unit));
        exchange_.sum(sums);
        report_.events = sums[0];
        std::size_t k = 0;
        for (auto& [phase, seconds] : report_.phase_seconds)
            seconds = static_cast<double>(sums[++k]) / unit;
    }

    Exchange& exchange_;
    SpikeExchange ranks_;
    std::vector<std::uint64_t> counts_elsewhere_ =
        std::vector<std::uint64_t>(layout_.populations.size());  // of spikes of other ranks' cells
    bool failed_ = false;      // of the first thread: a window had trouble, or ...
    std::exception_ptr lost_;  // ... another rank is gone
    std::atomic<std::int64_t> ends_at_ =
        std::numeric_limits<std::int64_t>::max();  // see meet_ranks
    bool overlaps_ = false;  // windows are on their way while the next are stepped
    Team team_;
    ThreadChoice choice_;
    std::int64_t chunk_ = 16;  // steps between two choices
    Synapses built_;           // empty once its parts are where they belong
    const WeightGrid grid_;
    Delivery delivery_;
    PlasticNetwork plastic_;
    WorkCounter work_;
    std::vector<Block> blocks_;
    FiredHistory history_;
    std::int64_t window_ = 1;
    CellRecorder recorder_;
    FoundSpikes found_;
    const GapJunctions gaps_;
    ShownStates glia_;
    std::array<std::vector<float>, 2> voltages_;     // see voltages(); by row
    std::vector<std::vector<std::uint8_t>> silent_;  // see Engine::silence
    std::atomic<std::int64_t> trouble_ =
        std::numeric_limits<std::int64_t>::max();  // its first step
};

}  // namespace

std::unique_ptr<Engine> make_cpu_engine(const SimulationSpec& spec, const EngineOptions& options,
                                        Exchange& exchange) {
    if (options.threads == 1 || !exchange.alone() || !samples_are_apart(spec))
        return std::make_unique<CpuEngine>(spec, options, exchange);
    EngineOptions one = options;
    one.threads = 1;
    return make_sample_engines(
        options.threads, [&] { return std::make_unique<CpuEngine>(spec, one, no_exchange()); });
}

}  // namespace snnsim
