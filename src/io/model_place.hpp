// Where the model of a run lies: the path that its command was given, and the way to it from the
// run file, by which the files that the model names are found from any folder, and where the
// project has moved.
#pragma once

#include <string>

#include "src/io/hdf5.hpp"

namespace snnsim {

void write_model_place(hid_t run, const std::string& model_path);

/// The path as it was given where it leads there from here, else the way from the run file.
std::string read_model_place(hid_t run);

}  // namespace snnsim
