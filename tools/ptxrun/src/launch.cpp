// Launches of kernels, their attributes, and how many blocks fit.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime.hpp"

namespace ptxrun {
namespace {

constexpr std::size_t shared_processor = 233'472, shared_most = 232'448, shared_plain = 49'152;

struct Configuration {
    dim3 grid, block;
    std::size_t shared;
    cudaStream_t stream;
};
thread_local std::vector<Configuration> configurations;

int blocks_that_fit(Kernel& k, int threads, std::size_t dynamic) {
    const std::size_t shared = program_of(k).static_shared + dynamic;
    if (threads <= 0 || threads > 1024 || shared > shared_most) return 0;
    int n = std::min(32, 2048 / ((threads + 31) / 32 * 32));
    if (shared) n = std::min(n, static_cast<int>(shared_processor / (shared + 1024)));
    return n;
}

}  // namespace

cudaError_t make_launch(Launch& l, const void* function, dim3 grid, dim3 block, void** args,
                        std::size_t shared, bool cooperative) {
    l.kernel = kernel_of(function);
    if (!l.kernel) {
        std::fprintf(stderr,
                     "ptxrun: launch of a kernel that was not registered, is not in the PTX, or "
                     "whose library was unloaded\n");
        return keep(cudaErrorInvalidDeviceFunction);
    }
    Program& p = program_of(*l.kernel);
    l.grid = {grid.x, grid.y, grid.z};
    l.block = {block.x, block.y, block.z};
    l.shared = shared;
    l.cooperative = cooperative;
    const auto reject = [&](cudaError_t e, const std::string& why) {
        std::fprintf(stderr, "ptxrun: launch of %s: %s\n", l.kernel->name.c_str(), why.c_str());
        return keep(e);
    };
    if (l.grid.all() == 0 || l.block.all() == 0 || l.block.all() > 1024 || block.z > 64 ||
        grid.y > 65535 || grid.z > 65535)
        return reject(cudaErrorInvalidConfiguration,
                      "grid (" + std::to_string(grid.x) + "," + std::to_string(grid.y) + "," +
                          std::to_string(grid.z) + "), block (" + std::to_string(block.x) + "," +
                          std::to_string(block.y) + "," + std::to_string(block.z) + ")");
    if (static_cast<int>(l.block.all()) > p.max_threads)
        return reject(cudaErrorInvalidValue, "more threads than its launch bounds allow");
    if (p.static_shared + shared >
            std::max<std::size_t>(
                shared_plain,
                static_cast<std::size_t>(l.kernel->max_dynamic_shared) + p.static_shared) ||
        p.static_shared + shared > shared_most)
        return reject(cudaErrorInvalidValue,
                      std::to_string(p.static_shared + shared) + " bytes of shared memory");
    if (cooperative && l.grid.all() > static_cast<std::size_t>(settings().processors) *
                                          static_cast<std::size_t>(blocks_that_fit(
                                              *l.kernel, static_cast<int>(l.block.all()), shared)))
        return reject(cudaErrorCooperativeLaunchTooLarge, "cooperative grid of " +
                                                              std::to_string(l.grid.all()) +
                                                              " blocks does not fit (PTXRUN_SMS)");
    l.params.resize(p.param_bytes / 8 + 2);
    for (std::size_t k = 0; k < p.params.size(); ++k)
        std::memcpy(reinterpret_cast<char*>(l.params.data()) + p.params[k].at, args[k],
                    p.params[k].bytes);
    return cudaSuccess;
}

void run_launch(const Launch& l) {
    static std::atomic<std::uint64_t> launches{0};
    static std::atomic<long long> failing{0};
    if (l.kernel->unloaded)
        throw Fault{cudaErrorInvalidResourceHandle,
                    "launch of " + l.kernel->name + ", whose library was unloaded"};
    Program& p = program_of(*l.kernel);
    Grid g;
    g.kernel = l.kernel;
    g.code = p.entry;
    g.grid = l.grid;
    g.block = l.block;
    g.params = reinterpret_cast<const char*>(l.params.data());
    g.param_bytes = p.param_bytes;
    g.dynamic_shared = l.shared;
    g.shared_bytes = p.static_shared + l.shared;
    g.cooperative = l.cooperative;
    g.id = ++launches;
    if (settings().trace)
        std::fprintf(stderr, "ptxrun: %llu %s grid (%u,%u,%u) block (%u,%u,%u) shared %zu\n",
                     static_cast<unsigned long long>(g.id), l.kernel->name.c_str(), g.grid.x,
                     g.grid.y, g.grid.z, g.block.x, g.block.y, g.block.z, g.shared_bytes);
    if (!settings().fail.empty() && l.kernel->name.find(settings().fail) != std::string::npos &&
        ++failing == settings().failing)
        throw Fault{cudaErrorIllegalAddress, "launch of " + l.kernel->name + " fails: PTXRUN_FAIL"};
    Allocation* workspace = nullptr;
    if (l.cooperative) {
        workspace = memory().allocate(256, Owner::variable, "workspace of the grid");
        std::memset(reinterpret_cast<void*>(workspace->begin), 0, 256);
        g.workspace = workspace->begin;
    }
    run_grid(g);
    if (workspace) memory().release(reinterpret_cast<void*>(workspace->begin));
}

}  // namespace ptxrun

using namespace ptxrun;

