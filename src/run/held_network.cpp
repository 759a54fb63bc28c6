#include "src/run/held_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/taken_weights.hpp"
#include "src/plan/choose_backend.hpp"
#include "src/run/fixed_grid.hpp"
#include "src/run/start.hpp"
#include "src/training/loop.hpp"

namespace snnsim {

HeldNetwork::HeldNetwork(const std::string& run, const RunOptions& options)
    : threads_(threads_of(options)), options_(options) {
    const RunRecord record = read_run(run);
    if (record.status != RunStatus::finished)
        throw UsageError(
            fmt::format("{} is no finished run (status: {}): only a network that is "
                        "trained can be shown samples",
                        run, name_of(record.status)));
    const Provenance& from = record.provenance;
    std::vector<std::string> overrides = from.overrides;
    overrides.insert(overrides.end(), options.overrides.begin(), options.overrides.end());
    spec_ = parse_model(from.model_text, from.model_path, overrides);
    put_weights(run, spec_);
    network_ = compile(spec_);
    classes_ = record.test && record.test->by_name.empty() && !record.test->error
                   ? record.classes
                   : static_cast<int>(network_.populations[network_.output(0)].size);
    spec_.data.set = DataSet::file;
    spec_.data.train_samples = 1;  // the trainer's set, of which nothing is shown
    spec_.data.test_samples = 0;
    spec_.data.test_share = 0.0;
    spec_.data.groups.clear();
    spec_.record.clear();
    hold_nothing_out(spec_);
    if (!spec_.test) spec_.test.emplace();
    if (spec_.test->quantize)
        throw UsageError(
            fmt::format("{} was tested with whole numbers (test.quantize), which are "
                        "found with its training samples: use `snnsim test`",
                        run));
}

std::optional<Evaluation> HeldNetwork::evaluate(const SampleArrays& samples, RunWatcher* watcher,
                                                const std::vector<RecordSpec>& record) {
    for (const Projection& p : network_.projections) {
        for (const auto& [what, values] :
             {std::pair{"weights", &p.weights}, std::pair{"bias", &p.bias}}) {
            const auto wrong = std::find_if(values->begin(), values->end(),
                                            [](float v) { return !std::isfinite(v); });
            if (wrong != values->end())
                throw UsageError(fmt::format("{}[\"{}\"] has {} at {} (from 0)", what, p.name,
                                             *wrong, wrong - values->begin()));
        }
    }
    ModelSpec spec = spec_;
    show_arrays(std::make_shared<const SampleArrays>(samples), spec);
    const Dataset data = load_data(spec);
    Network shown = network_;
    for (Projection& p : shown.projections) {
        for (std::size_t k = 0; k < p.connected.size(); ++k) {
            if (!p.connected[k]) p.weights[k] = 0.0f;
        }
    }
    shown.shown = data.train.form;
    for (std::size_t k = 0; k < shown.more_inputs.size(); ++k)
        shown.more_inputs[k].shown = data.train.input(k + 1).form;
    const DeviceChoice choice = choose_backend(spec, {1, data.test.count},
                                               {options_.backend, options_.cuda_device}, threads_);
    TrainerOptions how{spec.train.value_or(TrainSpec{}), spec.seed, threads_, choice.cuda.number};
    how.train.batch = 1;
    how.train.losses.clear();
    set_losses(spec, data, how.train);
    const std::unique_ptr<Trainer> trainer = make_trainer(choice.backend, shown, how);
    trainer->load(data);
    if (spec.test->arithmetic == Arithmetic::fixed) trainer->fix(fixed_grid(spec, data, shown));
    std::vector<std::uint32_t> all(static_cast<std::size_t>(data.test.count));
    std::iota(all.begin(), all.end(), 0u);
    const StopRequest stop = [&] { return watcher && watcher->stops(); };
    return evaluate_until(stop, *trainer, all,
                          {.test_set = true, .batch = spec.test->batch, .record = record});
}

}  // namespace snnsim
