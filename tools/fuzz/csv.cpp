// The bytes are a text file of spikes or of synapses; the first says which.
#include "snnsim/read_model.hpp"
#include "src/inputs/load_edges.hpp"
#include "src/io/read_played_spikes.hpp"
#include "tools/fuzz/fuzz.hpp"

namespace {

snnsim::SimulationSpec model_of(const std::string& edges) {
    return snnsim::parse_simulation(fmt::format(R"(name: s
dt: 0.1 ms
simulate: {{duration: 10 ms}}
populations: {{e: {{size: 7, model: iaf_psc_exp}}}}
projections: [{{from: e, to: e, connect: {{rule: list, file: {}}}, weight: 1 pA, delay: 1 ms}}]
)",
                                                edges),
                                    "model.yaml");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static const std::string path = snnsim::fuzz::scratch(".csv");
    static const snnsim::SimulationSpec model = model_of(path);
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    snnsim::fuzz::save(path, data + 1, size - 1);
    snnsim::fuzz::attempt(
        [&] {
            if (data[0] % 2) {
                snnsim::read_played_spikes(path, {"p", 7, 100, 0.1});
            } else {
                snnsim::SimulationSpec spec = model;
                snnsim::load_edges(spec);
            }
        },
        text);
    return 0;
}
