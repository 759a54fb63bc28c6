// How weights learn in a training: what becomes of the gradient on its way back through time and
// layers. A method is an entry of the list at the end; what it cannot train is told by
// src/model/check_method.cpp.
#pragma once

#include <cstdint>

#include "kernels/fields.hpp"

namespace snnsim {

/// The weights by which errors of targets go back to sources.
enum class Feedback : std::uint8_t { symmetric, random };
template <>
struct Names<Feedback> {
    static constexpr std::array values{"symmetric", "random"};
};

template <class P>
constexpr auto feedback_field() {
    return Field{"feedback", &P::feedback, "", unlimited,
                 "errors go back to sources by the weights themselves (symmetric), or by random "
                 "ones that are drawn once in the same way and never learn (feedback alignment, "
                 "Lillicrap et al. 2016)"};
}

/// What follows the past inputs of a weight where the gradient does not go back through time.
enum class Following : std::uint8_t {
    nothing,      // the gradient itself goes back, through the steps that are computed at once
    sources,      // a trace of each source
    eligibility,  // of each synapse the derivative of its target's state
};

/// Back-propagation through time, with a surrogate derivative of the spike (Neftci, Mostafa & Zenke
/// 2019, doi:10.1109/MSP.2019.2931595).
struct SurrogateGradient {
    static constexpr const char* name = "surrogate_gradient";
    static constexpr const char* help =
        "Back-propagation through time with a surrogate derivative of the spike (Neftci et al. "
        "2019). Its memory grows with the steps of a sample.";
    static constexpr Following following = Following::nothing;

    struct Params {
        Feedback feedback = Feedback::symmetric;
        static constexpr auto fields() { return Fields{feedback_field<Params>()}; }
    };
};

/// The same through some steps at a time (Williams & Peng 1990, doi:10.1162/neco.1990.2.4.490).
struct TruncatedBptt {
    static constexpr const char* name = "truncated_bptt";
    static constexpr const char* help =
        "Back-propagation through `steps` steps at a time: the state goes on from one piece to the "
        "next, the gradient does not (Williams & Peng 1990). Memory is that of a piece. The loss "
        "must be one of every step.";
    static constexpr Following following = Following::nothing;

    struct Params {
        std::int64_t steps = 0;
        Feedback feedback = Feedback::symmetric;
        static constexpr auto fields() {
            return Fields{
                Field{"steps", &Params::steps, "", at_least(1), "that a gradient goes back at most",
                      Need::required},
                feedback_field<Params>(),
            };
        }
    };
};

/// Online training through time (Xiao et al. 2022, arXiv 2210.04195).
struct Ottt {
    static constexpr const char* name = "ottt";
    static constexpr const char* help =
        "Online training through time (Xiao et al. 2022): the error of a step goes back through "
        "the layers of that step alone, and meets a trace of each source, which decays as the "
        "membrane of the target. Memory does not grow with the steps of a sample. The loss must "
        "be one of every step.";
    static constexpr Following following = Following::sources;

    struct Params {
        Feedback feedback = Feedback::symmetric;
        static constexpr auto fields() { return Fields{feedback_field<Params>()}; }
    };
};

/// Online spatio-temporal learning (Bohnstingl et al. 2022, doi:10.1109/TNNLS.2022.3153985).
struct Ostl {
    static constexpr const char* name = "ostl";
    static constexpr const char* help =
        "Online spatio-temporal learning (Bohnstingl et al. 2022): the error of a step goes back "
        "through the layers of that step alone, and meets the eligibility of each synapse, the "
        "derivative of its target's state, reset included. For one layer that is the gradient "
        "itself. Memory does not grow with the steps of a sample, but is that of a few numbers a "
        "synapse and sample. The loss must be one of every step.";
    static constexpr Following following = Following::eligibility;

    struct Params {
        Feedback feedback = Feedback::symmetric;
        static constexpr auto fields() { return Fields{feedback_field<Params>()}; }
    };
};

/// e-prop (Bellec et al. 2020, doi:10.1038/s41467-020-17236-y).
struct EProp {
    static constexpr const char* name = "e_prop";
    static constexpr const char* help =
        "e-prop (Bellec et al. 2020): the error of the output in a step goes straight to each cell "
        "that projects to it, and meets the eligibility of its synapses, low-passed as the output "
        "does. Recurrent weights learn as all others; what a spike causes later in other cells is "
        "left out. Memory as with ostl. The loss must be one of every step.";
    static constexpr Following following = Following::eligibility;

    struct Params {
        Feedback feedback = Feedback::symmetric;
        static constexpr auto fields() { return Fields{feedback_field<Params>()}; }
    };
};

/// Deep continuous local learning (Kaiser, Mostafa & Neftci 2020, doi:10.3389/fnins.2020.00424).
struct Decolle {
    static constexpr const char* name = "decolle";
    static constexpr const char* help =
        "Deep continuous local learning (Kaiser et al. 2020): each population has a read-out of "
        "its own, of random weights that never learn, and the error of that read-out in a step "
        "trains what enters the population, by traces of its sources as with ottt; no error goes "
        "to another layer. The output learns by train.loss, which must be one of every step.";
    static constexpr Following following = Following::sources;

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
};

/// EventProp (Wunderlich & Pehle 2021, doi:10.1038/s41598-021-91786-z).
struct EventProp {
    static constexpr const char* name = "event_prop";
    static constexpr const char* help =
        "EventProp (Wunderlich & Pehle 2021): the exact gradient of spike times and voltages, by "
        "adjoint equations that jump where the cell fired. It needs no surrogate derivative, and "
        "follows spikes, not steps; a spike that appears or goes is not seen. Cells are cuba_lif "
        "with reset: zero and integration: exact, outputs leaky_readout or the same cells.";
    static constexpr Following following = Following::nothing;

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
};

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
