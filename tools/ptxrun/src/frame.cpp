#include "frame.hpp"

#include <cstring>

#include "lanes.hpp"

namespace ptxrun {
namespace {

void fill(Warp& w, const Frame& f, Special s, std::size_t at) {
    const Grid& g = *w.grid;
    const Block& b = *w.block;
    auto* d = reinterpret_cast<std::uint32_t*>(f.registers + at);
    auto* wide = reinterpret_cast<std::uint64_t*>(f.registers + at);
    const auto all = [&](std::uint32_t v) { std::fill(d, d + lanes, v); };
    const auto all_wide = [&](std::uint64_t v) { std::fill(wide, wide + lanes, v); };
    const auto each_lane = [&](auto of) {
        for (unsigned l = 0; l < lanes; ++l) d[l] = of(l);
    };
    const unsigned first = static_cast<unsigned>(w.index) * lanes;
    switch (s) {
        case Special::tid_x:
            return each_lane([&](unsigned l) { return (first + l) % g.block.x; });
        case Special::tid_y:
            return each_lane([&](unsigned l) { return (first + l) / g.block.x % g.block.y; });
        case Special::tid_z:
            return each_lane([&](unsigned l) { return (first + l) / g.block.x / g.block.y; });
        case Special::ntid_x:
            return all(g.block.x);
        case Special::ntid_y:
            return all(g.block.y);
        case Special::ntid_z:
            return all(g.block.z);
        case Special::ctaid_x:
            return all(b.at.x);
        case Special::ctaid_y:
            return all(b.at.y);
        case Special::ctaid_z:
            return all(b.at.z);
        case Special::nctaid_x:
            return all(g.grid.x);
        case Special::nctaid_y:
            return all(g.grid.y);
        case Special::nctaid_z:
            return all(g.grid.z);
        case Special::laneid:
            return each_lane([](unsigned l) { return l; });
        case Special::warpid:
            return all(static_cast<std::uint32_t>(w.index));
        case Special::nwarpid:
            return all(64);
        case Special::smid:
            return all(static_cast<std::uint32_t>(b.smid));
        case Special::nsmid:
            return all(static_cast<std::uint32_t>(settings().processors));
        case Special::gridid:
            return all_wide(g.id);
        case Special::lanemask_eq:
            return each_lane([](unsigned l) { return 1u << l; });
        case Special::lanemask_le:
            return each_lane([](unsigned l) { return (2u << l) - 1; });
        case Special::lanemask_lt:
            return each_lane([](unsigned l) { return (1u << l) - 1; });
        case Special::lanemask_ge:
            return each_lane([](unsigned l) { return ~((1u << l) - 1); });
        case Special::lanemask_gt:
            return each_lane([](unsigned l) { return ~((2u << l) - 1); });
        case Special::dynamic_smem_size:
            return all(static_cast<std::uint32_t>(g.dynamic_shared));
        case Special::total_smem_size:
            return all(static_cast<std::uint32_t>(g.shared_bytes));
        case Special::envreg1:
            return all(static_cast<std::uint32_t>(g.workspace >> 32));
        case Special::envreg2:
            return all(static_cast<std::uint32_t>(g.workspace));
        case Special::one:
            return all(1);
        case Special::warp_size:
            return all(32);
        case Special::param_base:
            return all_wide(reinterpret_cast<std::uint64_t>(g.params));
        case Special::lane_base:
            for (std::size_t l = 0; l < lanes; ++l)
                wide[l] = reinterpret_cast<std::uint64_t>(f.lane_memory) + l * f.code->lane_bytes;
            return;
        default:
            return all(0);
    }
}

}  // namespace

void prepare_frame(Warp& w, Frame& f, const Code& code) {
    const std::size_t need = code.frame_bytes + code.lane_bytes * lanes + 64;
    if (f.capacity < need) {
        std::free(f.registers);
        f.capacity = (need + 4095) / 4096 * 4096;
        f.registers = static_cast<char*>(std::aligned_alloc(64, f.capacity));
        std::memset(f.registers, 0, f.capacity);
    }
    if (settings().check >= 2) std::memset(f.registers, 0xCB, code.frame_bytes);
    f.code = &code;
    f.lane_memory = f.registers + code.frame_bytes;
    for (const auto& [special, at] : code.specials) fill(w, f, special, at);
}

Frame* take_frame(Warp& w, const Code& code) {
    Frame* f;
    if (w.spare.empty()) {
        w.frames.push_back(std::make_unique<Frame>());
        f = w.frames.back().get();
    } else {
        f = w.spare.back();
        w.spare.pop_back();
    }
    prepare_frame(w, *f, code);
    return f;
}

void drop_frame(Warp& w, Frame* f) {
    w.spare.push_back(f);
}

Warp::~Warp() {
    std::free(root.registers);
    for (const auto& f : frames) std::free(f->registers);
}
Block::~Block() {
    std::free(shared);
}

}  // namespace ptxrun
