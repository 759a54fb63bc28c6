#include "src/search/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "snnsim/error.hpp"
#include "src/data/idx.hpp"
#include "src/model/problems.hpp"
#include "src/model/units.hpp"
#include "src/report/file_kind.hpp"
#include "src/report/progress.hpp"
#include "src/run/compare.hpp"
#include "src/run/outputs.hpp"
#include "src/run/run_model.hpp"
#include "src/search/cma_es.hpp"
#include "src/search/measures.hpp"
#include "src/search/read_search.hpp"
#include "src/search/run_journal.hpp"
#include "src/search/search_draws.hpp"
#include "src/search/search_report.hpp"
#include "src/study/cell_result.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t random_batch = 16;  // points between two looks at the goal
constexpr std::size_t most_points = 1000000;

std::string first_line_of(const std::string& text) {
    return text.substr(0, text.find('\n'));
}
std::string last_line_of(const std::string& text) {
    const std::size_t end = text.find_last_not_of('\n');
    if (end == std::string::npos) return "";
    const std::size_t begin = text.find_last_of('\n', end);
    return text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
}

class Search {
  public:
    Search(const std::string& path, const SearchOptions& options)
        : options_(options), display_(options.progress) {
        result_.spec = read_search(path);
        for (const VariedSpec& v : spec().vary) ranges_.emplace_back(v);
        energy_ = read_energy_model(options.energy.empty() ? spec().energy : options.energy);
        context_ = context_of(spec(), energy_);
        result_.folder = options.output.empty() ? "runs/" + spec().name : options.output;
        check_model();
        const bool begun = !fs::exists(tables().path(".h5")) && fs::exists(journal_path());
        tables().require_own({{spec().path, "the search"},
                              {options_.energy, "the energy model"},
                              {spec().model, "the model of the search"}},
                             options_.force || begun);
        fs::create_directories(result_.folder);
    }

    SearchResult run() {
        const OutputClaim claim(tables().path(".h5"));  // no other search writes here
        RunJournal journal(journal_path());
        journal_ = &journal;
        display_.say(fmt::format("{}: {} over {}\n", spec().name, name_of(spec().method),
                                 counted(static_cast<std::int64_t>(ranges_.size()), "parameter")));
        switch (spec().method) {
            case SearchMethod::cma_es:
                run_cma_es();
                break;
            case SearchMethod::random:
                run_random();
                break;
            case SearchMethod::grid:
                run_grid();
                break;
        }
        return std::move(result_);
    }

  private:
    using Values = std::vector<std::string>;

    const SearchSpec& spec() const { return result_.spec; }
    ResultTables tables() const { return {result_.folder, "search", spec().name, "point"}; }
    std::string journal_path() const { return result_.folder + "/runs.txt"; }

    // ---- methods ----

    void run_cma_es() {
        CmaEsOptions options;
        for (const VariedRange& r : ranges_) options.start.push_back(r.start());
        options.sigma = spec().sigma;
        options.population = static_cast<std::size_t>(spec().population);
        options.seed = spec().seed;
        constexpr std::size_t many = 300;  // a matrix of them is slow, and has too much to learn
        options.separable = ranges_.size() > many;
        CmaEs strategy(options);
        while (more_wanted()) {
            std::vector<Values> points;
            for (const std::vector<double>& at : strategy.ask()) {
                Values& values = points.emplace_back();
                for (std::size_t k = 0; k < ranges_.size(); ++k)
                    values.push_back(ranges_[k].value(at[k]));
            }
            strategy.tell(evaluate(points));
        }
    }

    void run_random() {
        SearchDraws draws(spec().seed, 0);
        while (more_wanted()) {
            const std::size_t left =
                static_cast<std::size_t>(spec().evaluations) - result_.points.size();
            std::vector<Values> points(std::min(left, random_batch));
            for (Values& values : points) {
                for (const VariedRange& r : ranges_) values.push_back(drawn(r, draws.uniform()));
            }
            evaluate(points);
        }
    }
    static std::string drawn(const VariedRange& range, double share) {
        if (range.count() == 0) return range.value(share);
        return range.listed(static_cast<std::size_t>(share * static_cast<double>(range.count())));
    }

