// Ranks on several machines, which share memory on each: threads of this process here.
#include "src/engine/ranks/machine_ranks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "snnsim/read_model.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/ranks/thread_ranks.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

/// Calls task(exchange) on all ranks of some machines.
void on_machines(const Machines& machines, const std::function<void(Exchange&)>& task) {
    std::size_t count = 0;
    for (const std::vector<int>& m : machines) count += m.size();
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    std::vector<std::vector<Line>> memory;
    for (const std::vector<int>& m : machines)
        memory.emplace_back(SharedPlaces::bytes(m.size(), count) / sizeof(Line) + 1);
    ThreadRanks leaders(static_cast<int>(machines.size()));
    ThreadRanks(static_cast<int>(count)).run([&](Exchange& world) {
        int machine = 0;
        while (std::count(machines[machine].begin(), machines[machine].end(), world.rank()) == 0)
            ++machine;
        const bool leads = machines.size() > 1 && machines[machine][0] == world.rank();
        MachineRanks ranks(memory[machine][0].bytes, machines,
                           leads ? &leaders.rank(machine) : nullptr, world);
        try {
            task(ranks);
        } catch (const RankError&) {
            throw;
        } catch (const std::exception& e) {
            ranks.fail(e);
            throw RankError(world.rank(), e.what(), false);
        }
    });
}

const Machines some_machines[] = {
    {{0}}, {{0, 1}}, {{0, 1, 2}, {3, 4, 5}}, {{0, 3}, {1}, {2, 4, 5, 6}}, {{0}, {1}, {2}}};

TEST(MachineRanks, BringAllWordsToAll) {
    constexpr std::size_t longest = SharedPlaces::room + 3;
    for (const Machines& machines : some_machines) {
        on_machines(machines, [&](Exchange& exchange) {
            const auto words_of = [](int rank, int round) {
                // Of all lengths, now and then more than there is room for.
                const std::size_t count =
                    round % 7 == 6 ? longest * (rank % 2)
                                   : static_cast<std::size_t>((rank * 31 + round * 17) % 50);
                Words words(count);
                for (std::size_t k = 0; k < count; ++k)
                    words[k] = static_cast<std::uint32_t>(1000 * rank + 10 * round) +
                               static_cast<std::uint32_t>(k);
                return words;
            };
            Gathered all;
            for (int round = 0; round < 40; ++round) {
                const Words mine = words_of(exchange.rank(), round);
                exchange.start(mine);
                for (int k = 0; k < round % 3; ++k) exchange.poll();
                exchange.finish(all);
                ASSERT_EQ(all.start.size(), static_cast<std::size_t>(exchange.ranks()) + 1);
                for (int r = 0; r < exchange.ranks(); ++r) {
                    const auto got = all.of(r);
                    ASSERT_EQ(Words(got.begin(), got.end()), words_of(r, round)) << r;
                }
                if (round % 10 == 0) {
                    Words word(exchange.leads() ? 5u : 0u, 3u);
                    exchange.broadcast(word);
                    EXPECT_EQ(word, Words(5u, 3u));
                    EXPECT_EQ(exchange.sum(std::uint64_t{2}),
                              static_cast<std::uint64_t>(2 * exchange.ranks()));
                }
            }
        });
    }
}

TEST(MachineRanks, GiveBytesToTheNextAndFromTheLastToAll) {
    for (const Machines& machines : some_machines) {
        on_machines(machines, [&](Exchange& exchange) {
            const int rank = exchange.rank(), last = exchange.ranks() - 1;
            // Of all lengths, now and then more than there is room for in all slots.
            for (const std::size_t size : {std::size_t{5}, SharedPlaces::slot_bytes, std::size_t{0},
                                           SharedPlaces::slot_bytes * 9 + 1, std::size_t{70000}}) {
                std::vector<std::byte> bytes(size, std::byte{1});
                if (rank > 0) exchange.take_over(bytes);
                for (std::size_t k = 0; k < size; ++k)
                    bytes[k] = static_cast<std::byte>(static_cast<std::size_t>(bytes[k]) * 3 + k);
                if (rank < last) exchange.hand_on(bytes);
                exchange.settle(bytes);
                std::vector<std::byte> wanted(size, std::byte{1});
                for (int r = 0; r <= last; ++r) {
                    for (std::size_t k = 0; k < size; ++k)
                        wanted[k] =
                            static_cast<std::byte>(static_cast<std::size_t>(wanted[k]) * 3 + k);
                }
                ASSERT_EQ(bytes, wanted) << "rank " << rank << ", " << size << " bytes";
            }
        });
    }
}

TEST(MachineRanks, HearOfOneThatFailsFromNeighbours) {
    for (const Machines& machines : some_machines) {
        std::atomic<int> heard = 0;
        std::size_t count = 0;
        for (const std::vector<int>& m : machines) count += m.size();
        if (count == 1) continue;
        EXPECT_THROW(on_machines(machines,
                                 [&](Exchange& exchange) {
                                     std::vector<std::byte> bytes(1 << 20);
                                     try {
                                         if (exchange.rank() == 1) throw Error("is ill");
                                         if (exchange.rank() > 0) exchange.take_over(bytes);
                                         if (exchange.rank() + 1 < exchange.ranks())
                                             exchange.hand_on(bytes);
                                         exchange.settle(bytes);
                                     } catch (const RankError& e) {
                                         EXPECT_STREQ(e.what(), "rank 1: is ill");
                                         ++heard;
                                         throw;
                                     }
                                 }),
                     RankError);
        EXPECT_EQ(heard.load(), static_cast<int>(count) - 1);
    }
}

TEST(MachineRanks, AllHearOfOneThatFails) {
    for (const Machines& machines : some_machines) {
        std::atomic<int> heard = 0;
        std::size_t count = 0;
        for (const std::vector<int>& m : machines) count += m.size();
        if (count == 1) continue;
        EXPECT_THROW(on_machines(machines,
                                 [&](Exchange& exchange) {
                                     Gathered all;
                                     exchange.all_gather(Words(3u, 1u), all);
                                     exchange.start(Words(2u, 1u));
                                     if (exchange.rank() == 1) throw Error("is ill");
                                     exchange.finish(all);
                                     try {
                                         exchange.all_gather(Words(3u, 1u), all);
                                     } catch (const RankError& e) {
                                         EXPECT_STREQ(e.what(), "rank 1: is ill");
                                         ++heard;
                                         throw;
                                     }
                                 }),
                     RankError);
        EXPECT_EQ(heard.load(), static_cast<int>(count) - 1);
    }
}

TEST(MachineRanks, SimulateWhatOneProcessDoes) {
    const auto spec = std::get<SimulationSpec>(read_any_model(shipped_model("cuba"), {}));
    const std::vector<Sent> wanted = run(*make_engine(spec, {.threads = 1}), 600);
    EXPECT_GT(wanted.size(), 20u);
    for (const Machines& machines : some_machines) {
        std::vector<Sent> got;
        on_machines(machines, [&](Exchange& exchange) {
            const auto engine = make_cpu_engine(spec, {.threads = 1}, exchange);
            const std::vector<Sent> mine = run(*engine, 600);
            if (exchange.leads()) got = mine;
        });
        EXPECT_EQ(got, wanted);
    }
}

}  // namespace
}  // namespace snnsim
