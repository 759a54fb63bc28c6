// The loop over sweeps, for any backend.
#pragma once

#include <algorithm>
#include <chrono>

#include "kernels/memory/hopfield.hpp"
#include "src/memory/patterns.hpp"
#include "src/memory/recall.hpp"

namespace snnsim {

template <class Backend>
class RecallOn {
  public:
    RecallOn(const HopfieldModel& model, const Backend& backend)
        : model_(model),
          backend_(backend),
          units_(static_cast<std::size_t>(model.hopfield.cells)),
          patterns_(static_cast<std::size_t>(model.hopfield.patterns)),
          trials_(static_cast<std::size_t>(model.hopfield.trials)),
          words_((patterns_ + 31) / 32),
          bits_(units_ * words_),
          states_(trials_ * units_),
          overlaps_(trials_ * words_ * 32),
          sums_(trials_),
          squares_(trials_),
          changes_(trials_),
          orders_(trials_) {
        const std::vector<std::uint32_t> bits = pattern_bits(model);
        bits_.copy_from(bits.data(), bits.size());
        const std::vector<std::int8_t> states = start_states(model, bits);
        states_.copy_from(states.data(), states.size());
    }

    RecallOutcome run(const AskToEnd& ask) {
        const HopfieldSpec& h = model_.hopfield;
        const bool noise = h.temperature > 0.0;
        const double n = static_cast<double>(h.cells);
        RecallOutcome out;
        out.device = backend_.name();
        out.sweeps.assign(trials_, 0);
        out.settled.assign(trials_, 0);
        const auto began = std::chrono::steady_clock::now();
        backend_.for_each(trials_, BeginRecall{recalls()});
        add_energy(out);
        SweepRecall sweep{recalls(),
                          {orders_.data(), trials_},
                          model_.seed,
                          0,
                          noise ? static_cast<float>(2.0 / (n * h.temperature)) : 0.0f};
        std::vector<std::uint32_t> changes(trials_);
        for (; sweep.sweep < h.max_sweeps; ++sweep.sweep) {
            if (all_settled(out)) break;
            if (ask && ask(sweep.sweep)) {
                out.interrupted = true;
                break;
            }
            set_orders(sweep.sweep);
            backend_.for_each(trials_, sweep);
            changes_.copy_to(changes.data(), trials_);
            for (std::size_t t = 0; t < trials_; ++t) {
                if (out.settled[t]) continue;
                ++out.sweeps[t];
                out.settled[t] = !noise && changes[t] == 0;
            }
            add_energy(out);
        }
        out.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        out.states.resize(trials_ * units_);
        states_.copy_to(out.states.data(), out.states.size());
        take_overlaps(out);
        return out;
    }

  private:
    Recalls recalls() {
        return {{static_cast<std::uint32_t>(units_),
                 static_cast<std::uint32_t>(patterns_),
                 static_cast<std::uint32_t>(words_),
                 {bits_.data(), bits_.size()}},
                {states_.data(), states_.size()},
                {overlaps_.data(), overlaps_.size()},
                {sums_.data(), trials_},
                {squares_.data(), trials_},
                {changes_.data(), trials_}};
    }
    static bool all_settled(const RecallOutcome& out) {
        return std::all_of(out.settled.begin(), out.settled.end(), [](auto s) { return s != 0; });
    }
    void set_orders(std::uint32_t sweep) {
        std::vector<Permutation> orders;
        orders.reserve(trials_);
        for (std::size_t t = 0; t < trials_; ++t)
            orders.emplace_back(
                RandomKey{model_.seed, Stream::sweeps, static_cast<std::uint32_t>(t), sweep},
                units_);
        orders_.copy_from(orders.data(), trials_);
    }
    void add_energy(RecallOutcome& out) {
        std::vector<std::int64_t> squares(trials_);
        squares_.copy_to(squares.data(), trials_);
        const std::int64_t own = model_.hopfield.patterns * model_.hopfield.cells;
        for (const std::int64_t s : squares)
            out.energy.push_back(-static_cast<double>(s - own) /
                                 (2.0 * static_cast<double>(units_)));
    }
    void take_overlaps(RecallOutcome& out) {
        std::vector<std::int32_t> padded(trials_ * words_ * 32);
        overlaps_.copy_to(padded.data(), padded.size());
        out.overlaps.reserve(trials_ * patterns_);
        for (std::size_t t = 0; t < trials_; ++t) {
            const auto row = padded.begin() + static_cast<std::ptrdiff_t>(t * words_ * 32);
            out.overlaps.insert(out.overlaps.end(), row,
                                row + static_cast<std::ptrdiff_t>(patterns_));
        }
    }

    const HopfieldModel& model_;
    const Backend& backend_;
    std::size_t units_, patterns_, trials_, words_;
    typename Backend::template Buffer<std::uint32_t> bits_;
    typename Backend::template Buffer<std::int8_t> states_;
    typename Backend::template Buffer<std::int32_t> overlaps_;
    typename Backend::template Buffer<std::int64_t> sums_, squares_;
    typename Backend::template Buffer<std::uint32_t> changes_;
    typename Backend::template Buffer<Permutation> orders_;
};

}  // namespace snnsim
