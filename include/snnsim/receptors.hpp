// The receptors of a population's cells: inputs whose weights are summed apart.
//
// A model says what it has in its file (kernels/cells/model.hpp): `receptors` alone is split by
// sign, `named_receptors` have names. A population whose receptors are known only when its model
// file has been read tells them in receptors_of(), and in no other place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

struct Receptor {
    std::string name;            // as `receptor` and what is recorded (input_NAME) call it
    std::string unit;            // of the weights that reach it
    bool takes_negative = true;  // a conductance does not: it would become negative
};

struct Receptors {
    std::vector<Receptor> list;  // most_receptors at most
    /// Positive weights reach the first, negative ones the last of two; no projection names one.
    bool by_sign = false;

    std::size_t size() const { return list.size(); }
    /// "ampa (1), nmda (2)"
    std::string names() const;
    /// By its name, or by its number from 1 on, as text.
    std::optional<std::size_t> find(const std::string& name_or_number) const;
};

/// A receptor that is a conductance where `unit` is one.
Receptor named_receptor(const std::string& name, const std::string& unit);

/// Those that the engine keeps apart: of a model split by sign whose two time constants are equal
/// only one.
Receptors receptors_of(const CellPopulationSpec& population);

/// Which receptor each weight of a projection or stimulus reaches.
struct ReachedReceptors {
    std::size_t positive = 0, negative = 0;

    std::size_t of(double weight) const { return weight < 0.0 ? negative : positive; }
    bool one() const { return positive == negative; }
};

/// `receptor`: as the projection or stimulus names it; empty where it does not.
ReachedReceptors reached_receptors(const Receptors& target, const std::string& receptor);
ReachedReceptors reached_receptors(const CellPopulationSpec& target, const std::string& receptor);

/// Unit of the weights that reach it.
std::string input_unit_of(const CellPopulationSpec& target, const std::string& receptor);

}  // namespace snnsim
