#include "src/engine/ranks/exchange.hpp"

#include <new>
#include <utility>

namespace snnsim {
namespace {

constexpr std::uint32_t goes_on = 0, has_failed = 1;  // the first word of a message

class NoExchange final : public Exchange {
  public:
    int rank() const override { return 0; }
    int ranks() const override { return 1; }

  protected:
    void start_words(std::span<const std::uint32_t> mine) override { mine_ = mine; }
    void finish_words(Gathered& all) override { gather_words(mine_, all); }
    void gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        all.words.assign(mine.begin(), mine.end());
        all.start = {0, mine.size()};
    }
    void broadcast_words(Words&) override {}
    void sum_numbers(std::span<std::uint64_t>) override {}
    void sum_numbers_before(std::span<std::uint64_t> numbers) override {
        std::fill(numbers.begin(), numbers.end(), 0u);
    }
    bool give_bytes(std::span<const std::byte>) override { return false; }
    bool take_bytes(std::span<std::byte>) override { return false; }
    void settle_bytes(std::span<std::byte>) override {}
    void warn() override {}
    bool warned() override { return false; }

  private:
    std::span<const std::uint32_t> mine_;
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
        const bool of_user = message.get<bool>();
        std::string why;
        message.get(why);
        throw RankError(r, why, of_user);
    }
}

void Exchange::listen() {
    if (alone()) return;
    Gathered all;
    all_gather({}, all);
}

void Exchange::start(std::span<const std::uint32_t> mine) {
    SNN_EXPECT(!failed_ && !started_);
    message_.assign(1, goes_on);
    message_.insert(message_.end(), mine.begin(), mine.end());
    started_ = true;
    start_words(message_);
}

void Exchange::finish(Gathered& all) {
    SNN_EXPECT(started_);
    finish_words(all);
    started_ = false;
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

void Exchange::listen_to_failure() {
    listen();
    throw InternalError("a rank failed, and does not say why");
}

void Exchange::hand_on(std::span<const std::byte> bytes) {
    SNN_EXPECT(!failed_ && rank() + 1 < ranks());
    if (!give_bytes(bytes)) listen_to_failure();
}

void Exchange::take_over(std::span<std::byte> bytes) {
    SNN_EXPECT(!failed_ && rank() > 0);
    if (!take_bytes(bytes)) listen_to_failure();
}

void Exchange::settle(std::span<std::byte> bytes) {
    listen();
    settle_bytes(bytes);
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

void Exchange::fail(const std::exception& why) noexcept {
    if (std::exchange(failed_, true) || alone()) return;
    try {
        const bool of_user = dynamic_cast<const ModelError*>(&why) != nullptr ||
                             dynamic_cast<const UsageError*>(&why) != nullptr;
        const bool memory = dynamic_cast<const std::bad_alloc*>(&why) != nullptr;
        warn();
        Gathered all;
        if (started_) finish_words(all);
        WordWriter message;
        message.add(has_failed);
        message.add(of_user);
        message.add(std::string(memory ? rank_out_of_memory : why.what()));
        start_words(message.words);
        finish_words(all);
    } catch (...) {  // nobody is there to hear it
    }
}

}  // namespace snnsim
