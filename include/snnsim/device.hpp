// Where a network is computed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "kernels/fields.hpp"

namespace snnsim {

enum class Device : std::uint8_t { automatic, cpu, cuda };
template <>
struct Names<Device> {
    static constexpr std::array values{"auto", "cpu", "cuda"};
};

/// Empty when CUDA can be used, else the reason why not.
std::string why_no_cuda();
/// PCI bus id of the CUDA device; empty when CUDA cannot be used.
std::string cuda_bus_id();

/// The device to use where `wanted` was asked for: cpu or cuda. Throws DeviceError where CUDA was
/// asked for and cannot be used.
Device choose_device(Device wanted);

}  // namespace snnsim
