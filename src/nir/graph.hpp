// A graph of the Neuromorphic Intermediate Representation (Pedersen et al. 2024), as a file holds
// it: nodes with their arrays, and edges. No time step, no device, no model of ours.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace snnsim::nir {

using Shape = std::vector<std::int64_t>;

/// Values with a shape, last index fastest; of a number alone the shape is empty.
template <class T>
struct Array {
    Shape shape;
    std::vector<T> values;
};
using Weights = Array<float>;
using Parameters = Array<double>;  // of cells

struct Input {
    Shape shape;
};
struct Output {
    Shape shape;
};
/// y = W x + b, W (..., out, in); `Linear` of the format where there is no bias.
struct Affine {
    Weights weight;
    std::optional<Weights> bias;
};
/// y = s x, elementwise.
struct Scale {
    Weights scale;
};
/// How far a window looks beyond the borders.
enum class Padding : std::uint8_t { given, same, valid };
/// Cross-correlation with weights (out, in of a group, rows, columns), as torch.nn.Conv2d; of
/// Conv1d without rows, and with one entry in place of each pair below.
struct Conv {
    Shape input_shape;  // (rows, columns) or (columns); empty: not said
    Weights weight;
    Weights bias;
    Shape stride, dilation;
    Padding padding = Padding::given;
    Shape pads;  // of given
    std::int64_t groups = 1;
    bool two_dimensional() const { return weight.shape.size() == 4; }
};
/// The sum or the mean of what a window covers.
struct Pool {
    bool mean = false;
    Shape kernel, stride, padding;
};
struct Flatten {
    std::int64_t start_dim = 1, end_dim = -1;  // axes without the batch
    Shape input_type;
};
/// y(t) = x(t - delay), in the file's unit of time.
struct Delay {
    Parameters delay;
};
/// 1 where x > threshold.
struct Threshold {
    Parameters threshold;
};
enum class CellKind : std::uint8_t { I, IF, LI, LIF, CubaLI, CubaLIF };
/// A node that lives in time. What its kind has not is without values; an absent v_reset is zeros,
/// an absent w_in ones, both of the shape of the others.
struct Cells {
    CellKind kind = CellKind::LIF;
    Parameters tau;      // of CubaLI and CubaLIF: tau_mem
    Parameters tau_syn;  // CubaLI, CubaLIF
    Parameters w_in;     // CubaLI, CubaLIF
    Parameters r, v_leak, v_threshold, v_reset;
};
struct Graph;
struct Subgraph {
    std::shared_ptr<Graph> graph;
};

using NodeKind = std::variant<Input, Output, Affine, Scale, Conv, Pool, Flatten, Delay, Threshold,
                              Cells, Subgraph>;
/// How the format calls the kind of a node: "Conv2d".
const char* type_name(const NodeKind& kind);

struct Node {
    std::string name;  // of one that was in a subgraph: "parent.name"
    NodeKind kind;
};
/// What a file says of itself beside the network; no program relies on it.
struct Metadata {
    std::map<std::string, std::string> texts;
    std::map<std::string, double> numbers;
    std::map<std::string, Parameters> arrays;
};
struct Graph {
    std::vector<Node> nodes;                                 // by name
    std::vector<std::pair<std::string, std::string>> edges;  // source, target
    Metadata metadata;
    std::string version;  // of the file; empty: not said

    const Node* find(const std::string& name) const {
        for (const Node& n : nodes) {
            if (n.name == name) return &n;
        }
        return nullptr;
    }
};

}  // namespace snnsim::nir
