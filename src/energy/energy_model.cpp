#include "src/energy/energy_model.hpp"

namespace snnsim {

OperationsPerSample per_sample(const Evaluation& test, const std::string& input) {
    OperationsPerSample sum;
    if (test.labels.empty()) return sum;
    const double share = 1.0 / static_cast<double>(test.labels.size());
    for (const PopulationActivity& a : test.activity) {
        if (a.population != input) sum.spikes += static_cast<double>(a.events) * share;
    }
    for (const ProjectionOperations& o : test.operations) {
        sum.dense += static_cast<double>(o.dense) * share;
        sum.macs += static_cast<double>(o.macs) * share;
        sum.acs += static_cast<double>(o.acs) * share;
    }
    return sum;
}

}  // namespace snnsim
