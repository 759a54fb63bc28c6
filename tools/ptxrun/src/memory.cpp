#include "memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "runtime.hpp"
#include "settings.hpp"

namespace ptxrun {
namespace {
constexpr std::size_t arena_bytes = std::size_t{1} << 42;  // addresses only: never used twice
constexpr std::size_t gap = 256;                           // between allocations
constexpr std::size_t page = 4096;

bool on_a_device(Owner owner) {
    return owner == Owner::device || owner == Owner::managed;
}
}  // namespace

Memory& memory() {
    static Memory* const m = new Memory;  // programs free in destructors of their own statics
    return *m;
}

void Allocation::mark(std::uintptr_t from, std::size_t count) {
    if (written) std::memset(written.get() + (from - begin), 1, count);
}

Allocation* Memory::allocate(std::size_t bytes, Owner owner, const std::string& label,
                             std::size_t align) {
    const std::unique_lock hold(lock_);
    if (!arena_) {
        void* p = mmap(nullptr, arena_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) return nullptr;
        arena_ = static_cast<char*>(p);
        at_ = page;
    }
    align = align < 256 ? 256 : align;
    std::size_t start = (at_ + align - 1) / align * align;
    if (bytes >= page) start = (at_ + page - 1) / page * page;
    const std::size_t stop = start + bytes + gap;
    if (stop > arena_bytes) return nullptr;
    at_ = stop;
    auto a = std::make_unique<Allocation>();
    a->begin = reinterpret_cast<std::uintptr_t>(arena_ + start);
    a->bytes = bytes;
    a->owner = owner;
    a->label = label;
    a->device = current_device();
    a->number = ++number_;
    if (settings().check >= 2 && owner == Owner::device) {
        std::memset(arena_ + start, 0xCB, bytes);
        a->written = std::make_unique<std::uint8_t[]>(bytes);
    }
    if (on_a_device(owner)) {
        used_[a->device] += bytes;
        all_used_ += bytes;
        most_used_ = std::max(most_used_, all_used_);
    }
    Allocation* out = a.get();
    table_[out->begin] = std::move(a);
    return out;
}

Allocation* Memory::enter(void* begin, std::size_t bytes, Owner owner) {
    const std::unique_lock hold(lock_);
    auto& slot = table_[reinterpret_cast<std::uintptr_t>(begin)];
    if (!slot) slot = std::make_unique<Allocation>();
    slot->begin = reinterpret_cast<std::uintptr_t>(begin);
    slot->bytes = bytes;
    slot->owner = owner;
    slot->alive = true;
    slot->number = ++number_;
    return slot.get();
}

bool Memory::release(const void* begin) {
    const std::unique_lock hold(lock_);
    const auto it = table_.find(reinterpret_cast<std::uintptr_t>(begin));
    if (it == table_.end() || !it->second->alive) return false;
    Allocation& a = *it->second;
    a.alive = false;
    a.written.reset();
    if (a.owner == Owner::registered) return true;
    if (on_a_device(a.owner)) {
        used_[a.device] -= a.bytes;
        all_used_ -= a.bytes;
    }
    const std::uintptr_t first = (a.begin + page - 1) / page * page,
                         last = (a.begin + a.bytes) / page * page;
    if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
    return true;
}

std::size_t Memory::used(int device) const {
    const std::shared_lock hold(lock_);
    const auto at = used_.find(device);
    return at == used_.end() ? 0 : at->second;
}

Allocation* Memory::below(std::uintptr_t address) {
    const std::shared_lock hold(lock_);
    auto it = table_.upper_bound(address);
    if (it == table_.begin()) return nullptr;
    return std::prev(it)->second.get();
}

Allocation* Memory::find(std::uintptr_t address) {
    Allocation* a = below(address);
    return a && address < a->begin + std::max<std::size_t>(a->bytes, 1) ? a : nullptr;
}

void Memory::wrote(const void* to, std::size_t bytes) {
    if (settings().check < 2) return;
    const auto at = reinterpret_cast<std::uintptr_t>(to);
    if (Allocation* a = find(at); a && a->holds(at, at + bytes)) a->mark(at, bytes);
}

void Memory::copied(void* to, const void* from, std::size_t bytes) {
    if (settings().check < 2) return;
    const auto t = reinterpret_cast<std::uintptr_t>(to), f = reinterpret_cast<std::uintptr_t>(from);
    Allocation *a = find(t), *b = find(f);
    if (!a || !a->written || !a->holds(t, t + bytes)) return;
    if (b && b->written && b->holds(f, f + bytes))
        std::memmove(a->written.get() + (t - a->begin), b->written.get() + (f - b->begin), bytes);
    else
        a->mark(t, bytes);
}

}  // namespace ptxrun
