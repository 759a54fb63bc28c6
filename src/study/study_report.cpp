#include "src/study/study_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "src/report/csv.hpp"
#include "src/report/measured_text.hpp"
#include "src/report/report.hpp"
#include "src/report/stats_report.hpp"
#include "src/run/compare.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// The cells of one configuration, and their means.
struct Group {
    const Configuration* configuration;
    std::span<const StudyCell> cells;

    template <class F>
    double mean(F&& value) const {
        double sum = 0.0;
        for (const StudyCell& c : cells) sum += value(c);
        return sum / static_cast<double>(cells.size());
    }
    /// No value where one cell has none.
    std::optional<double> mean(std::optional<double> ImageEnergy::*energy) const {
        double sum = 0.0;
        for (const StudyCell& c : cells) {
            if (!(c.energy.*energy)) return std::nullopt;
            sum += *(c.energy.*energy);
        }
        return sum / static_cast<double>(cells.size());
    }
    double accuracy() const {
        return mean([](const StudyCell& c) { return c.accuracy; });
    }
    /// More is better.
    double score() const {
        return mean([](const StudyCell& c) { return c.error ? -*c.error : c.accuracy; });
    }
};

std::vector<Group> groups_of(const StudyResult& study) {
    std::vector<Group> groups;
    const auto setting = [](const StudyCell& c) {
        return std::pair(c.configuration.model, c.configuration.settings);
    };
    for (std::size_t k = 0, end = 0; k < study.cells.size(); k = end) {
        while (end < study.cells.size() && setting(study.cells[end]) == setting(study.cells[k]))
            ++end;
        groups.push_back({&study.cells[k].configuration,
                          std::span<const StudyCell>(study.cells).subspan(k, end - k)});
    }
    return groups;
}

const std::string& model_of(const StudyResult& study, const Group& g) {
    return study.spec.models[g.configuration->model].name;
}

std::string cell_text(const std::optional<double>& value) {
    return value ? energy_number(*value, 4) : "-";
}

/// "98.08 | 98.05 - 98.13"; of real targets "error 0.0412 | 0.0398 - 0.0430", relative L2.
std::string score_text(const Group& g) {
    const bool real = g.cells[0].error.has_value();
    const auto score = [&](const StudyCell& c) { return real ? *c.error : 100.0 * c.accuracy; };
    const auto [low, high] =
        std::minmax_element(g.cells.begin(), g.cells.end(),
                            [&](const auto& a, const auto& b) { return score(a) < score(b); });
    if (real)
        return fmt::format("error {:.4f} | {:.4f} - {:.4f}", g.mean(score), score(*low),
                           score(*high));
    return fmt::format("{:.2f} | {:.2f} - {:.2f}", g.mean(score), score(*low), score(*high));
}

std::string row_of(const StudyResult& study, const Group& g) {
    const auto count = [&](double ImageCost::*member) {
        return std::llround(g.mean([&](const StudyCell& c) { return c.cost.*member; }));
    };
    return fmt::format(
        "| {} | {} | {} | {} | {} | {} | {:.3f} | {} | {} | {} | {} |\n", model_of(study, g),
        g.configuration->label, score_text(g), count(&ImageCost::spikes), count(&ImageCost::macs),
        count(&ImageCost::acs), g.mean([](const StudyCell& c) { return c.cost.activity; }),
        cell_text(g.mean(&ImageEnergy::synapses)), cell_text(g.mean(&ImageEnergy::dense)),
        cell_text(g.mean(&ImageEnergy::all)), g.cells[0].int8 ? "int8" : "float");
}
constexpr const char* header =
    "| model | setting | test accuracy [%] | worst - best | spikes | MACs | ACs | activity | "
    "energy [uJ] | without skipping zeros [uJ] | with neurons and memory [uJ] | precision |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n";

constexpr std::size_t least_seeds = 3;  // of a mean that is compared

