// A model of a cell that the model file writes as equations, checked and brought into steps of dt.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "src/equations/definition.hpp"
#include "src/equations/quantity.hpp"

namespace snnsim {

/// How differential equations are stepped.
///   exact                linear equations with constant coefficients: by their propagator (Rotter
///                        & Diesmann 1999)
///   exponential_euler    each equation linear in its own variable, the others held for the step
///   euler, rk4           forward Euler; Runge and Kutta's fourth order
enum class EquationMethod : std::uint8_t { automatic, exact, exponential_euler, euler, rk4 };
template <>
struct Names<EquationMethod> {
    static constexpr std::array values{"automatic", "exact", "exponential_euler", "euler", "rk4"};
};

/// What a model of the section `models` says.
struct CellSource {
    std::string name;
    using Named = NamedText;
    std::vector<Named> parameters, states, receptors;
    std::vector<SourceText> equations, reset;
    std::optional<SourceText> threshold, refractory, output, output_max, current, method;
    EquationMethod by = EquationMethod::automatic;
};

/// A cell's computations.
struct CellEquations : Definition {
    struct State {
        std::string name, unit;
        NodeId start;  // follows from the parameters
    };
    struct Receptor {
        std::string name, unit;  // of weights
    };
    /// d(dx/dt)/dx at the start, of a state that an explicit method steps or that nothing else
    /// acts on.
    struct Rate {
        std::size_t state;
        NodeId node;
        bool alone;  // it stays so, and what the state acts on does not act back
        SourceText source;
        std::size_t at;
        Location place = {};
    };

    EquationMethod method = EquationMethod::automatic;  // the one that is taken
    std::vector<State> states;
    std::vector<Receptor> receptors;
    std::string current_unit;
    bool uses_current = false;
    std::size_t refractory_state = 0;  // states.size() where there is none
    NodeId refractory = -1;            // ms

    std::vector<NodeId> next;   // [state] at the end of a step, before the reset
    NodeId fires = -1;          // of those values
    NodeId output = -1;         // of those values: what a spike carries; -1: 1
    double output_max = 1.0;    // no spike carries more, of either sign
    std::vector<NodeId> reset;  // [state] of those values: after a spike
    std::size_t random_numbers = 0;
    std::vector<Rate> rates;

    bool never_fires() const { return graph.is_number(fires, 0.0); }
};

/// Checks units and names; each problem is reported. Nothing where there was one.
std::optional<CellEquations> compile_cell(const CellSource& source, const ReportProblem& report);

/// Names that expressions understand by themselves: functions and what there is in each step.
bool is_reserved(const std::string& name);
/// "exp, log, ..."
std::vector<std::string> function_names();

}  // namespace snnsim
