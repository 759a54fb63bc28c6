#include "src/training/learned_parameters.hpp"

#include <array>
#include <bit>
#include <string>

#include "kernels/training/learned_cells.hpp"
#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// The members of Params that are trained, in the order of `trained`.
template <class Params>
std::vector<double Params::*> members_of(const std::vector<TrainedParameter>& trained) {
    std::vector<double Params::*> out;
    for (const TrainedParameter& p : trained) {
        Params::fields().for_each([&](const auto& field) {
            if constexpr (std::is_same_v<decltype(field.member), double Params::*>) {
                if (field.name == p.name) out.push_back(field.member);
            }
        });
    }
    SNN_EXPECT(out.size() == trained.size());
    return out;
}

template <class M>
typename M::Params params_of(const Population& population,
                             const std::vector<double M::Params::*>& members, std::size_t cell) {
    auto params = std::get<typename M::Params>(population.neuron);
    for (std::size_t k = 0; k < members.size(); ++k)
        params.*members[k] = population.trained[k].value_of(cell);
    if constexpr (requires { M::settle(params); }) M::settle(params);
    return params;
}

}  // namespace

LearnedParameters::LearnedParameters(const Population& population, double dt)
    : population_(population), dt_(dt), moments_(population.trained.size()) {
    if (!any()) return;
    for (const TrainedParameter& p : population.trained) gradient_.emplace_back(p.w.size(), 0.0);
    NeuronModels::visit(population.neuron, [&]<class M>(const auto&) {
        if constexpr (LearnsParameters<M>) {
            sum_count_ = floats_of<typename M::Sums>;
            constant_count_ = floats_of<typename M::Constants>;
        }
    });
    SNN_EXPECT(sum_count_ > 0);
}

bool LearnedParameters::by_layer() const {
    return any() && std::all_of(population_.trained.begin(), population_.trained.end(),
                                [](const TrainedParameter& p) { return p.per == Per::layer; });
}

NeuronModels::Params LearnedParameters::of_cell(std::size_t n) const {
    return NeuronModels::visit(
        population_.neuron, [&]<class M>(const auto&) -> NeuronModels::Params {
            if constexpr (LearnsParameters<M>) {
                using P = typename M::Params;
                return params_of<M>(population_, members_of<P>(population_.trained), n);
            }
            return population_.neuron;
        });
}

std::vector<float> LearnedParameters::constants() const {
    const auto cells = static_cast<std::size_t>(population_.size);
    const ChannelOrder order = population_.computed();
    const std::size_t panels = order.panels();
    std::vector<float> out(panels * constant_count_ * panel_width);
    NeuronModels::visit(population_.neuron, [&]<class M>(const auto&) {
        if constexpr (LearnsParameters<M>) {
            using Constants = typename M::Constants;
            const auto members = members_of<typename M::Params>(population_.trained);
            const bool same = by_layer();
            Constants c{};
            const auto put = [&](std::size_t column) {
                const auto value = std::bit_cast<std::array<float, floats_of<Constants>>>(c);
                float* to = out.data() + column / panel_width * constant_count_ * panel_width +
                            column % panel_width;
                for (std::size_t k = 0; k < value.size(); ++k) to[k * panel_width] = value[k];
            };
            // The padding of panels has what the first cell has.
            c = M::prepare(params_of<M>(population_, members, 0), dt_);
            for (std::size_t column = 0; column < panels * panel_width; ++column) put(column);
            for (std::size_t n = 0; !same && n < cells; ++n) {
                c = M::prepare(params_of<M>(population_, members, n), dt_);
                put(order.column(n));
            }
        }
    });
    return out;
}

void LearnedParameters::set_gradient(const std::vector<double>& sums) {
    const auto cells = static_cast<std::size_t>(population_.size);
    for (std::vector<double>& g : gradient_) std::fill(g.begin(), g.end(), 0.0);
    NeuronModels::visit(population_.neuron, [&]<class M>(const auto&) {
        if constexpr (LearnsParameters<M>) {
            using Params = typename M::Params;
            using Sums = typename M::template SumsOf<double>;
            static_assert(sizeof(Sums) == 2 * sizeof(typename M::Sums));
            constexpr std::size_t count = floats_of<typename M::Sums>;
            const auto members = members_of<Params>(population_.trained);
            std::array<double, count> sum{};
            const ChannelOrder order = population_.computed();
            const auto add = [&](std::size_t n) {
                const std::size_t column = order.column(n);
                const double* from =
                    sums.data() + column / panel_width * count * panel_width + column % panel_width;
                for (std::size_t k = 0; k < count; ++k) sum[k] += from[k * panel_width];
            };
            const auto chain = [&](std::size_t n) {
                const auto wide = std::bit_cast<Sums>(sum);
                Params d{};
                for (double Params::*const member : members) d.*member = 0.0;
                M::chain(params_of<M>(population_, members, n), dt_, wide, d);
                for (std::size_t k = 0; k < members.size(); ++k) {
                    const TrainedParameter& p = population_.trained[k];
                    const std::size_t group = p.group_of(n);
                    gradient_[k][group] +=
                        d.*members[k] * p.link.slope(static_cast<double>(p.w[group]));
                }
            };
            if (by_layer()) {  // the chain is linear, and the same for all
                for (std::size_t n = 0; n < cells; ++n) add(n);
                chain(0);
                return;
            }
            for (std::size_t n = 0; n < cells; ++n) {
                sum = {};
                add(n);
                chain(n);
            }
        }
    });
}

double LearnedParameters::squares() const {
    double sum = 0.0;
    for (const std::vector<double>& all : gradient_) {
        for (const double g : all) sum += g * g;
    }
    return sum;
}

std::vector<LearnedState> LearnedParameters::state() const {
    std::vector<LearnedState> out;
    for (std::size_t k = 0; k < count(); ++k) out.push_back({parameter(k).w, moments_[k]});
    return out;
}

void LearnedParameters::set_state(const std::vector<LearnedState>& state) {
    SNN_EXPECT(state.size() <= count());
    for (std::size_t k = 0; k < state.size(); ++k) {
        SNN_EXPECT(state[k].w.size() == parameter(k).w.size());
        population_.trained[k].w = state[k].w;
        if (!state[k].moments.empty()) moments_[k] = state[k].moments;
    }
}

}  // namespace snnsim
