#include "src/phases/outcome.hpp"

#include <algorithm>

#include "snnsim/dataset.hpp"
#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {
namespace {

/// Of samples of the user's own those that were shown, or predicted.
std::size_t classes_of(const SimulationSpec& spec, const PresentSpec& p, const Trials& trials) {
    if (p.patterns) return static_cast<std::size_t>(p.patterns->number);
    if (!spec.data || spec.data->set != DataSet::file) return 10;
    if (spec.trained && spec.shown) return static_cast<std::size_t>(spec.shown->classes);
    std::int32_t largest = 0;
    for (const auto* all : {&trials.label, &trials.prediction})
        largest = std::max(largest, *std::max_element(all->begin(), all->end()));
    return static_cast<std::size_t>(largest) + 1;
}

void add_predictions(const SimulationSpec& spec, const PresentSpec& p, const Trials& trials,
                     std::size_t first, std::size_t last, PhaseOutcome& out) {
    // While it learns, the first samples have nothing to be predicted by.
    out.running = p.running;
    const auto window = static_cast<std::size_t>(p.running);
    if (!p.evaluate && window == 0) return;
    const std::size_t from = p.evaluate ? first : std::min(last, first + window);
    if (from == last) return;
    out.classes = classes_of(spec, p, trials);
    out.confusion.assign(out.classes * out.classes, 0);
    std::uint64_t right = 0, right_in_window = 0;
    for (std::size_t k = from; k < last; ++k) {
        const std::int32_t label = trials.label[k], prediction = trials.prediction[k];
        right += label == prediction ? 1 : 0;
        right_in_window += label == prediction ? 1 : 0;
        if (prediction < 0) {
            ++out.unanswered;
        } else {
            ++out.confusion[static_cast<std::size_t>(label) * out.classes +
                            static_cast<std::size_t>(prediction)];
        }
        if (p.evaluate || (k + 1 - from) % window != 0) continue;
        out.running_accuracy.push_back(static_cast<double>(right_in_window) /
                                       static_cast<double>(window));
        right_in_window = 0;
    }
    out.accuracy = static_cast<double>(right) / static_cast<double>(last - from);
}

}  // namespace

std::vector<PhaseOutcome> phase_outcomes(const SimulationSpec& spec, const ProtocolState& state) {
    std::vector<PhaseOutcome> all;
    const std::size_t populations = spec.populations.size();
    std::size_t assigned = 0, trial = 0;
    for (std::size_t k = 0; k < state.log.start.size(); ++k) {
        const PhaseSpec& phase = spec.simulate.phases[k];
        PhaseOutcome out;
        out.name = phase.name;
        out.start = state.log.start[k] * spec.dt;
        const bool ended = k < state.log.stop.size();
        if (ended) {
            out.stop = state.log.stop[k] * spec.dt;
            const auto first =
                state.log.spikes.begin() + static_cast<std::ptrdiff_t>(k * populations);
            out.spikes.assign(first, first + static_cast<std::ptrdiff_t>(populations));
        }
        const std::size_t first = trial;
        std::uint64_t spikes = 0;
        for (; trial < state.trials.size() && state.trials.phase[trial] == k; ++trial) {
            spikes += state.trials.spikes[trial];
            out.shown_again += state.trials.repeats[trial];
        }
        out.samples = trial - first;
        if (out.samples > 0)
            out.mean_spikes = static_cast<double>(spikes) / static_cast<double>(out.samples);
        if (phase.present) {
            add_predictions(spec, *phase.present, state.trials, first, trial, out);
            if (phase.present->assign && ended) {
                const auto cells =
                    static_cast<std::ptrdiff_t>(spec.population(phase.present->responses).size);
                const auto at =
                    state.log.assignment.begin() + static_cast<std::ptrdiff_t>(assigned);
                out.assignment.assign(at, at + cells);
                assigned += static_cast<std::size_t>(cells);
            }
        }
        all.push_back(std::move(out));
    }
    return all;
}

}  // namespace snnsim