/// The cheapest configuration of model m that reaches the target; null where none does.
const Group* cheapest(const std::vector<Group>& groups, std::size_t m, double target,
                      std::optional<double> ImageEnergy::*energy) {
    const Group* best = nullptr;
    for (const Group& g : groups) {
        const std::optional<double> own = g.mean(energy);
        if (g.configuration->model != m || g.accuracy() < target || !own) continue;
        if (g.cells.size() < least_seeds) continue;  // the others failed
        if (!best || *own < *best->mean(energy)) best = &g;
    }
    return best;
}

/// Configurations that no other one beats in accuracy and energy, by energy.
std::string pareto_table(const StudyResult& study, const std::vector<Group>& groups,
                         std::optional<double> ImageEnergy::*energy, const char* by) {
    std::vector<const Group*> known;
    for (const Group& g : groups) {
        if (g.mean(energy)) known.push_back(&g);
    }
    std::stable_sort(known.begin(), known.end(), [&](const Group* a, const Group* b) {
        return std::pair(*a->mean(energy), -a->score()) < std::pair(*b->mean(energy), -b->score());
    });
    std::string out = fmt::format("\n### Pareto front by {}\n\n{}", by, header);
    std::optional<double> best;
    for (const Group* g : known) {
        if (best && g->score() <= *best) continue;
        best = g->score();
        out += row_of(study, *g);
    }
    return known.empty() ? "" : out;
}

/// What the winners of a target take beside counted energy. Measured values are of the first seed.
std::string resources_table(const StudyResult& study, const std::vector<Group>& groups,
                            double target) {
    std::string rows;
    for (std::size_t m = 0; m < study.spec.models.size(); ++m) {
        const Group* g = cheapest(groups, m, target, &ImageEnergy::all);
        if (!g) continue;
        const MeasuredEnergy& measured = g->cells[0].measured;
        const auto images = static_cast<double>(g->cells[0].test_samples);
        const auto mean = [&](auto member) {
            return g->mean([&](const StudyCell& c) { return static_cast<double>(c.*member); });
        };
        rows += fmt::format(
            "| {} | {} | {} | {:.1f} | {:.1f} | {:.3f} | {} | {} | {} | {} |\n",
            model_of(study, *g), g->configuration->label, g->cells[0].steps,
            1e-3 * mean(&StudyCell::footprint), mean(&StudyCell::train_seconds),
            1e3 * mean(&StudyCell::test_seconds) / images, cell_text(used_cell(measured, "train")),
            cell_text(used_cell(measured, "test", 1e3 / images)),
            cell_text(kilowatt_hours_cell(measured)), cell_text(co2e_cell(measured)));
    }
    if (rows.empty()) return "";
    return fmt::format(
               "\n### {:g} % test accuracy: what the cheapest in all take\n\n"
               "| model | setting | time steps | footprint [kB] | training [s] | test / image [ms] "
               "| "
               "measured: training [J] | test / image [mJ] | run with PUE [kWh] | CO2e [g] |\n"
               "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
               100.0 * target) +
           rows;
}

std::string iso_table(const StudyResult& study, const std::vector<Group>& groups, double target,
                      std::optional<double> ImageEnergy::*energy, const char* by) {
    std::string out =
        fmt::format("\n### {:g} % test accuracy, cheapest by {}\n\n{}", 100.0 * target, by, header);
    for (std::size_t m = 0; m < study.spec.models.size(); ++m) {
        const Group* best = cheapest(groups, m, target, energy);
        if (best) {
            out += row_of(study, *best);
            continue;
        }
        std::optional<double> reached;
        for (const Group& g : groups) {
            if (g.configuration->model == m && g.cells.size() >= least_seeds)
                reached = std::max(reached.value_or(0.0), g.accuracy());
        }
        out += fmt::format("| {} | {} | | | | | | | | | | |\n", study.spec.models[m].name,
                           reached ? fmt::format("not reached: at best {:.2f} %", 100.0 * *reached)
                                   : "fewer than 3 seeds finished");
    }
    return out;
}

/// The axes of all models, in the order in which they are met.
std::vector<std::string> axes_of(const StudyResult& study) {
    std::vector<std::string> axes;
    for (const StudyModel& m : study.spec.models) {
        for (const StudyModel::Axis& axis : m.grid) {
            if (std::find(axes.begin(), axes.end(), axis.key) == axes.end())
                axes.push_back(axis.key);
        }
    }
    return axes;
}

