// Spikes of the program of Izhikevich (2004), IEEE Trans. Neural Netw. 15:1063, in double
// precision.
#pragma once

#include <string>
#include <vector>

namespace snnsim {

struct GoldenPattern {
    std::string name;
    double step, duration;       // ms
    std::vector<double> spikes;  // ms, at the end of their steps
};
inline const std::vector<GoldenPattern> golden_patterns{
    {"tonic_spiking", 0.25, 100, {13.25, 17.25, 31.75, 59.5, 87}},
    {"phasic_spiking", 0.25, 200, {44}},
    {"tonic_bursting", 0.25, 220, {25.25, 26.75,  28.5,  30.25,  32.25,  34.25,  36.5,
                                   39,    42,     45.75, 80.25,  82.5,   85,     88,
                                   91.75, 99,     133,   135.25, 137.75, 140.75, 144.5,
                                   151.5, 185.75, 188,   190.5,  193.5,  197.25, 204.75}},
    {"phasic_bursting", 0.2, 200, {39.2, 43, 47.2, 52, 57.8, 67.4}},
    {"mixed_mode", 0.25, 160, {20.25, 23, 27.5, 67.25, 99.5, 131.75}},
    {"frequency_adaptation", 0.25, 85, {10.5, 12.5, 15.25, 20, 42.75, 71.75}},
    {"class_1",
     0.25,
     300,
     {84.75, 125.25, 156, 181.25, 203.75, 224, 242.25, 259.5, 275.75, 290.75}},
    {"class_2",
     0.25,
     300,
     {106, 126.75, 145.5, 162.5, 178.25, 193, 207, 220.75, 234, 246.75, 259, 271.25, 282.25,
      293.25}},
    {"spike_latency", 0.2, 100, {26.8}},
    {"subthreshold_oscillation", 0.25, 200, {26.75}},
    {"resonator", 0.25, 400, {338.25}},
    {"integrator", 0.25, 100, {20.25}},
    {"rebound_spike", 0.2, 200, {68.2}},
    {"rebound_burst", 0.2, 200, {68.2, 71.2, 74.4, 78, 82, 86.6, 92.4}},
    {"threshold_variability", 0.25, 100, {93.5}},
    {"bistability", 0.25, 300, {45.5, 86.25, 126.75, 167.5, 208.25}},
    {"depolarizing_after_potential", 0.1, 50, {11.4}},
    {"accommodation", 0.5, 400, {312}},
    {"inhibition_induced_spiking", 0.5, 350, {95, 166.5, 236.5}},
    {"inhibition_induced_bursting",
     0.5,
     350,
     {87, 89, 91, 93.5, 96, 99, 103.5, 192, 194.5, 197, 200, 204.5}},
};

}  // namespace snnsim
