// What the model file of a simulation says (a file with a `simulate` section), after checking.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cells/all.hpp"
#include "kernels/fields.hpp"
#include "kernels/steps.hpp"
#include "snnsim/cell_choice.hpp"
#include "snnsim/distribution.hpp"
#include "snnsim/gap_junctions_spec.hpp"
#include "snnsim/location.hpp"
#include "snnsim/network_spec.hpp"
#include "snnsim/phase_spec.hpp"
#include "snnsim/plasticity_spec.hpp"
#include "snnsim/played_spikes.hpp"
#include "snnsim/weight_file.hpp"

namespace snnsim {

/// A state variable or parameter of a population that is not the same for all its cells.
struct NamedDistribution {
    std::string name;
    Distribution value;
};

struct CellPopulationSpec : NamedPopulation {
    CellModels::Params cell = IafPscExp::Params{};
    std::vector<NamedDistribution> varied;   // parameters that differ from cell to cell
    std::vector<NamedDistribution> initial;  // state at time 0
    double rate = 0.0;                       // Hz; for `scale`
    std::optional<SpaceSpec> space;          // where its cells are
    bool dale = false;
    std::shared_ptr<const PlayedSpikes> played;  // of a spike_source: see load_played_spikes
    int depth = -1;  // of a trained network: projections from the input on; see SampleWindows

    /// Its spikes carry values.
    bool graded() const {
        if (const CellEquations* own = equations()) return carries_values(*own);
        return CellModels::visit(
            cell, [&]<class M>(const typename M::Params&) { return sends_graded<M>; });
    }
    /// Of a model that the model file defines; else null.
    const CellEquations* equations() const {
        const auto* own = std::get_if<EquationCell::Params>(&cell);
        return own ? own->equations.get() : nullptr;
    }
    /// How the model file calls its model.
    const char* model_name() const {
        if (const CellEquations* own = equations()) return name_of_equations(*own);
        return CellModels::name_of(cell);
    }

    static constexpr auto alternative() {
        return Alternative<CellPopulationSpec, CellModels>{"model", &CellPopulationSpec::cell,
                                                           "cell model", Need::required};
    }
    static constexpr auto fields() {
        return Fields{
            size_field(1 << 30),
            Field{"initial", &CellPopulationSpec::initial, "", unlimited,
                  "mapping of state variables to values or distributions; default: as the model "
                  "says"},
            Field{"rate", &CellPopulationSpec::rate, "Hz", non_negative,
                  "rate at full size: what `scale` makes up for"},
            Field{"space", &CellPopulationSpec::space, "", unlimited,
                  "where its cells are: a grid, or positions"},
            Field{"dale", &CellPopulationSpec::dale, "", unlimited,
                  "true (Dale's law): the weights of all projections that begin here have one "
                  "sign, else it is an error"},
        };
    }
};

/// Bits of a weight. Enough to round no weight by more than 0.5 %: see WeightPlan.
enum class WeightBits : std::uint8_t { automatic, bits16, bits32 };
template <>
struct Names<WeightBits> {
    static constexpr std::array values{"auto", "16", "32"};
};
struct EdgeList;

/// Models of cells that the model file defines, by their names.
struct CellDefinition {
    std::string name;
    Location at = {};
    std::shared_ptr<const CellEquations> equations;
};

/// Rules of plasticity that the model file defines, by their names.
struct RuleDefinition {
    std::string name;
    Location at = {};
    std::shared_ptr<const RuleEquations> equations;
};

/// Longest delay in steps.
inline constexpr double most_delay_steps = 10000.0;

struct SynapsesSpec : NamedProjection {
    Distribution weight;
    std::string receptor;  // of the target: a name, or a number from 1 on; see Receptors
    Distribution delay;    // ms
    bool dale = false;
    WeightBits weight_bits = WeightBits::automatic;
    bool procedural = false;
    std::optional<PlasticitySpec> plasticity;
    std::optional<ShortTermSpec> short_term;
    std::optional<ReleaseSpec> release;
    std::optional<GliotransmissionSpec> gliotransmission;
    std::optional<WeightFile> weight_file, bias_file;
    bool weight_given = false, delay_given = false;  // set by the reader
    bool biased = false;                             // its bias has become a stimulus
    bool stencil = false;  // set by settle_space: every source has the same synapses, moved along
    std::shared_ptr<const EdgeList>
        edges;  // of rule list, conv, pool or a weight_file, once loaded

