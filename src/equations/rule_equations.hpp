// A plasticity rule that the model file writes as equations, checked and brought into instructions.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "kernels/plasticity/equation_rule.hpp"
#include "src/equations/definition.hpp"

namespace snnsim {

/// What a rule of the section `rules` says.
struct RuleSource {
    std::string name;
    std::vector<NamedText> parameters;
    std::vector<SourceText> pre, post, synapse;  // dx/dt = -x/tau
    std::vector<SourceText> on_pre, on_post, on_reward;
};

/// Weights are in units of w_max.
struct RuleEquations : Definition {
    /// A trace, or the variable of a synapse.
    struct Decaying {
        std::string name;
        NodeId tau = -1;  // ms; follows from the parameters
        Location place = {};
        SourceText source;
        std::size_t at = 0;
    };
    /// By the programs of EquationRule: what the file calls them, and their last statement.
    struct Event {
        const char* key;
        RuleProgram EquationRule::Constants::*program;
        SourceText source = {};
        std::size_t at = 0;
        Location place = {};
    };

    std::vector<Decaying> pre, post;
    std::optional<Decaying> variable;
    std::vector<Event> events;
    EquationRule::Constants program;  // without the values of its constants
    std::vector<NodeId> constants;    // [number in RuleCode]
    // What simple bumps add or set; -1: none.
    std::array<NodeId, 4> pre_by{-1, -1, -1, -1}, post_by{-1, -1, -1, -1};
};

/// Checks units, and who may change and read what; each problem is reported. Nothing where there
/// was one.
std::optional<RuleEquations> compile_rule(const RuleSource& source, const ReportProblem& report);

}  // namespace snnsim
