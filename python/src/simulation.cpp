// snnsim._core.Simulation: a simulation that is held.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>

#include "python/src/arrays.hpp"
#include "python/src/calls.hpp"
#include "python/src/module.hpp"
#include "snnsim/cell_values.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/run/held_simulation.hpp"
#include "src/run/run_model.hpp"

namespace snnsim::python {
namespace {

using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

class Simulation {
  public:
    Simulation(const std::string& model, const nb::dict& options) {
        const RunOptions how = options_of(options);
        const nb::gil_scoped_release free;
        const AnyModel any = any_model_of(model, how);
        if (const auto* spec = std::get_if<SimulationSpec>(&any)) {
            held_.emplace(*spec, how);
        } else {
            throw UsageError(model +
                             ": this model is trained, not simulated: use snnsim.run or "
                             "snnsim.train; a section `simulate` makes it a simulation");
        }
    }

    /// [(name, size, model, [(variable, unit)])]
    nb::list populations() const {
        nb::list out;
        for (const CellPopulationSpec& p : held_->spec().populations) {
            nb::list variables;
            for (const CellValue& v : cell_values(p)) {
                if (v.kind == CellValue::Kind::state)
                    variables.append(nb::make_tuple(v.name, v.unit));
            }
            out.append(nb::make_tuple(p.name, p.size, p.model_name(), variables));
        }
        return out;
    }
    /// [(name, from, to, unit of its weights)]
    nb::list projections() const {
        nb::list out;
        for (const SynapsesSpec& p : held_->spec().projections)
            out.append(nb::make_tuple(p.name(), p.from, p.to,
                                      input_unit_of(held_->spec().population(p.to), p.receptor)));
        return out;
    }
    /// Of each record but spikes: (population or projection, what, unit, cells).
    nb::list records() const {
        nb::list out;
        const SimulationSpec& spec = held_->spec();
        for (const SimulationRecordSpec& r : spec.record) {
            if (r.what == "spikes") continue;
            if (r.of_cells()) {
                const CellSet set = recorded_cells(spec, r);
                std::vector<std::uint32_t> cells;
                for (std::uint32_t k = 0; k < set.count; ++k) cells.push_back(set[k]);
                out.append(nb::make_tuple(r.population, r.what,
                                          cell_value(spec.population(r.population), r.what).unit,
                                          as_array(std::move(cells))));
            } else {
                out.append(nb::make_tuple(r.of_weights() ? r.projection : r.population, r.what,
                                          r.of_weights() ? "" : "Hz", nb::none()));
            }
        }
        return out;
    }
    double dt() const { return held_->spec().dt; }
    std::string name() const { return held_->spec().name; }
    std::uint64_t seed() const { return held_->spec().seed; }
    std::string device() const { return held_->device_name(); }
    std::vector<std::string> warnings() const { return held_->spec().warnings; }
    std::int64_t now() {
        const OneAtATime alone(used_, busy);
        return held_->now();
    }
    bool finished() {
        const OneAtATime alone(used_, busy);
        return held_->finished();
    }
    std::string digest() {
        const OneAtATime alone(used_, busy);
        return held_->digest();
    }
    nb::object spike_counts() {
        const OneAtATime alone(used_, busy);
        return as_array(held_->spike_counts());
    }
    std::uint64_t synapse_count() const { return held_->report().synapses; }

    /// What stopped it, or None.
    void advance(std::int64_t steps, nb::object progress) {
        const OneAtATime alone(used_, busy);
        PythonWatcher watcher(std::move(progress));
        {
            const UnderWay call;  // ends with the GIL back
            const nb::gil_scoped_release free;
            held_->advance(steps, &watcher);
        }
        watcher.rethrow();
    }

