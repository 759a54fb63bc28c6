// Processes that simulate or train one network together, ranks, as an engine or a trainer sees
// them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "snnsim/error.hpp"

namespace snnsim {

using Words = std::vector<std::uint32_t>;

/// What ranks gave, one after the other.
struct Gathered {
    Words words;
    std::vector<std::size_t> start;  // [rank], and the end of the last

    std::span<const std::uint32_t> of(int rank) const {
        const auto r = static_cast<std::size_t>(rank);
        return {words.data() + start[r], start[r + 1] - start[r]};
    }
};

/// Some rank failed: all others end with this. `what()` names the rank and what it said.
struct RankError : Error {
    RankError(int rank, std::string said, bool of_user)
        : Error("rank " + std::to_string(rank) + ": " + said),
          said(std::move(said)),
          of_user(of_user) {}
    std::string said;
    bool of_user;  // the model or an option is wrong: any process would say so
};

/// What a rank says that runs out of memory.
inline constexpr const char* rank_out_of_memory =
    "out of memory; on more machines each process has less to hold";

/// All ranks call the same members in the same order. Each begins with a round in which a rank
/// that failed can be heard, whatever the others are about to do: they throw RankError.
class Exchange {
    friend class MachineRanks;  // which makes one of others

  public:
    virtual ~Exchange() = default;
    virtual int rank() const = 0;
    virtual int ranks() const = 0;

    bool alone() const { return ranks() == 1; }
    bool leads() const { return rank() == 0; }

    /// What each rank gives comes to all of them.
    void all_gather(std::span<const std::uint32_t> mine, Gathered& all) {
        start(mine);
        finish(all);
    }
    /// The same in two: in between, the words are on their way, and nothing else is exchanged.
    void start(std::span<const std::uint32_t> mine);
    void finish(Gathered& all);
    /// Now and then in between, where it is needed for messages to move.
    virtual void poll() {}
    /// To rank 0 alone; the others get nothing.
    void gather(std::span<const std::uint32_t> mine, Gathered& all);
    /// What rank 0 has comes to all.
    void broadcast(Words& words);
    /// Each number becomes its sum over all ranks.
    void sum(std::span<std::uint64_t> numbers);
    /// Each number becomes its sum over the ranks before this one.
    void sum_before(std::span<std::uint64_t> numbers);
    std::uint64_t sum(std::uint64_t number) {
        sum(std::span(&number, 1));
        return number;
    }
    /// The least and the greatest of numbers.
    std::uint32_t least(std::uint32_t number);
    std::uint32_t greatest(std::uint32_t number);

    // Ranks stand in a line. Their members are called by pairs of neighbours, which wait for each
    // other, and hear of a rank that failed meanwhile.

    /// Gives bytes to the next rank, which there must be ...
    void hand_on(std::span<const std::byte> bytes);
    /// ... which takes as many from the one before it.
    void take_over(std::span<std::byte> bytes);
    /// What the last rank has comes to all.
    void settle(std::span<std::byte> bytes);

    /// Tells the others that this rank cannot go on, once; nothing is exchanged any more.
    void fail(const std::exception& why) noexcept;
    bool failed() const { return failed_; }

  protected:
    /// `mine` stays where it is until the words are finished.
    virtual void start_words(std::span<const std::uint32_t> mine) = 0;
    virtual void finish_words(Gathered& all) = 0;
    virtual void gather_words(std::span<const std::uint32_t> mine, Gathered& all) = 0;
    virtual void broadcast_words(Words& words) = 0;
    virtual void sum_numbers(std::span<std::uint64_t> numbers) = 0;
    virtual void sum_numbers_before(std::span<std::uint64_t> numbers) = 0;
    /// False: a rank has failed, and nothing was given or taken.
    virtual bool give_bytes(std::span<const std::byte> bytes) = 0;
    virtual bool take_bytes(std::span<std::byte> bytes) = 0;
    virtual void settle_bytes(std::span<std::byte> bytes) = 0;
    /// Ends what the others wait for from their neighbours ...
    virtual void warn() = 0;
    /// ... where they have looked for it.
    virtual bool warned() = 0;

  private:
    void listen();
    [[noreturn]] void listen_to_failure();
    void hear(const Gathered& all);

    Words message_;
    bool started_ = false, failed_ = false;
};

/// Of a process alone, which waits for nobody.
Exchange& no_exchange();

/// Puts values one after the other into a message.
class WordWriter {
  public:
    Words words;

    template <class T>
    requires std::is_trivially_copyable_v<T>
    void add(const T& value) { add_array(&value, 1); }
    template <class T>
    void add(const std::vector<T>& values) {
        add(std::uint64_t{values.size()});
        if constexpr (std::is_trivially_copyable_v<T>) {
            add_array(values.data(), values.size());
        } else {
            for (const T& v : values) add(v);
        }
    }
    void add(const std::string& text) { add(std::vector<char>(text.begin(), text.end())); }
    template <class T>
    void add_array(const T* values, std::size_t count) {
        const std::size_t before = words.size(), bytes = count * sizeof(T);
        words.resize(before + (bytes + 3) / 4);
        if (bytes > 0) std::memcpy(words.data() + before, values, bytes);
    }
};

/// Takes them out again.
class WordReader {
  public:
    explicit WordReader(std::span<const std::uint32_t> words) : words_(words) {}

    bool done() const { return at_ == words_.size(); }
    template <class T>
    requires std::is_trivially_copyable_v<T> T get() {
        T value;
        get_array(&value, 1);
        return value;
    }
    template <class T>
    void get(T& value) {
        value = get<T>();
    }
    template <class T>
    void get(std::vector<T>& values) {
        values.resize(get<std::uint64_t>());
        if constexpr (std::is_trivially_copyable_v<T>) {
            get_array(values.data(), values.size());
        } else {
            for (T& v : values) get(v);
        }
    }
    void get(std::string& text) {
        std::vector<char> letters;
        get(letters);
        text.assign(letters.begin(), letters.end());
    }
    template <class T>
    void get_array(T* to, std::size_t count) {
        const std::size_t bytes = count * sizeof(T), size = (bytes + 3) / 4;
        SNN_EXPECT(at_ + size <= words_.size());
        if (bytes > 0) std::memcpy(static_cast<void*>(to), words_.data() + at_, bytes);
        at_ += size;
    }

  private:
    std::span<const std::uint32_t> words_;
    std::size_t at_ = 0;
};

}  // namespace snnsim
