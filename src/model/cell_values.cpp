#include "snnsim/cell_values.hpp"

#include "src/equations/cell_equations.hpp"

namespace snnsim {

std::optional<std::size_t> state_number(const CellPopulationSpec& population,
                                        std::string_view name) {
    if (const CellEquations* own = population.equations()) {
        for (std::size_t k = 0; k < own->states.size(); ++k)
            if (own->states[k].name == name) return k;
        return std::nullopt;
    }
    return CellModels::visit(population.cell, [&]<class M>(const typename M::Params&) {
        std::optional<std::size_t> found;
        std::size_t k = 0;
        const auto look = [&](const auto& field) {
            if (field.name == name) found = k;
            ++k;
        };
        M::states().for_each(look);
        return found;
    });
}

const char* gap_state(const CellPopulationSpec& population) {
    return CellModels::visit(population.cell, []<class M>(const typename M::Params&) {
        if constexpr (requires { M::gap_state; }) return M::gap_state;
        return "v";
    });
}

std::vector<CellValue> cell_values(const CellPopulationSpec& population) {
    using Kind = CellValue::Kind;
    std::vector<CellValue> out;
    const auto state = [&](const std::string& name, const std::string& unit,
                           const std::string& help) {
        out.push_back({name, unit, help, Kind::state, out.size()});
    };
    std::optional<std::string> current_unit;
    if (const CellEquations* own = population.equations()) {
        for (const CellEquations::State& s : own->states)
            state(s.name, s.unit, "state variable of its equations");
        if (own->uses_current) current_unit = own->current_unit;
    } else {
        CellModels::visit(population.cell, [&]<class M>(const typename M::Params&) {
            M::states().for_each([&](const auto& f) { state(f.name, f.unit, f.help); });
            M::Params::fields().for_each([&](const auto& f) {
                if (std::string_view(f.name) == "i_e") current_unit = f.unit;
            });
        });
    }
    const Receptors receptors = receptors_of(population);
    const std::vector<Receptor>& list = receptors.list;
    const bool one_unit = std::all_of(list.begin(), list.end(),
                                      [&](const Receptor& r) { return r.unit == list[0].unit; });
    if (!list.empty() && one_unit)
        out.push_back({"input", list[0].unit,
                       "sum of the weights of the spikes that arrived since the last value",
                       Kind::input, 0, list.size()});
    for (std::size_t r = 0; r < list.size(); ++r) {
        if (receptors.by_sign && list.size() == 1) break;
        const std::string of = !receptors.by_sign ? "" : r == 0 ? "positive " : "negative ";
        out.push_back({"input_" + list[r].name, list[r].unit,
                       "sum of the " + of + "weights of spikes since the last value", Kind::input,
                       r, 1});
    }
    if (current_unit)
        out.push_back({"current", *current_unit,
                       "sum of the currents of stimuli and gap junctions in the last step",
                       Kind::current});
    return out;
}

}  // namespace snnsim
