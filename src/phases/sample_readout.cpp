#include "src/phases/sample_readout.hpp"

#include <algorithm>
#include <vector>

#include "kernels/training/losses.hpp"
#include "snnsim/model_spec.hpp"
#include "src/model/prediction.hpp"

namespace snnsim {

SampleReadout::SampleReadout(const SimulationSpec& spec, int classes)
    : spec_(spec), output_(spec.population_index(spec.trained->output)) {
    cells_ = static_cast<std::size_t>(spec.populations[output_].size);
    classes_ = classes > 0 ? std::min(cells_, static_cast<std::size_t>(classes)) : cells_;
    steps_ = static_cast<std::size_t>(spec.trained->model->steps());
    depth_ = spec.populations[output_].depth;
}

void SampleReadout::start_step(ReadoutState& state, std::int64_t place) const {
    if (place > 0) return;
    const std::size_t panels = (cells_ + panel_width - 1) / panel_width;
    state.output.assign(panels * steps_ * panel_width, 0.0f);
    state.spikes = 0;
}

void SampleReadout::take(ReadoutState& state, std::int64_t place, std::uint32_t cell,
                         float value) const {
    const std::size_t panel = cell / panel_width;
    state.output[(panel * steps_ + static_cast<std::size_t>(place)) * panel_width +
                 cell % panel_width] = value;
}

SampleReadout::Answer SampleReadout::answer(ReadoutState& state) const {
    const ModelSpec& model = *spec_.trained->model;
    const Loss loss = model.train ? model.loss_of(spec_.trained->output).loss
                                  : loss_of(prediction_of(model, spec_.trained->output));
    if (is_real(loss)) return {-1, state.spikes};
    const std::int32_t label = 0;
    const std::uint32_t sample = 0;
    float ignored = 0.0f;
    std::int32_t prediction = 0;
    std::vector<float> logits(2 * classes_);
    SampleLoss{{1, steps_},
               classes_,
               static_cast<Readout>(loss),
               {state.output.data()},
               {},
               logits.data(),
               &label,
               nullptr,
               &sample,
               &ignored,
               &prediction}(0);
    return {prediction, state.spikes};
}

}  // namespace snnsim
