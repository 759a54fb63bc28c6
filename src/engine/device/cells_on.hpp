// The cells of one model on a device: all its groups behind one launch a step.
#pragma once

#include <memory>
#include <vector>

#include "kernels/network/step_groups.hpp"
#include "kernels/view.hpp"
#include "src/engine/cells/cells_of.hpp"

namespace snnsim {

/// Where the state of the cells of one population in one block lies on the device.
struct DeviceGroup {
    std::size_t population = 0;
    std::uint32_t first = 0, count = 0;   // cells in the population
    std::vector<float*> state;            // by variable
    std::vector<std::int32_t*> arriving;  // by receptor
    float* stimuli = nullptr;             // their current ...
    float* current = nullptr;             // ... and all of it: that one, without gap junctions
    std::vector<StateBounds> bounds;      // by variable
};

/// Copies values to the device, into memory that lives as long as `where`.
template <class T, class Buffer>
T* keep(const std::vector<T>& values, std::vector<Buffer>& where) {
    return where.emplace_back(values).data();
}

/// Where a group's cells come from, and which of them are silent.
template <class Silent>
struct GroupPlace {
    std::size_t population;
    std::uint32_t first;
    Silent silent;
};

/// See Engine::silence.
template <template <class> class Buffer, class Steps, class Places, class Groups, class OnDevice>
void silence_groups(Steps& steps, Places& places, std::size_t population,
                    const std::vector<std::uint8_t>& silent, Groups& groups, OnDevice& on_device) {
    for (std::size_t g = 0; g < groups.size(); ++g) {
        auto& of = places[g];
        if (of.population != population) continue;
        if (!silent.empty())
            of.silent = Buffer<std::uint8_t>(std::vector<std::uint8_t>(
                silent.begin() + of.first, silent.begin() + of.first + groups[g].count));
        groups[g].silent = silent.empty() ? nullptr : of.silent.data();
        steps.upload(on_device.data() + g, &groups[g], 1);
    }
    steps.wait();
}

/// Of buffers of T.
template <class T, class Buffers>
std::size_t bytes_of(const Buffers& buffers) {
    std::size_t sum = 0;
    for (const auto& b : buffers) sum += b.size() * sizeof(T);
    return sum;
}

template <class Steps>
class CellsOn {
  public:
    virtual ~CellsOn() = default;
    /// Enqueues a step of all cells; bits of those that fire go to their words.
    virtual void step(Steps& steps, const StepWindow* window, std::int64_t k,
                      std::uint32_t* bits) = 0;
    /// After the last add().
    virtual void upload() = 0;
    virtual std::size_t bytes() const = 0;
    /// See Engine::set_rates and CellGroup::set_adaptive; rates are those of the population.
    virtual void set_rates(Steps& steps, std::size_t population, const double* rates) = 0;
    virtual void set_adaptive(Steps& steps, bool adaptive) = 0;
    /// See Engine::silence.
    virtual void silence(Steps& steps, std::size_t population,
                         const std::vector<std::uint8_t>& silent) = 0;
};

/// Constants of the cells change while the network runs: rates that tasks set, thresholds that stop
/// adapting.
template <CellModel M>
inline constexpr bool constants_change = rate_can_be_set<M> ||
                                         requires(const typename M::Constants& constants) {
    M::frozen(constants);
};

template <class Steps, CellModel M, bool Varied>
class CellsOfModelOn : public CellsOn<Steps> {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// Takes the cells' state over from the host. Their words begin at `first_word`; sums of what
    /// arrives lie at `accumulators`, receptor after receptor; values of graded spikes go to
    /// `sent`. `poisson`: stimuli that the cells draw when they are stepped. `coupled`: by gap
    /// junctions.
    DeviceGroup add(const std::shared_ptr<CellsOf<M>>& cells, std::size_t population,
                    const Slice& slice, std::uint32_t first_word, std::int32_t* accumulators,
                    int receptors, float* sent, View<const PoissonInput> poisson, bool coupled) {
        const CellsOf<M>& host = *cells;
        CellsInGroup<M> group{};
        group.constants = host.uniform_constants();
        group.random = host.key();
        group.count = slice.count;
        group.sent = sent;
        group.poisson = poisson.data;
        group.poisson_count = static_cast<std::uint32_t>(poisson.size);
        group.cells.first = slice.first;
        group.depth = host.depth();
        DeviceGroup place{population, slice.first, slice.count, {}, {}, nullptr, nullptr, {}};
        for (int r = 0; r < M::receptors; ++r) {
            group.cells.unit[r] = host.arrays().unit[r];
            // Nothing arrives at the second receptor of a model where it shares the first.
            group.cells.arriving[r] =
                r < receptors ? accumulators + static_cast<std::size_t>(r) * slice.padded()
                              : keep(std::vector<std::int32_t>(slice.padded()), integers_);
            place.arriving.push_back(group.cells.arriving[r]);
        }
        for (std::size_t k = 0; k < CellsOf<M>::state_count; ++k) {
            const float* const from = host.arrays().state[k];
            group.cells.state[k] = keep(std::vector<float>(from, from + slice.padded()), floats_);
            if (group.depth >= 0)
                group.start[k] = keep(std::vector<float>(from, from + slice.padded()), floats_);
            place.state.push_back(group.cells.state[k]);
            place.bounds.push_back(host.bounds(k));
        }
        float* constants = nullptr;
        if constexpr (Varied) {
            constants = keep(host.constants(), floats_);
            for (std::size_t k = 0; k < host.constants().size() / slice.padded(); ++k)
                group.cells.constants[k] = constants + k * slice.padded();
        }
        place.stimuli = place.current = keep(std::vector<float>(slice.padded()), floats_);
        if (coupled) place.current = keep(std::vector<float>(slice.padded()), floats_);
        group.cells.current = place.current;
        for (std::uint32_t at = 0; at < slice.count; at += 32) {
            places_.push_back({static_cast<std::uint32_t>(groups_.size()), at});
            word_ids_.push_back(first_word + at / 32);
        }
        if constexpr (constants_change<M>)
            changing_.push_back({cells, groups_.size(), population, slice.first, constants});
        groups_.push_back(group);
        populations_.push_back({population, slice.first, {}});
        return place;
    }

