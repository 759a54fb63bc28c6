// Brings the spikes of each rank's device to all others, into the list of the chunk under way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/network/merge_spikes.hpp"
#include "src/engine/device/spike_chunks.hpp"
#include "src/engine/ranks/device_carrier.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

template <class Steps>
class SpikesOnRanks {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// `carrier`: null where messages go by way of the host.
    SpikesOnRanks(Steps& steps, Exchange& exchange, std::unique_ptr<DeviceCarrier> carrier,
                  bool graded)
        : steps_(steps),
          exchange_(exchange),
          carrier_(std::move(carrier)),
          graded_(graded),
          start_(static_cast<std::size_t>(exchange.ranks())) {}

    /// "the host", "NCCL 2.27.3"
    std::string way() const { return carrier_ ? carrier_->name() : "the host"; }

    /// A window of steps, of which the chunk has listed the spikes of this rank's cells: lists
    /// those of all.
    void go_round(SpikeChunks<Steps>& chunks, std::int64_t from, std::int64_t to) {
        const ListedOn listed = chunks.listed(from);
        const auto pairs = static_cast<std::uint32_t>(to - from) *
                           static_cast<std::uint32_t>(chunks.populations());
        begin_.resize(pairs + std::size_t{1});
        steps_.download(begin_.data(), listed.begin, begin_.size());
        const std::uint32_t count = begin_.back() - begin_.front();
        const std::size_t words = pairs + std::size_t{1} + std::size_t{count} * (graded_ ? 2 : 1);
        if (carrier_) {
            by_carrier(listed, pairs, count, words);
        } else {
            by_host(listed, pairs, count, words);
        }
        const SpikeMessages all{all_.data(), start_.data(),
                                static_cast<std::uint32_t>(exchange_.ranks()), pairs};
        steps_.for_each(pairs, MergeBegins{all, listed.begin});
        steps_.for_each_team(std::size_t{all.ranks} * pairs,
                             MergeSpikes{all, listed.begin, listed.spikes, listed.values});
    }

  private:
    void pack(const ListedOn& listed, std::uint32_t pairs, std::uint32_t count, std::size_t words) {
        steps_.for_each(words, PackSpikes{listed.begin, listed.spikes, listed.values, pairs, count,
                                          mine_.data()});
    }
    void by_host(const ListedOn& listed, std::uint32_t pairs, std::uint32_t count,
                 std::size_t words) {
        make_room(mine_, words);
        pack(listed, pairs, count, words);
        message_.resize(words);
        steps_.download(message_.data(), mine_.data(), words);
        exchange_.all_gather(message_, gathered_);
        make_room(all_, gathered_.words.size());
        steps_.upload(all_.data(), gathered_.words.data(), gathered_.words.size());
        starts_.assign(gathered_.start.begin(), gathered_.start.end() - 1);
        steps_.upload(start_.data(), starts_.data(), starts_.size());
    }
    /// Pieces have the size of the largest. It goes round first, by way of the host: so a rank that
    /// failed is heard.
    void by_carrier(const ListedOn& listed, std::uint32_t pairs, std::uint32_t count,
                    std::size_t words) {
        const auto own = static_cast<std::uint32_t>(words);
        exchange_.all_gather(std::span(&own, 1), gathered_);
        const std::size_t piece = *std::max_element(gathered_.words.begin(), gathered_.words.end());
        make_room(mine_, piece);
        make_room(all_, piece * gathered_.words.size());
        pack(listed, pairs, count, words);
        starts_.resize(gathered_.words.size());
        for (std::size_t r = 0; r < starts_.size(); ++r)
            starts_[r] = static_cast<std::uint32_t>(r * piece);
        steps_.upload(start_.data(), starts_.data(), starts_.size());
        steps_.wait();
        carrier_->all_gather(mine_.data(), piece, all_.data());
    }
    static void make_room(Buffer<std::uint32_t>& buffer, std::size_t words) {
        if (buffer.size() < words) buffer = Buffer<std::uint32_t>(words + words / 2);
    }

    Steps& steps_;
    Exchange& exchange_;
    const std::unique_ptr<DeviceCarrier> carrier_;
    const bool graded_;
    Buffer<std::uint32_t> mine_, all_, start_;
    Words begin_, message_, starts_;
    Gathered gathered_;
};

}  // namespace snnsim
