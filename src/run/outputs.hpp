// What a command may write: a file of its own kind, none of what it reads, and nothing that another
// process is writing.
#pragma once

#include <string>
#include <vector>

#include "src/files/input_file.hpp"

namespace snnsim {

/// A kind of file that a command writes; --force replaces a file by one of its kind only.
struct OwnFile {
    std::string what;    // "run file of snnsim"
    std::string format;  // the attribute of an HDF5 file
    std::string begins;  // a text
};
inline OwnFile own_run_file() {
    return {"run file of snnsim", "snnsim run", ""};
}
/// A text that begins as this one: to its first comma, colon or end of line.
OwnFile own_text(const std::string& what, const std::string& text);

/// Throws UsageError where a file is to be written and a folder is there.
void require_no_folder(const std::string& path);
/// Throws UsageError where one of the outputs is one of the inputs: the same name, or a link to it.
void require_no_input(const std::vector<std::string>& outputs,
                      const std::vector<InputFile>& inputs);

/// Throws UsageError where something is there that is no file of that kind, with or without
/// --force.
void require_replaceable(const std::string& path, const OwnFile& kind);
/// The same, and where anything is there without `force`.
void require_free(const std::string& path, const OwnFile& kind, bool force);

/// The names under which a run file is written: its own, and those of its unfinished forms.
std::vector<std::string> run_files(const std::string& path);
/// Throws UsageError where one of them is no such file, or `path` is the name of an unfinished
/// form.
void require_replaceable_run(const std::string& path);

/// While it lives, no other process writes the run file of that name, its checkpoint or its
/// unfinished form: they have a lock `<name>.lock` beside them, which ends with its process.
class OutputClaim {
  public:
    /// Throws UsageError with the number of the process that has the claim, FileError where none
    /// can be made.
    explicit OutputClaim(const std::string& path);
    ~OutputClaim();
    OutputClaim(const OutputClaim&) = delete;
    OutputClaim& operator=(const OutputClaim&) = delete;

    /// What keeps the claim from holding.
    const std::vector<std::string>& warnings() const { return warnings_; }

  private:
    std::string lock_;
    std::vector<std::string> warnings_;
    int descriptor_ = -1;
};

}  // namespace snnsim
