// What the model file of a simulation says (a file with a `simulate` section), after checking.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cells/all.hpp"
#include "kernels/fields.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

enum class Shape : std::uint8_t { constant, uniform, normal, lognormal, exponential };
template <>
struct Names<Shape> {
    static constexpr std::array values{"constant", "uniform", "normal", "lognormal", "exponential"};
};
enum class Outside : std::uint8_t { redraw, clip };
template <>
struct Names<Outside> {
    static constexpr std::array values{"redraw", "clip"};
};

/// A value, or how to draw one. In the file a plain quantity, or {distribution: normal, mean: ...}.
struct Distribution {
    Shape shape = Shape::constant;
    double mean = 0.0;  // of constant: the value; of lognormal: of the logarithm's exponential
    double std = 0.0;   // of lognormal: of the logarithm, without unit
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    Outside outside = Outside::redraw;
    double power = 1.0;  // uniform: low + (high - low) u^power
    std::string draw;    // uniform, of parameters: those of one name share u in a cell
    std::string unit;    // "pA", "mV", "nS", "ms" or "" as written; set by the reader

    bool constant() const { return shape == Shape::constant; }
};

/// A state variable or parameter of a population that is not the same for all its cells.
struct NamedDistribution {
    std::string name;
    Distribution value;
};

struct CellPopulationSpec {
    std::string name;
    std::int64_t size = 0;
    CellModels::Params cell = IafPscExp::Params{};
    std::vector<NamedDistribution> varied;   // parameters that differ from cell to cell
    std::vector<NamedDistribution> initial;  // state at time 0
    double rate = 0.0;                       // Hz; for `scale`
    Location at;

    static constexpr auto alternative() {
        return Alternative<CellPopulationSpec, CellModels>{"model", &CellPopulationSpec::cell,
                                                           "cell model", Need::required};
    }
    static constexpr auto fields() {
        return std::tuple{
            Field{"size", &CellPopulationSpec::size, "", Limits{.low = 1, .high = 1 << 30},
                  "number of cells", Need::required},
            Field{"initial", &CellPopulationSpec::initial, "", unlimited,
                  "mapping of state variables to values or distributions; default: at rest"},
            Field{"rate", &CellPopulationSpec::rate, "Hz", non_negative,
                  "rate at full size: what `scale` makes up for"},
        };
    }
};

enum class Rule : std::uint8_t {
    all_to_all,
    one_to_one,
    fixed_probability,
    fixed_in_degree,
    fixed_out_degree,
    fixed_total_number,
};
template <>
struct Names<Rule> {
    static constexpr std::array values{"all_to_all",      "one_to_one",       "fixed_probability",
                                       "fixed_in_degree", "fixed_out_degree", "fixed_total_number"};
};
struct ConnectSpec {
    Rule rule = Rule::all_to_all;
    double p = 0.0;
    std::int64_t n = 0;
    bool autapses = true;
    bool multapses = true;

    static constexpr auto fields() {
        return std::tuple{
            Field{"rule", &ConnectSpec::rule, "", unlimited,
                  "all_to_all; one_to_one; fixed_probability: every pair with probability p; "
                  "fixed_in_degree: n sources for every target; fixed_out_degree: n targets for "
                  "every source; fixed_total_number: n synapses between random pairs",
                  Need::required},
            Field{"p", &ConnectSpec::p, "", fraction,
                  "fixed_probability: of a pair; fixed_total_number without n: probability that a "
                  "pair has at least one synapse, from which n follows (Potjans & Diesmann 2014)"},
            Field{"n", &ConnectSpec::n, "", non_negative, "number of the fixed_ rules"},
            Field{"autapses", &ConnectSpec::autapses, "", unlimited,
                  "a cell may connect to itself"},
            Field{"multapses", &ConnectSpec::multapses, "", unlimited,
                  "a pair may have several synapses (fixed_in_degree, fixed_out_degree)"},
        };
    }
};

struct SynapsesSpec {
    std::string from, to;
    ConnectSpec connect;
    Distribution weight;
    Distribution delay;  // ms
    bool dale = false;
    Location at;

    std::string name() const { return from + "_to_" + to; }

    static constexpr auto fields() {
        return std::tuple{
            Field{"from", &SynapsesSpec::from, "", unlimited, "population that sends",
                  Need::required},
            Field{"to", &SynapsesSpec::to, "", unlimited, "population that receives",
                  Need::required},
            Field{"connect", &SynapsesSpec::connect, "", unlimited, "connection rule",
                  Need::required},
            Field{"weight", &SynapsesSpec::weight, "*", unlimited,
                  "value or distribution, in the unit of the target's input", Need::required},
            Field{"delay", &SynapsesSpec::delay, "ms", unlimited,
                  "value or distribution, rounded to dt and at least one dt; default: one dt"},
            Field{"dale", &SynapsesSpec::dale, "", unlimited,
                  "true: weights of both signs are an error"},
        };
    }
};

// Stimuli: what a population gets from outside the network. Every cell draws numbers of its own.

