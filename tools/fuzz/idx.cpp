// The bytes are a file of images or labels, gzipped or not; the first says which.
#include "src/data/idx.hpp"

#include "tools/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static const std::string path = snnsim::fuzz::scratch(".idx");
    snnsim::fuzz::save(path, data + 1, size - 1);
    snnsim::fuzz::attempt(
        [&] { snnsim::parse_idx(snnsim::read_unpacked(path), path, data[0] % 2 ? 3 : 1); });
    return 0;
}
