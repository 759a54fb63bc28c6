#include "src/plan/expected_work.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "src/engine/cells/gap_junctions.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/equations/program.hpp"
#include "src/model/loops.hpp"
#include "src/network/stored_weights.hpp"
#include "src/network/weight_count.hpp"
#include "src/plan/run_size.hpp"

namespace snnsim {
namespace {

// Of the CPU: one thread of an Intel Xeon with AVX-512, user time of runs of two lengths subtracted
// (tools/bench/results has the machines). Cells with named receptors, astrocytes, cells with parts
// of a step, equations and events that are not in rows were measured on an AMD EPYC, and are in
// proportion to iaf_psc_exp on both. Of a device: tools/bench/results/device_cost.json, which
// counts what kernels do; it knows no times.

/// A cell and step.
struct CellCost {
    std::string_view model;
    double ns;
};
constexpr CellCost cell_costs[] = {
    {"iaf_psc_delta", 0.6},
    {"iaf_psc_exp", 1.7},
    {"iaf_psc_alpha", 1.7},
    {"iaf_cond_exp", 1.6},
    {"iaf_cond_nmda", 23.0},
    {"aeif_cond_exp", 41.0},
    {"hh_cond_exp_traub", 360.0},
    {"glif", 11.0},
    {"glif_cond", 10.0},
    {"pp_cond_exp_2c", 11.0},
    {"izhikevich", 2.1},
    {"lif_cond_adaptive", 3.4},
    {"vsn", 2.1},
    {"poisson_source", 2.4},
    {"regular_source", 1.7},
    // At dt 0.1 ms, with more parts in a longer one.
    {"hh_psc_alpha_gap", 550.0},
    {"aeif_psc_delta_clopath", 550.0},
    {"astrocyte_gchi", 18.0},
};
constexpr double ns_of_other_cells = 4.0;
constexpr double ns_of_stimulus = 1.8;  // a cell and step; 4.1 where many spikes come in a step
// Of an event, by how its synapse is kept (dense: with one weight, and with drawn ones; drawn anew:
// by source, and places shared out among sources), and of a spike and projection, whose row is
// looked for: so rows of 8 synapses take 50 ns an event, those of cuba 7.7, of brunel 0.9.
constexpr double ns_of_event = 2.0, ns_of_dense_event = 0.02, ns_of_dense_weight = 0.8,
                 ns_of_stencil_event = 1.7, ns_of_drawn_event = 14.0, ns_of_shared_place = 33.0;
constexpr double ns_of_plastic_event = 60.0;
constexpr double ns_of_released_event = 15.0;  // a random number each
constexpr double ns_of_row = 400.0;
constexpr double ns_of_junction_end = 1.5;
// Of equations, a cell and step: of each operation, function and random number.
constexpr double ns_of_equations = 0.5, ns_of_operation = 0.14, ns_of_function = 0.7,
                 ns_of_random = 2.0;
constexpr double ns_of_step = 1000.0;  // threads meet, and look at their lists

constexpr double captured_launch = 2.5e-6;  // s: the upper end of what is told of an H100
// A cell and step of iaf_psc_exp 68 thread-instructions, with Poisson input 129 to 143; of
// iaf_psc_delta with Poisson input 124. Others in proportion to their time on the CPU: an
// assumption.
constexpr double cell_instructions = 40.0, cell_instructions_per_ns = 16.0, cell_bytes = 60.0;
constexpr double stimulus_instructions = 70.0, stimulus_bytes = 5.0;
constexpr double event_instructions = 22.0, event_bytes = 40.0;        // brunel 17, microcircuit 27
constexpr double plastic_instructions = 360.0, plastic_bytes = 400.0;  // an event
constexpr double listed_instructions = 5.0;  // a cell and step: one block lists the spikes
constexpr double junction_instructions = 8.0, junction_bytes = 12.0;  // an end: an assumption
constexpr double plastic_launches = 2.1;                              // a step and projection

bool is_function(EquationOp op) {
    return (op >= EquationOp::exponential && op <= EquationOp::hyperbolic_tangent) ||
           op == EquationOp::power;
}

double ns_of(const CellEquations& equations) {
    const EquationProgram program = lower(equations);
    double ns = ns_of_equations + ns_of_random * static_cast<double>(program.drawn.size());
    for (const EquationInstruction& one : program.step)
        ns += is_function(one.op) ? ns_of_function : ns_of_operation;
    return ns;
}

double ns_of(const CellPopulationSpec& p) {
    if (const CellEquations* own = p.equations()) return ns_of(*own);
    const std::string_view name = CellModels::name_of(p.cell);
    for (const CellCost& c : cell_costs) {
        if (c.model == name) return c.ns;
    }
    return ns_of_other_cells;
}

/// Of an event, without what its spike takes.
double ns_of_event_of(const SynapsesSpec& p) {
    if (p.plasticity) return ns_of_plastic_event;
    switch (storage_of(p)) {
        case Storage::dense:
            return p.weight.constant() && !p.edges ? ns_of_dense_event : ns_of_dense_weight;
        case Storage::stencil:
            return ns_of_stencil_event;
        case Storage::procedural:
            return p.connect.rule == Rule::fixed_in_degree ? ns_of_shared_place : ns_of_drawn_event;
        case Storage::plastic:  // short_term alone takes no longer than rows do
            return p.release ? ns_of_released_event : ns_of_event;
        case Storage::rows:
            break;
    }
    return ns_of_event;
}
/// Of a spike: where its row begins is looked for, and not in the caches.
double ns_of_row_of(const SynapsesSpec& p) {
    const Storage storage = storage_of(p);
    return storage == Storage::rows || storage == Storage::plastic ? ns_of_row : 0.0;
}

/// Hz
double rate_of(const CellPopulationSpec& p, double duration) {
    return rate_of_model(p, duration).value_or(assumed_rate);
}

/// Of training, for MNIST at batches of 128: a neuron, sample and step; a weight, sample and step
/// whose input is not 0 (with its part of the gradient); a weight, sample and step through which a
/// gradient goes down; a weight and update. Of the CPU in the proportion of runs of mnist_lif with
/// 100 to 2,000 hidden neurons, mnist_ann and mnist_rsnn, scaled to what docs/results.md has of two
/// threads.
constexpr double ns_of_neuron = 2.5, ns_of_addition = 0.08, ns_of_back = 0.15, ns_of_update = 4.0;
constexpr double neuron_instructions = 110.0, addition_instructions = 6.9, back_instructions = 2.6,
                 update_instructions = 24.0;
constexpr double neuron_bytes = 50.0, addition_bytes = 2.7, back_bytes = 4.7, update_bytes = 32.0;
constexpr double share_of_inputs = 0.13;   // that are not 0: of MNIST's pixels
constexpr double single_launch = 4e-6;     // s: an assumption
constexpr double launches_of_layer = 3.5;  // a batch and population or projection ...
constexpr double launches_of_loop = 3.0;   // ... and of one on a cycle a step
constexpr double times_of_sparse = 6.0;    // a weight that is stored alone, of one in a matrix
constexpr double of_a_test = 0.5;          // of what training on a sample takes

}  // namespace

std::optional<double> rate_of_model(const CellPopulationSpec& p, double duration) {
    if (p.played)
        return static_cast<double>(p.played->keys.size()) /
               (static_cast<double>(p.size) * duration * 1e-3);
    if (p.rate > 0.0) return p.rate;
    return std::nullopt;
}

ExpectedWork expected_work(const SimulationSpec& spec) {
    const double duration = expected_duration(spec);
    ExpectedWork step;  // ns instead of seconds
    step.cpu_seconds = ns_of_step;
    std::set<std::size_t> models;
    for (const CellPopulationSpec& p : spec.populations) {
        const auto size = static_cast<double>(p.size);
        models.insert(p.cell.index());
        step.cpu_seconds += size * ns_of(p);
        step.instructions += size * (cell_instructions + cell_instructions_per_ns * ns_of(p));
        step.serial_instructions += size * listed_instructions;
        step.bytes += size * cell_bytes;
    }
    bool currents = false;  // that change; Poisson input needs no launch of its own
    for (const StimulusSpec& s : spec.stimuli) {
        const bool poisson = std::holds_alternative<PoissonStimulus::Params>(s.kind);
        currents |= !poisson && !std::holds_alternative<DcStimulus::Params>(s.kind);
        if (!poisson) continue;
        const auto size = static_cast<double>(spec.population(s.to).size);
        step.cpu_seconds += size * ns_of_stimulus;
        step.instructions += size * stimulus_instructions;
        step.bytes += size * stimulus_bytes;
    }
    const std::vector<double> synapses = expected_synapses(spec);
    double plastic = 0.0;
    bool static_synapses = false;
    for (std::size_t k = 0; k < synapses.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        const CellPopulationSpec& from = spec.population(p.from);
        const double per_source = rate_of(from, duration) * spec.dt * 1e-3,
                     events = synapses[k] * per_source;
        plastic += p.changes() ? 1.0 : 0.0;
        static_synapses |= !p.changes();
        step.cpu_seconds += events * ns_of_event_of(p) +
                            static_cast<double>(from.size) * per_source * ns_of_row_of(p);
        step.instructions += events * (p.changes() ? plastic_instructions : event_instructions);
        step.bytes += events * (p.changes() ? plastic_bytes : event_bytes);
    }
    for (const double junctions : expected_junctions(spec)) {
        step.cpu_seconds += 2.0 * junctions * ns_of_junction_end;
        step.instructions += 2.0 * junctions * junction_instructions;
        step.bytes += 2.0 * junctions * junction_bytes;
    }
    step.launches = 1.0 + (spec.gap_junctions.empty() ? 0.0 : 2.0) +
                    static_cast<double>(models.size()) + (currents ? 1.0 : 0.0) +
                    (static_synapses ? 1.0 : 0.0) + plastic_launches * plastic;
    for (const SimulationRecordSpec& r : spec.record) step.launches += r.of_cells() ? 1.0 : 0.0;

    const double steps = duration / spec.dt;
    return {.cpu_seconds = 1e-9 * steps * step.cpu_seconds,
            .launches = steps * step.launches,
            .launch = captured_launch,
            .instructions = steps * step.instructions,
            .bytes = steps * step.bytes,
            .serial_instructions = steps * step.serial_instructions};
}

ExpectedWork expected_work(const ModelSpec& spec, std::int64_t training, std::int64_t test) {
    double neurons = 0.0, weights = 0.0, passed = 0.0, loops = 0.0;
    for (const PopulationSpec& p : spec.populations) neurons += static_cast<double>(p.size);
    for (const bool on_cycle : on_cycles(spec)) loops += on_cycle ? 1.0 : 0.0;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        const bool by_synapse = p.learned_delay && p.learned_delay->learn == DelayOf::synapse;
        const double taps = by_synapse ? rounded_steps(p.learned_delay->max, spec.dt) + 1.0 : 1.0;
        const double count = stored_sparse(spec, k) ? times_of_sparse * stored_weights(spec, k)
                                                    : pairs_of(spec, p) * taps;
        weights += count;
        // Nothing goes down to the input.
        const bool from_input = std::any_of(
            spec.populations.begin(), spec.populations.end(), [&](const PopulationSpec& q) {
                return q.name == p.from && std::holds_alternative<SpikeSource::Params>(q.neuron);
            });
        passed += from_input ? 0.0 : count;
    }
    const auto steps = static_cast<double>(spec.steps());
    const TrainSpec train = spec.train.value_or(TrainSpec{});
    const double batch = static_cast<double>(std::clamp<std::int64_t>(
        train.batch, 1, std::max<std::int64_t>(1, std::max(training, test))));
    const double trained =
        spec.train ? static_cast<double>(train.epochs) * static_cast<double>(training) : 0.0;
    const double samples = trained + (spec.test ? of_a_test * static_cast<double>(test) : 0.0);
    const double rows = samples * steps, updates = trained / batch,
                 additions = share_of_inputs * weights;
    const auto layers = static_cast<double>(spec.populations.size() + spec.projections.size());
    return {
        .cpu_seconds = 1e-9 * (rows * (neurons * ns_of_neuron + additions * ns_of_addition +
                                       passed * ns_of_back) +
                               updates * weights * ns_of_update),
        .launches =
            samples / batch * (launches_of_layer * layers + launches_of_loop * loops * steps),
        .launch = single_launch,
        .instructions = rows * (neurons * neuron_instructions + additions * addition_instructions +
                                passed * back_instructions) +
                        updates * weights * update_instructions,
        .bytes =
            rows * (neurons * neuron_bytes + additions * addition_bytes + passed * back_bytes) +
            updates * weights * update_bytes};
}

}  // namespace snnsim
