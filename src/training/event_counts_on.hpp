// Events of the populations that send, counted where they are computed.
#pragma once

#include <map>
#include <vector>

#include "src/training/network_on.hpp"

namespace snnsim {

/// See PopulationEvents.
template <class Backend>
class EventCountsOn {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    explicit EventCountsOn(const NetworkOn<Backend>& net) : counts_(net.populations.size()) {
        for (const Projection& p : net.network.projections) {
            const auto longest =
                p.delays ? static_cast<std::size_t>(p.delays->longest) : std::size_t{0};
            for (std::size_t delay = 0; delay <= longest; ++delay)
                counts_[p.from].try_emplace(delay, net.populations[p.from].size);
            counts_[p.from].try_emplace(p.delay, net.populations[p.from].size);
        }
    }

    /// What the steps of a batch that were computed last have.
    void add(NetworkOn<Backend>& net, const BatchShape& shape) {
        for (std::size_t k = 0; k < counts_.size(); ++k) {
            for (auto& [delay, count] : counts_[k]) {
                if (!shape.ends())  // all of it acts
                    net.count_events(k, shape, shape.steps, count.data());
                else if (delay < shape.steps)
                    net.count_events(k, shape, shape.steps - delay, count.data());
            }
        }
    }

    /// Of all ranks.
    std::vector<PopulationEvents> read(RanksOn<Backend>& ranks) const {
        std::vector<PopulationEvents> events(counts_.size());
        for (std::size_t k = 0; k < counts_.size(); ++k) {
            for (const auto& [delay, count] : counts_[k]) {
                std::vector<std::uint64_t>& host = events[k][delay];
                host.resize(count.size());
                count.copy_to(host.data(), host.size());
                ranks.sum(host);
            }
        }
        return events;
    }

  private:
    std::vector<std::map<std::size_t, Buffer<std::uint64_t>>> counts_;
};

}  // namespace snnsim
