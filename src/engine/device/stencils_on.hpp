// Stencils in device memory: offsets, and where the sums of their targets are.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/network/deliver_stencil.hpp"
#include "src/engine/device/due_spikes_on.hpp"
#include "src/engine/device/target_panels.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/stencil.hpp"

namespace snnsim {

template <class Steps>
class StencilsOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// `accumulators`: of the first block; `events`: see SynapseArrays.
    StencilsOn(const std::vector<StencilProjection>& all, const Layout& layout,
               DueSpikesOn<Steps>& due, std::int32_t* accumulators, std::int64_t* events)
        : due_(due), accumulators_(accumulators), events_(events) {
        std::vector<StencilOnDevice> stencils;
        std::vector<StencilOffset> offsets;
        TargetPanels panels(layout);
        std::vector<DueSpikes> lists;
        for (const StencilProjection& p : all) {
            const std::uint32_t first_panel = panels.add(p.to);
            for (const StencilProjection::Group& g : p.groups) {
                stencils.push_back({p.grid, static_cast<std::uint32_t>(offsets.size()),
                                    static_cast<std::uint32_t>(g.offsets.size()), first_panel,
                                    static_cast<std::uint32_t>(p.reached.positive),
                                    static_cast<std::uint32_t>(p.reached.negative)});
                offsets.insert(offsets.end(), g.offsets.begin(), g.offsets.end());
                DueSpikes list;
                list.population = static_cast<std::uint32_t>(p.from);
                list.delay = g.delay;
                list.first_row = layout.populations[p.from].first_row;
                lists.push_back(list);
            }
        }
        few_ = stencils.empty() || offsets.size() < 16 * stencils.size();
        own_ = due_.add(lists);
        stencils_ = Buffer<StencilOnDevice>(stencils);
        offsets_ = Buffer<StencilOffset>(offsets);
        panels_ = Buffer<PanelOnDevice>(panels.all());
    }

    std::size_t bytes() const {
        return stencils_.size() * sizeof(StencilOnDevice) +
               offsets_.size() * sizeof(StencilOffset) + panels_.size() * sizeof(PanelOnDevice);
    }

    /// Enqueues the delivery of what is due in the k-th step of a batch.
    void deliver(Steps& steps, const StepWindow* window, std::int64_t k) {
        if (own_.count == 0) return;
        const StencilArrays arrays{stencils_.data(),
                                   offsets_.data(),
                                   {panels_.data(), cell_panel, accumulators_},
                                   events_};
        const DeliverStencil body{{window, k, due_.of(own_)}, arrays};
        if (few_) {
            steps.template share_out<Steps::few>(due_.teams(own_), body);
        } else {
            steps.template share_out<Steps::many>(due_.teams(own_), body);
        }
    }

  private:
    DueSpikesOn<Steps>& due_;
    std::int32_t* accumulators_;
    std::int64_t* events_;
    bool few_ = true;
    DuePartOn own_;
    Buffer<StencilOnDevice> stencils_;
    Buffer<StencilOffset> offsets_;
    Buffer<PanelOnDevice> panels_;
};

}  // namespace snnsim
