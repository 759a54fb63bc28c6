// The stimuli of all cells on a device, behind one launch a step.
#pragma once

#include <vector>

#include "kernels/network/stimulate.hpp"
#include "src/engine/cells_on.hpp"
#include "src/engine/stimuli.hpp"

namespace snnsim {

template <class Steps>
class StimuliOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    void add(const DeviceGroup& group, std::uint64_t seed, const std::vector<PoissonPlan>& plans,
             const Currents& currents) {
        const std::vector<std::uint64_t> no_keys;
        const std::vector<std::uint64_t>& keys =
            currents.played() ? currents.played()->keys : no_keys;
        if (plans.empty() && currents.parts().empty() && keys.empty()) return;
        std::vector<PoissonInput> poisson;
        for (const PoissonPlan& p : plans) {
            const RandomKey random{seed, Stream::stimulus, p.number, 0};
            poisson.push_back({random, p.first, p.last, keep(p.thresholds, thresholds_), p.usual,
                               static_cast<int>(p.thresholds.size()), p.weight,
                               group.arriving[p.receptor]});
        }
        std::vector<StimulusCurrent> parts = currents.parts();
        for (StimulusCurrent& c : parts) {
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
        for (std::uint32_t at = 0; at < group.count; at += 32)
            words_.push_back({static_cast<std::uint32_t>(groups_.size()), at});
        groups_.push_back({keep(poisson, poisson_),
                           keep(parts, currents_),
                           static_cast<std::uint32_t>(poisson.size()),
                           static_cast<std::uint32_t>(parts.size()),
                           seed,
                           {keep(keys, keys_), keys.size()},
                           group.current,
                           group.first,
                           group.count});
    }
    /// After the last add().
    void upload() {
        device_groups_ = Buffer<StimulatedGroup>(groups_);
        device_words_ = Buffer<WordPlace>(words_);
    }
    void stimulate(Steps& steps, const StepWindow* window, std::int64_t k) {
        steps.for_each(32 / StimulateGroups::lanes * words_.size(),
                       StimulateGroups{window, k, device_groups_.data(), device_words_.data()});
    }

  private:
    std::vector<StimulatedGroup> groups_;
    std::vector<WordPlace> words_;
    Buffer<StimulatedGroup> device_groups_;
    Buffer<WordPlace> device_words_;
    std::vector<Buffer<std::int32_t>> thresholds_;
    std::vector<Buffer<float>> floats_;
    std::vector<Buffer<std::int64_t>> changes_;
    std::vector<Buffer<std::uint64_t>> keys_;
    std::vector<Buffer<PoissonInput>> poisson_;
    std::vector<Buffer<StimulusCurrent>> currents_;
};

}  // namespace snnsim
