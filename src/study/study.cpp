#include "src/study/study.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/cli/progress.hpp"
#include "src/compare.hpp"
#include "src/data/idx.hpp"
#include "src/provenance.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/load_data.hpp"
#include "src/run/stopwatch.hpp"

extern char** environ;

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> overrides_of(const StudyCell& cell) {
    std::vector<std::string> all = cell.configuration.settings;
    all.push_back("seed=" + std::to_string(cell.seed));
    return all;
}

/// "standard-3f2a9c01d2e4b567.h5"
std::string file_of(const StudySpec& study, const StudyCell& cell, const ModelSpec& model) {
    std::string content = model.text + '\n' + program_version() + '\n';
    for (const std::string& o : overrides_of(cell)) content += o + '\n';
    if (model.real_targets()) content += input_files(model, load_data(model))[0];
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

/// The cells that are still to be run, some at a time, each as a call of this program.
class Runner {
  public:
    Runner(const StudySpec& study, const StudyOptions& options, const std::string& folder)
        : study_(study), options_(options), folder_(folder), display_(options.progress) {}

    void run(const std::vector<const StudyCell*>& cells, std::size_t in_all) {
        const InterruptGuard guard;
        const Timer timer;
        std::size_t next = 0, done = 0;
        display_.say(fmt::format("{}: {} cells, {} finished before\n", study_.name, in_all,
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
        const bool resumes = fs::exists(path) || fs::exists(partial_path(path));
        std::vector<std::string> words{"snnsim", "run"};
        if (resumes) {
            words.insert(words.end(), {"--resume", path});
        } else {
            words.push_back(study_.models[cell.configuration.model].path);
            for (const std::string& o : overrides_of(cell)) words.insert(words.end(), {"--set", o});
            words.insert(words.end(), {"-o", path});
        }
        const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        words.insert(words.end(),
                     {"--threads", std::to_string(std::max(1, cores / options_.jobs)), "--progress",
                      "none", "--backend", name_of(options_.backend), "--checkpoint-every", "60"});
        if (!options_.data_dir.empty())
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
            const pid_t child = waitpid(-1, &status, 0);
            const auto found = running_.find(child);
            if (found == running_.end()) continue;
            const StudyCell& cell = *found->second;
            running_.erase(found);
            if (!InterruptGuard::asked() && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
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
    /// The other cells keep their checkpoints.
    void stop_all() {
        for (const auto& [child, cell] : running_) kill(child, SIGTERM);
        for (const auto& [child, cell] : running_) waitpid(child, nullptr, 0);
        running_.clear();
    }

    const StudySpec& study_;
    const StudyOptions& options_;
    const std::string& folder_;
    ProgressDisplay display_;
    std::map<pid_t, const StudyCell*> running_;
};

bool is_finished(const std::string& path) {
    return fs::exists(path) && read_run(path).status == RunStatus::finished;
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
        if (p.trainable) cell.weights += there;
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

}  // namespace

StudyResult run_study(const std::string& path, const StudyOptions& options) {
    StudyResult result;
    result.spec = read_study(path);
    const StudySpec& study = result.spec;
    result.energy = read_energy_model(options.energy.empty() ? study.energy : options.energy);
    result.folder = options.output.empty() ? "runs/" + study.name : options.output;
    std::vector<ModelSpec> models;  // of each cell: every setting is checked before anything runs
    for (const Configuration& c : configurations(study)) {
        for (const std::uint64_t seed : study.seeds) {
            StudyCell& cell = result.cells.emplace_back();
            cell.configuration = c;
            cell.seed = seed;
            models.push_back(read_model(study.models[c.model].path, overrides_of(cell)));
            if (!models.back().test) {
                throw UsageError(study.models[c.model].path +
                                 " has no section `test`; a study compares test accuracies");
            }
            if (models.back().real_targets() != models.front().real_targets() ||
                (models.back().real_targets() && !study.targets.empty())) {
                throw UsageError(fmt::format(
                    "{}: {}", path,
                    study.targets.empty()
                        ? "models of classes and of real targets (data.set: file) do not compare"
                        : "targets are accuracies, which models of real targets (data.set: file) "
                          "do not have; leave `targets` out"));
            }
            cell.file = file_of(study, cell, models.back());
        }
    }
    fs::create_directories(result.folder);
    std::vector<const StudyCell*> left;
    for (const StudyCell& cell : result.cells) {
        if (!is_finished(result.folder + "/" + cell.file)) left.push_back(&cell);
    }
    Runner(study, options, result.folder).run(left, result.cells.size());
    for (std::size_t k = 0; k < result.cells.size(); ++k) {
        StudyCell& cell = result.cells[k];
        read_cell(cell, models[k], result.folder + "/" + cell.file, result.energy);
    }
    return result;
}

}  // namespace snnsim
