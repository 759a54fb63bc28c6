// Allocation, copies, fills, symbols.
#include <cstdio>
#include <cstring>

#include "runtime.hpp"

using namespace ptxrun;

namespace {

std::size_t free_memory() {
    const std::size_t all = settings().memory_of(current_device()),
                      used = memory().used(current_device());
    return all > used ? all - used : 0;
}

cudaError_t allocate(void** out, std::size_t bytes, Owner owner) {
    *out = nullptr;
    if (bytes == 0) return cudaSuccess;
    if (const auto e = unsafe_in_capture("an allocation"); e != cudaSuccess) return e;
    static std::atomic<long long> failing{0};
    const bool fails = settings().fail == "cudaMalloc" && ++failing == settings().failing;
    if (owner != Owner::pinned && (fails || bytes > free_memory()))
        return keep(cudaErrorMemoryAllocation);
    Allocation* a = memory().allocate(bytes, owner);
    if (!a) return keep(cudaErrorMemoryAllocation);
    *out = reinterpret_cast<void*>(a->begin);
    return cudaSuccess;
}
cudaError_t release(void* p, bool host) {
    if (!p) return fatal_error();
    if (const auto e = unsafe_in_capture("cudaFree"); e != cudaSuccess) return e;
    finish_all();
    const Allocation* a = memory().find(reinterpret_cast<std::uintptr_t>(p));
    if (!a || a->begin != reinterpret_cast<std::uintptr_t>(p) || !a->alive ||
        (a->owner == Owner::pinned) != host) {
        std::fprintf(stderr, "ptxrun: %s of %p, which is %s\n", host ? "cudaFreeHost" : "cudaFree",
                     p, a && !a->alive ? "freed already" : "not its beginning of an allocation");
        return keep(cudaErrorInvalidValue);
    }
    memory().release(p);
    return cudaSuccess;
}

enum Side { host, device, either };
bool on_device(const void* p) {
    const Allocation* a = memory().find(reinterpret_cast<std::uintptr_t>(p));
    return a &&
           (a->owner == Owner::device || a->owner == Owner::variable || a->owner == Owner::managed);
}
bool pageable(const void* p) {
    return memory().find(reinterpret_cast<std::uintptr_t>(p)) == nullptr;
}
/// False, with a message: the range is not wholly memory that this side may have.
bool valid(const void* p, std::size_t bytes, Side side, const char* call, const char* role) {
    const auto at = reinterpret_cast<std::uintptr_t>(p);
    const Allocation* a = memory().find(at);
    const bool inside = a && a->holds(at, at + bytes);
    const bool is_device = a && on_device(p);
    bool good = side == device ? inside
                : side == host ? !a || (inside && (!is_device || a->owner == Owner::managed))
                               : !a || inside;
    if (settings().check == 0) good = true;
    if (!good)
        std::fprintf(stderr, "ptxrun: %s: the %s, %zu bytes at %p, is not within %s\n", call, role,
                     bytes, p,
                     a && !a->alive   ? "memory that is still allocated"
                     : side == device ? "memory of the device"
                     : side == host   ? "memory of the host"
                                      : "one allocation");
    return good;
}
bool valid_copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                const char* call) {
    const Side t = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice ? device
                   : kind == cudaMemcpyDefault                                        ? either
                                                                                      : host;
    const Side f = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice ? device
                   : kind == cudaMemcpyDefault                                        ? either
                                                                                      : host;
    return valid(to, bytes, t, call, "destination") && valid(from, bytes, f, call, "source");
}
void copy_now(void* to, const void* from, std::size_t bytes) {
    std::memmove(to, from, bytes);
    memory().copied(to, from, bytes);
}
cudaError_t wait_for(cudaStream_t s) {
    finish(stream_of(s).last);
    return keep(fatal_error());
}
cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t s,
                 bool async, const char* call) {
    if (bytes == 0) return cudaSuccess;
    if (!valid_copy(to, from, bytes, kind, call)) return keep(cudaErrorInvalidValue);
    if (capturing(s))
        return enqueue(s, cudaGraphNodeTypeMemcpy, [=] { copy_now(to, from, bytes); });
    if (async && !(settings().lazy && (pageable(to) || pageable(from))))
        return enqueue(s, cudaGraphNodeTypeMemcpy, [=] { copy_now(to, from, bytes); });
    if (const auto e = enqueue(s, cudaGraphNodeTypeMemcpy, [=] { copy_now(to, from, bytes); });
        e != cudaSuccess)
        return e;
    return wait_for(s);
}
cudaError_t fill(void* to, int value, std::size_t bytes, cudaStream_t s, const char* call) {
    if (bytes == 0) return cudaSuccess;
    if (!valid(to, bytes, either, call, "destination")) return keep(cudaErrorInvalidValue);
    return enqueue(s, cudaGraphNodeTypeMemset, [=] {
        std::memset(to, value, bytes);
        memory().wrote(to, bytes);
    });
}
cudaError_t copy_2d(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                    std::size_t width, std::size_t height, cudaStream_t s, bool async) {
    const auto e = enqueue(s, cudaGraphNodeTypeMemcpy, [=] {
        for (std::size_t y = 0; y < height; ++y)
            copy_now(static_cast<char*>(to) + y * to_pitch,
                     static_cast<const char*>(from) + y * from_pitch, width);
    });
    if (e != cudaSuccess || async) return e;
    return wait_for(s);
}
void* symbol_at(const void* symbol, std::size_t offset, std::size_t bytes) {
    std::size_t size = 0;
    auto* p = static_cast<char*>(host_variable(symbol, &size));
    return p && offset + bytes <= size ? p + offset : nullptr;
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** out, std::size_t bytes) {
    return allocate(out, bytes, Owner::device);
}
cudaError_t cudaFree(void* p) {
    return release(p, false);
}
cudaError_t cudaMallocHost(void** out, std::size_t bytes) {
    return allocate(out, bytes, Owner::pinned);
}
cudaError_t cudaHostAlloc(void** out, std::size_t bytes, unsigned) {
    return allocate(out, bytes, Owner::pinned);
}
cudaError_t cudaFreeHost(void* p) {
    return release(p, true);
}
cudaError_t cudaMallocManaged(void** out, std::size_t bytes, unsigned) {
    return allocate(out, bytes, Owner::managed);
}
cudaError_t cudaMallocAsync(void** out, std::size_t bytes, cudaStream_t) {
    return allocate(out, bytes, Owner::device);
}
cudaError_t cudaFreeAsync(void* p, cudaStream_t s) {
    return enqueue(s, cudaGraphNodeTypeMemFree, [=] { memory().release(p); });
}
cudaError_t cudaMallocPitch(void** out, std::size_t* pitch, std::size_t width, std::size_t height) {
    *pitch = (width + 511) / 512 * 512;
    return allocate(out, *pitch * height, Owner::device);
}
cudaError_t cudaHostRegister(void* p, std::size_t bytes, unsigned) {
    memory().enter(p, bytes, Owner::registered);
    return cudaSuccess;
}
cudaError_t cudaHostUnregister(void* p) {
    return memory().release(p) ? cudaSuccess : keep(cudaErrorHostMemoryNotRegistered);
}
cudaError_t cudaHostGetDevicePointer(void** out, void* p, unsigned) {
    *out = p;
    return cudaSuccess;
}
cudaError_t cudaHostGetFlags(unsigned* flags, void*) {
    *flags = cudaHostAllocMapped;
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* available, std::size_t* total) {
    *total = settings().memory_of(current_device());
    *available = free_memory();
    return cudaSuccess;
}
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* out, const void* p) {
    const Allocation* a = memory().find(reinterpret_cast<std::uintptr_t>(p));
    std::memset(out, 0, sizeof *out);
    out->device = a ? a->device : -2;
    out->type = !a || !a->alive              ? cudaMemoryTypeUnregistered
                : a->owner == Owner::managed ? cudaMemoryTypeManaged
                : on_device(p)               ? cudaMemoryTypeDevice
                                             : cudaMemoryTypeHost;
    if (a) out->devicePointer = const_cast<void*>(p);
    if (a && out->type != cudaMemoryTypeDevice) out->hostPointer = const_cast<void*>(p);
    return cudaSuccess;
}
cudaError_t cudaMemAdvise(const void*, std::size_t, cudaMemoryAdvise, cudaMemLocation) {
    return cudaSuccess;
}
cudaError_t cudaMemPrefetchAsync(const void*, std::size_t, cudaMemLocation, unsigned,
                                 cudaStream_t) {
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    return copy(to, from, bytes, kind, nullptr, false, "cudaMemcpy");
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t s) {
    return copy(to, from, bytes, kind, s, true, "cudaMemcpyAsync");
}
cudaError_t cudaMemcpy2D(void* to, std::size_t tp, const void* from, std::size_t fp, std::size_t w,
                         std::size_t h, cudaMemcpyKind) {
    return copy_2d(to, tp, from, fp, w, h, nullptr, false);
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t tp, const void* from, std::size_t fp,
                              std::size_t w, std::size_t h, cudaMemcpyKind, cudaStream_t s) {
    return copy_2d(to, tp, from, fp, w, h, s, true);
}
cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
    return fill(to, value, bytes, nullptr, "cudaMemset");
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t s) {
    return fill(to, value, bytes, s, "cudaMemsetAsync");
}
cudaError_t cudaMemset2D(void* to, std::size_t pitch, int value, std::size_t w, std::size_t h) {
    for (std::size_t y = 0; y < h; ++y)
        if (const auto e =
                fill(static_cast<char*>(to) + y * pitch, value, w, nullptr, "cudaMemset2D");
            e != cudaSuccess)
            return e;
    return cudaSuccess;
}

