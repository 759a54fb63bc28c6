#include "src/network/connections.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/random.hpp"
#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// The n smallest of what is offered, by word, of equal words those of the first pairs.
class Smallest {
  public:
    explicit Smallest(std::int64_t n) : n_(static_cast<std::size_t>(n)) { SNN_EXPECT(n >= 0); }

    void offer(std::uint32_t word, std::uint64_t pair) {
        ++offered_;
        const Entry entry{word, pair};
        if (cut_ && !(entry < limit_)) return;
        kept_.push_back(entry);
        if (kept_.size() >= 2 * n_ + 64) cut();
    }
    /// Calls f(pair) for each, in any order.
    template <class F>
    void take(F&& f) {
        SNN_EXPECT(n_ <= offered_);
        if (kept_.size() > n_) cut();
        for (const Entry& e : kept_) f(e.second);
    }

  private:
    using Entry = std::pair<std::uint32_t, std::uint64_t>;

    void cut() {
        const auto end = kept_.begin() + static_cast<std::ptrdiff_t>(n_);
        std::nth_element(kept_.begin(), end, kept_.end());
        limit_ = *end;
        cut_ = true;
        kept_.erase(end, kept_.end());
    }

    std::size_t n_, offered_ = 0;
    bool cut_ = false;
    Entry limit_;  // those that are not smaller are none of them
    std::vector<Entry> kept_;
};

/// The pairs of a rule.
class Pairs {
  public:
    Pairs(const ConnectSpec& spec, const ConnectionShape& shape) : spec_(spec), shape_(shape) {}

    ConnectedPairs all() const {
        ConnectedPairs out;
        for (std::size_t i = 0; i < shape_.sources; ++i) {
            for (std::size_t j = 0; j < shape_.targets; ++j) {
                if (allowed(i, j)) out.target.push_back(static_cast<std::uint32_t>(j));
            }
            out.first.push_back(out.count());
        }
        return out;
    }

    /// The cells of the larger population among those of the smaller one.
    ConnectedPairs shared_out() const {
        const std::size_t pre = shape_.sources, post = shape_.targets;
        ConnectedPairs out;
        for (std::size_t i = 0; i < pre; ++i) {
            const std::size_t first = pre < post ? i * (post / pre) : i / (pre / post);
            const std::size_t count = pre < post ? post / pre : 1;
            for (std::size_t k = 0; k < count; ++k)
                out.target.push_back(static_cast<std::uint32_t>(first + k));
            out.first.push_back(out.count());
        }
        return out;
    }

    ConnectedPairs by_chance() const {
        ConnectedPairs out;
        for (std::size_t i = 0; i < shape_.sources; ++i) {
            for_each_word(i, [&](std::size_t j, std::uint32_t word) {
                if (allowed(i, j) && (word + 0.5) / 4294967296.0 < spec_.p)
                    out.target.push_back(static_cast<std::uint32_t>(j));
            });
            out.first.push_back(out.count());
        }
        return out;
    }

    ConnectedPairs of_each_target() const {
        std::vector<std::uint64_t> pairs;
        for (std::size_t first = 0; first < shape_.targets; first += at_once) {
            const std::size_t count = std::min(at_once, shape_.targets - first);
            std::vector<Smallest> smallest(count, Smallest(spec_.n));
            for (std::size_t i = 0; i < shape_.sources; ++i) {
                const Words words = words_of(i, first);
                for (std::size_t k = 0; k < count; ++k) {
                    if (allowed(i, first + k)) smallest[k].offer(words[k], pair(i, first + k));
                }
            }
            for (Smallest& one : smallest) take(one, pairs);
        }
        return synapses_of_pairs(std::move(pairs), shape_.sources, shape_.targets);
    }

    ConnectedPairs of_each_source() const {
        std::vector<std::uint64_t> pairs;
        for (std::size_t i = 0; i < shape_.sources; ++i) {
            Smallest smallest(spec_.n);
            offer_row(i, smallest);
            take(smallest, pairs);
        }
        return synapses_of_pairs(std::move(pairs), shape_.sources, shape_.targets);
    }

    ConnectedPairs of_all(std::int64_t n) const {
        std::vector<std::uint64_t> pairs;
        Smallest smallest(n);
        for (std::size_t i = 0; i < shape_.sources; ++i) offer_row(i, smallest);
        take(smallest, pairs);
        return synapses_of_pairs(std::move(pairs), shape_.sources, shape_.targets);
    }

  private:
    static constexpr std::size_t at_once = 16;  // random words of neighbouring targets
    using Words = std::array<std::uint32_t, at_once>;

    /// Not to the neuron of the same number where the rule leaves that out.
    bool allowed(std::size_t source, std::size_t target) const {
        return source != target || (shape_.same_population ? spec_.autapses : spec_.own);
    }
    std::uint64_t pair(std::size_t source, std::size_t target) const {
        return source * shape_.targets + target;
    }

