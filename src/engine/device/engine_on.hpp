// The event-driven engine on a device: all that a step needs lies in device memory, and nothing is
// asked of the host between the steps of a chunk. `Steps` (kernels/launch/cuda_steps.cuh,
// serial_steps.hpp) runs the kernel bodies and owns the memory.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <tuple>
#include <utility>

#include "kernels/network/find_strayed.hpp"
#include "kernels/network/list_spikes.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "src/engine/cells/strayed.hpp"
#include "src/engine/device/cells_on.hpp"
#include "src/engine/device/drawn_rows_on.hpp"
#include "src/engine/device/due_spikes_on.hpp"
#include "src/engine/device/equation_cells_on.hpp"
#include "src/engine/device/gaps_on.hpp"
#include "src/engine/device/plastic_on.hpp"
#include "src/engine/device/records_on.hpp"
#include "src/engine/device/spike_chunks.hpp"
#include "src/engine/device/spikes_on_ranks.hpp"
#include "src/engine/device/stencils_on.hpp"
#include "src/engine/device/stimuli_on.hpp"
#include "src/engine/device/synapses_on.hpp"
#include "src/engine/engine_base.hpp"
#include "src/engine/ranks/first_trouble.hpp"
#include "src/engine/ranks/gather_cells.hpp"

namespace snnsim {

template <class Steps>
class EngineOn : public EngineBase {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// `carrier`: of spikes between several ranks; null: by way of the host.
    EngineOn(const SimulationSpec& spec, const EngineOptions& options,
             Exchange& exchange = no_exchange(), std::unique_ptr<DeviceCarrier> carrier = nullptr)
        : EngineBase(spec, options, ThreadShare(exchange.rank(), 1, exchange.ranks())),
          exchange_(exchange),
          records_(cell_records(spec)),
          built_(build_synapses(spec_, layout_, options.threads, storage_on_device, exchange)),
          delays_(delays_of_all(built_, exchange)),
          events_(options.profile ? 1 : 0),
          synapses_(built_.rows, layout_, due_, options.profile ? events_.data() : nullptr),
          stencils_(built_.stencils, layout_, due_, synapses_.accumulators(0),
                    options.profile ? events_.data() : nullptr),
          drawn_(steps_, built_.procedural, layout_, due_, synapses_.accumulators(0),
                 options.profile ? events_.data() : nullptr),
          plastic_(steps_, spec_, layout_, std::move(built_.plastic), built_.grid, options.threads,
                   synapses_, due_, exchange),
          reach_(std::max<std::int64_t>(1, delays_.longest)),
          chunks_(steps_, layout_.rows, layout_.populations.size(), reach_, graded_, records_),
          spikes_on_ranks_(steps_, exchange, std::move(carrier), graded_),
          gaps_(build_gap_junctions(spec_, layout_)),
          recorded_(records_, layout_),
          counts_(layout_.populations.size()),
          samples_(records_.size()),
          work_(spec_, std::move(built_.fan_out)) {
        report_synapses(built_, report_);
        built_.rows = {};  // the device has them
        built_.procedural.clear();
        due_.upload();
        plastic_.watch(chunks_.most_steps());
        make_cells();
        plastic_.show_targets(steps_, spec_, layout_, groups_);
        plastic_.show_glia(spec_, layout_, groups_);
        gaps_.upload(steps_, layout_.rows);
        share_states();
        report_.junctions = gaps_.counts();
        report_.bytes += gaps_.bytes();
        report_.bytes += synapses_.bytes() + stencils_.bytes() + drawn_.bytes() + chunks_.bytes();
        plastic_.report(report_);
        report_.bytes = exchange_.sum(report_.bytes);
        name_ = name_on_ranks();
        steps_.wait();
        built();
    }

