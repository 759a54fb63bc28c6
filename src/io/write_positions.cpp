#include "src/io/write_positions.hpp"

#include <vector>

namespace snnsim {

void write_positions(hid_t population, const Positions& p, const SpaceSpec& space) {
    std::vector<double> values;
    values.reserve(p.at.size() * p.dimensions);
    for (const Point& at : p.at)
        values.insert(values.end(), at.begin(),
                      at.begin() + static_cast<std::ptrdiff_t>(p.dimensions));
    h5::write_array(population, "positions", H5T_NATIVE_DOUBLE, {p.at.size(), p.dimensions},
                    values.data(), space.unit.empty() ? "1" : space.unit);
    const h5::Handle set(H5Dopen2(population, "positions", H5P_DEFAULT), H5Dclose, "positions");
    h5::write_attribute(set, "extent", H5T_NATIVE_DOUBLE, {p.dimensions}, p.extent.data());
    h5::write_attribute(set, "center", H5T_NATIVE_DOUBLE, {p.dimensions}, p.center.data());
    h5::write_number<std::uint8_t>(set, "periodic", p.periodic ? 1 : 0);
    if (!p.grid.there()) return;
    h5::write_attribute(set, "grid", H5T_NATIVE_UINT32, {p.dimensions}, p.grid.size.data());
    h5::write_text(set, "order", name_of(p.grid.order));
}

}  // namespace snnsim
