#include "src/io/checkpoint_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <type_traits>

#include "snnsim/error.hpp"
#include "src/files/whole_number.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/measured_energy.hpp"
#include "src/io/replace_file.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {

std::string checkpoint_path(const std::string& run) {
    return std::filesystem::path(run).replace_extension(".checkpoint.h5").string();
}

namespace {

std::string plastic_path(std::size_t k) {
    return "plastic/" + std::to_string(k);
}

void write_plastic(hid_t file, std::size_t k, const PlasticState& s) {
    const h5::Handle g = h5::make_group(file, plastic_path(k));
    h5::write_number<std::uint64_t>(g, "plastic", s.plastic);
    h5::write_number(g, "done", s.done);
    h5::write_number(g, "reward", s.reward);
    h5::write_number(g, "rewarded", s.rewarded);
    h5::write_number(g, "released", s.released);
    h5::write_vector(g, "weight", s.weight, "1");
    h5::write_vector(g, "own", s.own, "1");
    h5::write_vector(g, "ready", s.ready, "1");
    h5::write_vector(g, "arrived", s.arrived, "1");
    h5::write_vector(g, "pre", s.pre, "1");
    h5::write_vector(g, "resources", s.resources, "1");
    h5::write_vector(g, "post_count", s.post_count, "1");
    h5::write_vector(g, "post_step", s.post_step, "1");
    h5::write_vector(g, "post", s.post, "1");
    h5::write_vector(g, "late_plus", s.late_plus, "mV");
    h5::write_vector(g, "late_minus", s.late_minus, "mV");
    h5::write_vector(g, "fired", s.fired, "1");
    h5::write_vector(g, "rate", s.rate, "Hz");
    h5::write_vector(g, "watched", s.watched, "1");
    h5::write_vector(g, "source", s.source, "1");
    h5::write_vector(g, "target", s.target, "1");
    h5::write_vector(g, "structure/step", s.structure.step, "1");
    h5::write_vector(g, "structure/pruned", s.structure.pruned, "1");
    h5::write_vector(g, "structure/grown", s.structure.grown, "1");
}

PlasticState read_plastic(hid_t file, std::size_t k) {
    const h5::Handle g = h5::open_group(file, plastic_path(k));
    PlasticState s;
    s.plastic = h5::read_number<std::uint64_t>(g, "plastic") != 0;
    s.done = h5::read_number<std::int64_t>(g, "done");
    s.reward = h5::read_number<float>(g, "reward");
    if (h5::has_attribute(g, "rewarded"))  // older checkpoints know no rules of the user's own
        s.rewarded = h5::read_number<std::int64_t>(g, "rewarded");
    if (h5::has_attribute(g, "released"))  // older checkpoints count no operations
        s.released = h5::read_number<std::uint64_t>(g, "released");
    s.weight = h5::read_vector<std::int32_t>(g, "weight");
    s.own = h5::read_vector<float>(g, "own");
    s.ready = h5::read_vector<std::uint8_t>(g, "ready");
    s.arrived = h5::read_vector<std::uint32_t>(g, "arrived");
    s.pre = h5::read_vector<float>(g, "pre");
    s.resources = h5::read_vector<float>(g, "resources");
    s.post_count = h5::read_vector<std::uint32_t>(g, "post_count");
    s.post_step = h5::read_vector<std::uint32_t>(g, "post_step");
    s.post = h5::read_vector<float>(g, "post");
    if (h5::exists(g, "late_plus")) {  // older checkpoints know no rule that reads voltages
        s.late_plus = h5::read_vector<float>(g, "late_plus");
        s.late_minus = h5::read_vector<float>(g, "late_minus");
    }
    s.fired = h5::read_vector<std::uint32_t>(g, "fired");
    s.rate = h5::read_vector<float>(g, "rate");
    s.watched = h5::read_vector<float>(g, "watched");
    s.source = h5::read_vector<std::uint32_t>(g, "source");
    s.target = h5::read_vector<std::uint32_t>(g, "target");
    s.structure.step = h5::read_vector<std::uint32_t>(g, "structure/step");
    s.structure.pruned = h5::read_vector<std::uint64_t>(g, "structure/pruned");
    s.structure.grown = h5::read_vector<std::uint64_t>(g, "structure/grown");
    return s;
}

void write_changes(hid_t file, const NetworkChanges& changes) {
    for (const auto& [projection, synapses] : changes.synapses) {
        const h5::Handle g = h5::make_group(file, "changes/" + std::to_string(projection));
        h5::write_number<std::uint64_t>(g, "trained", synapses->trained);
        h5::write_vector(g, "source", synapses->source, "1");
        h5::write_vector(g, "target", synapses->target, "1");
        h5::write_vector(g, "weight", synapses->weight, "1");
        h5::write_vector(g, "delay", synapses->delay, "ms");
    }
}

NetworkChanges read_changes(hid_t file) {
    NetworkChanges out;
    if (!h5::exists(file, "changes")) return out;
    for (const std::string& name : h5::children(file, "changes")) {
        const h5::Handle g = h5::open_group(file, "changes/" + name);
        EdgeList synapses;
        synapses.trained = h5::read_number<std::uint64_t>(g, "trained") != 0;
        synapses.source = h5::read_vector<std::uint32_t>(g, "source");
        synapses.target = h5::read_vector<std::uint32_t>(g, "target");
        synapses.weight = h5::read_vector<double>(g, "weight");
        synapses.delay = h5::read_vector<double>(g, "delay");
        std::uint64_t projection = 0;
        if (!read_whole(name, std::uint64_t{0}, std::uint64_t{1} << 20, projection).empty())
            throw FileError("'changes/" + name + "' names no projection");
        out.synapses[projection] = std::make_shared<const EdgeList>(std::move(synapses));
    }
    return out;
}

/// Calls f(name, member) for each part of a ProtocolState.
template <class State, class F>
void for_each_part(State& s, F&& f) {
    f("pending_step", s.pending_step);
    f("pending_kind", s.pending_kind);
    f("pending_amount", s.pending_amount);
    f("spikes_before", s.spikes_before);
    f("response", s.response);
    f("all_spikes", s.all.spikes);
    f("all_samples", s.all.samples);
    f("recent_spikes", s.recent.spikes);
    f("recent_samples", s.recent.samples);
    f("assigned", s.assigned);
    f("running", s.running);
    f("trials/phase", s.trials.phase);
    f("trials/sample", s.trials.sample);
    f("trials/label", s.trials.label);
    f("trials/start", s.trials.start);
    f("trials/stop", s.trials.stop);
    f("trials/repeats", s.trials.repeats);
    f("trials/spikes", s.trials.spikes);
    f("trials/prediction", s.trials.prediction);
    f("log/start", s.log.start);
    f("log/stop", s.log.stop);
    f("log/spikes", s.log.spikes);
    f("log/assignment", s.log.assignment);
}

void write_protocol(hid_t file, const ProtocolState& s) {
    const h5::Handle g = h5::make_group(file, "protocol");
    h5::write_vector(
        g, "place",
        std::vector<std::uint64_t>{s.phase, s.trial, s.repeat, s.trial_start, s.too_few}, "1");
    for_each_part(
        s, [&](const char* name, const auto& part) { h5::write_vector(g, name, part, "1"); });
    const ReadoutState& r = s.readout;
    h5::write_vector(g, "readout/place",
                     std::vector<std::uint64_t>{r.done, r.phase, r.trial, r.spikes}, "1");
    h5::write_vector(g, "readout/output", r.output, "1");
}

ProtocolState read_protocol(hid_t file) {
    const h5::Handle g = h5::open_group(file, "protocol");
    ProtocolState s;
    const std::vector<std::uint64_t> place = h5::read_vector<std::uint64_t>(g, "place");
    if (place.size() != 5) throw FileError("'protocol/place' must hold 5 numbers");
    s.phase = place[0];
    s.trial = place[1];
    s.repeat = place[2];
    s.trial_start = place[3];
    s.too_few = static_cast<std::uint8_t>(place[4]);
    for_each_part(s, [&](const char* name, auto& part) {
        using T = typename std::remove_cvref_t<decltype(part)>::value_type;
        part = h5::read_vector<T>(g, name);
    });
    if (!h5::exists(g, "readout/place")) return s;  // older checkpoints show no trained networks
    const std::vector<std::uint64_t> read = h5::read_vector<std::uint64_t>(g, "readout/place");
    if (read.size() != 4) throw FileError("'protocol/readout/place' must hold 4 numbers");
    s.readout = {read[0], read[1], read[2], static_cast<std::uint32_t>(read[3]),
                 h5::read_vector<float>(g, "readout/output")};
    return s;
}

}  // namespace

