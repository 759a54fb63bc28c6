// An HDF5 list of synapses, changed as the bytes say.
#include "snnsim/read_model.hpp"
#include "src/inputs/load_edges.hpp"
#include "src/io/hdf5.hpp"
#include "tools/fuzz/fuzz.hpp"
#include "tools/fuzz/hdf5_tree.hpp"

namespace {

using snnsim::fuzz::Hdf5Object;
using snnsim::fuzz::Hdf5Template;
using Kind = Hdf5Object::Kind;

const Hdf5Template list({
    {Kind::group, "/", "", "", {}, {}, {}, false, false},
    {Kind::array, "/source", "", "u32", {3}, {0, 1, 6}, {}, false, false},
    {Kind::array, "/target", "", "i64", {3}, {2, 2, 0}, {}, false, false},
    {Kind::array, "/weight", "", "f32", {3}, {1.0, -2.0, 3.5}, {}, false, false},
    {Kind::attribute, "/weight", "units", "text", {}, {}, {"pA"}, false, false},
    {Kind::array, "/delay", "", "f64", {3}, {1.0, 0.5, 2.0}, {}, false, false},
    {Kind::attribute, "/delay", "units", "text", {}, {}, {"ms"}, false, false},
});

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    snnsim::h5::print_no_errors();
    static const std::string path = snnsim::fuzz::scratch(".h5");
    static const snnsim::SimulationSpec model = snnsim::parse_simulation(
        fmt::format("name: s\ndt: 0.1 ms\nsimulate: {{duration: 10 ms}}\n"
                    "populations: {{e: {{size: 7, model: iaf_psc_exp}}}}\n"
                    "projections: [{{from: e, to: e, connect: {{rule: list, file: {}}}}}]\n",
                    path),
        "model.yaml");
    list.write_changed(path, data, size);
    snnsim::fuzz::attempt([&] {
        snnsim::SimulationSpec spec = model;
        snnsim::load_edges(spec);
    });
    return 0;
}
