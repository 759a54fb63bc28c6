#include "src/engine/plasticity/weight_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "snnsim/error.hpp"
#include "src/engine/place_of.hpp"
#include "src/engine/plasticity/collect_state.hpp"

namespace snnsim {
namespace {

bool same(float a, float b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

[[noreturn]] void throw_no_single(const SimulationSpec& spec, const SimulationRecordSpec& r,
                                  const std::vector<std::int64_t>& pair, std::size_t count) {
    throw ModelError(fmt::format(
        "{}'{}' has {} from cell {} to cell {}; list pairs that one synapse joins",
        place_of(spec, r.at), r.projection,
        count == 0 ? "no synapse" : fmt::format("{} synapses", count), pair[0], pair[1]));
}

}  // namespace

WeightRecords::WeightRecords(const SimulationSpec& spec, const Layout& layout,
                             const std::vector<std::unique_ptr<PlasticProjection>>& projections) {
    for (const SimulationRecordSpec& r : spec.record) {
        if (!r.of_weights()) continue;
        const auto p = std::find_if(projections.begin(), projections.end(), [&](const auto& q) {
            return spec.projections[q->projection].name() == r.projection;
        });
        SNN_EXPECT(p != projections.end());
        Record& record = records_.emplace_back();
        record.projection = p->get();
        record.bins = r.of_histogram() ? static_cast<std::size_t>(r.bins) : 0;
        if (!r.of_synapses()) record.interval = step_of(r.interval, spec.dt);
        for (const std::vector<std::int64_t>& pair : r.synapses) {
            const auto source = static_cast<std::uint32_t>(pair[0]),
                       target = static_cast<std::uint32_t>(pair[1]);
            const std::size_t block = layout.panels[(*p)->to][target / cell_panel].block;
            if (block == layout.blocks.size()) {  // another rank looks at it
                record.watched.push_back({{block, source, 0}});
                continue;
            }
            const std::uint32_t local = target - layout.blocks[block].slices[(*p)->to].first;
            std::size_t count = 0;
            (*p)->rows.for_each_between(block, source, local,
                                        [&](std::uint32_t, std::uint32_t) { ++count; });
            if (count != 1) throw_no_single(spec, r, pair, count);
            record.watched.push_back({{block, source, local}});
        }
    }
}

void WeightRecords::reserve(std::int64_t first, std::int64_t last) {
    for (Record& r : records_) {
        if (r.interval == 0) continue;
        StateSamples& out = r.samples;
        r.base = static_cast<std::int64_t>(out.step.size()) - first / r.interval;
        for (std::int64_t k = first / r.interval + 1; k <= last / r.interval; ++k)
            out.step.push_back(static_cast<std::uint32_t>(k * r.interval));
        if (r.bins > 0) {
            out.counts.resize(out.step.size() * r.bins);
        } else {
            out.values.resize(out.step.size() * r.projection->rows.size());
        }
    }
}

void WeightRecords::end_step(std::size_t block, std::int64_t t) {
    for (Record& r : records_) {
        if (r.interval == 0) {
            watch(r, block, t);
        } else if ((t + 1) % r.interval == 0) {
            sample(r, block, t);
        }
    }
}

void WeightRecords::sample(Record& r, std::size_t block, std::int64_t t) {
    r.projection->catch_up(block, t + 1);
    const auto row = static_cast<std::size_t>(r.base + (t + 1) / r.interval - 1);
    if (r.bins == 0) {
        r.projection->read_weights(block,
                                   r.samples.values.data() + row * r.projection->rows.size());
        return;
    }
    std::vector<std::uint64_t> mine(r.bins);
    r.projection->count_weights(block, mine);
    for (std::size_t k = 0; k < r.bins; ++k)  // other blocks add to the same
        std::atomic_ref(r.samples.counts[row * r.bins + k])
            .fetch_add(mine[k], std::memory_order_relaxed);
}

void WeightRecords::watch(Record& r, std::size_t block, std::int64_t t) {
    for (Watched& w : r.watched) {
        if (w.at.block == block)
            w.note(t + 1, r.projection->weight_at(block, w.at.source, w.at.target, t + 1));
    }
}

void WeightRecords::Watched::note(std::int64_t steps_done, float weight) {
    if (same(weight, last)) return;
    last = weight;
    changes.emplace_back(static_cast<std::uint32_t>(steps_done), weight);
}

std::int64_t WeightRecords::next_sample(std::int64_t now) const {
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    for (const Record& r : records_) {
        if (r.interval > 0) next = std::min(next, (now / r.interval + 1) * r.interval);
    }
    return next;
}

std::vector<WatchedSynapse> WeightRecords::watched(const PlasticProjection& projection) const {
    std::vector<WatchedSynapse> out;
    for (const Record& r : records_) {
        if (r.projection != &projection) continue;
        for (const Watched& w : r.watched) out.push_back(w.at);
    }
    return out;
}

void WeightRecords::note(const PlasticProjection& projection, std::int64_t first,
                         const std::vector<float>& weights) {
    for (std::size_t at = 0; at < weights.size();) {
        ++first;
        for (Record& r : records_) {
            if (r.projection != &projection) continue;
            for (Watched& w : r.watched) {
                const float weight = weights[at++];
                if (w.at.block < projection.rows.blocks.size()) w.note(first, weight);
            }
        }
    }
}

/// By time, those of one step in the order of the list.
void WeightRecords::collect_changes(Record& r, Exchange& exchange) {
    if (!exchange.alone()) {
        WordWriter mine;
        for (const Watched& w : r.watched) {
            mine.add(std::uint64_t{w.changes.size()});
            for (const auto& [step, weight] : w.changes) {
                mine.add(step);
                mine.add(weight);
            }
        }
        Gathered all;
        exchange.gather(mine.words, all);
        for (int rank = 1; exchange.leads() && rank < exchange.ranks(); ++rank) {
            WordReader theirs(all.of(rank));
            for (Watched& w : r.watched) {
                for (auto count = theirs.get<std::uint64_t>(); count > 0; --count) {
                    const auto step = theirs.get<std::uint32_t>();
                    w.changes.emplace_back(step, theirs.get<float>());
                }
            }
        }
    }
    std::vector<std::pair<std::uint32_t, std::size_t>> order;  // step, place in the list
    for (std::size_t k = 0; k < r.watched.size(); ++k) {
        for (const auto& change : r.watched[k].changes) order.emplace_back(change.first, k);
    }
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> next(r.watched.size());
    for (const auto& [step, k] : order) {
        r.samples.step.push_back(step);
        r.samples.values.push_back(static_cast<float>(k));
        r.samples.values.push_back(r.watched[k].changes[next[k]++].second);
    }
    for (Watched& w : r.watched) w.changes.clear();
}

std::vector<StateSamples> WeightRecords::take(Exchange& exchange) {
    std::vector<StateSamples> out;
    for (Record& r : records_) {
        if (r.interval == 0) collect_changes(r, exchange);
        if (r.bins > 0) exchange.sum(r.samples.counts);
        if (r.interval > 0 && r.bins == 0 && !exchange.alone())
            collect_numbered(r.projection->rows, r.samples.step.size(), r.samples.values);
        out.push_back(std::exchange(r.samples, {}));
    }
    return out;
}

std::vector<float> WeightRecords::last_of(const PlasticProjection& projection,
                                          Exchange& exchange) const {
    std::vector<float> last;
    WordWriter mine;
    for (const Record& r : records_) {
        if (r.projection != &projection) continue;
        for (const Watched& w : r.watched) {
            const bool here = w.at.block < projection.rows.blocks.size();
            last.push_back(here ? w.last : std::numeric_limits<float>::quiet_NaN());
        }
    }
    if (exchange.alone()) return last;
    mine.add(last);
    Gathered all;
    exchange.gather(mine.words, all);
    for (int rank = 1; exchange.leads() && rank < exchange.ranks(); ++rank) {
        std::vector<float> theirs;
        WordReader(all.of(rank)).get(theirs);
        for (std::size_t k = 0; k < theirs.size(); ++k) {
            if (!std::isnan(theirs[k])) last[k] = theirs[k];
        }
    }
    return last;
}

void WeightRecords::set_last(const PlasticProjection& projection, const std::vector<float>& last) {
    std::size_t k = 0;
    for (Record& r : records_) {
        if (r.projection != &projection) continue;
        for (Watched& w : r.watched) w.last = last.at(k++);
    }
}

}  // namespace snnsim
