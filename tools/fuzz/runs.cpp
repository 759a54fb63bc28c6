// A run file or a checkpoint of ours, changed as the bytes say, is read by all that reads such
// files. SNNSIM_FUZZ_RUNS names the folder of the sound ones (tools/fuzz/run makes it).
#include <filesystem>

#include "snnsim/run_record.hpp"
#include "src/io/checkpoint_file.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/read_spikes.hpp"
#include "src/io/read_weights.hpp"
#include "src/io/simulation_file.hpp"
#include "src/report/run_stats.hpp"
#include "tools/fuzz/fuzz.hpp"
#include "tools/fuzz/hdf5_tree.hpp"

namespace {

using snnsim::fuzz::Hdf5Template;

std::vector<Hdf5Template> templates() {
    const char* folder = std::getenv("SNNSIM_FUZZ_RUNS");
    std::vector<std::string> paths;
    if (folder) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() == ".h5") paths.push_back(entry.path().string());
        }
    }
    if (paths.empty()) {
        fmt::print(stderr, "SNNSIM_FUZZ_RUNS names no folder with run files\n");
        std::exit(1);
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Hdf5Template> all;
    for (const std::string& path : paths) all.emplace_back(snnsim::fuzz::read_tree(path));
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    snnsim::h5::print_no_errors();
    static const std::string path = snnsim::fuzz::scratch(".h5");
    static const std::vector<Hdf5Template> all = templates();
    all[data[0] % all.size()].write_changed(path, data + 1, size - 1);
    using snnsim::fuzz::attempt;
    attempt([&] { snnsim::read_run(path); });
    attempt([&] { snnsim::run_stats(snnsim::read_spikes(path), {}); });
    attempt([&] { snnsim::simulation_origin(path); });
    attempt([&] { snnsim::read_checkpoint(path); });
    attempt([&] {
        for (const snnsim::StoredWeights& one : snnsim::list_weights(path))
            snnsim::read_weights(path, one.projection, {one.projection, "a", "b", 4, 3});
    });
    return 0;
}
