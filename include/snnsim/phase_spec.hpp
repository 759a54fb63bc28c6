// What the model file says of the course of a simulation: phases, samples that are shown, rewards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/distribution.hpp"
#include "snnsim/location.hpp"
#include "snnsim/model_spec.hpp"

namespace snnsim {

struct SimulationDataSpec {
    DataSet set = DataSet::mnist;
    std::string file, test_file;  // relative to the model file
    double test_share = 0.0;
    std::string groups;
    static constexpr auto fields() {
        return Fields{
            Field{"set", &SimulationDataSpec::set, "", unlimited,
                  "data set that phases show; file: samples of your own", Need::required},
            Field{"file", &SimulationDataSpec::file, "", unlimited,
                  "of `set: file`: .h5 with train/x, train/y, test/x and test/y, or .npz with "
                  "x_train, y_train, x_test and y_test, relative to the model file. x: numbers "
                  "from 0 to 1, or bytes from 0 to 255; y: classes"},
            Field{"test_file", &SimulationDataSpec::test_file, "", unlimited,
                  "the test samples, where they are in a file of their own"},
            Field{"test_share", &SimulationDataSpec::test_share, "",
                  Limits{.low = 0.0, .high = 1.0, .high_open = true},
                  "the share of the samples that is for testing, by the seed, where the file has "
                  "one set only"},
            Field{"groups", &SimulationDataSpec::groups, "", unlimited,
                  "data set with a whole number for each sample: test_share holds out whole "
                  "groups"}};
    }
};

enum class Samples : std::uint8_t { train, test, patterns };
template <>
struct Names<Samples> {
    static constexpr std::array values{"train", "test", "patterns"};
};
/// What becomes of a trained network's state before a sample.
enum class CarryOver : std::uint8_t { reset, keep };
template <>
struct Names<CarryOver> {
    static constexpr std::array values{"reset", "keep"};
};
enum class Order : std::uint8_t { file, shuffled };
template <>
struct Names<Order> {
    static constexpr std::array values{"file", "shuffled"};
};

/// Random groups of cells, one of which fires in a trial. Izhikevich (2007).
struct PatternsSpec {
    std::int64_t number = 10, cells = 50;
    static constexpr auto fields() {
        return Fields{
            Field{"number", &PatternsSpec::number, "", Limits{.low = 1, .high = 65536},
                  "of patterns; a trial's pattern is drawn at random", Need::required},
            Field{"cells", &PatternsSpec::cells, "", Limits{.low = 1, .high = 1 << 30},
                  "cells of each pattern; two patterns may share some", Need::required},
        };
    }
};

/// A sample that was answered by too few spikes is shown again, brighter. Diehl & Cook (2015).
struct RepeatSpec {
    std::string population;
    std::int64_t below = 5, at_most = 20;
    double add = 32.0;  // Hz
    static constexpr auto fields() {
        return Fields{
            Field{"population", &RepeatSpec::population, "", unlimited,
                  "population whose spikes are counted", Need::required},
            Field{"below", &RepeatSpec::below, "", Limits{.low = 1, .high = 1e9},
                  "a sample answered by fewer spikes is shown again"},
            Field{"add", &RepeatSpec::add, "Hz", non_negative,
                  "what max_rate grows by each time, until the sample has been answered",
                  Need::required},
            Field{"at_most", &RepeatSpec::at_most, "", Limits{.low = 1, .high = 1000},
                  "times that a sample is shown again; after that comes the next one"},
        };
    }
};

struct TrialRewardSpec {
    double amount = 0.5;
    std::int64_t label = -1;
    Distribution delay;  // ms
    static constexpr auto fields() {
        return Fields{
            Field{"amount", &TrialRewardSpec::amount, "", unlimited, "of a reward", Need::required},
            Field{"label", &TrialRewardSpec::label, "", Limits{.low = -1, .high = 65535},
                  "samples (patterns) of this label are rewarded; -1: all"},
            Field{"delay", &TrialRewardSpec::delay, "ms", non_negative,
                  "from the start of the sample, drawn for each; default: 0"},
        };
    }
};

/// Samples are shown one after the other, as rates of Poisson trains.
struct PresentSpec {
    std::string population, responses;
    Samples samples = Samples::train;
    std::optional<PatternsSpec> patterns;
    std::int64_t first = 0, count = 0, passes = 1, running = 0;
    Order order = Order::file;
    double max_rate = 0.0, duration = 0.0, window = 0.0;  // Hz, ms, ms
    Distribution rest;                                    // ms
    std::optional<RepeatSpec> repeat;
    std::optional<TrialRewardSpec> reward;
    bool assign = false, evaluate = false;
    CarryOver state = CarryOver::reset;

