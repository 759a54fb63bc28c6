// A graph of NIR, changed as the bytes say, is read, written out, and made a model.
#include "src/io/hdf5.hpp"
#include "src/nir/import_nir.hpp"
#include "src/nir/read_graph.hpp"
#include "src/nir/shapes.hpp"
#include "src/nir/write_graph.hpp"
#include "tools/fuzz/fuzz.hpp"
#include "tools/fuzz/hdf5_tree.hpp"

namespace {

namespace nir = snnsim::nir;
using snnsim::fuzz::Hdf5Template;

nir::Weights weights(const nir::Shape& shape, std::size_t count) {
    return {shape, std::vector<float>(count, 0.5f)};
}
nir::Parameters of(std::int64_t cells) {
    return {{cells}, std::vector<double>(static_cast<std::size_t>(cells), 0.01)};
}
nir::Cells cells(nir::CellKind kind, std::int64_t count) {
    using enum nir::CellKind;
    nir::Cells n;
    n.kind = kind;
    n.r = of(count);
    if (kind != I && kind != IF) n.tau = n.v_leak = of(count);
    if (kind == IF || kind == LIF || kind == CubaLIF) n.v_threshold = n.v_reset = of(count);
    if (kind == CubaLI || kind == CubaLIF) n.tau_syn = n.w_in = of(count);
    return n;
}

nir::Graph chain(std::vector<nir::Node> nodes) {
    nir::Graph g;
    g.nodes = std::move(nodes);
    for (std::size_t k = 0; k + 1 < g.nodes.size(); ++k)
        g.edges.emplace_back(g.nodes[k].name, g.nodes[k + 1].name);
    return g;
}

/// Together they have every kind of node. Each is small: what it takes to open objects is most of
/// the time of an execution.
std::vector<nir::Graph> graphs() {
    using nir::CellKind;
    using nir::Padding;
    nir::Graph recurrent = chain({{"in", nir::Input{{2}}},
                                  {"lif", cells(CellKind::LIF, 2)},
                                  {"out", nir::Output{{2}}},
                                  {"w", nir::Affine{weights({2, 2}, 4), {}}}});
    recurrent.edges = {{"in", "lif"}, {"lif", "w"}, {"w", "lif"}, {"lif", "out"}};
    nir::Graph noted = chain({{"in", nir::Input{{2}}},
                              {"fc", nir::Affine{weights({3, 2}, 6), weights({3}, 3)}},
                              {"cuba", cells(CellKind::CubaLIF, 3)},
                              {"out", nir::Output{{3}}}});
    noted.metadata.texts["reset"] = "zero";
    noted.metadata.numbers["dt"] = 1e-3;
    noted.metadata.arrays["input"] = {{2, 2}, {1, 0, 0, 1}};
    const nir::Conv same{
        {4, 4}, weights({2, 1, 3, 3}, 18), weights({2}, 2), {1, 1}, {1, 1}, Padding::same, {}, 1};
    const nir::Conv given{
        {5}, weights({2, 1, 2}, 4), weights({2}, 2), {1}, {1}, Padding::given, {0}, 2};
    return {
        noted,
        chain({{"in", nir::Input{{2}}},
               {"rnn", nir::Subgraph{std::make_shared<nir::Graph>(recurrent)}},
               {"out", nir::Output{{2}}}}),
        chain({{"in", nir::Input{{1, 4, 4}}},
               {"conv", same},
               {"if", cells(CellKind::IF, 1)},
               {"sum", nir::Pool{false, {2, 2}, {2, 2}, {0, 0}}},
               {"flat", nir::Flatten{0, -1, {2, 2, 2}}}}),
        chain({{"in", nir::Input{{2, 5}}},
               {"conv", given},
               {"flat", nir::Flatten{0, -1, {}}},
               {"scale", nir::Scale{weights({8}, 8)}},
               {"delay", nir::Delay{of(8)}},
               {"i", cells(CellKind::I, 8)}}),
        chain({{"in", nir::Input{{3}}},
               {"threshold", nir::Threshold{of(3)}},
               {"cuba_li", cells(CellKind::CubaLI, 3)},
               {"li", cells(CellKind::LI, 3)}}),
    };
}

std::vector<Hdf5Template> templates(const std::string& path) {
    std::vector<Hdf5Template> all;
    for (const nir::Graph& g : graphs()) {
        nir::write_graph(path, g);
        all.emplace_back(snnsim::fuzz::read_tree(path));
    }
    return all;
}

/// Groups that hold themselves, and names of what lies elsewhere.
void add_link(const std::string& path, std::uint8_t choice) {
    const snnsim::h5::Handle file = snnsim::h5::open_to_change(path);
    constexpr const char* places[] = {"/node", "/node/nodes", "/node/nodes/in", "/node/edges"};
    constexpr const char* names[] = {"/node/nodes/x", "/node/metadata", "/node/nodes/fc/weight",
                                     "/node/nodes/rnn/nodes/x"};
    const char* const place = places[choice / 4 % 4];
    const char* const name = names[choice / 16 % 4];
    H5Ldelete(file, name, H5P_DEFAULT);
    if (choice % 4 == 0) H5Lcreate_soft(place, file, name, H5P_DEFAULT, H5P_DEFAULT);
    if (choice % 4 == 1)
        H5Lcreate_external("/etc/hostname", place, file, name, H5P_DEFAULT, H5P_DEFAULT);
    if (choice % 4 > 1) H5Lcreate_hard(file, place, file, name, H5P_DEFAULT, H5P_DEFAULT);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    snnsim::h5::print_no_errors();
    static const std::string path = snnsim::fuzz::scratch(".nir"),
                             model = snnsim::fuzz::scratch(".yaml");
    static const std::vector<Hdf5Template> all = templates(path);
    all[data[0] % all.size()].write_changed(path, data + 2, size - 2);
    using snnsim::fuzz::attempt;
    if (data[1] >= 192) attempt([&] { add_link(path, data[1]); });
    const std::string text(reinterpret_cast<const char*>(data), size);
    attempt(
        [&] {
            const nir::Graph flat = nir::flattened(nir::read_graph(path), path);
            nir::infer_shapes(flat, path);
        },
        text);
    attempt(
        [&] {
            nir::import_nir({.file = path,
                             .output = model,
                             .dt = 1.0,
                             .reset = snnsim::Reset::zero,
                             .steps = 3,
                             .force = true});
        },
        text);
    return 0;
}
