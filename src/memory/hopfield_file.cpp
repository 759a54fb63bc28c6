#include "src/memory/hopfield_file.hpp"

#include "src/io/counts.hpp"
#include "src/io/replace_file.hpp"
#include "src/io/write_parts.hpp"

namespace snnsim {
namespace {

const char* const conventions =
    "Sums over all trials (samples) and sweeps. Of the network with a stored matrix of N - 1 "
    "weights a unit: an update adds them with the signs of the units, so that dense and acs are "
    "updates times N - 1, with weights that happen to be 0. reads, writes: words of memory, the "
    "unit's own and those of the units and weights that it meets.";

}  // namespace

PhaseCounts recall_counts(const HopfieldModel& model, const RecallOutcome& outcome) {
    const auto units = static_cast<std::uint64_t>(model.hopfield.cells);
    std::uint64_t sweeps = 0;
    for (const std::uint32_t n : outcome.sweeps) sweeps += n;
    const std::uint64_t updates = sweeps * units, met = updates * (units - 1);
    PhaseCounts out;
    out.samples = static_cast<std::uint64_t>(model.hopfield.trials);
    out.activity.push_back({.population = "units",
                            .events = updates,
                            .possible = updates,
                            .updates = updates,
                            .reads = updates,
                            .writes = updates});
    out.forward.push_back(
        {.projection = "units_to_units", .dense = met, .acs = met, .events = met, .inputs = met});
    return out;
}

void write_hopfield(const std::string& path, const HopfieldModel& model,
                    const RecallOutcome& outcome, const Provenance& provenance) {
    const HopfieldSpec& h = model.hopfield;
    const auto trials = static_cast<hsize_t>(h.trials), units = static_cast<hsize_t>(h.cells),
               patterns = static_cast<hsize_t>(h.patterns);
    std::vector<float> overlaps;
    overlaps.reserve(outcome.overlaps.size());
    for (const std::int32_t m : outcome.overlaps)
        overlaps.push_back(static_cast<float>(m) / static_cast<float>(units));
    replace_file(path, [&](const std::string& temporary) {
        h5::Handle file = h5::create_file(temporary);
        write_provenance(file, provenance, RunStatus::finished);
        h5::write_text(file, "kind", "hopfield");
        h5::write_texts(file, "inputs", provenance.inputs);
        const h5::Handle top = h5::make_group(file, "recall");
        write_parameters(top, h);
        h5::write_vector(file, "recall/overlaps", overlaps, "1", {trials, patterns});
        h5::write_array(file, "recall/states", H5T_NATIVE_INT8, {trials, units},
                        outcome.states.data(), "1");
        h5::write_vector(file, "recall/sweeps", outcome.sweeps, "1");
        h5::write_vector(file, "recall/settled", outcome.settled, "1");
        h5::write_vector(file, "recall/energy", outcome.energy, "1",
                         {outcome.energy.size() / trials, trials});
        write_counts(file, "energy/simulate", recall_counts(model, outcome), conventions);
        const h5::Handle energy = h5::open_group(file, "energy/simulate");
        h5::write_number<std::uint64_t>(energy, "bytes_of_matrix", 4 * units * (units - 1));
        h5::write_number<std::uint64_t>(energy, "bytes_of_patterns",
                                        4 * units * ((patterns + 31) / 32));
        h5::write_vector(file, "profile/recall", std::vector<double>{outcome.seconds}, "s");
        file.close(path);
    });
}

}  // namespace snnsim
