// How large a run file will be, told before it is written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Time of the whole run (ms); of phases, of each sample shown once.
double expected_duration(const SimulationSpec& spec);

/// A part of a run file. What only the run decides (spikes of cells) is given as its upper bound.
struct FilePart {
    std::string name;
    double bytes = 0.0;
    bool at_most = false;
};

/// Of a network as it is simulated: scaled, its files read.
std::vector<FilePart> run_file_parts(const SimulationSpec& spec);
/// `training`, `test`: samples.
std::vector<FilePart> run_file_parts(const ModelSpec& spec, std::int64_t training,
                                     std::int64_t test);
/// The same before the data set has been read.
std::vector<FilePart> run_file_parts(const ModelSpec& spec);

/// "run file: about 3.2 MB, at most 1.2 GB", and a line a part.
std::string run_file_text(const std::vector<FilePart>& parts);

/// Bytes that are free where the file will be; the folder may not be there yet.
double free_space(const std::string& path);

/// What is wrong where what is sure to be written is more than `free`; with it everything is
/// written twice, because a run file takes its name only when it is whole. Else empty.
std::string disk_problem(const std::vector<FilePart>& parts, const std::string& path, double free);
/// "x.h5 will have about 11.0 GB"; empty where that is not very much.
std::string very_large_file(const std::vector<FilePart>& parts, const std::string& path);
/// Throws FileError with the problem. Else a warning about a very large file, or nothing.
std::string require_disk_room(const std::vector<FilePart>& parts, const std::string& path,
                              double free);

}  // namespace snnsim
