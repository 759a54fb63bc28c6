// Ranks of MPI.
#include <mpi.h>
#if defined(OPEN_MPI)
#include <mpi-ext.h>
#endif
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "src/engine/ranks/machine_ranks.hpp"
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

// Of messages between two ranks: what one hands on, and that one has failed.
constexpr int handed_on = 1, warning = 2;
constexpr std::size_t most_at_once = std::size_t{1} << 30;  // bytes of one of them

/// Ranks of a communicator.
class MpiRanks final : public Exchange {
  public:
    explicit MpiRanks(MPI_Comm ranks) : comm_(ranks) {
        MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
        check(MPI_Comm_rank(comm_, &rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(comm_, &ranks_), "MPI_Comm_size");
    }
    int rank() const override { return rank_; }
    int ranks() const override { return ranks_; }
    void poll() override {
        if (request_ != MPI_REQUEST_NULL) done(request_, "MPI_Iallgather");
    }

  protected:
    /// Small messages go in one round, their size with them: pieces have room for the largest of
    /// the last messages, as all ranks know it. A second round brings all that does not fit.
    void start_words(std::span<const std::uint32_t> mine) override {
        mine_ = mine;
        piece_mine_.resize(piece_);
        piece_mine_[0] = static_cast<std::uint32_t>(whole_number(mine.size()));
        if (mine.size() < piece_) std::copy(mine.begin(), mine.end(), piece_mine_.begin() + 1);
        pieces_.resize(piece_ * static_cast<std::size_t>(ranks_));
        check(MPI_Iallgather(piece_mine_.data(), whole_number(piece_), MPI_UINT32_T, pieces_.data(),
                             whole_number(piece_), MPI_UINT32_T, comm_, &request_),
              "MPI_Iallgather");
    }
    void finish_words(Gathered& all) override {
        wait(request_, "MPI_Iallgather");
        const std::size_t room = piece_ - 1;
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
        check(MPI_Iallgatherv(mine_.data(), whole_number(mine_.size()), MPI_UINT32_T,
                              all.words.data(), counts_.data(), starts_.data(), MPI_UINT32_T, comm_,
                              &request_),
              "MPI_Iallgatherv");
        wait(request_, "MPI_Iallgatherv");
        constexpr std::size_t largest = 1 << 14;  // words; of what is larger, size comes first
        piece_ = std::min(largest, most + most / 4 + 1);
    }
    void gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        const int count = whole_number(mine.size());
        std::vector<int> counts(static_cast<std::size_t>(ranks_));
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Igather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, comm_, &request),
              "MPI_Igather");
        wait(request, "MPI_Igather");
        if (leads()) make_room(all, [&](std::size_t r) { return counts[r]; });
        check(MPI_Igatherv(mine.data(), count, MPI_UINT32_T, all.words.data(), counts_.data(),
                           starts_.data(), MPI_UINT32_T, 0, comm_, &request),
              "MPI_Igatherv");
        wait(request, "MPI_Igatherv");
    }
    void broadcast_words(Words& words) override {
        std::uint64_t count = words.size();
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Ibcast(&count, 1, MPI_UINT64_T, 0, comm_, &request), "MPI_Ibcast");
        wait(request, "MPI_Ibcast");
        words.resize(count);
        check(MPI_Ibcast(words.data(), whole_number(count), MPI_UINT32_T, 0, comm_, &request),
              "MPI_Ibcast");
        wait(request, "MPI_Ibcast");
    }
    void sum_numbers(std::span<std::uint64_t> numbers) override {
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iallreduce(MPI_IN_PLACE, numbers.data(), whole_number(numbers.size()),
                             MPI_UINT64_T, MPI_SUM, comm_, &request),
              "MPI_Iallreduce");
        wait(request, "MPI_Iallreduce");
    }
    void sum_numbers_before(std::span<std::uint64_t> numbers) override {
        std::vector<std::uint64_t> sums(numbers.size());
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iexscan(numbers.data(), sums.data(), whole_number(numbers.size()), MPI_UINT64_T,
                          MPI_SUM, comm_, &request),
              "MPI_Iexscan");
        wait(request, "MPI_Iexscan");
        if (leads()) std::fill(sums.begin(), sums.end(), 0u);  // which the library leaves as it is
        std::copy(sums.begin(), sums.end(), numbers.begin());
    }
    bool give_bytes(std::span<const std::byte> bytes) override {
        return for_each_part(bytes.size(), [&](std::size_t first, int count, MPI_Request& request) {
            check(MPI_Isend(bytes.data() + first, count, MPI_BYTE, rank_ + 1, handed_on, comm_,
                            &request),
                  "MPI_Isend");
        });
    }
    bool take_bytes(std::span<std::byte> bytes) override {
        return for_each_part(bytes.size(), [&](std::size_t first, int count, MPI_Request& request) {
            check(MPI_Irecv(bytes.data() + first, count, MPI_BYTE, rank_ - 1, handed_on, comm_,
                            &request),
                  "MPI_Irecv");
        });
    }
    void settle_bytes(std::span<std::byte> bytes) override {
        for (std::size_t first = 0; first < bytes.size(); first += most_at_once) {
            MPI_Request request = MPI_REQUEST_NULL;
            check(MPI_Ibcast(bytes.data() + first,
                             whole_number(std::min(most_at_once, bytes.size() - first)), MPI_BYTE,
                             ranks_ - 1, comm_, &request),
                  "MPI_Ibcast");
            wait(request, "MPI_Ibcast");
        }
    }
    bool warned() override {
        int is_warned = 0;
        check(MPI_Iprobe(MPI_ANY_SOURCE, warning, comm_, &is_warned, MPI_STATUS_IGNORE),
              "MPI_Iprobe");
        return is_warned != 0;
    }
    void warn() override {
        for (int r = 0; r < ranks_; ++r) {
            if (r == rank_) continue;
            MPI_Request request = MPI_REQUEST_NULL;
            check(MPI_Isend(nullptr, 0, MPI_BYTE, r, warning, comm_, &request), "MPI_Isend");
            MPI_Request_free(&request);
        }
    }

  private:
    static bool done(MPI_Request& request, const char* what) {
        int is_done = 0;
        check(MPI_Test(&request, &is_done, MPI_STATUS_IGNORE), what);
        return is_done != 0;
    }
    /// Libraries spin while they wait, which stalls everybody where ranks are more than cores.
    void wait(MPI_Request& request, const char* what) {
        patience_.wait_until([&] { return done(request, what); });
    }
    /// Begins and ends messages that MPI can count; false where another rank has failed.
    template <class F>
    bool for_each_part(std::size_t bytes, F&& begin) {
        for (std::size_t first = 0; first < bytes; first += most_at_once) {
            MPI_Request request = MPI_REQUEST_NULL;
            begin(first, whole_number(std::min(most_at_once, bytes - first)), request);
            bool is_done = false;
            patience_.wait_until([&] { return (is_done = done(request, "MPI_Test")) || warned(); });
            if (is_done) continue;
            MPI_Cancel(&request);
            MPI_Request_free(&request);
            return false;
        }
        return true;
    }
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

    const MPI_Comm comm_;
    int rank_ = 0, ranks_ = 1;
    std::size_t piece_ = 64;  // words, the first of them a size
    Words piece_mine_, pieces_;
    std::span<const std::uint32_t> mine_;
    MPI_Request request_ = MPI_REQUEST_NULL;
    std::vector<int> counts_, starts_;
    Patience patience_;
};

