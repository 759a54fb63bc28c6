// snnsim._core.Network: a trained network that is held.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>

#include "python/src/arrays.hpp"
#include "python/src/calls.hpp"
#include "python/src/module.hpp"
#include "snnsim/error.hpp"
#include "src/run/held_network.hpp"

namespace snnsim::python {
namespace {

class Network {
  public:
    Network(const std::string& run, const nb::dict& options) {
        const RunOptions how = options_of(options);
        const nb::gil_scoped_release free;
        held_.emplace(run, how);
    }

    std::vector<std::string> projections() const {
        std::vector<std::string> out;
        for (const Projection& p : held_->network().projections) out.push_back(p.name);
        return out;
    }
    /// (from, to)
    nb::tuple ends(std::size_t projection) const {
        const auto& net = held_->network();
        const Projection& p = net.projections.at(projection);
        return nb::make_tuple(net.populations[p.from].name, net.populations[p.to].name);
    }
    nb::object weights(nb::handle self, std::size_t projection) {
        std::vector<float>& all = held_->weights(projection);
        const auto& net = held_->network();
        if (net.projections.at(projection).synapses) return view_of(all, {all.size()}, self);
        const Projection& p = net.projections[projection];
        // Of a window [tap, channel of the targets]; of one that pools there are none.
        const auto targets = static_cast<std::size_t>(p.windowed ? p.windowed->window.channels_out
                                                                 : net.populations[p.to].size);
        return view_of(all, {all.size() / targets, targets}, self);
    }
    /// (sources, targets) of a projection that is stored synapse by synapse; of others None.
    nb::object synapses(std::size_t projection) const {
        const std::optional<ConnectedPairs>& all =
            held_->network().projections.at(projection).synapses;
        if (!all) return nb::none();
        return nb::make_tuple(as_array(all->source()),
                              as_array(std::vector<std::uint32_t>(all->target)));
    }
    nb::object bias(nb::handle self, std::size_t projection) {
        std::vector<float>& all = held_->bias(projection);
        if (all.empty()) return nb::none();
        return view_of(all, {all.size()}, self);
    }
    int classes() const { return held_->classes(); }
    bool real_targets() const { return held_->spec().real_targets(); }
    /// Of outputs with names in the data: [(name of the targets, neurons, whether they are real
    /// numbers)]
    nb::list outputs() const {
        nb::list out;
        const ModelSpec& spec = held_->spec();
        for (const OutputSpec& o : spec.data.outputs) {
            for (const PopulationSpec& p : spec.populations) {
                if (p.name == o.name)
                    out.append(
                        nb::make_tuple(o.y, p.size, spec.loss_of(o.name).loss == Loss::mse_mean));
            }
        }
        return out;
    }
    std::int64_t output_size() const {
        const auto& net = held_->network();
        return net.populations[net.output(0)].size;
    }

    /// A dict of what came of it.
    nb::object evaluate(const nb::dict& arrays, nb::object progress) {
        const OneAtATime alone(used_, "this network is used by another thread");
        const auto samples = sample_arrays(arrays, {});
        PythonWatcher watcher(std::move(progress));
        std::optional<Evaluation> result;
        {
            const UnderWay call;  // ends with the GIL back
            const nb::gil_scoped_release free;
            result = held_->evaluate(*samples, &watcher);
        }
        watcher.rethrow();
        if (!result) throw UsageError("the interpreter ends");
        nb::dict out = result_of(std::move(static_cast<OutputResult&>(*result)));
        for (NamedResult& one : result->by_name)
            out[nb::str(one.name.c_str())] = result_of(std::move(one));
        return out;
    }

  private:
    static nb::dict result_of(OutputResult result) {
        nb::dict out;
        out["loss"] = result.loss;
        if (result.error) {
            out["error"] = *result.error;
            const std::size_t size = result.output_size;
            const std::size_t samples = size > 0 ? result.outputs.size() / size : 0;
            out["prediction"] = as_array(std::move(result.outputs), {samples, size});
        } else {
            out["accuracy"] = result.accuracy;
            out["prediction"] = as_array(std::move(result.predictions));
        }
        return out;
    }

    std::optional<HeldNetwork> held_;
    std::atomic_flag used_;
};

}  // namespace

void add_network(nb::module_& module) {
    nb::class_<Network>(module, "Network")
        .def(nb::init<const std::string&, const nb::dict&>())
        .def("projections", &Network::projections)
        .def("ends", &Network::ends)
        .def("weights", [](nb::handle self,
                           std::size_t k) { return nb::cast<Network&>(self).weights(self, k); })
        .def("synapses", &Network::synapses)
        .def("bias",
             [](nb::handle self, std::size_t k) { return nb::cast<Network&>(self).bias(self, k); })
        .def_prop_ro("classes", &Network::classes)
        .def_prop_ro("real_targets", &Network::real_targets)
        .def_prop_ro("output_size", &Network::output_size)
        .def("outputs", &Network::outputs)
        .def("evaluate", &Network::evaluate, nb::arg("arrays"), nb::arg("progress").none());
}

}  // namespace snnsim::python
