// What is written is read again, and is in the file as nir has it.
#include "src/nir/write_graph.hpp"

#include "src/io/hdf5_contents.hpp"
#include "src/nir/read_graph.hpp"
#include "tests/nir/nir_files.hpp"

namespace snnsim::nir {
namespace {

template <class T>
bool same(const Array<T>& a, const Array<T>& b) {
    return a.shape == b.shape && a.values == b.values;
}

struct SameAs {
    const NodeKind& other;

    template <class T>
    const T& o() const {
        return std::get<T>(other);
    }
    bool operator()(const Input& n) const { return n.shape == o<Input>().shape; }
    bool operator()(const Output& n) const { return n.shape == o<Output>().shape; }
    bool operator()(const Affine& n) const {
        const Affine& b = o<Affine>();
        return same(n.weight, b.weight) && n.bias.has_value() == b.bias.has_value() &&
               (!n.bias || same(*n.bias, *b.bias));
    }
    bool operator()(const Scale& n) const { return same(n.scale, o<Scale>().scale); }
    bool operator()(const Conv& n) const {
        const Conv& b = o<Conv>();
        return n.input_shape == b.input_shape && same(n.weight, b.weight) && same(n.bias, b.bias) &&
               n.stride == b.stride && n.dilation == b.dilation && n.padding == b.padding &&
               n.pads == b.pads && n.groups == b.groups;
    }
    bool operator()(const Pool& n) const {
        const Pool& b = o<Pool>();
        return n.mean == b.mean && n.kernel == b.kernel && n.stride == b.stride &&
               n.padding == b.padding;
    }
    bool operator()(const Flatten& n) const {
        const Flatten& b = o<Flatten>();
        return n.start_dim == b.start_dim && n.end_dim == b.end_dim && n.input_type == b.input_type;
    }
    bool operator()(const Delay& n) const { return same(n.delay, o<Delay>().delay); }
    bool operator()(const Threshold& n) const {
        return same(n.threshold, o<Threshold>().threshold);
    }
    bool operator()(const Cells& n) const {
        const Cells& b = o<Cells>();
        return n.kind == b.kind && same(n.tau, b.tau) && same(n.tau_syn, b.tau_syn) &&
               same(n.w_in, b.w_in) && same(n.r, b.r) && same(n.v_leak, b.v_leak) &&
               same(n.v_threshold, b.v_threshold) && same(n.v_reset, b.v_reset);
    }
    bool operator()(const Subgraph& n) const;
};

void expect_same(const Graph& a, const Graph& b) {
    ASSERT_EQ(a.nodes.size(), b.nodes.size());
    for (const Node& n : a.nodes) {
        const Node* found = b.find(n.name);
        ASSERT_TRUE(found) << n.name;
        ASSERT_EQ(n.kind.index(), found->kind.index()) << n.name;
        EXPECT_TRUE(std::visit(SameAs{n.kind}, found->kind)) << n.name;
    }
    EXPECT_EQ(a.edges, b.edges);
    EXPECT_EQ(a.metadata.texts, b.metadata.texts);
    EXPECT_EQ(a.metadata.numbers, b.metadata.numbers);
    ASSERT_EQ(a.metadata.arrays.size(), b.metadata.arrays.size());
    for (const auto& [name, values] : a.metadata.arrays)
        EXPECT_TRUE(same(values, b.metadata.arrays.at(name))) << name;
}
bool SameAs::operator()(const Subgraph& n) const {
    expect_same(*n.graph, *o<Subgraph>().graph);
    return true;
}

/// One node of every kind that the format has, and some in two ways.
Graph every_kind() {
    Graph g;
    const auto add = [&](const std::string& name, NodeKind kind) {
        g.nodes.push_back({name, std::move(kind)});
    };
    Cells i{CellKind::I, {}, {}, {}, some_values({2, 3}), {}, {}, {}};
    Cells with_threshold{CellKind::IF,    {}, {}, {}, some_values({4}), {}, some_values({4}),
                         some_values({4})};
    Cells li{CellKind::LI, some_values({1}), {}, {}, some_values({1}), some_values({1}), {}, {}};
    Cells cuba_li{CellKind::CubaLI,
                  some_values({2}),
                  some_values({2}),
                  {},
                  some_values({2}),
                  some_values({2}),
                  {},
                  {}};
    Cells cuba_lif = cuba_li;
    cuba_lif.kind = CellKind::CubaLIF;
    cuba_lif.v_threshold = cuba_lif.w_in = cuba_lif.v_reset = some_values({2});
    add("affine", Affine{some_weights({3, 2}), some_weights({3})});
    add("avg", Pool{true, {2, 3}, {1, 2}, {0, 1}});
    add("conv1",
        Conv{{9}, some_weights({4, 1, 3}), some_weights({4}), {2}, {1}, Padding::given, {1}, 2});
    add("conv2", Conv{{8, 9},
                      some_weights({4, 3, 3, 2}),
                      some_weights({4}),
                      {2, 1},
                      {1, 2},
                      Padding::given,
                      {1, 0},
                      1});
    add("conv_same", Conv{{8, 9},
                          some_weights({4, 3, 3, 3}),
                          some_weights({4}),
                          {1, 1},
                          {1, 1},
                          Padding::same,
                          {},
                          1});
    add("conv_valid",
        Conv{{9}, some_weights({4, 3, 3}), some_weights({4}), {1}, {1}, Padding::valid, {}, 1});
    add("cuba_li", cuba_li);
    add("cuba_lif", cuba_lif);
    add("delay", Delay{some_values({3})});
    add("flatten", Flatten{0, -1, {2, 8, 8}});
    add("i", i);
    add("if.with dots \xC3\xA9", with_threshold);
    add("input", Input{{2}});
    add("li", li);
    add("lif", lif_of({3}));
    add("linear", linear(2, 4));
    add("output", Output{{3}});
    add("scale", Scale{some_weights({})});
    Graph sub;
    sub.nodes = {{"in", Input{{3}}}, {"lif", lif_of({3})}, {"out", Output{{3}}}};
    sub.edges = {{"in", "lif"}, {"lif", "out"}};
    sub.metadata.texts["what"] = "inner";
    add("sub", Subgraph{std::make_shared<Graph>(sub)});
    add("sum", Pool{false, {2, 2}, {2, 2}, {0, 0}});
    add("threshold", Threshold{some_values({3})});
    g.edges = {{"input", "affine"}, {"affine", "lif"}, {"lif", "sub"}, {"sub", "output"}};
    g.metadata.texts = {{"program", "snnsim"}, {"reset/lif", "subtract"}};
    g.metadata.numbers["dt"] = 1e-3;
    g.metadata.arrays = {{"input", some_values({5, 2})}, {"spikes/lif", some_values({0, 2})}};
    return g;
}

class WriteGraph : public NirFiles {};

TEST_F(WriteGraph, EveryKindComesBack) {
    const Graph graph = every_kind();
    write_graph(path("net.nir"), graph);
    const Graph back = read_graph(path("net.nir"));
    expect_same(graph, back);
    EXPECT_EQ(back.version, "1.0.8");
    write_graph(path("net.nir"), back);  // over the older one
    expect_same(graph, read_graph(path("net.nir")));
}

TEST_F(WriteGraph, FieldsAreThoseOfTheFormat) {
    write_graph(path("net.nir"), every_kind());
    const h5::Handle file = h5::open_file(path("net.nir"));
    const h5::ArrayClaim weight = h5::claim_of(file, "/node/nodes/affine/weight");
    EXPECT_EQ(weight.kind, H5T_FLOAT);
    EXPECT_EQ(weight.bytes, 3u * 2 * 4);
    EXPECT_EQ(h5::claim_of(file, "/node/nodes/lif/tau").bytes, 3u * 8);
    EXPECT_EQ(h5::children(file, "/node/nodes/lif"),
              (std::vector<std::string>{"r", "tau", "type", "v_leak", "v_threshold"}));
    EXPECT_EQ(h5::children(file, "/node/nodes/cuba_lif"),
              (std::vector<std::string>{"r", "tau_mem", "tau_syn", "type", "v_leak", "v_reset",
                                        "v_threshold", "w_in"}));
    EXPECT_EQ(h5::claim_of(file, "/node/nodes/conv1/stride").dims, h5::Dims{});
    EXPECT_EQ(h5::claim_of(file, "/node/nodes/conv2/stride").dims, h5::Dims{2});
    EXPECT_EQ(h5::read_text_array(file, "/node/nodes/conv_same/padding")[0], "same");
    EXPECT_EQ(h5::read_text_array(file, "/node/edges").size(), 8u);
    const h5::Handle set(H5Dopen2(file, "/node/nodes/affine/weight", H5P_DEFAULT), H5Dclose, "set");
    EXPECT_FALSE(h5::has_attribute(set, "units"));
}

TEST_F(WriteGraph, WhatNoFileCanHoldIsAnErrorAndLeavesTheOlderFile) {
    Graph g;
    g.nodes = {{"input", Input{{2}}}};
    write_graph(path("net.nir"), g);
    g.nodes.push_back({"a/b", Output{{2}}});
    expect_has(error([&] { write_graph(path("net.nir"), g); }),
               "net.nir: a node is called 'a/b', which is no name in a file");
    g.nodes[1] = {
        "conv",
        Conv{{}, some_weights({1, 1, 2}), some_weights({1}), {1}, {1}, Padding::given, {0}, 1}};
    expect_has(error([&] { write_graph(path("net.nir"), g); }),
               "net.nir: node 'conv': input_shape is not said");
    EXPECT_EQ(read_graph(path("net.nir")).nodes.size(), 1u);
}

}  // namespace
}  // namespace snnsim::nir