    static constexpr auto fields() {
        return Joined{
            ends(),
            Fields{
                connect_field(Need::required),
                Field{"weight", &SynapsesSpec::weight, "*", unlimited,
                      "value or distribution, or a function of the distance, in the unit of the "
                      "target's input, or `{file: ..., "
                      "dataset: ...}`, see below; required, but for lists with weights"},
                Field{"receptor", &SynapsesSpec::receptor, "", unlimited,
                      "which receptor of the target the weights reach: its name, or its number "
                      "from 1 on; of a target with named receptors, required where it has several. "
                      "Elsewhere their sign says it"},
                Field{"bias", &SynapsesSpec::bias_file, "", unlimited,
                      "constant input of each target, from a file; of a target whose input has no "
                      "unit"},
                Field{"delay", &SynapsesSpec::delay, "ms", unlimited,
                      "value or distribution, rounded to dt and at least one dt, or a function of "
                      "the distance, see below; default: one dt"},
                Field{"dale", &SynapsesSpec::dale, "", unlimited,
                      "true: weights of both signs are an error"},
                Field{"weight_bits", &SynapsesSpec::weight_bits, "", unlimited,
                      "16: 4 bytes a synapse; 32: 8 bytes; auto: 16 where that rounds no weight of "
                      "the "
                      "target by more than 0.5 %, else 32, and an error where those do not "
                      "suffice. Of "
                      "a distribution, the weights nearest to 0 that make up 1 % of all are "
                      "rounded as "
                      "they come. Any other weight but 0 that would become 0 is an error. The "
                      "greatest "
                      "of a population's projections holds for all of them"},
                Field{
                    "procedural", &SynapsesSpec::procedural, "", unlimited,
                    "true: nothing is stored; a row is drawn anew whenever its source fires, with "
                    "the same spikes (rules that draw by source). fixed_in_degree then draws in "
                    "another way, so that its network is another one; it needs multapses and "
                    "autapses"},
                Field{"plasticity", &SynapsesSpec::plasticity, "", unlimited,
                      "a rule that changes the weights"},
                Field{"short_term", &SynapsesSpec::short_term, "", unlimited,
                      "what a spike releases depends on those before it"},
                Field{"release", &SynapsesSpec::release, "", unlimited, "synapses that may fail"},
                Field{"gliotransmission", &SynapsesSpec::gliotransmission, "", unlimited,
                      "astrocytes that change what a spike releases, with short_term or release"},
            }};
    }
    /// It needs to know where the cells are.
    bool in_space() const {
        return connect.by_distance() || weight.of_distance() || delay.of_distance();
    }
    /// What short_term goes by is another for synapses of one source.
    bool resources_by_synapse() const {
        return short_term && gliotransmission && gliotransmission->at == SynapseEnd::target;
    }
    /// What its synapses bring changes while the network runs.
    bool changes() const { return plasticity || short_term || release; }
};

// Stimuli: what a population gets from outside the network. Every cell draws numbers of its own.

/// Spikes of many independent sources: in each step a Poisson number of mean rate * dt, times
/// weight. The rate becomes rates[k] at times[k].
struct PoissonStimulus {
    static constexpr const char* name = "poisson";
    struct Params {
        double rate = 0.0;
        Distribution weight;
        std::string receptor;
        std::vector<double> times, rates;
        static constexpr auto fields() {
            return Fields{
                Field{"rate", &Params::rate, "Hz", non_negative,
                      "of all sources of a cell together", Need::required},
                Field{"weight", &Params::weight, "*", unlimited,
                      "constant, in the unit of the target's input", Need::required},
                Field{"receptor", &Params::receptor, "", unlimited,
                      "which receptor of the target they reach, as for a projection"},
                Field{"times", &Params::times, "ms", non_negative,
                      "ascending, rounded to dt: when the rate changes"},
                Field{"rates", &Params::rates, "Hz", non_negative,
                      "as many: the rate from each of `times` on; `rate` is that before the first"},
            };
        }
    };
};
struct DcStimulus {
    static constexpr const char* name = "dc";
    struct Params {
        Distribution amplitude;
        static constexpr auto fields() {
            return Fields{Field{"amplitude", &Params::amplitude, "*", unlimited,
                                "value, or distribution over the cells", Need::required}};
        }
    };
};
struct RampStimulus {
    static constexpr const char* name = "ramp";
    struct Params {
        Distribution first, last;
        static constexpr auto fields() {
            return Fields{
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
            return Fields{
                Field{"amplitude", &Params::amplitude, "*", unlimited, "amplitude", Need::required},
                Field{"offset", &Params::offset, "*", unlimited, "mean"},
                Field{"frequency", &Params::frequency, "Hz", non_negative,
                      "frequency; below 1 / (2 dt)", Need::required}};
        }
    };
};
/// A current that is constant between the times at which it changes.
struct StepsStimulus {
    static constexpr const char* name = "steps";
    struct Params {
        std::vector<double> times;
        std::vector<Distribution> amplitudes;
        static constexpr auto fields() {
            return Fields{
                Field{"times", &Params::times, "ms", non_negative,
                      "ascending, rounded to dt: when the current changes; 0 before the first",
                      Need::required},
                Field{"amplitudes", &Params::amplitudes, "*", unlimited,
                      "as many: the current from each of `times` on", Need::required}};
        }
    };
};
/// A normally distributed current, drawn anew for every cell after each interval.
struct NoiseStimulus {
    static constexpr const char* name = "noise";
    struct Params {
        Distribution mean, std;
        double interval = 1.0;
        std::string shared;
        double lag = 0.0;
        static constexpr auto fields() {
            return Fields{
                Field{"mean", &Params::mean, "*", unlimited, "mean"},
                Field{"std", &Params::std, "*", non_negative, "standard deviation of the current",
                      Need::required},
                Field{"interval", &Params::interval, "ms", positive,
                      "for which a value is held, from `start` on: a whole number of dt. What a "
                      "membrane makes of the noise depends on it, not on dt (NEST's "
                      "noise_generator calls it dt)"},
                Field{"shared", &Params::shared, "", unlimited,
                      "a name: all cells get the same noise, and those of other stimuli with this "
                      "name too, each times its std. Its values are held from time 0 on. Default: "
                      "a noise for each cell"},
                Field{"lag", &Params::lag, "ms", non_negative,
                      "of shared noise: how much later it comes, rounded to dt, as sound does at "
                      "the ear that is further away"}};
        }
    };
};
/// What `noise` becomes as its interval goes to 0 at a constant std^2 interval.
struct WhiteNoiseStimulus {
    static constexpr const char* name = "white_noise";
    struct Params {
        Distribution mean, sigma;
        static constexpr auto fields() {
            return Fields{
                Field{"mean", &Params::mean, "*", unlimited, "mean"},
                Field{"sigma", &Params::sigma, "* sqrt(ms)", non_negative,
                      "intensity, as in I dt = mean dt + sigma dW: the charge that T ms bring has "
                      "the standard deviation sigma sqrt(T). A step of dt gets a current of "
                      "standard deviation sigma / sqrt(dt); the two-sided power spectral density "
                      "is sigma^2",
                      Need::required}};
        }
    };
};
/// A current over time, as a file has it.
struct WaveformStimulus {
    static constexpr const char* name = "waveform";
    struct Params {
        std::string file, dataset, column, unit;
        double interval = 0.0;
        static constexpr auto fields() {
            return Fields{
                Field{"file", &Params::file, "", unlimited,
                      ".npy, .csv or .h5, relative to the model file: a value for each time, or a "
                      "row with a value for each cell",
                      Need::required},
                Field{"dataset", &Params::dataset, "", unlimited,
                      "of an .h5 file: [time] or [time][cell]"},
                Field{"column", &Params::column, "", unlimited,
                      "of a .csv file: the current of all cells; default: all columns but `time`, "
                      "one, or one for each cell"},
                Field{"unit", &Params::unit, "", unlimited,
                      "of the current, where the file does not say it (attribute `units`, or "
                      "`name (unit)` in the first line of a .csv file)"},
                Field{"interval", &Params::interval, "ms", positive,
                      "between two values: the first holds from `start` on, after the last the "
                      "current is 0. Without it the file has the times at which the current "
                      "changes, in a column `time` or in a data set `times` beside `dataset`, and "
                      "the last value lasts"}};
        }
    };
};
using Stimuli = ModelList<PoissonStimulus, DcStimulus, StepsStimulus, RampStimulus, SineStimulus,
                          NoiseStimulus, WhiteNoiseStimulus, WaveformStimulus>;

struct StimulusSpec {
    Stimuli::Params kind = DcStimulus::Params{};
    std::string to;
    double start = 0.0;  // ms
    double stop = std::numeric_limits<double>::infinity();
    std::shared_ptr<const Waveform> waveform;  // once loaded
    Location at;