void write_checkpoint(const std::string& path, const SimulationCheckpoint& c) {
    replace_file(path, [&](const std::string& temporary) {
        h5::Handle file = h5::create_file(temporary);
        h5::write_text(file, "format", "snnsim checkpoint");
        h5::write_number(file, "steps", c.engine.now);
        h5::write_number(file, "seconds", c.seconds);
        write_measured(file, c.measured);
        write_protocol(file, c.protocol);
        h5::write_number<std::uint64_t>(file, "populations", c.engine.states.size());
        h5::write_vector(file, "spike_counts", c.engine.spike_counts, "1");
        std::vector<std::uint64_t> work;
        for (const SynapticWork& w : c.engine.work) {
            work.push_back(w.events);
            work.push_back(w.operations);
        }
        h5::write_vector(file, "work", work, "1");
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
            h5::write_vector(file, "rates/" + std::to_string(p), c.engine.rates[p], "Hz");
            h5::write_vector(file, "counted/" + std::to_string(p), c.engine.counted[p], "1");
        }
        h5::write_number<std::uint64_t>(file, "learns", c.engine.learns);
        h5::write_number<std::uint64_t>(file, "plastic_projections", c.engine.plastic.size());
        for (std::size_t k = 0; k < c.engine.plastic.size(); ++k)
            write_plastic(file, k, c.engine.plastic[k]);
        write_changes(file, c.changes);
        if (!c.identity.empty()) h5::write_texts(file, "identity", c.identity);
        file.close("cannot write " + temporary);
    });
}

