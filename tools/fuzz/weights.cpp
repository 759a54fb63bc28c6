// The bytes are a file of weights: .npy or .npz, as the first says.
#include "src/io/read_weights.hpp"
#include "tools/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static const std::string npy = snnsim::fuzz::scratch(".npy"),
                             npz = snnsim::fuzz::scratch(".npz");
    const std::string& path = data[0] % 2 == 0 ? npz : npy;
    snnsim::fuzz::save(path, data + 1, size - 1);
    const snnsim::WeightShape shape{"a_to_b", "a", "b", 4, 6, {6, 2, 1, 2}};
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    using snnsim::fuzz::attempt;
    attempt(
        [&] {
            snnsim::FileWeights weights = snnsim::read_weights(path, "", shape);
            snnsim::make_dense(weights, shape);
        },
        text);
    attempt([&] { snnsim::read_bias(path, "", shape); }, text);
    attempt([&] { snnsim::read_weights(path, "f4", shape); }, text);
    if (&path == &npz) attempt([&] { snnsim::list_weights(path); }, text);
    return 0;
}
