// A graph of NIR in populations and projections of ours.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/nir/dialect.hpp"
#include "src/nir/graph.hpp"

namespace snnsim::nir {

/// Of a parameter that differs from cell to cell.
struct CellParameter {
    std::string name, unit;
    std::vector<double> values;
};
struct PlannedPopulation {
    std::string name, node;
    Shape shape;
    std::string model;  // with its parameters, as the model file says it
    std::vector<CellParameter> varied;
    bool spikes = true;

    std::int64_t size() const;
};
struct PlannedProjection {
    std::size_t from = 0, to = 0;  // numbers of populations
    std::string name;
    std::string connect;  // as the model file says it
    Weights weights;      // [source, target], or those of a convolution as torch.nn.Conv2d has them
    std::optional<float> constant;  // in their place
    std::vector<float> bias;
    std::vector<std::uint32_t> sources, targets;  // of a list
    std::int64_t delay = 0;                       // steps
};
struct Plan {
    std::vector<PlannedPopulation> populations;  // each after those that lead to it, but for cycles
    std::vector<PlannedProjection> projections;
    std::map<std::string, std::string> names;  // population by node
    std::vector<std::string> said;             // what the user should know, sentences
};

/// What a node is read as; the file may say it for each.
using ReadingOf = std::function<Reading(const std::string& node)>;

/// Of a flattened graph. `dt` in ms is the step of the model. Throws FileError, which begins with
/// `path`, for all nodes that cannot be said, at once.
Plan plan_model(Graph graph, const std::string& path, double dt, const ReadingOf& reading_of);

}  // namespace snnsim::nir
