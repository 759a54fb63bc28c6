// The lists of spikes that are due, of all projections, in device memory: one count of them a step
// serves all that deliver.
#pragma once

#include <vector>

#include "kernels/network/due_spikes.hpp"

namespace snnsim {

template <class Steps>
class DueSpikesOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// Lists that belong together: numbers `first` to first + count - 1 of all.
    struct Part {
        std::uint32_t first = 0, count = 0;
    };

    Part add(const std::vector<DueSpikes>& lists) {
        const Part part{static_cast<std::uint32_t>(lists_.size()),
                        static_cast<std::uint32_t>(lists.size())};
        lists_.insert(lists_.end(), lists.begin(), lists.end());
        return part;
    }
    /// After the last add().
    void upload() {
        on_device_ = Buffer<DueSpikes>(lists_);
        start_ = Buffer<std::uint32_t>(lists_.size() + 1);
    }

    DueLists all() { return of({0, static_cast<std::uint32_t>(lists_.size())}); }
    DueLists of(Part part) {
        return {on_device_.data() + part.first, part.count, start_.data() + part.first};
    }

  private:
    std::vector<DueSpikes> lists_;
    Buffer<DueSpikes> on_device_;
    Buffer<std::uint32_t> start_;
};

}  // namespace snnsim
