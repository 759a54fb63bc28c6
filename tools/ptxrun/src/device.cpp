// The devices that are pretended: sm_90 with few multiprocessors.
#include <cstdio>
#include <cstring>

#include "report.hpp"
#include "runtime.hpp"

using namespace ptxrun;

namespace {
constexpr int clock_khz = 1'000'000;
thread_local int current = 0;

bool is_there(int device) {
    return device >= 0 && device < settings().devices;
}
std::string bus_id(int device) {
    char id[16];
    std::snprintf(id, sizeof id, "0000:%02x:00.0", static_cast<unsigned>(device));
    return id;
}
}  // namespace

int ptxrun::current_device() {
    return current;
}

extern "C" {

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int device) {
    if (!is_there(device)) return keep(cudaErrorInvalidDevice);
    std::memset(p, 0, sizeof *p);
    std::snprintf(p->name, sizeof p->name, "ptxrun (PTX interpreted on the CPU)");
    p->totalGlobalMem = settings().memory_of(device);
    p->pciBusID = device;
    p->sharedMemPerBlock = 49'152;
    p->regsPerBlock = p->regsPerMultiprocessor = 65'536;
    p->warpSize = 32;
    p->memPitch = 0x7FFFFFFF;
    p->maxThreadsPerBlock = 1024;
    p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024;
    p->maxThreadsDim[2] = 64;
    p->maxGridSize[0] = 0x7FFFFFFF;
    p->maxGridSize[1] = p->maxGridSize[2] = 65'535;
    p->totalConstMem = 65'536;
    p->major = 9;
    p->textureAlignment = p->surfaceAlignment = 512;
    p->multiProcessorCount = settings().processors;
    p->canMapHostMemory = p->concurrentKernels = p->unifiedAddressing =
        p->streamPrioritiesSupported = 1;
    p->asyncEngineCount = 1;
    p->memoryBusWidth = 5120;
    p->l2CacheSize = 50 << 20;
    p->maxThreadsPerMultiProcessor = 2048;
    p->maxBlocksPerMultiProcessor = 32;
    p->globalL1CacheSupported = p->localL1CacheSupported = 1;
    p->sharedMemPerMultiprocessor = 233'472;
    p->sharedMemPerBlockOptin = 232'448;
    p->reservedSharedMemPerBlock = 1024;
    p->managedMemory = p->concurrentManagedAccess = p->cooperativeLaunch =
        p->computePreemptionSupported = p->hostRegisterSupported = 1;
    return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr a, int device) {
    cudaDeviceProp p;
    if (const auto e = cudaGetDeviceProperties(&p, device); e != cudaSuccess) return e;
    switch (a) {
        case cudaDevAttrMaxThreadsPerBlock:
            *value = p.maxThreadsPerBlock;
            break;
        case cudaDevAttrMaxBlockDimX:
            *value = p.maxThreadsDim[0];
            break;
        case cudaDevAttrMaxBlockDimY:
            *value = p.maxThreadsDim[1];
            break;
        case cudaDevAttrMaxBlockDimZ:
            *value = p.maxThreadsDim[2];
            break;
        case cudaDevAttrMaxGridDimX:
            *value = p.maxGridSize[0];
            break;
        case cudaDevAttrMaxGridDimY:
            *value = p.maxGridSize[1];
            break;
        case cudaDevAttrMaxGridDimZ:
            *value = p.maxGridSize[2];
            break;
        case cudaDevAttrMaxSharedMemoryPerBlock:
            *value = static_cast<int>(p.sharedMemPerBlock);
            break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin:
            *value = static_cast<int>(p.sharedMemPerBlockOptin);
            break;
        case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
            *value = static_cast<int>(p.sharedMemPerMultiprocessor);
            break;
        case cudaDevAttrReservedSharedMemoryPerBlock:
            *value = static_cast<int>(p.reservedSharedMemPerBlock);
            break;
        case cudaDevAttrTotalConstantMemory:
            *value = static_cast<int>(p.totalConstMem);
            break;
        case cudaDevAttrWarpSize:
            *value = 32;
            break;
        case cudaDevAttrMaxRegistersPerBlock:
        case cudaDevAttrMaxRegistersPerMultiprocessor:
            *value = p.regsPerBlock;
            break;
        case cudaDevAttrClockRate:
        case cudaDevAttrMemoryClockRate:
            *value = clock_khz;
            break;
        case cudaDevAttrMultiProcessorCount:
            *value = p.multiProcessorCount;
            break;
        case cudaDevAttrMaxThreadsPerMultiProcessor:
            *value = p.maxThreadsPerMultiProcessor;
            break;
        case cudaDevAttrMaxBlocksPerMultiprocessor:
            *value = p.maxBlocksPerMultiProcessor;
            break;
        case cudaDevAttrComputeCapabilityMajor:
            *value = p.major;
            break;
        case cudaDevAttrComputeCapabilityMinor:
            *value = p.minor;
            break;
        case cudaDevAttrL2CacheSize:
            *value = p.l2CacheSize;
            break;
        case cudaDevAttrPciBusId:
            *value = p.pciBusID;
            break;
        case cudaDevAttrGlobalMemoryBusWidth:
            *value = p.memoryBusWidth;
            break;
        case cudaDevAttrUnifiedAddressing:
        case cudaDevAttrCanMapHostMemory:
        case cudaDevAttrConcurrentKernels:
        case cudaDevAttrAsyncEngineCount:
        case cudaDevAttrStreamPrioritiesSupported:
        case cudaDevAttrManagedMemory:
        case cudaDevAttrConcurrentManagedAccess:
        case cudaDevAttrCooperativeLaunch:
        case cudaDevAttrComputePreemptionSupported:
            *value = 1;
            break;
        case cudaDevAttrIntegrated:
        case cudaDevAttrKernelExecTimeout:
        case cudaDevAttrComputeMode:
        case cudaDevAttrEccEnabled:
        case cudaDevAttrTccDriver:
        case cudaDevAttrPageableMemoryAccess:
        case cudaDevAttrMemoryPoolsSupported:
        case cudaDevAttrClusterLaunch:
        case cudaDevAttrPciDeviceId:
        case cudaDevAttrPciDomainId:
            *value = 0;
            break;
        default:
            std::fprintf(stderr,
                         "ptxrun: cudaDeviceGetAttribute of attribute %d is not implemented\n",
                         static_cast<int>(a));
            std::abort();
    }
    return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
    *count = settings().devices;
    return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
    *device = current;
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
    if (!is_there(device)) return keep(cudaErrorInvalidDevice);
    current = device;
    return cudaSuccess;
}
cudaError_t cudaInitDevice(int device, unsigned, unsigned) {
    return cudaSetDevice(device);
}
cudaError_t cudaSetDeviceFlags(unsigned) {
    return cudaSuccess;
}
cudaError_t cudaGetDeviceFlags(unsigned* flags) {
    *flags = 0;
    return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
    *version = 13'000;
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
    return cudaDriverGetVersion(version);
}
cudaError_t cudaDeviceGetPCIBusId(char* out, int size, int device) {
    if (!is_there(device)) return keep(cudaErrorInvalidDevice);
    const std::string id = bus_id(device);
    if (size <= static_cast<int>(id.size())) return keep(cudaErrorInvalidValue);
    std::memcpy(out, id.c_str(), id.size() + 1);
    return cudaSuccess;
}
cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* id) {
    for (*device = 0; is_there(*device); ++*device)
        if (bus_id(*device) == id) return cudaSuccess;
    return keep(cudaErrorInvalidDevice);
}
cudaError_t cudaDeviceReset() {
    finish_all();
    return cudaSuccess;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0;
    *greatest = -5;
    return cudaSuccess;
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
    *can = 0;
    return cudaSuccess;
}
cudaError_t cudaDeviceSetLimit(cudaLimit, std::size_t) {
    return cudaSuccess;
}
cudaError_t cudaDeviceGetLimit(std::size_t* value, cudaLimit limit) {
    *value = limit == cudaLimitStackSize        ? 1024
             : limit == cudaLimitPrintfFifoSize ? 1 << 20
             : limit == cudaLimitMallocHeapSize ? 8 << 20
                                                : 0;
    return cudaSuccess;
}
cudaError_t cudaDeviceSetCacheConfig(cudaFuncCache) {
    return cudaSuccess;
}
cudaError_t cudaProfilerStart() {
    finish_all();
    ptxrun::forget_counts();
    return cudaSuccess;
}
cudaError_t cudaProfilerStop() {
    finish_all();
    ptxrun::report();
    return cudaSuccess;
}

}  // extern "C"
