#include "src/run/rank_jobs.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "src/run/local_jobs.hpp"
#include "src/run/ranks.hpp"

namespace snnsim {
namespace {

enum class Word : std::uint32_t { go_on, interrupt, leave };  // of rank 0 to all

/// A job and the rank that is to run it.
struct Order {
    std::uint32_t rank;
    Job job;
};

/// Ranks meet now and then; each gives what it has to say, and hears all. They meet often while
/// there is something to say, so that short jobs do not wait, and seldom while long ones run.
class Meetings {
  public:
    explicit Meetings(Exchange& exchange) : exchange_(exchange) {}

    /// `mine` begins with the number of things that it says.
    const Gathered& meet(const WordWriter& mine) {
        std::this_thread::sleep_for(pause_);
        exchange_.all_gather(mine.words, all_);
        bool silent = true;
        for (int r = 0; r < exchange_.ranks(); ++r)
            silent = silent && WordReader(all_.of(r)).get<std::uint64_t>() == 0;
        pause_ = silent ? std::min(2 * pause_, longest) : shortest;
        return all_;
    }

  private:
    using Pause = std::chrono::microseconds;
    static constexpr Pause shortest{500}, longest{20000};

    Exchange& exchange_;
    Gathered all_;
    Pause pause_ = shortest;
};

class RankJobs final : public Jobs {
  public:
    RankJobs(const JobOptions& options, Exchange& exchange)
        : jobs_(static_cast<std::size_t>(options.jobs)),
          exchange_(exchange),
          mine_(options),
          running_(static_cast<std::size_t>(exchange.ranks())),
          meetings_(exchange) {
        WordWriter order;
        order.add(RunOrder::jobs);
        order.add(options.jobs);
        order.add(options.threads);
        exchange.broadcast(order.words);
    }
    ~RankJobs() override {
        if (exchange_.failed()) return;
        try {
            meet(Word::leave);
        } catch (...) {  // of the others one has failed: all have left
        }
    }
    RankJobs(const RankJobs&) = delete;
    RankJobs& operator=(const RankJobs&) = delete;

    bool idle() const override {
        return ended_.empty() && *std::max_element(running_.begin(), running_.end()) == 0;
    }
    bool has_room() const override {
        return *std::min_element(running_.begin(), running_.end()) < jobs_;
    }
    void start(const Job& job) override {
        const auto at = std::min_element(running_.begin(), running_.end());
        ++*at;
        if (at == running_.begin()) return mine_.start(job);
        orders_.push_back({static_cast<std::uint32_t>(at - running_.begin()), job});
    }
    void interrupt() override {
        if (std::exchange(interrupted_, true)) return;
        mine_.interrupt();
        meet(Word::interrupt);
    }
    std::optional<EndedJob> wait() override {
        if (ended_.empty()) meet(Word::go_on);
        if (ended_.empty()) return {};
        const EndedJob job = ended_.front();
        ended_.pop_front();
        return job;
    }

  private:
    void meet(Word word) {
        WordWriter said;
        said.add(std::uint64_t{orders_.size()});
        said.add(word);
        for (const Order& o : orders_) {
            said.add(o.rank);
            said.add(std::uint64_t{o.job.number});
            said.add(o.job.words);
            said.add(o.job.log);
        }
        orders_.clear();
        const Gathered& all = meetings_.meet(said);
        for (int r = 1; r < exchange_.ranks(); ++r) {
            WordReader heard(all.of(r));
            std::vector<EndedJob> theirs;
            heard.get(theirs);
            for (const EndedJob& job : theirs) keep(job, r);
        }
        while (const auto job = mine_.ended()) keep(*job, 0);
    }
    void keep(const EndedJob& job, int rank) {
        --running_[static_cast<std::size_t>(rank)];
        ended_.push_back(job);
    }

    const std::size_t jobs_;  // at a time, on each
    Exchange& exchange_;
    LocalJobs mine_;
    std::vector<std::size_t> running_;  // by rank
    std::vector<Order> orders_;         // that their ranks have not heard yet
    std::deque<EndedJob> ended_;
    bool interrupted_ = false;
    Meetings meetings_;
};

}  // namespace

std::unique_ptr<Jobs> make_rank_jobs(const JobOptions& options, Exchange& exchange) {
    SNN_EXPECT(exchange.leads());
    return std::make_unique<RankJobs>(options, exchange);
}

void follow_jobs(WordReader& order, Exchange& exchange) {
    try {
        JobOptions options;
        order.get(options.jobs);
        order.get(options.threads);
        LocalJobs mine(options);
        Meetings meetings(exchange);
        for (;;) {
            std::vector<EndedJob> ended;
            while (const auto job = mine.ended()) ended.push_back(*job);
            WordWriter said;
            said.add(ended);
            const Gathered& all = meetings.meet(said);
            WordReader told(all.of(0));
            const auto count = told.get<std::uint64_t>();
            const auto word = told.get<Word>();
            for (std::uint64_t k = 0; k < count; ++k) {
                const auto rank = told.get<std::uint32_t>();
                Job job;
                job.number = told.get<std::uint64_t>();
                told.get(job.words);
                told.get(job.log);
                if (rank == static_cast<std::uint32_t>(exchange.rank())) mine.start(job);
            }
            if (word == Word::interrupt) mine.interrupt();
            if (word == Word::leave) return;
        }
    } catch (const RankError&) {
        throw;
    } catch (const std::exception& e) {
        exchange.fail(e);
        throw;
    }
}

}  // namespace snnsim