namespace {
cudaError_t launch(const void* function, dim3 grid, dim3 block, void** args, std::size_t shared,
                   cudaStream_t stream, bool cooperative) {
    return guarded([&] {
        if (const auto e = fatal_error(); e != cudaSuccess) return keep(e);
        Launch l;
        if (const auto e = make_launch(l, function, grid, block, args, shared, cooperative);
            e != cudaSuccess)
            return e;
        return enqueue(stream, cudaGraphNodeTypeKernel, [l] { run_launch(l); });
    });
}
}  // namespace

extern "C" {

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared,
                                     CUstream_st* stream) {
    configurations.push_back({grid, block, shared, stream});
    return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared, void* stream) {
    if (configurations.empty()) return cudaErrorMissingConfiguration;
    const Configuration c = configurations.back();
    configurations.pop_back();
    *grid = c.grid;
    *block = c.block;
    *shared = c.shared;
    *static_cast<cudaStream_t*>(stream) = c.stream;
    return cudaSuccess;
}
cudaError_t cudaLaunchKernel(const void* f, dim3 grid, dim3 block, void** args, std::size_t shared,
                             cudaStream_t stream) {
    return launch(f, grid, block, args, shared, stream, false);
}
cudaError_t __cudaLaunchKernel(cudaKernel_t f, dim3 grid, dim3 block, void** args,
                               std::size_t shared, cudaStream_t stream) {
    return launch(f, grid, block, args, shared, stream, false);
}
cudaError_t cudaLaunchCooperativeKernel(const void* f, dim3 grid, dim3 block, void** args,
                                        std::size_t shared, cudaStream_t stream) {
    return launch(f, grid, block, args, shared, stream, true);
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* c, const void* f, void** args) {
    bool cooperative = false;
    for (unsigned k = 0; k < c->numAttrs; ++k) {
        const auto& a = c->attrs[k];
        if (a.id == cudaLaunchAttributeCooperative)
            cooperative = a.val.cooperative;
        else if (a.id == cudaLaunchAttributeClusterDimension &&
                 a.val.clusterDim.x * a.val.clusterDim.y * a.val.clusterDim.z != 1) {
            std::fprintf(stderr, "ptxrun: clusters are not supported\n");
            std::abort();
        }
    }
    return launch(f, c->gridDim, c->blockDim, args, c->dynamicSmemBytes, c->stream, cooperative);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* out, const void* f) {
    return guarded([&] {
        Kernel* k = kernel_of(f);
        if (!k) return keep(cudaErrorInvalidDeviceFunction);
        Program& p = program_of(*k);
        std::memset(out, 0, sizeof *out);
        out->sharedSizeBytes = p.static_shared;
        out->localSizeBytes = p.local_bytes;
        out->maxThreadsPerBlock = p.max_threads;
        out->numRegs = p.registers;
        out->ptxVersion = k->module->sm;
        out->binaryVersion = k->module->sm;
        out->maxDynamicSharedSizeBytes = k->max_dynamic_shared;
        out->preferredShmemCarveout = -1;
        return cudaSuccess;
    });
}
cudaError_t cudaFuncSetAttribute(const void* f, cudaFuncAttribute attribute, int value) {
    return guarded([&] {
        Kernel* k = kernel_of(f);
        if (!k) return keep(cudaErrorInvalidDeviceFunction);
        if (attribute == cudaFuncAttributeMaxDynamicSharedMemorySize) {
            if (value < 0 ||
                static_cast<std::size_t>(value) + program_of(*k).static_shared > shared_most)
                return keep(cudaErrorInvalidValue);
            k->max_dynamic_shared = value;
        }
        return cudaSuccess;
    });
}
cudaError_t cudaKernelSetAttributeForDevice(cudaKernel_t f, cudaFuncAttribute attribute, int value,
                                            int) {
    return cudaFuncSetAttribute(f, attribute, value);
}
cudaError_t cudaFuncSetCacheConfig(const void*, cudaFuncCache) {
    return cudaSuccess;
}
cudaError_t cudaFuncGetName(const char** name, const void* f) {
    Kernel* k = kernel_of(f);
    if (!k) return keep(cudaErrorInvalidDeviceFunction);
    *name = k->name.c_str();
    return cudaSuccess;
}
cudaError_t cudaFuncGetParamInfo(const void* f, std::size_t k, std::size_t* at,
                                 std::size_t* bytes) {
    return guarded([&] {
        Kernel* kernel = kernel_of(f);
        if (!kernel) return keep(cudaErrorInvalidDeviceFunction);
        const auto& params = program_of(*kernel).params;
        if (k >= params.size()) return keep(cudaErrorInvalidValue);
        if (at) *at = params[k].at;
        if (bytes) *bytes = params[k].bytes;
        return cudaSuccess;
    });
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* f, int threads,
                                                          std::size_t shared) {
    return guarded([&] {
        Kernel* k = kernel_of(f);
        if (!k) return keep(cudaErrorInvalidDeviceFunction);
        *blocks = blocks_that_fit(*k, threads, shared);
        return cudaSuccess;
    });
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* f,
                                                                   int threads, std::size_t shared,
                                                                   unsigned) {
    return cudaOccupancyMaxActiveBlocksPerMultiprocessor(blocks, f, threads, shared);
}
cudaError_t cudaOccupancyAvailableDynamicSMemPerBlock(std::size_t* bytes, const void* f, int blocks,
                                                      int) {
    return guarded([&] {
        Kernel* k = kernel_of(f);
        if (!k || blocks < 1) return keep(cudaErrorInvalidValue);
        const std::size_t each =
                              std::min(shared_most,
                                       shared_processor / static_cast<std::size_t>(blocks) - 1024),
                          fixed = program_of(*k).static_shared;
        *bytes = each > fixed ? each - fixed : 0;
        return cudaSuccess;
    });
}

}  // extern "C"
