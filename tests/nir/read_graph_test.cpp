// Graphs of NIR as other programs store them, and what is none.
#include "src/nir/read_graph.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "src/nir/write_graph.hpp"
#include "tests/nir/nir_files.hpp"

namespace snnsim::nir {
namespace {

/// A sound file whose data sets a test replaces.
class ReadGraph : public NirFiles {
  protected:
    ReadGraph() {
        Graph g;
        g.nodes = {{"fc", Affine{some_weights({3, 2}), some_weights({3})}},
                   {"input", Input{{2}}},
                   {"lif", lif_of({3})},
                   {"output", Output{{3}}}};
        g.edges = {{"input", "fc"}, {"fc", "lif"}, {"lif", "output"}};
        write_graph(file_, g);
    }

    /// Opens the file for a change; closed before it is read.
    template <class F>
    void change(F&& f) const {
        const h5::Handle file = h5::open_to_change(file_);
        f(file);
    }
    void remove(const std::string& name) const {
        change([&](hid_t file) { h5::remove_link(file, name); });
    }
    /// Numbers in the place of what was there; of no shape: one alone.
    void put(const std::string& name, hid_t type, const h5::Dims& dims,
             const std::vector<double>& values, hid_t how = H5P_DEFAULT) const {
        change([&](hid_t file) {
            h5::remove_link(file, name);
            const h5::Handle space(dims.empty() ? H5Screate(H5S_SCALAR)
                                                : H5Screate_simple(static_cast<int>(dims.size()),
                                                                   dims.data(), nullptr),
                                   H5Sclose, "space");
            const h5::Handle set(
                H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, how, H5P_DEFAULT),
                H5Dclose, name);
            if (!values.empty())
                h5::check(
                    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
                    name);
        });
    }
    /// Texts of a fixed length, padded with zeros or spaces.
    void put_texts(const std::string& name, const h5::Dims& dims,
                   const std::vector<std::string>& values, bool spaces = false) const {
        constexpr std::size_t size = 8;
        std::string bytes;
        for (std::string v : values) {
            v.resize(size, spaces ? ' ' : '\0');
            bytes += v;
        }
        const h5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "type");
        H5Tset_size(type, size);
        H5Tset_strpad(type, spaces ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD);
        change([&](hid_t file) {
            h5::remove_link(file, name);
            const h5::Handle space(dims.empty() ? H5Screate(H5S_SCALAR)
                                                : H5Screate_simple(static_cast<int>(dims.size()),
                                                                   dims.data(), nullptr),
                                   H5Sclose, "space");
            const h5::Handle set(
                H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                H5Dclose, name);
            h5::check(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), name);
        });
    }
    std::string error_of_file() const {
        return error([&] { read_graph(file_); });
    }
    template <class T>
    T node(const std::string& name) const {
        return std::get<T>(read_graph(file_).find(name)->kind);
    }

    const std::string file_ = path("net.nir");
    const std::string at_ = file_ + ": /node/nodes/";
};

TEST_F(ReadGraph, NumbersOfAnyTypeAndPlacing) {
    const h5::Handle half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose, "half");
    h5::check(H5Tset_fields(half, 15, 10, 5, 0, 10), "half");
    h5::check(H5Tset_size(half, 2), "half");
    h5::check(H5Tset_ebias(half, 15), "half");
    const std::vector<double> values{-2, -1, 0, 1, 2, 3};
    const h5::Handle packed(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "how");
    const h5::Dims chunk{2, 2};
    H5Pset_chunk(packed, 2, chunk.data());
    H5Pset_shuffle(packed);
    H5Pset_deflate(packed, 4);
    for (const hid_t type :
         {hid_t{half}, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_STD_I8LE, H5T_STD_I64BE}) {
        for (const hid_t how : {hid_t{H5P_DEFAULT}, hid_t{packed}}) {
            put("/node/nodes/fc/weight", type, {3, 2}, values, how);
            EXPECT_EQ(node<Affine>("fc").weight.values, (std::vector<float>{-2, -1, 0, 1, 2, 3}));
        }
    }
    put("/node/nodes/input/shape", H5T_STD_U16BE, {1}, {2});
    EXPECT_EQ(node<Input>("input").shape, Shape{2});
    put("/node/nodes/lif/tau", half, {}, {0.25});
    EXPECT_EQ(node<Cells>("lif").tau.shape, Shape{});
    EXPECT_EQ(node<Cells>("lif").tau.values, std::vector<double>{0.25});
}