    static constexpr auto alternative() {
        return Alternative<StimulusSpec, Stimuli>{"kind", &StimulusSpec::kind, "what arrives",
                                                  Need::required};
    }
    static constexpr auto fields() {
        return Fields{
            Field{"to", &StimulusSpec::to, "", unlimited, "population that receives",
                  Need::required},
            Field{"start", &StimulusSpec::start, "ms", non_negative,
                  "from this time on, rounded to dt"},
            Field{"stop", &StimulusSpec::stop, "ms", positive,
                  "up to this time, rounded to dt; default: to the end"},
        };
    }
};

struct SimulationRecordSpec {
    std::string population, projection;
    std::string what = "spikes";
    CellChoice cells;
    std::int64_t bins = 50;
    std::vector<std::vector<std::int64_t>> synapses;  // source, target
    double interval = 0.0;                            // ms
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"population", &SimulationRecordSpec::population, "", unlimited,
                  "population to record"},
            Field{"projection", &SimulationRecordSpec::projection, "", unlimited,
                  "or projection with `plasticity`, by its name"},
            Field{
                "what", &SimulationRecordSpec::what, "", unlimited,
                "spikes; rate: spikes of the population per cell and time; a state variable of "
                "its model; input (input_ex, input_in): sum of the weights of all spikes "
                "(positive, negative) that reached a cell since the last value; input_NAME: of "
                "those that reached the receptor of that name; current: of stimuli and gap "
                "junctions, in the last step; weight: of all synapses of a projection, or of those "
                "listed; weight_histogram: how many of its synapses lie in each of `bins` bins "
                "between w_min and w_max",
                Need::required},
            Field{"cells", &SimulationRecordSpec::cells, "", non_negative,
                  "the first so many cells, 0: all; `[3, 17, 40]`: these, by their numbers from 0 "
                  "on; `{random: 50}`: so many, drawn by the seed, of a smaller number a part of "
                  "those of a larger"},
            Field{"bins", &SimulationRecordSpec::bins, "", Limits{.low = 1, .high = 10000},
                  "of a weight_histogram"},
            Field{"synapses", &SimulationRecordSpec::synapses, "", non_negative,
                  "weight, without interval: list of [source, target]. Their weights after every "
                  "step that changes one of them; first after the "
                  "first step"},
            Field{"interval", &SimulationRecordSpec::interval, "ms", positive,
                  "time between values; default: dt; rate and weights need it"},
        };
    }
    /// Values of each cell; rates are values of a population.
    bool of_cells() const { return projection.empty() && what != "spikes" && what != "rate"; }
    bool of_weights() const { return !projection.empty(); }
    bool of_histogram() const { return what == "weight_histogram"; }
    /// Single ones, whenever they change.
    bool of_synapses() const { return !synapses.empty(); }
};