/// Spikes of many independent sources: in each step a Poisson number of mean rate * dt, times
/// weight.
struct PoissonStimulus {
    static constexpr const char* name = "poisson";
    struct Params {
        double rate = 0.0;
        Distribution weight;
        static constexpr auto fields() {
            return std::tuple{
                Field{"rate", &Params::rate, "Hz", non_negative,
                      "of all sources of a cell together", Need::required},
                Field{"weight", &Params::weight, "*", unlimited,
                      "constant, in the unit of the target's input", Need::required},
            };
        }
    };
};
struct DcStimulus {
    static constexpr const char* name = "dc";
    struct Params {
        Distribution amplitude;
        static constexpr auto fields() {
            return std::tuple{Field{"amplitude", &Params::amplitude, "*", unlimited,
                                    "value, or distribution over the cells", Need::required}};
        }
    };
};
struct RampStimulus {
    static constexpr const char* name = "ramp";
    struct Params {
        Distribution first, last;
        static constexpr auto fields() {
            return std::tuple{
                Field{"first", &Params::first, "*", unlimited, "current at `start`",
                      Need::required},
                Field{"last", &Params::last, "*", unlimited, "current at `stop`", Need::required}};
        }
    };
};
struct SineStimulus {
    static constexpr const char* name = "sine";
    struct Params {
        Distribution amplitude, offset;
        double frequency = 0.0;
        static constexpr auto fields() {
            return std::tuple{
                Field{"amplitude", &Params::amplitude, "*", unlimited, "amplitude", Need::required},
                Field{"offset", &Params::offset, "*", unlimited, "mean"},
                Field{"frequency", &Params::frequency, "Hz", non_negative, "frequency",
                      Need::required}};
        }
    };
};
/// A normally distributed current, drawn anew for every cell and step.
struct NoiseStimulus {
    static constexpr const char* name = "noise";
    struct Params {
        Distribution mean, std;
        static constexpr auto fields() {
            return std::tuple{Field{"mean", &Params::mean, "*", unlimited, "mean"},
                              Field{"std", &Params::std, "*", non_negative, "standard deviation",
                                    Need::required}};
        }
    };
};
using Stimuli = ModelList<PoissonStimulus, DcStimulus, RampStimulus, SineStimulus, NoiseStimulus>;

struct StimulusSpec {
    Stimuli::Params kind = DcStimulus::Params{};
    std::string to;
    double start = 0.0;  // ms
    double stop = std::numeric_limits<double>::infinity();
    Location at;

    static constexpr auto alternative() {
        return Alternative<StimulusSpec, Stimuli>{"kind", &StimulusSpec::kind, "what arrives",
                                                  Need::required};
    }
    static constexpr auto fields() {
        return std::tuple{
            Field{"to", &StimulusSpec::to, "", unlimited, "population that receives",
                  Need::required},
            Field{"start", &StimulusSpec::start, "ms", non_negative, "from this time on"},
            Field{"stop", &StimulusSpec::stop, "ms", positive,
                  "up to this time; default: to the end"},
        };
    }
};

struct SimulationRecordSpec {
    std::string population;
    std::string what = "spikes";
    std::int64_t cells = 0;
    double interval = 0.0;  // ms
    Location at;

    static constexpr auto fields() {
        return std::tuple{
            Field{"population", &SimulationRecordSpec::population, "", unlimited,
                  "population to record", Need::required},
            Field{"what", &SimulationRecordSpec::what, "", unlimited,
                  "spikes, or a state variable of its model", Need::required},
            Field{"cells", &SimulationRecordSpec::cells, "", non_negative,
                  "the first so many cells; 0: all"},
            Field{"interval", &SimulationRecordSpec::interval, "ms", positive,
                  "time between values of a state variable; default: dt"},
        };
    }
};

struct SimulateSpec {
    double duration = 0.0;  // ms

    static constexpr auto fields() {
        return std::tuple{Field{"duration", &SimulateSpec::duration, "ms", positive,
                                "time to simulate", Need::required}};
    }
};

/// A smaller network that works alike: fewer cells, fewer synapses of a cell. Weights grow by
/// 1 / sqrt(in_degrees) and a constant current makes up for the mean input that is missing
/// (van Albada et al. 2015); it needs the populations' `rate`.
struct ScaleSpec {
    double neurons = 1.0;
    double in_degrees = 1.0;

    static constexpr auto fields() {
        constexpr Limits share{.low = 0.0, .high = 1.0, .low_open = true};
        return std::tuple{
            Field{"neurons", &ScaleSpec::neurons, "", share, "share of the cells"},
            Field{"in_degrees", &ScaleSpec::in_degrees, "", share,
                  "share of the synapses that a cell receives"},
        };
    }
};

struct SimulationSpec {
    std::string name;
    std::uint64_t seed = 1;
    double dt = 0.1;  // ms
    SimulateSpec simulate;
    ScaleSpec scale;
    std::vector<CellPopulationSpec> populations;  // in the order of the file
    std::vector<SynapsesSpec> projections;
    std::vector<StimulusSpec> stimuli;
    std::vector<SimulationRecordSpec> record;

    std::string path;                    // of the model file
    std::string text;                    // of the model file, as read
    std::vector<std::string> overrides;  // "scale.neurons=0.1", in the order given

    static constexpr auto fields() {
        return std::tuple{
            Field{"name", &SimulationSpec::name, "", unlimited,
                  "letters, digits, '_' and '-'; the run is written to runs/<name>.h5",
                  Need::required},
            Field{"seed", &SimulationSpec::seed, "", unlimited, "of all random numbers"},
            Field{"dt", &SimulationSpec::dt, "ms", positive, "time step", Need::required},
            Field{"simulate", &SimulationSpec::simulate, "", unlimited, "what to do",
                  Need::required},
            Field{"scale", &SimulationSpec::scale, "", unlimited, "a smaller network"},
            Field{"populations", &SimulationSpec::populations, "", unlimited,
                  "mapping of names to populations", Need::required},
            Field{"projections", &SimulationSpec::projections, "", unlimited,
                  "list of projections"},
            Field{"stimuli", &SimulationSpec::stimuli, "", unlimited,
                  "list of what populations get from outside"},
            Field{"record", &SimulationSpec::record, "", unlimited, "list of what to record"},
        };
    }

    std::int64_t steps() const { return static_cast<std::int64_t>(simulate.duration / dt + 0.5); }
};

}  // namespace snnsim
