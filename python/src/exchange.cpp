// Networks of other tools.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>

#include "python/src/module.hpp"
#include "snnsim/error.hpp"
#include "src/nir/export_nir.hpp"
#include "src/nir/import_nir.hpp"
#include "src/sonata/import_sonata.hpp"

namespace snnsim::python {
namespace {

namespace nb = nanobind;
using Text = std::optional<std::string>;

template <class Enum>
std::optional<Enum> choice(const char* argument, const Text& text) {
    if (!text) return {};
    std::string all;
    for (std::size_t k = 0; k < Names<Enum>::values.size(); ++k) {
        if (*text == Names<Enum>::values[k]) return static_cast<Enum>(k);
        all += fmt::format("{}{}", k ? ", " : "", Names<Enum>::values[k]);
    }
    throw UsageError(fmt::format("{} is '{}'; it must be one of {}", argument, *text, all));
}

std::string import_nir(const std::string& file, const std::string& output,
                       const std::optional<double>& dt, const Text& reset, const Text& reset_at,
                       const Text& decay, const Text& library,
                       const std::optional<bool>& scale_input,
                       const std::optional<std::int64_t>& steps, bool force) {
    nir::ImportOptions options;
    options.file = file;
    options.output = output;
    options.dt = dt;
    options.from = choice<nir::Library>("library", library);
    options.reset = choice<Reset>("reset", reset);
    options.reset_at = choice<ResetAt>("reset_at", reset_at);
    options.scale_input = scale_input;
    options.steps = steps.value_or(0);
    options.decay = choice<Integration>("decay", decay);
    options.force = force;
    const nb::gil_scoped_release free;
    return nir::import_nir(options).text;
}

std::string export_nir(const std::string& run, const std::string& output, const Text& library,
                       bool force) {
    nir::ExportOptions options{run, output, nir::Library::definition, force};
    options.library = choice<nir::Library>("library", library).value_or(options.library);
    const nb::gil_scoped_release free;
    return nir::export_nir(options);
}

std::string import_sonata(const std::string& file, const std::string& output,
                          const std::optional<double>& dt, const std::optional<double>& duration,
                          bool force) {
    const nb::gil_scoped_release free;
    return sonata::import_sonata({file, output, dt, duration, force});
}

}  // namespace

void add_exchange(nb::module_& module) {
    module.def("import_nir", import_nir, nb::arg("file"), nb::arg("output"), nb::arg("dt").none(),
               nb::arg("reset").none(), nb::arg("reset_at").none(), nb::arg("decay").none(),
               nb::arg("library").none(), nb::arg("scale_input").none(), nb::arg("steps").none(),
               nb::arg("force"));
    module.def("export_nir", export_nir, nb::arg("run"), nb::arg("output"),
               nb::arg("library").none(), nb::arg("force"));
    module.def("import_sonata", import_sonata, nb::arg("file"), nb::arg("output"),
               nb::arg("dt").none(), nb::arg("duration").none(), nb::arg("force"));
}

}  // namespace snnsim::python