    void run_grid() {
        std::vector<Values> points{{}};
        for (const VariedRange& r : ranges_) {
            std::vector<Values> more;
            for (const Values& values : points) {
                for (std::size_t k = 0; k < r.count(); ++k) {
                    more.push_back(values);
                    more.back().push_back(r.listed(k));
                }
            }
            points = std::move(more);
            if (points.size() > most_points)
                throw UsageError(
                    fmt::format("{}: the grid has more than {} points", spec().path, most_points));
        }
        evaluate(points);
    }

    bool more_wanted() const {
        const bool reached =
            spec().goal && result_.best && result_.points[*result_.best].cost <= *spec().goal;
        return !reached && result_.points.size() < static_cast<std::size_t>(spec().evaluations);
    }

    // ---- runs ----

    /// The costs of a generation.
    std::vector<double> evaluate(const std::vector<Values>& generation) {
        const std::size_t first = result_.points.size();
        const std::optional<std::size_t> best_before = result_.best;
        Plan next;
        for (const Values& values : generation) {
            TriedPoint& point = result_.points.emplace_back();
            point.generation = generation_;
            point.values = values;
            plan(point, next);
        }
        if (++generation_ == 1 && next.runs.size() == generation.size())
            runs_of_first_ = next.runs.size();
        run_all(next.runs, next.models);
        std::vector<double> costs;
        for (std::size_t k = first; k < result_.points.size(); ++k) {
            score(result_.points[k]);
            costs.push_back(result_.points[k].cost);
            if (std::isfinite(costs.back()) &&
                (!result_.best || costs.back() < result_.points[*result_.best].cost))
                result_.best = k;
        }
        if (best_before && best_before != result_.best) remove_files(result_.points[*best_before]);
        for (std::size_t k = first; k < result_.points.size(); ++k) remove_files(result_.points[k]);
        tell(generation.size());
        return costs;
    }

    std::vector<std::string> settings_of_seed(const TriedPoint& point, std::int64_t seed) const {
        std::vector<std::string> all = settings_of(spec(), point);
        all.push_back(fmt::format("seed={}", seed));
        return all;
    }

    /// What a generation is to run.
    struct Plan {
        std::vector<CellRun> runs;
        std::vector<AnyModel> models;   // of each
        std::set<std::string> outputs;  // of all
    };
    /// The runs of a point that are not written down yet.
    void plan(TriedPoint& point, Plan& next) {
        for (std::int64_t seed = 1; seed <= spec().seeds; ++seed) {
            const std::vector<std::string> settings = settings_of_seed(point, seed);
            try {
                AnyModel model = read_any_model(spec().model, settings, read_run_model);
                point.files.push_back(cell_file(spec().name, model, settings));
                const std::string output = result_.folder + "/" + point.files.back();
                if (is_known(point.files.back()) || !next.outputs.insert(output).second) continue;
                const bool simulation = std::holds_alternative<SimulationSpec>(model);
                next.runs.push_back(
                    {spec().model, settings, output, simulation, reads_data(model)});
                next.models.push_back(std::move(model));
            } catch (const ModelError& e) {  // what only some combinations of values are
                point.failure = first_line_of(e.what());
                return;
            }
        }
    }
    /// A measure, and what else it depends on than the run.
    std::string journal_key(const ObjectiveSpec& o) const { return key_of(o) + "@" + context_; }
    static std::string context_of(const SearchSpec& spec, const EnergyModel& energy) {
        std::string text = fmt::format("{}|{}|{}|{}|{}", spec.stats.from, spec.stats.to,
                                       spec.stats.bin, energy.name, energy.source);
        for (const OperationEnergies* e :
             {&energy.of_float, energy.of_int8 ? &*energy.of_int8 : nullptr}) {
            if (!e) continue;
            for (const std::optional<double>& x : {e->mac, e->ac, e->read, e->write, e->update})
                text += x ? fmt::format("|{:.17g}", *x) : "|";
        }
        return sha256(text.data(), text.size()).substr(0, 8);
    }
    bool is_known(const std::string& file) const {
        const JournalEntry* entry = journal_->find(file);
        if (!entry) return false;
        return !entry->failure.empty() ||
               std::all_of(
                   spec().objective.begin(), spec().objective.end(),
                   [&](const ObjectiveSpec& o) { return entry->values.count(journal_key(o)); });
    }

