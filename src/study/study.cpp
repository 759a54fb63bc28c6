#include "src/study/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/inputs/load_data.hpp"
#include "src/report/progress.hpp"
#include "src/run/compare.hpp"
#include "src/run/run_model.hpp"
#include "src/run/stopwatch.hpp"
#include "src/study/study_report.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> overrides_of(const StudyCell& cell) {
    std::vector<std::string> all = cell.configuration.settings;
    all.push_back("seed=" + std::to_string(cell.seed));
    return all;
}

CellRun run_of(const StudyResult& study, const StudyCell& cell, const AnyModel& model) {
    return {study.spec.models[cell.configuration.model].path, overrides_of(cell),
            study.folder + "/" + cell.file, study.simulations, reads_data(model)};
}

std::string failure_of(const StudySpec& study, const StudyCell& cell) {
    return fmt::format("{} failed:\n{}", name_of(study, cell), cell.failed);
}

/// A cell's name does not tell the samples of a set that lies in a folder.
void require_same_samples(SampleCheck& samples, const AnyModel& model, const std::string& file,
                          const std::vector<std::string>& inputs) {
    const auto* const training = std::get_if<ModelSpec>(&model);
    if (training && samples.differ(*training, inputs))
        throw UsageError(fmt::format(
            "{} was made with other samples of {} than those that are found now; name their folder "
            "with --data-dir, or another folder of the study with -o",
            file, name_of(training->data.set)));
}

/// Runs the cells that are still to be run; those that fail say how in `failed`.
void run_cells(StudyResult& study, const std::vector<AnyModel>& models,
               const ManyRunsOptions& options) {
    std::vector<CellRun> runs;
    std::vector<StudyCell*> cells;
    SampleCheck samples(options.data_dir);
    for (std::size_t k = 0; k < study.cells.size(); ++k) {
        StudyCell& cell = study.cells[k];
        const std::string file = study.folder + "/" + cell.file;
        if (const auto inputs = inputs_of_finished(file, study.simulations)) {
            require_same_samples(samples, models[k], file, *inputs);
            continue;
        }
        cells.push_back(&cell);
        runs.push_back(run_of(study, cell, models[k]));
    }
    ProgressDisplay display(options.progress);
    const std::size_t all = study.cells.size(), before = all - cells.size();
    display.say(fmt::format("{}: {}, {} finished before\n", study.spec.name,
                            counted(static_cast<std::int64_t>(all), "cell"), before));
    const Timer timer;
    std::size_t done = 0;
    CellRunner runner(options);
    const bool ended = runner.run(runs, [&](std::size_t k, const std::string& failure) {
        StudyCell& cell = *cells[k];
        cell.failed = failure;
        ++done;
        if (!failure.empty()) display.say("warning: " + failure_of(study.spec, cell) + '\n');
        const double left =
            timer.seconds() / static_cast<double>(done) * static_cast<double>(cells.size() - done);
        display.say(fmt::format("{}/{}  {}  ETA {}\n", before + done, all,
                                name_of(study.spec, cell), duration_text(left)));
    });
    if (!ended) throw InterruptedError("interrupted; the same command goes on with the study");
}

/// What cannot stand in one study. `first` is the model of its first cell.
void check_together(const StudySpec& study, const std::string& path, const AnyModel& model,
                    const AnyModel& first) {
    if (model.index() != first.index())
        throw UsageError(study.path +
                         ": trainings and simulations do not compare; make two studies");
    const auto* training = std::get_if<ModelSpec>(&model);
    if (!training) {
        if (!study.targets.empty())
            throw UsageError(study.path +
                             ": targets are accuracies, which simulations do not have; leave "
                             "`targets` out");
        return;
    }
    if (!training->test) {
        throw UsageError(path + " has no section `test`; a study compares test accuracies");
    }
    if (training->real_targets() != std::get<ModelSpec>(first).real_targets() ||
        (training->real_targets() && !study.targets.empty())) {
        throw UsageError(fmt::format(
            "{}: {}", study.path,
            study.targets.empty()
                ? "models of classes and of real targets (data.set: file) do not compare"
                : "targets are accuracies, which models of real targets (data.set: file) do not "
                  "have; leave `targets` out"));
    }
}

/// An option that would change nothing is a mistake.
void require_options_used(const StudySpec& study, const ManyRunsOptions& options,
                          const std::vector<AnyModel>& models) {
    if (!options.energy.empty() && std::holds_alternative<SimulationSpec>(models.front()))
        throw UsageError("--energy is for trainings, and the models of " + study.path +
                         " are simulations; leave it out");
    if (!options.data_dir.empty() && std::none_of(models.begin(), models.end(), reads_data))
        throw UsageError("--data-dir has no effect: no model of " + study.path +
                         " reads a data set; leave it out");
}

}  // namespace

std::string name_of(const StudySpec& study, const StudyCell& cell) {
    return fmt::format("{} {} seed {}", study.models[cell.configuration.model].name,
                       cell.configuration.label, cell.seed);
}

StudyResult run_study(const std::string& path, const ManyRunsOptions& options) {
    StudyResult result;
    result.spec = read_study(path);
    const StudySpec& study = result.spec;
    result.energy = read_energy_model(options.energy.empty() ? study.energy : options.energy);
    result.folder = options.output.empty() ? "runs/" + study.name : options.output;
    std::vector<AnyModel> models;  // of each cell: every setting is checked before anything runs
    for (const Configuration& c : configurations(study)) {
        for (const std::uint64_t seed : study.seeds) {
            StudyCell& cell = result.cells.emplace_back();
            cell.configuration = c;
            cell.seed = seed;
            const std::string& file = study.models[c.model].path;
            models.push_back(read_any_model(file, overrides_of(cell), read_run_model));
            check_together(study, file, models.back(), models.front());
            cell.file = cell_file(study.models[c.model].name, models.back(), overrides_of(cell));
        }
    }
    if (models.empty()) throw UsageError(study.path + " names no models");
    result.simulations = std::holds_alternative<SimulationSpec>(models.front());
    require_options_used(study, options, models);
    std::vector<InputFile> inputs{{study.path, "the study"}, {options.energy, "the energy model"}};
    for (const StudyModel& m : study.models) inputs.push_back({m.path, "a model of the study"});
    ResultTables{result.folder, "study", study.name, "model"}.require_own(inputs, options.force);
    fs::create_directories(result.folder);
    run_cells(result, models, options);
    std::vector<StudyCell> finished;
    for (std::size_t k = 0; k < result.cells.size(); ++k) {
        StudyCell& cell = result.cells[k];
        if (!cell.failed.empty()) {
            result.failed.push_back(std::move(cell));
            continue;
        }
        const std::string file = result.folder + "/" + cell.file;
        static_cast<CellResult&>(cell) =
            read_cell_result(file, models[k], result.energy, study.stats);
        finished.push_back(std::move(cell));
    }
    if (finished.empty()) throw Error(failure_of(study, result.failed.front()));
    result.cells = std::move(finished);
    return result;
}

}  // namespace snnsim
