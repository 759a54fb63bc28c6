// A SONATA file of spikes, changed as the bytes say, is played.
#include "src/io/hdf5.hpp"
#include "src/io/read_played_spikes.hpp"
#include "tools/fuzz/fuzz.hpp"
#include "tools/fuzz/hdf5_tree.hpp"

namespace {

using snnsim::fuzz::Hdf5Object;
using snnsim::fuzz::Hdf5Template;
using snnsim::fuzz::Hdf5Tree;
using Kind = Hdf5Object::Kind;

Hdf5Tree of_layout(bool first) {
    const std::string at = first ? "/spikes" : "/spikes/p";
    return {
        {Kind::group, "/", "", "", {}, {}, {}, false, false},
        {Kind::group, at, "", "", {}, {}, {}, false, false},
        {Kind::attribute, at, "sorting", "enum", {}, {}, {}, false, false},
        {Kind::array, at + "/timestamps", "", "f64", {4}, {1.0, 2.0, 2.5, 3.0}, {}, false, false},
        {Kind::attribute, at + "/timestamps", "units", "text", {}, {}, {"ms"}, false, false},
        {Kind::array,
         at + (first ? "/gids" : "/node_ids"),
         "",
         "u64",
         {4},
         {0, 1, 2, 6},
         {},
         false,
         false},
        {Kind::attribute,
         at + "/timestamps",
         "sorting",
         "fixed",
         {},
         {},
         {"by_time"},
         false,
         false}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    snnsim::h5::print_no_errors();
    static const std::string path = snnsim::fuzz::scratch(".h5");
    static const Hdf5Template layouts[] = {Hdf5Template(of_layout(false)),
                                           Hdf5Template(of_layout(true))};
    layouts[data[0] % 2].write_changed(path, data + 1, size - 1);
    snnsim::fuzz::attempt([&] { snnsim::read_played_spikes(path, {"p", 7, 100, 0.1}); });
    return 0;
}
