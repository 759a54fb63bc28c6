#include "src/nir/graph.hpp"

namespace snnsim::nir {
namespace {

template <class... T>
struct Overloaded : T... {
    using T::operator()...;
};
template <class... T>
Overloaded(T...) -> Overloaded<T...>;

constexpr const char* cell_types[] = {"I", "IF", "LI", "LIF", "CubaLI", "CubaLIF"};

}  // namespace

const char* type_name(const NodeKind& kind) {
    return std::visit(
        Overloaded{[](const Input&) { return "Input"; }, [](const Output&) { return "Output"; },
                   [](const Affine& n) { return n.bias ? "Affine" : "Linear"; },
                   [](const Scale&) { return "Scale"; },
                   [](const Conv& n) { return n.two_dimensional() ? "Conv2d" : "Conv1d"; },
                   [](const Pool& n) { return n.mean ? "AvgPool2d" : "SumPool2d"; },
                   [](const Flatten&) { return "Flatten"; }, [](const Delay&) { return "Delay"; },
                   [](const Threshold&) { return "Threshold"; },
                   [](const Cells& n) { return cell_types[static_cast<std::size_t>(n.kind)]; },
                   [](const Subgraph&) { return "NIRGraph"; }},
        kind);
}

}  // namespace snnsim::nir
