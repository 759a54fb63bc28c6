#include "src/nir/export_nir.hpp"

#include "snnsim/error.hpp"

namespace snnsim::nir {

std::string export_nir(const ExportOptions& options) {
    throw FileError(options.run);
}
Verified verify_nir(const std::string& file) {
    throw FileError(file);
}

}  // namespace snnsim::nir
