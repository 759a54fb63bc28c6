#include "src/study/cell_result.hpp"

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/energy/simulation_counts.hpp"
#include "src/io/counts.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/read_spikes.hpp"
#include "src/io/simulation_file.hpp"

namespace snnsim {
namespace {

double bytes_of_weight(const ModelSpec& model) {
    const bool whole = model.test && model.test->quantize;
    return whole ? static_cast<double>(model.test->quantize->bits) / 8.0 : sizeof(float);
}
/// Floats that neurons keep from step to step.
double states_of(const ModelSpec& model) {
    double sum = 0.0;
    for (const PopulationSpec& p : model.populations) {
        NeuronModels::visit(p.neuron, [&]<class M>(const auto&) {
            if constexpr (NeuronModel<M>) {
                if (!std::is_empty_v<typename M::State>)
                    sum += static_cast<double>(p.size) * sizeof(typename M::State) / sizeof(float);
            }
        });
    }
    return sum;
}

CellResult training_result(const std::string& path, const ModelSpec& model,
                           const EnergyModel& energy) {
    CellResult cell;
    const RunRecord run = read_run(path);
    if (!run.test) throw FileError(path + " holds no test");
    cell.accuracy = run.test->accuracy;
    cell.error = run.test->error;
    cell.cost = image_cost(model, run.test->counts);
    cell.energy = image_energy(model, cell.cost, energy);
    cell.training = training_cost(run.train_counts);
    cell.int8 = tested_in_int8(model) && energy.of_int8;
    for (const Projection& p : run.network.projections) {
        const std::size_t there = p.weights.size() - static_cast<std::size_t>(std::count(
                                                         p.weights.begin(), p.weights.end(), 0.0f));
        if (p.weights_learn()) cell.weights += there;
        cell.footprint += static_cast<double>(there) * bytes_of_weight(model) +
                          static_cast<double>(p.bias.size()) * sizeof(float);
    }
    cell.footprint += states_of(model) * sizeof(float);
    cell.steps = model.steps();
    cell.test_samples = run.test->samples();
    cell.measured = run.measured;
    const auto seconds = [&](const char* phase) {
        const auto at = run.seconds.find(phase);
        return at == run.seconds.end() ? 0.0 : at->second;
    };
    cell.train_seconds = seconds("train");
    cell.test_seconds = seconds("test");
    cell.test_epoch = run.curves.test_epoch;
    cell.test_accuracy = run.curves.test_accuracy;
    cell.test_error = run.curves.test_error;
    return cell;
}

/// What phases predicted, and what it cost.
void read_work(CellResult& cell, const std::string& path, const SimulationSpec& model,
               const EnergyModel& energy) {
    const h5::Handle root = h5::open_to_read(path);
    double last = -1.0;
    const bool phases = h5::exists(root, "phases");
    for (const std::string& name :
         phases ? h5::children(root, "phases") : std::vector<std::string>{}) {
        const h5::Handle phase = h5::open_group(root, "phases/" + name);
        if (!h5::has_attribute(phase, "accuracy")) continue;
        const auto start = h5::read_number<double>(phase, "start");
        if (start < last) continue;
        last = start;
        cell.accuracy = h5::read_number<double>(phase, "accuracy");
    }
    if (!h5::exists(root, "energy/simulate")) return;
    cell.cost = image_cost(inputs_of(model), read_counts(root, "energy/simulate"));
    cell.energy = image_energy(cell.cost, energy);
}

CellResult simulation_result(const std::string& path, const SimulationSpec& model,
                             const EnergyModel& energy, const StatsOptions& options) {
    CellResult cell;
    const SimulationOrigin origin = simulation_origin(path);
    if (origin.status == RunStatus::failed) {
        cell.failed = origin.error;
        return cell;
    }
    cell.stats = run_stats(read_spikes(path), options);
    read_work(cell, path, model, energy);
    return cell;
}

}  // namespace

CellResult read_cell_result(const std::string& path, const AnyModel& model,
                            const EnergyModel& energy, const StatsOptions& stats) {
    const auto* training = std::get_if<ModelSpec>(&model);
    return training ? training_result(path, *training, energy)
                    : simulation_result(path, std::get<SimulationSpec>(model), energy, stats);
}

std::optional<std::vector<std::string>> inputs_of_finished(const std::string& path,
                                                           bool simulation) {
    if (!std::filesystem::exists(path)) return {};
    if (!simulation) {
        RunRecord run = read_run(path);
        if (run.status != RunStatus::finished) return {};
        return std::move(run.provenance.inputs);
    }
    SimulationOrigin origin = simulation_origin(path);
    if (origin.status != RunStatus::finished && origin.status != RunStatus::failed) return {};
    return std::move(origin.inputs);
}

}  // namespace snnsim
