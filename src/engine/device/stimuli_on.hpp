// The stimuli of all cells on a device.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "kernels/network/stimulate.hpp"
#include "kernels/view.hpp"
#include "src/engine/cells/stimuli.hpp"
#include "src/engine/device/cells_on.hpp"

namespace snnsim {

template <class Steps>
class StimuliOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// Brings Poisson stimuli of a group to the device.
    View<const PoissonInput> keep_poisson(std::uint64_t seed,
                                          const std::vector<PoissonPlan>& plans) {
        if (plans.empty()) return {};
        std::vector<PoissonInput> inputs;
        for (const PoissonPlan& p : plans) {
            const RandomKey random{seed, Stream::stimulus, p.number, 0};
            inputs.push_back({random, p.first, p.last, keep(p.thresholds, thresholds_), p.usual,
                              static_cast<int>(p.thresholds.size()), static_cast<int>(p.receptor),
                              p.weight});
        }
        return {keep(inputs, poisson_), inputs.size()};
    }
    void add(const DeviceGroup& group, std::uint64_t seed, View<const PoissonInput> poisson,
             const Currents& currents) {
        const PlayedSpikes nothing;
        const bool plays = currents.played() != nullptr;
        const PlayedSpikes& played = plays ? *currents.played() : nothing;
        if (poisson.size == 0 && currents.parts().empty() && !plays) return;
        std::vector<StimulusCurrent> parts = currents.parts();
        bool steady = poisson.size == 0 && !plays;
        for (StimulusCurrent& c : parts) {
            steady = steady && c.kind == CurrentKind::dc;
            if (c.amplitude)
                c.amplitude =
                    keep(std::vector<float>(c.amplitude, c.amplitude + group.count), floats_);
            if (!c.values) continue;
            const std::size_t size = c.changes.size,
                              values = c.kind == CurrentKind::waveform ? size * c.row : size;
            c.values = keep(std::vector<float>(c.values, c.values + values), floats_);
            const std::int64_t* const changes = &c.changes[0];
            c.changes = {keep(std::vector<std::int64_t>(changes, changes + size), changes_), size};
        }
        if (steady) {
            for (const StimulusCurrent& c : parts)
                changes_of_steady_.insert(changes_of_steady_.end(), {c.first, c.last});
        }
        Groups& to = steady ? steady_ : by_step_;
        for (std::uint32_t at = 0; at < group.count; at += 32)
            to.words.push_back({static_cast<std::uint32_t>(to.groups.size()), at});
        StimulatedGroup added{poisson.data,
                              keep(parts, currents_),
                              static_cast<std::uint32_t>(poisson.size),
                              static_cast<std::uint32_t>(parts.size()),
                              seed,
                              {keep(played.keys, keys_), played.keys.size()},
                              played.values.empty() ? nullptr : keep(played.values, floats_),
                              plays,
                              {},
                              group.stimuli,
                              group.first,
                              group.count};
        std::copy(group.arriving.begin(), group.arriving.end(), added.arriving);
        if (plays) playing_.push_back({group.population, to.groups.size(), {}, {}});
        to.groups.push_back(added);
    }
    /// See Engine::play; the device is idle.
    void play(Steps& steps, std::size_t population, const PlayedSpikes& played) {
        for (Playing& p : playing_) {
            if (p.population != population) continue;
            p.keys = Buffer<std::uint64_t>(played.keys);
            p.values = Buffer<float>(played.values);
            StimulatedGroup& group = by_step_.groups[p.group];
            group.played = {p.keys.data(), played.keys.size()};
            group.values = played.values.empty() ? nullptr : p.values.data();
            steps.upload(by_step_.device_groups.data() + p.group, &group, 1);
        }
        steps.wait();
    }
    /// After the last add().
    void upload() {
        for (Groups* const g : {&steady_, &by_step_}) {
            g->device_groups = Buffer<StimulatedGroup>(g->groups);
            g->device_words = Buffer<WordPlace>(g->words);
        }
    }

    /// Enqueues what changes in a step after which others follow without a change.
    void change(Steps& steps, const StepWindow* window, std::int64_t t) {
        const bool changed =
            !known_ || std::any_of(changes_of_steady_.begin(), changes_of_steady_.end(),
                                   [&](std::int64_t c) { return c > *known_ && c <= t; });
        if (changed) stimulate(steps, steady_, window, 0);
        known_ = t;
    }
    /// The step after t in which `change` has something to do.
    std::int64_t next_change(std::int64_t t) const {
        std::int64_t next = std::numeric_limits<std::int64_t>::max();
        for (const std::int64_t c : changes_of_steady_) {
            if (c > t) next = std::min(next, c);
        }
        return next;
    }
    /// The next step is no longer the one after those before.
    void forget() { known_.reset(); }

    /// Enqueues what changes in every step.
    void stimulate(Steps& steps, const StepWindow* window, std::int64_t k) {
        stimulate(steps, by_step_, window, k);
    }

  private:
    struct Groups {
        std::vector<StimulatedGroup> groups;
        std::vector<WordPlace> words;
        Buffer<StimulatedGroup> device_groups;
        Buffer<WordPlace> device_words;
    };
    static void stimulate(Steps& steps, Groups& g, const StepWindow* window, std::int64_t k) {
        steps.for_each(32 * g.words.size(),
                       StimulateGroups{window, k, g.device_groups.data(), g.device_words.data()});
    }

    /// A group that plays what it was given last.
    struct Playing {
        std::size_t population, group;
        Buffer<std::uint64_t> keys;
        Buffer<float> values;
    };

    Groups steady_;                                // with nothing but constant currents
    Groups by_step_;                               // the others
    std::vector<std::int64_t> changes_of_steady_;  // steps
    std::optional<std::int64_t> known_;            // the step that steady currents are set for
    std::vector<Playing> playing_;
    std::vector<Buffer<std::int32_t>> thresholds_;
    std::vector<Buffer<float>> floats_;
    std::vector<Buffer<std::int64_t>> changes_;
    std::vector<Buffer<std::uint64_t>> keys_;
    std::vector<Buffer<PoissonInput>> poisson_;
    std::vector<Buffer<StimulusCurrent>> currents_;
};

}  // namespace snnsim