    void run_all(const std::vector<CellRun>& runs, const std::vector<AnyModel>& models) {
        CellRunner runner(options_);
        const bool ended = runner.run(runs, [&](std::size_t k, const std::string& failure) {
            const std::string file = fs::path(runs[k].output).filename();
            if (!failure.empty()) {  // it may have reasons outside, and is tried again next time
                failed_[file] = failure;
                if (failed_.size() == runs.size() && result_.points.size() == runs_of_first_)
                    throw Error("all runs of the first generation failed; the last one said:\n" +
                                failure);
                return;
            }
            JournalEntry entry;
            const CellResult result =
                read_cell_result(runs[k].output, models[k], energy_,
                                 {spec().stats.from, spec().stats.to, spec().stats.bin});
            entry.failure = result.failed;
            if (result.failed.empty()) take_measures(result, entry);
            journal_->add(file, entry);
        });
        if (!ended) throw InterruptedError("interrupted; the same command goes on with the search");
    }
    void take_measures(const CellResult& result, JournalEntry& entry) const {
        Problems problems(spec().text, spec().path);
        for (const ObjectiveSpec& o : spec().objective) {
            const std::optional<double> value = measured(o, result);
            if (value) {
                entry.values[journal_key(o)] = *value;
            } else {
                problems.add(o.at, missing_text(o));
            }
        }
        problems.throw_if_any();
    }
    static std::string missing_text(const ObjectiveSpec& o) {
        if (!o.population.empty())
            return fmt::format(
                "the runs of the model record no spikes of '{}'; add a record of "
                "them to the model, or use counted_rate_hz",
                o.population);
        if (o.measure == "accuracy")
            return "the runs of the model have no accuracy: no phase predicts classes";
        return fmt::format(
            "the runs of the model have no {}: the energy model knows nothing of "
            "an operation that occurs",
            o.measure);
    }

    /// Means over the seeds, and what they cost.
    void score(TriedPoint& point) const {
        point.cost = std::numeric_limits<double>::infinity();
        if (!point.failure.empty()) return;
        std::vector<double> sums(spec().objective.size(), 0.0);
        for (const std::string& file : point.files) {
            if (const auto failed = failed_.find(file); failed != failed_.end()) {
                point.failure = last_line_of(failed->second);
                return;
            }
            const JournalEntry& entry = *journal_->find(file);
            if (!entry.failure.empty()) {
                point.failure = entry.failure;
                return;
            }
            for (std::size_t k = 0; k < sums.size(); ++k)
                sums[k] += entry.values.at(journal_key(spec().objective[k]));
        }
        double cost = 0.0;
        for (std::size_t k = 0; k < sums.size(); ++k) {
            point.measures.push_back(sums[k] / static_cast<double>(point.files.size()));
            cost += cost_of(spec().objective[k], point.measures[k]);
            if (std::isnan(point.measures[k]) && point.failure.empty())
                point.failure = key_of(spec().objective[k]) + " is not defined (too few spikes)";
        }
        if (std::isfinite(cost)) point.cost = cost;
    }

    /// The run files of a point, unless the best has them too, with what interrupted runs have
    /// left.
    void remove_files(const TriedPoint& point) const {
        if (options_.keep) return;
        std::error_code ignored;
        for (const std::string& file : point.files) {
            if (result_.best) {
                const std::vector<std::string>& best = result_.points[*result_.best].files;
                if (std::find(best.begin(), best.end(), file) != best.end()) continue;
            }
            std::vector<std::string> parts = run_files(result_.folder + "/" + file);
            parts.push_back(result_.folder + "/" + file + ".log");
            for (const std::string& part : parts) {
                if (fs::is_regular_file(part, ignored)) fs::remove(part, ignored);
            }
        }
    }

    void tell(std::size_t count) {
        const auto failed = std::count_if(result_.points.end() - static_cast<std::ptrdiff_t>(count),
                                          result_.points.end(),
                                          [](const TriedPoint& p) { return !p.failure.empty(); });
        std::string text =
            fmt::format("generation {}: {} in all", generation_,
                        counted(static_cast<std::int64_t>(result_.points.size()), "point"));
        if (failed > 0) {
            const auto& said = std::find_if(result_.points.rbegin(), result_.points.rend(),
                                            [](const TriedPoint& p) { return !p.failure.empty(); });
            text +=
                fmt::format(", {} of {} failed ({})", failed, count, first_line_of(said->failure));
        }
        if (result_.best)
            text += fmt::format(", best cost {:.6g} at {}", result_.points[*result_.best].cost,
                                point_text(spec(), result_.points[*result_.best]));
        display_.say(text + "\n");
    }

