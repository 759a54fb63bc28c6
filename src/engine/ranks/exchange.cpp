#include "src/engine/ranks/exchange.hpp"

#include <utility>

namespace snnsim {
namespace {

constexpr std::uint32_t goes_on = 0, has_failed = 1;  // the first word of a message

class NoExchange final : public Exchange {
  public:
    int rank() const override { return 0; }
    int ranks() const override { return 1; }

  protected:
    void all_gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        all.words.assign(mine.begin(), mine.end());
        all.start = {0, mine.size()};
    }
    void gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        all_gather_words(mine, all);
    }
    void broadcast_words(Words&) override {}
    void sum_numbers(std::span<std::uint64_t>) override {}
    void sum_numbers_before(std::span<std::uint64_t> numbers) override {
        std::fill(numbers.begin(), numbers.end(), 0u);
    }
};

}  // namespace

Exchange& no_exchange() {
    static NoExchange alone;
    return alone;
}

/// Throws where a rank has failed: the first, if several did at once.
void Exchange::hear(const Gathered& all) {
    for (int r = 0; r < ranks(); ++r) {
        if (all.of(r)[0] != has_failed) continue;
        failed_ = true;
        WordReader message(all.of(r).subspan(1));
        std::string why;
        message.get(why);
        throw RankError("rank " + std::to_string(r) + ": " + why);
    }
}

void Exchange::listen() {
    SNN_EXPECT(!failed_);
    if (alone()) return;
    Gathered all;
    all_gather_words(std::span(&goes_on, 1), all);
    hear(all);
}

void Exchange::all_gather(std::span<const std::uint32_t> mine, Gathered& all) {
    SNN_EXPECT(!failed_);
    message_.assign(1, goes_on);
    message_.insert(message_.end(), mine.begin(), mine.end());
    all_gather_words(message_, all);
    hear(all);
    // Without the first word of each.
    std::size_t to = 0;
    for (std::size_t r = 0; r + 1 < all.start.size(); ++r) {
        const std::size_t from = all.start[r] + 1, count = all.start[r + 1] - from;
        std::copy_n(all.words.begin() + static_cast<std::ptrdiff_t>(from), count,
                    all.words.begin() + static_cast<std::ptrdiff_t>(to));
        all.start[r] = to;
        to += count;
    }
    all.start.back() = to;
    all.words.resize(to);
}

void Exchange::gather(std::span<const std::uint32_t> mine, Gathered& all) {
    listen();
    gather_words(mine, all);
}

void Exchange::broadcast(Words& words) {
    listen();
    broadcast_words(words);
}

void Exchange::sum(std::span<std::uint64_t> numbers) {
    listen();
    sum_numbers(numbers);
}

void Exchange::sum_before(std::span<std::uint64_t> numbers) {
    listen();
    sum_numbers_before(numbers);
}

std::uint32_t Exchange::least(std::uint32_t number) {
    Gathered all;
    all_gather(std::span(&number, 1), all);
    return *std::min_element(all.words.begin(), all.words.end());
}

std::uint32_t Exchange::greatest(std::uint32_t number) {
    Gathered all;
    all_gather(std::span(&number, 1), all);
    return *std::max_element(all.words.begin(), all.words.end());
}

void Exchange::fail(const std::string& why) noexcept {
    if (std::exchange(failed_, true) || alone()) return;
    try {
        WordWriter message;
        message.add(has_failed);
        message.add(why);
        Gathered all;
        all_gather_words(message.words, all);
    } catch (...) {  // nobody is there to hear it
    }
}

}  // namespace snnsim