namespace {

SimulationCheckpoint read_all(hid_t file) {
    SimulationCheckpoint c;
    c.engine.now = h5::read_number<std::int64_t>(file, "steps");
    c.seconds = h5::read_number<double>(file, "seconds");
    c.measured = read_measured(file);
    c.protocol = read_protocol(file);
    c.engine.spike_counts = h5::read_vector<std::uint64_t>(file, "spike_counts");
    if (h5::exists(file, "work")) {  // older checkpoints count no operations
        const auto work = h5::read_vector<std::uint64_t>(file, "work");
        for (std::size_t k = 0; k + 1 < work.size(); k += 2)
            c.engine.work.push_back({work[k], work[k + 1]});
    }
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
        c.engine.rates.push_back(h5::read_vector<double>(file, "rates/" + std::to_string(p)));
        c.engine.counted.push_back(
            h5::read_vector<std::uint32_t>(file, "counted/" + std::to_string(p)));
    }
    c.engine.learns = h5::read_number<std::uint64_t>(file, "learns") != 0;
    const auto plastic = h5::read_number<std::uint64_t>(file, "plastic_projections");
    for (std::uint64_t k = 0; k < plastic; ++k) c.engine.plastic.push_back(read_plastic(file, k));
    c.changes = read_changes(file);
    if (h5::has_attribute(file, "identity")) c.identity = h5::read_texts(file, "identity");
    return c;
}

}  // namespace

