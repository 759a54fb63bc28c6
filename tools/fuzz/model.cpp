// The bytes are a model file.
#include "snnsim/read_model.hpp"
#include "tools/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    snnsim::fuzz::attempt([&] { snnsim::parse_any_model(text, "model.yaml"); }, text);
    return 0;
}
