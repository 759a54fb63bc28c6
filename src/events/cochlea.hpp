// Reader of the HDF5 files of SHD and SSC (Cramer et al. 2022, doi:10.1109/TNNLS.2020.3044364).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/events/events.hpp"
#include "src/io/data_file.hpp"

namespace snnsim {

/// A file with spikes/times and spikes/units in rows of variable length, and labels. Throws
/// DataError that names what is missing, or the sample and the event.
class CochleaFile {
  public:
    CochleaFile(const std::string& path, std::int64_t channels);

    std::size_t samples() const { return labels_.size(); }
    const std::vector<std::int32_t>& labels() const { return labels_; }
    /// Of each sample; empty where the file does not say.
    const std::vector<std::int32_t>& speakers() const { return speakers_; }
    /// The names of the classes; empty where the file has none.
    const std::vector<std::string>& keys() const { return keys_; }

    /// The events of samples first .. first + count - 1. Seconds become whole microseconds:
    /// rounded down, in double, as tonic does.
    std::vector<Events> read(std::size_t first, std::size_t count) const;

  private:
    std::vector<std::int32_t> whole_numbers(const std::string& name, std::int32_t low) const;

    std::unique_ptr<DataFile> file_;
    std::shared_ptr<const EventRows> rows_;
    std::int64_t channels_;
    std::vector<std::int32_t> labels_, speakers_;
    std::vector<std::string> keys_;
};

}  // namespace snnsim
