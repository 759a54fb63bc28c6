#include "src/network/stages.hpp"

#include <algorithm>

namespace snnsim {

std::vector<Stage> stages_of(const Network& network) {
    // A projection that goes back ties together all populations on its way.
    std::vector<Stage> stages;
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        Stage stage{k, k, false};
        for (const Projection& p : network.projections) {
            if (p.from != k || p.to > k) continue;
            stage.loop = true;
            stage.first = std::min(stage.first, p.to);
        }
        while (!stages.empty() && stages.back().last >= stage.first) {
            stage.first = std::min(stage.first, stages.back().first);
            stages.pop_back();
        }
        stages.push_back(stage);
    }
    return stages;
}

}  // namespace snnsim
