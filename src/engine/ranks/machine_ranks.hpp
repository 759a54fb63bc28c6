// Ranks of which several share a machine: there they show each other their words in memory, and one
// of each machine exchanges with those of the others.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/engine/ranks/exchange.hpp"
#include "src/engine/ranks/patience.hpp"

namespace snnsim {

/// Which ranks share which machine: [machine][], ascending.
using Machines = std::vector<std::vector<int>>;

/// Memory that all ranks of a machine see: a place for what each shows, and one for what the ranks
/// of all machines have shown. Each has two halves, so that the next can be written while somebody
/// still reads the last: who begins the round after the next has seen all others end this one.
class SharedPlaces {
  public:
    static constexpr std::size_t room = std::size_t{1} << 14;  // words of one rank

    /// Memory for `ranks` ranks, of `all` on all machines, and so many of them zeros at first.
    static std::size_t bytes(std::size_t ranks, std::size_t all);
    static std::size_t zeros(std::size_t ranks, std::size_t all);
    SharedPlaces(std::byte* memory, std::size_t ranks, std::size_t all);

    /// What a rank shows: words, the first of them their number.
    std::uint32_t* of(std::size_t rank, std::uint32_t round) const;
    std::uint32_t* of_all(std::uint32_t round) const;
    std::size_t room_of_all() const { return room_of_all_; }

    /// How many have shown theirs, the round in which all here have, and all on all machines.
    struct Rounds {
        std::atomic<std::uint32_t> shown;
        std::atomic<std::uint32_t> warned;  // not 0: one has failed
        alignas(64) SharedNumber here;
        alignas(64) SharedNumber all;
    };
    Rounds& rounds() const;

    // What a rank gives to its neighbour, or the last to all, goes through slots of it, one after
    // the other and round again.

    static constexpr std::size_t slots = 4, slot_bytes = std::size_t{1} << 16;
    /// How many a rank has filled, its neighbour has emptied, and it has read of the last rank's.
    struct Given {
        alignas(64) SharedNumber filled;
        alignas(64) SharedNumber emptied;
        alignas(64) SharedNumber read;
    };
    Given& given(std::size_t rank) const;
    std::byte* slot(std::size_t rank, std::uint32_t number) const;

  private:
    static std::size_t room_of_all(std::size_t ranks, std::size_t all);
    std::byte* memory_;
    std::size_t ranks_, room_of_all_;
};

class MachineRanks final : public Exchange {
  public:
    /// `memory`: of the rank's machine. `leaders`: of the first rank of each machine, there; null
    /// for all others, and where there is one machine. `world`: all ranks; for what is long or
    /// rare.
    MachineRanks(std::byte* memory, const Machines& machines, Exchange* leaders, Exchange& world);

    int rank() const override { return world_.rank(); }
    int ranks() const override { return world_.ranks(); }
    void poll() override;

  protected:
    void start_words(std::span<const std::uint32_t> mine) override;
    void finish_words(Gathered& all) override;
    void gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        world_.gather(mine, all);
    }
    void broadcast_words(Words& words) override { world_.broadcast(words); }
    void sum_numbers(std::span<std::uint64_t> numbers) override { world_.sum(numbers); }
    void sum_numbers_before(std::span<std::uint64_t> numbers) override {
        world_.sum_before(numbers);
    }
    bool give_bytes(std::span<const std::byte> bytes) override;
    bool take_bytes(std::span<std::byte> bytes) override;
    void settle_bytes(std::span<std::byte> bytes) override;
    void warn() override;
    bool warned() override;

  private:
    void send_to_machines();
    void show_all();
    bool take(Gathered& all) const;
    bool take_of_machine(Gathered& all) const;
    bool has_here(int rank) const;
    template <class Part>
    static bool for_each_slot(std::size_t bytes, Part&& part);

    const Machines machines_;
    std::size_t machine_ = 0, here_ = 0;  // this rank's, and its place among those of the machine
    SharedPlaces places_;
    Exchange* const leaders_;
    Exchange& world_;
    Patience patience_;

    std::uint32_t round_ = 0;
    std::span<const std::uint32_t> mine_;
    bool sent_ = false;  // by a leader, to those of the other machines
    std::uint32_t filled_ = 0, emptied_ = 0, read_ = 0;  // slots, see SharedPlaces::Given
    Words message_;
    Gathered of_machines_;
};

}  // namespace snnsim