    void advance(std::int64_t count) override {
        const std::int64_t last = now_ + count;
        plastic_.reserve_samples(now_, last);
        DoneChunk before;
        while (now_ < last) {
            const std::int64_t look = DueSpikesOn<Steps>::next_look(now_),
                               end = now_ +
                                     chunks_.start(now_, std::min(last, look) - now_, windows_);
            if (!std::exchange(due_counted_, true))
                steps_.in_one_block(due_.all().count, CountDue{{chunks_.window(), 0, due_.all()}});
            for (std::int64_t t = now_, known = now_; t < end;) {
                stimuli_.change(steps_, chunks_.window(), t);
                const std::int64_t met = exchange_.alone() ? end : std::min(end, known + window());
                const std::int64_t next =
                    std::min({met, plastic_.next_change(t), stimuli_.next_change(t)});
                enqueue_steps(t, next);
                t = next;
                if (!exchange_.alone() && t == met) meet(std::exchange(known, t), t);
                plastic_.change(chunks_.window(), t, work_);
            }
            if (before) collect(before);  // while the device works
            steps_.wait();
            plastic_.end_chunk(now_, end);
            if (end == look && due_.follow()) steps_.forget_batches();
            before = chunks_.end(now_, end);
            now_ = end;
        }
        if (before) collect(before);
        work_.reach(now_);
        count_events();
        check_numbers();
    }

    std::int64_t batch() const override { return Steps::batch; }
    std::vector<StateSamples> take_states() override {
        std::vector<StateSamples> out =
            std::exchange(samples_, std::vector<StateSamples>(records_.size()));
        gather_samples(exchange_, layout_, records_, out);
        return out;
    }

    std::vector<StateSamples> take_weights() override { return plastic_.take_weights(); }
    void read_weights(std::size_t most, const TakeWeights& take) const override {
        plastic_.read_weights(chunks_.window(), now_, most, take);
    }
    void reward(double amount) override { plastic_.reward(chunks_.window(), now_, amount); }
    void normalise(std::size_t projection, double sum) override {
        plastic_.normalise(chunks_.window(), projection, sum, spec_);
    }
    void silence(std::size_t population, const std::vector<std::uint8_t>& silent) override {
        for_each_cells([&](CellsOn<Steps>& cells) { cells.silence(steps_, population, silent); });
    }
    void play(std::size_t population, std::shared_ptr<const PlayedSpikes> played) override {
        stimuli_.play(steps_, population, *played);
    }

    std::string device_name() const override { return name_; }
    std::vector<std::uint64_t> spike_counts() const override { return counts_; }
    std::vector<SynapticWork> work() const override {
        std::vector<SynapticWork> out = work_.work();
        plastic_.add_released(out);
        return out;
    }

  private:
    void apply_plastic(bool plastic) override {
        plastic_.set_plastic(chunks_.window(), now_, plastic);
        for_each_cells([&](CellsOn<Steps>& cells) { cells.set_adaptive(steps_, plastic); });
    }
    void apply_windows() override { work_.set_windows(windows_); }
    void apply_rates(std::size_t population) override {
        for_each_cells([&](CellsOn<Steps>& cells) {
            cells.set_rates(steps_, population, rates_[population].data());
        });
    }

    void read_state(EngineState& out) const override {
        out.plastic = plastic_.state(chunks_.window(), now_);
        out.inputs = recorded_.inputs(steps_);
        gather_inputs(exchange_, layout_, records_, out.inputs);
        for (std::size_t p = 0; p < variables_.size(); ++p)
            out.states[p].resize(variables_[p] * layout_.populations[p].size);
        for (const DeviceGroup& g : groups_) {
            const std::size_t size = layout_.populations[g.population].size;
            std::vector<float>& values = out.states[g.population];
            for (std::size_t v = 0; v < g.state.size(); ++v)
                steps_.download(values.data() + v * size + g.first, g.state[v], g.count);
        }
        gather_states(exchange_, layout_, variables_, out.states);
        const ListedSpikes tail = chunks_.tail();
        add_spikes(tail.first, tail.begin, tail.rows.data(), tail.values.data(), out.recent,
                   [](std::size_t) { return true; });
    }
    void write_spikes(const EngineState& state) override {
        due_counted_ = false;
        stimuli_.forget();
        counts_ = state.spike_counts;
        chunks_.set_tail(now_, listed(state.recent));
    }
    void write_state(const EngineState& state) override {
        plastic_.set_state(state.plastic, now_);
        work_.set_work(state.work, now_);
        plastic_.report_rewired(now_, work_);
        work_.reach(now_);
        recorded_.set_inputs(steps_, state.inputs);
        for (const DeviceGroup& g : groups_) {
            const std::size_t size = layout_.populations[g.population].size;
            const std::vector<float>& values = state.states[g.population];
            SNN_EXPECT(values.size() == g.state.size() * size);
            for (std::size_t v = 0; v < g.state.size(); ++v)
                steps_.upload(g.state[v], values.data() + v * size + g.first, g.count);
        }
        gaps_.show(steps_);
        share_states();
    }

