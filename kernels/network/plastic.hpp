// What spikes do to synapses that change, for a machine with many threads: arrivals walk the rows,
// a thread a synapse at a time; spikes of targets go to lists that arrivals look at.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/network/deliver.hpp"
#include "kernels/plasticity/release.hpp"
#include "kernels/plasticity/short_term.hpp"
#include "kernels/plasticity/synapse.hpp"

namespace snnsim {

/// What changes between steps that were captured once.
struct PlasticProgress {
    std::int64_t done = 0;      // see SegmentTime
    std::uint32_t plastic = 1;  // weights change
    std::uint32_t crowded = 0;  // a target's list has no room for all that a batch may bring
};

/// The synapses of a projection in device memory: by (source, delay, target), which is the order of
/// their numbers. Of several processes each holds those of its own targets, which it numbers from 0
/// on. Segments are those of PlasticRows.
template <class R>
struct PlasticArrays {
    const RuleConstants<R>* constants;
    PlasticProgress* progress;
    std::uint32_t first_delay, delays;
    const std::uint64_t* edge;    // [segment], and the end of the last
    const std::uint32_t* target;  // [synapse]: behind first_target
    const std::uint32_t* slot;    // [target]: of its sum
    std::int32_t* sums;
    PlasticWeight* weight;  // [synapse]
    float* own;             // [synapse], of rules that keep one; else null
    std::uint8_t* ready;    // [synapse], of several sites; else null
    LastArrival<R>* last;   // [segment]
    ShortTerm* short_term;  // [segment], or see PlasticRelease::by_synapse; null where it stays
    std::uint32_t* fired;   // [target], since the last scaling; null: not counted
    PostSpikes<R> posts;
    PlasticRelease release;
    std::int64_t* events;             // see SynapseArrays
    std::int64_t* released;           // where synapses may fail: see PlasticProjection; else null
    std::uint32_t first_target;       // in its population
    const std::uint32_t* first_draw;  // [segment]: the place of its first synapse among those of
                                      // its source, of all processes; null: all are here

    SNN_HD std::int64_t lag_of(std::uint32_t segment) const {
        return constants->dendritic ? 2 * static_cast<std::int64_t>(first_delay + segment % delays)
                                    : 0;
    }
    SNN_HD std::int64_t longest_lag() const { return lag_of(delays - 1); }
    SNN_HD SegmentTime<R> time_of(std::uint32_t segment) const {
        const LastArrival<R>& before = last[segment];
        const std::int64_t seen = constants->dendritic ? before.step() + 1 : before.step();
        return {before, lag_of(segment), seen > progress->done ? seen : progress->done};
    }
    SNN_HD float* own_of(std::uint64_t synapse) const { return own ? own + synapse : nullptr; }
    SNN_HD std::uint8_t* ready_of(std::uint64_t synapse) const {
        return ready ? ready + synapse : nullptr;
    }
    /// Something is left to do of synapses whose weights stay: traces of their own.
    SNN_HD bool works() const { return progress->plastic || own; }

    /// What a spike finds that arrives at a segment in step t.
    struct Arrival {
        LastArrival<R> now;
        PlasticRelease::Arrival found;
        ShortTerm resources;
        float factor = 1.0f;
    };
    SNN_HD Arrival arrival(std::uint32_t segment, std::uint32_t source, std::int64_t t) const {
        const LastArrival<R>& before = last[segment];
        Arrival a;
        a.now.steps = static_cast<std::uint32_t>(t + 1);
        constants->pre_at(before, t, a.now.before);
        if (!release.short_term) return a;
        a.found = release.arrival(t - before.step(), before.steps == 0);
        if (release.by_synapse()) return a;
        a.resources = release.next(short_term[segment], a.found, source, 0);
        a.factor = release.factor(a.resources);
        return a;
    }
};

/// Body over the spikes that arrive in a step, for teams: brings their synapses up to the arrival,
/// delivers, and notes it. The threads of a team share the synapses of a segment.
template <class R, bool Learns>
struct ArrivePlastic {
    DueInStep in;
    std::uint32_t first_row;  // of the sources
    PlasticArrays<R> at;

