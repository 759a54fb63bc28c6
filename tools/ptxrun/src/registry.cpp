// Programs register their fat binaries, kernels and variables before main; libraries are loaded
// while they run.
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>

#include "report.hpp"
#include "runtime.hpp"
#include "symbols.hpp"

namespace ptxrun {
namespace {

struct Entry;
/// A fat binary of the program, or a library.
struct Binary {
    const void* data = nullptr;
    std::string text;  // of a library that was loaded from PTX as it is
    std::unique_ptr<Module> module;
    std::map<std::string, Allocation*> places;
    std::vector<std::pair<void**, std::string>> managed;
    std::map<std::string, Entry*> handed_out;  // kernels of a library
    bool unloaded = false;
    int number = 0;
};
struct Entry {
    Binary* binary;
    std::string name;
    Kernel kernel;
};
struct HostVariable {
    Binary* binary;
    std::string name;
    std::size_t size;
};

struct Registry {
    std::recursive_mutex lock;
    std::vector<std::unique_ptr<Binary>> binaries;
    /// By the host's stub; those of libraries by themselves.
    std::map<const void*, std::unique_ptr<Entry>> entries;
    std::map<const void*, HostVariable> variables;
};
Registry& registry() {
    static Registry* const r = [] {
        std::atexit(report);
        return new Registry;
    }();
    return *r;
}

struct Wrapper {
    int magic, version;
    const void* data;
    void* more;
};
struct FatHeader {
    std::uint32_t magic;
    std::uint16_t version, header;
    std::uint64_t bytes;
};
struct FatEntry {
    std::uint16_t kind, version;
    std::uint32_t header;
    std::uint64_t bytes;
    std::uint32_t compressed, unknown;
    std::uint16_t minor, major;
    std::uint32_t arch, name_at, name_bytes;
    std::uint64_t flags;
};

/// The PTX for the highest architecture that this device has.
std::string ptx_of(const void* data, std::string& why) {
    const auto* head = static_cast<const FatHeader*>(data);
    if (head->magic != 0xBA55ED50) {
        why = "an unknown format of fat binary";
        return {};
    }
    const char* at = reinterpret_cast<const char*>(head) + head->header;
    const char* const end = at + head->bytes;
    std::string best;
    std::uint32_t arch = 0;
    why = "it holds no PTX: compile with -gencode arch=compute_90,code=compute_90 --no-compress";
    while (at < end) {
        const auto* e = reinterpret_cast<const FatEntry*>(at);
        if (e->kind == 1 && e->arch <= 90 && e->arch >= arch) {
            if (e->compressed) {
                why = "its PTX is compressed: compile with --no-compress";
            } else {
                best.assign(at + e->header, strnlen(at + e->header, e->bytes));
                arch = e->arch;
            }
        }
        at += e->header + e->bytes;
    }
    return best;
}

Module& module_of(Binary& b) {
    if (b.module) return *b.module;
    std::string why;
    const std::string text = b.data ? ptx_of(b.data, why) : b.text;
    const std::string name = "ptx" + std::to_string(b.number);
    if (text.empty())
        throw Error("ptxrun: fat binary " + std::to_string(b.number) +
                    " of the program cannot be run: " + why);
    if (const char* dir = std::getenv("PTXRUN_DUMP")) {
        if (std::FILE* f = std::fopen((std::string(dir) + "/" + name + ".ptx").c_str(), "w")) {
            std::fwrite(text.data(), 1, text.size(), f);
            std::fclose(f);
        }
    }
    b.module = std::make_unique<Module>(parse(text, name));
    for (const auto& [name_, v] : b.module->variables) {
        if (v.external || (v.space != Space::global && v.space != Space::constant)) continue;
        Allocation* a =
            memory().allocate(v.bytes, Owner::variable,
                              (v.space == Space::constant ? "const " : "") + name_, v.align);
        if (!a) throw Error("ptxrun: no memory for variable " + name_);
        std::memcpy(reinterpret_cast<void*>(a->begin), v.initial.data(), v.initial.size());
        b.places[name_] = a;
    }
    for (const auto& [name_, v] : b.module->variables)
        for (const auto& fix : v.fixups) {
            std::uint64_t value = 0;
            if (const auto p = b.places.find(fix.symbol); p != b.places.end())
                value = p->second->begin;
            else if (const auto f = b.module->functions.find(fix.symbol);
                     f != b.module->functions.end())
                value = reinterpret_cast<std::uint64_t>(&f->second);
            else
                throw Error("ptxrun: initial value of " + name_ + ": " + fix.symbol +
                            " is not known");
            value += static_cast<std::uint64_t>(fix.add);
            std::memcpy(reinterpret_cast<char*>(b.places[name_]->begin) + fix.at, &value,
                        static_cast<std::size_t>(fix.width));
        }
    return *b.module;
}
Binary* binary_of(const Module& m) {
    for (auto& b : registry().binaries)
        if (b->module.get() == &m) return b.get();
    return nullptr;
}
Kernel* ready(Entry& e) {
    if (e.binary->unloaded) return nullptr;
    if (!e.kernel.source) {
        Module& m = module_of(*e.binary);
        const auto f = m.functions.find(e.name);
        if (f == m.functions.end() || !f->second.entry) return nullptr;
        e.kernel.name = e.name;
        e.kernel.module = &m;
        e.kernel.source = &f->second;
    }
    return &e.kernel;
}

}  // namespace

std::uint64_t variable_address(const Module& module, const std::string& name) {
    Binary* b = binary_of(module);
    const auto p = b->places.find(name);
    if (p == b->places.end()) throw Error("ptxrun: variable " + name + " is not defined here");
    return p->second->begin;
}

Kernel* kernel_of(const void* function) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    static bool first = true;
    if (first && settings().decode) {
        first = false;
        for (auto& [stub, e] : r.entries)
            if (Kernel* k = ready(*e)) program_of(*k);
        std::fprintf(stderr, "ptxrun: decoded %zu kernels\n", r.entries.size());
    }
    if (const auto it = r.entries.find(function); it != r.entries.end()) return ready(*it->second);
    for (auto& [stub, e] : r.entries)
        if (e.get() == function) return ready(*e);
    return nullptr;
}
void* host_variable(const void* symbol, std::size_t* size) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    const auto it = r.variables.find(symbol);
    if (it == r.variables.end()) return nullptr;
    module_of(*it->second.binary);
    const auto p = it->second.binary->places.find(it->second.name);
    if (p == it->second.binary->places.end()) return nullptr;
    if (size) *size = it->second.size;
    return reinterpret_cast<void*>(p->second->begin);
}
void for_each_kernel(const std::function<void(Kernel&)>& f) {
    for (auto& [stub, e] : registry().entries) f(e->kernel);
}

}  // namespace ptxrun

