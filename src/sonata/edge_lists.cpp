#include "src/sonata/edge_lists.hpp"

namespace snnsim::sonata {
namespace {

template <class Write>
void writing(const Write& write) {
    try {
        write();
    } catch (const FileError& e) {
        throw OutputError(e.what());
    }
}

}  // namespace

void append_to(hid_t out, const std::string& path, hid_t type, std::size_t rows, const void* data) {
    writing([&] { h5::append_rows(out, path, type, rows, data); });
}
void begin_list(hid_t out, const std::string& path, hid_t type, std::size_t chunk,
                const std::string& unit) {
    writing([&] { h5::make_growing(out, path, type, {}, chunk, unit); });
}

}  // namespace snnsim::sonata
