#include "src/inputs/load_inputs.hpp"

#include "snnsim/dataset.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/inputs/fit_input.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_edges.hpp"
#include "src/inputs/load_gap_junctions.hpp"
#include "src/inputs/load_space.hpp"
#include "src/inputs/load_values.hpp"
#include "src/inputs/load_weights.hpp"
#include "src/io/read_played_spikes.hpp"

namespace snnsim {

SimulationSpec load_inputs(SimulationSpec spec) {
    spec.shown = load_shown(spec);
    if (spec.shown && spec.trained) fit_input(spec, *spec.shown);  // before weights get a grid
    std::string wrong;
    try {
        spec = with_played_spikes(spec);
    } catch (const FileError& e) {
        wrong = e.what();
    }
    std::string wrong_numbers;
    for (const auto load :
         {load_space, load_edges, load_gap_junctions, load_values, load_weights}) {
        try {
            load(spec);
        } catch (const DataError& e) {
            wrong_numbers += (wrong_numbers.empty() ? "" : "\n") + std::string(e.what());
        }
    }
    if (!wrong_numbers.empty())
        throw DataError(wrong + (wrong.empty() ? "" : "\n") + wrong_numbers);
    if (!wrong.empty()) throw FileError(wrong);
    return spec;
}

std::vector<std::string> input_files(const SimulationSpec& spec) {
    std::vector<std::string> lines;
    for (const SynapsesSpec& p : spec.projections) {
        if (p.edges && !p.edges->sha256.empty())
            lines.push_back(p.edges->sha256 + "  " + p.edges->path);
    }
    for (const GapJunctionsSpec& g : spec.gap_junctions) {
        if (g.edges) lines.push_back(g.edges->sha256 + "  " + g.edges->path);
    }
    for (const CellPopulationSpec& p : spec.populations) {
        if (!p.played) continue;
        const auto& source = std::get<SpikeSource::Params>(p.cell);
        lines.push_back(p.played->sha256 + "  " + beside_model(spec.path, source.file).string());
    }
    for (std::string& line : position_files(spec)) lines.push_back(std::move(line));
    for (std::string& line : value_files(spec)) lines.push_back(std::move(line));
    for (std::string& line : shown_files(spec)) lines.push_back(std::move(line));
    return lines;
}

std::vector<InputFile> files_read_by(const SimulationSpec& spec) {
    std::vector<InputFile> files{{spec.path, "the model"}};
    constexpr std::size_t digest = 66;  // SHA-256 and two blanks
    for (const std::string& line : input_files(spec)) {
        const std::string path = line.substr(digest);
        for (const std::string& place : {path, beside_model(spec.path, path).string()})
            files.push_back({place, "a file that the model reads"});
    }
    return files;
}

}  // namespace snnsim