/// MPI, from its start to its end.
class Mpi {
  public:
    Mpi() {
        int provided = 0;
        check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init");
        if (provided < MPI_THREAD_FUNNELED)
            throw UsageError("this MPI library does not work with threads; use another");
        world_.emplace(MPI_COMM_WORLD);
        require_all_launched();
#if defined(__linux__)
        prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);  // ns: moments are not made longer
#endif
        find_machines();
    }
    ~Mpi() {
        MPI_Win_free(&window_);
        if (leaders_comm_ != MPI_COMM_NULL) MPI_Comm_free(&leaders_comm_);
        MPI_Comm_free(&machine_);
        MPI_Finalize();
    }
    Mpi(const Mpi&) = delete;
    Mpi& operator=(const Mpi&) = delete;

    Exchange& ranks() {
        return *ranks_;
    }
    int on_machine() const {
        return on_machine_;
    }
    int among_machine() const {
        return here_;
    }

  private:
    /// Another library's launcher is not understood: each process would be a first and only rank.
    void require_all_launched() const {
        if (world_->ranks() == launched_processes()) return;
        MPI_Finalize();
        throw UsageError(std::to_string(launched_processes()) +
                         " processes were started together, of which " + mpi_name() +
                         ", with which this snnsim was built, sees " +
                         std::to_string(world_->ranks()) + "; take its mpirun");
    }
    void find_machines() {
        check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, world_->rank(),
                                  MPI_INFO_NULL, &machine_),
              "MPI_Comm_split_type");
        int first = world_->rank();
        check(MPI_Comm_rank(machine_, &here_), "MPI_Comm_rank");
        check(MPI_Comm_size(machine_, &on_machine_), "MPI_Comm_size");
        check(MPI_Bcast(&first, 1, MPI_INT, 0, machine_), "MPI_Bcast");
        std::vector<int> first_of(static_cast<std::size_t>(world_->ranks()));
        check(MPI_Allgather(&first, 1, MPI_INT, first_of.data(), 1, MPI_INT, MPI_COMM_WORLD),
              "MPI_Allgather");
        std::map<int, std::vector<int>> by_first;  // as the leaders' ranks are in order
        for (int r = 0; r < world_->ranks(); ++r)
            by_first[first_of[static_cast<std::size_t>(r)]].push_back(r);
        Machines machines;
        for (const auto& [r, ranks] : by_first) machines.push_back(ranks);
        if (machines.size() > 1) {
            check(MPI_Comm_split(MPI_COMM_WORLD, here_ == 0 ? 0 : MPI_UNDEFINED, world_->rank(),
                                 &leaders_comm_),
                  "MPI_Comm_split");
            if (here_ == 0) leaders_.emplace(leaders_comm_);
        }
        ranks_.emplace(shared_memory(), machines, leaders_ ? &*leaders_ : nullptr, *world_);
    }
    /// Of the machine, zeros.
    std::byte* shared_memory() {
        const std::size_t bytes = SharedPlaces::bytes(static_cast<std::size_t>(on_machine_),
                                                      static_cast<std::size_t>(world_->ranks()));
        std::byte* memory = nullptr;
        MPI_Aint size = here_ == 0 ? static_cast<MPI_Aint>(bytes) : 0;
        check(MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, machine_, &memory, &window_),
              "MPI_Win_allocate_shared");
        int unit = 0;
        check(MPI_Win_shared_query(window_, 0, &size, &unit, &memory), "MPI_Win_shared_query");
        if (here_ == 0)
            std::memset(memory, 0,
                        SharedPlaces::zeros(static_cast<std::size_t>(on_machine_),
                                            static_cast<std::size_t>(world_->ranks())));
        check(MPI_Barrier(machine_), "MPI_Barrier");
        return memory;
    }

    std::optional<MpiRanks> world_, leaders_;
    std::optional<MachineRanks> ranks_;
    MPI_Comm machine_ = MPI_COMM_NULL, leaders_comm_ = MPI_COMM_NULL;
    MPI_Win window_ = MPI_WIN_NULL;
    int on_machine_ = 1, here_ = 0;  // ranks of this machine, and this one's number there
};