    /// (step up to which, [by population: (step, cell, value or None)], [by record: (step, values,
    /// counts)])
    nb::tuple take() {
        const OneAtATime alone(used_, busy);
        Kept kept = held_->take();
        struct One {
            std::vector<std::uint32_t> step, cell;
            std::vector<float> value;
        };
        std::vector<One> by(held_->spec().populations.size());
        const Spikes& all = kept.spikes;
        for (std::size_t k = 0; k < all.size(); ++k) {
            One& one = by[all.population[k]];
            one.step.push_back(all.step[k]);
            one.cell.push_back(all.cell[k]);
            if (!all.value.empty()) one.value.push_back(all.value[k]);
        }
        nb::list spikes, values;
        for (std::size_t p = 0; p < by.size(); ++p) {
            One& one = by[p];
            const bool graded = held_->spec().populations[p].graded();
            spikes.append(
                nb::make_tuple(as_array(std::move(one.step)), as_array(std::move(one.cell)),
                               graded ? as_array(std::move(one.value)) : nb::object(nb::none())));
        }
        for (StateSamples& s : kept.values) {
            const std::size_t rows = s.step.size(), width = rows > 0 ? s.values.size() / rows : 0,
                              bins = rows > 0 ? s.counts.size() / rows : 0;
            values.append(nb::make_tuple(as_array(std::move(s.step)),
                                         as_array(std::move(s.values), {rows, width}),
                                         as_array(std::move(s.counts), {rows, bins})));
        }
        return nb::make_tuple(held_->now(), spikes, values);
    }

    nb::object rates(std::size_t population) {
        const OneAtATime alone(used_, busy);
        return as_array(held_->rates(population));
    }
    void set_rates(std::size_t population, const Doubles& rates) {
        const OneAtATime alone(used_, busy);
        held_->set_rates(population, {rates.data(), rates.data() + rates.size()});
    }
    nb::object state(std::size_t population, std::size_t variable) {
        const OneAtATime alone(used_, busy);
        return as_array(held_->state(population, variable));
    }
    void set_state(std::size_t population, std::size_t variable, const Doubles& values) {
        const OneAtATime alone(used_, busy);
        held_->set_state(population, variable, {values.data(), values.data() + values.size()});
    }
    /// (source, target, weight, delay in ms)
    nb::tuple synapses(std::size_t projection) {
        const OneAtATime alone(used_, busy);
        EdgeList all;
        {
            const nb::gil_scoped_release free;
            all = held_->synapses(projection);
        }
        return nb::make_tuple(as_array(std::move(all.source)), as_array(std::move(all.target)),
                              as_array(std::move(all.weight)), as_array(std::move(all.delay)));
    }
    void set_weights(std::size_t projection, const Doubles& weights) {
        const OneAtATime alone(used_, busy);
        const std::vector<double> copy(weights.data(), weights.data() + weights.size());
        const nb::gil_scoped_release free;
        held_->set_weights(projection, copy);
    }
    bool plastic() {
        const OneAtATime alone(used_, busy);
        return held_->plastic();
    }
    void set_plastic(bool plastic) {
        const OneAtATime alone(used_, busy);
        held_->set_plastic(plastic);
    }
    void reward(double amount) {
        const OneAtATime alone(used_, busy);
        held_->reward(amount);
    }
    void checkpoint(const std::string& path) {
        const OneAtATime alone(used_, busy);
        const nb::gil_scoped_release free;
        held_->checkpoint(path);
    }

  private:
    static constexpr const char* busy =
        "this Simulation is used by another thread; give each thread one of its own, or wait";

    std::optional<HeldSimulation> held_;
    std::atomic_flag used_;
};

}  // namespace

void add_simulation(nb::module_& module) {
    nb::class_<Simulation>(module, "Simulation")
        .def(nb::init<const std::string&, const nb::dict&>())
        .def("populations", &Simulation::populations)
        .def("projections", &Simulation::projections)
        .def("records", &Simulation::records)
        .def_prop_ro("dt", &Simulation::dt)
        .def_prop_ro("name", &Simulation::name)
        .def_prop_ro("seed", &Simulation::seed)
        .def_prop_ro("device", &Simulation::device)
        .def_prop_ro("warnings", &Simulation::warnings)
        .def_prop_ro("synapse_count", &Simulation::synapse_count)
        .def("now", &Simulation::now)
        .def("finished", &Simulation::finished)
        .def("digest", &Simulation::digest)
        .def("spike_counts", &Simulation::spike_counts)
        .def("advance", &Simulation::advance, nb::arg("steps"), nb::arg("progress").none())
        .def("take", &Simulation::take)
        .def("rates", &Simulation::rates)
        .def("set_rates", &Simulation::set_rates)
        .def("state", &Simulation::state)
        .def("set_state", &Simulation::set_state)
        .def("synapses", &Simulation::synapses)
        .def("set_weights", &Simulation::set_weights)
        .def("plastic", &Simulation::plastic)
        .def("set_plastic", &Simulation::set_plastic)
        .def("reward", &Simulation::reward)
        .def("checkpoint", &Simulation::checkpoint);
}

}  // namespace snnsim::python
