// The kernels that run bodies. They need nothing of the host, so that NVRTC compiles them too, for
// bodies that a model file brings (kernels/launch/compile_kernel.cuh).
#pragma once

#include <cstddef>
#include <cstdint>

namespace snnsim {

template <class Body>
__global__ void for_each_kernel(std::size_t count, Body body) {
    const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += stride) {
        body(i);
    }
}

/// See SerialSteps::Team. A warp or a part of it; its parts go their own ways.
template <std::uint32_t Lanes>
struct WarpTeam {
    std::uint32_t lane;
    std::uint32_t number = 0;  // of the team among those that are shared out to
    static constexpr std::uint32_t lanes = Lanes;

    template <class F>
    __device__ std::uint32_t same(F&& f) const {
        std::uint32_t value = 0;
        if (lane == 0) value = f();
        return __shfl_sync(members(), value, 0, Lanes);
    }
    __device__ void wait() const { __syncwarp(members()); }
    /// See OneBlock.
    __device__ std::uint32_t sum_before(std::uint32_t value, std::uint32_t& all) const {
        std::uint32_t sum = value;
        for (std::uint32_t k = 1; k < Lanes; k *= 2) {
            const std::uint32_t other = __shfl_up_sync(members(), sum, k, Lanes);
            if (lane >= k) sum += other;
        }
        all = __shfl_sync(members(), sum, Lanes - 1, Lanes);
        return sum - value;
    }

  private:
    __device__ static std::uint32_t members() {
        constexpr std::uint32_t all = 0xFFFFFFFFu;
        return (all >> (32 - Lanes)) << (threadIdx.x % 32 / Lanes * Lanes);
    }
};
using Warp = WarpTeam<32>;

template <class Body>
__global__ void for_each_team_kernel(std::size_t count, Body body) {
    const std::size_t thread = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    const std::size_t teams = static_cast<std::size_t>(gridDim.x) * blockDim.x / Warp::lanes;
    const Warp team{threadIdx.x % Warp::lanes};
    for (std::size_t i = thread / Warp::lanes; i < count; i += teams) body(i, team);
}

/// Nobody knows at the launch how much there is to do: teams that find nothing end at once.
template <std::uint32_t Lanes, class Body>
__global__ void share_out_kernel(Body body) {
    const std::uint32_t count = body.count();
    const std::uint32_t teams = gridDim.x * blockDim.x / Lanes;
    const std::uint32_t own = (blockIdx.x * blockDim.x + threadIdx.x) / Lanes;
    for (std::uint32_t n = own; n < count; n += teams)
        body(n, WarpTeam<Lanes>{threadIdx.x % Lanes, own});
}

template <class Body>
__global__ void for_each_bit_kernel(std::uint32_t words, Body body, const std::uint32_t* word_ids,
                                    std::uint32_t* bits) {
    constexpr std::uint32_t per_word = 32 / Body::lanes;
    const std::uint32_t stride = gridDim.x * blockDim.x, end = per_word * words;
    const std::uint32_t part = threadIdx.x % per_word;
    for (std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i - threadIdx.x % 32 < end;
         i += stride) {  // the same for a whole warp
        std::uint32_t word = (i < end ? body(i) : 0u) << (Body::lanes * part);
        if constexpr (Body::lanes == 1) {
            word = __ballot_sync(0xFFFFFFFFu, word != 0);
        } else {
            for (std::uint32_t k = 1; k < per_word; k *= 2)
                word |= __shfl_xor_sync(0xFFFFFFFFu, word, k);
        }
        if (part == 0 && i < end) bits[word_ids[i / per_word]] = word;
    }
}

}  // namespace snnsim
