#include "src/study/study_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "src/compare.hpp"

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
};

std::vector<Group> groups_of(const StudyResult& study) {
    std::vector<Group> groups;
    const std::size_t seeds = study.spec.seeds.size();
    for (std::size_t k = 0; k < study.cells.size(); k += seeds) {
        groups.push_back({&study.cells[k].configuration,
                          std::span<const StudyCell>(study.cells).subspan(k, seeds)});
    }
    return groups;
}

const std::string& model_of(const StudyResult& study, const Group& g) {
    return study.spec.models[g.configuration->model].name;
}

std::string cell_text(const std::optional<double>& value) {
    return value ? fmt::format("{:.4f}", *value) : "-";
}

std::string row_of(const StudyResult& study, const Group& g) {
    const auto [low, high] =
        std::minmax_element(g.cells.begin(), g.cells.end(),
                            [](const auto& a, const auto& b) { return a.accuracy < b.accuracy; });
    const auto count = [&](double ImageCost::*member) {
        return std::llround(g.mean([&](const StudyCell& c) { return c.cost.*member; }));
    };
    return fmt::format(
        "| {} | {} | {:.2f} | {:.2f} - {:.2f} | {} | {} | {} | {:.3f} | {} | {} | {} | {} |\n",
        model_of(study, g), g.configuration->label, 100.0 * g.accuracy(), 100.0 * low->accuracy,
        100.0 * high->accuracy, count(&ImageCost::spikes), count(&ImageCost::macs),
        count(&ImageCost::acs), g.mean([](const StudyCell& c) { return c.cost.activity; }),
        cell_text(g.mean(&ImageEnergy::synapses)), cell_text(g.mean(&ImageEnergy::dense)),
        cell_text(g.mean(&ImageEnergy::all)), g.cells[0].int8 ? "int8" : "float");
}
constexpr const char* header =
    "| model | setting | test accuracy [%] | worst - best | spikes | MACs | ACs | activity | "
    "energy [uJ] | without skipping zeros [uJ] | with neurons and memory [uJ] | precision |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n";

std::string iso_table(const StudyResult& study, const std::vector<Group>& groups, double target,
                      std::optional<double> ImageEnergy::*energy, const char* by) {
    std::string out =
        fmt::format("\n### {:g} % test accuracy, cheapest by {}\n\n{}", 100.0 * target, by, header);
    for (std::size_t m = 0; m < study.spec.models.size(); ++m) {
        const Group* best = nullptr;
        double reached = 0.0;
        for (const Group& g : groups) {
            if (g.configuration->model != m) continue;
            reached = std::max(reached, g.accuracy());
            const std::optional<double> own = g.mean(energy);
            if (g.accuracy() < target || !own) continue;
            if (!best || *own < *best->mean(energy)) best = &g;
        }
        out += best ? row_of(study, *best)
                    : fmt::format("| {} | not reached: at best {:.2f} % | | | | | | | | | | |\n",
                                  study.spec.models[m].name, 100.0 * reached);
    }
    return out;
}

std::string quoted(const std::string& text) {
    return text.find_first_of(",\"") == std::string::npos ? text : "\"" + text + "\"";
}

}  // namespace

std::string study_markdown(const StudyResult& study) {
    const std::vector<Group> groups = groups_of(study);
    std::string out = fmt::format("# {}\n\nMeans over {} seeds; counts and energy per image.\n\n{}",
                                  study.spec.name, study.spec.seeds.size(), header);
    for (const Group& g : groups) out += row_of(study, g);
    if (!study.spec.targets.empty() && study.spec.seeds.size() < 3)
        out += "\nEqual accuracy is asked of at least 3 seeds; there are fewer.\n";
    for (const double target : study.spec.targets) {
        if (study.spec.seeds.size() < 3) break;
        out += iso_table(study, groups, target, &ImageEnergy::synapses, "synaptic arithmetic");
        out += iso_table(study, groups, target, &ImageEnergy::all, "synapses, neurons and memory");
    }
    return out + "\n" + energy_definitions(study.energy);
}

std::string study_csv(const StudyResult& study) {
    std::string out =
        "model,setting,seed,file,accuracy,input_events,spikes,dense_ops,macs,acs,syops_macs,"
        "syops_acs,neuron_updates,reads,writes,activity,energy_uJ,dense_energy_uJ,"
        "neuron_energy_uJ,memory_energy_uJ,energy_in_all_uJ,precision,nonzero_weights,"
        "train_forward_macs,train_forward_acs,train_backward_macs,train_backward_acs,"
        "train_seconds\n";
    const auto energy = [](const std::optional<double>& e) {
        return e ? fmt::format("{:.9g}", *e) : std::string();
    };
    for (const StudyCell& c : study.cells) {
        const ImageCost& i = c.cost;
        out += fmt::format("{},{},{},{},{},", study.spec.models[c.configuration.model].name,
                           quoted(c.configuration.label), c.seed, c.file, c.accuracy);
        for (const double x : {i.input_events, i.spikes, i.dense(), i.macs, i.acs, i.syops_macs,
                               i.syops_acs, i.neuron_updates, i.reads, i.writes, i.activity})
            out += fmt::format("{:.9g},", x);
        out +=
            fmt::format("{},{},{},{},{},{},{},", energy(c.energy.synapses), energy(c.energy.dense),
                        energy(c.energy.neurons), energy(c.energy.memory), energy(c.energy.all),
                        c.int8 ? "int8" : "float", c.weights);
        const TrainingCost& t = c.training;
        out += fmt::format("{:.9g},{:.9g},{:.9g},{:.9g},{:.3f}\n", t.forward_macs, t.forward_acs,
                           t.backward_macs, t.backward_acs, c.train_seconds);
    }
    return out;
}

}  // namespace snnsim
