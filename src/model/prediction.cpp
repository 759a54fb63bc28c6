#include "src/model/prediction.hpp"

#include "src/model/checks.hpp"

namespace snnsim {

Prediction prediction_of(const ModelSpec& spec, const std::string& output) {
    if (spec.test && spec.test->prediction != Prediction::automatic) return spec.test->prediction;
    for (const PopulationSpec& p : spec.populations) {
        if (p.name == output && has_threshold_of(p)) return Prediction::count;
    }
    return Prediction::last;
}

Loss loss_of(Prediction prediction) {
    switch (prediction) {
        case Prediction::count:
            return Loss::cross_entropy_count;
        case Prediction::max:
            return Loss::cross_entropy_max;
        case Prediction::mean:
            return Loss::cross_entropy_mean;
        case Prediction::last:
        case Prediction::automatic:
            break;
    }
    return Loss::cross_entropy_last;
}

}  // namespace snnsim
