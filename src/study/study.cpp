#include "src/study/study.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>
#include <utility>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/data/idx.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/io/checkpoint_file.hpp"
#include "src/io/read_played_spikes.hpp"
#include "src/io/read_spikes.hpp"
#include "src/io/simulation_file.hpp"
#include "src/report/progress.hpp"
#include "src/run/compare.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/outputs.hpp"
#include "src/run/provenance.hpp"
#include "src/run/run_model.hpp"
#include "src/run/stopwatch.hpp"
#include "src/study/study_report.hpp"

extern char** environ;

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> overrides_of(const StudyCell& cell) {
    std::vector<std::string> all = cell.configuration.settings;
    all.push_back("seed=" + std::to_string(cell.seed));
    return all;
}

/// Of the files that a model names, but for data sets.
std::string content_of_files(const ModelSpec& model) {
    return fmt::format("{}", fmt::join(input_files(model), "\n"));
}
std::string content_of_files(const SimulationSpec& model) {
    return fmt::format("{}", fmt::join(input_files(load_inputs(model)), "\n"));
}

/// "standard-3f2a9c01d2e4b567.h5"
std::string file_of(const StudySpec& study, const StudyCell& cell, const AnyModel& model) {
    std::string content =
        std::visit([](const auto& m) { return m.text; }, model) + '\n' + program_version() + '\n';
    for (const std::string& o : overrides_of(cell)) content += o + '\n';
    content += std::visit([](const auto& m) { return content_of_files(m); }, model);
    return fmt::format("{}-{}.h5", study.models[cell.configuration.model].name,
                       sha256(content.data(), content.size()).substr(0, 16));
}

std::string last_lines(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    return all.size() < 2000 ? all : all.substr(all.size() - 2000);
}

bool reads_data(const AnyModel& model) {
    const auto* simulation = std::get_if<SimulationSpec>(&model);
    return !simulation || simulation->data;
}

/// The cells that are still to be run, some at a time, each as a call of this program.
class Runner {
  public:
    /// `models`: of each cell.
    Runner(const StudyResult& result, const std::vector<AnyModel>& models,
           const StudyOptions& options)
        : study_(result.spec),
          cells_(result.cells),
          models_(models),
          options_(options),
          folder_(result.folder),
          simulations_(result.simulations),
          display_(options.progress) {}

    void run(const std::vector<const StudyCell*>& cells, std::size_t in_all) {
        const InterruptGuard guard;
        watch_this_process();
        // Those that had the same Ctrl-C take no notice of a SIGHUP, unless there are to be none.
        stop_signal_ = guard.hears_hangups() ? SIGHUP : SIGTERM;
        const Timer timer;
        std::size_t next = 0, done = 0;
        display_.say(fmt::format("{}: {}, {} finished before\n", study_.name,
                                 counted(static_cast<std::int64_t>(in_all), "cell"),
                                 in_all - cells.size()));
        while (!running_.empty() || (next < cells.size() && !InterruptGuard::asked())) {
            while (next < cells.size() && !InterruptGuard::asked() &&
                   running_.size() < static_cast<std::size_t>(options_.jobs)) {
                start(*cells[next++]);
            }
            const StudyCell& cell = wait_for_one();
            if (InterruptGuard::asked()) continue;
            ++done;
            const double left = timer.seconds() / static_cast<double>(done) *
                                static_cast<double>(cells.size() - done);
            display_.say(fmt::format("{}/{}  {} {} seed {}  ETA {}\n", in_all - cells.size() + done,
                                     in_all, study_.models[cell.configuration.model].name,
                                     cell.configuration.label, cell.seed, duration_text(left)));
        }
        if (InterruptGuard::asked())
            throw InterruptedError("interrupted; the same command goes on with the study");
    }

  private:
    void start(const StudyCell& cell) {
        const std::string path = folder_ + "/" + cell.file;
        // A simulation that ended before its first checkpoint starts anew.
        const bool begun = fs::exists(path) || fs::exists(partial_path(path));
        const bool resumes = simulations_ ? fs::exists(checkpoint_path(path)) : begun;
        std::vector<std::string> words{"snnsim", "run"};
        if (resumes) {
            words.insert(words.end(), {"--resume", path});
        } else {
            words.push_back(study_.models[cell.configuration.model].path);
            for (const std::string& o : overrides_of(cell)) words.insert(words.end(), {"--set", o});
            words.insert(words.end(), {"-o", path});
            if (begun) words.push_back("--force");
        }
        const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        words.insert(words.end(),
                     {"--threads", std::to_string(std::max(1, cores / options_.jobs)), "--progress",
                      "none", "--backend", name_of(options_.backend), "--checkpoint-every", "60"});
        const AnyModel& model = models_[static_cast<std::size_t>(&cell - cells_.data())];
        if (options_.cuda_device >= 0)
            words.insert(words.end(), {"--device", std::to_string(options_.cuda_device)});
        if (!options_.data_dir.empty() && reads_data(model))
            words.insert(words.end(), {"--data-dir", options_.data_dir});
        running_[spawn(words, log_of(cell))] = &cell;
    }
    std::string log_of(const StudyCell& cell) const { return folder_ + "/" + cell.file + ".log"; }

