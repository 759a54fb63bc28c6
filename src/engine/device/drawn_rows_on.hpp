// Procedural projections on a device: what their rows are drawn from.
#pragma once

#include <algorithm>
#include <bit>
#include <map>
#include <vector>

#include "kernels/network/deliver_drawn.hpp"
#include "snnsim/error.hpp"
#include "src/engine/device/due_spikes_on.hpp"
#include "src/engine/device/target_panels.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/projection_plan.hpp"

namespace snnsim {

/// How the rows of a plan that is drawn by source are drawn.
inline RowForm row_form(const ProjectionPlan& plan) {
    const Connection& c = plan.connection;
    switch (c.connect.rule) {
        case Rule::one_to_one:
            return RowForm::same_cell;
        case Rule::blocks:
            return RowForm::block;
        case Rule::all_to_all:
            return RowForm::everyone;
        case Rule::fixed_in_degree:
            return RowForm::stubs;
        case Rule::fixed_total_number:
        case Rule::pairwise_poisson:
            return RowForm::any_targets;
        case Rule::fixed_out_degree:
            return c.connect.multapses ? RowForm::any_targets : RowForm::distinct;
        case Rule::fixed_probability:
            return RowForm::distinct;
        case Rule::symmetric_pairwise_bernoulli:
        case Rule::conv:
        case Rule::pool:
        case Rule::list:
            break;
    }
    SNN_EXPECT(false);  // see storage_on_device
    return RowForm::distinct;
}

template <class Steps>
class DrawnRowsOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// `accumulators`: of the first block; `events`: see SynapseArrays.
    DrawnRowsOn(Steps& steps, const std::vector<ProjectionPlan>& plans, const Layout& layout,
                DueSpikesOn<Steps>& due, std::int32_t* accumulators, std::int64_t* events)
        : due_(due), accumulators_(accumulators), events_(events) {
        std::vector<DrawnOnDevice> all;
        std::vector<std::uint32_t> projection;  // by list
        std::vector<DueSpikes> lists;
        TargetPanels panels(layout);
        for (const ProjectionPlan& plan : plans) {
            for (std::uint32_t k = 0; k < plan.reach.count; ++k) {
                DueSpikes list;
                list.population = static_cast<std::uint32_t>(plan.from);
                list.delay = plan.reach.first + k;
                list.first_row = layout.populations[plan.from].first_row;
                lists.push_back(list);
                projection.push_back(static_cast<std::uint32_t>(all.size()));
            }
            all.push_back(on_device(plan));
            all.back().first_panel = panels.add(plan.to);
        }
        own_ = due_.add(lists);
        projections_ = Buffer<DrawnOnDevice>(all);
        projection_ = Buffer<std::uint32_t>(projection);
        panels_ = Buffer<PanelOnDevice>(panels.all());
        if (most_found_ == 0) return;
        table_bits_ = static_cast<std::uint32_t>(std::bit_width(most_found_)) + 1;
        const std::size_t room =
            std::clamp<std::size_t>(most_table_bytes >> table_bits_ >> 3, 1, most_teams_);
        most_teams_ = static_cast<std::uint32_t>(room);
        tables_ = Buffer<std::uint64_t>(steps.template teams_for<Steps::many>(most_teams_)
                                        << table_bits_);
    }

    std::size_t bytes() const {
        return kept_bytes_ + projections_.size() * sizeof(DrawnOnDevice) +
               panels_.size() * sizeof(PanelOnDevice) + tables_.size() * sizeof(std::uint64_t);
    }

    /// Enqueues the delivery of what is due in the k-th step of a batch.
    void deliver(Steps& steps, const StepWindow* window, std::int64_t k) {
        if (own_.count == 0) return;
        const DrawnArrays arrays{
            projections_.data(), projection_.data(), {panels_.data(), cell_panel, accumulators_},
            tables_.data(),      table_bits_,        events_};
        steps.template share_out<Steps::many>(std::min(due_.teams(own_), most_teams_),
                                              DeliverDrawn{{window, k, due_.of(own_)}, arrays});
    }

  private:
    /// More teams than need tables of this size in all do not draw at once.
    static constexpr std::size_t most_table_bytes = std::size_t{64} << 20;

    DrawnOnDevice on_device(const ProjectionPlan& plan) {
        const Connection& c = plan.connection;
        DrawnOnDevice out;
        DrawnRows& rows = out.rows;
        rows.form = row_form(plan);
        rows.skips_itself = c.skips_itself();
        rows.seed = c.seed;
        rows.number = c.number;
        rows.sources = c.sources;
        rows.targets = c.targets;
        const auto [least, most] = std::minmax_element(plan.degree.begin(), plan.degree.end());
        if (!plan.degree.empty()) rows.degree = *most;
        if (!plan.degree.empty() && *least != *most) rows.degrees = keep(plan.degree, degrees_);
        if (rows.form == RowForm::stubs) {
            rows.stubs = c.stubs;
            rows.first_stub = keep(c.first_stub, stubs_);
            rows.in_degree = static_cast<std::uint64_t>(c.connect.n);
        }
        if (rows.form == RowForm::distinct) {
            const std::uint32_t candidates = c.targets - (rows.skips_itself ? 1 : 0);
            for (const std::uint32_t d : plan.degree)
                most_found_ = std::max(most_found_, std::min(d, candidates - d));
            most_found_ = std::max(most_found_, 1u);
        }
        out.weight = plan.weights.constant;
        if (plan.weights.values) out.weights = shared(*plan.weights.values, weights_, known_);
        if (plan.delays.values && plan.reach.count > 1)
            out.delays = shared(*plan.delays.values, delays_, known_);
        out.positive = static_cast<std::uint32_t>(plan.reached.positive);
        out.negative = static_cast<std::uint32_t>(plan.reached.negative);
        return out;
    }
    template <class T>
    const T* keep(const std::vector<T>& values, std::vector<Buffer<T>>& where) {
        kept_bytes_ += values.size() * sizeof(T);
        return where.emplace_back(values).data();
    }
    /// Plans share tables.
    template <class T>
    const T* shared(const std::vector<T>& values, std::vector<Buffer<T>>& where,
                    std::map<const void*, const void*>& known) {
        const void*& found = known[values.data()];
        if (!found) found = keep(values, where);
        return static_cast<const T*>(found);
    }

    DueSpikesOn<Steps>& due_;
    std::int32_t* accumulators_;
    std::int64_t* events_;
    DuePartOn own_;
    std::uint32_t most_found_ = 0, table_bits_ = 0, most_teams_ = 0x80000000u;
    std::size_t kept_bytes_ = 0;
    std::map<const void*, const void*> known_;  // tables of the host, on the device
    std::vector<Buffer<std::uint32_t>> degrees_;
    std::vector<Buffer<std::uint64_t>> stubs_;
    std::vector<Buffer<std::int32_t>> weights_;
    std::vector<Buffer<std::uint16_t>> delays_;
    Buffer<DrawnOnDevice> projections_;
    Buffer<std::uint32_t> projection_;
    Buffer<PanelOnDevice> panels_;
    Buffer<std::uint64_t> tables_;
};

}  // namespace snnsim
