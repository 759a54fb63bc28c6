#include "src/device/nvrtc.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "kernel_headers.hpp"
#include "snnsim/error.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

constexpr const char* library_name = "libnvrtc.so.13";

/// Of a program's calls: as nvrtc.h has them, which a build need not have.
using Program = struct NvrtcProgram*;
using Status = int;  // 0: done
struct Nvrtc {
    const char* (*error_string)(Status);
    Status (*create)(Program*, const char* text, const char* name, int count,
                     const char* const* headers, const char* const* header_names);
    Status (*destroy)(Program*);
    Status (*add_name)(Program, const char*);
    Status (*compile)(Program, int count, const char* const* options);
    Status (*lowered_name)(Program, const char* name, const char** lowered);
    Status (*log_size)(Program, std::size_t*);
    Status (*log)(Program, char*);
    Status (*ptx_size)(Program, std::size_t*);
    Status (*ptx)(Program, char*);
    Status (*cubin_size)(Program, std::size_t*);
    Status (*cubin)(Program, char*);
    Status (*arch_count)(int*);
    Status (*archs)(int*);

    explicit Nvrtc(void* library) {
        const auto find = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
            if (!function) throw DeviceError(std::string("NVRTC has no ") + name);
        };
        find(error_string, "nvrtcGetErrorString");
        find(create, "nvrtcCreateProgram");
        find(destroy, "nvrtcDestroyProgram");
        find(add_name, "nvrtcAddNameExpression");
        find(compile, "nvrtcCompileProgram");
        find(lowered_name, "nvrtcGetLoweredName");
        find(log_size, "nvrtcGetProgramLogSize");
        find(log, "nvrtcGetProgramLog");
        find(ptx_size, "nvrtcGetPTXSize");
        find(ptx, "nvrtcGetPTX");
        find(cubin_size, "nvrtcGetCUBINSize");
        find(cubin, "nvrtcGetCUBIN");
        find(arch_count, "nvrtcGetNumSupportedArchs");
        find(archs, "nvrtcGetSupportedArchs");
    }
};

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value ? value : "";
}

/// Folders in which CUDA's library may lie beside those that the linker knows, each once.
std::vector<fs::path> likely_folders() {
    std::vector<fs::path> folders;
    const auto add = [&](const fs::path& folder) {
        if (std::find(folders.begin(), folders.end(), folder) == folders.end())
            folders.push_back(folder);
    };
    std::error_code none;
    const fs::path of_wheel = "nvidia/cu13/lib";
    // Of the Python package, which lies beside NVIDIA's.
    Dl_info self;
    if (dladdr(reinterpret_cast<const void*>(&compile_with_nvrtc), &self) && self.dli_fname)
        add(fs::absolute(self.dli_fname, none).parent_path().parent_path() / of_wheel);
    for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
        if (variable(name).empty()) continue;
        const fs::path lib = fs::path(variable(name)) / "lib";
        add(lib);
        for (const auto& entry : fs::directory_iterator(lib, none))
            if (entry.path().filename().string().starts_with("python3"))
                add(entry.path() / "site-packages" / of_wheel);
    }
    for (const char* name : {"CUDA_PATH", "CUDA_HOME"})
        if (!variable(name).empty()) add(fs::path(variable(name)) / "lib64");
    add(SNNSIM_CUDA_LIBRARIES);  // of the build
    add("/usr/local/cuda/lib64");
    return folders;
}

void* open(const std::string& file) {
    return dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
}

void* open_library(const std::string& named) {
    if (!named.empty()) {
        if (void* const library = open(named)) return library;
        const char* const why = dlerror();
        throw DeviceError("SNNSIM_NVRTC names a library that cannot be loaded: " +
                          std::string(why ? why : named));
    }
    if (void* const library = open(library_name)) return library;
    std::string looked_in;
    for (const fs::path& folder : likely_folders()) {
        std::error_code none;
        if (fs::exists(folder / library_name, none))
            if (void* const library = open(folder / library_name)) return library;
        looked_in += ", " + folder.string();
    }
    throw DeviceError(
        std::string("this model has equations of its own, which NVRTC compiles for the GPU, and "
                    "its library ") +
        library_name +
        " is not found. `pip install \"nvidia-cuda-nvrtc==13.*\"` into the Python environment that "
        "is "
        "active brings it, and so does the CUDA toolkit; SNNSIM_NVRTC=/path/to/" +
        library_name + " names it; --backend cpu needs none. Looked for where the linker does" +
        looked_in);
}

/// NVRTC looks for its second library where the linker does, which is not where NVIDIA's wheels put
/// both. It takes one that is there already.
void open_builtins_beside(void* library) {
    Dl_info place;
    if (!dladdr(dlsym(library, "nvrtcCompileProgram"), &place) || !place.dli_fname) return;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(fs::path(place.dli_fname).parent_path(), none))
        if (entry.path().filename().string().starts_with("libnvrtc-builtins.so."))
            open(entry.path());
}

