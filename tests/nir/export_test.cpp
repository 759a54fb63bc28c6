// What is written for a library, read as that library reads it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"
#include "snnsim/network.hpp"
#include "snnsim/read_model.hpp"
#include "src/nir/run_to_graph.hpp"

namespace snnsim::nir {
namespace {

/// A network whose hidden cells are `model`, a mapping without its brackets.
struct Small {
    explicit Small(const std::string& model, const std::string& more = "",
                   const std::string& output = "{size: 10, model: lif, reset: zero}")
        : spec(parse_model("name: small\ndt: 2 ms\n"
                           "data: {set: mnist, encode: {scheme: direct, duration: 20 ms}}\n"
                           "populations:\n  input: {size: 784, model: spike_source}\n  hidden: {" +
                               model + "}\n  output: " + output +
                               "\nprojections:\n  - {from: input, to: hidden}\n"
                               "  - {from: hidden, to: output}\n" +
                               more,
                           "small.yaml")),
          network(compile(spec)) {}
    RunGraph graph(Library library, bool force = false) const {
        return run_to_graph(spec, network, library, force);
    }
    ModelSpec spec;
    Network network;
};

const Cells& cells_of(const Graph& graph, const std::string& ending) {
    for (const Node& n : graph.nodes) {
        if (n.name.ends_with(ending) && std::holds_alternative<Cells>(n.kind))
            return std::get<Cells>(n.kind);
    }
    throw InternalError("no cells " + ending);
}

/// A step as a reader has it: decay, factor on the input, least membrane that fires.
struct Read {
    double decay, gain;
    float least;
};
/// Of cell 0, by the code of the libraries.
Read read_as(Library library, const Cells& c) {
    const double tau = c.tau.values[0], r = c.r.values[0], threshold = c.v_threshold.values[0];
    const auto above = std::nextafter(static_cast<float>(threshold), INFINITY);
    switch (library) {
        case Library::definition:
            return {std::exp(-2e-3 / tau), r * (1.0 - std::exp(-2e-3 / tau)), above};
        case Library::snntorch:  // Leaky(beta, threshold / w_scale)
            return {1.0 - 1e-4 / tau, r * 1e-4 / tau, above};
        case Library::spikingjelly:  // LIFNode(tau / dt, decay_input = r is 1)
            return {1.0 - 1e-4 / tau, r == 1.0 ? 1e-4 / tau : 1.0, static_cast<float>(threshold)};
        case Library::norse:  // v += dt / tau (x - v)
            return {1.0 - 1e-3 / tau, 1e-3 / tau, above};
        case Library::sinabs:  // norm_input = False
            return {std::exp(-1.0 / tau), 1.0, static_cast<float>(threshold)};
    }
    return {};
}

TEST(ExportToNir, ALibraryReadsTheStepOfTheModel) {
    for (const char* of_cells : {"tau_m: 20 ms", "tau_m: 3 ms, integration: euler, fires: above",
                                 "tau_m: 20 ms, scale_input: true, v_th: 0.3"}) {
        for (const Library library : {Library::definition, Library::snntorch, Library::spikingjelly,
                                      Library::norse, Library::sinabs}) {
            if (library == Library::definition &&
                std::string(of_cells).find("euler") != std::string::npos)
                continue;  // such a file says that its decays are Euler steps
            const std::string reset = library == Library::sinabs ? "subtract" : "zero";
            const Small small("size: 3, model: lif, reset: " + reset + ", " + of_cells, "",
                              "{size: 10, model: lif, reset: " + reset + "}");
            const Graph graph = small.graph(library).graph;
            const Read read = read_as(library, cells_of(graph, "hidden"));
            const auto& params = std::get<Lif::Params>(small.spec.populations[1].neuron);
            const Lif::Constants own = Lif::prepare(params, 2.0);
            EXPECT_EQ(static_cast<float>(read.decay), own.decay) << name_of(library) << of_cells;
            // Membranes there are `scale` times those here.
            const double scale = read.gain / static_cast<double>(own.gain);
            EXPECT_NEAR(static_cast<double>(read.least) / (static_cast<double>(own.v_th) * scale),
                        1.0, 2e-7)
                << name_of(library) << of_cells;
            if (std::abs(scale - 1.0) < 1e-9) {
                EXPECT_EQ(read.least, own.v_th) << name_of(library) << of_cells;
            }
        }
    }
}

TEST(ExportToNir, ACurrentIsReadAsTheModelsAStepLater) {
    const Small small("size: 3, model: cuba_lif, tau_m: 20 ms, tau_s: 7 ms", "",
                      "{size: 10, model: cuba_lif}");
    const auto& params = std::get<CubaLif::Params>(small.spec.populations[1].neuron);
    const CubaLif::Constants own = CubaLif::prepare(params, 2.0);
    for (const Library library : {Library::snntorch, Library::spikingjelly, Library::norse}) {
        const RunGraph written = small.graph(library);
        const Cells& c = cells_of(written.graph, "hidden");
        const double dt = library == Library::norse ? 1e-3 : 1e-4;
        const double tau_m = c.tau.values[0], tau_s = c.tau_syn.values[0];
        EXPECT_EQ(static_cast<float>(1.0 - dt / tau_m), own.decay_m);
        EXPECT_EQ(static_cast<float>(1.0 - dt / tau_s), own.decay_s);
        EXPECT_NEAR(c.w_in.values[0] * dt / tau_s, 1.0, 1e-12);  // the current is that of the model
        const double coupling = c.r.values[0] * dt / tau_m, threshold = c.v_threshold.values[0];
        EXPECT_NEAR(threshold / coupling, 1.0 / static_cast<double>(own.coupling), 1e-5);
        EXPECT_EQ(written.graph.metadata.texts.at("synapse"), "next_step");
        EXPECT_TRUE(std::any_of(written.notes.begin(), written.notes.end(), [](const auto& note) {
            return note.find("the output comes 2 steps earlier there") != std::string::npos;
        }));
    }
}

TEST(ExportToNir, WeightsAreTargetBySource) {
    const Small small("size: 3, model: lif, reset: zero");
    const Graph graph = small.graph(Library::definition).graph;
    const auto& node = std::get<Affine>(graph.find("hidden_to_output")->kind);
    const std::vector<float>& own = small.network.projections[1].weights;
    EXPECT_EQ(node.weight.shape, (Shape{10, 3}));
    EXPECT_FALSE(node.bias);
    for (std::size_t source = 0; source < 3; ++source) {
        for (std::size_t target = 0; target < 10; ++target)
            EXPECT_EQ(node.weight.values[target * 3 + source], own[source * 10 + target]);
    }
}

TEST(ExportToNir, NamesOfALibrarySortAsTheDataPass) {
    const Small small("size: 3, model: lif, reset: zero");
    const Graph graph = small.graph(Library::spikingjelly).graph;
    std::vector<std::string> names;
    for (const Node& n : graph.nodes) names.push_back(n.name);
    EXPECT_EQ(names, (std::vector<std::string>{"00_input", "01_input_to_hidden", "02_hidden",
                                               "03_hidden_to_output", "04_output", "05_out"}));
}

TEST(ExportToNir, ALoopIsOneGraphOrAGraphWithin) {
    const Small small("size: 3, model: lif, reset: zero", "  - {from: hidden, to: hidden}\n");
    const Graph flat = small.graph(Library::definition).graph;
    const std::vector<std::pair<std::string, std::string>> loop{{"hidden", "hidden_to_hidden"},
                                                                {"hidden_to_hidden", "hidden"}};
    for (const auto& edge : loop)
        EXPECT_NE(std::find(flat.edges.begin(), flat.edges.end(), edge), flat.edges.end());
    const Graph nested = small.graph(Library::norse).graph;
    EXPECT_TRUE(std::holds_alternative<Subgraph>(nested.find("02_hidden")->kind));
    EXPECT_THROW(small.graph(Library::sinabs), ModelError);
}

TEST(ExportToNir, WhatALibraryHasOtherwiseTakesForce) {
    const Small small("size: 3, model: lif, reset: subtract");
    try {
        small.graph(Library::norse);
        FAIL() << "it was written";
    } catch (const ModelError& e) {
        EXPECT_NE(std::string(e.what()).find("small.yaml:6:3: 'hidden': a spike takes v_th off"),
                  std::string::npos)
            << e.what();
    }
    const RunGraph forced = small.graph(Library::norse, true);
    EXPECT_NE(forced.notes.front().find("'hidden': a spike takes v_th off"), std::string::npos);
    const auto& texts = forced.graph.metadata.texts;
    EXPECT_EQ(texts.at("reset/02_hidden"), "subtract");
    EXPECT_EQ(texts.at("reset/04_output"), "value");
}

}  // namespace
}  // namespace snnsim::nir