TEST_F(ReadGraph, TextsOfFixedLength) {
    put_texts("/node/nodes/lif/type", {}, {"LIF"});
    put_texts("/node/nodes/fc/type", {1}, {"Affine"}, true);
    put_texts("/node/edges", {3, 2}, {"input", "fc", "fc", "lif", "lif", "output"});
    put_texts("/version", {}, {"0.2"});
    const Graph g = read_graph(file_);
    EXPECT_EQ(g.version, "0.2");
    EXPECT_EQ(g.edges.size(), 3u);
    EXPECT_EQ(g.edges[2], (std::pair<std::string, std::string>{"lif", "output"}));
}

TEST_F(ReadGraph, WhatOldFilesLeaveOut) {
    remove("/version");
    EXPECT_EQ(read_graph(file_).version, "");
    EXPECT_TRUE(node<Cells>("lif").v_reset.values.empty());
}

TEST_F(ReadGraph, ABiasOfOneValueIsThatOfAll) {
    put("/node/nodes/fc/bias", H5T_IEEE_F64LE, {}, {0.5});
    EXPECT_EQ(node<Affine>("fc").bias->values, (std::vector<float>{0.5f, 0.5f, 0.5f}));
    EXPECT_EQ(node<Affine>("fc").bias->shape, Shape{3});
}

TEST_F(ReadGraph, AnEdgeThatStandsTwiceIsOne) {
    put_texts("/node/edges", {4, 2}, {"input", "fc", "fc", "lif", "fc", "lif", "lif", "output"});
    EXPECT_EQ(read_graph(file_).edges.size(), 3u);
}

TEST_F(ReadGraph, AllThatIsWrongIsToldAtOnce) {
    remove("/node/nodes/fc/bias");
    put_texts("/node/nodes/lif/type", {}, {"LIFE"});
    put("/node/nodes/output/extra", H5T_IEEE_F64LE, {}, {1});
    put("/node/nodes/input/shape", H5T_STD_I64LE, {2}, {2, 0});
    EXPECT_EQ(error_of_file(),
              at_ + "fc/bias: it is missing; Affine needs weight, bias\n" + at_ +
                  "input/shape: it holds 0; it must be 1 to 2147483647\n" + at_ +
                  "lif/type: NIR 1.0 has no type 'LIFE'; did you mean 'LIF'? (there are: Input, "
                  "Output, Affine, Linear, Scale, Conv1d, Conv2d, SumPool2d, AvgPool2d, Flatten, "
                  "Delay, Threshold, I, IF, LI, LIF, CubaLI, CubaLIF, NIRGraph)\n" +
                  at_ + "output/extra: Output has no such field (there are: shape)");
}

TEST_F(ReadGraph, EdgesLeadToNodesThatThereAre) {
    put_texts("/node/edges", {2, 2}, {"input", "fd", "fc", "lif"});
    EXPECT_EQ(error_of_file(), file_ + ": /node/edges: 'input' -> 'fd': there is no node 'fd'");
    put_texts("/node/edges", {3}, {"input", "fc", "lif"});
    expect_has(error_of_file(),
               "/node/edges: it must hold texts of the shape [edges, 2], but has "
               "the shape [3]");
    put("/node/edges", H5T_IEEE_F64LE, {0}, {});  // as nir writes that there is none
    EXPECT_TRUE(read_graph(file_).edges.empty());
}