std::optional<Mpi> mpi;

/// The library says that it takes addresses of a device's memory.
bool takes_device_memory() {
#if defined(MPIX_CUDA_AWARE_SUPPORT)
    return MPIX_Query_cuda_support() == 1;
#else
    return false;
#endif
}

class MpiCarrier final : public DeviceCarrier {
  public:
    void all_gather(const std::uint32_t* mine, std::size_t words, std::uint32_t* all) override {
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iallgather(mine, whole_number(words), MPI_UINT32_T, all, whole_number(words),
                             MPI_UINT32_T, MPI_COMM_WORLD, &request),
              "MPI_Iallgather");
        patience_.wait_until([&] {
            int is_done = 0;
            check(MPI_Test(&request, &is_done, MPI_STATUS_IGNORE), "MPI_Iallgather");
            return is_done != 0;
        });
    }
    std::string name() const override { return mpi_name(); }

  private:
    Patience patience_;
};

}  // namespace

Exchange& process_ranks() {
    if (launched_processes() == 1) return no_exchange();
    if (!mpi) mpi.emplace();
    return mpi->ranks();
}
int ranks_on_machine() {
    return mpi ? mpi->on_machine() : 1;
}
int rank_on_machine() {
    return mpi ? mpi->among_machine() : 0;
}
std::unique_ptr<DeviceCarrier> make_mpi_carrier(bool on_host) {
    if (!on_host && !takes_device_memory())
        throw UsageError(
            mpi_name() +
            " takes no addresses of a GPU's memory; use another, or SNNSIM_GPU_EXCHANGE=host");
    return std::make_unique<MpiCarrier>();
}
void leave_ranks() {
    mpi.reset();
}
std::string mpi_name() {
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(text, &length);
    std::string name(text, static_cast<std::size_t>(length));
    std::replace(name.begin(), name.end(), '\t', ' ');  // of MPICH
    return name.substr(0, name.find_first_of(",\n"));
}
std::string why_no_mpi() {
    return {};
}

}  // namespace snnsim