    /// Of the pairs of a source and the targets from `first` on, a multiple of 16.
    Words words_of(std::size_t source, std::size_t first) const {
        const RandomKey key{shape_.seed, Stream::connections, shape_.projection,
                            static_cast<std::uint32_t>(source)};
        std::uint32_t drawn[at_once];
        key.draw(static_cast<std::uint32_t>(first / 4), drawn);
        Words words;
        std::copy(std::begin(drawn), std::end(drawn), words.begin());
        return words;
    }
    template <class F>
    void for_each_word(std::size_t source, F&& f) const {
        for (std::size_t first = 0; first < shape_.targets; first += at_once) {
            const Words words = words_of(source, first);
            const std::size_t count = std::min(at_once, shape_.targets - first);
            for (std::size_t k = 0; k < count; ++k) f(first + k, words[k]);
        }
    }
    void offer_row(std::size_t source, Smallest& smallest) const {
        for_each_word(source, [&](std::size_t target, std::uint32_t word) {
            if (allowed(source, target)) smallest.offer(word, pair(source, target));
        });
    }
    static void take(Smallest& smallest, std::vector<std::uint64_t>& pairs) {
        smallest.take([&](std::uint64_t one) { pairs.push_back(one); });
    }

    const ConnectSpec& spec_;
    const ConnectionShape& shape_;
};

bool connects_all(const ConnectSpec& spec, const ConnectionShape& shape) {
    if (spec.rule == Rule::list) return true;  // the file has been read elsewhere
    if (only_trained(spec.rule)) return true;  // every weight of a window is there
    return spec.rule == Rule::all_to_all && (shape.same_population ? spec.autapses : spec.own);
}

std::int64_t total_number(const ConnectSpec& spec, const ConnectionShape& shape) {
    return spec.p > 0.0 ? std::llround(spec.p * static_cast<double>(pairs_of(spec, shape)))
                        : spec.n;
}

}  // namespace

std::int64_t pairs_of(const ConnectSpec& spec, const ConnectionShape& shape) {
    const auto all = static_cast<std::int64_t>(shape.sources * shape.targets);
    const bool itself = shape.same_population ? spec.autapses : spec.own;
    return itself ? all : all - static_cast<std::int64_t>(std::min(shape.sources, shape.targets));
}

std::optional<ConnectedPairs> connections(const ConnectSpec& spec, const ConnectionShape& shape) {
    if (connects_all(spec, shape)) return std::nullopt;
    const Pairs pairs(spec, shape);
    switch (spec.rule) {
        case Rule::all_to_all:
            return pairs.all();
        case Rule::one_to_one:
        case Rule::blocks:
            return pairs.shared_out();
        case Rule::fixed_probability:
            return pairs.by_chance();
        case Rule::fixed_in_degree:
            return pairs.of_each_target();
        case Rule::fixed_out_degree:
            return pairs.of_each_source();
        default:
            SNN_EXPECT(spec.rule == Rule::fixed_total_number);
            return pairs.of_all(total_number(spec, shape));
    }
}

double expected_synapses(const ConnectSpec& spec, const ConnectionShape& shape) {
    const auto pairs = static_cast<double>(pairs_of(spec, shape));
    if (connects_all(spec, shape)) return pairs;
    switch (spec.rule) {
        case Rule::one_to_one:
        case Rule::blocks:
            return static_cast<double>(std::max(shape.sources, shape.targets));
        case Rule::fixed_probability:
            return spec.p * pairs;
        case Rule::fixed_in_degree:
            return static_cast<double>(spec.n) * static_cast<double>(shape.targets);
        case Rule::fixed_out_degree:
            return static_cast<double>(spec.n) * static_cast<double>(shape.sources);
        case Rule::fixed_total_number:
            return static_cast<double>(total_number(spec, shape));
        default:
            return pairs;
    }
}

ConnectedPairs synapses_of_pairs(std::vector<std::uint64_t> pairs, std::size_t sources,
                                 std::size_t targets) {
    std::sort(pairs.begin(), pairs.end());
    ConnectedPairs out;
    out.target.reserve(pairs.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < sources; ++i) {
        for (; next < pairs.size() && pairs[next] / targets == i; ++next)
            out.target.push_back(static_cast<std::uint32_t>(pairs[next] % targets));
        out.first.push_back(out.count());
    }
    return out;
}

std::vector<std::uint8_t> mask_of(const ConnectedPairs& synapses, std::size_t targets) {
    std::vector<std::uint8_t> mask(synapses.sources() * targets, 0);
    synapses.for_each([&](std::size_t source, std::size_t s) {
        mask[source * targets + synapses.target[s]] = 1;
    });
    return mask;
}

ConnectedPairs synapses_of_mask(const std::vector<std::uint8_t>& mask, std::size_t targets) {
    ConnectedPairs out;
    for (std::size_t first = 0; first < mask.size(); first += targets) {
        for (std::size_t j = 0; j < targets; ++j) {
            if (mask[first + j]) out.target.push_back(static_cast<std::uint32_t>(j));
        }
        out.first.push_back(out.count());
    }
    return out;
}

}  // namespace snnsim