TEST_F(ReadGraph, ValuesThatAreNone) {
    put("/node/nodes/fc/weight", H5T_IEEE_F64LE, {3, 2}, {1, 2, 3, 1e300, 5, 6});
    expect_has(error_of_file(), "fc/weight: the value at [1, 1] is not finite");
    put("/node/nodes/fc/weight", H5T_IEEE_F64LE, {6}, {1, 2, 3, 4, 5, 6});
    expect_has(error_of_file(), "fc/weight: it has the shape [6], but must have [out, in]");
    put("/node/nodes/fc/weight", H5T_IEEE_F64LE, {0, 2}, {});
    expect_has(error_of_file(), "fc/weight: it is empty: it has the shape [0, 2]");
    put("/node/nodes/fc/weight", H5T_IEEE_F64LE, {4, 1}, {1, 2, 3, 4});
    expect_has(error_of_file(), "fc/bias: it has the shape [3], but the weights need [4]");
    put_texts("/node/nodes/fc/weight", {1}, {"heavy"});
    expect_has(error_of_file(), "fc/weight: it must hold numbers");
    put("/node/nodes/lif/tau", H5T_IEEE_F64LE, {3}, {1, std::nan(""), 1});
    expect_has(error_of_file(), "lif/tau: the value at [1] is not a number");
    put("/node/nodes/input/shape", H5T_IEEE_F64LE, {1}, {2.5});
    expect_has(error_of_file(), "input/shape: 'shape'[0] is 2.5; it must be a whole number");
    put("/node/nodes/input/shape", H5T_STD_I64LE, {2}, {65536, 65536});
    expect_has(error_of_file(), "input/shape: [65536, 65536] are more than 2147483647 values");
    put_texts("/node/nodes/lif/type", {2}, {"LIF", "LIF"});
    expect_has(error_of_file(), "lif/type: it must be one text");
}

TEST_F(ReadGraph, WhatClaimsMoreThanTheFileHoldsTakesNoMemory) {
    put("/node/nodes/fc/weight", H5T_IEEE_F32LE, {1u << 30, 1u << 20}, {});
    expect_has(error_of_file(), "fc/weight: it claims 4504 TB, more than the file can hold");
    put("/node/nodes/fc/weight", H5T_IEEE_F32LE, {1u << 12, 1u << 12}, {});
    expect_has(error_of_file(), "fc/weight: it claims 67 MB, more than the file can hold");
    // Pieces of more than all values.
    const h5::Handle how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "how");
    const h5::Dims chunk{1 << 14, 1 << 14}, now{3, 2}, most{H5S_UNLIMITED, H5S_UNLIMITED};
    H5Pset_chunk(how, 2, chunk.data());
    H5Pset_deflate(how, 1);
    change([&](hid_t file) {
        h5::remove_link(file, "/node/nodes/fc/weight");
        const h5::Handle space(H5Screate_simple(2, now.data(), most.data()), H5Sclose, "space");
        const h5::Handle set(H5Dcreate2(file, "/node/nodes/fc/weight", H5T_IEEE_F32LE, space,
                                        H5P_DEFAULT, how, H5P_DEFAULT),
                             H5Dclose, "set");
    });
    expect_has(error_of_file(), "fc/weight: it claims 1.1 GB, more than the file can hold");
    // Many of which each alone might be packed so well.
    put("/node/nodes/fc/weight", H5T_IEEE_F32LE, {3, 2}, {1, 2, 3, 4, 5, 6});
    change([](hid_t file) {
        const hsize_t count = 1000000;
        const h5::Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose, "space");
        for (int k = 0; k < 20; ++k) {
            const h5::Handle g = h5::make_group(file, fmt::format("/node/nodes/threshold_{}", k));
            h5::write_text_array(g, "type", {"Threshold"});
            const h5::Handle set(H5Dcreate2(g, "threshold", H5T_IEEE_F64LE, space, H5P_DEFAULT,
                                            H5P_DEFAULT, H5P_DEFAULT),
                                 H5Dclose, "set");
        }
    });
    expect_has(error_of_file(), "/threshold: with it the arrays claim ");
}

