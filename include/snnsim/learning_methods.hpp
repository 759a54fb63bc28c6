// How weights learn in a training: what becomes of the gradient on its way back through time and
// layers.
#pragma once

#include "snnsim/methods/decolle.hpp"
#include "snnsim/methods/e_prop.hpp"
#include "snnsim/methods/event_prop.hpp"
#include "snnsim/methods/ostl.hpp"
#include "snnsim/methods/ottt.hpp"
#include "snnsim/methods/surrogate_gradient.hpp"
#include "snnsim/methods/truncated_bptt.hpp"

namespace snnsim {

using Methods = ModelList<SurrogateGradient, TruncatedBptt, Ottt, Ostl, EProp, Decolle, EventProp>;
template <>
struct ListOf<Methods::Params> {
    using type = Methods;
};

/// By which weights errors go back.
inline Feedback feedback_of(const Methods::Params& method) {
    return std::visit(
        [](const auto& params) {
            if constexpr (requires { params.feedback; })
                return params.feedback;
            else
                return Feedback::symmetric;
        },
        method);
}
inline Following following_of(const Methods::Params& method) {
    Following out = Following::nothing;
    Methods::visit(method, [&]<class M>(const auto&) { out = M::following; });
    return out;
}

}  // namespace snnsim
