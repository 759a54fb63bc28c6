// Runs the device engine's kernel bodies one after the other on the host, in host memory: what a
// GPU computes, without one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace snnsim {

struct SerialSteps {
    /// Owns `size` elements, zero at first; copies are visible calls, as on a GPU.
    template <class T>
    class Buffer {
      public:
        Buffer() = default;
        explicit Buffer(std::size_t size) : data_(size) {}
        explicit Buffer(const std::vector<T>& from) : data_(from) {}

        T* data() { return data_.data(); }
        std::size_t size() const { return data_.size(); }
        void copy_from(const T* from, std::size_t count, std::size_t at = 0) {
            if (count) std::memcpy(data_.data() + at, from, count * sizeof(T));
        }
        void copy_to(T* to, std::size_t count, std::size_t at = 0) const {
            if (count) std::memcpy(to, data_.data() + at, count * sizeof(T));
        }

      private:
        std::vector<T> data_;
    };
    template <class T>
    using HostBuffer = std::vector<T>;

    /// Of code that a model file brings: bodies carry it out instruction by instruction.
    static constexpr bool compiles = false;
    struct Kernel {};

    static constexpr std::int64_t batch = 3;  // the most steps enqueued at once

    std::string name() const { return "cpu, one body after the other"; }
    /// Teams of threads that keep the machine busy.
    std::size_t teams() const { return 3; }

    template <class Body>
    void for_each(std::size_t count, const Body& body) {
        for (std::size_t i = 0; i < count; ++i) body(i);
    }
    /// A thread of a team: number `lane` of `lanes`.
    struct Team {
        std::uint32_t lane;
        std::uint32_t number = 0;  // of the team among those that are shared out to
        static constexpr std::uint32_t lanes = 2;

        /// What f gives, the same to all threads of the team.
        template <class F>
        std::uint32_t same(F&& f) const {
            return f();
        }
        /// What its threads read before it, they read before anything is written after it.
        void wait() const {}
    };
    /// body(i, team) for every thread of team i.
    template <class Body>
    void for_each_team(std::size_t count, const Body& body) {
        for (std::size_t i = 0; i < count; ++i) {
            for (std::uint32_t lane = 0; lane < Team::lanes; ++lane) body(i, Team{lane});
        }
    }
    /// A team of one, for bodies whose threads count together.
    struct OneThread : Team {
        static constexpr std::uint32_t lanes = 1;

        /// See Block.
        std::uint32_t sum_before(std::uint32_t value, std::uint32_t& all) const {
            all = value;
            return 0;
        }
    };
    static constexpr std::uint32_t few = 2, many = 2;  // threads of a team
    /// The same for as many teams as the body counts in the steps before, of few or many threads;
    /// `expected`: about how many teams that will be.
    template <std::uint32_t Lanes, class Body>
    void share_out(std::uint32_t /*expected*/, const Body& body) {
        const std::uint32_t count = body.count();
        for (std::uint32_t n = 0; n < count; ++n) {
            if constexpr (requires { Body::together; }) {
                body(n, OneThread{});
            } else {
                for (std::uint32_t lane = 0; lane < Team::lanes; ++lane) body(n, Team{lane});
            }
        }
    }
    /// The teams that it will be.
    template <std::uint32_t Lanes>
    std::size_t teams_for(std::uint32_t /*expected*/) const {
        return 1;
    }
    /// A thread of a block; all of its threads come to each call.
    struct Block {
        std::uint32_t thread() const { return 0; }
        std::uint32_t threads() const { return 1; }
        /// The sum of the values of the threads before, and of all.
        std::uint32_t sum_before(std::uint32_t value, std::uint32_t& all) const {
            all = value;
            return 0;
        }
        /// What the threads wrote may be read after it.
        void wait() const {}
    };
    /// body(block) for every thread of a single block, of which about `wanted` have something to
    /// do.
    template <class Body>
    void in_one_block(std::uint32_t /*wanted*/, const Body& body) {
        Block block;
        body(block);
    }
    /// The bits of body(i), Body::lanes of them, follow each other in the words bits[word_ids[0]],
    /// bits[word_ids[1]] ..
    template <class Body>
    void for_each_bit(std::size_t words, const Body& body, const std::uint32_t* word_ids,
                      std::uint32_t* bits) {
        constexpr std::size_t per_word = 32 / Body::lanes;
        for (std::size_t w = 0; w < words; ++w) {
            std::uint32_t word = 0;
            for (std::size_t i = 0; i < per_word; ++i)
                word |= body(per_word * w + i) << (Body::lanes * i);
            bits[word_ids[w]] = word;
        }
    }
    /// Runs the steps from `now` to `end` in batches, of which one ends at every multiple of `cut`:
    /// step(k) gives the kernels of a batch's k-th step, and finish(count) those that end a batch.
    /// All batches of a size are the same.
    template <class Step, class Finish>
    void run_batches(std::int64_t now, std::int64_t end, std::int64_t cut, const Step& step,
                     const Finish& finish) {
        while (now < end) {
            const std::int64_t count = std::min(end - now, cut - now % cut) < batch ? 1 : batch;
            for (std::int64_t k = 0; k < count; ++k) step(k);
            finish(count);
            now += count;
        }
    }
    void wait() {}
    /// What is expected of steps to come has changed.
    void forget_batches() {}

    /// Copies to a HostBuffer while steps go on; it may be read after wait_for_copies.
    template <class T>
    void start_copy(T* to, const T* from, std::size_t count) {
        copy_within(to, from, count);
    }
    void wait_for_copies() {}
    /// In the order of the steps, as upload and download.
    template <class T>
    void copy_within(T* to, const T* from, std::size_t count) {
        if (count) std::memcpy(to, from, count * sizeof(T));
    }
    template <class T>
    void upload(T* to, const T* from, std::size_t count) {
        copy_within(to, from, count);
    }
    template <class T>
    void download(T* to, const T* from, std::size_t count) {
        copy_within(to, from, count);
    }
};

}  // namespace snnsim
