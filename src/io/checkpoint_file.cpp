#include "src/io/checkpoint_file.hpp"

#include <filesystem>

#include "src/io/hdf5.hpp"
#include "src/io/measured_energy.hpp"
#include "src/io/replace_file.hpp"

namespace snnsim {

std::string checkpoint_path(const std::string& run) {
    return std::filesystem::path(run).replace_extension(".checkpoint.h5").string();
}

void write_checkpoint(const std::string& path, const SimulationCheckpoint& c) {
    replace_file(path, [&](const std::string& temporary) {
        h5::Handle file = h5::create_file(temporary);
        h5::write_text(file, "format", "snnsim checkpoint");
        h5::write_number(file, "steps", c.engine.now);
        h5::write_number(file, "seconds", c.seconds);
        write_measured(file, c.measured);
        h5::write_number<std::uint64_t>(file, "populations", c.engine.states.size());
        h5::write_vector(file, "spike_counts", c.engine.spike_counts, "1");
        h5::write_vector(file, "rate_counts", c.rate_counts, "1");
        h5::write_vector(file, "watch_counts", c.watch_counts, "1");
        h5::write_number<std::uint64_t>(file, "records", c.engine.inputs.size());
        for (std::size_t r = 0; r < c.engine.inputs.size(); ++r)
            h5::write_vector(file, "inputs/" + std::to_string(r), c.engine.inputs[r], "1");
        h5::write_vector(file, "recent/step", c.engine.recent.step, "1");
        h5::write_vector(file, "recent/population", c.engine.recent.population, "1");
        h5::write_vector(file, "recent/cell", c.engine.recent.cell, "1");
        h5::write_vector(file, "recent/value", c.engine.recent.value, "1");
        for (std::size_t p = 0; p < c.engine.states.size(); ++p) {
            h5::write_vector(file, "states/" + std::to_string(p), c.engine.states[p], "1");
            h5::write_vector(file, "digests/" + std::to_string(p), c.digests[p], "1");
        }
        file.close("cannot write " + temporary);
    });
}

SimulationCheckpoint read_checkpoint(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    SimulationCheckpoint c;
    c.engine.now = h5::read_number<std::int64_t>(file, "steps");
    c.seconds = h5::read_number<double>(file, "seconds");
    c.measured = read_measured(file);
    c.engine.spike_counts = h5::read_vector<std::uint64_t>(file, "spike_counts");
    c.rate_counts = h5::read_vector<std::uint64_t>(file, "rate_counts");
    c.watch_counts = h5::read_vector<std::uint64_t>(file, "watch_counts");
    const auto records = h5::read_number<std::uint64_t>(file, "records");
    for (std::uint64_t r = 0; r < records; ++r)
        c.engine.inputs.push_back(
            h5::read_vector<std::int64_t>(file, "inputs/" + std::to_string(r)));
    c.engine.recent.step = h5::read_vector<std::uint32_t>(file, "recent/step");
    c.engine.recent.population = h5::read_vector<std::uint32_t>(file, "recent/population");
    c.engine.recent.cell = h5::read_vector<std::uint32_t>(file, "recent/cell");
    if (h5::exists(file, "recent/value"))  // older checkpoints know none that are graded
        c.engine.recent.value = h5::read_vector<float>(file, "recent/value");
    const auto populations = h5::read_number<std::uint64_t>(file, "populations");
    for (std::uint64_t p = 0; p < populations; ++p) {
        c.engine.states.push_back(h5::read_vector<float>(file, "states/" + std::to_string(p)));
        c.digests.push_back(h5::read_vector<std::uint8_t>(file, "digests/" + std::to_string(p)));
    }
    return c;
}

}  // namespace snnsim
