#include "src/equations/graph.hpp"

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <unsupported/Eigen/MatrixFunctions>
#include <utility>

namespace snnsim {
namespace {

using Op = EquationOp;

double of_doubles(Op op, double a, double b, double c) {
    switch (op) {
        case Op::negate:
            return -a;
        case Op::absolute:
            return std::abs(a);
        case Op::root:
            return std::sqrt(a);
        case Op::exponential:
            return std::exp(a);
        case Op::exponential_less_one:
            return std::expm1(a);
        case Op::relative_exponential:
            return a == 0.0 ? 1.0 : std::expm1(a) / a;
        case Op::logarithm:
            return std::log(a);
        case Op::sine:
            return std::sin(a);
        case Op::cosine:
            return std::cos(a);
        case Op::hyperbolic_tangent:
            return std::tanh(a);
        case Op::floor:
            return std::floor(a);
        case Op::sign:
            return a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : 0.0;
        case Op::opposite:
            return a == 0.0 ? 1.0 : 0.0;
        case Op::countdown:
            return a > 1.0 ? a - 1.0 : 0.0;
        case Op::exclusion:
            return a != 0.0 && b == 0.0 ? 1.0 : 0.0;
        case Op::flushed:
            return a;
        case Op::add:
            return a + b;
        case Op::subtract:
            return a - b;
        case Op::multiply:
            return a * b;
        case Op::divide:
            return a / b;
        case Op::power:
            return std::pow(a, b);
        case Op::least:
            return b < a ? b : a;
        case Op::greatest:
            return b > a ? b : a;
        case Op::less:
            return a < b ? 1.0 : 0.0;
        case Op::less_equal:
            return a <= b ? 1.0 : 0.0;
        case Op::equal:
            return a == b ? 1.0 : 0.0;
        case Op::conjunction:
            return a != 0.0 && b != 0.0 ? 1.0 : 0.0;
        case Op::disjunction:
            return a != 0.0 || b != 0.0 ? 1.0 : 0.0;
        case Op::fused:
            return a * b + c;
        case Op::fused_less:
            return a * b - c;
        case Op::fused_from:
            return c - a * b;
        case Op::select:
            return a != 0.0 ? b : c;
        default:
            return 0.0;
    }
}

}  // namespace

NodeId Graph::put(GraphNode node) {
    const Key key{node.op, node.a, node.b, node.c, node.value, node.index};
    const auto at = known_.find(key);
    if (at != known_.end()) return at->second;
    const auto id = static_cast<NodeId>(nodes_.size());
    nodes_.push_back(node);
    known_.emplace(key, id);
    return id;
}

NodeId Graph::number(double value) {
    GraphNode node;
    node.value = value == 0.0 ? 0.0 : value;  // no -0
    node.setup = true;
    return put(node);
}

NodeId Graph::leaf(Op op, std::size_t index) {
    GraphNode node;
    node.op = op;
    node.index = static_cast<std::int32_t>(index);
    node.setup = op == Op::parameter || op == Op::dt;
    return put(node);
}

NodeId Graph::propagator(std::size_t system, std::size_t row, std::size_t column, bool of_input) {
    GraphNode node;
    node.op = Op::propagator;
    node.setup = true;
    node.index = static_cast<std::int32_t>(system);
    const std::size_t n = systems_[system].size;
    node.value = static_cast<double>(row * 2 * n + column + (of_input ? n : 0));
    return put(node);
}

std::size_t Graph::add_system(LinearSystem system) {
    systems_.push_back(std::move(system));
    return systems_.size() - 1;
}

bool Graph::is_number(NodeId id, double value) const {
    const GraphNode& node = (*this)[id];
    return node.op == Op::number && node.value == value;
}
std::optional<double> Graph::constant(NodeId id) const {
    const GraphNode& node = (*this)[id];
    if (node.op != Op::number) return std::nullopt;
    return node.value;
}

NodeId Graph::unary(Op op, NodeId a) {
    if (const auto x = constant(a)) {
        const double y = of_doubles(op, *x, 0.0, 0.0);
        if (std::isfinite(y)) return number(y);
    }
    if (op == Op::negate && (*this)[a].op == Op::negate) return (*this)[a].a;
    GraphNode node;
    node.op = op;
    node.a = a;
    node.setup = (*this)[a].setup;
    return put(node);
}

NodeId Graph::binary(Op op, NodeId a, NodeId b) {
    const auto x = constant(a), y = constant(b);
    if (x && y) {
        const double z = of_doubles(op, *x, *y, 0.0);
        if (std::isfinite(z)) return number(z);
    }
    if (op == Op::add) {
        if (is_number(a, 0.0)) return b;
        if (is_number(b, 0.0)) return a;
        if ((*this)[b].op == Op::negate) return subtract(a, (*this)[b].a);
        if ((*this)[a].op == Op::negate) return subtract(b, (*this)[a].a);
    } else if (op == Op::subtract) {
        if (is_number(b, 0.0)) return a;
        if (is_number(a, 0.0)) return unary(Op::negate, b);
        if ((*this)[b].op == Op::negate) return add(a, (*this)[b].a);
        if (a == b) return number(0.0);
    } else if (op == Op::multiply) {
        if (is_number(a, 0.0) || is_number(b, 0.0)) return number(0.0);
        if (is_number(a, 1.0)) return b;
        if (is_number(b, 1.0)) return a;
        return fold(op, a, b);
    } else if (op == Op::divide) {
        if (is_number(a, 0.0)) return a;
        if (is_number(b, 1.0)) return a;
        // A division by what is known becomes a multiplication.
        if ((*this)[b].setup && !(*this)[a].setup) return multiply(a, divide(number(1.0), b));
    }
    GraphNode node;
    node.op = op;
    node.a = a;
    node.b = b;
    node.setup = (*this)[a].setup && (*this)[b].setup;
    // One order of what may be exchanged.
    if ((op == Op::add || op == Op::equal || op == Op::conjunction || op == Op::disjunction) &&
        b < a)
        std::swap(node.a, node.b);
    return put(node);
}

/// A product: what is known of it comes first, in one factor.
NodeId Graph::fold(Op op, NodeId a, NodeId b) {
    if ((*this)[b].setup && !(*this)[a].setup) std::swap(a, b);
    const auto put_product = [&](NodeId x, NodeId y) {
        GraphNode node;
        node.op = op;
        node.a = std::min(x, y);
        node.b = std::max(x, y);
        if ((*this)[x].setup != (*this)[y].setup) node.a = x, node.b = y;
        node.setup = (*this)[x].setup && (*this)[y].setup;
        return put(node);
    };
    if (products_ == Products::as_written) return put_product(a, b);
    const auto known_factor = [&](NodeId id) {
        const GraphNode& n = (*this)[id];
        return !n.setup && n.op == Op::multiply && (*this)[n.a].setup;
    };
    if ((*this)[a].setup) {
        if ((*this)[b].setup || !known_factor(b)) return put_product(a, b);
        const GraphNode inner = (*this)[b];
        return put_product(multiply(a, inner.a), inner.b);
    }
    if (known_factor(a)) {
        const GraphNode inner = (*this)[a];
        return multiply(inner.a, multiply(inner.b, b));
    }
    if (known_factor(b)) {
        const GraphNode inner = (*this)[b];
        return multiply(inner.a, multiply(a, inner.b));
    }
    return put_product(a, b);
}

NodeId Graph::select(NodeId condition, NodeId then, NodeId otherwise) {
    if (const auto known = constant(condition)) return *known != 0.0 ? then : otherwise;
    if (then == otherwise) return then;
    GraphNode node;
    node.op = Op::select;
    node.a = condition;
    node.b = then;
    node.c = otherwise;
    node.setup = (*this)[condition].setup && (*this)[then].setup && (*this)[otherwise].setup;
    return put(node);
}

bool Graph::depends(NodeId id, const std::function<bool(const GraphNode&)>& of) const {
    // Operands come before what is made of them.
    std::vector<char> seen(static_cast<std::size_t>(id) + 1, 0);
    seen[static_cast<std::size_t>(id)] = 1;
    for (NodeId k = id; k >= 0; --k) {
        if (!seen[static_cast<std::size_t>(k)]) continue;
        const GraphNode& node = (*this)[k];
        if (of(node)) return true;
        for (const NodeId operand : {node.a, node.b, node.c})
            if (operand >= 0) seen[static_cast<std::size_t>(operand)] = 1;
        if (node.op != Op::propagator) continue;
        for (const NodeId element : systems_[static_cast<std::size_t>(node.index)].matrix)
            seen[static_cast<std::size_t>(element)] = 1;
    }
    return false;
}

NodeId Graph::replaced(NodeId id, const std::map<NodeId, NodeId>& with) {
    std::vector<NodeId> done(static_cast<std::size_t>(id) + 1, -1);
    std::vector<char> needed(done.size(), 0);
    needed[static_cast<std::size_t>(id)] = 1;
    for (NodeId k = id; k >= 0; --k) {
        if (!needed[static_cast<std::size_t>(k)] || with.count(k)) continue;
        const GraphNode& node = (*this)[k];
        for (const NodeId operand : {node.a, node.b, node.c})
            if (operand >= 0) needed[static_cast<std::size_t>(operand)] = 1;
    }
    for (NodeId k = 0; k <= id; ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (!needed[at]) continue;
        if (const auto other = with.find(k); other != with.end()) {
            done[at] = other->second;
            continue;
        }
        const GraphNode node = (*this)[k];
        const auto of = [&](NodeId operand) { return done[static_cast<std::size_t>(operand)]; };
        switch (operands_of(node.op)) {
            case 0:
                done[at] = k;
                break;
            case 1:
                done[at] = unary(node.op, of(node.a));
                break;
            case 2:
                done[at] = binary(node.op, of(node.a), of(node.b));
                break;
            default:
                done[at] = select(of(node.a), of(node.b), of(node.c));
        }
    }
    return done[static_cast<std::size_t>(id)];
}

std::optional<Graph::Linear> Graph::linear(NodeId id, const std::vector<NodeId>& variables) {
    const auto is_variable = [&](NodeId k) {
        return std::find(variables.begin(), variables.end(), k) != variables.end();
    };
    std::map<NodeId, std::optional<Linear>> done;
    const auto free = [](const std::optional<Linear>& l) { return l && l->coefficients.empty(); };
    const auto combine = [&](const Linear& x, const Linear& y, const auto& join_of) {
        Linear out;
        for (const NodeId v : variables) {
            const auto of_x = x.coefficients.find(v), of_y = y.coefficients.find(v);
            if (of_x == x.coefficients.end() && of_y == y.coefficients.end()) continue;
            const NodeId a = of_x == x.coefficients.end() ? number(0.0) : of_x->second;
            const NodeId b = of_y == y.coefficients.end() ? number(0.0) : of_y->second;
            out.coefficients[v] = join_of(a, b);
        }
        out.rest = join_of(x.rest, y.rest);
        return out;
    };
    const auto scaled = [&](const Linear& x, const auto& scale) {
        Linear out;
        for (const auto& [v, k] : x.coefficients) out.coefficients[v] = scale(k);
        out.rest = scale(x.rest);
        return out;
    };
    const auto of = [&](const auto& self, NodeId k) -> const std::optional<Linear>& {
        const auto known = done.find(k);
        if (known != done.end()) return known->second;
        const GraphNode node = (*this)[k];
        std::optional<Linear> out;
        if (is_variable(k)) {
            out = Linear{{{k, number(1.0)}}, number(0.0)};
        } else if (operands_of(node.op) == 0) {
            out = Linear{{}, k};
        } else {
            const std::optional<Linear> a = self(self, node.a);
            const std::optional<Linear> b = node.b >= 0 ? self(self, node.b) : std::nullopt;
            const std::optional<Linear> c = node.c >= 0 ? self(self, node.c) : std::nullopt;
            const bool all_free = free(a) && (node.b < 0 || free(b)) && (node.c < 0 || free(c));
            if (all_free) {
                out = Linear{{}, k};
            } else if (node.op == Op::negate && a) {
                out = scaled(*a, [&](NodeId x) { return unary(Op::negate, x); });
            } else if (node.op == Op::add && a && b) {
                out = combine(*a, *b, [&](NodeId x, NodeId y) { return add(x, y); });
            } else if (node.op == Op::subtract && a && b) {
                out = combine(*a, *b, [&](NodeId x, NodeId y) { return subtract(x, y); });
            } else if (node.op == Op::multiply && free(a) && b) {
                out = scaled(*b, [&](NodeId x) { return multiply(a->rest, x); });
            } else if (node.op == Op::multiply && free(b) && a) {
                out = scaled(*a, [&](NodeId x) { return multiply(b->rest, x); });
            } else if (node.op == Op::divide && free(b) && a) {
                out = scaled(*a, [&](NodeId x) { return divide(x, b->rest); });
            } else if (node.op == Op::select && free(a) && b && c) {
                out = combine(*b, *c, [&](NodeId x, NodeId y) { return select(a->rest, x, y); });
            }
        }
        return done.emplace(k, std::move(out)).first->second;
    };
    return of(of, id);
}

double Graph::evaluated(const GraphNode& node, const std::vector<double>& values,
                        const std::vector<double>& parameters, double dt) const {
    const auto of = [&](NodeId id) { return id < 0 ? 0.0 : values[static_cast<std::size_t>(id)]; };
    if (node.op == Op::number) return node.value;
    if (node.op == Op::parameter) return parameters[static_cast<std::size_t>(node.index)];
    if (node.op == Op::dt) return dt;
    return of_doubles(node.op, of(node.a), of(node.b), of(node.c));
}

void Graph::evaluate(const std::vector<NodeId>& wanted, const std::vector<double>& parameters,
                     double dt, std::vector<double>& values) const {
    values.resize(nodes_.size());
    std::vector<char> needed(nodes_.size(), 0);
    const auto need = [&](NodeId id) {
        if (id >= 0) needed[static_cast<std::size_t>(id)] = 1;
    };
    for (const NodeId id : wanted) need(id);
    for (auto k = static_cast<NodeId>(nodes_.size()) - 1; k >= 0; --k) {
        if (!needed[static_cast<std::size_t>(k)]) continue;
        const GraphNode& node = (*this)[k];
        if (node.op == Op::propagator) {
            for (const NodeId a : systems_[static_cast<std::size_t>(node.index)].matrix) need(a);
        } else {
            for (const NodeId operand : {node.a, node.b, node.c}) need(operand);
        }
    }
    std::vector<Eigen::MatrixXd> steps(systems_.size());
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
        if (!needed[k] || !nodes_[k].setup) continue;
        const GraphNode& node = nodes_[k];
        if (node.op != Op::propagator) {
            values[k] = evaluated(node, values, parameters, dt);
            continue;
        }
        Eigen::MatrixXd& step = steps[static_cast<std::size_t>(node.index)];
        const LinearSystem& system = systems_[static_cast<std::size_t>(node.index)];
        const auto n = static_cast<Eigen::Index>(system.size);
        if (step.size() == 0) {
            // x' = A x + b, b' = 0: its exponential has both the propagator of x and that of b.
            step = Eigen::MatrixXd::Zero(2 * n, 2 * n);
            for (Eigen::Index r = 0; r < n; ++r) {
                for (Eigen::Index c = 0; c < n; ++c)
                    step(r, c) = dt * values[static_cast<std::size_t>(
                                          system.matrix[static_cast<std::size_t>(r * n + c)])];
                step(r, n + r) = dt;
            }
            step = step.allFinite() ? Eigen::MatrixXd(step.exp())
                                    : Eigen::MatrixXd::Constant(
                                          2 * n, 2 * n, std::numeric_limits<double>::quiet_NaN());
        }
        const auto at = static_cast<Eigen::Index>(node.value);
        values[k] = step(at / (2 * n), at % (2 * n));
    }
}

}  // namespace snnsim
