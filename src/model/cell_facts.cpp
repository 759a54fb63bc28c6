#include "src/model/cell_facts.hpp"

namespace snnsim {

std::vector<std::string> CellFacts::state_names() const {
    std::vector<std::string> out;
    for (const StateName& state : states) out.push_back(state.name);
    return out;
}

const char* CellFacts::gap_unit() const {
    if (!current_unit || receptors == 0) return nullptr;
    for (const StateName& state : states) {
        if (state.name == "v") return std::string_view(current_unit) == "pA" ? "nS" : "";
    }
    return nullptr;
}

CellFacts facts_of(const CellPopulationSpec& population) {
    return CellModels::visit(population.cell, []<class M>(const auto& params) {
        CellFacts facts{M::name, M::input_unit, M::receptors, {}, {}};
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
