#include "src/run/held_simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "snnsim/cell_values.hpp"
#include "snnsim/error.hpp"
#include "snnsim/network.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/listed_synapses.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/plan/choose_backend.hpp"
#include "src/plan/device_memory.hpp"
#include "src/plan/memory.hpp"
#include "src/run/stopwatch.hpp"

namespace snnsim {
namespace {

SimulationSpec made_ready(SimulationSpec spec) {
    // Files are read as far as there may be time.
    if (!spec.open_ended()) spec.simulate.duration = static_cast<double>(most_steps) * spec.dt;
    spec = apply_scale(load_inputs(std::move(spec)));
    require_memory(estimate_memory(spec), available_memory(), less_of_simulation);
    return spec;
}

DeviceChoice choose(const SimulationSpec& as_in_file, SimulationSpec spec,
                    const RunOptions& options, int threads) {
    spec.simulate.duration = as_in_file.simulate.duration;  // what is likely to be simulated
    DeviceChoice choice = choose_backend(spec, {options.backend, options.cuda_device}, threads);
    require_device_memory(choice, device_memory(spec), estimate_memory(spec), less_of_simulation);
    return choice;
}

/// What cells keep of a variable is relative to this (as v to e_l).
double origin_of(const CellPopulationSpec& p, std::size_t variable, double dt) {
    if (p.equations()) return 0.0;
    return CellModels::visit(p.cell, [&]<class M>(const typename M::Params& params) {
        double origin = 0.0;
        std::size_t k = 0;
        M::states().for_each([&](const auto& field) {
            if (k++ != variable || !field.origin) return;
            const auto varies =
                std::find_if(p.varied.begin(), p.varied.end(), [&](const NamedDistribution& d) {
                    return field.start == fmt::format("`{}`", d.name) || d.name == "e_l";
                });
            if (varies != p.varied.end())
                throw UsageError(fmt::format(
                    "{} of '{}' cannot be read or set here: {} differs from cell to cell; record "
                    "it, and set initial values in the model",
                    field.name, p.name, varies->name));
            origin = static_cast<double>(M::prepare(params, dt).*field.origin);
        });
        return origin;
    });
}

/// What a checkpoint holds for, a line each.
std::vector<std::string> identity_of(const SimulationSpec& spec) {
    std::vector<std::string> out{fmt::format("seed: {}", spec.seed),
                                 fmt::format("dt: {:g} ms", spec.dt)};
    for (const CellPopulationSpec& p : spec.populations)
        out.push_back(fmt::format("population {}: {} of {}", p.name, p.size, p.model_name()));
    for (const SynapsesSpec& p : spec.projections)
        out.push_back(fmt::format("projection {}: {} to {}{}", p.name(), p.from, p.to,
                                  p.plasticity ? ", which learns" : ""));
    return out;
}

void require_same(const std::vector<std::string>& then, const std::vector<std::string>& now,
                  const std::string& path) {
    if (then.empty()) return;  // of a run of the command, whose file has the model
    for (std::size_t k = 0; k < std::max(then.size(), now.size()); ++k) {
        const std::string a = k < then.size() ? then[k] : "no more",
                          b = k < now.size() ? now[k] : "no more";
        if (a != b)
            throw FileError(
                fmt::format("{} is a checkpoint of another model: it has '{}', where "
                            "this model has '{}'",
                            path, a, b));
    }
}

void append(Spikes& all, Spikes more) {
    if (all.step.empty()) {
        all = std::move(more);
        return;
    }
    const auto add = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    add(all.step, more.step);
    add(all.population, more.population);
    add(all.cell, more.cell);
    add(all.value, more.value);
}
void append(StateSamples& all, const StateSamples& more) {
    const auto add = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    add(all.step, more.step);
    add(all.values, more.values);
    add(all.counts, more.counts);
}

}  // namespace

HeldSimulation::HeldSimulation(const SimulationSpec& as_in_file, const RunOptions& options)
    : spec_(made_ready(as_in_file)),
      threads_(threads_of(options)),
      choice_(choose(as_in_file, spec_, options, threads_)),
      protocol_(std::make_unique<Protocol>(spec_, options.data_dir)),
      parts_(spec_) {
    if (options.resume.empty()) {
        engine_ = build();
        protocol_->begin(*engine_);
        return;
    }
    SimulationCheckpoint from = read_checkpoint(options.resume);
    require_same(from.identity, identity_of(spec_), options.resume);
    require_fits(from, spec_, options.resume);
    for (const auto& [projection, synapses] : from.changes.synapses)
        put_synapses(projection, synapses);
    changes_ = from.changes;
    engine_ = build();
    engine_->set_state(from.engine);
    parts_.restore(from);
    protocol_->restore(from.protocol, *engine_);
}

std::unique_ptr<Engine> HeldSimulation::build() const {
    return make_engine(
        spec_,
        {.threads = threads_, .device = choice_.backend, .cuda_device = choice_.cuda.number});
}

std::string HeldSimulation::digest() const {
    SimulationSummary summary;
    parts_.digests().finish(summary);
    return summary.digest;
}

void HeldSimulation::advance_to(std::int64_t step) {
    while (engine_->now() < step && !finished()) {
        engine_->advance(std::min(step, protocol_->next()) - engine_->now());
        if (engine_->now() == protocol_->next()) protocol_->act(*engine_);
    }
}

void HeldSimulation::advance(std::int64_t steps, RunWatcher* watcher) {
    constexpr double seconds_of_part = 0.05;
    if (trouble_) throw *trouble_;
    if (steps > std::int64_t{most_steps} - now())
        throw UsageError(fmt::format("after {} steps no {} more can be counted (all in all {})",
                                     now(), steps, most_steps));
    const std::int64_t first = now(), end = first + steps, batch = engine_->batch();
    while (now() < end && !finished()) {
        const Timer timer;
        const std::int64_t from = now();
        const auto wanted =
            std::max<std::int64_t>(1, static_cast<std::int64_t>(steps_a_second_ * seconds_of_part));
        const std::int64_t part = std::min(end - from, (wanted + batch - 1) / batch * batch);
        try {
            advance_to(from + part);
        } catch (const NumericalError& e) {
            trouble_ = e;
        }
        keep();
        if (trouble_) throw *trouble_;
        // A first short part says little.
        const double rate = static_cast<double>(now() - from) / std::max(timer.seconds(), 1e-7);
        steps_a_second_ = std::min(rate, 4.0 * std::max(steps_a_second_, 200.0));
        if (!watcher) continue;
        watcher->progress({static_cast<double>(now() - first) / static_cast<double>(steps),
                           fmt::format("{:g} ms", static_cast<double>(now()) * spec_.dt)});
        if (now() < end && watcher->stops()) return;
    }
}

void HeldSimulation::keep() {
    Kept more = parts_.take(*engine_, *protocol_, trouble_);
    trouble_ = more.trouble;
    kept_.until = more.until;
    append(kept_.spikes, std::move(more.spikes));
    if (kept_.values.empty()) {
        kept_.values = std::move(more.values);
        return;
    }
    for (std::size_t r = 0; r < kept_.values.size(); ++r) append(kept_.values[r], more.values[r]);
}

Kept HeldSimulation::take() {
    return std::exchange(kept_, {});
}

std::vector<double> HeldSimulation::rates(std::size_t population) const {
    const CellPopulationSpec& p = spec_.populations[population];
    std::vector<double> set = engine_->rates(population);
    if (!set.empty()) return set;
    return CellModels::visit(p.cell, [&]<class M>(const typename M::Params& params) {
        if constexpr (rate_can_be_set<M>) {
            const bool varies =
                std::any_of(p.varied.begin(), p.varied.end(),
                            [](const NamedDistribution& d) { return d.name == "rate"; });
            if (varies)
                throw UsageError(
                    fmt::format("the rates of '{}' are drawn cell by cell, and not known before "
                                "they are set",
                                p.name));
            return std::vector<double>(static_cast<std::size_t>(p.size),
                                       static_cast<double>(params.rate));
        } else {
            throw UsageError(
                fmt::format("'{}' is a {}, which has no rates; poisson_source and "
                            "regular_source have",
                            p.name, M::name));
            return std::vector<double>();
        }
    });
}

void HeldSimulation::set_rates(std::size_t population, const std::vector<double>& rates) {
    this->rates(population);  // a source
    engine_->set_rates(population, rates);
}

std::vector<float> HeldSimulation::state(std::size_t population, std::size_t variable) const {
    const auto cells = static_cast<std::size_t>(spec_.populations[population].size);
    const std::vector<float> all = engine_->state().states[population];
    const double origin = origin_of(spec_.populations[population], variable, spec_.dt);
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(variable * cells);
    std::vector<float> out(first, first + static_cast<std::ptrdiff_t>(cells));
    for (float& v : out) v += static_cast<float>(origin);
    return out;
}

void HeldSimulation::set_state(std::size_t population, std::size_t variable,
                               const std::vector<double>& values) {
    const auto cells = static_cast<std::size_t>(spec_.populations[population].size);
    SNN_EXPECT(values.size() == cells);
    EngineState state = engine_->state();
    const double origin = origin_of(spec_.populations[population], variable, spec_.dt);
    float* const to = state.states[population].data() + variable * cells;
    for (std::size_t k = 0; k < cells; ++k) to[k] = static_cast<float>(values[k] - origin);
    engine_->set_state(state);
}

EdgeList HeldSimulation::synapses(std::size_t projection) const {
    if (!spec_.projections[projection].plasticity)
        return listed_synapses(spec_, projection, threads_);
    EdgeList out;
    engine_->read_weights(1 << 20, [&](const ProjectionWeights& w) {
        if (w.projection != projection) return;
        out.source.insert(out.source.end(), w.source.begin(), w.source.end());
        out.target.insert(out.target.end(), w.target.begin(), w.target.end());
        out.weight.insert(out.weight.end(), w.weight.begin(), w.weight.end());
        out.delay.insert(out.delay.end(), w.delay.begin(), w.delay.end());
    });
    return out;
}

void HeldSimulation::put_synapses(std::size_t projection,
                                  std::shared_ptr<const EdgeList> synapses) {
    SynapsesSpec& p = spec_.projections[projection];
    p.connect.rule = Rule::list;
    p.connect.mask.reset();
    p.connect.kernel.reset();
    p.procedural = p.stencil = false;
    p.edges = std::move(synapses);
}

void HeldSimulation::set_weights(std::size_t projection, const std::vector<double>& weights) {
    const SynapsesSpec& p = spec_.projections[projection];
    if (p.plasticity && p.plasticity->structure)
        throw UsageError(fmt::format(
            "the synapses of '{}' come and go (structure), so that their weights cannot be set",
            p.name()));
    if (p.plasticity) {
        const double most = p.plasticity->w_max.mean, least = p.plasticity->w_min.mean;
        for (const double w : weights) {
            if (w >= std::min(least, most) && w <= std::max(least, most)) continue;
            throw UsageError(
                fmt::format("a weight of {:g} for '{}' lies outside w_min ({:g}) and "
                            "w_max ({:g})",
                            w, p.name(), least, most));
        }
    }
    auto synapses = std::make_shared<EdgeList>(this->synapses(projection));
    SNN_EXPECT(weights.size() == synapses->source.size());
    synapses->weight = weights;
    synapses->path = "the weights given for " + p.name();
    if (p.edges) synapses->trained = p.edges->trained;
    const SynapsesSpec before = p;
    EngineState state = engine_->state();
    put_synapses(projection, synapses);
    std::unique_ptr<Engine> built;
    try {
        built = build();
    } catch (...) {
        spec_.projections[projection] = before;
        throw;
    }
    // The synapses of a projection that changes are part of the state.
    const std::vector<PlasticState> drawn = built->state().plastic;
    std::size_t changing = 0;
    for (std::size_t k = 0; k < projection; ++k)
        changing += spec_.projections[k].changes() ? 1u : 0u;
    if (before.changes()) state.plastic[changing].weight = drawn[changing].weight;
    engine_ = std::move(built);
    engine_->set_state(state);
    const ProtocolState stands = protocol_->state();
    protocol_->restore(stands, *engine_);
    changes_.synapses[projection] = std::move(synapses);
}

void HeldSimulation::checkpoint(const std::string& path) const {
    SimulationCheckpoint out = parts_.checkpoint(*engine_, *protocol_);
    out.changes = changes_;
    out.identity = identity_of(spec_);
    write_checkpoint(path, out);
}

}  // namespace snnsim
