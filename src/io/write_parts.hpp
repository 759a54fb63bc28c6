// What the files of trainings and of simulations have in common.
#pragma once

#include <type_traits>

#include "snnsim/run_record.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {

/// Attributes of the root: where the file comes from, and how far the run came.
void write_provenance(hid_t root, const Provenance& p, RunStatus status);

/// SONATA's way to say "sorted by time": an enumeration on the population, and for readers that
/// know no enumeration (bmtk) a text on node_ids.
void write_sorted_by_time(hid_t population);

/// Numbers of classes, a byte each where that is enough.
void write_classes(hid_t parent, const std::string& path, const std::vector<std::int32_t>& classes);

/// Parameters of a population's model as attributes, each with its unit.
template <class Params>
void write_parameters(hid_t group, const Params& params) {
    const auto write = [&]([[maybe_unused]] const auto& f) {
        using T = std::remove_cvref_t<decltype(params.*f.member)>;
        if constexpr (std::is_enum_v<T>) {
            h5::write_text(group, f.name, name_of(params.*f.member));
        } else if constexpr (std::is_same_v<T, std::string>) {
            h5::write_text(group, f.name, params.*f.member);
        } else if constexpr (std::is_same_v<T, bool>) {
            h5::write_number<std::uint8_t>(group, f.name, params.*f.member ? 1 : 0);
        } else {
            h5::write_number(group, f.name, static_cast<double>(params.*f.member));
            h5::write_text(group, std::string(f.name) + "_units", *f.unit ? f.unit : "1");
        }
    };
    Params::fields().for_each(write);
}

}  // namespace snnsim
