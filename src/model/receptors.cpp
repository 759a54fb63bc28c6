#include "snnsim/receptors.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/equations/cell_equations.hpp"
#include "src/text/numbers.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// All cells have one time constant of both signs.
template <class M>
bool share_receptor(const CellPopulationSpec& population, const typename M::Params& params) {
    if constexpr (requires { M::shares_receptor(params); }) {
        const bool varied =
            std::any_of(population.varied.begin(), population.varied.end(),
                        [](const NamedDistribution& d) { return d.name.starts_with("tau_syn"); });
        return !varied && M::shares_receptor(params);
    } else {
        return false;
    }
}

}  // namespace

std::string Receptors::names() const {
    std::vector<std::string> out;
    for (const Receptor& r : list) out.push_back(fmt::format("{} ({})", r.name, out.size() + 1));
    return join(out);
}

std::optional<std::size_t> Receptors::find(const std::string& name_or_number) const {
    for (std::size_t r = 0; r < list.size(); ++r) {
        if (list[r].name == name_or_number) return r;
    }
    std::uint64_t number = 0;
    if (!read_whole(name_or_number, std::uint64_t{1}, std::uint64_t{list.size()}, number).empty())
        return std::nullopt;
    return static_cast<std::size_t>(number - 1);
}

Receptor named_receptor(const std::string& name, const std::string& unit) {
    return {name, unit, unit != "nS"};
}

Receptors receptors_of(const CellPopulationSpec& population) {
    if (const CellEquations* own = population.equations()) {
        Receptors out;
        for (const CellEquations::Receptor& r : own->receptors)
            out.list.push_back(named_receptor(r.name, r.unit));
        return out;
    }
    return CellModels::visit(population.cell, [&]<class M>(const typename M::Params& params) {
        Receptors out;
        if constexpr (has_named_receptors<M>) {
            for (const NamedReceptor& r : M::named_receptors)
                out.list.push_back(named_receptor(r.name, r.unit));
        } else {
            static_assert(M::receptors <= 2);
            out.by_sign = true;
            const int count = share_receptor<M>(population, params) ? 1 : M::receptors;
            for (int r = 0; r < count; ++r)
                out.list.push_back({count == 1 ? "input" : r == 0 ? "ex" : "in", M::input_unit});
        }
        return out;
    });
}

ReachedReceptors reached_receptors(const Receptors& target, const std::string& receptor) {
    if (target.by_sign) return {0, target.size() == 2 ? std::size_t{1} : std::size_t{0}};
    if (receptor.empty() && target.size() <= 1) return {};
    const std::optional<std::size_t> found = target.find(receptor);
    SNN_EXPECT(found);  // the model has been checked
    return {*found, *found};
}

ReachedReceptors reached_receptors(const CellPopulationSpec& target, const std::string& receptor) {
    return reached_receptors(receptors_of(target), receptor);
}

std::string input_unit_of(const CellPopulationSpec& target, const std::string& receptor) {
    const Receptors receptors = receptors_of(target);
    if (receptors.size() == 0) return "";
    return receptors.list[reached_receptors(receptors, receptor).positive].unit;
}

}  // namespace snnsim
