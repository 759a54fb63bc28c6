// A cell that the model file writes as equations: what it has is known when the file has been read.
#pragma once

#include <memory>
#include <type_traits>
#include <vector>

#include "kernels/cells/model.hpp"

namespace snnsim {

struct CellEquations;
/// What is asked of it where only its name is known.
const char* name_of_equations(const CellEquations& equations);
bool carries_values(const CellEquations& equations);

/// Stands in the list of models for all that `models` of a model file define. What others declare
/// in tables stands in CellEquations; what goes through the list asks is_equations first.
struct EquationCell {
    static constexpr const char* name = "equations";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 0;
    static constexpr bool uses_random = true;

    struct Params {
        std::shared_ptr<const CellEquations> equations;
        std::vector<double> values;  // of its parameters

        static constexpr auto fields() { return Fields<>{}; }
    };
    struct Constants {
        float none;
    };
    struct State {
        float none;
    };
    static constexpr auto states() {
        return Fields{StateField<State, Constants>{"none", &State::none, "", ""}};
    }
    static Constants prepare(const Params&, double) { return {0.0f}; }
    static State rest(const Params&, const Constants&) { return {0.0f}; }
    SNN_HD static float step(const Constants&, State&, const CellInput&) { return 0.0f; }
};

template <class M>
inline constexpr bool is_equations = std::is_same_v<M, EquationCell>;

}  // namespace snnsim
