#include "src/io/write_phases.hpp"

#include "snnsim/cell_values.hpp"
#include "src/phases/outcome.hpp"

namespace snnsim {
namespace {

void write_trials(hid_t file, const Trials& t, double dt) {
    h5::make_group(file, "trials");
    const auto write_times = [&](const char* name, const std::vector<std::uint32_t>& steps) {
        std::vector<double> times;
        for (const std::uint32_t step : steps) times.push_back(step * dt);
        h5::write_vector(file, name, times, "ms");
    };
    write_times("trials/start", t.start);
    write_times("trials/stop", t.stop);
    h5::write_vector(file, "trials/phase", t.phase, "1");
    h5::write_vector(file, "trials/sample", t.sample, "1");
    h5::write_vector(file, "trials/label", t.label, "1");
    h5::write_vector(file, "trials/prediction", t.prediction, "1");
    h5::write_vector(file, "trials/repeats", t.repeats, "1");
    h5::write_vector(file, "trials/spikes", t.spikes, "1");
}

void write_outcome(hid_t file, const PhaseOutcome& p) {
    const std::string path = "phases/" + p.name;
    const h5::Handle g = h5::make_group(file, path);
    h5::write_number(g, "start", p.start);
    if (p.stop) h5::write_number(g, "stop", *p.stop);
    h5::write_number(g, "samples", p.samples);
    h5::write_number(g, "shown_again", p.shown_again);
    if (!p.spikes.empty()) h5::write_vector(file, path + "/spikes", p.spikes, "1");
    if (!p.assignment.empty()) h5::write_vector(file, path + "/assignment", p.assignment, "1");
    if (!p.accuracy) return;
    h5::write_number(g, "accuracy", *p.accuracy);
    h5::write_number(g, "unanswered", p.unanswered);
    h5::write_vector(file, path + "/confusion", p.confusion, "1", {p.classes, p.classes});
    if (p.running_accuracy.empty()) return;
    h5::write_number(g, "running", p.running);
    h5::write_vector(file, path + "/running_accuracy", p.running_accuracy, "1");
}

/// The states of all cells at the end: thresholds that have adapted are among them.
void write_final(hid_t file, const CellPopulationSpec& p, const std::vector<float>& states) {
    const auto cells = static_cast<std::size_t>(p.size);
    for (const CellValue& v : cell_values(p)) {
        if (v.kind != CellValue::Kind::state) continue;
        const auto first = states.begin() + static_cast<std::ptrdiff_t>(v.index * cells);
        h5::write_vector(file, "final/" + p.name + "/" + v.name,
                         std::vector<float>(first, first + static_cast<std::ptrdiff_t>(cells)),
                         v.unit.empty() ? "1" : v.unit);
    }
}

}  // namespace

void write_phases(hid_t file, const SimulationSpec& spec, const ProtocolState& state,
                  const std::vector<std::vector<float>>& final_states) {
    for (const char* name : {"trials", "phases", "final"}) h5::remove_link(file, name);
    write_trials(file, state.trials, spec.dt);
    std::vector<std::string> names;
    const h5::Handle g = h5::make_group(file, "phases");
    for (const PhaseOutcome& p : phase_outcomes(spec, state)) {
        write_outcome(file, p);
        names.push_back(p.name);
    }
    h5::write_texts(g, "phases", names);
    for (std::size_t p = 0; p < final_states.size(); ++p)
        write_final(file, spec.populations[p], final_states[p]);
}

}  // namespace snnsim