    SNN_HD std::uint32_t count() const { return in.count(); }
    template <class Team>
    SNN_HD void operator()(std::uint32_t n, const Team& team) const {
        const std::uint32_t delay = team.same([&] { return in.list_of(n); });
        const std::uint32_t cell = in.window->spikes[in.spike(n, delay)] - first_row;
        const std::uint32_t segment = cell * at.delays + delay;
        const auto a = at.arrival(segment, cell, in.step());
        arrive(cell, segment, in.step(), a, team.lane, team.lanes);
        team.wait();  // all have read what was before
        if (team.lane + 1 != team.lanes) return;
        at.last[segment] = a.now;
        if (at.release.short_term && !at.release.by_synapse()) at.short_term[segment] = a.resources;
    }

  private:
    SNN_HD void arrive(std::uint32_t cell, std::uint32_t segment, std::int64_t t,
                       const typename PlasticArrays<R>::Arrival& a, std::uint32_t lane,
                       std::uint32_t lanes) const {
        const SegmentTime<R> time = at.time_of(segment);
        const bool plastic = at.progress->plastic, works = at.works();
        RandomKey random = at.release.random;
        random.entity = cell;
        random.sub_entity = static_cast<std::uint32_t>(t);
        if (at.events && lane == 0)
            add_shared(at.events,
                       static_cast<std::int64_t>(at.edge[segment + 1] - at.edge[segment]));
        // The place of synapse k among those of its source, from `first` on, goes into its draws.
        const std::uint64_t first = at.first_draw
                                        ? at.edge[segment] - at.first_draw[segment]
                                        : at.edge[static_cast<std::uint64_t>(cell) * at.delays];
        std::int64_t released = 0;
        for (std::uint64_t k = at.edge[segment] + lane; k < at.edge[segment + 1]; k += lanes) {
            const std::uint32_t target = at.target[k];
            if constexpr (Learns) {
                PlasticWeight w = at.weight[k];
                if (works)
                    snnsim::arrive(*at.constants, time, t, a.now.before, at.posts, target, w,
                                   at.own_of(k));
                if (plastic) at.weight[k] = w;
            }
            const float weight = in_w_max(at.weight[k]), unit = at.release.grid_unit;
            float sent, factor = a.factor;
            if (at.release.by_synapse()) {
                at.short_term[k] =
                    at.release.next(at.short_term[k], a.found, cell, at.first_target + target);
                factor = at.release.factor(at.short_term[k]);
            }
            if (at.release.stochastic) {
                const float part =
                    at.release.share(random.draw(static_cast<std::uint32_t>(k - first)), a.found,
                                     factor, at.ready_of(k), cell, at.first_target + target);
                released += part > 0.0f && weight != 0.0f ? 1 : 0;
                sent = weight * part * unit;
            } else {
                sent = weight * (factor * unit);
            }
            add_shared(at.sums + at.slot[target],
                       static_cast<std::int32_t>(std::floor(sent + 0.5f)));
        }
        if (released > 0) add_shared(at.released, released);
    }
};

/// Body over `parts`: lists the spikes that the targets sent in a step.
template <class R>
struct NoteTargets {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    std::uint32_t population, first_row;
    std::uint32_t parts;
    PlasticArrays<R> at;

    SNN_HD void operator()(std::size_t i) const {
        const std::int64_t t = window->now + k;
        const std::uint32_t* const begin = window->begins(t) + population;
        for (std::size_t s = begin[0] + i; s < begin[1]; s += parts)
            note(window->spikes[s] - first_row, t);
    }

  private:
    SNN_HD void note(std::uint32_t target, std::int64_t t) const {
        if (at.fired) ++at.fired[target];
        if constexpr (ReadsVoltages<R>) return;  // see NoteVoltages
        const std::uint32_t count = at.posts.count[target];
        PostSpike<R> spike{static_cast<std::uint32_t>(t), {}};
        if (count > 0) {
            const PostSpike<R>& last = at.posts.at(target, count - 1);
            at.constants->post_after(last, t - last.step(), spike.before);
        }
        at.posts.at(target, count) = spike;
        at.posts.count[target] = count + 1;
    }
};

/// Body over targets of a rule that goes by their voltages: keeps those of a step, and lists it
/// where it counts.
template <ReadsVoltages R>
struct NoteVoltages {
    const StepWindow* window;
    std::int64_t k;         // the step's number in its batch
    const float* const* v;  // [target]: where its state lies
    const float* const* u_bar_plus;
    const float* const* u_bar_minus;
    PlasticArrays<R> at;

