// Where a network is computed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/fields.hpp"

namespace snnsim {

enum class Device : std::uint8_t { automatic, cpu, cuda };
template <>
struct Names<Device> {
    static constexpr std::array values{"auto", "cpu", "cuda"};
};

/// Empty when CUDA can be used, else the reason why not.
std::string why_no_cuda();

struct CudaDevice {
    int number = 0;
    std::string name;
    std::string bus_id;        // PCI; empty where it is no GPU
    bool interpreted = false;  // ptxrun (tools/ptxrun), which runs PTX on the CPU
    int capability = 0;        // what code it takes: 90 is compute capability 9.0
    int processors = 0;        // streaming multiprocessors
    int lanes = 128;           // of each: thread-instructions that it issues in a clock
    double clock = 0.0;        // Hz
    double bandwidth = 0.0;    // of its memory, bytes a second
    std::size_t memory = 0;    // bytes

    std::string text() const { return name + ", device " + std::to_string(number); }
};
/// By number; empty when CUDA cannot be used.
std::vector<CudaDevice> cuda_devices();
/// Bytes of its memory that nobody has taken.
std::size_t free_memory_of_cuda_device(int number);
/// The calling thread's CUDA calls go there from now on. Throws DeviceError when CUDA cannot be
/// used.
void use_cuda_device(int number);

}  // namespace snnsim
