// `snnsim devices` and `snnsim reference`: what the program knows of the machine and of itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "snnsim/device.hpp"
#include "snnsim/read_model.hpp"
#include "src/cli/commands.hpp"
#include "src/device/cuda_name.hpp"
#include "src/energy/meter.hpp"

namespace snnsim {
namespace {

void print_devices() {
    fmt::print("cpu   available\n");
    const std::string reason = why_no_cuda();
    fmt::print("cuda  {}\n",
               (reason.empty() ? "available: " + cuda_name() : "not available: " + reason));
    fmt::print("\nenergy can be measured of\n");
    for (const EnergyDomain& d : energy_domains(cuda_bus_id()))
        fmt::print("{:<10} {}\n", d.name, d.counter ? d.source : "unavailable: " + d.absent);
}

}  // namespace

void add_devices_command(CLI::App& app) {
    app.add_subcommand(
           "devices",
           "list where snnsim can compute and what energy it can measure, and why not elsewhere")
        ->footer("Example: snnsim devices")
        ->callback(print_devices);
}

void add_reference_command(CLI::App& app) {
    app.add_subcommand("reference", "print the reference of the model file (Markdown)")
        ->footer("Example: snnsim reference | less")
        ->callback([] { fmt::print("{}", model_reference()); });
}

}  // namespace snnsim