using namespace ptxrun;

extern "C" {

void** __cudaRegisterFatBinary(void* fat) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    auto b = std::make_unique<Binary>();
    b->data = static_cast<const Wrapper*>(fat)->data;
    b->number = static_cast<int>(r.binaries.size());
    r.binaries.push_back(std::move(b));
    return reinterpret_cast<void**>(r.binaries.back().get());
}
void __cudaRegisterFatBinaryEnd(void** handle) {
    auto* b = reinterpret_cast<Binary*>(handle);
    if (b->managed.empty()) return;
    try {
        module_of(*b);
        for (auto& [pointer, name] : b->managed)
            *pointer = reinterpret_cast<void*>(b->places.at(name)->begin);
    } catch (const Error& e) {
        std::fprintf(stderr, "%s\n", e.what());
        std::abort();
    }
}
void __cudaUnregisterFatBinary(void**) {}
char __cudaInitModule(void**) {
    return 1;
}
void __cudaRegisterFunction(void** handle, const char* host, char*, const char* name, int, uint3*,
                            uint3*, dim3*, dim3*, int*) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    auto e = std::make_unique<Entry>();
    e->binary = reinterpret_cast<Binary*>(handle);
    e->name = name;
    r.entries[host] = std::move(e);
}
void __cudaRegisterVar(void** handle, char* host, char*, const char* name, int, std::size_t size,
                       int, int) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    r.variables[host] = {reinterpret_cast<Binary*>(handle), name, size};
}
void __cudaRegisterManagedVar(void** handle, void** host, char*, const char* name, int,
                              std::size_t size, int, int) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    auto* b = reinterpret_cast<Binary*>(handle);
    b->managed.emplace_back(host, name);
    r.variables[host] = {b, name, size};
}
cudaError_t __cudaGetKernel(cudaKernel_t* handle, const void* function) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    const auto it = r.entries.find(function);
    if (it == r.entries.end()) return cudaErrorInvalidDeviceFunction;
    *handle = reinterpret_cast<cudaKernel_t>(it->second.get());
    return cudaSuccess;
}
cudaError_t cudaGetKernel(cudaKernel_t* handle, const void* function) {
    return __cudaGetKernel(handle, function);
}

