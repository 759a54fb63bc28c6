// A file of named arrays, whatever its format: HDF5 or .npz, or a folder of .npy files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/sample_arrays.hpp"
#include "src/data/sample_source.hpp"

namespace snnsim {

class DataFile {
  public:
    explicit DataFile(std::string path) : path(std::move(path)) {}
    virtual ~DataFile() = default;
    DataFile(const DataFile&) = delete;
    DataFile& operator=(const DataFile&) = delete;

    const std::string path;

    /// The name of an array of a set: "train/x" in HDF5, "x_train" in .npz; of no set, "x".
    virtual std::string name_of(const std::string& set, const std::string& key) const = 0;
    virtual bool has(const std::string& name) const = 0;
    /// The keys of all arrays of a set; of a group in HDF5 its name.
    virtual std::vector<std::string> keys(const std::string& set) const = 0;
    /// The key of array `key` of a group: "sound/t" in HDF5, "sound_t" in .npz.
    virtual std::string in_group(const std::string& group, const std::string& key) const = 0;
    /// Throws DataError where it holds no numbers.
    virtual std::shared_ptr<const Rows> rows(const std::string& name) const = 0;
    virtual std::vector<std::string> texts(const std::string& name) const = 0;
    /// Of an array; the number or text as text. Empty where there is none, as in every .npz file.
    virtual std::string attribute(const std::string& name, const std::string& key) const = 0;
    /// Events in rows of variable length: `times` and `units` of each sample. Null where the file
    /// has no such arrays. `us`: in a unit of the times; 0: by their kind.
    virtual std::shared_ptr<const EventRows> ragged_events(const std::string& times,
                                                           const std::string& units,
                                                           double us) const = 0;
};

/// By the ending: .h5, .hdf5, .npz, or / of a folder of .npy files. Throws DataError.
std::unique_ptr<DataFile> open_data_file(const std::string& path);

std::unique_ptr<DataFile> open_hdf5_data(const std::string& path);
std::unique_ptr<DataFile> open_npz_data(const std::string& path);
/// Arrays in memory; `path` is what messages call them.
std::unique_ptr<DataFile> open_array_data(std::shared_ptr<const SampleArrays> arrays,
                                          const std::string& path);

}  // namespace snnsim
