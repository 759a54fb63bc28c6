// What a file of `snnsim evolve` says: the task, and how circuits for it are looked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/fields.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

enum class EvolveTask : std::uint8_t {
    coincidence,
    order,
    xor_latency,
    winner_take_all,
    cart_pole
};
template <>
struct Names<EvolveTask> {
    static constexpr std::array values{"coincidence", "order", "xor_latency", "winner_take_all",
                                       "cart_pole"};
};

enum class EvolveMethod : std::uint8_t { structure, weights };
template <>
struct Names<EvolveMethod> {
    static constexpr std::array values{"structure", "weights"};
};

/// NeuroEvolution of Augmenting Topologies (Stanley & Miikkulainen 2002), with cells that excite or
/// inhibit, and delays.
struct NeatSpec {
    std::int64_t cells = 20;
    double weight_rate = 0.8, weight_sd = 0.1, delay_rate = 0.1, cell_rate = 0.1;
    double new_weight = 0.1;
    double add_edge = 0.05, add_node = 0.03, flip_rate = 0.01;
    double crossover = 0.75, survivors = 0.2;
    double excess = 1.0, disjoint = 1.0, weights = 0.4, threshold = 3.0;
    std::int64_t stagnation = 15, elite_above = 5;

    static constexpr auto fields() {
        return Fields{
            Field{"cells", &NeatSpec::cells, "", Limits{.low = 2.0, .high = 32.0},
                  "cells that a circuit may have, with its outputs"},
            Field{"weight_rate", &NeatSpec::weight_rate, "", fraction,
                  "share of the children whose weights change, each by a normal number"},
            Field{"weight_sd", &NeatSpec::weight_sd, "", positive,
                  "its standard deviation; a weight of 1 takes a resting cell to a threshold of 1"},
            Field{"new_weight", &NeatSpec::new_weight, "", fraction,
                  "share of the changed weights that are drawn anew, between 0 and 1"},
            Field{"delay_rate", &NeatSpec::delay_rate, "", fraction,
                  "share of the children of which a delay changes, by up to 3 ms either way"},
            Field{
                "cell_rate", &NeatSpec::cell_rate, "", fraction,
                "share of the children of which a cell's tau_m (by a factor, of standard deviation "
                "0.3 in its logarithm) and threshold (by a normal number, of weight_sd) change"},
            Field{"add_edge", &NeatSpec::add_edge, "", fraction,
                  "share of the children that get an edge"},
            Field{"add_node", &NeatSpec::add_node, "", fraction,
                  "share of those of which an edge is split by a new cell"},
            Field{"flip_rate", &NeatSpec::flip_rate, "", fraction,
                  "share of those of which a cell excites in place of inhibiting, or the reverse"},
            Field{"crossover", &NeatSpec::crossover, "", fraction,
                  "share of the children that have two parents"},
            Field{"survivors", &NeatSpec::survivors, "", Limits{0.0, 1.0, true, false},
                  "share of a species, the best, that have children"},
            Field{
                "excess", &NeatSpec::excess, "", non_negative,
                "factor on E / N in the distance of two genomes, E edges beyond the newest of the "
                "other, N edges of the larger one (1 below 20)"},
            Field{"disjoint", &NeatSpec::disjoint, "", non_negative,
                  "factor on D / N, D other edges of one alone"},
            Field{"weights", &NeatSpec::weights, "", non_negative,
                  "factor on the mean difference of weights of edges of both"},
            Field{"threshold", &NeatSpec::threshold, "", positive,
                  "the distance from which on a genome is of another species"},
            Field{
                "stagnation", &NeatSpec::stagnation, "", at_least(1),
                "generations without a gain after which a species ends, but for that of the best"},
            Field{"elite_above", &NeatSpec::elite_above, "", at_least(0),
                  "species of more members keep their best as it is"},
        };
    }
};

/// CMA-ES on the weights, time constants and delays of a wiring that stays.
struct FixedWiringSpec {
    std::int64_t cells = 4;
    double inhibitory = 0.5;
    double start = 0.3, sigma = 0.3;
    bool recurrent = true, direct = true;

    static constexpr auto fields() {
        return Fields{
            Field{"cells", &FixedWiringSpec::cells, "", Limits{.low = 0.0, .high = 30.0},
                  "cells between the inputs and the outputs"},
            Field{"inhibitory", &FixedWiringSpec::inhibitory, "", fraction,
                  "share of them that inhibit, the last ones"},
            Field{"recurrent", &FixedWiringSpec::recurrent, "", unlimited, "edges among them, too"},
            Field{"direct", &FixedWiringSpec::direct, "", unlimited,
                  "edges from the inputs to the outputs, too"},
            Field{"start", &FixedWiringSpec::start, "", non_negative,
                  "the mean of the weights at first; what falls below 0 is no edge"},
            Field{"sigma", &FixedWiringSpec::sigma, "", positive,
                  "their standard deviation; of tau_m and delays as a share of their ranges"},
        };
    }
};

