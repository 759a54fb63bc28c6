// A small valid model file of each kind, edits of them, and what the reader says of those.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"

namespace snnsim {

inline const std::string good = R"(name: test
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 0.25 kHz, duration: 0.02 s}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 32, model: lif, tau_m: 10 ms, reset: zero}
  output: {size: 10, model: leaky_readout}
projections:
  - {from: input, to: hidden, weight: {init: xavier_normal, gain: 2}, bias: true}
  - {from: hidden, to: output}
train: {surrogate: arctan, optimizer: {name: adamw, lr: 2e-3}, schedule: cosine, epochs: 3}
test:
record: [{population: hidden, what: spikes}]
)";

inline const std::string good_simulation = R"(name: net
dt: 0.1 ms
simulate: {duration: 1 s}
populations:
  E: &cell {size: 80, model: iaf_psc_exp, tau_m: 15 ms, initial: {v: -60 mV}}
  I: {<<: *cell, size: 20, tau_m: 12 ms}
  S: {size: 80, model: poisson_source, rate: 8 Hz}
projections:
  - {from: E, to: I, connect: {rule: fixed_probability, p: 0.1}, weight: 87.8 pA, delay: 1.5 ms}
  - {from: I, to: E, connect: {rule: fixed_in_degree, n: 5}, weight: -0.4 nA}
  - {from: S, to: E, connect: one_to_one, weight: 0 pA}
stimuli:
  - {to: E, kind: poisson, rate: 8 kHz, weight: 87.8 pA}
  - {to: I, kind: dc, amplitude: 300 pA, start: 100 ms}
record:
  - {population: E, what: spikes}
  - {population: I, what: i_ex, cells: 3, interval: 1 ms}
)";

/// The text with the first `from` replaced.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) {
        ADD_FAILURE() << "not in the text: " << from;
        return text;
    }
    return text.replace(at, from.size(), to);
}
inline std::string edited(const std::string& from, const std::string& to) {
    return replaced(good, from, to);
}
inline std::string changed(const std::string& from, const std::string& to) {
    return replaced(good_simulation, from, to);
}
/// The good model with more projections.
inline std::string with_projections(const std::string& lines) {
    return edited("train:", lines + "train:");
}

/// The message of a ModelError, or what came instead of one.
inline std::string error_of(const std::string& text,
                            const std::vector<std::string>& overrides = {}) {
    try {
        parse_any_model(text, "m.yaml", overrides);
    } catch (const ModelError& e) {
        return e.what();
    } catch (const std::exception& e) {
        return std::string("not a ModelError: ") + e.what();
    }
    return "no error";
}

/// How many problems a message tells: each begins a line with the path or the override.
inline int problems_in(const std::string& message) {
    int count = 0;
    for (std::size_t at = 0; at < message.size(); at = message.find('\n', at) + 1) {
        const bool begins =
            message.compare(at, 6, "m.yaml") == 0 || message.compare(at, 5, "--set") == 0;
        count += begins ? 1 : 0;
        if (message.find('\n', at) == std::string::npos) break;
    }
    return count;
}

/// The text has this problem and no other.
inline void expect_error(const std::string& text, const std::string& part) {
    const std::string message = error_of(text);
    EXPECT_NE(message.find(part), std::string::npos) << "wanted: " << part << "\nsays:\n"
                                                     << message;
    EXPECT_EQ(problems_in(message), 1) << message;
}

}  // namespace snnsim
