#include "src/engine/cpu/delivery.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "kernels/host_device.hpp"

namespace snnsim {
namespace {

/// How many synapses add_dense goes through.
std::uint64_t dense_events(const DenseProjection& p, FiredSpan fired, const Slice& slice) {
    std::uint64_t count = std::uint64_t{fired.count} * slice.count;
    for (std::uint32_t k = 0; p.skips_itself && k < fired.count; ++k) {
        if (fired.cells[k] - slice.first < slice.count) --count;
    }
    return count;
}

}  // namespace

Delivery::Delivery(const Layout& layout, Synapses& synapses)
    : layout_(layout),
      rows_(std::move(synapses.rows)),
      dense_(std::move(synapses.dense)),
      stencils_(std::move(synapses.stencils)),
      generator_(layout, std::move(synapses.procedural), rows_.wide),
      blocks_(layout.blocks.size() + (layout.whole ? 0 : 1)) {
    for (Block& b : blocks_) {
        b.writer = std::make_unique<RowWriter>(layout_);
        b.underway.resize(layout_.populations.size());
    }
}

void Delivery::add_delays(DelayReach& reach) const {
    for (const DelayRange& d : rows_.delays) reach.add(d);
    for (const DelayRange& d : generator_.delays()) reach.add(d);
    for (const DenseProjection& d : dense_) reach.add({d.delay, 1});
    for (const StencilProjection& s : stencils_)
        for (const StencilProjection::Group& g : s.groups) reach.add({g.delay, 1});
}

std::size_t Delivery::bytes() const {
    std::size_t sum = rows_.bytes();
    for (const DenseProjection& d : dense_) sum += d.bytes();
    for (const StencilProjection& s : stencils_) sum += s.bytes();
    return sum;
}

void Delivery::start(const FiredHistory& history) {
    if (!generator_.empty()) drawn_.resize(history.size());
}

void Delivery::deliver(const FiredHistory& history, std::size_t b, std::int64_t t,
                       std::int32_t* sums) {
    find_due(history, b, t);
    for_each_fetched(blocks_[b].due,
                     [&](const Segment& s) { add_narrow(s.first, s.words, s.value, sums); });
    for_each_fetched(blocks_[b].due_wide,
                     [&](const Segment& s) { add_wide(s.first, s.words, s.value, sums); });
    for (const DenseProjection& d : dense_) {
        const Slice& slice = layout_.blocks[b].slices[d.to];
        if (slice.count == 0) continue;
        history.for_each_sent({d.delay, 1}, t, [&](std::uint32_t, std::size_t place) {
            add_dense(d, history.of(place, d.from), slice, sums + slice.slot);
        });
    }
    for (const StencilProjection& s : stencils_) {
        const Slice& slice = layout_.blocks[b].slices[s.to];
        for (const StencilProjection::Group& g : s.groups)
            history.for_each_sent({g.delay, 1}, t, [&](std::uint32_t, std::size_t place) {
                add_stencil(s, g, history.of(place, s.from), slice, sums + slice.slot);
            });
    }
}

std::uint64_t Delivery::events(const FiredHistory& history, std::size_t block,
                               std::int64_t t) const {
    std::uint64_t sum = 0;
    for (const Segment& s : blocks_[block].due) sum += s.words / words_per_narrow;
    for (const Segment& s : blocks_[block].due_wide) sum += s.words / words_per_wide;
    for (const DenseProjection& d : dense_) {
        history.for_each_sent({d.delay, 1}, t, [&](std::uint32_t, std::size_t place) {
            sum += dense_events(d, history.of(place, d.from), layout_.blocks[block].slices[d.to]);
        });
    }
    for (const StencilProjection& s : stencils_) {
        for (const StencilProjection::Group& g : s.groups)
            history.for_each_sent({g.delay, 1}, t, [&](std::uint32_t, std::size_t place) {
                sum += stencil_events(s, g, history.of(place, s.from),
                                      layout_.blocks[block].slices[s.to]);
            });
    }
    return sum;
}

void Delivery::draw_rows(const FiredHistory& history, std::size_t block, std::int64_t t) {
    if (generator_.empty()) return;
    const std::size_t place = history.place_of(t, block);
    GeneratedRows& rows = drawn_[place];
    generator_.clear(rows);
    for (std::size_t p = 0; p < layout_.populations.size(); ++p)
        generator_.add(p, history.of(place, p), *blocks_[block].writer, rows);
    RowGenerator::trim(rows);
}

/// Calls f(segment) while the segments that follow are on their way from memory.
template <class F>
void Delivery::for_each_fetched(const Segments& due, F&& f) {
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

void Delivery::forget() {
    for (Block& b : blocks_) {
        for (SpikesUnderway& u : b.underway) u.next = -1;
    }
}

void Delivery::add_underway(const FiredHistory& history, std::size_t b, std::int64_t t,
                            std::size_t p, std::uint32_t delay) {
    const DelayRange delays = rows_.delays[p];
    SpikesUnderway& u = blocks_[b].underway[p];
    const std::uint32_t first_row = layout_.populations[p].first_row;
    const auto first_segment = static_cast<std::uint32_t>(b) * delays.count;
    const auto for_each = [&](auto&& f) {
        history.for_each_sent({delays.first + delay, 1}, t, [&](std::uint32_t, std::size_t place) {
            const FiredSpan fired = history.of(place, p);
            for (std::uint32_t i = 0; i < fired.count; ++i) f(fired, i);
        });
    };
    const auto row_of = [&](std::uint32_t cell) {
        return rows_.synapses.get() + rows_.row_start[first_row + cell];
    };
    const std::uint32_t segment = first_segment + delay;
    if (rows_.is_numbered(p)) {
        for_each([&](const FiredSpan& fired, std::uint32_t i) {
            const std::uint32_t row = first_row + fired.cells[i];
            const std::span<const std::uint16_t> numbers = rows_.numbers_of(p, row);
            const auto from = std::lower_bound(numbers.begin(), numbers.end(), segment);
            const auto to = std::lower_bound(from, numbers.end(), first_segment + delays.count);
            const auto before = static_cast<std::uint32_t>(from - numbers.begin());
            if (from != to)
                u.by_numbers.push_back({numbers.data() + before,
                                        numbers.data() + (to - numbers.begin()),
                                        row_of(fired.cells[i]), before * rows_.words_per_synapse(p),
                                        segment, fired.value(i)});
        });
        return;
    }
    for_each([&](const FiredSpan& fired, std::uint32_t i) {
        prefetch(rows_.edges(p, fired.cells[i]) + segment);
    });
    for_each([&](const FiredSpan& fired, std::uint32_t i) {
        const std::uint32_t* const edge = rows_.edges(p, fired.cells[i]) + segment;
        if (edge[0] == edge[delays.count - delay]) return;  // nothing for this block
        u.by_edges.push_back({edge + 1, edge + delays.count - delay + 1, row_of(fired.cells[i]),
                              edge[0], segment, fired.value(i)});
    });
}

template <class Index, class Arrive>
void Delivery::step_underway(std::vector<Underway<Index>>& spikes, std::size_t& first,
                             Segments& due, Arrive&& arrive) {
    constexpr std::size_t ahead = 8;
    const std::size_t count = spikes.size();
    for (std::size_t i = first; i < count; ++i) {
        if (i + ahead < count) prefetch(spikes[i + ahead].next);
        Underway<Index>& s = spikes[i];
        const std::uint32_t before = s.arrived;
        arrive(s);
        if (s.arrived != before) due.push_back({s.row + before, s.arrived - before, s.value});
    }
    while (first < count && spikes[first].next == spikes[first].end) ++first;
    if (first <= count / 2) return;
    spikes.erase(spikes.begin(), spikes.begin() + static_cast<std::ptrdiff_t>(first));
    first = 0;
}

/// Lists the segments of the block that are due in step t.
void Delivery::find_due(const FiredHistory& history, std::size_t b, std::int64_t t) {
    Block& block = blocks_[b];
    block.due.clear();
    block.due_wide.clear();
    for (std::size_t p = 0; p < layout_.populations.size(); ++p) {
        Segments& due = rows_.wide[p] ? block.due_wide : block.due;
        const DelayRange delays = rows_.delays[p];
        if (delays.count > 0) {
            SpikesUnderway& u = block.underway[p];
            if (u.next != t) {
                u = {};
                for (std::uint32_t k = delays.count - 1; k > 0; --k)
                    add_underway(history, b, t, p, k);
            }
            add_underway(history, b, t, p, 0);
            u.next = t + 1;
            if (rows_.is_numbered(p)) {
                const std::uint32_t size = rows_.words_per_synapse(p);
                step_underway(u.by_numbers, u.first, due, [size](auto& s) {
                    for (; s.next != s.end && *s.next == s.segment; ++s.next) s.arrived += size;
                    ++s.segment;
                });
            } else {
                step_underway(u.by_edges, u.first, due, [](auto& s) { s.arrived = *s.next++; });
            }
        }
        if (!generator_.empty()) find_drawn(history, b, t, p, due);
    }
}

void Delivery::find_drawn(const FiredHistory& history, std::size_t b, std::int64_t t, std::size_t p,
                          Segments& due) const {
    const DelayRange delays = generator_.delays()[p];
    history.for_each_sent(delays, t, [&](std::uint32_t k, std::size_t place) {
        const GeneratedRows& rows = drawn_[place];
        const FiredSpan f = history.of(place, p);
        for (std::uint32_t i = 0; i < f.count; ++i) {
            const std::uint32_t* edge = rows.edges.data() + rows.first_edge[p] +
                                        i * generator_.edges_per_row(p) + b * delays.count + k;
            if (edge[0] == edge[1]) continue;
            due.push_back({rows.synapses.data() + edge[0], edge[1] - edge[0], f.value(i)});
        }
    });
}

}  // namespace snnsim
