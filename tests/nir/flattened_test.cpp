// Subgraphs written out.
#include <algorithm>

#include "src/nir/read_graph.hpp"
#include "tests/nir/nir_files.hpp"

namespace snnsim::nir {
namespace {

using Edges = std::vector<std::pair<std::string, std::string>>;

class Flattened : public NirFiles {};

Node graph_node(const std::string& name, std::vector<Node> nodes, Edges edges) {
    Graph g;
    g.nodes = std::move(nodes);
    g.edges = std::move(edges);
    return {name, Subgraph{std::make_shared<Graph>(std::move(g))}};
}
/// in -> out with nothing between.
Node wire(const std::string& name) {
    return graph_node(name, {{"in", Input{{2}}}, {"out", Output{{2}}}}, {{"in", "out"}});
}
Graph graph_of(std::vector<Node> nodes, Edges edges) {
    Graph g;
    g.nodes = std::move(nodes);
    g.edges = std::move(edges);
    return g;
}
Edges sorted(Edges edges) {
    std::sort(edges.begin(), edges.end());
    return edges;
}
std::vector<std::string> names(const Graph& g) {
    std::vector<std::string> out;
    for (const Node& n : g.nodes) out.push_back(n.name);
    return out;
}

/// As snnTorch writes a recurrent layer.
Node recurrent(const std::string& name) {
    return graph_node(name,
                      {{"input", Input{{2}}},
                       {"lif", lif_of({2})},
                       {"output", Output{{2}}},
                       {"w_rec", linear(2, 2)}},
                      {{"input", "lif"}, {"lif", "w_rec"}, {"w_rec", "lif"}, {"lif", "output"}});
}

TEST_F(Flattened, ARecurrentLayer) {
    Graph g = graph_of(
        {{"fc", linear(2, 2)}, {"input", Input{{2}}}, recurrent("rnn"), {"output", Output{{2}}}},
        {{"input", "fc"}, {"fc", "rnn"}, {"rnn", "output"}});
    g.metadata.numbers["dt"] = 0.5;
    g.version = "1.0";
    const Graph flat = flattened(g, "net.nir");
    EXPECT_EQ(names(flat),
              (std::vector<std::string>{"fc", "input", "output", "rnn.lif", "rnn.w_rec"}));
    EXPECT_EQ(sorted(flat.edges), (Edges{{"fc", "rnn.lif"},
                                         {"input", "fc"},
                                         {"rnn.lif", "output"},
                                         {"rnn.lif", "rnn.w_rec"},
                                         {"rnn.w_rec", "rnn.lif"}}));
    EXPECT_EQ(flat.metadata.numbers.at("dt"), 0.5);
    EXPECT_EQ(flat.version, "1.0");
    // What was given stays as it was.
    EXPECT_EQ(std::get<Subgraph>(g.find("rnn")->kind).graph->nodes.size(), 4u);
    EXPECT_FALSE(std::get<Cells>(std::get<Subgraph>(g.find("rnn")->kind).graph->nodes[1].kind)
                     .tau.values.empty());
}

TEST_F(Flattened, GraphsInGraphsAndThoseInARow) {
    const Node inner = graph_node(
        "outer", {{"in", Input{{2}}}, recurrent("rnn"), {"out", Output{{2}}}, wire("wire")},
        {{"in", "wire"}, {"wire", "rnn"}, {"rnn", "out"}});
    const Graph flat = flattened(
        graph_of({{"input", Input{{2}}}, wire("a"), wire("b"), inner, {"output", Output{{2}}}},
                 {{"input", "a"}, {"a", "b"}, {"b", "outer"}, {"outer", "output"}}),
        "net.nir");
    EXPECT_EQ(names(flat),
              (std::vector<std::string>{"input", "outer.rnn.lif", "outer.rnn.w_rec", "output"}));
    EXPECT_EQ(sorted(flat.edges), (Edges{{"input", "outer.rnn.lif"},
                                         {"outer.rnn.lif", "outer.rnn.w_rec"},
                                         {"outer.rnn.lif", "output"},
                                         {"outer.rnn.w_rec", "outer.rnn.lif"}}));
}

TEST_F(Flattened, ANetworkWithoutSubgraphsStaysAsItIs) {
    const Graph flat =
        flattened(graph_of({{"a", Input{{2}}}, {"b", lif_of({2})}, {"c", Output{{2}}}},
                           {{"a", "b"}, {"b", "b"}, {"b", "c"}}),
                  "net.nir");
    EXPECT_EQ(flat.nodes.size(), 3u);
    EXPECT_EQ(flat.edges, (Edges{{"a", "b"}, {"b", "b"}, {"b", "c"}}));
}

TEST_F(Flattened, WhatCannotBeWrittenOut) {
    const auto error_of = [&](std::vector<Node> nodes, Edges edges) {
        return error([&] { flattened(graph_of(std::move(nodes), std::move(edges)), "net.nir"); });
    };
    EXPECT_EQ(error_of({{"input", Input{{2}}}, wire("w")}, {{"input", "v"}, {"w", "input"}}),
              "net.nir: edge 'input' -> 'v': there is no node 'v'");
    EXPECT_EQ(error_of({{"input", Input{{2}}},
                        graph_node("g", {{"a", Input{{2}}}, {"b", Input{{2}}}}, {})},
                       {{"input", "g"}, {"g", "input"}}),
              "net.nir: edge 'input' -> 'g': the graph 'g' has 2 Inputs, and an edge needs exactly "
              "one\nnet.nir: edge 'g' -> 'input': the graph 'g' has 0 Outputs, and an edge needs "
              "exactly one");
    EXPECT_EQ(error_of({{"input", Input{{2}}}, {"w.in", lif_of({2})}, wire("w")}, {}),
              "net.nir: /node: two nodes are called 'w.in' where subgraphs are written out; rename "
              "one");
    expect_has(error_of({{"input", Input{{2}}}, wire("v"), wire("w")},
                        {{"input", "v"}, {"v", "w"}, {"w", "v"}}),
               "w.out: its edges lead round in a circle with nothing between");
    // Both arrive, so that what arrives is twice the input.
    expect_has(error_of({{"input", Input{{2}}}, {"lif", lif_of({2})}, wire("w")},
                        {{"input", "lif"}, {"input", "w"}, {"w", "lif"}}),
               "edge 'input' -> 'lif': two edges, or an edge and a subgraph, lead from one to the "
               "other with nothing between; put a Scale into one of them");
}

TEST_F(Flattened, ManyThatMeetInOneEndInAnError) {
    std::vector<Node> nodes{wire("w")};
    Edges edges;
    for (int k = 0; k < 1500; ++k) {
        for (const char* side : {"a", "b"})
            nodes.push_back({side + std::to_string(k), Scale{some_weights({})}});
        edges.emplace_back("a" + std::to_string(k), "w");
        edges.emplace_back("w", "b" + std::to_string(k));
    }
    expect_has(error([&] { flattened(graph_of(nodes, edges), "net.nir"); }),
               "net.nir: /node: there are more than 1,000,000 edges where subgraphs are written");
}

}  // namespace
}  // namespace snnsim::nir
