// The bytes are what --set is given, one in each line, on a model of a training or a simulation.
#include "snnsim/read_model.hpp"
#include "tools/fuzz/fuzz.hpp"

namespace {

constexpr const char* training = R"(name: t
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 5 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 20, model: lif, tau_m: 10 ms}
  output: {size: 10, model: leaky_readout}
projections:
  - {from: input, to: hidden, connect: all_to_all, bias: true}
  - {from: hidden, to: output}
train: {epochs: 1, optimizer: {name: adam, lr: 1e-3}, schedule: cosine}
test: {}
record: [{population: hidden, what: spikes}]
)";
constexpr const char* simulation = R"(name: s
dt: 0.1 ms
parameters: {n: 10}
simulate: {duration: 10 ms}
populations:
  e: {size: $n, model: iaf_psc_exp, v_th: {distribution: normal, mean: -50 mV, std: 1 mV}}
  p: {size: 5, model: poisson_source, rate: 20 Hz}
projections:
  - {from: p, to: e, connect: {rule: fixed_in_degree, n: 2}, weight: 20 pA, delay: 1 ms,
     plasticity: {rule: stdp, w_max: 40 pA}}
stimuli: [{to: e, kind: noise, std: 100 pA}]
record: [{population: e, what: v, cells: [1, 3], interval: 1 ms}]
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::vector<std::string> overrides;
    for (std::size_t first = 0; first < text.size();) {
        const std::size_t end = std::min(text.find('\n', first), text.size());
        overrides.push_back(text.substr(first, end - first));
        first = end + 1;
    }
    snnsim::fuzz::attempt(
        [&] {
            snnsim::parse_any_model(data[0] % 2 ? simulation : training, "model.yaml", overrides);
        },
        text);
    return 0;
}
