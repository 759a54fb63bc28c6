// What the ranks of a training have to tell each other: each has a range of a batch's samples.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "kernels/training/conv.hpp"
#include "snnsim/network.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// Samples [first, first + count).
struct SampleRange {
    std::size_t first = 0, count = 0;
};

/// Sums over samples go from rank to rank: each takes over what those before it have summed up,
/// adds its samples one after the other, and hands on. So the bits are those of one process,
/// however many ranks there are.
template <class Backend>
class RanksOn {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;
    /// Of a backend of threads: its buffers are the host's memory.
    static constexpr bool on_host = requires(Backend b) { b.threads; };

  public:
    RanksOn(Exchange& exchange, const Network& network) : exchange_(exchange) {
        const bool windows = std::any_of(network.projections.begin(), network.projections.end(),
                                         [](const Projection& p) { return p.windowed; });
        unit_ = windows ? samples_of_chunk : 1;  // their gradients are sums over whole chunks
    }

    bool alone() const { return exchange_.alone(); }
    bool leads() const { return exchange_.leads(); }
    bool last() const { return exchange_.rank() + 1 == exchange_.ranks(); }

    /// Those of `samples` that are this rank's.
    SampleRange share(std::size_t samples) const {
        const auto rank = static_cast<std::size_t>(exchange_.rank());
        const std::size_t units = (samples + unit_ - 1) / unit_;
        const std::size_t first = std::min(samples, units * rank / count() * unit_);
        return {first, std::min(samples, units * (rank + 1) / count() * unit_) - first};
    }
    /// As many of them as a rank has at most.
    std::size_t most_of(std::size_t samples) const {
        const std::size_t units = (samples + unit_ - 1) / unit_;
        return std::min(samples, (units + count() - 1) / count() * unit_);
    }
    /// As many samples as all ranks have if none has more than `most`, and all as many.
    std::size_t all_of(std::size_t most) const {
        return alone() ? most : std::max(most / unit_, std::size_t{1}) * unit_ * count();
    }

    /// What comes next are so many samples over all ranks, see share().
    SampleRange begin(std::size_t samples) {
        samples_ = samples;
        return share(samples);
    }
    /// As many as they are; `own`: of this rank.
    std::size_t samples(std::size_t own) const { return alone() ? own : samples_; }
    /// Where this rank's begin.
    std::size_t first_sample() const { return alone() ? 0 : share(samples_).first; }

    /// add() adds this rank's samples to `count` elements of `sums` from `first` on.
    template <class T, class Add>
    void in_turn(Buffer<T>& sums, std::size_t first, std::size_t count, Add&& add) {
        if (!leads()) take_over(sums, first, count);
        add();
        if (!last()) hand_on(sums, first, count);
    }
    template <class T, class Add>
    void in_turn(Buffer<T>& sums, Add&& add) {
        in_turn(sums, 0, sums.size(), add);
    }
    /// The same to `rows` rows of so many elements, some rows at a time, by add(first, count):
    /// while one rank adds to some, the next does to those before them.
    template <class T, class Add>
    void pieces_in_turn(Buffer<T>& sums, std::size_t rows, std::size_t width, Add&& add) {
        std::size_t together = rows;
        if (on_host && !alone()) {
            constexpr std::size_t pieces = 8, least = 16384;  // elements worth a message
            together = std::max((rows + pieces - 1) / pieces, (least + width - 1) / width);
        }
        for (std::size_t first = 0; first < rows; first += together) {
            const std::size_t some = std::min(together, rows - first);
            in_turn(sums, first * width, some * width, [&] { add(first, some); });
        }
    }
    /// The sums of all samples, which the last rank has, come to all.
    template <class T>
    void settle(Buffer<T>& sums) {
        if (alone() || sums.size() == 0) return;
        if constexpr (on_host) {
            exchange_.settle(std::as_writable_bytes(std::span(sums.data(), sums.size())));
        } else {
            std::vector<T> host(sums.size());
            if (last()) sums.copy_to(host.data(), host.size());
            exchange_.settle(std::as_writable_bytes(std::span(host)));
            if (!last()) sums.copy_from(host.data(), host.size());
        }
    }

    /// From rows of this rank's samples those of all, in their order.
    template <class T>
    void gather_rows(Buffer<T>& rows, std::size_t own, std::size_t width, std::size_t at = 0) {
        if (alone()) return;
        std::vector<T> host(own * width);
        rows.copy_to(host.data(), host.size(), at);
        WordWriter message;
        message.add_array(host.data(), host.size());
        Gathered all;
        exchange_.all_gather(message.words, all);
        SNN_EXPECT(all.words.size() * sizeof(std::uint32_t) == samples_ * width * sizeof(T));
        host.resize(samples_ * width);
        if (!host.empty()) std::memcpy(host.data(), all.words.data(), host.size() * sizeof(T));
        rows.copy_from(host.data(), host.size(), at);
    }

    /// Numbers become their sums over all ranks.
    void sum(std::vector<std::uint64_t>& numbers) {
        if (!alone()) exchange_.sum(numbers);
    }
    void sum(Buffer<std::uint64_t>& numbers) {
        if (alone()) return;
        std::vector<std::uint64_t> host(numbers.size());
        numbers.copy_to(host.data(), host.size());
        exchange_.sum(host);
        numbers.copy_from(host.data(), host.size());
    }
    bool any(bool here) { return alone() ? here : exchange_.greatest(here ? 1 : 0) != 0; }

    /// What each rank has to say comes to the first, which calls take(message) for the others.
    template <class Take>
    void tell_first(const WordWriter& mine, Take&& take) {
        if (alone()) return;
        Gathered all;
        exchange_.gather(mine.words, all);
        for (int r = 1; leads() && r < exchange_.ranks(); ++r) {
            WordReader message(all.of(r));
            take(message);
            SNN_EXPECT(message.done());
        }
    }

  private:
    std::size_t count() const { return static_cast<std::size_t>(exchange_.ranks()); }

    template <class T>
    void take_over(Buffer<T>& sums, std::size_t first, std::size_t count) {
        if constexpr (on_host) {
            exchange_.take_over(std::as_writable_bytes(std::span(sums.data() + first, count)));
        } else {
            std::vector<T> host(count);
            exchange_.take_over(std::as_writable_bytes(std::span(host)));
            sums.copy_from(host.data(), count, first);
        }
    }
    template <class T>
    void hand_on(Buffer<T>& sums, std::size_t first, std::size_t count) {
        if constexpr (on_host) {
            exchange_.hand_on(std::as_bytes(std::span(sums.data() + first, count)));
        } else {
            std::vector<T> host(count);
            sums.copy_to(host.data(), count, first);
            exchange_.hand_on(std::as_bytes(std::span(host)));
        }
    }

    Exchange& exchange_;
    std::size_t unit_ = 1, samples_ = 0;
};

}  // namespace snnsim
