#include "src/io/hdf5_contents.hpp"

#include <fmt/format.h>

#include <limits>

#include "snnsim/error.hpp"

namespace snnsim::h5 {
namespace {

/// The product, or the greatest number where it is more.
std::uint64_t product(const Dims& dims, std::uint64_t value) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    for (const hsize_t d : dims) {
        if (d == 0) return 0;
    }
    for (const hsize_t d : dims) value = value > most / d ? most : value * d;
    return value;
}

}  // namespace

std::vector<Member> members(hid_t group) {
    std::vector<Member> out;
    const auto add = [](hid_t, const char* name, const H5L_info_t* link, void* to) -> herr_t {
        static_cast<std::vector<Member>*>(to)->push_back(
            {name, link->type == H5L_TYPE_HARD ? MemberKind::other : MemberKind::link, 0});
        return 0;
    };
    check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &out), "cannot read a group");
    for (Member& m : out) {
        if (m.kind == MemberKind::link) continue;
        H5O_info_t info;
        check(H5Oget_info_by_name(group, m.name.c_str(), &info, H5P_DEFAULT),
              "cannot read '" + m.name + "'");
        m.address = info.addr;
        if (info.type == H5O_TYPE_GROUP) m.kind = MemberKind::group;
        if (info.type == H5O_TYPE_DATASET) m.kind = MemberKind::array;
    }
    return out;
}

ArrayClaim claim_of(hid_t parent, const std::string& name) {
    const std::string what = "cannot read '" + name + "'";
    const Handle set(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), H5Dclose, what);
    const Handle type(H5Dget_type(set), H5Tclose, what), space(H5Dget_space(set), H5Sclose, what),
        how(H5Dget_create_plist(set), H5Pclose, what);
    ArrayClaim claim;
    claim.kind = H5Tget_class(type);
    if (H5Sget_simple_extent_type(space) == H5S_NULL) {
        claim.dims = {0};
    } else {
        const int rank = H5Sget_simple_extent_ndims(space);
        check(rank, what);
        claim.dims.resize(static_cast<std::size_t>(rank));
        check(H5Sget_simple_extent_dims(space, claim.dims.data(), nullptr), what);
    }
    const std::uint64_t size = H5Tget_size(type);
    claim.count = product(claim.dims, 1);
    claim.bytes = product(claim.dims, size);
    if (claim.bytes == std::numeric_limits<std::uint64_t>::max())
        throw FileError("it claims more values than there can be: it is damaged");
    const H5D_layout_t layout = H5Pget_layout(how);
    if (layout == H5D_VIRTUAL) claim.elsewhere = "it is put together of other data sets";
    if (H5Pget_external_count(how) > 0) claim.elsewhere = "its values lie in another file";
    if (layout == H5D_CHUNKED) {
        Dims chunk(claim.dims.size());
        check(H5Pget_chunk(how, static_cast<int>(chunk.size()), chunk.data()), what);
        claim.chunk_bytes = product(chunk, size);
    }
    return claim;
}

bool plain_addresses(hid_t object) {
    const Handle file(H5Iget_file_id(object), H5Fclose, "file"),
        made(H5Fget_create_plist(file), H5Pclose, "file");
    hsize_t before = 0;
    std::size_t address = 0, length = 0;
    return H5Pget_userblock(made, &before) >= 0 && before == 0 &&
           H5Pget_sizes(made, &address, &length) >= 0 && address == 8 && length == 8;
}

}  // namespace snnsim::h5