std::vector<RunStats> all_stats(const StudyResult& study) {
    std::vector<RunStats> all;
    for (const StudyCell& c : study.cells) {
        if (c.stats) all.push_back(*c.stats);
    }
    return all;
}

/// What every row begins with: model, setting, a column for each axis, seed, file.
std::vector<std::string> first_names(const std::vector<std::string>& axes) {
    std::vector<std::string> names{"model", "setting"};
    names.insert(names.end(), axes.begin(), axes.end());
    names.insert(names.end(), {"seed", "file"});
    return names;
}
std::vector<std::string> first_values(const StudyResult& study, const StudyCell& c,
                                      const std::vector<std::string>& axes) {
    std::vector<std::string> row{study.spec.models[c.configuration.model].name,
                                 c.configuration.label};
    for (const std::string& axis : axes) {
        const auto at = std::find_if(c.configuration.point.begin(), c.configuration.point.end(),
                                     [&](const auto& p) { return p.first == axis; });
        row.push_back(at == c.configuration.point.end() ? "" : at->second);
    }
    row.insert(row.end(), {std::to_string(c.seed), c.file});
    return row;
}

/// "5.123 +- 0.045" over the seeds, "-" where the value is not defined.
std::string spread_text(const Group& g, const std::string& population, const Statistic& s) {
    std::vector<double> values;
    for (const StudyCell& c : g.cells) {
        const PopulationStats* p = c.stats ? find_population(*c.stats, population) : nullptr;
        if (p) values.push_back(s.of(*p));
    }
    const Spread spread = spread_of(values);
    if (spread.runs == 0) return "-";
    return spread.runs == 1 ? fmt::format("{:.4g}", spread.mean)
                            : fmt::format("{:.4g} +- {:.2g}", spread.mean, spread.sd);
}

std::string simulations_markdown(const StudyResult& study) {
    const std::size_t seeds = study.spec.seeds.size();
    std::string out = fmt::format("# {}\n\n{}\n\n| model | setting | population |", study.spec.name,
                                  seeds == 1 ? "One seed."
                                             : fmt::format("Mean +- standard deviation over {} "
                                                           "seeds (divisor n - 1).",
                                                           seeds));
    for (const Statistic& s : statistics) out += fmt::format(" {} |", s.name);
    out += "\n|---|---|---|";
    for (std::size_t k = 0; k < statistics.size(); ++k) out += "---:|";
    const std::vector<std::string> populations = populations_of(all_stats(study));
    std::string failed;
    for (const Group& g : groups_of(study)) {
        for (const std::string& population : populations) {
            const bool there = std::any_of(g.cells.begin(), g.cells.end(), [&](const StudyCell& c) {
                return c.stats && find_population(*c.stats, population);
            });
            if (!there) continue;
            out += fmt::format("\n| {} | {} | {} |", model_of(study, g), g.configuration->label,
                               population);
            for (const Statistic& s : statistics)
                out += fmt::format(" {} |", spread_text(g, population, s));
        }
        for (const StudyCell& c : g.cells) {
            if (c.failed.empty()) continue;
            failed += fmt::format("\nwarning: {} {} seed {} failed: {}", model_of(study, g),
                                  g.configuration->label, c.seed, c.failed);
        }
    }
    return out + "\n" + failed + (failed.empty() ? "" : "\n");
}

std::string simulations_csv(const StudyResult& study) {
    const std::vector<std::string> axes = axes_of(study),
                                   populations = populations_of(all_stats(study));
    std::vector<std::string> names = first_names(axes);
    names.push_back("status");
    for (const std::string& population : populations) {
        for (const Statistic& s : statistics) names.push_back(population + "." + s.name);
    }
    CsvTable table(std::move(names));
    for (const StudyCell& c : study.cells) {
        std::vector<std::string> row = first_values(study, c, axes);
        row.push_back(c.stats ? "finished" : "failed");
        for (const std::string& population : populations) {
            const PopulationStats* p = c.stats ? find_population(*c.stats, population) : nullptr;
            for (const Statistic& s : statistics) row.push_back(p ? csv_number(s.of(*p)) : "");
        }
        table.add(row);
    }
    return table.text();
}

}  // namespace

