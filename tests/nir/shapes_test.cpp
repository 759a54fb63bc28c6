// What goes over the edges.
#include "src/nir/shapes.hpp"

#include "tests/nir/nir_files.hpp"

namespace snnsim::nir {
namespace {

using Edges = std::vector<std::pair<std::string, std::string>>;

class Shapes : public NirFiles {
  protected:
    static std::map<std::string, NodeShapes> shapes(std::vector<Node> nodes, Edges edges) {
        Graph g;
        g.nodes = std::move(nodes);
        g.edges = std::move(edges);
        return infer_shapes(g, "net.nir");
    }
    static std::string error_of(std::vector<Node> nodes, Edges edges) {
        return error([&] { shapes(std::move(nodes), std::move(edges)); });
    }
    /// What a node gives when a shape arrives from an input.
    static Shape given(const Shape& in, NodeKind kind) {
        return shapes({{"input", Input{in}}, {"n", std::move(kind)}}, {{"input", "n"}})["n"].out;
    }
    static std::string why_not(const Shape& in, NodeKind kind) {
        return error_of({{"input", Input{in}}, {"n", std::move(kind)}}, {{"input", "n"}});
    }
};

Conv conv(const Shape& weight, const Shape& stride, const Shape& pads, const Shape& dilation,
          Padding padding = Padding::given, std::int64_t groups = 1) {
    return {{},    some_weights(weight), some_weights({weight[0]}), stride, dilation, padding, pads,
            groups};
}

TEST_F(Shapes, OfConvolutionsAsPyTorchHasThem) {
    // Sizes of torch.nn.Conv2d and Conv1d.
    EXPECT_EQ(given({3, 17, 20}, conv({8, 3, 5, 3}, {2, 3}, {1, 0}, {1, 2})), (Shape{8, 8, 6}));
    EXPECT_EQ(given({4, 9, 9}, conv({8, 2, 3, 3}, {1, 1}, {1, 1}, {1, 1}, Padding::given, 2)),
              (Shape{8, 9, 9}));
    EXPECT_EQ(given({3, 9, 8}, conv({2, 3, 4, 3}, {1, 1}, {}, {2, 1}, Padding::same)),
              (Shape{2, 9, 8}));
    EXPECT_EQ(given({3, 9, 8}, conv({2, 3, 4, 3}, {2, 3}, {}, {1, 1}, Padding::same)),
              (Shape{2, 5, 3}));
    EXPECT_EQ(given({3, 9, 8}, conv({2, 3, 4, 3}, {1, 2}, {}, {1, 1}, Padding::valid)),
              (Shape{2, 6, 3}));
    EXPECT_EQ(given({2, 30}, conv({4, 2, 5}, {3}, {2}, {2})), (Shape{4, 9}));
    EXPECT_EQ(why_not({3, 4, 4}, conv({8, 3, 5, 5}, {1, 1}, {0, 0}, {1, 1})),
              "net.nir: node 'n': a window of 5 does not fit into 4");
    EXPECT_EQ(why_not({3, 4, 4}, conv({8, 3, 3, 3}, {1, 1}, {1, 1}, {3, 3})),
              "net.nir: node 'n': a window of 7 does not fit into 4 with 1 on each side");
    EXPECT_EQ(why_not({4, 9, 9}, conv({8, 2, 3, 3}, {1, 1}, {1, 1}, {1, 1}, Padding::given, 3)),
              "net.nir: edge 'input' -> 'n': 'input' gives [4, 9, 9], but 'n' takes [6, rows, "
              "columns]");
    Conv stated = conv({8, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1});
    stated.input_shape = {9, 8};
    EXPECT_EQ(given({3, 9, 8}, stated), (Shape{8, 9, 8}));
    EXPECT_EQ(why_not({3, 8, 9}, stated),
              "net.nir: edge 'input' -> 'n': 'input' gives [3, 8, 9], but 'n' takes [3, 9, 8]");
}

TEST_F(Shapes, OfPoolsAndFlattening) {
    EXPECT_EQ(given({3, 9, 8}, Pool{false, {2, 3}, {2, 2}, {0, 1}}), (Shape{3, 4, 4}));
    EXPECT_EQ(given({2, 3, 4, 5}, Flatten{1, 2, {}}), (Shape{2, 12, 5}));
    EXPECT_EQ(given({2, 3, 4}, Flatten{0, -1, {2, 3, 4}}), (Shape{24}));
    EXPECT_EQ(given({2, 3, 4}, Flatten{-2, -1, {}}), (Shape{2, 12}));
    EXPECT_EQ(why_not({2, 3}, Flatten{1, 2, {}}),
              "net.nir: edge 'input' -> 'n': 'input' gives [2, 3], but 'n' flattens the axes 1 to "
              "2");
    EXPECT_EQ(why_not({2, 3}, Flatten{0, -1, {2, 4}}),
              "net.nir: edge 'input' -> 'n': 'input' gives [2, 3], but 'n' takes [2, 4]");
    EXPECT_EQ(why_not({2, 3}, Flatten{1, 2, {2, 3}}),
              "net.nir: node 'n': it flattens the axes 1 to 2, but its input_type is [2, 3]");
    EXPECT_EQ(why_not({9, 8}, Pool{true, {2, 2}, {2, 2}, {0, 0}}),
              "net.nir: edge 'input' -> 'n': 'input' gives [9, 8], but 'n' takes [channels, rows, "
              "columns]");
}

TEST_F(Shapes, OneValueTakesWhatArrives) {
    for (const Shape& alone : {Shape{}, Shape{1}}) {
        EXPECT_EQ(given({2, 3}, lif_of(alone)), (Shape{2, 3}));
        EXPECT_EQ(given({7}, Scale{some_weights(alone)}), (Shape{7}));
        EXPECT_EQ(given({7}, Delay{some_values(alone)}), (Shape{7}));
        EXPECT_EQ(given({7}, Threshold{some_values(alone)}), (Shape{7}));
    }
    Cells mixed = lif_of({3});
    mixed.tau = some_values({});
    EXPECT_EQ(given({3}, mixed), (Shape{3}));
    mixed.r = some_values({4});
    EXPECT_EQ(why_not({3}, mixed),
              "net.nir: node 'n': its parameters have the shapes [4] and [3]; they must be alike, "
              "or one value\nnet.nir: edge 'input' -> 'n': 'input' gives [3], but 'n' takes [4]");
    EXPECT_EQ(given({5, 2}, Affine{some_weights({5, 3, 2}), {}}), (Shape{5, 3}));
}

TEST_F(Shapes, InCirclesAndOutOfOrder) {
    const auto found = shapes({{"a_output", Output{{3}}},
                               {"lif", lif_of({})},
                               {"w_rec", linear(3, 3)},
                               {"x", Scale{some_weights({})}},
                               {"z", linear(3, 2)},
                               {"zz_input", Input{{2}}}},
                              {{"lif", "a_output"},
                               {"lif", "w_rec"},
                               {"w_rec", "x"},
                               {"x", "lif"},
                               {"z", "lif"},
                               {"zz_input", "z"}});
    EXPECT_EQ(found.at("lif").in, Shape{3});
    EXPECT_EQ(found.at("x").out, Shape{3});
    EXPECT_EQ(found.at("a_output").in, Shape{3});
    EXPECT_EQ(found.at("z").in, Shape{2});
}

TEST_F(Shapes, ABatchOfOneIsLeftOut) {
    const auto found = shapes({{"input", Input{{1, 2}}},
                               {"lif", lif_of({})},
                               {"linear", linear(3, 2)},
                               {"output", Output{{1, 3}}}},
                              {{"input", "lif"}, {"lif", "linear"}, {"linear", "output"}});
    EXPECT_EQ(found.at("input").out, Shape{2});
    EXPECT_EQ(found.at("lif").in, Shape{2});
    EXPECT_EQ(found.at("output").in, Shape{3});
    // One channel is no batch.
    EXPECT_EQ(given({1, 9, 9}, conv({8, 1, 3, 3}, {1, 1}, {0, 0}, {1, 1})), (Shape{8, 7, 7}));
    EXPECT_EQ(given({1, 1, 9, 9}, conv({8, 1, 3, 3}, {1, 1}, {0, 0}, {1, 1})), (Shape{8, 7, 7}));
    EXPECT_EQ(
        why_not({1, 3}, linear(3, 2)),
        "net.nir: edge 'input' -> 'n': 'input' gives [1, 3], but 'n' takes [2]; shapes of NIR "
        "are without batch and time");
}

TEST_F(Shapes, AllThatDoesNotFitIsToldAtOnce) {
    EXPECT_EQ(error_of({{"a", linear(3, 2)},
                        {"b", lif_of({4})},
                        {"c", lif_of({4})},
                        {"input", Input{{2}}},
                        {"output", Output{{5}}}},
                       {{"input", "a"}, {"a", "b"}, {"b", "output"}, {"c", "b"}, {"b", "d"}}),
              "net.nir: edge 'b' -> 'd': there is no node 'd'\n"
              "net.nir: edge 'a' -> 'b': 'a' gives [3], but 'b' takes [4]\n"
              "net.nir: edge 'b' -> 'output': 'b' gives [4], but 'output' takes [5]\n"
              "net.nir: node 'c': no edges lead to it from an Input");
    EXPECT_EQ(error_of({{"a", linear(3, 2)}}, {}),
              "net.nir: /node: there is no node of the type Input");
    EXPECT_EQ(error_of({{"g", Subgraph{}}, {"input", Input{{2}}}}, {{"input", "g"}}),
              "net.nir: node 'g': a graph within a graph: flatten it first");
}

TEST_F(Shapes, SizesThatNoNetworkHas) {
    constexpr std::int64_t much = 2147483647;
    expect_has(why_not({1, 9, 9}, conv({8, 1, 3, 3}, {1, 1}, {much, much}, {1, 1})),
               "must be 1 to 2,147,483,647 values");
    expect_has(why_not({1, much, much}, Flatten{0, -1, {}}), "must be 1 to 2,147,483,647 values");
    expect_has(why_not({0}, lif_of({})), "node 'input': [0] must be 1 to 2,147,483,647 values");
}

}  // namespace
}  // namespace snnsim::nir
