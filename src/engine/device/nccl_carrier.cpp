// NCCL carries words from GPU to GPU. Its library is large, and loaded only where it is asked for.
#include <dlfcn.h>
#include <nccl.h>

#include <array>
#include <utility>

#include "snnsim/error.hpp"
#include "src/engine/device/device_of_rank.hpp"

namespace snnsim {
namespace {

struct Nccl {
    std::string why;  // it cannot be used
    decltype(&ncclGetVersion) version = nullptr;
    decltype(&ncclGetErrorString) error_string = nullptr;
    decltype(&ncclGetUniqueId) unique_id = nullptr;
    decltype(&ncclCommInitRank) init_rank = nullptr;
    decltype(&ncclCommDestroy) destroy = nullptr;
    decltype(&ncclAllGather) all_gather = nullptr;

    Nccl() {
        void* library = nullptr;
        // Where the linker looks, and where the build found it.
        for (const char* file : {"libnccl.so.2", SNNSIM_NCCL_LIBRARY}) {
            if (!library) library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        }
        if (!library) {
            const char* const what = dlerror();
            why = what ? what : "libnccl.so.2 is not found";
            return;
        }
        find(library, version, "ncclGetVersion");
        find(library, error_string, "ncclGetErrorString");
        find(library, unique_id, "ncclGetUniqueId");
        find(library, init_rank, "ncclCommInitRank");
        find(library, destroy, "ncclCommDestroy");
        find(library, all_gather, "ncclAllGather");
    }
    void check(ncclResult_t result, const char* call) const {
        if (result == ncclSuccess) return;
        throw DeviceError(std::string("NCCL: ") + error_string(result) + " (told by " + call +
                          "); SNNSIM_GPU_EXCHANGE=host goes without it");
    }

  private:
    template <class F>
    void find(void* library, F& function, const char* name) {
        function = reinterpret_cast<F>(dlsym(library, name));
        if (!function && why.empty()) why = std::string("libnccl.so.2 has no ") + name;
    }
};

const Nccl& nccl() {
    static const Nccl loaded;
    return loaded;
}

class NcclCarrier final : public DeviceCarrier {
  public:
    explicit NcclCarrier(Exchange& exchange) {
        // One makes an identity, by which all find each other.
        WordWriter of_leader;
        if (exchange.leads()) {
            ncclUniqueId made;
            nccl().check(nccl().unique_id(&made), "ncclGetUniqueId");
            of_leader.add(made);
        }
        exchange.broadcast(of_leader.words);
        WordReader message(of_leader.words);
        const auto id = message.get<ncclUniqueId>();
        nccl().check(nccl().init_rank(&all_, exchange.ranks(), id, exchange.rank()),
                     "ncclCommInitRank");
    }
    ~NcclCarrier() override { nccl().destroy(all_); }
    NcclCarrier(const NcclCarrier&) = delete;
    NcclCarrier& operator=(const NcclCarrier&) = delete;

    void all_gather(const std::uint32_t* mine, std::size_t words, std::uint32_t* all) override {
        constexpr cudaStream_t stream = nullptr;
        nccl().check(nccl().all_gather(mine, all, words, ncclUint32, all_, stream),
                     "ncclAllGather");
        if (const cudaError_t status = cudaStreamSynchronize(stream); status != cudaSuccess)
            throw DeviceError(std::string("CUDA: ") + cudaGetErrorString(status) +
                              " (told after ncclAllGather)");
    }
    std::string name() const override { return nccl_name(); }

  private:
    ncclComm_t all_ = nullptr;
};

}  // namespace

std::string nccl_name() {
    if (!nccl().why.empty()) return {};
    int version = 0;
    nccl().check(nccl().version(&version), "ncclGetVersion");
    return "NCCL " + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) +
           "." + std::to_string(version % 100);
}

std::string why_no_nccl() {
    return nccl().why;
}

std::unique_ptr<DeviceCarrier> make_nccl_carrier(Exchange& exchange) {
    if (!nccl().why.empty())
        throw UsageError("SNNSIM_GPU_EXCHANGE is nccl, and there is none: " + nccl().why);
    return std::make_unique<NcclCarrier>(exchange);
}

}  // namespace snnsim
