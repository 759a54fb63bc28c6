// `snnsim devices` and `snnsim reference`: what the program knows of the machine and of itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "snnsim/device.hpp"
#include "snnsim/read_model.hpp"
#include "src/cli/commands.hpp"
#include "src/energy/meter.hpp"
#include "src/engine/device/device_of_rank.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/files/room.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

void print_devices() {
    fmt::print("cpu   available\n");
    const std::vector<CudaDevice> devices = cuda_devices();
    if (devices.empty()) fmt::print("cuda  not available: {}\n", why_no_cuda());
    for (const CudaDevice& d : devices)
        fmt::print("cuda  device {}: {}, {}, {}\n", d.number, d.name,
                   counted(d.processors, "multiprocessor"), bytes_text(d.memory));
    fmt::print("mpi   {}\n", why_no_mpi().empty() ? "available: " + mpi_name()
                                                  : "not available: " + why_no_mpi());
    if (!devices.empty())
        fmt::print("nccl  {}\n", why_no_nccl().empty() ? "available: " + nccl_name()
                                                       : "not available: " + why_no_nccl());
    fmt::print("\nenergy can be measured of\n");
    const auto show = [](const EnergyDomain& d, const std::string& name) {
        fmt::print("{:<10} {}\n", name, d.counter ? d.source : "unavailable: " + d.absent);
    };
    for (const EnergyDomain& d : energy_domains("")) show(d, d.name);
    for (const CudaDevice& d : devices) {
        if (d.bus_id.empty()) continue;
        const std::vector<EnergyDomain> domains = energy_domains(d.bus_id);
        const std::string& name = domains.back().name;  // the others are the host's
        show(domains.back(), devices.size() > 1 ? fmt::format("{} {}", name, d.number) : name);
    }
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
    CLI::App* const command =
        app.add_subcommand("reference", "print the reference of the model file (Markdown)")
            ->footer("Example: snnsim reference equations");
    auto topic = std::make_shared<std::string>();
    command->add_option("TOPIC", *topic, "equations: that chapter only; default: all")
        ->check(CLI::IsMember({"equations"}));
    command->callback(
        [topic] { fmt::print("{}", topic->empty() ? model_reference() : equations_reference()); });
}

}  // namespace snnsim