    static constexpr auto fields() {
        return Fields{
            Field{"population", &PresentSpec::population, "", unlimited,
                  "poisson_source that shows samples; of a data set, with a cell for each pixel. "
                  "Between samples it is silent. Of a trained network it may be left out: its "
                  "input shows them as in the training (`data.encode`), and its output predicts"},
            Field{"samples", &PresentSpec::samples, "", unlimited, "what is shown"},
            Field{"patterns", &PresentSpec::patterns, "", unlimited, "of samples: patterns"},
            Field{"first", &PresentSpec::first, "", non_negative,
                  "of a data set: number of the first sample"},
            Field{"count", &PresentSpec::count, "", non_negative,
                  "number of samples, or of trials; 0: all there are"},
            Field{"passes", &PresentSpec::passes, "", Limits{.low = 1, .high = 10000},
                  "times that they are all shown"},
            Field{"order", &PresentSpec::order, "", unlimited,
                  "of a data set: as in the file, or shuffled anew in each pass"},
            Field{"max_rate", &PresentSpec::max_rate, "Hz", positive,
                  "rate of a pixel of value 1, and of the cells of a pattern; at most 1 / dt"},
            Field{"duration", &PresentSpec::duration, "ms", positive,
                  "time that a sample is shown"},
            Field{
                "state", &PresentSpec::state, "", unlimited,
                "of a trained network: reset before each sample, as in the training, or keep what "
                "the sample before it left"},
            Field{"rest", &PresentSpec::rest, "ms", non_negative,
                  "time after it, constant or drawn for each; default: 0"},
            Field{"repeat", &PresentSpec::repeat, "", unlimited,
                  "shows samples again that are answered by too few spikes"},
            Field{"responses", &PresentSpec::responses, "", unlimited,
                  "population whose spikes are counted, cell by cell, for each sample"},
            Field{"window", &PresentSpec::window, "ms", positive,
                  "time from the start of a sample in which they are; default: `duration`"},
            Field{"assign", &PresentSpec::assign, "", unlimited,
                  "true: at the end of the phase each cell of `responses` is assigned to the class "
                  "that it answered with most spikes in the mean"},
            Field{"evaluate", &PresentSpec::evaluate, "", unlimited,
                  "true: the class of each sample is predicted, as that whose cells answer with "
                  "most spikes in the mean, by the assignment of an earlier phase"},
            Field{"running", &PresentSpec::running, "", non_negative,
                  "predicts while it learns: cells are assigned by each so many samples, the next "
                  "so many predicted by that; 0: not"},
            Field{"reward", &PresentSpec::reward, "", unlimited, "given to rules that wait for it"},
        };
    }
};

struct PhaseRateSpec {
    std::string population;
    double rate = 0.0;
    static constexpr auto fields() {
        return Fields{
            Field{"population", &PhaseRateSpec::population, "", unlimited,
                  "a poisson_source or a regular_source", Need::required},
            Field{"rate", &PhaseRateSpec::rate, "Hz", non_negative,
                  "of all its cells, until a later phase says another", Need::required},
        };
    }
};

/// Cells that send nothing.
struct LesionSpec {
    std::string population;
    double share = 0.0;
    static constexpr auto fields() {
        return Fields{
            Field{"population", &LesionSpec::population, "", unlimited, "whose cells are lost",
                  Need::required},
            Field{"share", &LesionSpec::share, "", fraction,
                  "of its cells that send nothing from the start of the phase on, until a later "
                  "phase says another; drawn by the seed, those of a smaller share a part of those "
                  "of a greater",
                  Need::required},
        };
    }
};

/// Rewards at given times.
struct RewardTimesSpec {
    std::vector<double> times, amounts;
    static constexpr auto fields() {
        return Fields{
            Field{"times", &RewardTimesSpec::times, "ms", non_negative, "ascending, rounded to dt",
                  Need::required},
            Field{"amounts", &RewardTimesSpec::amounts, "", unlimited, "as many", Need::required},
        };
    }
};

struct PhaseSpec {
    std::string name;
    double duration = 0.0;  // ms; of a phase without `present`
    bool plastic = true;
    std::vector<PhaseRateSpec> rates;
    std::vector<LesionSpec> lesions;
    std::optional<PresentSpec> present;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"name", &PhaseSpec::name, "", unlimited, "letters, digits, '_' and '-'",
                  Need::required},
            Field{"duration", &PhaseSpec::duration, "ms", positive,
                  "of a phase that presents nothing"},
            Field{"plastic", &PhaseSpec::plastic, "", unlimited,
                  "false: weights and adaptive thresholds stay as they are"},
            Field{"rates", &PhaseSpec::rates, "", unlimited, "of sources, from its start on"},
            Field{"lesions", &PhaseSpec::lesions, "", unlimited, "list: cells that are lost"},
            Field{"present", &PhaseSpec::present, "", unlimited,
                  "samples that are shown; the phase ends with the last"},
        };
    }
};

}  // namespace snnsim
