#include "src/evolve/winner_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "kernels/math/bits.hpp"
#include "snnsim/error.hpp"
#include "src/io/replace_file.hpp"
#include "src/report/csv.hpp"

namespace snnsim {
namespace {

void write_text_file(const std::string& path, const std::string& text) {
    replace_file(path, [&](const std::string& temporary) {
        std::ofstream file(temporary);
        file << text;
        if (!file.flush()) throw FileError("no room, or no permission");
    });
}

std::string table_of(const std::vector<SimulatedEdge>& edges) {
    CsvTable table({"source", "target", "weight", "delay (ms)"});
    for (const SimulatedEdge& e : edges)
        table.add({std::to_string(e.source), std::to_string(e.target), csv_number(e.weight),
                   std::to_string(e.delay)});
    return table.text();
}

std::string spikes_of(const EvolveResult& result) {
    CsvTable table({"time_ms", "cell"});
    for (std::size_t k = 0; k < recorded_steps(result); ++k) {
        for (std::uint32_t left = result.recorded.sent[k]; left != 0; left &= left - 1)
            table.add({std::to_string(k + 1), std::to_string(lowest_bit(left))});
    }
    return table.text();
}

std::string values(const Genome& genome, double CellGene::*member, const char* unit) {
    std::string out;
    for (const CellGene& c : genome.cells)
        out += fmt::format("{}{:.17g}{}", out.empty() ? "" : ", ", c.*member, unit);
    return "{values: [" + out + "]}";
}

std::string inhibiting(const Genome& genome) {
    std::string out;
    for (std::size_t k = 0; k < genome.cells.size(); ++k) {
        if (genome.cells[k].inhibits) out += fmt::format("{}{}", out.empty() ? "" : ", ", k);
    }
    return out.empty() ? "none inhibits" : "inhibiting: " + out;
}

}  // namespace

WinnerEdges edges_of(const Genome& genome, const CircuitEnds& ends) {
    WinnerEdges out;
    const auto place = [&](std::uint32_t id) {
        const auto at = std::find_if(genome.cells.begin(), genome.cells.end(),
                                     [&](const CellGene& c) { return c.id == id; });
        return static_cast<std::uint32_t>(at - genome.cells.begin());
    };
    for (const EdgeGene& e : genome.edges) {
        const std::int16_t steps = weight_on_grid(genome, ends, e);
        if (!e.on || steps == 0) continue;
        const double weight = steps * circuit_weight_step;
        if (e.from < ends.inputs) {
            out.of_inputs.push_back({e.from, place(e.to), weight, e.delay});
        } else {
            out.of_cells.push_back({place(e.from), place(e.to), weight, e.delay});
        }
    }
    return out;
}

std::size_t recorded_steps(const EvolveResult& result) {
    const TrialSet& shown = result.shown;
    if (shown.control == 0) return shown.steps;
    return std::min<std::size_t>(
        shown.steps, (result.recorded.record.survived + std::size_t{1}) * shown.control);
}

std::vector<std::string> write_winner(const EvolveResult& result) {
    const std::string name = result.file.name + "_winner";
    const WinnerEdges edges = edges_of(result.winner, result.ends);
    std::vector<std::string> files{name + ".yaml"};
    const auto add = [&](const std::string& file, const std::string& text) {
        write_text_file(result.folder + "/" + file, text);
        files.push_back(file);
        return file;
    };
    const std::string spikes = add(name + "_spikes.csv", spikes_of(result));
    std::string projections;
    const auto project = [&](const char* from, const std::vector<SimulatedEdge>& of) {
        if (of.empty()) return;
        const std::string file = add(fmt::format("{}_{}.csv", name, from), table_of(of));
        projections += fmt::format(
            "  - {{from: {}, to: cells, connect: {{rule: list, file: {}}}, weight_bits: 32}}\n",
            from, file);
    };
    project("inputs", edges.of_inputs);
    project("cells", edges.of_cells);
    const std::size_t outputs = result.ends.outputs;
    std::string text = fmt::format(
        "# The circuit that `snnsim evolve` found for {} (generation {}), in a trial of that task. "
        "Of the cells\n# the first {} the output, the others lie between ({}).\n"
        "name: {}\nseed: 1\ndt: 1 ms\nsimulate: {{duration: {} ms}}\n\npopulations:\n"
        "  inputs: {{model: spike_source, size: {}, file: {}}}\n"
        "  cells:\n    model: lif\n    size: {}\n    reset: zero\n    tau_m: {}\n    v_th: {}\n",
        name_of(result.file.evolve.task), result.winner_generation + 1,
        outputs == 1 ? "is" : "two are", inhibiting(result.winner), name, recorded_steps(result),
        result.ends.inputs, spikes, result.winner.cells.size(),
        values(result.winner, &CellGene::tau_m, " ms"), values(result.winner, &CellGene::v_th, ""));
    if (!projections.empty()) text += "\nprojections:\n" + projections;
    text +=
        "\nrecord:\n  - {population: inputs, what: spikes}\n"
        "  - {population: cells, what: spikes}\n";
    write_text_file(result.folder + "/" + files[0], text);
    return files;
}

}  // namespace snnsim
