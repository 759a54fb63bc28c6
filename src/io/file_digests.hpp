// Digests of the files that a model names, each of which is read once for it, however often it is
// named.
#pragma once

#include <map>
#include <string>

#include "src/io/digest.hpp"

namespace snnsim {

class FileDigests {
  public:
    const std::string& of(const std::string& path) {
        std::string& digest = known_[path];
        if (digest.empty()) digest = file_sha256(path);
        return digest;
    }

  private:
    std::map<std::string, std::string> known_;
};

}  // namespace snnsim
