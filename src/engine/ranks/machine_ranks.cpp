#include "src/engine/ranks/machine_ranks.hpp"

#include <algorithm>
#include <new>

namespace snnsim {
namespace {

constexpr std::size_t line = 64;                 // bytes: what is written apart lies apart
constexpr std::uint32_t too_long = 0xFFFFFFFFu;  // in place of what does not fit

/// Bytes of so many words and their number.
std::size_t bytes_of(std::size_t words) {
    return ((words + 1) * sizeof(std::uint32_t) + line - 1) / line * line;
}
constexpr std::size_t all_machines = std::size_t{1} << 20;  // words, at most

}  // namespace

std::size_t SharedPlaces::room_of_all(std::size_t ranks, std::size_t all) {
    return all == ranks ? 0 : std::max(2 * all, std::min(all_machines, all * room));
}

std::size_t SharedPlaces::zeros(std::size_t ranks, std::size_t all) {
    return sizeof(Rounds) + 2 * (ranks * bytes_of(room) + bytes_of(room_of_all(ranks, all))) +
           ranks * sizeof(Given);
}
std::size_t SharedPlaces::bytes(std::size_t ranks, std::size_t all) {
    return zeros(ranks, all) + ranks * slots * slot_bytes;
}

SharedPlaces::SharedPlaces(std::byte* memory, std::size_t ranks, std::size_t all)
    : memory_(memory), ranks_(ranks), room_of_all_(room_of_all(ranks, all)) {
    static_assert(sizeof(Rounds) % line == 0 && sizeof(Given) % line == 0);
}

SharedPlaces::Rounds& SharedPlaces::rounds() const {
    return *std::launder(reinterpret_cast<Rounds*>(memory_));
}
std::uint32_t* SharedPlaces::of(std::size_t rank, std::uint32_t round) const {
    return std::launder(reinterpret_cast<std::uint32_t*>(memory_ + sizeof(Rounds) +
                                                         (2 * rank + round % 2) * bytes_of(room)));
}
std::uint32_t* SharedPlaces::of_all(std::uint32_t round) const {
    return std::launder(reinterpret_cast<std::uint32_t*>(memory_ + sizeof(Rounds) +
                                                         2 * ranks_ * bytes_of(room) +
                                                         round % 2 * bytes_of(room_of_all_)));
}

SharedPlaces::Given& SharedPlaces::given(std::size_t rank) const {
    std::byte* const first =
        memory_ + sizeof(Rounds) + 2 * (ranks_ * bytes_of(room) + bytes_of(room_of_all_));
    return *std::launder(reinterpret_cast<Given*>(first + rank * sizeof(Given)));
}
std::byte* SharedPlaces::slot(std::size_t rank, std::uint32_t number) const {
    return reinterpret_cast<std::byte*>(&given(ranks_)) +
           (rank * slots + number % slots) * slot_bytes;
}

MachineRanks::MachineRanks(std::byte* memory, const Machines& machines, Exchange* leaders,
                           Exchange& world)
    : machines_(machines),
      machine_(static_cast<std::size_t>(std::find_if(machines.begin(), machines.end(),
                                                     [&](const std::vector<int>& m) {
                                                         return std::binary_search(
                                                             m.begin(), m.end(), world.rank());
                                                     }) -
                                        machines.begin())),
      here_(static_cast<std::size_t>(
          std::find(machines[machine_].begin(), machines[machine_].end(), world.rank()) -
          machines[machine_].begin())),
      places_(memory, machines[machine_].size(), static_cast<std::size_t>(world.ranks())),
      leaders_(leaders),
      world_(world) {
    SNN_EXPECT((leaders != nullptr) == (machines.size() > 1 && here_ == 0));
}

void MachineRanks::start_words(std::span<const std::uint32_t> mine) {
    ++round_;
    mine_ = mine;
    sent_ = false;
    std::uint32_t* const words = places_.of(here_, round_);
    const bool fits = mine.size() <= SharedPlaces::room;
    words[0] = fits ? static_cast<std::uint32_t>(mine.size()) : too_long;
    if (fits) std::copy(mine.begin(), mine.end(), words + 1);
    SharedPlaces::Rounds& rounds = places_.rounds();
    if (rounds.shown.fetch_add(1, std::memory_order_acq_rel) + 1 == machines_[machine_].size()) {
        rounds.shown.store(0, std::memory_order_relaxed);
        rounds.here.set(round_);
    }
    poll();
}

void MachineRanks::poll() {
    if (!leaders_) return;
    if (!sent_ && places_.rounds().here.value.load(std::memory_order_acquire) == round_)
        send_to_machines();
    if (sent_) leaders_->poll();
}

/// What the ranks here have shown, one after the other with their sizes.
void MachineRanks::send_to_machines() {
    message_.clear();
    for (std::size_t r = 0; r < machines_[machine_].size(); ++r) {
        const std::uint32_t* const words = places_.of(r, round_);
        if (words[0] == too_long) {
            message_.assign(1, too_long);
            break;
        }
        message_.insert(message_.end(), words, words + 1 + words[0]);
    }
    leaders_->start(message_);
    sent_ = true;
}

/// Shows the ranks of this machine what those of all have shown: sizes by rank, then words.
void MachineRanks::show_all() {
    leaders_->finish(of_machines_);
    const auto count = static_cast<std::size_t>(ranks());
    std::uint32_t* const out = places_.of_all(round_);
    std::uint32_t* const sizes = out + 1;
    bool fits = of_machines_.words.size() <= places_.room_of_all();
    std::vector<const std::uint32_t*> at(count);
    for (std::size_t m = 0; m < machines_.size() && fits; ++m) {
        const std::uint32_t* words = of_machines_.of(static_cast<int>(m)).data();
        if (words[0] == too_long) fits = false;
        for (std::size_t k = 0; fits && k < machines_[m].size(); ++k) {
            const auto r = static_cast<std::size_t>(machines_[m][k]);
            sizes[r] = words[0];
            at[r] = words + 1;
            words += 1 + words[0];
        }
    }
    out[0] = fits ? static_cast<std::uint32_t>(of_machines_.words.size()) : too_long;
    std::uint32_t* to = sizes + count;
    for (std::size_t r = 0; fits && r < count; ++r) to = std::copy_n(at[r], sizes[r], to);
    places_.rounds().all.set(round_);
}

void MachineRanks::finish_words(Gathered& all) {
    SharedPlaces::Rounds& rounds = places_.rounds();
    const bool one = machines_.size() == 1;
    if (one || leaders_) patience_.wait_for(rounds.here, round_);
    if (leaders_) {
        if (!sent_) send_to_machines();
        show_all();
    }
    if (!one) patience_.wait_for(rounds.all, round_);
    const bool fits = one ? take_of_machine(all) : take(all);
    if (!fits) world_.all_gather(mine_, all);
}

bool MachineRanks::take_of_machine(Gathered& all) const {
    const std::size_t count = machines_[0].size();
    all.start.assign(1, 0);
    for (std::size_t r = 0; r < count; ++r) {
        const std::uint32_t words = *places_.of(r, round_);
        if (words == too_long) return false;
        all.start.push_back(all.start.back() + words);
    }
    all.words.resize(all.start.back());
    for (std::size_t r = 0; r < count; ++r) {
        const std::uint32_t* const words = places_.of(r, round_);
        std::copy_n(words + 1, words[0],
                    all.words.begin() + static_cast<std::ptrdiff_t>(all.start[r]));
    }
    return true;
}

bool MachineRanks::has_here(int rank) const {
    const std::vector<int>& here = machines_[machine_];
    return std::binary_search(here.begin(), here.end(), rank);
}

/// Calls part(first, count) for as many bytes at a time as a slot holds, while it says true.
template <class Part>
bool MachineRanks::for_each_slot(std::size_t bytes, Part&& part) {
    for (std::size_t first = 0; first < bytes; first += SharedPlaces::slot_bytes)
        if (!part(first, std::min(SharedPlaces::slot_bytes, bytes - first))) return false;
    return true;
}

bool MachineRanks::give_bytes(std::span<const std::byte> bytes) {
    if (!has_here(rank() + 1)) return world_.give_bytes(bytes);
    SharedPlaces::Given& mine = places_.given(here_);
    return for_each_slot(bytes.size(), [&](std::size_t first, std::size_t count) {
        patience_.wait_for_one(mine.emptied, [&](std::uint32_t emptied) {
            return filled_ - emptied < SharedPlaces::slots || warned();
        });
        if (warned()) return false;
        std::copy_n(bytes.data() + first, count, places_.slot(here_, filled_));
        mine.filled.set(++filled_);
        return true;
    });
}

bool MachineRanks::take_bytes(std::span<std::byte> bytes) {
    if (!has_here(rank() - 1)) return world_.take_bytes(bytes);
    SharedPlaces::Given& theirs = places_.given(here_ - 1);
    return for_each_slot(bytes.size(), [&](std::size_t first, std::size_t count) {
        patience_.wait_for_one(
            theirs.filled, [&](std::uint32_t filled) { return filled != emptied_ || warned(); });
        if (warned()) return false;
        std::copy_n(places_.slot(here_ - 1, emptied_), count, bytes.data() + first);
        theirs.emptied.set(++emptied_);
        return true;
    });
}

void MachineRanks::settle_bytes(std::span<std::byte> bytes) {
    if (machines_.size() > 1) {
        world_.settle_bytes(bytes);
        return;
    }
    const std::size_t last = machines_[0].size() - 1;
    SharedPlaces::Given& of_last = places_.given(last);
    for_each_slot(bytes.size(), [&](std::size_t first, std::size_t count) {
        if (here_ == last) {
            for (std::size_t r = 0; r < last; ++r)
                patience_.wait_for_one(places_.given(r).read, [&](std::uint32_t read) {
                    return filled_ - read < SharedPlaces::slots;
                });
            std::copy_n(bytes.data() + first, count, places_.slot(last, filled_));
            of_last.filled.set(++filled_);
            return true;
        }
        patience_.wait_for_one(of_last.filled,
                               [&](std::uint32_t filled) { return filled != read_; });
        std::copy_n(places_.slot(last, read_), count, bytes.data() + first);
        places_.given(here_).read.set(++read_);
        return true;
    });
}

void MachineRanks::warn() {
    places_.rounds().warned.store(1, std::memory_order_release);
    if (machines_.size() > 1) world_.warn();
}
bool MachineRanks::warned() {
    return places_.rounds().warned.load(std::memory_order_acquire) != 0 ||
           (machines_.size() > 1 && world_.warned());
}

bool MachineRanks::take(Gathered& all) const {
    const std::uint32_t* const shown = places_.of_all(round_);
    if (shown[0] == too_long) return false;
    const auto count = static_cast<std::size_t>(ranks());
    const std::uint32_t* const sizes = shown + 1;
    all.start.assign(1, 0);
    for (std::size_t r = 0; r < count; ++r) all.start.push_back(all.start.back() + sizes[r]);
    all.words.assign(sizes + count, sizes + count + all.start.back());
    return true;
}

}  // namespace snnsim
