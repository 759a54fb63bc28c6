// The tables a user reads: what a model is, and what a run gave.
#pragma once

#include "snnsim/network.hpp"
#include "snnsim/run_record.hpp"
#include "src/energy/energy_model.hpp"

namespace snnsim {

/// Three lines before a run: the network, its weights, the device and memory.
std::string header_text(const ModelSpec& spec, const std::string& device);
/// The table of `snnsim check`, with the backend that `auto` takes of the CPU and a CUDA device;
/// -1: the first.
std::string check_text(const ModelSpec& spec, int cuda_device = -1);
/// After a run: accuracy, activity, operations, where the time went, where the file is.
std::string summary_text(const ModelSpec& spec, const RunRecord& record, const std::string& path,
                         const EnergyModel& energy);
/// "2.3025", and "1.234e+13" instead of a dozen digits.
std::string loss_text(double loss);
/// With so many decimals, more where three significant digits need them: "9.0000", "0.00123",
/// "1.00e-09".
std::string energy_number(double microjoules, int decimals);
/// "0.123 uJ"; where the technology has no value for an operation that occurred, words that say so.
std::string energy_text(const std::optional<double>& microjoules);

}  // namespace snnsim
