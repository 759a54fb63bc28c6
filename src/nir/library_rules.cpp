#include "src/nir/library_rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace snnsim::nir {

const LibraryRules& rules_of(Library library) {
    static const std::array<LibraryRules, Names<Library>::values.size()> all{
        LibraryRules{.called = "NIR", .euler = false, .keeps_v_reset = true},
        LibraryRules{.called = "snnTorch",
                     .dt = 1e-4,
                     .lif = Gain::one,
                     .cuba = Gain::one,
                     .loops = false,
                     .thresholds_differ = false},
        LibraryRules{.called = "SpikingJelly",
                     .dt = 1e-4,
                     .fires = Fires::at,
                     .cuba = Gain::one,
                     .cells_differ = false,
                     .thresholds_differ = false},
        LibraryRules{
            .called = "Norse", .dt = 1e-3, .lif = Gain::one_minus_beta, .depth_first = true},
        LibraryRules{.called = "Sinabs",
                     .dt = 1.0,
                     .fires = Fires::at,
                     .reset = Reset::subtract,
                     .lif = Gain::one,
                     .euler = false,
                     .own_loops = false,
                     .loops = false,
                     .depth_first = true,
                     .after_loading =
                         "a cell of Sinabs sends several spikes in a step where its membrane is "
                         "several thresholds high: give the layers spike_fn = "
                         "sinabs.activation.SingleSpike after loading"},
    };
    return all[static_cast<std::size_t>(library)];
}

bool reads(Library library, const NodeKind& kind) {
    const std::string_view type = type_name(kind);
    const auto among = [&](std::initializer_list<const char*> types) {
        return std::find(types.begin(), types.end(), type) != types.end();
    };
    // A graph within is looked at node by node.
    if (among({"Input", "Output", "Affine", "Flatten", "Conv2d", "SumPool2d", "LIF", "NIRGraph"}))
        return true;
    switch (library) {
        case Library::definition:
            return true;
        case Library::snntorch:
            return among({"Linear", "AvgPool2d", "CubaLIF"});
        case Library::spikingjelly:
            return among({"Linear", "Conv1d", "AvgPool2d", "IF", "CubaLIF"});
        case Library::norse:
            return among({"Linear", "IF", "CubaLIF"});
        case Library::sinabs:
            return among({"LI"});
    }
    return false;
}

}  // namespace snnsim::nir
