#include "src/model/cell_facts.hpp"

#include "snnsim/cell_values.hpp"
#include "snnsim/receptors.hpp"
#include "src/equations/cell_equations.hpp"

namespace snnsim {

std::vector<std::string> CellFacts::state_names() const {
    std::vector<std::string> out;
    for (const StateName& state : states) out.push_back(state.name);
    return out;
}

const char* CellFacts::gap_unit() const {
    if (!current_unit || receptors == 0) return nullptr;
    for (const StateName& state : states) {
        if (state.name == gap_state) return std::string_view(current_unit) == "pA" ? "nS" : "";
    }
    return nullptr;
}

namespace {

CellFacts facts_of(const CellEquations& own) {
    CellFacts facts{own.name.c_str(), static_cast<int>(own.receptors.size()), false};
    if (own.uses_current) facts.current_unit = own.current_unit.c_str();
    for (const CellEquations::State& s : own.states)
        facts.states.push_back({s.name, s.unit.c_str()});
    return facts;
}

}  // namespace

CellFacts facts_of(const CellPopulationSpec& population) {
    if (const CellEquations* own = population.equations()) return facts_of(*own);
    const Receptors receptors = receptors_of(population);
    return CellModels::visit(population.cell, [&]<class M>(const auto& params) {
        CellFacts facts{M::name,
                        receptors.by_sign ? M::receptors : static_cast<int>(receptors.size()),
                        receptors.by_sign};
        facts.gap_state = gap_state(population);
        facts.scales = requires {
            M::current_of_rate(params, 1.0);
        };
        const auto look = [&](const auto& field) {
            if (std::string_view(field.name) == "i_e") facts.current_unit = field.unit;
        };
        M::Params::fields().for_each(look);
        if constexpr (requires { M::current_unit; }) facts.current_unit = M::current_unit;
        M::states().for_each([&](const auto& state) {
            facts.states.push_back({state.name, state.unit});
        });
        return facts;
    });
}

}  // namespace snnsim
