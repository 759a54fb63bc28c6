// snnsim._core: the program as a module of Python. What users meet is written in python/snnsim.
#include "python/src/module.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>

#include "python/src/arrays.hpp"
#include "python/src/calls.hpp"
#include "snnsim/read_model.hpp"
#include "snnsim/simulate.hpp"
#include "src/inputs/load_initial_weights.hpp"
#include "src/report/report.hpp"
#include "src/run/provenance.hpp"
#include "src/run/run_any.hpp"
#include "src/run/run_model.hpp"

namespace snnsim::python {
namespace {

constexpr const char* busy =
    "another run of this process is under way; wait for it, or run models side "
    "by "
    "side in processes of their own (multiprocessing, snnsim study). A Simulation runs beside "
    "others";

/// (status, what the command would print, the exception that stopped it or None)
nb::tuple run_model(const std::string& model, const nb::dict& options, nb::object progress,
                    nb::object arrays, const std::vector<std::string>& class_names) {
    static std::atomic_flag used;
    const OneAtATime alone(used, busy);
    RunOptions how = options_of(options);
    PythonWatcher watcher(std::move(progress));
    how.watcher = &watcher;
    if (!arrays.is_none()) how.samples = sample_arrays(nb::cast<nb::dict>(arrays), class_names);
    RunStatus status{};
    {
        const UnderWay call;  // ends with the GIL back
        const nb::gil_scoped_release free;
        status = how.samples ? run(model, how).status : run_any(model, how);
        how.samples.reset();
    }
    return nb::make_tuple(name_of(status), watcher.told(), watcher.stopped_by());
}

/// (kind, name) of a model
nb::tuple kind_of_model(const std::string& model, const nb::dict& options) {
    const AnyModel any = any_model_of(model, options_of(options));
    const bool trains = std::holds_alternative<ModelSpec>(any);
    return nb::make_tuple(trains ? "training" : "simulation",
                          std::visit([](const auto& spec) { return spec.name; }, any));
}

std::string check_model(const std::string& model, const nb::dict& options) {
    AnyModel any = any_model_of(model, options_of(options));
    if (auto* training = std::get_if<ModelSpec>(&any)) load_initial_weights(*training);
    return std::visit([](const auto& spec) { return check_text(spec); }, any);
}

}  // namespace

NB_MODULE(_core, module) {
    nb::set_leak_warnings(false);  // of interpreters that end while arrays live
    register_exceptions();
    module.attr("__version__") = program_version();
    module.def("end_calls", end_calls);
    module.def("run", run_model, nb::arg("model"), nb::arg("options"), nb::arg("progress").none(),
               nb::arg("arrays").none(), nb::arg("class_names"));
    module.def("kind_of_model", kind_of_model);
    module.def("check", check_model);
    add_exchange(module);
    add_network(module);
    add_simulation(module);
}

}  // namespace snnsim::python
