// The machine: decoded code, and the state of grids, blocks, warps and their lanes.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "memory.hpp"
#include "parse.hpp"
#include "settings.hpp"
#include "types.hpp"

namespace ptxrun {

struct Warp;
struct Insn;
struct Code;
struct Kernel;
using Handler = void (*)(Warp&, const Insn&, std::uint32_t mask);

/// A register: its offset in the frame; with the highest bit, in the pool of constants.
using Ref = std::uint32_t;
constexpr Ref in_pool = 0x80000000u, no_ref = 0x7FFFFFFFu;

enum class Flow : std::uint8_t {
    plain,
    strong,
    branch,
    branch_index,
    call,
    ret,
    exit,
    trap,
    barrier,
    warp_sync,
    sleep
};

struct Insn {
    Handler run = nullptr;
    std::array<Ref, 6> r{no_ref, no_ref, no_ref, no_ref, no_ref, no_ref};  // results, then operands
    std::int64_t imm = 0;  // offset of an address, target of a branch, number of a table
    Ref guard = no_ref;
    bool guard_negated = false, negated = false;
    Flow flow = Flow::plain;
    Space space = Space::generic;
    bool narrow_address = false;  // 32 bits
    bool aligned = true;          // of a barrier
    std::uint8_t count = 1;       // of a vector
    std::uint8_t variant = 0;
    int line = 0;
    mutable Allocation* hint = nullptr;  // where the last access was
    mutable std::uint64_t ran_warps = 0, ran_threads = 0, ran_sectors = 0;  // for PTXRUN_PROFILE
};

enum class Special : std::uint8_t {
    tid_x,
    tid_y,
    tid_z,
    ntid_x,
    ntid_y,
    ntid_z,
    ctaid_x,
    ctaid_y,
    ctaid_z,
    nctaid_x,
    nctaid_y,
    nctaid_z,
    laneid,
    warpid,
    nwarpid,
    smid,
    nsmid,
    gridid,
    lanemask_eq,
    lanemask_le,
    lanemask_lt,
    lanemask_ge,
    lanemask_gt,
    dynamic_smem_size,
    total_smem_size,
    envreg1,
    envreg2,
    zero,
    one,
    warp_size,
    param_base,
    lane_base,
    cluster_rank,
    clock,
    clock64,
    globaltimer,
    active  // these are read anew each time
};

struct CallSite {
    std::string name;
    Code* callee = nullptr;                  // null: of the machine (printf, assert)
    std::vector<std::size_t> args, results;  // places in the caller's lane memory
    std::vector<std::size_t> sizes;          // of args, where the callee is of the machine
    Ref pointer = no_ref;                    // of an indirect call
};

/// A function made ready to run, for one kernel.
struct Code {
    const Function* source = nullptr;
    const Module* module = nullptr;
    std::vector<Insn> insns;
    std::size_t frame_bytes = 0;  // registers of a warp
    std::size_t lane_bytes = 0;   // local memory and parameters of a lane
    bool uses_lane_memory = false;
    std::vector<std::pair<Special, std::size_t>> specials;
    char* pool = nullptr;
    std::shared_ptr<char> pool_owner;
    std::vector<std::vector<std::uint32_t>> tables;
    std::vector<CallSite> calls;
    struct Place {
        std::size_t at, bytes;
    };
    std::vector<Place> params, returns;  // in lane memory, of a function that is called
};

enum class Approx : std::uint8_t {
    div,
    div_full,
    rcp,
    sqrt,
    rsqrt,
    sin,
    cos,
    lg2,
    ex2,
    tanh,
    count
};
constexpr const char* approx_names[] = {"div.approx",   "div.full",   "rcp.approx", "sqrt.approx",
                                        "rsqrt.approx", "sin.approx", "cos.approx", "lg2.approx",
                                        "ex2.approx",   "tanh.approx"};

struct Counts {
    std::uint64_t launches = 0, instructions = 0, warps = 0, warp_instructions = 0, loaded = 0,
                  stored = 0, atomics = 0, fma = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(Approx::count)> approx{};
    std::uint64_t sectors[3] = {},
                  bytes_of[3] =
                      {};  // of global memory: loads, stores, atomics; sectors have 32 bytes
    std::uint64_t const_bytes = 0, shared_atomics = 0;
    double seconds = 0;
    void add(const Counts& o);
};

struct Dim {
    unsigned x = 1, y = 1, z = 1;
    std::size_t all() const { return std::size_t{x} * y * z; }
};

/// One launch.
struct Grid {
    Kernel* kernel = nullptr;
    const Code* code = nullptr;
    Dim grid, block;
    const char* params = nullptr;
    std::size_t param_bytes = 0, shared_bytes = 0, dynamic_shared = 0;
    bool cooperative = false;
    std::uint64_t workspace = 0;  // of a cooperative grid: the barrier's word
    std::uint64_t id = 0;
    std::atomic<std::size_t> next_block{0};
    std::atomic<bool> stop{false};
};

struct Frame {
    const Code* code = nullptr;
    char* registers = nullptr;
    char* lane_memory = nullptr;
    Frame* parent = nullptr;
    std::uint32_t return_pc = 0, mask = 0;
    const CallSite* call = nullptr;
    int depth = 0;
    std::size_t capacity = 0;
};

enum class Wait : std::uint8_t { ready, sync, barrier };

/// Lanes of a warp that are at the same place.
struct Group {
    Frame* frame = nullptr;
    std::uint32_t pc = 0, mask = 0;
    Wait wait = Wait::ready;
    std::uint8_t barrier = 0;
    std::uint64_t since = 0;  // clock of the warp when it last ran
};

struct Block;

struct Warp {
    char* base[2] = {nullptr, nullptr};  // registers of the current frame, its constants
    Frame* frame = nullptr;
    Block* block = nullptr;
    Grid* grid = nullptr;
    char* shared = nullptr;
    Counts* counts = nullptr;
    Dice* dice = nullptr;
    std::uint32_t carry = 0;             // CC.CF of the lanes
    std::uint32_t exists = 0, live = 0;  // lanes
    std::uint32_t active = 0;            // lanes of the instruction being run
    int index = 0;
    std::uint32_t sync_epoch = 0;  // for the race check
    std::vector<Group> groups;
    Frame root;
    std::uint64_t clock = 0;
    std::uint32_t turn_lanes = 0;
    std::uint64_t turn_end = 0;
    std::uint64_t apart_until = 0;  // of a shuffle: until then parts of a group stay parts
    std::vector<Frame*> spare;      // frames of calls that have ended
    std::vector<std::unique_ptr<Frame>> frames;
    bool yielded = false;

