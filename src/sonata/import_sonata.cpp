#include "src/sonata/import_sonata.hpp"

#include "snnsim/error.hpp"

namespace snnsim::sonata {

std::string import_sonata(const ImportOptions& options) {
    throw FileError(options.file);
}

}  // namespace snnsim::sonata