cudaError_t cudaLibraryLoadData(cudaLibrary_t* library, const void* code, cudaJitOption*, void**,
                                unsigned, cudaLibraryOption*, void**, unsigned) {
    return guarded([&] {
        Registry& r = registry();
        const std::lock_guard hold(r.lock);
        const auto* text = static_cast<const char*>(code);
        auto b = std::make_unique<Binary>();
        b->number = static_cast<int>(r.binaries.size());
        std::uint32_t magic;
        std::memcpy(&magic, text, sizeof magic);
        if (magic == 0x466243B1) {
            b->data = static_cast<const Wrapper*>(code)->data;
        } else if (magic == 0xBA55ED50) {
            b->data = code;
        } else if (magic == 0x464C457F) {
            std::fprintf(stderr, "ptxrun: a library of machine code cannot be run, only PTX\n");
            return keep(cudaErrorNoKernelImageForDevice);
        } else {
            b->text = text;
        }
        if (const int sm = module_of(*b).sm; sm > 90) {
            std::fprintf(stderr, "ptxrun: a library for sm_%d; the device is sm_90\n", sm);
            return keep(cudaErrorNoKernelImageForDevice);
        }
        r.binaries.push_back(std::move(b));
        *library = reinterpret_cast<cudaLibrary_t>(r.binaries.back().get());
        return cudaSuccess;
    });
}
/// What it held is forgotten but for its code, which graphs may name: they are then told.
cudaError_t cudaLibraryUnload(cudaLibrary_t library) {
    return guarded([&] {
        finish_all();
        Registry& r = registry();
        const std::lock_guard hold(r.lock);
        auto* b = reinterpret_cast<Binary*>(library);
        if (b->unloaded) return keep(cudaErrorInvalidResourceHandle);
        b->unloaded = true;
        for (auto& [name, e] : b->handed_out) e->kernel.unloaded = true;
        for (auto& [name, place] : b->places)
            memory().release(reinterpret_cast<void*>(place->begin));
        b->places.clear();
        return cudaSuccess;
    });
}
cudaError_t cudaLibraryGetKernel(cudaKernel_t* kernel, cudaLibrary_t library, const char* name) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    auto* b = reinterpret_cast<Binary*>(library);
    if (b->unloaded) return keep(cudaErrorInvalidResourceHandle);
    const auto f = b->module->functions.find(name);
    if (f == b->module->functions.end() || !f->second.entry) return keep(cudaErrorSymbolNotFound);
    Entry*& e = b->handed_out[name];
    if (!e) {
        auto made = std::make_unique<Entry>();
        e = made.get();
        e->binary = b;
        e->name = name;
        r.entries[e] = std::move(made);
    }
    *kernel = reinterpret_cast<cudaKernel_t>(e);
    return cudaSuccess;
}
cudaError_t cudaLibraryGetKernelCount(unsigned* count, cudaLibrary_t library) {
    *count = 0;
    for (const auto& [name, f] : reinterpret_cast<Binary*>(library)->module->functions)
        *count += f.entry;
    return cudaSuccess;
}
cudaError_t cudaLibraryEnumerateKernels(cudaKernel_t* kernels, unsigned most,
                                        cudaLibrary_t library) {
    for (const auto& [name, f] : reinterpret_cast<Binary*>(library)->module->functions) {
        if (!f.entry || most == 0) continue;
        if (const auto e = cudaLibraryGetKernel(kernels++, library, name.c_str()); e != cudaSuccess)
            return e;
        --most;
    }
    return cudaSuccess;
}
cudaError_t cudaLibraryGetGlobal(void** address, std::size_t* bytes, cudaLibrary_t library,
                                 const char* name) {
    Registry& r = registry();
    const std::lock_guard hold(r.lock);
    auto* b = reinterpret_cast<Binary*>(library);
    const auto p = b->places.find(name);
    if (p == b->places.end()) return keep(cudaErrorSymbolNotFound);
    if (address) *address = reinterpret_cast<void*>(p->second->begin);
    if (bytes) *bytes = b->module->variables.at(name).bytes;
    return cudaSuccess;
}

}  // extern "C"
