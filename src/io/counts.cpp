#include "src/io/counts.hpp"

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {

const char* const training_conventions =
    "Sums over all samples and steps. dense: weights times steps. macs, acs: effective operations "
    "(NeuroBench): input and weight both non-zero, AC where all inputs are in {-1, 0, 1}, else "
    "MAC; "
    "biases not counted. syops_macs, syops_acs (syops-counter): dense operations with biases times "
    "the share of inputs that are not zero; all of them MACs where inputs are values; a neuron "
    "update is one AC (updates). Sums that multiply others: a MAC for each target and step. Input "
    "that is the same at every step by its encoding is summed, and counted, once. In training "
    "every weight that is there counts as non-zero. reads, writes: words of memory (Garg et al. "
    "2026).";
const char* const simulation_conventions =
    "Sums over all that was simulated; samples: those that a trained network was shown, 0: other "
    "things happened too. macs, acs: synapses that spikes reach (of a weight file those that are "
    "not 0), ACs where a synapse gets the same of each spike, else MACs; a spike counts when it "
    "is sent, within a sample where it arrives in it, and of synapses that may fail those count "
    "that let something go. dense: synapses times steps. inputs: sources times steps. events of a "
    "projection: its spikes. updates: cells that keep a state times steps in which they are "
    "awake. Stimuli and changes of weights are not counted. Biases, syops_macs, syops_acs, reads, "
    "writes: as of a training, where what lasts a sample lasts the whole run if there are none.";

namespace {

struct Number {
    const char* name;
    std::uint64_t PopulationActivity::*member;
};
constexpr Number numbers[] = {
    {"events", &PopulationActivity::events},   {"possible", &PopulationActivity::possible},
    {"updates", &PopulationActivity::updates}, {"reads", &PopulationActivity::reads},
    {"writes", &PopulationActivity::writes},
};
struct Forward {
    const char* name;
    std::uint64_t ProjectionOperations::*member;
};
constexpr Forward forward_numbers[] = {
    {"dense", &ProjectionOperations::dense},   {"macs", &ProjectionOperations::macs},
    {"acs", &ProjectionOperations::acs},       {"events", &ProjectionOperations::events},
    {"inputs", &ProjectionOperations::inputs}, {"biases", &ProjectionOperations::biases},
};
struct Backward {
    const char* name;
    std::uint64_t BackwardOperations::*member;
};
constexpr Backward backward_numbers[] = {
    {"dense", &BackwardOperations::dense},
    {"macs", &BackwardOperations::macs},
    {"acs", &BackwardOperations::acs},
    {"weight_updates", &BackwardOperations::updates},
};

template <class Owner, class Table>
void write_table(hid_t group, const Owner& owner, const Table& table) {
    for (const auto& field : table) h5::write_number(group, field.name, owner.*field.member);
}
template <class Owner, class Table>
void read_table(hid_t group, Owner& owner, const Table& table) {
    for (const auto& field : table)
        owner.*field.member = h5::read_number<std::uint64_t>(group, field.name);
}

}  // namespace

void write_counts(hid_t root, const std::string& path, const PhaseCounts& counts,
                  const char* conventions) {
    const h5::Handle top = h5::make_group(root, path);
    h5::write_text(top, "convention", conventions);
    h5::write_number(top, "samples", counts.samples);
    for (const PopulationActivity& a : counts.activity) {
        const h5::Handle g = h5::make_group(root, path + "/population/" + a.population);
        write_table(g, a, numbers);
        h5::write_number<std::uint8_t>(g, "graded", a.graded ? 1 : 0);
        h5::write_text(g, "units", "1");
    }
    for (const ProjectionOperations& o : counts.forward) {
        const h5::Handle g = h5::make_group(root, path + "/forward/" + o.projection);
        write_table(g, o, forward_numbers);
        h5::write_number<std::uint8_t>(g, "analog", o.analog ? 1 : 0);
        h5::write_number(g, "reads", o.reads());
        h5::write_number(g, "syops_macs", o.syops_macs());
        h5::write_number(g, "syops_acs", o.syops_acs());
        h5::write_text(g, "units", "operations");
    }
    for (const BackwardOperations& o : counts.backward) {
        const h5::Handle g = h5::make_group(root, path + "/backward/" + o.projection);
        write_table(g, o, backward_numbers);
        h5::write_text(g, "units", "operations");
    }
}

PhaseCounts read_counts(hid_t root, const std::string& path) {
    PhaseCounts counts;
    counts.samples = h5::read_number<std::uint64_t>(h5::open_group(root, path), "samples");
    for (const std::string& name : h5::children(root, path + "/population")) {
        const h5::Handle g = h5::open_group(root, path + "/population/" + name);
        PopulationActivity a{name};
        read_table(g, a, numbers);
        a.graded = h5::read_number<std::uint8_t>(g, "graded") != 0;
        counts.activity.push_back(a);
    }
    for (const std::string& name : h5::children(root, path + "/forward")) {
        const h5::Handle g = h5::open_group(root, path + "/forward/" + name);
        ProjectionOperations o{name};
        read_table(g, o, forward_numbers);
        o.analog = h5::read_number<std::uint8_t>(g, "analog") != 0;
        counts.forward.push_back(o);
    }
    for (const std::string& name : h5::children(root, path + "/backward")) {
        const h5::Handle g = h5::open_group(root, path + "/backward/" + name);
        BackwardOperations o{name};
        read_table(g, o, backward_numbers);
        counts.backward.push_back(o);
    }
    return counts;
}

}  // namespace snnsim
