#include "src/engine/work_counter.hpp"

#include <algorithm>
#include <utility>

namespace snnsim {

FanOut::FanOut(std::vector<std::uint32_t> degrees) : each(std::move(degrees)) {
    if (each.empty() || std::any_of(each.begin(), each.end(),
                                    [&](std::uint32_t degree) { return degree != each[0]; }))
        return;
    same = each[0];
    each = {};
}

FanOut fan_out_of(const PlasticRows& rows) {
    std::vector<std::uint32_t> degree(rows.sources);
    for (std::uint32_t j = 0; j < rows.sources; ++j)
        degree[j] = static_cast<std::uint32_t>(rows.number[(j + 1) * rows.delays.count] -
                                               rows.number[j * rows.delays.count]);
    return FanOut(std::move(degree));
}

std::int64_t lag_in_sample(const SimulationSpec& spec, const SynapsesSpec& projection) {
    const int from = spec.population(projection.from).depth,
              to = spec.population(projection.to).depth;
    if (from < 0 || to < 0 || !projection.delay.constant()) return 0;
    const std::int64_t delay = std::max<std::int64_t>(1, step_of(projection.delay.mean, spec.dt));
    return std::max<std::int64_t>(0, delay - (to - from));
}

WorkCounter::WorkCounter(const SimulationSpec& spec,
                         std::vector<std::vector<std::uint32_t>> fan_out)
    : counts_(spec.populations.size()), done_(spec.projections.size()) {
    for (std::vector<std::uint32_t>& degrees : fan_out) fan_out_.emplace_back(std::move(degrees));
    for (const SynapsesSpec& s : spec.projections) {
        const std::size_t from = spec.population_index(s.from);
        const std::int64_t lag = lag_in_sample(spec, s);
        std::vector<Late>& all = counts_[from];
        auto late =
            std::find_if(all.begin(), all.end(), [&](const Late& one) { return one.lag == lag; });
        if (late == all.end()) {
            const CellPopulationSpec& p = spec.populations[from];
            all.push_back(
                {lag, p.depth, std::vector<std::uint32_t>(static_cast<std::size_t>(p.size))});
            late = all.end() - 1;
        }
        source_.push_back({from, static_cast<std::size_t>(late - all.begin())});
    }
}

std::vector<SynapticWork> WorkCounter::work() const {
    if (!whole_) return {};
    std::vector<SynapticWork> out = done_;
    for (std::size_t k = 0; k < out.size(); ++k) {
        const std::vector<std::uint32_t>& count =
            counts_[source_[k].population][source_[k].late].count;
        for (std::size_t j = 0; j < count.size(); ++j) {
            out[k].events += count[j];
            out[k].operations += std::uint64_t{count[j]} * fan_out_[k].of(j);
        }
    }
    return out;
}

void WorkCounter::change(std::int64_t t, std::size_t projection, FanOut fan_out) {
    changes_.push_back({t, projection, std::move(fan_out)});
}

void WorkCounter::apply_change() {
    Change& change = changes_.front();
    if (whole_) done_ = work();
    for (std::vector<Late>& all : counts_) {
        for (Late& late : all) std::fill(late.count.begin(), late.count.end(), 0u);
    }
    fan_out_[change.projection] = std::move(change.fan_out);
    changes_.pop_front();
}

void WorkCounter::set_work(const std::vector<SynapticWork>& work, std::int64_t now) {
    for (std::vector<Late>& all : counts_) {
        for (Late& late : all) std::fill(late.count.begin(), late.count.end(), 0u);
    }
    changes_.clear();
    whole_ = work.size() == done_.size() || now == 0;
    done_ = work.size() == done_.size() ? work : std::vector<SynapticWork>(done_.size());
}

}  // namespace snnsim
