// What the reader and the checks ask of a cell model, whichever it is.
#pragma once

#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

struct StateName {
    std::string name;
    const char* unit;  // lives as long as the model does
};

struct CellFacts {
    const char* model;
    int receptors;                       // of the model, where all of them are kept apart
    bool by_sign;                        // see Receptors
    const char* current_unit = nullptr;  // of stimuli; null: it takes no current
    bool scales = false;                 // `scale` can make up for input that it loses
    std::vector<StateName> states = {};

    std::vector<std::string> state_names() const;
    /// Excitation and inhibition are two receptors, between which the sign of a weight decides.
    bool splits_signs() const { return by_sign && receptors == 2; }
    const char* gap_state = "v";  // see snnsim::gap_state
    /// Of conductances of gap junctions, in the unit of the current per unit of gap_state; null: it
    /// takes none, for it has no such state or no current.
    const char* gap_unit() const;
};
CellFacts facts_of(const CellPopulationSpec& population);

}  // namespace snnsim