TEST_F(ReadGraph, NoOtherFileIsRead) {
    put("/node/nodes/other", H5T_IEEE_F64LE, {}, {1});
    change([](hid_t file) {
        h5::remove_link(file, "/node/nodes/other");
        h5::remove_link(file, "/node/nodes/fc/weight");
        H5Lcreate_external("elsewhere.nir", "/node", file, "/node/nodes/other", H5P_DEFAULT,
                           H5P_DEFAULT);
        H5Lcreate_soft("/node/nodes/lif/tau", file, "/node/nodes/fc/weight", H5P_DEFAULT,
                       H5P_DEFAULT);
    });
    const h5::Handle external(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "how");
    H5Pset_external(external, "/etc/hostname", 0, H5F_UNLIMITED);
    put("/node/nodes/lif/tau", H5T_IEEE_F64LE, {3}, {}, external);
    const h5::Handle together(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "how");
    const hsize_t three = 3;
    const h5::Handle space(H5Screate_simple(1, &three, nullptr), H5Sclose, "space");
    H5Pset_virtual(together, space, "elsewhere.h5", "x", space);
    put("/node/nodes/lif/r", H5T_IEEE_F64LE, {3}, {}, together);
    const std::string text = error_of_file();
    expect_has(text, "fc/weight: it is a link;");
    expect_has(text, "other: it is a link;");
    expect_has(text, "lif/tau: its values lie in another file;");
    expect_has(text, "lif/r: it is put together of other data sets;");
}

