// What cells and rules have in common that a model file writes as equations.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "snnsim/location.hpp"
#include "src/equations/graph.hpp"

namespace snnsim {

/// A text of a model, with a number by which whoever gave it finds its place.
struct SourceText {
    std::string text;
    std::size_t id = 0;
};
using NamedText = std::pair<std::string, SourceText>;

using ReportProblem =
    std::function<void(const SourceText& source, std::size_t at, const std::string& message)>;

/// All values are in products of mV, pA, ms, um and uM.
struct Definition {
    struct Parameter {
        std::string name, unit;
        double value;
    };
    /// What is divided by, or what a logarithm or a root is taken of, where that follows from the
    /// parameters.
    struct Argument {
        EquationOp op;
        NodeId node;
        SourceText source;
        std::size_t at;
        Location place = {};  // in the model file
    };

    std::string name;
    std::vector<Parameter> parameters;
    Graph graph;
    std::vector<Argument> arguments;
};

}  // namespace snnsim