    /// Of several ranks: a spike that is known this many steps later is early enough.
    std::int64_t window() const {
        return gaps_.any() || plastic_.any_glia() ? 1 : delays_.shortest;
    }
    /// Steps are done on all ranks: brings what others need of them to all.
    void meet(std::int64_t from, std::int64_t to) {
        spikes_on_ranks_.go_round(chunks_, from, to);
        steps_.in_one_block(due_.all().count, CountDue{{chunks_.window(), 0, due_.all()}});
        share_states();
    }
    void share_states() {
        if (exchange_.alone()) return;
        if (gaps_.any()) gaps_.share(steps_, exchange_, layout_);
        if (plastic_.any_glia()) plastic_.share_glia(steps_);
    }

    void make_cells() {
        std::vector<CellWord> words;
        if (graded_) sent_ = Buffer<float>(std::vector<float>(layout_.rows, 1.0f));
        std::vector<std::int32_t> no_sums(65536);
        for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
            variables_.push_back(
                snnsim::make_cells(spec_, p, {}, built_.grid, no_sums.data())->raw_state().size());
            for (std::size_t b = 0; b < layout_.blocks.size(); ++b) {
                const Slice& slice = layout_.blocks[b].slices[p];
                if (slice.count == 0) continue;
                const auto first_word = static_cast<std::uint32_t>(words.size());
                CellModels::visit(
                    spec_.populations[p].cell,
                    [&]<class M>([[maybe_unused]] const typename M::Params& params) {
                        if constexpr (is_equations<M>) {
                            add_equations(p, b, first_word, no_sums.data());
                            return;
                        }
                        const auto host = std::make_shared<CellsOf<M>>(spec_, p, slice, built_.grid,
                                                                       no_sums.data());
                        if constexpr (rate_can_be_set<M>) {
                            // Of each cell, for they may be set.
                            if (host->constants().empty())
                                host->set_rates(
                                    std::vector<double>(slice.count, params.rate).data());
                        }
                        if (host->constants().empty()) {
                            add_cells<M, false>(host, p, b, first_word);
                        } else {
                            add_cells<M, true>(host, p, b, first_word);
                        }
                    });
                const std::uint32_t first_row = layout_.populations[p].first_row + slice.first;
                for (std::uint32_t at = 0; at < slice.count; at += 32)
                    words.push_back({first_row + at, static_cast<std::uint32_t>(p)});
            }
        }
        for_each_cells([&](CellsOn<Steps>& cells) {
            cells.upload();
            report_.bytes += cells.bytes();
        });
        stimuli_.upload();
        recorded_.upload();
        std::vector<StateColumn> columns;
        for (const DeviceGroup& g : groups_) {
            for (std::size_t v = 0; v < g.state.size(); ++v)
                columns.push_back({g.state[v],
                                   layout_.populations[g.population].first_row + g.first, g.count,
                                   g.bounds[v]});
        }
        columns_ = Buffer<StateColumn>(columns);
        strayed_values_ = Buffer<std::uint64_t>(
            std::vector<std::uint64_t>(std::max<std::size_t>(1, columns.size()), none_strayed));
        const std::size_t most_columns = std::max<std::size_t>(1, columns.size());
        std::uint32_t longest = 0;
        for (const StateColumn& c : columns) longest = std::max(longest, c.count);
        column_teams_ = static_cast<std::uint32_t>(
            std::clamp<std::size_t>(longest / FindStrayed::values_of_team, 1,
                                    std::max<std::size_t>(1, steps_.teams() / most_columns)));
        words_ = Buffer<CellWord>(words);
        bits_ = Buffer<std::uint32_t>(words.size());
    }
    /// All populations of cells, those of the list of models and those written as equations.
    template <class F>
    void for_each_cells(const F& f) {
        for (const auto& cells : cells_)
            if (cells) f(*cells);
        for (const auto& [equations, cells] : written_cells_) f(*cells);
    }
    template <CellModel M, bool Varied>
    void add_cells(const std::shared_ptr<CellsOf<M>>& host, std::size_t p, std::size_t b,
                   std::uint32_t first_word) {
        using Cells = CellsOfModelOn<Steps, M, Varied>;
        std::unique_ptr<CellsOn<Steps>>& cells =
            cells_[2 * spec_.populations[p].cell.index() + (Varied ? 1 : 0)];
        if (!cells) cells = std::make_unique<Cells>();
        place_cells(
            *host, p, b,
            [&](const Slice& slice, std::int32_t* sums, float* sent, auto poisson, bool coupled) {
                return static_cast<Cells&>(*cells).add(
                    host, p, slice, first_word, sums,
                    static_cast<int>(layout_.populations[p].receptors), sent, poisson, coupled);
            });
    }
    void add_equations(std::size_t p, std::size_t b, std::uint32_t first_word,
                       std::int32_t* no_sums) {
        using Cells = EquationCellsOn<Steps>;
        const Slice& own = layout_.blocks[b].slices[p];
        const EquationCells host(spec_, p, own, built_.grid, no_sums);
        std::unique_ptr<CellsOn<Steps>>& cells = written_cells_[spec_.populations[p].equations()];
        if (!cells) cells = std::make_unique<Cells>(host.equations(), host.program());
        place_cells(
            host, p, b,
            [&](const Slice& slice, std::int32_t* sums, float* sent, auto poisson, bool coupled) {
                return static_cast<Cells&>(*cells).add(host, p, slice, first_word, sums, sent,
                                                       poisson, coupled);
            });
    }
    /// Cells with their stimuli and records; `add` takes them over.
    template <class Host, class Add>
    void place_cells(const Host& host, std::size_t p, std::size_t b, const Add& add) {
        const Slice& slice = layout_.blocks[b].slices[p];
        const View<const PoissonInput> poisson = stimuli_.keep_poisson(spec_.seed, host.poisson());
        // Where what arrives is recorded, it must be there before the cells take it.
        const bool before = recorded_.records_input(p);
        const DeviceGroup group =
            add(slice, synapses_.accumulators(b) + slice.slot,
                graded_ ? sent_.data() + layout_.populations[p].first_row + slice.first : nullptr,
                before ? View<const PoissonInput>{} : poisson, gaps_.couples(p));
        stimuli_.add(group, spec_.seed, before ? poisson : View<const PoissonInput>{},
                     host.currents());
        const auto origin = [&](std::size_t variable, std::uint32_t i) {
            return host.origin(variable, i);
        };
        recorded_.add(group, built_.grid.scale[p], origin);
        gaps_.add(group, layout_.populations[p].first_row, origin);
        groups_.push_back(group);
    }