std::string study_markdown(const StudyResult& study) {
    if (study.simulations) return simulations_markdown(study);
    const std::vector<Group> groups = groups_of(study);
    std::string out =
        fmt::format("# {}\n\nMeans over {}; counts and energy per image.\n\n{}", study.spec.name,
                    counted(static_cast<std::int64_t>(study.spec.seeds.size()), "seed"), header);
    for (const Group& g : groups) out += row_of(study, g);
    out += pareto_table(study, groups, &ImageEnergy::synapses, "synaptic arithmetic");
    out += pareto_table(study, groups, &ImageEnergy::all, "synapses, neurons and memory");
    if (!study.spec.targets.empty() && study.spec.seeds.size() < least_seeds)
        out += "\nEqual accuracy is asked of at least 3 seeds; there are fewer.\n";
    for (const double target : study.spec.targets) {
        if (study.spec.seeds.size() < least_seeds) break;
        out += iso_table(study, groups, target, &ImageEnergy::synapses, "synaptic arithmetic");
        out += iso_table(study, groups, target, &ImageEnergy::all, "synapses, neurons and memory");
        out += resources_table(study, groups, target);
    }
    if (!study.spec.targets.empty() && study.spec.seeds.size() >= least_seeds) {
        out +=
            "\nFootprint: weights that are not zero, biases, and the states of one sample. Times "
            "and "
            "measured energy are of this machine, whoever used it meanwhile; energy of the first "
            "seed.\n";
    }
    for (const StudyCell& c : study.failed)
        out += fmt::format("\nwarning: {} failed: {}\n", name_of(study.spec, c), c.failed);
    return out + "\n" + energy_definitions(study.energy);
}

std::string study_csv(const StudyResult& study) {
    if (study.simulations) return simulations_csv(study);
    const std::vector<std::string> axes = axes_of(study);
    std::vector<std::string> names = first_names(axes);
    names.insert(names.end(), {"accuracy",
                               "error",
                               "input_events",
                               "spikes",
                               "dense_ops",
                               "macs",
                               "acs",
                               "syops_macs",
                               "syops_acs",
                               "neuron_updates",
                               "reads",
                               "writes",
                               "activity",
                               "energy_uJ",
                               "dense_energy_uJ",
                               "neuron_energy_uJ",
                               "memory_energy_uJ",
                               "energy_in_all_uJ",
                               "precision",
                               "nonzero_weights",
                               "train_forward_macs",
                               "train_forward_acs",
                               "train_backward_macs",
                               "train_backward_acs",
                               "train_seconds",
                               "test_seconds",
                               "footprint_bytes"});
    CsvTable table(std::move(names));
    for (const StudyCell& c : study.cells) {
        std::vector<std::string> row = first_values(study, c, axes);
        row.push_back(c.error ? "" : csv_number(c.accuracy));
        row.push_back(csv_number(c.error));
        const ImageCost& i = c.cost;
        for (const double x : {i.input_events, i.spikes, i.dense(), i.macs, i.acs, i.syops_macs,
                               i.syops_acs, i.neuron_updates, i.reads, i.writes, i.activity})
            row.push_back(csv_number(x));
        for (const auto& e :
             {c.energy.synapses, c.energy.dense, c.energy.neurons, c.energy.memory, c.energy.all})
            row.push_back(csv_number(e));
        row.insert(row.end(), {c.int8 ? "int8" : "float", std::to_string(c.weights)});
        const TrainingCost& t = c.training;
        for (const double x : {t.forward_macs, t.forward_acs, t.backward_macs, t.backward_acs,
                               c.train_seconds, c.test_seconds, c.footprint})
            row.push_back(csv_number(x));
        table.add(row);
    }
    return table.text();
}

}  // namespace snnsim
