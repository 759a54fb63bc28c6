// Computations as a graph in which what is the same is there once. What depends on parameters and
// dt alone is computed before the first step, in double precision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "kernels/equations/operations.hpp"

namespace snnsim {

using NodeId = std::int32_t;

struct GraphNode {
    EquationOp op = EquationOp::number;
    NodeId a = -1, b = -1, c = -1;
    double value = 0.0;      // of a number
    std::int32_t index = 0;  // of a parameter, state, receptor, random number, element
    bool setup = false;      // follows from parameters and dt
};

/// dx/dt = A x + b for several states: what a step of dt makes of x and of b.
struct LinearSystem {
    std::size_t size = 0;
    std::vector<NodeId> matrix;  // [row][column], known before the first step
};

/// Products of several factors: what is known of them first, or as they were written.
enum class Products : std::uint8_t { known_first, as_written };

class Graph {
  public:
    Graph() = default;
    explicit Graph(Products products) : products_(products) {}

    NodeId number(double value);
    NodeId leaf(EquationOp op, std::size_t index = 0);
    NodeId unary(EquationOp op, NodeId a);
    NodeId binary(EquationOp op, NodeId a, NodeId b);
    NodeId select(NodeId condition, NodeId then, NodeId otherwise);

    NodeId add(NodeId a, NodeId b) { return binary(EquationOp::add, a, b); }
    NodeId subtract(NodeId a, NodeId b) { return binary(EquationOp::subtract, a, b); }
    NodeId multiply(NodeId a, NodeId b) { return binary(EquationOp::multiply, a, b); }
    NodeId divide(NodeId a, NodeId b) { return binary(EquationOp::divide, a, b); }
    NodeId dt() { return leaf(EquationOp::dt); }

    /// exp(A dt)[row][column], or with `of_input` the integral of exp(A s) over a step.
    NodeId propagator(std::size_t system, std::size_t row, std::size_t column, bool of_input);
    std::size_t add_system(LinearSystem system);

    const GraphNode& operator[](NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
    std::size_t size() const { return nodes_.size(); }
    bool is_number(NodeId id, double value) const;
    /// The node depends on one for which `of` holds.
    bool depends(NodeId id, const std::function<bool(const GraphNode&)>& of) const;

    /// The same computation with other nodes in place of some.
    NodeId replaced(NodeId id, const std::map<NodeId, NodeId>& with);

    /// A node as sum of coefficients times `variables`, and a rest; coefficients and rest do not
    /// depend on them. Nothing where it is not linear in them.
    struct Linear {
        std::map<NodeId, NodeId> coefficients;
        NodeId rest;
    };
    std::optional<Linear> linear(NodeId id, const std::vector<NodeId>& variables);

    /// Values of setup nodes for given parameters; others are left as they are. [node]
    void evaluate(const std::vector<NodeId>& wanted, const std::vector<double>& parameters,
                  double dt, std::vector<double>& values) const;

  private:
    using Key = std::tuple<EquationOp, NodeId, NodeId, NodeId, double, std::int32_t>;
    NodeId put(GraphNode node);
    std::optional<double> constant(NodeId id) const;
    NodeId fold(EquationOp op, NodeId a, NodeId b);
    double evaluated(const GraphNode& node, const std::vector<double>& values,
                     const std::vector<double>& parameters, double dt) const;

    Products products_ = Products::known_first;
    std::vector<GraphNode> nodes_;
    std::map<Key, NodeId> known_;
    std::vector<LinearSystem> systems_;
};

}  // namespace snnsim