enum class Runaway : std::uint8_t { stop, allow };
template <>
struct Names<Runaway> {
    static constexpr std::array values{"stop", "allow"};
};

struct SimulateSpec {
    std::string network;
    double duration = 0.0;  // ms
    std::vector<PhaseSpec> phases;
    std::optional<RewardTimesSpec> reward;
    Runaway runaway = Runaway::stop;

    static constexpr auto fields() {
        return Fields{
            Field{"network", &SimulateSpec::network, "", unlimited,
                  "run file of a training, relative to the model file: the network is that of its "
                  "model, with its weights; `populations` and `projections` add to it"},
            Field{"duration", &SimulateSpec::duration, "ms", positive, "time to simulate"},
            Field{"phases", &SimulateSpec::phases, "", unlimited,
                  "or a list of what happens, one after the other"},
            Field{"reward", &SimulateSpec::reward, "", unlimited,
                  "given at certain times to rules that wait for it"},
            Field{
                "runaway", &SimulateSpec::runaway, "", unlimited,
                "when a population with a loop of projections fires at 98 % of what its t_ref and "
                "dt let it, for 100 ms: stop ends the run with status `failed`, allow goes on"}};
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
        return Fields{
            Field{"neurons", &ScaleSpec::neurons, "", share, "share of the cells"},
            Field{"in_degrees", &ScaleSpec::in_degrees, "", share,
                  "share of the synapses that a cell receives"},
        };
    }
};

