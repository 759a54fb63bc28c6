#include "src/engine/plasticity/collect_state.hpp"

#include "src/engine/ranks/exchange.hpp"

namespace snnsim {
namespace {

/// Synapses of this rank whose numbers follow one another.
struct Run {
    std::uint64_t first, count;
};

/// Of segments from .. to - 1.
std::vector<Run> runs_of(const PlasticRows& rows, std::uint32_t from, std::uint32_t to) {
    std::vector<Run> runs;
    for (std::uint32_t s = from; s < to; ++s) {
        std::uint64_t count = 0;
        for (const PlasticRows::Block& b : rows.blocks) count += b.edge[s + 1] - b.edge[s];
        if (count > 0) runs.push_back({rows.first_number(0, s), count});
    }
    return runs;
}

/// `all`: by number, `width` values each; empty where no rank has any, or this one.
template <class T>
void add_numbered(WordWriter& message, const std::vector<Run>& runs, const std::vector<T>& all,
                  std::size_t width = 1) {
    message.add(std::uint8_t{!all.empty()});
    if (all.empty()) return;
    for (const Run& r : runs) message.add_array(all.data() + r.first * width, r.count * width);
}
template <class T>
void get_numbered(WordReader& message, const std::vector<Run>& runs, std::uint64_t size,
                  std::vector<T>& all, std::size_t width = 1) {
    if (!message.get<std::uint8_t>()) return;
    all.resize(size * width);
    for (const Run& r : runs) message.get_array(all.data() + r.first * width, r.count * width);
}

/// Calls f(reader, rank) on rank 0 for the messages of the others.
template <class F>
void for_each_other(Exchange& exchange, const WordWriter& mine, F&& f) {
    Gathered all;
    exchange.gather(mine.words, all);
    for (int r = 1; exchange.leads() && r < exchange.ranks(); ++r) {
        WordReader theirs(all.of(r));
        f(theirs, r);
        SNN_EXPECT(theirs.done());
    }
}

/// Calls f(array, values a synapse) for what has an entry a synapse.
template <class State, class F>
void for_each_numbered(State& s, bool resources_by_synapse, F&& f) {
    f(s.weight, 1u);
    f(s.own, 1u);
    f(s.ready, 1u);
    f(s.source, 1u);
    f(s.target, 1u);
    if (resources_by_synapse) f(s.resources, 2u);
}
/// Calls f(array) for what comes target after target.
template <class State, class F>
void for_each_of_targets(State& s, F&& f) {
    f(s.post_count);
    f(s.post_step);
    f(s.post);
    f(s.late_plus);
    f(s.late_minus);
    f(s.fired);
    f(s.rate);
}
/// Calls f(value) for what all ranks with targets know alike: the last has some.
template <class State, class F>
void for_each_of_sources(State& s, bool resources_by_synapse, F&& f) {
    f(s.arrived);
    f(s.pre);
    if (!resources_by_synapse) f(s.resources);
    f(s.reward);
    f(s.done);
}

}  // namespace

void collect_state(const PlasticRows& rows, bool resources_by_synapse, PlasticState& state) {
    Exchange& exchange = *rows.exchange;
    const std::vector<Run> runs = runs_of(rows, 0, rows.segments());
    const int last = exchange.ranks() - 1;
    WordWriter mine;
    mine.add(runs);
    for_each_numbered(state, resources_by_synapse, [&](const auto& all, std::size_t width) {
        add_numbered(mine, runs, all, width);
    });
    for_each_of_targets(state, [&](const auto& all) { mine.add(all); });
    mine.add(state.released);
    if (exchange.rank() == last)
        for_each_of_sources(state, resources_by_synapse, [&](const auto& all) { mine.add(all); });
    for_each_other(exchange, mine, [&](WordReader& theirs, int rank) {
        std::vector<Run> parts;
        theirs.get(parts);
        for_each_numbered(state, resources_by_synapse, [&](auto& all, std::size_t width) {
            get_numbered(theirs, parts, rows.size(), all, width);
        });
        for_each_of_targets(state, [&](auto& all) {
            auto more = all;
            theirs.get(more);
            all.insert(all.end(), more.begin(), more.end());
        });
        state.released += theirs.get<std::uint64_t>();
        if (rank == last)
            for_each_of_sources(state, resources_by_synapse, [&](auto& all) { theirs.get(all); });
    });
}

void collect_weights(const PlasticRows& rows, std::uint32_t from, std::uint32_t to,
                     ProjectionWeights& weights) {
    std::vector<Run> runs = runs_of(rows, from, to);
    for (Run& r : runs) r.first -= weights.first;
    const auto for_each = [&](auto&& f) {
        f(weights.source);
        f(weights.target);
        f(weights.delay);
        f(weights.weight);
    };
    WordWriter mine;
    mine.add(runs);
    for_each([&](const auto& all) { add_numbered(mine, runs, all); });
    for_each_other(*rows.exchange, mine, [&](WordReader& theirs, int) {
        std::vector<Run> parts;
        theirs.get(parts);
        for_each([&](auto& all) { get_numbered(theirs, parts, weights.weight.size(), all); });
    });
}

void collect_numbered(const PlasticRows& rows, std::size_t times, std::vector<float>& values) {
    const std::vector<Run> runs = runs_of(rows, 0, rows.segments());
    WordWriter mine;
    mine.add(runs);
    for (std::size_t t = 0; t < times; ++t) {
        for (const Run& r : runs)
            mine.add_array(values.data() + t * rows.size() + r.first, r.count);
    }
    for_each_other(*rows.exchange, mine, [&](WordReader& theirs, int) {
        std::vector<Run> parts;
        theirs.get(parts);
        for (std::size_t t = 0; t < times; ++t) {
            for (const Run& r : parts)
                theirs.get_array(values.data() + t * rows.size() + r.first, r.count);
        }
    });
}

}  // namespace snnsim
