// Parameters of neurons that are trained, as a model file says it: `trainable: [tau_m, v_th]`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

/// Which cells share a value.
enum class Per : std::uint8_t { layer, channel, cell };
template <>
struct Names<Per> {
    static constexpr std::array values{"layer", "channel", "cell"};
};

/// The variable that the optimiser changes, which has no limits, and what the parameter is of it.
enum class LinkKind : std::uint8_t { automatic, log, sigmoid, value, fixed };
template <>
struct Names<LinkKind> {
    static constexpr std::array values{"auto", "log", "sigmoid", "value", "fixed"};
};

struct TrainableSpec {
    static constexpr bool by_name = true;

    std::string name;  // of the parameter
    Per per = Per::layer;
    LinkKind as = LinkKind::automatic;
    std::optional<double> lr;
    double weight_decay = 0.0;
    double spread = 0.0;
    std::string file, dataset;
    Location at;
    std::shared_ptr<const std::vector<double>> loaded;  // of `file`, by cell, in the own unit

    static constexpr auto fields() {
        return Fields{
            Field{"per", &TrainableSpec::per, "", unlimited,
                  "one value for all cells, for those of a channel, or for each cell"},
            Field{"as", &TrainableSpec::as, "", unlimited,
                  "what the optimiser changes, w: log: the parameter is its lower limit + e^w; "
                  "sigmoid: its limits + (high - low) / (1 + e^-w), of a time constant dt (1 + "
                  "e^-w), so that 1 - dt/tau is a sigmoid (Fang et al. 2021); value: w itself; "
                  "auto: the one that keeps it within its limits, of Euler steps sigmoid; fixed: "
                  "nothing, the values of `file` stay as they are"},
            Field{"lr", &TrainableSpec::lr, "", positive,
                  "learning rate in place of train.optimizer's; the schedule holds for it too"},
            Field{"weight_decay", &TrainableSpec::weight_decay, "", non_negative,
                  "of w; that of train.optimizer is for weights alone"},
            Field{"spread", &TrainableSpec::spread, "", non_negative,
                  "per cell or channel: standard deviation of a normal number that w starts off "
                  "its value by; of log the values are lognormal"},
            Field{"file", &TrainableSpec::file, "", unlimited,
                  "values to start from, one for each cell, in the parameter's unit where the file "
                  "says none: .npy, .csv or .h5, such as a run"},
            Field{"dataset", &TrainableSpec::dataset, "", unlimited,
                  "in an .h5 file; of a run learned/POPULATION/PARAMETER"},
        };
    }
};

}  // namespace snnsim
