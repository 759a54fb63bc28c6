// The bytes are a model file, of any kind, a search file, or a file of `snnsim evolve`.
#include "snnsim/read_model.hpp"
#include "src/evolve/read_evolve.hpp"
#include "src/memory/read_hopfield.hpp"
#include "src/search/read_search.hpp"
#include "tools/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    snnsim::fuzz::attempt([&] { snnsim::parse_any_model(text, "model.yaml"); }, text);
    if (text.find("hopfield") != text.npos)
        snnsim::fuzz::attempt([&] { snnsim::parse_hopfield(text, "model.yaml", {}); }, text);
    if (text.find("evolve") != text.npos)
        snnsim::fuzz::attempt([&] { snnsim::parse_evolve(text, "evolve.yaml"); }, text);
    if (text.find("vary") == text.npos) return 0;
    snnsim::fuzz::attempt(
        [&] {
            for (const auto& v : snnsim::parse_search(text, "search.yaml").vary) {
                const snnsim::VariedRange range(v);
                if (range.count() == 0) (void)range.value(1.5);
            }
        },
        text);
    return 0;
}
