// Puts the synapses of a source into segments: those whose targets lie in this process.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/synapses/packed.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/projection_plan.hpp"

namespace snnsim {

class RowWriter {
  public:
    explicit RowWriter(const Layout& layout) : layout_(layout) {}

    /// Begins the row of a source, with synapses of `words` words.
    void start(DelayRange delays, std::uint32_t words) {
        delays_ = delays;
        words_ = words;
        synapses_.clear();
        segment_.clear();
    }
    void add(const ProjectionPlan& plan, std::uint32_t source) {
        // What the loop needs in local variables, which no store to a row can change.
        const PanelPlace* const panels = layout_.panels[plan.to].data();
        const auto positive = static_cast<std::uint32_t>(plan.reached.positive),
                   negative = static_cast<std::uint32_t>(plan.reached.negative);
        const DelayRange range = delays_;
        const auto blocks = static_cast<std::uint32_t>(layout_.blocks.size());
        const std::size_t before = synapses_.size();
        synapses_.resize(before + plan.degree[source]);
        segment_.resize(before + plan.degree[source]);
        Synapse* synapse = synapses_.data() + before;
        std::uint32_t* segment = segment_.data() + before;
        const auto emit = [&](std::uint32_t target, std::int32_t weight, std::uint32_t delay)
            __attribute__((always_inline)) {  // a call would cost as much again
            const PanelPlace place = panels[target / cell_panel];
            if (place.block >= blocks) return;
            const std::uint32_t receptor = weight < 0 ? negative : positive;
            *synapse++ = {place.slot + target % cell_panel + receptor * place.stride, weight};
            *segment++ = place.block * range.count + delay - range.first;
        };
        plan.for_each_weight(source, taken_, emit);
        synapses_.resize(static_cast<std::size_t>(synapse - synapses_.data()));
        segment_.resize(synapses_.size());
    }
    std::uint32_t size_in_words() const {
        return static_cast<std::uint32_t>(synapses_.size()) * words_;
    }
    /// Writes the row: segment s at out + edge[s] .. out + edge[s + 1].
    void finish(std::uint32_t* edge, PackedSynapse* out) {
        words_ == words_per_narrow ? finish_as<words_per_narrow>(edge, out)
                                   : finish_as<words_per_wide>(edge, out);
    }

  private:
    template <std::uint32_t Words>
    void finish_as(std::uint32_t* edge, PackedSynapse* out) {
        const auto segments = static_cast<std::uint32_t>(layout_.blocks.size()) * delays_.count;
        const std::size_t count = synapses_.size();
        const Synapse* const synapses = synapses_.data();
        const std::uint32_t* const segment = segment_.data();
        std::fill_n(edge, segments + 1, 0u);
        for (std::size_t k = 0; k < count; ++k) edge[segment[k] + 1] += Words;
        for (std::uint32_t s = 0; s < segments; ++s) edge[s + 1] += edge[s];
        cursor_.assign(edge, edge + segments);
        std::uint32_t* const cursor = cursor_.data();
        for (std::size_t k = 0; k < count; ++k) {
            PackedSynapse* const at = out + cursor[segment[k]];
            if constexpr (Words == words_per_narrow) {
                at[0] = pack(static_cast<std::uint16_t>(synapses[k].slot),
                             static_cast<std::int16_t>(synapses[k].weight));
            } else {
                at[0] = synapses[k].slot;
                at[1] = static_cast<std::uint32_t>(synapses[k].weight);
            }
            cursor[segment[k]] += Words;
        }
    }

    struct Synapse {
        std::uint32_t slot;
        std::int32_t weight;
    };
    const Layout& layout_;
    DelayRange delays_;
    std::uint32_t words_ = words_per_narrow;
    std::vector<Synapse> synapses_;
    std::vector<std::uint32_t> segment_, cursor_;
    Taken taken_;
};

}  // namespace snnsim