    void upload() override {
        device_groups_ = Buffer<CellsInGroup<M>>(groups_);
        device_places_ = Buffer<WordPlace>(places_);
        device_word_ids_ = Buffer<std::uint32_t>(word_ids_);
    }

    void step(Steps& steps, const StepWindow* window, std::int64_t k,
              std::uint32_t* bits) override {
        steps.for_each_bit(
            places_.size(),
            StepGroups<M, Varied>{window, k, device_groups_.data(), device_places_.data()},
            device_word_ids_.data(), bits);
    }

    void set_rates(Steps& steps, std::size_t population, const double* rates) override {
        for (Changing& c : changing_) {
            if (c.population != population) continue;
            SNN_EXPECT(c.host->set_rates(rates + c.first));
            bring(steps, c);
        }
    }
    void set_adaptive(Steps& steps, bool adaptive) override {
        for (Changing& c : changing_) {
            c.host->set_adaptive(adaptive);
            bring(steps, c);
        }
    }

    void silence(Steps& steps, std::size_t population,
                 const std::vector<std::uint8_t>& silent) override {
        silence_groups<Buffer>(steps, populations_, population, silent, groups_, device_groups_);
    }

    std::size_t bytes() const override {
        return bytes_of<float>(floats_) + bytes_of<std::int32_t>(integers_);
    }

  private:
    /// A group whose host goes on to compute its constants.
    struct Changing {
        std::shared_ptr<CellsOf<M>> host;
        std::size_t group, population;
        std::uint32_t first;  // cell
        float* constants;     // of each cell; null: all have the same
    };
    void bring(Steps& steps, const Changing& c) {
        groups_[c.group].constants = c.host->uniform_constants();
        steps.upload(device_groups_.data() + c.group, &groups_[c.group], 1);
        if (c.constants)
            steps.upload(c.constants, c.host->constants().data(), c.host->constants().size());
        steps.wait();
    }

    std::vector<CellsInGroup<M>> groups_;
    std::vector<GroupPlace<Buffer<std::uint8_t>>> populations_;  // [group]
    std::vector<WordPlace> places_;
    std::vector<std::uint32_t> word_ids_;
    Buffer<CellsInGroup<M>> device_groups_;
    Buffer<WordPlace> device_places_;
    Buffer<std::uint32_t> device_word_ids_;
    std::vector<Buffer<float>> floats_;
    std::vector<Buffer<std::int32_t>> integers_;
    std::vector<Changing> changing_;
};

}  // namespace snnsim
