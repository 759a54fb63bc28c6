// What a search file says: which parameters of a model are varied, what is asked of its runs, and
// how the best values are looked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/fields.hpp"
#include "snnsim/location.hpp"

namespace snnsim {

enum class SearchMethod : std::uint8_t { cma_es, random, grid };
template <>
struct Names<SearchMethod> {
    static constexpr std::array values{"cma_es", "random", "grid"};
};

enum class Scale : std::uint8_t { linear, log };
template <>
struct Names<Scale> {
    static constexpr std::array values{"linear", "log"};
};

/// A parameter that is varied, by its dotted path as `--set` takes it.
struct VariedSpec {
    static constexpr bool by_name = true;

    std::string name;
    std::string from, to, start;  // quantities, as written
    Scale scale = Scale::linear;
    bool whole = false;
    std::int64_t points = 0;
    std::vector<std::string> values;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"from", &VariedSpec::from, "", unlimited,
                  "the lower end of its range, a quantity as in the model: `5 ms`"},
            Field{"to", &VariedSpec::to, "", unlimited, "the upper end, in the same unit"},
            Field{"start", &VariedSpec::start, "", unlimited,
                  "cma_es: where the search begins; default: the middle of the range"},
            Field{"scale", &VariedSpec::scale, "", unlimited,
                  "log: equal factors are equally far apart, for a range above 0"},
            Field{"whole", &VariedSpec::whole, "", unlimited,
                  "true: the whole numbers of the range, each alike"},
            Field{"points", &VariedSpec::points, "", Limits{.low = 2.0, .high = 1e5},
                  "grid: so many values from `from` to `to`"},
            Field{"values", &VariedSpec::values, "", unlimited,
                  "grid, random: the values, in place of a range; words are fine: `[subtract, "
                  "zero]`"},
        };
    }
};

enum class Aim : std::uint8_t { maximise, minimise };
template <>
struct Names<Aim> {
    static constexpr std::array values{"maximise", "minimise"};
};

/// What is asked of a measure of each run.
struct ObjectiveSpec {
    std::string measure, population;
    Aim aim = Aim::minimise;
    std::optional<double> target;
    double weight = 1.0;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"measure", &ObjectiveSpec::measure, "", unlimited, "one of those above",
                  Need::required},
            Field{"population", &ObjectiveSpec::population, "", unlimited,
                  "of measures of a population's activity"},
            Field{"aim", &ObjectiveSpec::aim, "", unlimited, "required without a target"},
            Field{"target", &ObjectiveSpec::target, "", unlimited,
                  "what the measure is to be, in its unit: the cost is |measure - target| / "
                  "|target|, of a target of 0 |measure|"},
            Field{"weight", &ObjectiveSpec::weight, "", positive,
                  "factor on its cost; the costs of all are summed"},
        };
    }
};

/// As the options of `snnsim stats`.
struct SearchStatsSpec {
    std::string from, to, bin;
    Location at;

    static constexpr auto fields() {
        return Fields{
            Field{"from", &SearchStatsSpec::from, "", unlimited, "`500 ms`; default: the start"},
            Field{"to", &SearchStatsSpec::to, "", unlimited, "default: the end"},
            Field{"bin", &SearchStatsSpec::bin, "", unlimited, "of synchrony; default: 3 ms"},
        };
    }
};

struct SearchSpec {
    std::string name;
    std::string model;                  // path, relative to the search file until it is read
    std::vector<std::string> settings;  // "train.epochs=2", of every run
    SearchMethod method = SearchMethod::cma_es;
    std::int64_t evaluations = 0;
    std::int64_t population = 0;
    double sigma = 0.3;
    std::optional<double> goal;
    std::uint64_t seed = 1;
    std::int64_t seeds = 1;
    std::string energy = "45nm";
    std::vector<VariedSpec> vary;
    std::vector<ObjectiveSpec> objective;
    SearchStatsSpec stats;
    std::string path, text;  // of the search file

    static constexpr auto fields() {
        return Fields{
            Field{"name", &SearchSpec::name, "", unlimited, "name of the search", Need::required},
            Field{"model", &SearchSpec::model, "", unlimited,
                  "the model file, relative to the search file", Need::required},
            Field{"method", &SearchSpec::method, "", unlimited,
                  "cma_es: evolution strategy with an adapted covariance (Hansen & Ostermeier "
                  "2001); random: points of the ranges; grid: all combinations of the values"},
            Field{"evaluations", &SearchSpec::evaluations, "", at_least(1),
                  "cma_es, random: points that are tried, 1 at least; the last generation is "
                  "finished"},
            Field{"population", &SearchSpec::population, "", Limits{.low = 2.0, .high = 1e5},
                  "cma_es: points of a generation; default: 4 + 3 ln n of n parameters"},
            Field{"sigma", &SearchSpec::sigma, "",
                  Limits{.low = 0.0, .high = 1.0, .low_open = true},
                  "cma_es: standard deviation of the first generation, as a share of each range"},
            Field{"goal", &SearchSpec::goal, "", unlimited,
                  "cma_es, random: a cost at which the search ends, after the generation (random: "
                  "16 points) that reaches it"},
            Field{"seed", &SearchSpec::seed, "", unlimited, "of what the search draws"},
            Field{"seeds", &SearchSpec::seeds, "", Limits{.low = 1.0, .high = 10000.0},
                  "runs of each point, with the seeds 1, 2, ...; measures are their means"},
            Field{"energy", &SearchSpec::energy, "", unlimited, "energy model of energies"},
            Field{"vary", &SearchSpec::vary, "", unlimited,
                  "mapping of parameters, by their path in the model (`populations.E.tau_m`, "
                  "`parameters.g`), to their ranges",
                  Need::required},
            Field{"objective", &SearchSpec::objective, "", unlimited,
                  "list of what is asked of a run", Need::required},
            Field{"stats", &SearchSpec::stats, "", unlimited,
                  "the window of statistics of activity"},
        };
    }
};

}  // namespace snnsim