cudaError_t cudaGetSymbolAddress(void** out, const void* symbol) {
    return guarded([&] {
        return (*out = host_variable(symbol, nullptr)) ? cudaSuccess : keep(cudaErrorInvalidSymbol);
    });
}
cudaError_t cudaGetSymbolSize(std::size_t* out, const void* symbol) {
    return guarded(
        [&] { return host_variable(symbol, out) ? cudaSuccess : keep(cudaErrorInvalidSymbol); });
}
cudaError_t cudaMemcpyToSymbolAsync(const void* symbol, const void* from, std::size_t bytes,
                                    std::size_t offset, cudaMemcpyKind kind, cudaStream_t s) {
    return guarded([&] {
        void* to = symbol_at(symbol, offset, bytes);
        return to ? copy(to, from, bytes, kind, s, true, "cudaMemcpyToSymbol")
                  : keep(cudaErrorInvalidSymbol);
    });
}
cudaError_t cudaMemcpyFromSymbolAsync(void* to, const void* symbol, std::size_t bytes,
                                      std::size_t offset, cudaMemcpyKind kind, cudaStream_t s) {
    return guarded([&] {
        const void* from = symbol_at(symbol, offset, bytes);
        return from ? copy(to, from, bytes, kind, s, true, "cudaMemcpyFromSymbol")
                    : keep(cudaErrorInvalidSymbol);
    });
}
cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, std::size_t bytes,
                               std::size_t offset, cudaMemcpyKind kind) {
    const auto e = cudaMemcpyToSymbolAsync(symbol, from, bytes, offset, kind, nullptr);
    return e == cudaSuccess ? wait_for(nullptr) : e;
}
cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, std::size_t bytes,
                                 std::size_t offset, cudaMemcpyKind kind) {
    const auto e = cudaMemcpyFromSymbolAsync(to, symbol, bytes, offset, kind, nullptr);
    return e == cudaSuccess ? wait_for(nullptr) : e;
}

}  // extern "C"
