// What the model file of a simulation must fulfil beyond each key on its own.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "snnsim/receptors.hpp"
#include "src/model/cell_facts.hpp"
#include "src/model/check_rule.hpp"
#include "src/model/places.hpp"

namespace snnsim {

/// A simulation as read, and where each of its parts stands.
class SimulationView : public Places {
  public:
    SimulationView(const SimulationSpec& spec, const Value& root, Problems& problems)
        : Places(root, problems), spec(spec) {
        for (const CellPopulationSpec& p : spec.populations) names.push_back(p.name);
    }

    const CellPopulationSpec* find(const std::string& name, Path path) {
        return find_in(spec.populations, name, path);
    }
    /// Cells after scaling.
    double cells(const CellPopulationSpec& p) const {
        return std::max(1.0, std::round(static_cast<double>(p.size) * spec.scale.neurons));
    }
    bool size_known(const CellPopulationSpec& p) const {
        return sound({"populations", p.name, "size"}) && sound_or_absent({"scale"});
    }

    const SimulationSpec& spec;
};

/// What is given at `path` has the unit that the population takes.
void check_unit(SimulationView& model, Places::Path path, const char* key,
                const Distribution& given, const std::string& unit, const CellPopulationSpec& to);

/// `receptor`, which stands at `at` in `owner`, names one of those of `to`, where they have names.
bool check_receptor(SimulationView& model, Places::Path owner, Places::Path at,
                    const std::string& receptor, const CellPopulationSpec& to);
/// A weight that reaches a conductance is not negative; the receptor has been checked.
void check_sign(SimulationView& model, Places::Path at, const char* key, const Distribution& weight,
                const std::string& receptor, const CellPopulationSpec& to);

/// Says what becomes of times on the grid.
void check_rounded_times(SimulationView& model, Places::Path at, const std::vector<double>& times);
/// The times at which something changes ascend on the grid, and each has its value. `at`: where
/// they stand, `times_at`: where `times` does.
bool check_changes(SimulationView& model, Places::Path at, Places::Path times_at,
                   const std::vector<double>& times, std::size_t count, const char* values);

/// Where cells are.
void check_space(SimulationView& model);
/// What of a projection depends on the distance.
void check_distance(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& from,
                    const CellPopulationSpec& to, const std::string& k);
/// The same of gap junctions; true: all is well.
bool check_distance(SimulationView& model, const GapJunctionsSpec& gaps,
                    const CellPopulationSpec& from, const CellPopulationSpec& to,
                    const std::string& k);
void check_cells(SimulationView& model);
/// What makes a cell fire for ever; nothing where all is well.
std::string reset_problem(const CellPopulationSpec& p);
/// Of cells that are written as equations: divisors, and steps that are too long.
void check_equations(SimulationView& model, const CellPopulationSpec& p);
/// Of a rule that is written as equations, with the parameters of a projection.
void check_written_rule(SimulationView& model, const SynapsesSpec& s,
                        const EquationRule::Params& params, const std::string& k);
/// Times of a population's cells: what becomes of them on the grid, and time constants below dt.
void check_cell_times(SimulationView& model, const CellPopulationSpec& p);
/// A time constant (ms) shorter than dt.
void check_time_constant(SimulationView& model, Places::Path path, const char* key, double tau);
/// Values that are listed for each cell.
void check_listed(SimulationView& model, const CellPopulationSpec& p);
void check_synapses(SimulationView& model);
void check_gap_junctions(SimulationView& model);
void check_plasticity(SimulationView& model);
/// Of a projection that has it; k: its number.
void check_gliotransmission(SimulationView& model, const SynapsesSpec& s, const std::string& k);
/// `structure` and `schedule` of a projection's plasticity; `to`: null where it is not known.
void check_structure(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec* to,
                     const std::string& k);
void check_schedule(SimulationView& model, const PlasticitySpec& p, const std::string& k);
void check_stimuli(SimulationView& model);
void check_phases(SimulationView& model);
void check_recording(SimulationView& model);
/// A record of a projection.
void check_weight_record(SimulationView& model, const SimulationRecordSpec& r,
                         const std::string& k);
void check_scale(SimulationView& model);

/// All of them.
void check_simulation(const SimulationSpec& spec, const Value& root, Problems& problems);

}  // namespace snnsim
