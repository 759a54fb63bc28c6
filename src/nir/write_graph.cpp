#include "src/nir/write_graph.hpp"

#include <fmt/format.h>

#include <array>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/replace_file.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim::nir {
namespace {

constexpr const char* version = "1.0.8";

h5::Handle text_type() {
    h5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "text type");
    h5::check(H5Tset_size(type, H5T_VARIABLE), "text type");
    h5::check(H5Tset_cset(type, H5T_CSET_UTF8), "text type");
    return type;
}

/// Without attributes, which h5::write_array adds: the format has none.
void write(hid_t group, const std::string& name, hid_t stored, hid_t memory, const Shape& shape,
           const void* data) {
    const h5::Dims dims(shape.begin(), shape.end());
    const h5::Handle space(
        dims.empty() ? H5Screate(H5S_SCALAR)
                     : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
        H5Sclose, "data space");
    const h5::Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose, "link properties");
    h5::check(H5Pset_create_intermediate_group(links, 1), "link properties");
    const std::string what = "cannot write '" + name + "'";
    const h5::Handle set(
        H5Dcreate2(group, name.c_str(), stored, space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose,
        what);
    if (H5Sget_simple_extent_npoints(space) > 0)
        h5::check(H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), what);
}
void write(hid_t group, const std::string& name, const std::string& text) {
    const char* const pointer = text.c_str();
    const h5::Handle type = text_type();
    write(group, name, type, type, {}, &pointer);
}
void write(hid_t group, const std::string& name, const Weights& a) {
    write(group, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, a.shape, a.values.data());
}
void write(hid_t group, const std::string& name, const Parameters& a) {
    write(group, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, a.shape, a.values.data());
}
void write(hid_t group, const std::string& name, const Shape& numbers) {
    write(group, name, H5T_STD_I64LE, H5T_NATIVE_INT64, {static_cast<std::int64_t>(numbers.size())},
          numbers.data());
}
void write(hid_t group, const std::string& name, std::int64_t number) {
    write(group, name, H5T_STD_I64LE, H5T_NATIVE_INT64, {}, &number);
}

void write_metadata(hid_t group, const Metadata& metadata) {
    if (metadata.texts.empty() && metadata.numbers.empty() && metadata.arrays.empty()) return;
    const h5::Handle g = h5::make_group(group, "metadata");
    for (const auto& [name, value] : metadata.texts) write(g, name, value);
    for (const auto& [name, value] : metadata.numbers) write(g, name, Parameters{{}, {value}});
    for (const auto& [name, value] : metadata.arrays) write(g, name, value);
}

void write_graph_into(hid_t group, const Graph& graph);

struct Fields {
    hid_t group;

    void operator()(const Input& n) const { write(group, "shape", n.shape); }
    void operator()(const Output& n) const { write(group, "shape", n.shape); }
    void operator()(const Affine& n) const {
        write(group, "weight", n.weight);
        if (n.bias) write(group, "bias", *n.bias);
    }
    void operator()(const Scale& n) const { write(group, "scale", n.scale); }
    void operator()(const Conv& n) const {
        if (n.input_shape.empty())
            throw FileError("input_shape is not said, without which nir does not read it");
        write(group, "weight", n.weight);
        write(group, "bias", n.bias);
        axes(n, "input_shape", n.input_shape);
        axes(n, "stride", n.stride);
        axes(n, "dilation", n.dilation);
        if (n.padding == Padding::given)
            axes(n, "padding", n.pads);
        else
            write(group, "padding", std::string(n.padding == Padding::same ? "same" : "valid"));
        write(group, "groups", n.groups);
    }
    void operator()(const Pool& n) const {
        write(group, "kernel_size", n.kernel);
        write(group, "stride", n.stride);
        write(group, "padding", n.padding);
    }
    void operator()(const Flatten& n) const {
        write(group, "start_dim", n.start_dim);
        write(group, "end_dim", n.end_dim);
        if (!n.input_type.empty()) write(group, "input_type", n.input_type);
    }
    void operator()(const Delay& n) const { write(group, "delay", n.delay); }
    void operator()(const Threshold& n) const { write(group, "threshold", n.threshold); }
    void operator()(const Cells& n) const {
        const bool synapses = n.kind == CellKind::CubaLI || n.kind == CellKind::CubaLIF;
        const std::array<std::pair<const char*, const Parameters*>, 7> parameters{
            {{synapses ? "tau_mem" : "tau", &n.tau},
             {"tau_syn", &n.tau_syn},
             {"w_in", &n.w_in},
             {"r", &n.r},
             {"v_leak", &n.v_leak},
             {"v_threshold", &n.v_threshold},
             {"v_reset", &n.v_reset}}};
        for (const auto& [name, values] : parameters) {
            if (!values->values.empty()) write(group, name, *values);
        }
    }
    void operator()(const Subgraph& n) const { write_graph_into(group, *n.graph); }

  private:
    /// Of one dimension numbers stand alone.
    void axes(const Conv& n, const char* name, const Shape& numbers) const {
        if (n.two_dimensional())
            write(group, name, numbers);
        else
            write(group, name, numbers.at(0));
    }
};

void write_node(hid_t nodes, const Node& node) {
    // HDF5 would take the first as the way through a group and the second as the group itself.
    if (node.name.empty() || node.name == "." || node.name.find('/') != std::string::npos)
        throw FileError(fmt::format("a node is called '{}', which is no name in a file",
                                    excerpt(node.name, 80)));
    const h5::Handle group = h5::make_group(nodes, node.name);
    try {
        std::visit(Fields{group}, node.kind);
        if (!std::holds_alternative<Subgraph>(node.kind))
            write(group, "type", std::string(type_name(node.kind)));
    } catch (const FileError& e) {
        throw FileError(fmt::format("node '{}': {}", excerpt(node.name, 80), e.what()));
    }
}

void write_graph_into(hid_t group, const Graph& graph) {
    write(group, "type", std::string("NIRGraph"));
    std::vector<const char*> ends;
    for (const auto& [from, to] : graph.edges) {
        ends.push_back(from.c_str());
        ends.push_back(to.c_str());
    }
    const h5::Handle type = text_type();
    write(group, "edges", type, type, {static_cast<std::int64_t>(graph.edges.size()), 2},
          ends.data());
    const h5::Handle nodes = h5::make_group(group, "nodes");
    for (const Node& n : graph.nodes) write_node(nodes, n);
    write_metadata(group, graph.metadata);
}

}  // namespace

void write_graph(const std::string& path, const Graph& graph) {
    try {
        replace_file(path, [&](const std::string& temporary) {
            h5::Handle file = h5::create_file(temporary);
            write(file, "version", std::string(version));
            write_graph_into(h5::make_group(file, "node"), graph);
            file.close("cannot write " + temporary);
        });
    } catch (const FileError& e) {
        const std::string text = e.what();
        throw FileError(text.find(path) == std::string::npos ? path + ": " + text : text);
    }
}

}  // namespace snnsim::nir
