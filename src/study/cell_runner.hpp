// Runs of models with settings, each as a call of this program, some at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "snnsim/read_model.hpp"
#include "snnsim/run.hpp"
#include "src/run/jobs.hpp"

namespace snnsim {

struct CellRun {
    std::string model;                  // path of its file
    std::vector<std::string> settings;  // as --set takes them, the seed among them
    std::string output;                 // path of its run file
    bool simulation = false;
    bool reads_data = false;  // a data set, which lies in data_dir
};

struct CellOptions : JobOptions {
    std::string data_dir;
    Device backend = Device::automatic;
    int cuda_device = -1;
};

/// One whose file is there but not finished goes on.
class CellRunner {
  public:
    explicit CellRunner(const CellOptions& options) : options_(options) {}

    /// `ended` hears of each cell that ends, in any order: with an empty text, or with the last
    /// lines that a cell which failed has said. When it throws, the others are stopped. Returns
    /// after all; false after Ctrl-C, also of a cell alone, when what has begun can go on later.
    /// Throws Error where a cell was killed, which says nothing of the cell.
    bool run(const std::vector<CellRun>& cells,
             const std::function<void(std::size_t cell, const std::string& failure)>& ended);

  private:
    std::vector<std::string> words_of(const CellRun& cell) const;

    const CellOptions options_;
};

/// "standard-3f2a9c01d2e4b567.h5": a name, and a hash of all that the run depends on but for data
/// sets: the model's text, the settings, files that it names, the program's version.
std::string cell_file(const std::string& name, const AnyModel& model,
                      const std::vector<std::string>& settings);
/// Whether it is shown a data set.
bool reads_data(const AnyModel& model);

/// Whether a simulation came to an end that its file tells of: it failed, and would again.
bool has_failed(const CellRun& cell);

}  // namespace snnsim
