// The parts of the module snnsim._core.
#pragma once

#include <nanobind/nanobind.h>

namespace snnsim::python {

void add_network(nanobind::module_& module);
void add_exchange(nanobind::module_& module);
void add_simulation(nanobind::module_& module);

}  // namespace snnsim::python
