// The lists of spikes that are due, of all projections, in device memory: one count of them a step
// serves all that deliver.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/network/due_spikes.hpp"

namespace snnsim {

/// A part and its number among all.
struct DuePartOn : DuePart {
    std::size_t number = 0;
};

template <class Steps>
class DueSpikesOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    DuePartOn add(const std::vector<DueSpikes>& lists) {
        const DuePartOn part{
            {static_cast<std::uint32_t>(lists_.size()), static_cast<std::uint32_t>(lists.size())},
            parts_.size()};
        lists_.insert(lists_.end(), lists.begin(), lists.end());
        parts_.push_back(part);
        teams_.push_back(any_number);
        return part;
    }
    /// After the last add().
    void upload() {
        on_device_ = Buffer<DueSpikes>(lists_);
        start_ = Buffer<std::uint32_t>(lists_.size() + 1);
        parts_on_device_ = Buffer<DuePart>(parts_);
        most_ = Buffer<std::uint32_t>(parts_.size());
    }

    DueLists all() {
        return {on_device_.data(),       static_cast<std::uint32_t>(lists_.size()), start_.data(),
                parts_on_device_.data(), static_cast<std::uint32_t>(parts_.size()), most_.data()};
    }
    DueLists of(const DuePart& part) {
        return {on_device_.data() + part.first, part.count, start_.data() + part.first};
    }

    /// How many teams a step of the part will keep busy.
    std::uint32_t teams(const DuePartOn& part) const { return teams_[part.number]; }
    /// The step after `now` when follow() is due: the same however a run is cut into parts. Early
    /// at first.
    static std::int64_t next_look(std::int64_t now) {
        constexpr std::int64_t first = 64, most = 4096;
        if (now >= most) return (now / most + 1) * most;
        return now < first
                   ? first
                   : 2 * static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(now)));
    }
    /// Expects of the next steps what there was in those since the last call; false: the same as
    /// before. None may be running.
    bool follow() {
        std::vector<std::uint32_t> most(parts_.size());
        most_.copy_to(most.data(), most.size());
        for (std::uint32_t& m : most) m = std::bit_ceil(std::max(m, 1u));
        most_.copy_from(std::vector<std::uint32_t>(most.size()).data(), most.size());
        return std::exchange(teams_, most) != most;
    }

  private:
    static constexpr std::uint32_t any_number = 0x80000000u;  // as many as the device can run
    std::vector<DueSpikes> lists_;
    std::vector<DuePart> parts_;
    std::vector<std::uint32_t> teams_;  // [part]
    Buffer<DueSpikes> on_device_;
    Buffer<std::uint32_t> start_;
    Buffer<DuePart> parts_on_device_;
    Buffer<std::uint32_t> most_;
};

}  // namespace snnsim