    // ---- checks ----

    /// The model as it is, with the parameters at their starts, and with each of them at the ends
    /// of its range and between them, before anything runs.
    void check_model() {
        require_kind(spec().model, "snnsim search", {FileKind::training, FileKind::simulation});
        std::vector<std::string> settings = spec().settings;
        settings.push_back("seed=1");
        read_any_model(spec().model, settings, read_run_model);
        std::vector<std::string> start;
        for (const VariedRange& r : ranges_)
            start.push_back(r.count() > 0 ? r.listed(0) : r.value(r.start()));
        Problems problems(spec().text, spec().path);
        std::optional<AnyModel> model;
        for (std::size_t k = 0; k < ranges_.size(); ++k) {
            constexpr double between = 0.381966;
            std::vector<std::string> ends{ranges_[k].value(0.0), ranges_[k].value(1.0),
                                          ranges_[k].value(between)};
            if (ranges_[k].count() > 0) {
                ends.clear();
                for (std::size_t n = 0; n < ranges_[k].count(); ++n)
                    ends.push_back(ranges_[k].listed(n));
            }
            for (const std::string& end : ends) {
                TriedPoint point;
                point.values = start;
                point.values[k] = end;
                try {
                    model =
                        read_any_model(spec().model, settings_of_seed(point, 1), read_run_model);
                } catch (const UsageError& e) {  // the path leads nowhere
                    problems.add(spec().vary[k].at, first_line_of(e.what()));
                    break;
                } catch (const ModelError& e) {
                    problems.add(spec().vary[k].at,
                                 fmt::format("with {} = {} the model is not sound: {}{}",
                                             ranges_[k].name(), end, first_line_of(e.what()),
                                             spec().vary[k].whole || ranges_[k].count() > 0
                                                 ? ""
                                                 : " (whole: true takes whole numbers alone)"));
                    break;
                }
            }
        }
        problems.throw_if_any();
        for (const ObjectiveSpec& o : spec().objective) {
            const std::string wrong = why_not_measured(o, *model);
            if (!wrong.empty()) problems.add(o.at, wrong);
        }
        check_stats(*model, problems);
        problems.throw_if_any();
        if (!options_.data_dir.empty() && !reads_data(*model))
            throw UsageError("--data-dir has no effect: the model of " + spec().path +
                             " reads no data set; leave it out");
    }

    void check_stats(const AnyModel& model, Problems& problems) const {
        const SearchStatsSpec& stats = spec().stats;
        if (stats.from.empty() && stats.to.empty() && stats.bin.empty()) return;
        const auto* simulation = std::get_if<SimulationSpec>(&model);
        if (!simulation) {
            problems.add(stats.at,
                         "stats are of simulations, and the model is a training; leave "
                         "them out");
            return;
        }
        if (simulation->open_ended()) return;  // nobody knows when it ends
        const double duration = static_cast<double>(simulation->steps()) * simulation->dt;
        double from = 0.0, to = duration;
        if (!stats.from.empty()) read_quantity(stats.from, "ms", "from", from);
        if (!stats.to.empty()) read_quantity(stats.to, "ms", "to", to);
        if (from < 0.0 || to > duration || from >= to)
            problems.add(stats.at, fmt::format("nothing lies from {:g} ms to {:g} ms of a "
                                               "simulation of {:g} ms",
                                               from, to, duration));
    }

    const SearchOptions options_;
    ProgressDisplay display_;
    SearchResult result_;
    std::vector<VariedRange> ranges_;
    EnergyModel energy_;
    std::string context_;
    RunJournal* journal_ = nullptr;
    std::size_t generation_ = 0, runs_of_first_ = 0;
    std::map<std::string, std::string> failed_;  // run files, and what their processes said
};

}  // namespace

std::vector<std::string> settings_of(const SearchSpec& spec, const TriedPoint& point) {
    std::vector<std::string> all = spec.settings;
    for (std::size_t k = 0; k < spec.vary.size(); ++k)
        all.push_back(spec.vary[k].name + "=" + point.values[k]);
    return all;
}

SearchResult run_search(const std::string& path, const SearchOptions& options) {
    return Search(path, options).run();
}

}  // namespace snnsim
