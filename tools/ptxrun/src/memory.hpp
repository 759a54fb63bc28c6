// Device memory: host memory at the same addresses, with a table of what was allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

namespace ptxrun {

enum class Owner : std::uint8_t { device, pinned, managed, registered, variable };

struct Allocation {
    std::uintptr_t begin = 0;
    std::size_t bytes = 0;
    Owner owner = Owner::device;
    bool alive = true;
    int device = 0;                           // that was current
    int number = 0;                           // the how-manieth
    std::string label;                        // of a variable its name
    std::unique_ptr<std::uint8_t[]> written;  // a byte for each byte, under PTXRUN_CHECK=2

    bool holds(std::uintptr_t from, std::uintptr_t to) const {
        return alive && from >= begin && to <= begin + bytes;
    }
    void mark(std::uintptr_t from, std::size_t count);
};

class Memory {
  public:
    /// Null when the address space set aside is used up. It belongs to the current device.
    Allocation* allocate(std::size_t bytes, Owner owner, const std::string& label = {},
                         std::size_t align = 256);
    Allocation* enter(void* begin, std::size_t bytes, Owner owner);
    /// False when nothing alive begins there.
    bool release(const void* begin);
    /// What holds the address, or, if nothing does, what is freed there; null: neither.
    Allocation* find(std::uintptr_t address);
    /// What lies nearest below the address.
    Allocation* below(std::uintptr_t address);
    void wrote(const void* to, std::size_t bytes);
    /// Keeps the written-marks of a copy between device memories.
    void copied(void* to, const void* from, std::size_t bytes);
    /// Bytes that the program has of a device's memory.
    std::size_t used(int device) const;
    /// The most that it ever had of all devices together.
    std::size_t most_used() const { return most_used_; }

  private:
    mutable std::shared_mutex lock_;
    std::map<std::uintptr_t, std::unique_ptr<Allocation>>
        table_;  // freed ones stay until their place is used again
    char* arena_ = nullptr;
    std::size_t at_ = 0;
    std::map<int, std::size_t> used_;  // by device
    std::size_t all_used_ = 0, most_used_ = 0;
    int number_ = 0;
};

Memory& memory();

}  // namespace ptxrun