TEST_F(ReadGraph, GroupsThatHoldThemselves) {
    change([](hid_t file) {
        const h5::Handle sub = h5::make_group(file, "/node/nodes/sub");
        h5::write_text_array(sub, "type", {"NIRGraph"});
        H5Lcreate_hard(file, "/node/nodes", sub, "nodes", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_hard(file, "/node/edges", sub, "edges", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_hard(file, "/node", file, "/node/metadata", H5P_DEFAULT, H5P_DEFAULT);
    });
    const std::string text = error_of_file();
    expect_has(text, "/node/metadata: it is a group that the file holds at another place already");
    expect_has(text, "/node/nodes/sub/nodes: it is a group that the file holds at another place");
}

TEST_F(ReadGraph, GraphsInGraphsHaveABottom) {
    change([](hid_t file) {
        std::string at = "/node/nodes/g";
        for (int k = 0; k < 40; ++k) {
            const h5::Handle g = h5::make_group(file, at);
            h5::write_text_array(g, "type", {"NIRGraph"});
            h5::write_text_array(g, "edges", {});
            at += "/nodes/g";
        }
    });
    expect_has(error_of_file(), "graphs stand more than 33 deep in one another");
}

TEST_F(ReadGraph, NamesAreShownSafely) {
    change([](hid_t file) {
        h5::make_group(file, "/node/nodes/\x1b[31mred\n" + std::string(5000, 'x'));
        // As h5py writes the node 'a/b'.
        const h5::Handle g = h5::make_group(file, "/node/nodes/a/b");
        h5::write_text_array(g, "type", {"Linear"});
    });
    const std::string text = error_of_file();
    EXPECT_LT(text.size(), 2000u);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    expect_has(text, "/node/nodes/ [31mred xxx");
    expect_has(text, "nodes/a: it has no 'type'; the name of a node cannot hold a '/'");
}

TEST_F(ReadGraph, TextsThatLieNowhere) {
    std::string bytes;
    {
        std::ifstream file(file_, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
    const std::size_t heap = bytes.find("GCOL");
    ASSERT_NE(heap, std::string::npos);
    bytes.replace(heap, 4, "HEAP");  // it is none
    std::ofstream(file_, std::ios::binary) << bytes;
    expect_has(error_of_file(), "it is damaged");
}

TEST_F(ReadGraph, PiecesThatDoNotUnpack) {
    const h5::Handle packed(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "how");
    const h5::Dims chunk{2, 2}, at{0, 0};
    H5Pset_chunk(packed, 2, chunk.data());
    H5Pset_deflate(packed, 4);
    put("/node/nodes/fc/weight", H5T_IEEE_F32LE, {3, 2}, {-2, -1, 0, 1, 2, 3}, packed);
    EXPECT_EQ(node<Affine>("fc").weight.values, (std::vector<float>{-2, -1, 0, 1, 2, 3}));
    const std::string noise(40, 'x');
    change([&](hid_t file) {
        const h5::Handle set(H5Dopen2(file, "/node/nodes/fc/weight", H5P_DEFAULT), H5Dclose, "set");
        h5::check(H5Dwrite_chunk(set, H5P_DEFAULT, 0, at.data(), noise.size(), noise.data()),
                  "piece");
    });
    expect_has(error_of_file(), "fc/weight: cannot read the data set 'weight': it is damaged");
}

TEST_F(ReadGraph, MetadataOfAnyKind) {
    change([](hid_t file) {
        const h5::Handle m = h5::make_group(file, "/node/metadata");
        h5::write_text_array(m, "program", {"other"});
        h5::write_vector(m, "a/b/numbers", std::vector<float>{1, 2, 3, 4}, "", {2, 2});
        h5::write_text_array(m, "several", {"a", "b"});
        h5::make_group(file, "/node/nodes/lif/metadata");
    });
    put("/node/metadata/dt", H5T_IEEE_F32LE, {}, {0.5});
    const Metadata m = read_graph(file_).metadata;
    EXPECT_EQ(m.texts, (std::map<std::string, std::string>{{"program", "other"}}));
    EXPECT_EQ(m.numbers, (std::map<std::string, double>{{"dt", 0.5}}));
    EXPECT_EQ(m.arrays.at("a/b/numbers").shape, (Shape{2, 2}));
    EXPECT_EQ(m.arrays.at("a/b/numbers").values, (std::vector<double>{1, 2, 3, 4}));
}

TEST_F(ReadGraph, ConvolutionsAndTheirFields) {
    Graph g;
    g.nodes = {{"c", Conv{{8, 8},
                          some_weights({4, 1, 3, 2}),
                          some_weights({4}),
                          {1, 1},
                          {1, 1},
                          Padding::given,
                          {0, 0},
                          2}}};
    write_graph(file_, g);
    put("/node/nodes/c/stride", H5T_STD_I64LE, {}, {2});  // one for both axes
    EXPECT_EQ(node<Conv>("c").stride, (Shape{2, 2}));
    remove("/node/nodes/c/input_shape");
    EXPECT_TRUE(node<Conv>("c").input_shape.empty());
    put("/node/nodes/c/stride", H5T_STD_I64LE, {2}, {2, 0});
    expect_has(error_of_file(), "c/stride: it holds 0; it must be 1 to 2147483647");
    put("/node/nodes/c/stride", H5T_STD_I64LE, {3}, {2, 2, 2});
    expect_has(error_of_file(), "c/stride: it holds 3 numbers, but must hold 2");
    put("/node/nodes/c/stride", H5T_STD_I64LE, {2}, {1, 1});
    put("/node/nodes/c/groups", H5T_STD_I64LE, {}, {3});
    expect_has(error_of_file(), "c/groups: it is 3, which does not divide the 4 channels");
    put_texts("/node/nodes/c/padding", {}, {"some"});
    expect_has(error_of_file(), "c/padding: it is 'some'; it must be 'same', 'valid' or numbers");
    remove("/node/nodes/c/bias");
    expect_has(error_of_file(), "c/bias: it is missing; Conv2d needs input_shape, weight, stride");
}

TEST_F(ReadGraph, WhatIsNoGraph) {
    remove("/node/nodes");
    EXPECT_EQ(error_of_file(), file_ + ": /node/nodes: it is missing; NIRGraph needs nodes, edges");
    put_texts("/node/type", {}, {"LIF"});
    EXPECT_EQ(error_of_file(), file_ +
                                   ": /node/type: it is 'LIF', but that of /node must be "
                                   "NIRGraph");
    remove("/node");
    EXPECT_EQ(error_of_file(), file_ + ": /: there is no group 'node': it is no graph of NIR");
    std::filesystem::resize_file(file_, std::filesystem::file_size(file_) / 2);
    expect_has(error_of_file(), "net.nir as an HDF5 file: it is cut off");
    expect_has(error([&] { read_graph(path("none.nir")); }), "there is no such file");
}

}  // namespace
}  // namespace snnsim::nir
