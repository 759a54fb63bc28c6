#include "src/evolve/evolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <numeric>

#include "snnsim/error.hpp"
#include "src/device/choose_device.hpp"
#include "src/evolve/circuit_population.hpp"
#include "src/evolve/generation_journal.hpp"
#include "src/evolve/read_evolve.hpp"
#include "src/report/progress.hpp"
#include "src/run/compare.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/outputs.hpp"
#include "src/study/many_runs.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<CircuitRunner> make_runner(const EvolveOptions& options) {
    // No GPU has measured such circuits: without being asked, a device is not taken.
    const Device wanted = options.backend == Device::automatic && options.cuda_device < 0
                              ? Device::cpu
                              : options.backend;
    const DeviceChoice choice = choose_device({wanted, options.cuda_device},
                                              this_machine(options.threads), [] { return Plan{}; });
    if (choice.backend == Device::cpu) return make_cpu_circuit_runner(options.threads);
    use_cuda_device(choice.cuda.number);
    return make_cuda_circuit_runner();
}

class Evolution {
  public:
    Evolution(const std::string& path, const EvolveOptions& options)
        : options_(options), display_(options.progress) {
        result_.file = read_evolve(path);
        result_.folder = options.output.empty() ? "runs/" + result_.file.name : options.output;
        result_.ends = ends_of(spec());
        runner_ = make_runner(options);
        result_.backend = runner_->name();
        const ResultTables tables{result_.folder, "evolve", result_.file.name, "generation"};
        const bool begun = !fs::exists(tables.path(".h5")) && fs::exists(journal_path());
        tables.require_own({{path, "the evolution"}}, options.force || begun);
        fs::create_directories(result_.folder);
    }

    EvolveResult run() {
        const OutputClaim claim(result_.folder + "/evolve.h5");
        GenerationJournal journal(journal_path(), result_.file, options_.force);
        const InterruptGuard guard;
        display_.say(fmt::format("{}: {} by {}, {} circuits, {}\n", result_.file.name,
                                 name_of(spec().task), name_of(spec().method), spec().population,
                                 result_.backend));
        const auto population = make_circuit_population(result_.file, result_.ends);
        const auto generations = static_cast<std::size_t>(spec().generations);
        for (std::size_t g = 0; g < generations && !result_.reached; ++g) {
            if (InterruptGuard::asked())
                throw InterruptedError("interrupted; the same command goes on with the evolution");
            const GenerationEntry* known = journal.find(g);
            if (!known) {
                journal.add(evaluated(population->genomes(), g));
                known = journal.find(g);
            }
            take(*population, *known, g);
            display_.show_share(result_.file.name,
                                static_cast<double>(g + 1) / static_cast<double>(generations),
                                seconds());
            if (!result_.reached && g + 1 < generations) population->tell(known->fitness);
        }
        test_winner();
        return std::move(result_);
    }

  private:
    const EvolveSpec& spec() const { return result_.file.evolve; }
    std::string journal_path() const { return result_.folder + "/generations.txt"; }
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    }
    double fitness_of(const TaskScore& score) const {
        return score.fitness - spec().energy_weight * score.spikes;
    }

    GenerationEntry evaluated(const std::vector<Genome>& genomes, std::size_t generation) {
        const TrialSet trials =
            trials_of(spec(), trial_count(spec()),
                      evolve_draws(result_.file.seed, EvolveDraws::trials, generation));
        CircuitSet circuits;
        for (const Genome& genome : genomes) circuits.add(genome, result_.ends);
        const std::vector<TrialRecord> records = runner_->run(circuits, trials);
        GenerationEntry entry;
        double best = 0.0;
        for (std::size_t k = 0; k < genomes.size(); ++k) {
            const TaskScore score = score_of(spec(), trials, records.data() + k * trials.size());
            const double fitness = fitness_of(score);
            if (k == 0 || fitness > best) {
                best = fitness;
                entry.score = score.score;
                entry.spikes = score.spikes;
            }
            entry.fitness.push_back(fitness);
        }
        return entry;
    }

    TaskScore tested(const Genome& genome, EvolveDraws use, std::size_t generation) {
        const TrialSet trials =
            trials_of(spec(), test_count(spec()), evolve_draws(result_.file.seed, use, generation));
        CircuitSet circuit;
        circuit.add(genome, result_.ends);
        return score_of(spec(), trials, runner_->run(circuit, trials).data());
    }

    void take(const CircuitPopulation& population, const GenerationEntry& entry,
              std::size_t generation) {
        const auto best = std::max_element(entry.fitness.begin(), entry.fitness.end());
        const Genome& fittest =
            population.genomes()[static_cast<std::size_t>(best - entry.fitness.begin())];
        GenerationRow row;
        row.best = *best;
        row.mean = std::accumulate(entry.fitness.begin(), entry.fitness.end(), 0.0) /
                   static_cast<double>(entry.fitness.size());
        row.score = entry.score;
        row.spikes = entry.spikes;
        row.species = population.species();
        row.cells = fittest.cells.size();
        row.edges = edges_on(fittest, result_.ends);
        // Trials differ from generation to generation, so that luck would choose among the
        // fittest of each: candidates are tried on more, fresh ones.
        if (row.best >= best_fitness_ || (spec().goal && row.score >= *spec().goal)) {
            best_fitness_ = std::max(best_fitness_, row.best);
            const TaskScore test = tested(fittest, EvolveDraws::tests, generation);
            row.test = test.score;
            result_.reached = spec().goal && test.score >= *spec().goal;
            if (fitness_of(test) > winner_fitness_ || result_.reached) {
                winner_fitness_ = fitness_of(test);
                result_.winner = fittest;
                result_.winner_generation = generation;
            }
        }
        result_.generations.push_back(row);
    }

    void test_winner() {
        result_.winner_score = tested(result_.winner, EvolveDraws::finals, 0);
        result_.shown =
            trials_of(spec(), 1, evolve_draws(result_.file.seed, EvolveDraws::finals, 0));
        result_.shown.keep_first();
        CircuitSet circuit;
        circuit.add(result_.winner, result_.ends);
        result_.recorded = runner_->record(circuit, result_.shown);
    }

    const EvolveOptions options_;
    ProgressDisplay display_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    EvolveResult result_;
    std::unique_ptr<CircuitRunner> runner_;
    double best_fitness_ = -std::numeric_limits<double>::infinity();
    double winner_fitness_ = best_fitness_;
};

}  // namespace

EvolveResult run_evolution(const std::string& path, const EvolveOptions& options) {
    return Evolution(path, options).run();
}

}  // namespace snnsim
