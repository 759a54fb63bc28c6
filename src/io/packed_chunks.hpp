// Arrays that are stored in pieces packed by gzip, as h5py writes them: unpacked here, by several
// threads and within bounds of our own.
#pragma once

#include <hdf5.h>

#include <string>

namespace snnsim::h5 {

/// All values of a data set of the file at `path`, as the type `memory`. Returns whether it is
/// stored so; else nothing is done. Throws FileError where it is damaged.
bool read_packed(const std::string& path, hid_t parent, const std::string& name, hid_t memory,
                 void* out);

}  // namespace snnsim::h5
