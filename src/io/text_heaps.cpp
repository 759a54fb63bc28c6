#include "src/io/text_heaps.hpp"

#include <cstring>
#include <vector>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/hdf5_contents.hpp"

namespace snnsim::h5 {
namespace {

// "Global heap" in HDF5's file format specification, 3.0: numbers are little-endian.
constexpr std::uint64_t heap_header = 16, object_header = 16, text_bytes = 16;

template <class T>
T number_at(const std::vector<char>& bytes, std::uint64_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    return value;
}
[[noreturn]] void fail() {
    throw FileError("its texts do not lie where it says: it is damaged");
}

}  // namespace

TextHeaps::TextHeaps(const std::string& path)
    : file_(path, std::ios::binary), size_(size_of_input(path)), left_(size_) {}

void TextHeaps::read(std::uint64_t offset, void* out, std::uint64_t bytes) {
    if (offset > size_ || bytes > size_ - offset) fail();
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    if (!file_.read(static_cast<char*>(out), static_cast<std::streamsize>(bytes))) fail();
}

const TextHeaps::Heap& TextHeaps::heap(std::uint64_t address) {
    if (const auto known = heaps_.find(address); known != heaps_.end()) return known->second;
    std::vector<char> bytes(heap_header);
    read(address, bytes.data(), heap_header);
    const auto size = number_at<std::uint64_t>(bytes, 8);
    // None lies in another, so that all together are no more than the file.
    if (std::memcmp(bytes.data(), "GCOL\1", 5) != 0 || size < heap_header || size > left_) fail();
    left_ -= size;
    bytes.resize(size);
    read(address, bytes.data(), size);
    Heap objects;  // kept where all of it is sound
    for (std::uint64_t at = heap_header; size - at >= object_header;) {
        const auto object = number_at<std::uint16_t>(bytes, at);
        const auto length = number_at<std::uint64_t>(bytes, at + 8);
        if (object == 0) {  // what is free, with its header
            if (length < object_header || length > size - at) fail();
            at += length;
            continue;
        }
        const std::uint64_t room = size - at - object_header;
        if (length > room || (length + 7) / 8 * 8 > room) fail();
        if (!objects.emplace(object, length).second) fail();
        at += object_header + (length + 7) / 8 * 8;
    }
    return heaps_.emplace(address, std::move(objects)).first->second;
}

void TextHeaps::check(hid_t parent, const std::string& name) {
    const Handle set(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), H5Dclose, name);
    const Handle type(H5Dget_type(set), H5Tclose, name), space(H5Dget_space(set), H5Sclose, name);
    const Handle how(H5Dget_create_plist(set), H5Pclose, name);
    if (H5Tis_variable_str(type) <= 0 || H5Pget_layout(how) != H5D_CONTIGUOUS ||
        !plain_addresses(set))
        return;
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const haddr_t at = H5Dget_offset(set);
    if (count <= 0 || at == HADDR_UNDEF) return;  // never written: empty texts
    const Handle letter(H5Tget_super(type), H5Tclose, name);
    if (static_cast<std::uint64_t>(count) > size_ / text_bytes || H5Tget_size(letter) != 1 ||
        H5Dget_storage_size(set) != static_cast<std::uint64_t>(count) * text_bytes)
        fail();
    std::vector<char> texts(static_cast<std::uint64_t>(count) * text_bytes);
    read(at, texts.data(), texts.size());
    for (std::uint64_t k = 0; k < texts.size(); k += text_bytes) {
        const auto length = number_at<std::uint32_t>(texts, k);
        const auto address = number_at<std::uint64_t>(texts, k + 4);
        if (length == 0 || address == 0) continue;
        const Heap& objects = heap(address);
        const auto object = objects.find(number_at<std::uint32_t>(texts, k + 12));
        if (object == objects.end() || length > object->second) fail();
    }
}

}  // namespace snnsim::h5