    void enqueue_steps(std::int64_t from, std::int64_t to) {
        steps_.run_batches(
            from, to, check_interval, [&](std::int64_t k) { enqueue_step(k); },
            [&](std::int64_t done) {
                steps_.for_each_team(columns_.size() * column_teams_,
                                     FindStrayed{chunks_.window(), done, check_interval,
                                                 spec_.steps(), columns_.data(), column_teams_,
                                                 strayed_.data(), strayed_values_.data()});
                steps_.for_each(1, AdvanceWindow{chunks_.window(), done});
                plastic_.end_batch(chunks_.window());
            });
    }
    void enqueue_step(std::int64_t k) {
        const StepWindow* const window = chunks_.window();
        synapses_.deliver(steps_, window, k);
        stencils_.deliver(steps_, window, k);
        drawn_.deliver(steps_, window, k);
        plastic_.deliver(window, k);
        stimuli_.stimulate(steps_, window, k);
        gaps_.couple(steps_);
        recorded_.before_step(steps_);
        for_each_cells([&](CellsOn<Steps>& cells) { cells.step(steps_, window, k, bits_.data()); });
        gaps_.show(steps_);
        const ListSpikes list{window,
                              k,
                              bits_.data(),
                              words_.data(),
                              static_cast<std::uint32_t>(words_.size()),
                              graded_ ? sent_.data() : nullptr,
                              due_.all()};
        steps_.in_one_block(list.threads(), list);
        plastic_.end_step(window, k);
        recorded_.after_step(steps_, chunks_, k);
    }

