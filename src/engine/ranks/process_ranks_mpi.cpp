// Ranks of MPI.
#include <mpi.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <chrono>
#include <limits>
#include <optional>
#include <thread>

#include "src/engine/ranks/process_ranks.hpp"

namespace snnsim {
namespace {

void check(int result, const char* what) {
    if (result == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(result, text, &length);
    throw Error(std::string(what) + ": " + std::string(text, static_cast<std::size_t>(length)));
}

int whole_number(std::size_t count) {
    if (count > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw Error("ranks would exchange more than 8 GB at once; start more of them");
    return static_cast<int>(count);
}

/// Libraries spin while they wait, which stalls everybody where ranks are more than cores. Who
/// sleeps for a moment is run again at once when it is over, even where other programs want the
/// cores; who yields comes after all of them.
void wait(MPI_Request request, const char* what) {
    using std::chrono::microseconds;
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        int done = 0;
        check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), what);
        if (done) return;
        const auto waited = std::chrono::steady_clock::now() - start;
        if (waited < microseconds(20)) continue;
        std::this_thread::sleep_for(waited < microseconds(20000) ? microseconds(2)
                                                                 : microseconds(200));
    }
}

class MpiRanks final : public Exchange {
  public:
    MpiRanks() {
        int provided = 0;
        check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init");
        if (provided < MPI_THREAD_FUNNELED)
            throw UsageError("this MPI library does not work with threads; use another");
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
        check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(MPI_COMM_WORLD, &ranks_), "MPI_Comm_size");
        MPI_Comm machine = MPI_COMM_NULL;
        check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL,
                                  &machine),
              "MPI_Comm_split_type");
        check(MPI_Comm_size(machine, &on_machine_), "MPI_Comm_size");
        MPI_Comm_free(&machine);
#if defined(__linux__)
        prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);  // ns: moments are not made longer
#endif
    }
    int rank() const override {
        return rank_;
    }
    int ranks() const override {
        return ranks_;
    }
    int on_machine() const {
        return on_machine_;
    }

  protected:
    /// Small messages go in one round, their size with them: pieces have room for the largest of
    /// the last messages, as all ranks know it. A second round brings all that does not fit.
    void all_gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        const std::size_t room = piece_ - 1;
        piece_mine_.resize(piece_);
        piece_mine_[0] = static_cast<std::uint32_t>(whole_number(mine.size()));
        if (mine.size() <= room) std::copy(mine.begin(), mine.end(), piece_mine_.begin() + 1);
        pieces_.resize(piece_ * static_cast<std::size_t>(ranks_));
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iallgather(piece_mine_.data(), whole_number(piece_), MPI_UINT32_T, pieces_.data(),
                             whole_number(piece_), MPI_UINT32_T, MPI_COMM_WORLD, &request),
              "MPI_Iallgather");
        wait(request, "MPI_Iallgather");
        make_room(all, [&](std::size_t r) { return pieces_[r * piece_]; });
        std::size_t most = 0;
        for (std::size_t r = 0; r < all.start.size() - 1; ++r)
            most = std::max(most, all.start[r + 1] - all.start[r]);
        if (most <= room) {
            for (std::size_t r = 0; r < all.start.size() - 1; ++r) {
                const auto from = pieces_.begin() + static_cast<std::ptrdiff_t>(r * piece_ + 1);
                std::copy_n(from, all.start[r + 1] - all.start[r],
                            all.words.begin() + static_cast<std::ptrdiff_t>(all.start[r]));
            }
            return;
        }
        check(
            MPI_Iallgatherv(mine.data(), whole_number(mine.size()), MPI_UINT32_T, all.words.data(),
                            counts_.data(), starts_.data(), MPI_UINT32_T, MPI_COMM_WORLD, &request),
            "MPI_Iallgatherv");
        wait(request, "MPI_Iallgatherv");
        constexpr std::size_t largest = 1 << 14;  // words; of what is larger, size comes first
        piece_ = std::min(largest, most + most / 4 + 1);
    }
    void gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        const int count = whole_number(mine.size());
        std::vector<int> counts(static_cast<std::size_t>(ranks_));
        MPI_Request request = MPI_REQUEST_NULL;
        check(
            MPI_Igather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, MPI_COMM_WORLD, &request),
            "MPI_Igather");
        wait(request, "MPI_Igather");
        if (leads()) make_room(all, [&](std::size_t r) { return counts[r]; });
        check(MPI_Igatherv(mine.data(), count, MPI_UINT32_T, all.words.data(), counts_.data(),
                           starts_.data(), MPI_UINT32_T, 0, MPI_COMM_WORLD, &request),
              "MPI_Igatherv");
        wait(request, "MPI_Igatherv");
    }
    void broadcast_words(Words& words) override {
        std::uint64_t count = words.size();
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Ibcast(&count, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD, &request), "MPI_Ibcast");
        wait(request, "MPI_Ibcast");
        words.resize(count);
        check(MPI_Ibcast(words.data(), whole_number(count), MPI_UINT32_T, 0, MPI_COMM_WORLD,
                         &request),
              "MPI_Ibcast");
        wait(request, "MPI_Ibcast");
    }
    void sum_numbers(std::span<std::uint64_t> numbers) override {
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iallreduce(MPI_IN_PLACE, numbers.data(), whole_number(numbers.size()),
                             MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD, &request),
              "MPI_Iallreduce");
        wait(request, "MPI_Iallreduce");
    }
    void sum_numbers_before(std::span<std::uint64_t> numbers) override {
        std::vector<std::uint64_t> sums(numbers.size());
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iexscan(numbers.data(), sums.data(), whole_number(numbers.size()), MPI_UINT64_T,
                          MPI_SUM, MPI_COMM_WORLD, &request),
              "MPI_Iexscan");
        wait(request, "MPI_Iexscan");
        if (leads()) std::fill(sums.begin(), sums.end(), 0u);  // which the library leaves as it is
        std::copy(sums.begin(), sums.end(), numbers.begin());
    }

  private:
    /// For size(rank) words of each.
    template <class Size>
    void make_room(Gathered& all, Size&& size) {
        counts_.resize(static_cast<std::size_t>(ranks_));
        starts_.resize(counts_.size());
        all.start.assign(1, 0);
        for (std::size_t r = 0; r < counts_.size(); ++r) {
            counts_[r] = static_cast<int>(size(r));
            starts_[r] = whole_number(all.start.back());
            all.start.push_back(all.start.back() + static_cast<std::size_t>(counts_[r]));
        }
        all.words.resize(all.start.back());
    }

    int rank_ = 0, ranks_ = 1, on_machine_ = 1;
    std::size_t piece_ = 64;  // words, the first of them a size
    Words piece_mine_, pieces_;
    std::vector<int> counts_, starts_;
};

std::optional<MpiRanks> mpi_ranks;

}  // namespace

Exchange& process_ranks() {
    if (launched_processes() == 1) return no_exchange();
    if (!mpi_ranks) mpi_ranks.emplace();
    return *mpi_ranks;
}
int ranks_on_machine() {
    return mpi_ranks ? mpi_ranks->on_machine() : 1;
}
void leave_ranks() {
    if (!mpi_ranks) return;
    mpi_ranks.reset();
    MPI_Finalize();
}
std::string mpi_name() {
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(text, &length);
    const std::string name(text, static_cast<std::size_t>(length));
    return name.substr(0, name.find_first_of(",\n"));
}
std::string why_no_mpi() {
    return {};
}

}  // namespace snnsim
