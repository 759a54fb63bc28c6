// What kind of file the user has named, for the command that is meant.
#pragma once

#include <initializer_list>
#include <string>

namespace snnsim {

enum class FileKind {
    unknown,
    training,
    simulation,
    hopfield,
    study,
    search,
    evolution,
    energy_model,
    training_run,
    simulation_run,
    hopfield_run,
    checkpoint,
    study_result,
    search_result,
    evolution_result,
    other_hdf5,
    damaged_hdf5
};

/// By its first bytes, keys and attributes; unknown where nothing tells, or nothing can be read.
FileKind kind_of(const std::string& path);

/// Throws UsageError where the file is of a kind that we know and `command` ("snnsim run") does not
/// take: what it is, and the command for it.
void require_kind(const std::string& path, const std::string& command,
                  std::initializer_list<FileKind> taken);

}  // namespace snnsim