    void collect(const DoneChunk& done) {
        steps_.wait_for_copies();
        const std::size_t populations = layout_.populations.size();
        for (std::size_t k = 0; k + 1 < done.begin.size(); ++k)
            counts_[k % populations] += done.begin[k + 1] - done.begin[k];
        if (options_.spikes)
            add_spikes(done.first, done.begin, done.rows, done.values, spikes_,
                       [&](std::size_t p) { return collects_[p]; });
        count_cells(done);
        for (std::size_t r = 0; r < records_.size(); ++r) {
            const CellRecord& record = records_[r];
            const std::int64_t from = record.samples(done.first), to = record.samples(done.last);
            for (std::int64_t k = from + 1; k <= to; ++k)
                samples_[r].step.push_back(static_cast<std::uint32_t>(k * record.interval));
            samples_[r].values.insert(
                samples_[r].values.end(), done.samples[r],
                done.samples[r] + static_cast<std::size_t>(to - from) * record.cells.count);
        }
    }
    void count_cells(const DoneChunk& done) {
        const std::size_t populations = layout_.populations.size();
        for (std::size_t k = 0; k + 1 < done.begin.size(); ++k) {
            const std::size_t p = k % populations;
            const std::int64_t t = done.first + static_cast<std::int64_t>(k / populations);
            if (p == 0) work_.reach(t);
            const std::uint32_t* const rows = done.rows + (done.begin[k] - done.begin[0]);
            const std::uint32_t count = done.begin[k + 1] - done.begin[k],
                                first = layout_.populations[p].first_row;
            work_.add(p, t, rows, count, first);
            for (std::uint32_t i = 0; i < count && !counted_[p].empty(); ++i)
                ++counted_[p][rows[i] - first];
        }
    }
    /// Appends what lies between the begins of (step, population) pairs, of the wanted populations.
    template <class Wanted>
    void add_spikes(std::int64_t first, const std::vector<std::uint32_t>& begin,
                    const std::uint32_t* rows, const float* values, Spikes& to,
                    Wanted&& wanted) const {
        const std::size_t populations = layout_.populations.size();
        for (std::size_t k = 0; k + 1 < begin.size(); ++k) {
            const auto step = first + static_cast<std::int64_t>(k / populations) + 1;
            const std::size_t p = k % populations;
            if (!wanted(p)) continue;
            for (std::uint32_t i = begin[k] - begin[0]; i < begin[k + 1] - begin[0]; ++i) {
                to.step.push_back(static_cast<std::uint32_t>(step));
                to.population.push_back(static_cast<std::uint32_t>(p));
                to.cell.push_back(rows[i] - layout_.populations[p].first_row);
                if (graded_) to.value.push_back(values[i]);
            }
        }
    }
    /// The other way round, of the steps before `now_` that still matter.
    ListedSpikes listed(const Spikes& spikes) const {
        const std::size_t populations = layout_.populations.size();
        ListedSpikes out;
        out.first = std::max<std::int64_t>(0, now_ - reach_);
        out.begin.assign(static_cast<std::size_t>(now_ - out.first) * populations + 1, 0);
        std::vector<std::tuple<std::size_t, std::uint32_t, float>> sorted;
        for (std::size_t k = 0; k < spikes.size(); ++k) {
            const std::int64_t step = static_cast<std::int64_t>(spikes.step[k]) - 1;
            if (step < out.first) continue;
            const std::size_t p = spikes.population[k];
            sorted.emplace_back(static_cast<std::size_t>(step - out.first) * populations + p,
                                layout_.populations[p].first_row + spikes.cell[k],
                                graded_ ? spikes.value[k] : 1.0f);
            ++out.begin[std::get<0>(sorted.back()) + 1];
        }
        std::sort(sorted.begin(), sorted.end());
        for (std::size_t k = 1; k < out.begin.size(); ++k) out.begin[k] += out.begin[k - 1];
        for (const auto& [at, row, value] : sorted) {
            out.rows.push_back(row);
            if (graded_) out.values.push_back(value);
        }
        return out;
    }

    void count_events() {
        if (!options_.profile) return;
        std::int64_t count = 0;
        steps_.download(&count, events_.data(), 1);
        report_.events = exchange_.sum(static_cast<std::uint64_t>(count));
    }
    void check_numbers() {
        std::uint64_t place = 0;
        steps_.download(&place, strayed_.data(), 1);
        if (exchange_.alone()) {
            if (place != none_strayed) tell_strayed(place);
            return;
        }
        std::optional<FoundTrouble> mine;
        try {
            if (place != none_strayed) tell_strayed(place);
        } catch (const NumericalError& e) {
            // Rows are by population and cell.
            mine = FoundTrouble{static_cast<std::int64_t>(place >> 32), 0,
                                static_cast<std::uint32_t>(place), e.what()};
        }
        tell_first_trouble(exchange_, mine);
    }
    void tell_strayed(std::uint64_t place) {
        const auto row = static_cast<std::uint32_t>(place);
        std::vector<std::uint64_t> values(columns_.size());
        steps_.download(values.data(), strayed_values_.data(), values.size());
        const std::uint64_t* column = values.data();
        for (const DeviceGroup& g : groups_) {
            for (std::size_t v = 0; v < g.state.size(); ++v, ++column) {
                if (*column >> 32 != row) continue;
                const StrayedCell cell{row - layout_.populations[g.population].first_row, v,
                                       bits_to_float(static_cast<std::uint32_t>(*column))};
                throw_strayed(spec_, g.population, cell.cell,
                              static_cast<std::int64_t>(place >> 32), strayed(g, cell));
            }
        }
    }

