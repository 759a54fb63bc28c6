// What of a model's parameters can be trained, and by which variable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "snnsim/trained_parameter.hpp"

namespace snnsim {

/// A parameter that is a number.
struct NumberParameter {
    double value;
    std::string unit;
    Limits limits;
};
/// None of that name, or it is no number.
std::optional<NumberParameter> number_parameter(const NeuronModels::Params& neuron,
                                                const std::string& name);

/// The names of those that can be trained.
std::vector<std::string> learnable(const NeuronModels::Params& neuron);

/// One that follows from another that is trained; empty: none.
std::string settled_with(const NeuronModels::Params& neuron, const std::string& name);

/// How a parameter follows from what the optimiser changes. Where that cannot be, why not.
struct ChosenLink {
    Link link;
    std::string wrong;
};
ChosenLink link_of(const PopulationSpec& population, const TrainableSpec& trainable, double dt);

}  // namespace snnsim
