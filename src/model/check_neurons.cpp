// Checks of the parameters of neurons that hang together.
#include "src/model/check_neurons.hpp"

#include <fmt/format.h>

#include "src/model/checks.hpp"

namespace snnsim {
namespace {

template <class P>
ResetProblem problem_of(const P& p) {
    if constexpr (requires {
                      p.v_reset;
                      p.v_th;
                  }) {
        if constexpr (requires { p.reset; }) {
            if (p.v_reset != 0.0 && p.reset != Reset::zero)
                return {"v_reset", "v_reset is what reset: zero sets v to; leave one of them out"};
        }
        if constexpr (requires { p.reset_at; }) {
            if (p.v_reset != 0.0 && p.reset_at == ResetAt::next_step)
                return {"v_reset",
                        "reset_at: next_step sets v to zero; leave v_reset out, or write reset_at: "
                        "same_step"};
        }
        if (!(p.v_reset < p.v_th))
            return {"v_reset", fmt::format("v_reset ({:g}) must lie below v_th ({:g}), or a cell "
                                           "that fired once fires for ever",
                                           p.v_reset, p.v_th)};
    }
    return {};
}

}  // namespace

ResetProblem reset_problem(const Lif::Params& p) {
    return problem_of(p);
}
ResetProblem reset_problem(const CubaLif::Params& p) {
    return problem_of(p);
}

void check_neurons(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        if (!model.model_known(p)) continue;
        const ResetProblem found =
            std::visit([](const auto& params) { return problem_of(params); }, p.neuron);
        if (found.what.empty()) continue;
        const bool blame_reset = model.given({"populations", p.name, found.key});
        model.add({"populations", p.name, blame_reset ? found.key : "v_th"}, found.what);
    }
}

}  // namespace snnsim