/// They are counted in 32 bits.
inline constexpr std::uint32_t most_steps = std::numeric_limits<std::uint32_t>::max();

/// A trained network that is simulated.
struct TrainedNetwork {
    std::shared_ptr<const ModelSpec> model;
    std::string run;            // its weights
    std::string input, output;  // populations
    bool own_samples = false;   // what is shown is not what it was trained on
};
struct Dataset;

struct SimulationSpec : NamedModel {
    SimulateSpec simulate;
    std::optional<SimulationDataSpec> data;
    ScaleSpec scale;
    std::vector<CellDefinition> models;
    std::vector<RuleDefinition> rules;
    std::vector<CellPopulationSpec> populations;  // in the order of the file
    std::vector<SynapsesSpec> projections;
    std::vector<GapJunctionsSpec> gap_junctions;
    std::vector<StimulusSpec> stimuli;
    std::vector<SimulationRecordSpec> record;
    std::optional<TrainedNetwork> trained;
    std::string energy;
    std::shared_ptr<const Dataset> shown;  // samples of the user's own, once loaded

    static constexpr auto fields() {
        return Joined{
            head(),
            Fields{
                Field{"simulate", &SimulationSpec::simulate, "", unlimited, "what to do",
                      Need::required},
                Field{"data", &SimulationSpec::data, "", unlimited, "samples that phases show"},
                Field{"scale", &SimulationSpec::scale, "", unlimited, "a smaller network"},
                Field{"models", &SimulationSpec::models, "", unlimited,
                      "mapping of names to cell models that are written as equations"},
                Field{"rules", &SimulationSpec::rules, "", unlimited,
                      "mapping of names to rules of plasticity that are written as equations"},
                Field{"populations", &SimulationSpec::populations, "", unlimited,
                      "mapping of names to populations", Need::required},
                Field{"projections", &SimulationSpec::projections, "", unlimited,
                      "list of projections"},
                Field{"gap_junctions", &SimulationSpec::gap_junctions, "", unlimited,
                      "list of what joins cells in every step"},
                Field{"stimuli", &SimulationSpec::stimuli, "", unlimited,
                      "list of what populations get from outside"},
                Field{"record", &SimulationSpec::record, "", unlimited, "list of what to record"},
                Field{"energy", &SimulationSpec::energy, "", unlimited,
                      "what an operation costs, as of a training"},
            }};
    }

    /// Of a name that is one (parsing sees to that).
    std::size_t population_index(const std::string& of) const {
        return static_cast<std::size_t>(
            std::find_if(populations.begin(), populations.end(),
                         [&](const CellPopulationSpec& p) { return p.name == of; }) -
            populations.begin());
    }
    const CellPopulationSpec& population(const std::string& of) const {
        return populations[population_index(of)];
    }

    /// Some of the population's cells have gap junctions.
    bool coupled(const std::string& population) const {
        return std::any_of(
            gap_junctions.begin(), gap_junctions.end(),
            [&](const GapJunctionsSpec& g) { return g.from == population || g.to == population; });
    }
    /// With phases it shows only while they go on how many steps there are.
    bool open_ended() const { return !simulate.phases.empty(); }
    /// How many steps there are, or can be.
    std::int64_t steps() const {
        return open_ended() ? std::int64_t{most_steps} : step_of(simulate.duration, dt);
    }
    /// Some of its spikes carry values.
    bool graded() const {
        return std::any_of(populations.begin(), populations.end(),
                           [](const CellPopulationSpec& p) { return p.graded(); });
    }
};

}  // namespace snnsim
