// Messages about faults, and the table at exit.
#include "report.hpp"

#include <cstdio>
#include <functional>
#include <mutex>
#include <set>

#include "machine.hpp"
#include "symbols.hpp"

namespace ptxrun {

std::string place_of(const Warp& w, const Insn& i, int lane) {
    const Block& b = *w.block;
    const unsigned t = static_cast<unsigned>(w.index * lanes + lane);
    const Dim& d = w.grid->block;
    char text[256];
    std::snprintf(text, sizeof text, ":%d, block (%u,%u,%u), thread (%u,%u,%u)", i.line, b.at.x,
                  b.at.y, b.at.z, t % d.x, t / d.x % d.y, t / d.x / d.y);
    return "kernel " + w.grid->kernel->name + ", " + (w.frame ? w.frame->code->module->file : "") +
           text;
}

void fault(const Warp& w, const Insn& i, int lane, int status, const std::string& what) {
    throw Fault{status, what + "\n    " + place_of(w, i, lane)};
}

namespace {
std::mutex lock;
std::set<std::string> told;
std::uint64_t complaints = 0;
}  // namespace

void complain(const Warp& w, const Insn& i, int lane, const std::string& what) {
    const std::lock_guard hold(lock);
    ++complaints;
    // Once for each instruction of a kernel.
    if (!told.insert(w.grid->kernel->name + ":" + std::to_string(i.line) + what.substr(0, 5))
             .second ||
        told.size() > 50)
        return;
    std::fprintf(stderr, "ptxrun: %s\n    %s\n", what.c_str(), place_of(w, i, lane).c_str());
}

void forget_counts() {
    for_each_kernel([](Kernel& k) {
        k.counts = {};
        if (!k.program) return;
        for (auto& [name, code] : k.program->codes)
            for (const auto& i : code->insns) i.ran_warps = i.ran_threads = i.ran_sectors = 0;
    });
}

namespace {

using Count = unsigned long long;

std::FILE* open_table(const char* path) {
    std::FILE* f = std::fopen(path, "w");
    if (!f) std::fprintf(stderr, "ptxrun: cannot write %s\n", path);
    return f;
}

std::uint64_t approximate(const Counts& c) {
    std::uint64_t sum = 0;
    for (const auto n : c.approx) sum += n;
    return sum;
}

/// Kernel names have commas in no mangled form, so CSV needs no quotes.
void write_counts(const char* path) {
    std::FILE* f = open_table(path);
    if (!f) return;
    std::fprintf(f,
                 "kernel,launches,thread_instructions,warp_instructions,loaded_bytes,stored_bytes,"
                 "atomic_bytes,const_bytes,loaded_sectors,stored_sectors,atomic_sectors,global_"
                 "atomics,shared_atomics,fma,approx\n");
    for_each_kernel([&](Kernel& k) {
        const Counts& c = k.counts;
        if (!c.launches) return;
        std::fprintf(f,
                     "%s,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu\n",
                     k.name.c_str(), Count{c.launches}, Count{c.instructions}, Count{c.warps},
                     Count{c.bytes_of[0]}, Count{c.bytes_of[1]}, Count{c.bytes_of[2]},
                     Count{c.const_bytes}, Count{c.sectors[0]}, Count{c.sectors[1]},
                     Count{c.sectors[2]}, Count{c.atomics - c.shared_atomics},
                     Count{c.shared_atomics}, Count{c.fma}, Count{approximate(c)});
    });
    std::fclose(f);
}

void write_profile(const char* path) {
    std::FILE* f = open_table(path);
    if (!f) return;
    std::fprintf(f, "kernel,function,file,line,warp_instructions,thread_instructions,sectors\n");
    for_each_kernel([&](Kernel& k) {
        if (!k.program || !k.counts.launches) return;
        for (const auto& [name, code] : k.program->codes)
            for (const auto& i : code->insns)
                if (i.ran_warps)
                    std::fprintf(f, "%s,%s,%s,%d,%llu,%llu,%llu\n", k.name.c_str(), name.c_str(),
                                 code->module->file.c_str(), i.line, Count{i.ran_warps},
                                 Count{i.ran_threads}, Count{i.ran_sectors});
    });
    std::fclose(f);
}

void print_table() {
    std::fprintf(stderr, "ptxrun: report\n%9s %15s %14s %14s %14s %11s %13s %9s %8s  kernel\n",
                 "launches", "thread-instr", "warp-instr", "loaded B", "stored B", "atomics", "fma",
                 "approx", "seconds");
    Counts all;
    const auto row = [](const Counts& c, const std::string& name) {
        std::fprintf(stderr, "%9llu %15llu %14llu %14llu %14llu %11llu %13llu %9llu %8.3f  %s\n",
                     Count{c.launches}, Count{c.instructions}, Count{c.warps}, Count{c.loaded},
                     Count{c.stored}, Count{c.atomics}, Count{c.fma}, Count{approximate(c)},
                     c.seconds, name.c_str());
        for (std::size_t k = 0; k < c.approx.size(); ++k)
            if (c.approx[k])
                std::fprintf(stderr, "%9s %15s   %s: %llu\n", "", "", approx_names[k],
                             Count{c.approx[k]});
    };
    for_each_kernel([&](Kernel& k) {
        if (!k.counts.launches) return;
        row(k.counts, k.name);
        all.add(k.counts);
    });
    row(all, "all kernels");
    std::fprintf(stderr, "ptxrun: %zu bytes of device memory at most\n", memory().most_used());
    if (all.seconds > 0)
        std::fprintf(stderr,
                     "ptxrun: %.1f million thread-instructions and %.1f million warp-instructions "
                     "a second\n",
                     static_cast<double>(all.instructions) / all.seconds * 1e-6,
                     static_cast<double>(all.warps) / all.seconds * 1e-6);
}

}  // namespace

void report() {
    if (complaints)
        std::fprintf(stderr, "ptxrun: %llu complaints in all\n",
                     static_cast<unsigned long long>(complaints));
    if (settings().counts) write_counts(settings().counts);
    if (settings().profile) write_profile(settings().profile);
    if (settings().report) print_table();
}

}  // namespace ptxrun