    template <class T>
    T* reg(Ref r) const {
        return reinterpret_cast<T*>(base[r >> 31] + (r & 0x7FFFFFFFu));
    }
    std::uint32_t& pred(Ref r) const { return *reg<std::uint32_t>(r); }
    void use(Frame* f) {
        frame = f;
        base[0] = f->registers;
        base[1] = f->code->pool;
    }
    ~Warp();
};

struct Barrier {
    std::uint32_t arrived = 0, expected = 0;  // expected 0: all threads
    std::uint32_t sum = 0, and_all = 1, or_all = 0;
};

struct Block {
    Grid* grid = nullptr;
    std::size_t index = 0;
    Dim at;
    std::vector<std::unique_ptr<Warp>> warps;
    std::size_t warp_count = 0;
    int threads = 0, live = 0;
    char* shared = nullptr;
    std::size_t shared_capacity = 0;
    std::array<Barrier, 16> barriers;
    std::uint32_t epoch = 0;
    std::size_t turn = 0;
    int smid = 0;
    ~Block();
};

struct Kernel {
    std::string name;
    const Module* module = nullptr;
    const Function* source = nullptr;
    std::unique_ptr<struct Program> program;  // decoded at the first use
    Counts counts;
    int max_dynamic_shared = 48 * 1024;
    bool unloaded = false;  // with its library
};

/// A kernel and the functions it calls, decoded.
struct Program {
    Code* entry = nullptr;
    std::map<std::string, std::unique_ptr<Code>> codes;
    std::map<std::string, std::size_t> shared;  // places of shared variables
    std::size_t static_shared = 0;
    std::vector<Code::Place> params;  // of the entry, in the buffer of a launch
    std::size_t param_bytes = 0;
    int max_threads = 1024;
    std::size_t local_bytes = 0;
    int registers = 0;
};

/// Ends a kernel: as an error of the device would.
struct Fault {
    int status;  // of cudaError_t
    std::string what;
};
[[noreturn]] void fault(const Warp& w, const Insn& i, int lane, int status,
                        const std::string& what);
/// A fault that only a checker sees: told, and the kernel goes on.
void complain(const Warp& w, const Insn& i, int lane, const std::string& what);
std::string place_of(const Warp& w, const Insn& i, int lane);

Program& program_of(Kernel& kernel);
/// Runs all blocks. Empty when all went well.
void run_grid(Grid& grid);

}  // namespace ptxrun
