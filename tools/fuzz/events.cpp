// The bytes are a recording of events, or the trials of one; the first says of which format.
#include <vector>

#include "src/events/aedat2.hpp"
#include "src/events/aedat3.hpp"
#include "src/events/nmnist.hpp"
#include "src/events/trials.hpp"
#include "tools/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace snnsim;
    if (size == 0) return 0;
    // A copy, so that a read behind its end is found.
    const std::vector<std::uint8_t> bytes(data + 1, data + size);
    const InvalidEvents invalid = data[0] & 64 ? InvalidEvents::keep : InvalidEvents::drop;
    const std::string path = "recording";
    const auto read = [&] {
        switch (data[0] % 8) {
            case 0:
                read_nmnist(bytes, path, {34, 34}, TimeMarks::add);
                break;
            case 1:
                read_aedat3(bytes, path, {128, 128}, {Slots::used, invalid});
                break;
            case 2:
                read_aedat3(bytes, path, {128, 128}, {Slots::all, invalid});
                break;
            case 3:
                read_aedat2(bytes, path, {Camera::dvs128, AddressLayout::spikingjelly, invalid});
                break;
            case 4:
                read_aedat2(bytes, path, {Camera::davis346, AddressLayout::tonic, invalid});
                break;
            default: {
                static const std::string trials = fuzz::scratch("_labels.csv");
                fuzz::save(trials, bytes.data(), bytes.size());
                read_trials(trials);
            }
        }
    };
    // A message may quote the bytes.
    fuzz::attempt(read, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return 0;
}