    /// What the host, whose cells are gone, knows of a state.
    StrayedState strayed(const DeviceGroup& g, const StrayedCell& cell) const {
        std::vector<std::int32_t> no_sums(65536);
        std::size_t b = 0;
        while (layout_.blocks[b].slices[g.population].first != g.first ||
               layout_.blocks[b].slices[g.population].count != g.count)
            ++b;
        return snnsim::make_cells(spec_, g.population, layout_.blocks[b].slices[g.population],
                                  built_.grid, no_sums.data())
            ->strayed(cell);
    }

    /// "NVIDIA H200 on each of 2 ranks (devices 0, 1), spikes by way of the host"
    std::string name_on_ranks() const {
        const std::string name = steps_.name();
        if (exchange_.alone()) return name;
        const auto number = static_cast<std::uint32_t>(options_.cuda_device);
        Gathered all;
        exchange_.all_gather(std::span(&number, 1), all);
        std::string devices;
        for (const std::uint32_t n : all.words)
            devices += (devices.empty() ? "" : ", ") + std::to_string(n);
        return name.substr(0, name.find(", device")) + " on each of " +
               std::to_string(exchange_.ranks()) + " ranks (devices " + devices +
               "), spikes by way of " + spikes_on_ranks_.way();
    }
    static DelayReach delays_of_all(const Synapses& built, Exchange& exchange) {
        DelayReach reach;
        for (const DelayRange& d : built.rows.delays) reach.add(d);
        for (const StencilProjection& p : built.stencils) {
            for (const StencilProjection::Group& g : p.groups) reach.add({g.delay, 1});
        }
        for (const ProjectionPlan& p : built.procedural) reach.add(p.reach);
        for (const NumberedPlan& p : built.plastic) reach.add(p.plan.reach);
        if (exchange.alone()) return reach;
        return {exchange.least(reach.shortest), exchange.greatest(reach.longest)};
    }

    Exchange& exchange_;
    const std::vector<CellRecord> records_;
    const bool graded_ = spec_.graded();
    mutable Steps steps_;
    Synapses built_;
    const DelayReach delays_;
    Buffer<std::int64_t> events_;
    DueSpikesOn<Steps> due_;
    SynapsesOn<Steps> synapses_;
    StencilsOn<Steps> stencils_;
    DrawnRowsOn<Steps> drawn_;
    PlasticOn<Steps> plastic_;
    const std::int64_t reach_;  // steps for which a spike is needed after its own
    mutable SpikeChunks<Steps> chunks_;
    SpikesOnRanks<Steps> spikes_on_ranks_;
    std::array<std::unique_ptr<CellsOn<Steps>>, 2 * CellModels::names.size()> cells_;
    std::map<const CellEquations*, std::unique_ptr<CellsOn<Steps>>> written_cells_;
    std::vector<DeviceGroup> groups_;
    std::vector<std::size_t> variables_;  // of the states of a population's cells
    Buffer<CellWord> words_;
    Buffer<std::uint32_t> bits_;
    Buffer<float> sent_;  // by row, where spikes are graded
    Buffer<StateColumn> columns_;
    std::uint32_t column_teams_ = 1;
    Buffer<std::uint64_t> strayed_{std::vector<std::uint64_t>{none_strayed}};
    Buffer<std::uint64_t> strayed_values_;  // [column]
    StimuliOn<Steps> stimuli_;
    GapsOn<Steps> gaps_;
    mutable RecordsOn<Steps> recorded_;
    bool due_counted_ = false;  // the starts in due_ are those of the step that comes next
    std::string name_;
    std::vector<std::uint64_t> counts_;
    std::vector<StateSamples> samples_;
    WorkCounter work_;
};

}  // namespace snnsim
