// The data set of a training, as its model asks for it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"
#include "src/inputs/own_samples.hpp"

namespace snnsim {

/// Loads the data set, cut to `train_samples` and `test_samples`. Throws DataError; where samples
/// of `set: file` do not fit the populations, with the place in the model. Its
/// warnings tell of more samples than there are.
Dataset load_data(const ModelSpec& spec, const std::string& data_dir = {});

/// Puts the samples of a caller in the place of the model's data file. Without test samples there
/// is no test.
void show_arrays(std::shared_ptr<const SampleArrays> arrays, ModelSpec& spec);

/// Of a training whose network is only shown samples: none is held out for validation, none
/// weighed.
void hold_nothing_out(ModelSpec& spec);

/// The samples of the user's own that phases show; nothing where they show none. Throws DataError.
std::shared_ptr<const Dataset> load_shown(const SimulationSpec& spec);

/// How many samples load_data() will give, before anything is read: of a folder of idx files those
/// of the published sets. None of a file that cannot be read; load_data() says why.
SampleCounts expected_samples(const ModelSpec& spec);

/// "SHA-256  name" of the files that the model names: of samples, where one of more than 1 GiB has
/// that of its size and of 64 pieces of it, and of weights. Throws DataError.
std::vector<std::string> input_files(const ModelSpec& spec);
std::vector<std::string> shown_files(const SimulationSpec& spec);

/// The same of a set that lies in a folder, which the model does not name: "SHA-256  set: name" of
/// its samples as they are used.
std::string set_line(const Dataset& data);
/// Whether lists of such lines, one of which is of a set, tell of other samples. Runs of older
/// builds have no such line, and so no other samples.
bool of_other_samples(const std::vector<std::string>& now, const std::vector<std::string>& then);
/// Whether runs were made with other samples than their models get now. Where none are found none
/// are other.
class SampleCheck {
  public:
    explicit SampleCheck(std::string data_dir) : data_dir_(std::move(data_dir)) {}
    bool differ(const ModelSpec& spec, const std::vector<std::string>& inputs_of_run);

  private:
    std::string data_dir_;
    std::map<std::string, std::vector<std::string>> now_;  // by what is asked for: its line
};
/// Without those of sets.
std::vector<std::string> without_sets(std::vector<std::string> lines);

/// Throws FileError where a run was begun with files or samples of another content than they have
/// now. Runs of older builds do not know their set.
void require_same_inputs(const std::vector<std::string>& now, const std::vector<std::string>& then,
                         const std::string& run);

}  // namespace snnsim
