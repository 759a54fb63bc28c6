// What is wrong with the values that parameters give the nodes of a definition.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/equations/cell_equations.hpp"

namespace snnsim {

struct ValueProblem {
    Location at;  // in the equations; line 0: no single place is to blame
    std::string message;
};
/// Whose parameters they are: "'cells'", "cell 3 of 'cells'".
using NameOwner = std::function<std::string()>;

/// "tau = 0 ms": the parameters that a node follows from.
std::string parameters_of(const Definition& definition, NodeId node,
                          const std::vector<double>& parameters);

/// A division by 0. `values`: of the arguments' nodes.
std::optional<ValueProblem> wrong_divisor(const Definition& definition,
                                          const std::vector<double>& values,
                                          const std::vector<double>& parameters,
                                          const NameOwner& owner);
/// Of a node that single precision does not hold: the logarithm or the root that there is none of,
/// where that is the reason; else the node's value. `what` begins the message.
ValueProblem no_single(const Definition& definition, NodeId node, const std::vector<double>& values,
                       const std::vector<double>& parameters, const NameOwner& owner,
                       const std::string& what);

/// The nodes that wrong_value looks at; `constants`: see constants_of.
std::vector<NodeId> values_to_check(const CellEquations& cell,
                                    const std::vector<NodeId>& constants);
/// A division by 0; constants, states at time 0 and refractory periods that are none, or would
/// become 0.
std::optional<ValueProblem> wrong_value(const CellEquations& cell,
                                        const std::vector<NodeId>& constants,
                                        const std::vector<double>& values,
                                        const std::vector<double>& parameters, double dt,
                                        const NameOwner& owner);

}  // namespace snnsim