struct EvolveSpec {
    EvolveTask task = EvolveTask::coincidence;
    EvolveMethod method = EvolveMethod::structure;
    std::int64_t population = 150, generations = 0;
    std::optional<double> goal;
    double energy_weight = 0.0;
    std::int64_t trials = 0, tests = 0;
    double window = 3.0, latest = 20.0;    // ms
    double interval = 10.0, jitter = 0.0;  // ms
    double shift = 6.0;                    // ms
    double strong = 200.0, weak = 50.0;    // Hz
    std::int64_t lines = 4;
    double control = 10.0;  // ms
    NeatSpec neat;
    FixedWiringSpec wiring;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{
                "task", &EvolveSpec::task, "", unlimited,
                "coincidence: two inputs send a spike each; fire if they come within `window`. "
                "order: "
                "fire if the second input follows the first, not if it comes before. xor_latency: "
                "an "
                "input sends early or late (beside a third, a reference): fire early if one of two "
                "is "
                "late, else late (Bohte et al. 2002). winner_take_all: of two outputs that of the "
                "stronger input fires, the other is silent. cart_pole: hold a pole upright",
                Need::required},
            Field{"method", &EvolveSpec::method, "", unlimited,
                  "structure: edges and cells are added and circuits crossed (NEAT, Stanley & "
                  "Miikkulainen 2002); weights: CMA-ES on a wiring that stays"},
            Field{"population", &EvolveSpec::population, "", Limits{.low = 2.0, .high = 1e5},
                  "circuits of a generation"},
            Field{"generations", &EvolveSpec::generations, "", Limits{.low = 1.0, .high = 1e6},
                  "at most", Need::required},
            Field{"goal", &EvolveSpec::goal, "", unlimited,
                  "a score on fresh trials at which it ends: the share of correct trials (of both "
                  "kinds alike), of cart_pole mean steps of 500"},
            Field{"energy_weight", &EvolveSpec::energy_weight, "", non_negative,
                  "taken off the fitness for each spike of a cell in a trial"},
            Field{
                "trials", &EvolveSpec::trials, "", Limits{.low = 1.0, .high = 1e5},
                "of each circuit, drawn anew in each generation; default: 400, of winner_take_all "
                "100, of cart_pole 4. xor_latency has its four"},
            Field{"tests", &EvolveSpec::tests, "", Limits{.low = 1.0, .high = 1e5},
                  "fresh trials that a generation's best must show the goal in; default: 1000, of "
                  "cart_pole 100"},
            Field{"window", &EvolveSpec::window, "ms", Limits{.low = 0.0, .high = 18.0},
                  "coincidence: the longest interval that is one"},
            Field{"latest", &EvolveSpec::latest, "ms", Limits{.low = 1.0, .high = 50.0},
                  "coincidence: the longest interval of all"},
            Field{"interval", &EvolveSpec::interval, "ms", Limits{.low = 1.0, .high = 50.0},
                  "order: from one spike to the other"},
            Field{"jitter", &EvolveSpec::jitter, "ms", Limits{.low = 0.0, .high = 20.0},
                  "order: so much more or less of it, drawn for each trial"},
            Field{"shift", &EvolveSpec::shift, "ms", Limits{.low = 1.0, .high = 20.0},
                  "xor_latency: of a late input; a late output comes as much later"},
            Field{"strong", &EvolveSpec::strong, "Hz", positive,
                  "winner_take_all: rate of each line of the stronger input, at most 1000 Hz"},
            Field{"weak", &EvolveSpec::weak, "Hz", positive, "of the weaker one"},
            Field{"lines", &EvolveSpec::lines, "", Limits{.low = 1.0, .high = 16.0},
                  "winner_take_all: Poisson sources of each input"},
            Field{"control", &EvolveSpec::control, "ms", Limits{.low = 1.0, .high = 50.0},
                  "cart_pole: how long a circuit runs for each push of 0.02 s"},
            Field{"neat", &EvolveSpec::neat, "", unlimited, "numbers of the method structure"},
            Field{"wiring", &EvolveSpec::wiring, "", unlimited, "of the method weights"},
        };
    }
};

struct EvolveFile {
    std::string name;
    std::uint64_t seed = 1;
    EvolveSpec evolve;
    std::string path, text;

    static constexpr auto fields() {
        return Fields{
            Field{"name", &EvolveFile::name, "", unlimited, "name of the evolution",
                  Need::required},
            Field{"seed", &EvolveFile::seed, "", unlimited, "of all that is drawn"},
            Field{"evolve", &EvolveFile::evolve, "", unlimited, "see below", Need::required},
        };
    }
};

}  // namespace snnsim
