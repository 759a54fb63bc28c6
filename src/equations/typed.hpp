// Expressions with units: a tree of text to a node of a graph and what it is measured in.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/equations/graph.hpp"
#include "src/equations/quantity.hpp"
#include "src/equations/syntax.hpp"

namespace snnsim {

struct Typed {
    NodeId node = -1;
    Dims dims;
    bool condition = false;
    bool zero = false;  // 0 fits every unit
};

/// Gives names their meaning.
class ExpressionScope {
  public:
    /// What a name stands for; nothing where it is unknown.
    using Lookup = std::function<std::optional<Typed>(const std::string& name, std::size_t at)>;
    /// A division by what follows from the parameters, or a logarithm or a root of it.
    using Watch = std::function<void(EquationOp op, NodeId argument, std::size_t at)>;

    ExpressionScope(Graph& graph, Lookup lookup, std::vector<std::string> known, Watch watch = {})
        : graph_(graph),
          lookup_(std::move(lookup)),
          known_(std::move(known)),
          watch_(std::move(watch)) {}

    /// Throws ExpressionError.
    Typed typed(const Syntax& syntax) const;
    /// A number that must be measured in `wanted`. `what` begins the message: "dv/dt".
    NodeId number(const Syntax& syntax, const Dims& wanted, const std::string& what) const;
    NodeId condition(const Syntax& syntax, const std::string& what) const;

    /// The next random number of this kind.
    std::function<NodeId(EquationOp)> random;

  private:
    Typed name(const Syntax& syntax) const;
    Typed call(const Syntax& syntax) const;
    Typed operation(const Syntax& syntax) const;
    Typed remainder(const Syntax& syntax) const;
    Typed power(const Syntax& syntax) const;
    Typed comparison(const Syntax& syntax) const;
    Typed plain(const Syntax& syntax, const char* of) const;
    void watch(EquationOp op, NodeId argument, std::size_t at) const {
        if (watch_ && graph_[argument].setup) watch_(op, argument, at);
    }

    Graph& graph_;
    Lookup lookup_;
    std::vector<std::string> known_;
    Watch watch_;
};

/// Where an expression begins.
std::size_t begin_of(const Syntax& syntax);

}  // namespace snnsim
