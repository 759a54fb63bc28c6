#include "src/evolve/evolve_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "kernels/math/bits.hpp"
#include "src/evolve/winner_file.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/csv.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

std::string edge_table(const EvolveResult& result) {
    const WinnerEdges edges = edges_of(result.winner, result.ends);
    std::string out = "| from | to | weight | delay |\n|---|---|---:|---:|\n";
    constexpr std::size_t most = 60;
    std::size_t rows = 0;
    const auto add = [&](const char* population, const std::vector<SimulatedEdge>& of) {
        for (const SimulatedEdge& e : of) {
            if (rows++ < most)
                out += fmt::format("| {} {} | cell {} | {:.4g} | {} ms |\n", population, e.source,
                                   e.target, e.weight, e.delay);
        }
    };
    add("input", edges.of_inputs);
    add("cell", edges.of_cells);
    if (rows > most)
        out += fmt::format("\nand {} in the files of the winner.\n",
                           counted(static_cast<std::int64_t>(rows - most), "edge"));
    return out;
}

std::string cell_table(const EvolveResult& result) {
    std::string out = "| cell | | tau_m | v_th |\n|---:|---|---:|---:|\n";
    std::size_t k = 0;
    for (const CellGene& c : result.winner.cells) {
        out += fmt::format("| {} | {}{} | {:.4g} ms | {:.4g} |\n", k,
                           c.inhibits ? "inhibits" : "excites",
                           k < result.ends.outputs ? ", output" : "", c.tau_m, c.v_th);
        ++k;
    }
    return out;
}

}  // namespace

std::string evolution_markdown(const EvolveResult& result) {
    const EvolveFile& file = result.file;
    const EvolveSpec& spec = file.evolve;
    const bool cart = spec.task == EvolveTask::cart_pole;
    std::string out =
        fmt::format("# {}\n\n{} by {}, {} of {}, seed {}.\n\n", file.name, name_of(spec.task),
                    name_of(spec.method),
                    counted(static_cast<std::int64_t>(result.generations.size()), "generation"),
                    counted(spec.population, "circuit"), file.seed);
    out += fmt::format(
        "The winner is of generation {}: {} {:.4g} on {}, {:.1f} spikes a trial{}.\n\n",
        result.winner_generation + 1, cart ? "mean steps" : "score", result.winner_score.score,
        counted(static_cast<std::int64_t>(test_count(spec)),
                spec.task == EvolveTask::xor_latency ? "trial" : "fresh trial"),
        result.winner_score.spikes,
        !spec.goal ? ""
                   : fmt::format("; the goal of {:.4g} was {}", *spec.goal,
                                 result.reached ? "reached" : "not reached"));
    out += cell_table(result) + "\n" + edge_table(result);
    return out + fmt::format("\nThe winner in a trial:\n\n    snnsim {}\n",
                             shell_word(result.folder + "/" + file.name + "_winner.yaml"));
}

std::string evolution_csv(const EvolveResult& result) {
    CsvTable table({"generation", "best_fitness", "mean_fitness", "score", "test_score", "species",
                    "cells", "edges", "spikes"});
    std::size_t number = 0;
    for (const GenerationRow& r : result.generations)
        table.add({std::to_string(++number), csv_number(r.best), csv_number(r.mean),
                   csv_number(r.score), csv_number(r.test), std::to_string(r.species),
                   std::to_string(r.cells), std::to_string(r.edges), csv_number(r.spikes)});
    return table.text();
}

void write_evolution(const std::string& path, const EvolveResult& result) {
    replace_file(path, [&](const std::string& temporary) {
        h5::Handle root = h5::create_file(temporary);
        h5::write_text(root, "format", "snnsim evolve");
        h5::write_text(root, "name", result.file.name);
        h5::write_text(root, "evolution", result.file.text);
        h5::write_text(root, "task", name_of(result.file.evolve.task));
        h5::write_text(root, "method", name_of(result.file.evolve.method));
        h5::write_number(root, "winner_generation",
                         static_cast<std::int64_t>(result.winner_generation + 1));
        h5::write_number(root, "winner_score", result.winner_score.score);
        h5::write_number(root, "winner_spikes", result.winner_score.spikes);
        const auto column = [&](const char* name, const auto& value, const char* unit) {
            std::vector<double> values;
            for (const GenerationRow& r : result.generations)
                values.push_back(static_cast<double>(value(r)));
            h5::write_vector(root, fmt::format("generations/{}", name), values, unit);
        };
        column(
            "best_fitness", [](const GenerationRow& r) { return r.best; }, "1");
        column(
            "mean_fitness", [](const GenerationRow& r) { return r.mean; }, "1");
        column(
            "score", [](const GenerationRow& r) { return r.score; }, "1");
        column(
            "test_score",
            [](const GenerationRow& r) {
                return r.test.value_or(std::numeric_limits<double>::quiet_NaN());
            },
            "1");
        column(
            "species", [](const GenerationRow& r) { return r.species; }, "1");
        column(
            "cells", [](const GenerationRow& r) { return r.cells; }, "1");
        column(
            "edges", [](const GenerationRow& r) { return r.edges; }, "1");
        column(
            "spikes", [](const GenerationRow& r) { return r.spikes; }, "1");
        std::vector<double> time;
        std::vector<std::uint32_t> cell;
        for (std::size_t k = 0; k < recorded_steps(result); ++k) {
            for (std::uint32_t left = result.recorded.fired[k]; left != 0; left &= left - 1) {
                time.push_back(static_cast<double>(k + 1));
                cell.push_back(static_cast<std::uint32_t>(lowest_bit(left)));
            }
        }
        h5::write_vector(root, "winner/spikes/time", time, "ms");
        h5::write_vector(root, "winner/spikes/cell", cell, "1");
        h5::check(H5Fflush(root, H5F_SCOPE_GLOBAL), "cannot flush");
        root.close("cannot close");
    });
}

}  // namespace snnsim
