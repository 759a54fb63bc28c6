// Checks of the receptors that weights reach.
#include <fmt/format.h>

#include "src/model/distribution.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {

bool check_receptor(SimulationView& model, Places::Path owner, Places::Path at,
                    const std::string& receptor, const CellPopulationSpec& to) {
    const Receptors receptors = receptors_of(to);
    if (receptors.size() == 0) return true;  // it takes no input: told elsewhere
    const bool given = model.given(at);
    const char* const name = to.model_name();
    if (receptors.by_sign) {
        if (given)
            model.add(at, fmt::format("'{}' ({}) has no receptors with names: the sign of a weight "
                                      "says whether it excites or inhibits; leave receptor out",
                                      to.name, name));
        return !given;
    }
    if (!given) {
        if (receptors.size() == 1) return true;
        model.add(owner, fmt::format("the key 'receptor' is missing: which receptor of '{}' ({}) "
                                     "the weights reach: {}",
                                     to.name, name, receptors.names()));
        return false;
    }
    if (!model.sound(at)) return false;
    if (receptors.find(receptor)) return true;
    std::vector<std::string> known;
    for (const Receptor& r : receptors.list) known.push_back(r.name);
    model.add(at, fmt::format("'{}' ({}) has no receptor '{}'{} (known: {})", to.name, name,
                              receptor, did_you_mean(receptor, known), receptors.names()));
    return false;
}

void check_sign(SimulationView& model, Places::Path at, const char* key, const Distribution& weight,
                const std::string& receptor, const CellPopulationSpec& to) {
    const Receptors receptors = receptors_of(to);
    if (receptors.by_sign || receptors.size() == 0 || !model.sound(at)) return;
    const Receptor& r = receptors.list[reached_receptors(receptors, receptor).positive];
    if (r.takes_negative || extent(weight).first >= 0.0) return;
    model.add(at, fmt::format("{} can be below 0, but the receptor '{}' of '{}' ({}) is a "
                              "conductance, which would become negative; {}",
                              key, r.name, to.name, to.model_name(),
                              weight.constant() || weight.shape == Shape::uniform
                                  ? "write a positive one, to a receptor that inhibits"
                                  : "add low: 0 " + r.unit));
}

}  // namespace snnsim
