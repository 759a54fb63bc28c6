#include "src/model/trainable.hpp"

#include <fmt/format.h>

#include <cmath>

#include "src/model/euler.hpp"
#include "src/model/limits_text.hpp"

namespace snnsim {

std::optional<NumberParameter> number_parameter(const NeuronModels::Params& neuron,
                                                const std::string& name) {
    std::optional<NumberParameter> found;
    std::visit(
        [&]<class P>(const P& params) {
            P::fields().for_each([&](const auto& f) {
                if constexpr (std::is_same_v<decltype(f.member), double P::*>) {
                    if (f.name == name) found = NumberParameter{params.*f.member, f.unit, f.limits};
                }
            });
        },
        neuron);
    return found;
}

std::vector<std::string> learnable(const NeuronModels::Params& neuron) {
    return NeuronModels::visit(neuron, []<class M>(const auto&) -> std::vector<std::string> {
        if constexpr (LearnsParameters<M>) return {M::learns.begin(), M::learns.end()};
        return {};
    });
}

std::string settled_with(const NeuronModels::Params& neuron, const std::string& name) {
    return NeuronModels::visit(neuron, [&]<class M>(const auto&) -> std::string {
        if constexpr (requires { M::settled; }) {
            if (name == M::settled_by) return M::settled;
        }
        return "";
    });
}

ChosenLink link_of(const PopulationSpec& population, const TrainableSpec& trainable, double dt) {
    const NumberParameter p = *number_parameter(population.neuron, trainable.name);
    const bool low = std::isfinite(p.limits.low), high = std::isfinite(p.limits.high);
    const bool euler = euler_tau(population.neuron).has_value() && p.unit == "ms";
    const std::string range = limits_text(p.limits);
    ChosenLink out;
    out.link.low = p.limits.low;
    out.link.high = p.limits.high;
    LinkKind as = trainable.as;
    if (as == LinkKind::automatic)
        as = low && (high || euler) ? LinkKind::sigmoid : low ? LinkKind::log : LinkKind::value;
    switch (as) {
        case LinkKind::log:
            if (!low)
                out.wrong = "log needs a lower limit, and it has none; write value";
            else if (high || euler)
                out.wrong = fmt::format(
                    "log knows no upper limit, and it must be {}; write sigmoid",
                    euler ? fmt::format("dt ({:g} ms) at least in an Euler step", dt) : range);
            out.link.form = Link::Form::log;
            break;
        case LinkKind::sigmoid:
            out.link.form = Link::Form::sigmoid;
            if (low && !high && p.unit == "ms") {
                out.link.form = Link::Form::rate;
                out.link.low = dt;
            } else if (!low || !high) {
                out.wrong = fmt::format(
                    "sigmoid is for a time constant, or for a parameter with "
                    "two limits; write {}",
                    low ? "log" : "value");
            }
            break;
        case LinkKind::fixed:
            if (trainable.file.empty() && !trainable.loaded)
                out.wrong = "fixed takes the values of a file; name it with `file`";
            break;
        case LinkKind::value:
        case LinkKind::automatic:
            if (low || high)
                out.wrong = fmt::format("value may leave its limits, and it must be {}; write {}",
                                        range, high || euler ? "sigmoid" : "log");
            break;
    }
    if (!out.wrong.empty()) return out;
    if (!std::isfinite(out.link.variable(p.value)) ||
        std::abs(out.link.variable(p.value)) > out.link.most()) {
        const bool rate = out.link.form == Link::Form::rate;
        out.wrong = fmt::format(
            "it starts at {:g}{}{}, {}; start it {}", p.value, p.unit.empty() ? "" : " ", p.unit,
            rate && p.value < dt ? "below dt" : "which is the end of what it can be",
            rate   ? fmt::format("above {:g} ms (dt)", dt)
            : high ? fmt::format("between {:g} and {:g}", p.limits.low, p.limits.high)
                   : fmt::format("above {:g}", p.limits.low));
    }
    return out;
}

}  // namespace snnsim
