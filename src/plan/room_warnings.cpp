#include "src/plan/room_warnings.hpp"

namespace snnsim {

std::vector<std::string> room_warnings(const std::vector<MemoryPart>& memory, const char* advice,
                                       const std::vector<FilePart>& file, const std::string& path) {
    std::string disk = disk_problem(file, path, free_space(path));
    if (disk.empty()) disk = very_large_file(file, path);
    std::vector<std::string> all;
    for (const std::string& line : {memory_problem(memory, available_memory(), advice), disk}) {
        if (!line.empty()) all.push_back(line);
    }
    return all;
}

}  // namespace snnsim