const Nvrtc& nvrtc() {
    static std::mutex lock;
    static std::map<std::string, std::unique_ptr<Nvrtc>> loaded;  // by what names it
    const std::lock_guard hold(lock);
    const std::string named = variable("SNNSIM_NVRTC");
    auto& found = loaded[named];
    if (!found) {
        void* const library = open_library(named);
        open_builtins_beside(library);
        found = std::make_unique<Nvrtc>(library);
    }
    return *found;
}

void require(const Nvrtc& nvrtc, Status status, const NvrtcRequest& request, const char* call,
             const std::string& log = {}) {
    if (status != 0)
        throw DeviceError("NVRTC: " + std::string(nvrtc.error_string(status)) + " (" + call +
                          " of " + request.name + "); --backend cpu needs no NVRTC" + log);
}

/// The newest device that NVRTC knows and that is not newer than `capability`; 0: it is older than
/// all of them.
int known_capability(const Nvrtc& nvrtc, const NvrtcRequest& request) {
    int count = 0;
    require(nvrtc, nvrtc.arch_count(&count), request, "nvrtcGetNumSupportedArchs");
    std::vector<int> known(static_cast<std::size_t>(count));
    require(nvrtc, nvrtc.archs(known.data()), request, "nvrtcGetSupportedArchs");
    int best = 0;
    for (const int one : known)
        if (one <= request.capability) best = std::max(best, one);
    return best;
}

/// Destroys a program at its end.
class OwnedProgram {
  public:
    OwnedProgram(const Nvrtc& nvrtc, const NvrtcRequest& request) : nvrtc_(nvrtc) {
        std::vector<const char*> names, texts;
        for (const KernelHeader& header : kernel_headers) {
            names.push_back(header.name);
            texts.push_back(header.text);
        }
        for (const char* name : standard_headers) {
            names.push_back(name);
            texts.push_back("#include \"src/device/nvrtc_standard.hpp\"\n");
        }
        require(nvrtc,
                nvrtc.create(&program_, request.text.c_str(), request.name.c_str(),
                             static_cast<int>(names.size()), texts.data(), names.data()),
                request, "nvrtcCreateProgram");
    }
    ~OwnedProgram() { nvrtc_.destroy(&program_); }
    OwnedProgram(const OwnedProgram&) = delete;
    OwnedProgram& operator=(const OwnedProgram&) = delete;
    operator Program() const { return program_; }

  private:
    const Nvrtc& nvrtc_;
    Program program_ = nullptr;
};

/// What a pair of calls gives: the size, then the bytes.
template <class Size, class Get>
std::string bytes_of(Program program, Size size, Get get) {
    std::size_t count = 0;
    if (size(program, &count) != 0) return {};
    std::string bytes(count, '\0');
    if (get(program, bytes.data()) != 0) return {};
    if (bytes.ends_with('\0') && !bytes.starts_with('\x7f')) bytes.pop_back();  // of text
    return bytes;
}

}  // namespace

NvrtcCode compile_with_nvrtc(const NvrtcRequest& request) {
    const Nvrtc& nvrtc = snnsim::nvrtc();
    const int known = known_capability(nvrtc, request);
    if (known == 0)
        throw DeviceError("NVRTC makes no code for a GPU of compute capability " +
                          std::to_string(request.capability / 10) + "." +
                          std::to_string(request.capability % 10) +
                          ", which is older than all that it knows; use --backend cpu");
    const bool ptx = request.ptx || known != request.capability;
    const std::string device =
        std::string("--gpu-architecture=") + (ptx ? "compute_" : "sm_") + std::to_string(known);
    const char* const options[] = {
        device.c_str(), "--std=c++20",
        // The same bits everywhere, as in CMakeLists.txt; the last three are the defaults.
        "--fmad=false", "--ftz=false", "--prec-div=true", "--prec-sqrt=true",
        "--device-as-default-execution-space",
        "--diag-suppress=1097",  // attributes of g++ that it does not know
    };
    const OwnedProgram program(nvrtc, request);
    require(nvrtc, nvrtc.add_name(program, request.entry.c_str()), request,
            "nvrtcAddNameExpression");
    constexpr Status wrong_text = 6;
    if (const Status status = nvrtc.compile(program, std::size(options), options)) {
        const std::string log = "\n" + bytes_of(program, nvrtc.log_size, nvrtc.log);
        if (status == wrong_text)
            throw InternalError("internal error: NVRTC does not compile " + request.name +
                                "; please report this, with the model" + log);
        require(nvrtc, status, request, "nvrtcCompileProgram", log);
    }
    const char* lowered = nullptr;
    require(nvrtc, nvrtc.lowered_name(program, request.entry.c_str(), &lowered), request,
            "nvrtcGetLoweredName");
    NvrtcCode made{ptx ? bytes_of(program, nvrtc.ptx_size, nvrtc.ptx)
                       : bytes_of(program, nvrtc.cubin_size, nvrtc.cubin),
                   lowered};
    SNN_EXPECT(!made.code.empty());
    return made;
}

}  // namespace snnsim
