#include "src/engine/ranks/thread_ranks.hpp"

#include <optional>
#include <thread>

namespace snnsim {

/// Each shows the others what it has, and waits until all have taken it.
class ThreadRanks::Rank final : public Exchange {
  public:
    Rank(ThreadRanks& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int ranks() const override { return static_cast<int>(all_.ranks_.size()); }

  protected:
    void start_words(std::span<const std::uint32_t> mine) override { words_ = mine; }
    void finish_words(Gathered& out) override {
        all_.meet();
        take(out);
        all_.meet();
    }
    void gather_words(std::span<const std::uint32_t> mine, Gathered& out) override {
        words_ = mine;
        all_.meet();
        if (leads()) take(out);
        all_.meet();
    }
    void broadcast_words(Words& words) override {
        if (leads()) words_ = words;
        all_.meet();
        const Rank& from = *all_.ranks_[0];
        if (!leads()) words.assign(from.words_.begin(), from.words_.end());
        all_.meet();
    }
    void sum_numbers(std::span<std::uint64_t> numbers) override { sum_of(ranks(), numbers); }
    void sum_numbers_before(std::span<std::uint64_t> numbers) override { sum_of(rank_, numbers); }
    bool give_bytes(std::span<const std::byte> bytes) override {
        std::unique_lock lock(all_.mutex_);
        given_ = bytes;
        all_.changed_.notify_all();
        all_.changed_.wait(lock, [this] { return !given_ || all_.warned_; });
        return !given_;
    }
    bool take_bytes(std::span<std::byte> bytes) override {
        std::unique_lock lock(all_.mutex_);
        Rank& from = *all_.ranks_[static_cast<std::size_t>(rank_ - 1)];
        all_.changed_.wait(lock, [&] { return from.given_ || all_.warned_; });
        if (all_.warned_) return false;
        SNN_EXPECT(from.given_->size() == bytes.size());
        std::copy(from.given_->begin(), from.given_->end(), bytes.begin());
        from.given_.reset();
        all_.changed_.notify_all();
        return true;
    }
    void settle_bytes(std::span<std::byte> bytes) override {
        bytes_ = bytes;
        all_.meet();
        const std::span<std::byte> from = all_.ranks_.back()->bytes_;
        SNN_EXPECT(from.size() == bytes.size());
        if (from.data() != bytes.data()) std::copy(from.begin(), from.end(), bytes.begin());
        all_.meet();
    }
    void warn() override {
        const std::lock_guard lock(all_.mutex_);
        all_.warned_ = true;
        all_.changed_.notify_all();
    }
    bool warned() override {
        const std::lock_guard lock(all_.mutex_);
        return all_.warned_;
    }

  private:
    void take(Gathered& out) const {
        out.words.clear();
        out.start.assign(1, 0);
        for (const auto& r : all_.ranks_) {
            out.words.insert(out.words.end(), r->words_.begin(), r->words_.end());
            out.start.push_back(out.words.size());
        }
    }
    /// Over the first so many ranks.
    void sum_of(int count, std::span<std::uint64_t> numbers) {
        numbers_ = numbers;
        all_.meet();
        std::vector<std::uint64_t> sums(numbers.size());
        for (int r = 0; r < count; ++r) {
            const std::span<const std::uint64_t> from =
                all_.ranks_[static_cast<std::size_t>(r)]->numbers_;
            SNN_EXPECT(from.size() == numbers.size());
            for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += from[k];
        }
        all_.meet();
        std::copy(sums.begin(), sums.end(), numbers.begin());
    }

    ThreadRanks& all_;
    const int rank_;
    std::span<const std::uint32_t> words_;
    std::span<const std::uint64_t> numbers_;
    std::span<std::byte> bytes_;
    std::optional<std::span<const std::byte>> given_;  // to the next, until it has taken them
};

ThreadRanks::ThreadRanks(int ranks) {
    for (int r = 0; r < ranks; ++r) ranks_.push_back(std::make_unique<Rank>(*this, r));
}
ThreadRanks::~ThreadRanks() = default;

Exchange& ThreadRanks::rank(int r) {
    return *ranks_[static_cast<std::size_t>(r)];
}

void ThreadRanks::meet() {
    std::unique_lock lock(mutex_);
    if (++here_ == static_cast<int>(ranks_.size())) {
        here_ = 0;
        ++round_;
        changed_.notify_all();
        return;
    }
    changed_.wait(lock, [this, round = round_] { return round_ != round; });
}

void ThreadRanks::run(const std::function<void(Exchange&)>& task) {
    std::vector<std::exception_ptr> thrown(ranks_.size());
    std::vector<std::uint8_t> heard(ranks_.size());
    std::vector<std::thread> threads;
    for (std::size_t r = 0; r < ranks_.size(); ++r) {
        threads.emplace_back([&, r] {
            try {
                task(*ranks_[r]);
            } catch (const RankError&) {
                thrown[r] = std::current_exception();
                heard[r] = 1;
            } catch (const std::exception& e) {
                thrown[r] = std::current_exception();
                ranks_[r]->fail(e);
            }
        });
    }
    for (std::thread& t : threads) t.join();
    for (const bool only_heard : {false, true}) {
        for (std::size_t r = 0; r < ranks_.size(); ++r) {
            if (thrown[r] && (heard[r] != 0) == only_heard) std::rethrow_exception(thrown[r]);
        }
    }
}

}  // namespace snnsim
