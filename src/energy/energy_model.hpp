// Energy of one operation in a given technology.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/model_spec.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// pJ; an operation that the hardware does not have, or that nobody has measured, has no value.
struct OperationEnergies {
    std::optional<double> mac, ac, read, write, update;

    static constexpr auto fields() {
        using E = OperationEnergies;
        return Fields{
            Field{"mac", &E::mac, "pJ", non_negative, "multiply-accumulate"},
            Field{"ac", &E::ac, "pJ", non_negative, "accumulate"},
            Field{"read", &E::read, "pJ", non_negative, "read of a word (weight, state, input)"},
            Field{"write", &E::write, "pJ", non_negative, "write of a word"},
            Field{"update", &E::update, "pJ", non_negative,
                  "step of a neuron's state; default: a mac (leak) and an ac (threshold)"},
        };
    }

    std::optional<double> of_update() const {
        if (update || !mac || !ac) return update;
        return *mac + *ac;
    }
};

struct EnergyModel {
    std::string name, source;
    OperationEnergies of_float;
    std::optional<OperationEnergies> of_int8;

    static constexpr auto fields() {
        return Fields{
            Field{"name", &EnergyModel::name, "", unlimited, "of the technology", Need::required},
            Field{"source", &EnergyModel::source, "", unlimited, "where the numbers come from",
                  Need::required},
            Field{"float", &EnergyModel::of_float, "", unlimited, "energies in 32-bit floats",
                  Need::required},
            Field{"int8", &EnergyModel::of_int8, "", unlimited,
                  "synaptic operations with weights (and values) of at most 8 bits"},
        };
    }
};

/// The names of the models that come with the program.
std::vector<std::string> shipped_energy_models();

/// A shipped model by its name ("45nm"), or a file (.yaml). Throws ModelError with every problem
/// and its place, FileError, or UsageError for a name that there is not.
EnergyModel read_energy_model(const std::string& name_or_path);

inline constexpr const char* default_energy_model = "45nm";

/// What read_energy_model is to read: what the command line asked for, else what the model names (a
/// file relative to it), else the default.
std::string energy_model_of(const ModelSpec& spec, const std::string& asked);
std::string energy_model_of(const SimulationSpec& spec, const std::string& asked);

}  // namespace snnsim
