// What a file of HDF5 that another program wrote claims to hold, before any of it is read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/io/hdf5.hpp"

namespace snnsim::h5 {

enum class MemberKind : std::uint8_t {
    group,
    array,
    other,  // a named type
    link    // by name, in this file or to another: not followed
};
struct Member {
    std::string name;
    MemberKind kind = MemberKind::other;
    std::uint64_t address = 0;  // in the file: two names of one object have the same
};
/// Of a group, by name.
std::vector<Member> members(hid_t group);

/// What a data set says of itself.
struct ArrayClaim {
    H5T_class_t kind = H5T_NO_CLASS;
    Dims dims;  // of a number alone: none; where there is no value at all: 0
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;        // of all values, as they are stored but not packed
    std::uint64_t chunk_bytes = 0;  // of the pieces that it is stored in; 0: none
    std::string elsewhere;          // why other files would be read; empty: they are not
    bool numeric() const { return kind == H5T_INTEGER || kind == H5T_FLOAT; }
};
/// Throws FileError where the counts have no end.
ArrayClaim claim_of(hid_t parent, const std::string& name);

/// Whether addresses in its file count from the beginning of it, in 8 bytes: as nearly always.
bool plain_addresses(hid_t object);

}  // namespace snnsim::h5