    static pid_t spawn(std::vector<std::string> words, const std::string& log) {
        std::vector<char*> arguments;
        for (std::string& w : words) arguments.push_back(w.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0644);
        posix_spawn_file_actions_adddup2(&files, 2, 1);  // stdout is for the study's results
        pid_t child = 0;
        const int status =
            posix_spawn(&child, "/proc/self/exe", &files, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&files);
        if (status != 0) throw Error("cannot start a process for a cell of the study");
        return child;
    }

    const StudyCell& wait_for_one() {
        for (;;) {
            int status = 0;
            const pid_t child = waitpid(-1, &status, WNOHANG);
            if (InterruptGuard::asked() && !std::exchange(told_, true)) {
                for (const auto& [running, cell] : running_) kill(running, stop_signal_);
            }
            if (child == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
            const auto found = running_.find(child);
            if (found == running_.end()) continue;
            const StudyCell& cell = *found->second;
            running_.erase(found);
            const bool good = (WIFEXITED(status) && WEXITSTATUS(status) == 0) || has_failed(cell);
            if (!InterruptGuard::asked() && !good) {
                stop_all();
                throw Error(fmt::format(
                    "{} {} seed {} failed:\n{}", study_.models[cell.configuration.model].name,
                    cell.configuration.label, cell.seed, last_lines(log_of(cell))));
            }
            std::error_code ignored;
            fs::remove(log_of(cell), ignored);
            return cell;
        }
    }
    /// Whether the run came to an end that its file tells of: the others go on.
    bool has_failed(const StudyCell& cell) const {
        const std::string path = folder_ + "/" + cell.file;
        return simulations_ && fs::exists(path) &&
               simulation_origin(path).status == RunStatus::failed;
    }
    /// The other cells keep their checkpoints.
    void stop_all() {
        for (const auto& [child, cell] : running_) kill(child, SIGTERM);
        for (const auto& [child, cell] : running_) waitpid(child, nullptr, 0);
        running_.clear();
    }

    const StudySpec& study_;
    const std::vector<StudyCell>& cells_;
    const std::vector<AnyModel>& models_;
    const StudyOptions& options_;
    const std::string& folder_;
    const bool simulations_;
    ProgressDisplay display_;
    std::map<pid_t, const StudyCell*> running_;
    int stop_signal_ = SIGHUP;
    bool told_ = false;  // that they are to stop: a second time would kill them
};

/// A simulation that failed would again.
bool is_finished(const std::string& path, bool simulation) {
    if (!fs::exists(path)) return false;
    if (!simulation) return read_run(path).status == RunStatus::finished;
    const RunStatus status = simulation_origin(path).status;
    return status == RunStatus::finished || status == RunStatus::failed;
}

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

void read_cell(StudyCell& cell, const ModelSpec& model, const std::string& path,
               const EnergyModel& energy) {
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
}

void read_simulation(StudyCell& cell, const std::string& path, const StatsOptions& options) {
    const SimulationOrigin origin = simulation_origin(path);
    if (origin.status == RunStatus::failed) {
        cell.failed = origin.error;
    } else {
        cell.stats = run_stats(read_spikes(path), options);
    }
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

/// The tables of this study are made anew; those of another only with --force, and any other file
/// never.
void require_own_tables(const StudySpec& study, const StudyOptions& options,
                        const std::string& folder) {
    std::vector<InputFile> inputs{{study.path, "the study"}, {options.energy, "the energy model"}};
    for (const StudyModel& m : study.models) inputs.push_back({m.path, "a model of the study"});
    const std::string tables = folder + "/study.";
    require_no_input({tables + "md", tables + "csv", tables + "h5"}, inputs);
    const bool own = name_of_study(tables + "h5") == study.name;
    require_free(tables + "h5", own_study_file(), options.force || own);
    require_free(tables + "md", own_text("text of `snnsim study`", "# "), options.force || own);
    require_free(tables + "csv", own_text("table of `snnsim study`", "model,"),
                 options.force || own);
}

/// An option that would change nothing is a mistake.
void require_options_used(const StudySpec& study, const StudyOptions& options,
                          const std::vector<AnyModel>& models) {
    if (!options.energy.empty() && std::holds_alternative<SimulationSpec>(models.front()))
        throw UsageError("--energy is for trainings, and the models of " + study.path +
                         " are simulations; leave it out");
    if (!options.data_dir.empty() && std::none_of(models.begin(), models.end(), reads_data))
        throw UsageError("--data-dir has no effect: no model of " + study.path +
                         " reads a data set; leave it out");
}

}  // namespace

StudyResult run_study(const std::string& path, const StudyOptions& options) {
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
            cell.file = file_of(study, cell, models.back());
        }
    }
    if (models.empty()) throw UsageError(study.path + " names no models");
    result.simulations = std::holds_alternative<SimulationSpec>(models.front());
    require_options_used(study, options, models);
    require_own_tables(study, options, result.folder);
    fs::create_directories(result.folder);
    std::vector<const StudyCell*> left;
    for (const StudyCell& cell : result.cells) {
        if (!is_finished(result.folder + "/" + cell.file, result.simulations))
            left.push_back(&cell);
    }
    Runner(result, models, options).run(left, result.cells.size());
    for (std::size_t k = 0; k < result.cells.size(); ++k) {
        StudyCell& cell = result.cells[k];
        const std::string file = result.folder + "/" + cell.file;
        if (const auto* training = std::get_if<ModelSpec>(&models[k])) {
            read_cell(cell, *training, file, result.energy);
        } else {
            read_simulation(cell, file, study.stats);
        }
    }
    return result;
}

}  // namespace snnsim
