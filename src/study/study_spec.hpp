// What a study file says: a grid of values over several models, and what is asked of the results.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "src/report/run_stats.hpp"

namespace snnsim {

struct StudyModel {
    std::string name, path;             // path of the model file
    std::vector<std::string> settings;  // "train.epochs=2", for all of its cells
    struct Axis {
        std::string key;
        std::vector<std::string> values;
    };
    std::vector<Axis> grid;
};

struct StudySpec {
    std::string name;
    std::vector<std::uint64_t> seeds{1, 2, 3};
    std::vector<double> targets;  // test accuracies that models are compared at
    std::string energy = "45nm";
    StatsOptions stats;  // of simulations: the window of the statistics
    std::vector<StudyModel> models;
    std::string path, text;  // of the study file
};

/// One model with one value of each axis of its grid.
struct Configuration {
    std::size_t model;                  // index into StudySpec::models
    std::vector<std::string> settings;  // all overrides but the seed
    std::string label;                  // the values of the axes: "size=128 duration=8 ms", or ""
    std::vector<std::pair<std::string, std::string>> point;  // axis and value
};

/// Reads and checks a study file; `set` and `grid` at the top hold for all models, those of a model
/// come after them and take the place of those with the same key. Throws ModelError with every
/// problem and its place, FileError.
StudySpec read_study(const std::string& path);

/// Every combination, models in the order of the file, the last axis fastest. In labels an axis has
/// the shortest end of its key that no other axis of the model has: "E.size=8 I.size=2".
std::vector<Configuration> configurations(const StudySpec& study);

}  // namespace snnsim