SimulationCheckpoint read_checkpoint(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    if (!h5::has_attribute(file, "format") || h5::read_text(file, "format") != "snnsim checkpoint")
        throw FileError(path + " is no checkpoint of a simulation");
    try {
        return read_all(file);
    } catch (const FileError& e) {
        throw FileError(path + ": " + e.what());
    }
}

namespace {

template <class Damaged>
void require_fits(std::size_t projection, const EdgeList& synapses, const SimulationSpec& spec,
                  const Damaged& damaged) {
    if (projection >= spec.projections.size())
        damaged(fmt::format("synapses of projection {}", projection));
    const SynapsesSpec& p = spec.projections[projection];
    const auto sources = static_cast<std::uint64_t>(spec.population(p.from).size),
               targets = static_cast<std::uint64_t>(spec.population(p.to).size);
    const std::size_t count = synapses.source.size();
    if (synapses.target.size() != count || synapses.weight.size() != count ||
        synapses.delay.size() != count)
        damaged("synapses of " + p.name() + " whose parts differ in length");
    for (std::size_t k = 0; k < count; ++k) {
        const double delay = synapses.delay[k] / spec.dt;
        if (synapses.source[k] >= sources || synapses.target[k] >= targets ||
            !std::isfinite(synapses.weight[k]) || !(delay > 0.5) ||
            !(delay < most_delay_steps + 0.5))
            damaged(fmt::format("synapse {} of {}", k, p.name()));
    }
}

}  // namespace

void require_fits(const SimulationCheckpoint& checkpoint, const SimulationSpec& spec,
                  const std::string& path) {
    const auto damaged = [&](const std::string& what) {
        throw FileError(path + " is damaged or of another model: " + what);
    };
    const EngineState& e = checkpoint.engine;
    const std::size_t populations = spec.populations.size();
    for (const std::size_t count : {e.states.size(), e.spike_counts.size(), e.rates.size(),
                                    e.counted.size(), checkpoint.digests.size()}) {
        if (count != populations)
            damaged(fmt::format("{} populations, but the model has {}", count, populations));
    }
    for (const auto& [projection, synapses] : checkpoint.changes.synapses)
        require_fits(projection, *synapses, spec, damaged);
    if (e.now < 0 || e.now > spec.steps()) damaged(fmt::format("step {}", e.now));
    for (std::size_t p = 0; p < populations; ++p) {
        const auto cells = static_cast<std::size_t>(spec.populations[p].size);
        if (!e.rates[p].empty() && e.rates[p].size() != cells)
            damaged(fmt::format("rates of {} cells of {}", e.rates[p].size(), cells));
        if (!e.counted[p].empty() && e.counted[p].size() != cells)
            damaged(fmt::format("counts of {} cells of {}", e.counted[p].size(), cells));
        if (e.states[p].size() % std::max<std::size_t>(cells, 1) != 0)
            damaged(fmt::format("{} values of {} cells", e.states[p].size(), cells));
    }
    const Spikes& s = e.recent;
    if (s.population.size() != s.step.size() || s.cell.size() != s.step.size() ||
        (!s.value.empty() && s.value.size() != s.step.size()))
        damaged("'recent/step' and what belongs to it differ in length");
    for (std::size_t k = 0; k < s.step.size(); ++k) {
        if (!index_below(s.population[k], populations))
            damaged(fmt::format("'recent/population'[{}] is {}", k, s.population[k]));
        const CellPopulationSpec& p = spec.populations[s.population[k]];
        if (!index_below(s.cell[k], static_cast<std::uint64_t>(p.size)))
            damaged(
                fmt::format("'recent/cell'[{}] is {}; '{}' has {}", k, s.cell[k], p.name, p.size));
        if (s.step[k] < 1 || s.step[k] > e.now)
            damaged(fmt::format("'recent/step'[{}] is {}", k, s.step[k]));
    }
}

}  // namespace snnsim
