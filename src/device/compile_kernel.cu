#include <map>
#include <mutex>
#include <tuple>

#include "kernels/launch/compile_kernel.cuh"
#include "snnsim/device.hpp"
#include "src/device/nvrtc.hpp"

namespace snnsim {
namespace {

CudaDevice current_device() {
    int number = 0;
    SNN_CUDA(cudaGetDevice(&number));
    return cuda_devices().at(static_cast<std::size_t>(number));
}

#if CUDART_VERSION >= 13000

RuntimeKernel load(const KernelSource& source, const NvrtcCode& made) {
    cudaLibrary_t library = nullptr;  // never unloaded: a driver may be gone before what is static
    SNN_CUDA(
        cudaLibraryLoadData(&library, made.code.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    cudaKernel_t handle = nullptr;
    SNN_CUDA(cudaLibraryGetKernel(&handle, library, made.entry.c_str()));
    const auto* const kernel = reinterpret_cast<const void*>(handle);
    // Brings its code to the device now: that must not happen while a stream is being captured.
    cudaFuncAttributes attributes;
    SNN_CUDA(cudaFuncGetAttributes(&attributes, kernel));
    std::vector<std::size_t> parameters;
    std::size_t offset = 0, bytes = 0;
    while (cudaFuncGetParamInfo(kernel, parameters.size(), &offset, &bytes) == cudaSuccess)
        parameters.push_back(bytes);
    cudaGetLastError();  // that there are no more is not to be told again
    return {source.name, kernel, parameters};
}

#else  // its runtime loads no code

RuntimeKernel load(const KernelSource&, const NvrtcCode&) {
    throw DeviceError(
        "this snnsim was built with CUDA 12; equations of a model's own need one that "
        "is built with CUDA 13 to run on the GPU. --backend cpu runs them");
}

#endif

}  // namespace

RuntimeKernel compile_kernel(const KernelSource& source) {
    static std::mutex lock;
    static std::map<std::tuple<std::string, std::string, int>, RuntimeKernel> compiled;
    const CudaDevice device = current_device();
    const std::lock_guard hold(lock);
    const auto key = std::tuple(source.text, source.entry, device.capability);
    if (const auto known = compiled.find(key); known != compiled.end()) return known->second;
    // What is not a GPU takes PTX only.
    return compiled[key] = load(source, compile_with_nvrtc({.name = source.name,
                                                            .text = source.text,
                                                            .entry = source.entry,
                                                            .capability = device.capability,
                                                            .ptx = device.interpreted}));
}

}  // namespace snnsim