    SNN_HD void operator()(std::size_t i) const {
        const std::int64_t t = window->now + k;
        const auto target = static_cast<std::uint32_t>(i);
        const float found = voltage_at(*at.constants, at.posts.voltages, target, t, *v[i],
                                       *u_bar_plus[i], *u_bar_minus[i]);
        if (!(found > 0.0f)) return;
        const std::uint32_t count = at.posts.count[target];
        PostSpike<R> spike{static_cast<std::uint32_t>(t), {}};
        spike.before[0] = found;
        at.posts.at(target, count) = spike;
        at.posts.count[target] = count + 1;
    }
};

/// Body over targets: the next `batch` steps, with a spike in each, would push spikes out of a list
/// that not all of its synapses have seen, or that are the last before those.
template <class R>
struct FindCrowded {
    PlasticArrays<R> at;
    std::uint32_t batch;

    SNN_HD void operator()(std::size_t i) const {
        const auto target = static_cast<std::uint32_t>(i);
        const std::uint64_t end = std::uint64_t{at.posts.count[target]} + batch;
        if (end <= at.posts.capacity) return;
        const auto first_kept = static_cast<std::uint32_t>(end - at.posts.capacity);
        // All threads that write it write the same.
        if (at.posts.at(target, first_kept).step() >= at.progress->done - at.longest_lag() - 1)
            at.progress->crowded = 1;
    }
};

enum class When : std::uint8_t { always, crowded };

/// Body over teams, a segment each: applies all that reaches its synapses before the window's next
/// step.
template <class R>
struct CatchUpPlastic {
    const StepWindow* window;
    PlasticArrays<R> at;
    When when;
    std::uint32_t segments;

    SNN_HD std::uint32_t count() const {
        return (when == When::crowded && !at.progress->crowded) || !at.works() ? 0 : segments;
    }
    template <class Team>
    SNN_HD void operator()(std::uint32_t segment, const Team& team) const {
        const SegmentTime<R> time = at.time_of(segment);
        for (std::uint64_t k = at.edge[segment] + team.lane; k < at.edge[segment + 1];
             k += team.lanes) {
            PlasticWeight w = at.weight[k];
            catch_up(*at.constants, time, window->now, at.posts, at.target[k], w, at.own_of(k));
            if (at.progress->plastic) at.weight[k] = w;
        }
    }
};

/// Body over one element, after it.
template <class R>
struct NoteCaughtUp {
    const StepWindow* window;
    PlasticArrays<R> at;
    When when;

    SNN_HD void operator()(std::size_t) const {
        if (when == When::crowded && !at.progress->crowded) return;
        at.progress->done = window->now;
        at.progress->crowded = 0;
    }
};

/// A synapse that is recorded whenever it changes.
struct WatchedPlace {
    std::uint64_t synapse = 0;  // its number; watched_nothing: there is none now
    std::uint32_t segment = 0;
};
inline constexpr std::uint64_t watched_nothing = ~std::uint64_t{0};
inline constexpr PlasticWeight no_weight = -2147483647 - 1;

/// Body over watched synapses: the weight once all that reaches it in the step is applied, to
/// out[step of the chunk][place].
template <class R>
struct WatchPlastic {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch; -1: the last one of the batch before
    const WatchedPlace* places;
    std::uint32_t count;
    PlasticArrays<R> at;
    PlasticWeight* out;

    SNN_HD void operator()(std::size_t i) const {
        const std::int64_t t = window->now + k;
        const auto row = static_cast<std::uint64_t>(t - window->chunk);
        PlasticWeight& to = out[row * count + i];
        const WatchedPlace place = places[i];
        to = no_weight;
        if (place.synapse == watched_nothing) return;
        to = at.weight[place.synapse];
        if (!at.progress->plastic) return;
        float own = at.own ? at.own[place.synapse] : 0.0f;
        catch_up(*at.constants, at.time_of(place.segment), t + 1, at.posts,
                 at.target[place.synapse], to, &own);
    }
};

}  // namespace snnsim
