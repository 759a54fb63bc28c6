// The bytes are a file of values of cells: .npy or .csv, as the first says.
#include "snnsim/read_model.hpp"
#include "src/inputs/load_values.hpp"
#include "tools/fuzz/fuzz.hpp"

namespace {

snnsim::SimulationSpec model_of(const std::string& npy, const std::string& csv) {
    return snnsim::parse_simulation(fmt::format(R"(name: s
dt: 0.1 ms
simulate: {{duration: 10 ms}}
populations:
  a: {{size: 7, model: iaf_psc_exp, v_th: {{file: {0}, unit: mV}}}}
  b: {{size: 7, model: iaf_psc_exp, v_th: {{file: {1}}}}}
stimuli:
  - {{to: a, kind: waveform, file: {0}, unit: pA, interval: 1 ms}}
  - {{to: b, kind: waveform, file: {1}}}
)",
                                                npy, csv),
                                    "model.yaml");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static const std::string npy = snnsim::fuzz::scratch(".npy"),
                             csv = snnsim::fuzz::scratch(".csv");
    static const snnsim::SimulationSpec model = model_of(npy, csv);
    const bool array = data[0] % 2 == 0;
    snnsim::fuzz::save(array ? npy : csv, data + 1, size - 1);
    for (const bool wave : {false, true}) {
        snnsim::SimulationSpec spec = model;
        auto& populations = spec.populations;
        auto& stimuli = spec.stimuli;
        if (wave) {
            populations[0].varied.clear(), populations[1].varied.clear();
            stimuli.erase(stimuli.begin() + (array ? 1 : 0));
        } else {
            stimuli.clear();
            populations[array ? 1 : 0].varied.clear();
        }
        const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
        snnsim::fuzz::attempt([&] { snnsim::load_values(spec); }, text);
    }
    return 0;
}
