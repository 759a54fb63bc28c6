// Errors: the last one, the one that stays, and what they are called.
#include <cstdio>

#include "runtime.hpp"

namespace ptxrun {
namespace {
thread_local cudaError_t last = cudaSuccess;
std::atomic<cudaError_t> fatal{cudaSuccess};

struct Text {
    cudaError_t code;
    const char *name, *text;
};
#define ENTRY(code, text) \
    { code, #code, text }
constexpr Text texts[] = {
    ENTRY(cudaSuccess, "no error"),
    ENTRY(cudaErrorInvalidValue, "invalid argument"),
    ENTRY(cudaErrorMemoryAllocation, "out of memory"),
    ENTRY(cudaErrorInitializationError, "initialization error"),
    ENTRY(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    ENTRY(cudaErrorInvalidPitchValue, "invalid pitch argument"),
    ENTRY(cudaErrorInvalidSymbol, "invalid device symbol"),
    ENTRY(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    ENTRY(cudaErrorInsufficientDriver,
          "CUDA driver version is insufficient for CUDA runtime version"),
    ENTRY(cudaErrorMissingConfiguration, "__global__ function call is not configured"),
    ENTRY(cudaErrorInvalidDeviceFunction, "invalid device function"),
    ENTRY(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    ENTRY(cudaErrorInvalidDevice, "invalid device ordinal"),
    ENTRY(cudaErrorNoKernelImageForDevice,
          "no kernel image is available for execution on the device"),
    ENTRY(cudaErrorInvalidPtx, "a PTX JIT compilation failed"),
    ENTRY(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    ENTRY(cudaErrorIllegalState, "the operation cannot be performed in the present state"),
    ENTRY(cudaErrorSymbolNotFound, "named symbol not found"),
    ENTRY(cudaErrorNotReady, "device not ready"),
    ENTRY(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
    ENTRY(cudaErrorLaunchOutOfResources, "too many resources requested for launch"),
    ENTRY(cudaErrorLaunchTimeout, "the launch timed out and was terminated"),
    ENTRY(cudaErrorAssert, "device-side assert triggered"),
    ENTRY(cudaErrorHostMemoryAlreadyRegistered,
          "part or all of the requested memory range is already mapped"),
    ENTRY(cudaErrorHostMemoryNotRegistered,
          "pointer does not correspond to a registered memory region"),
    ENTRY(cudaErrorIllegalInstruction, "an illegal instruction was encountered"),
    ENTRY(cudaErrorMisalignedAddress, "misaligned address"),
    ENTRY(cudaErrorLaunchFailure, "unspecified launch failure"),
    ENTRY(cudaErrorCooperativeLaunchTooLarge, "too many blocks in cooperative launch"),
    ENTRY(cudaErrorNotSupported, "operation not supported"),
    ENTRY(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    ENTRY(cudaErrorStreamCaptureInvalidated,
          "operation failed due to a previous error during capture"),
    ENTRY(cudaErrorStreamCaptureIsolation,
          "dependency created on uncaptured work in another stream"),
    ENTRY(cudaErrorStreamCaptureImplicit,
          "operation would make the legacy stream depend on a capturing blocking stream"),
    ENTRY(cudaErrorUnknown, "unknown error"),
};
#undef ENTRY
const Text* find(cudaError_t e) {
    for (const Text& t : texts)
        if (t.code == e) return &t;
    return nullptr;
}
}  // namespace

cudaError_t keep(cudaError_t e) {
    if (e != cudaSuccess) last = e;
    return e;
}
void keep_fatal(cudaError_t e) {
    cudaError_t none = cudaSuccess;
    fatal.compare_exchange_strong(none, e);
    last = fatal;
}
cudaError_t fatal_error() {
    return fatal;
}

cudaError_t guarded(const std::function<cudaError_t()>& f) {
    try {
        return f();
    } catch (const Fault& e) {
        std::fprintf(stderr, "ptxrun: %s\n", e.what.c_str());
        return keep(static_cast<cudaError_t>(e.status));
    } catch (const Error& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return keep(cudaErrorInvalidPtx);
    }
}

}  // namespace ptxrun

using namespace ptxrun;

extern "C" {

cudaError_t cudaGetLastError() {
    if (fatal != cudaSuccess) return fatal;
    const cudaError_t e = last;
    last = cudaSuccess;
    return e;
}
cudaError_t cudaPeekAtLastError() {
    return fatal != cudaSuccess ? fatal.load() : last;
}
const char* cudaGetErrorName(cudaError_t e) {
    const Text* t = find(e);
    return t ? t->name : "unrecognized error code";
}
const char* cudaGetErrorString(cudaError_t e) {
    const Text* t = find(e);
    return t ? t->text : "unrecognized error code";
}
/// What every entry point that is not here does.
[[noreturn]] void ptxrun_missing(const char* name) {
    std::fprintf(stderr, "ptxrun: %s is not implemented\n", name);
    std::abort();
}

}  // extern "C"
