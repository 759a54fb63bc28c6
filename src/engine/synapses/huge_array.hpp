// Large arrays that are read here and there.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace snnsim {

/// An array that is not set to anything, in huge pages where the system gives them: of small ones a
/// gigabyte has more than a processor knows the places of.
template <class T>
class HugeArray {
    static_assert(std::is_trivial_v<T>);

  public:
    HugeArray() = default;
    explicit HugeArray(std::size_t size) {
        constexpr std::size_t page = std::size_t{1} << 21;
        if (size == 0) return;
        const std::size_t bytes = (size * sizeof(T) + page - 1) / page * page;
        const bool large = size * sizeof(T) >= 2 * page;
        void* const memory =
            large ? std::aligned_alloc(page, bytes) : std::malloc(size * sizeof(T));
        if (!memory) throw std::bad_alloc();
#if defined(__linux__)
        if (large) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: nothing is lost without
#endif
        data_.reset(static_cast<T*>(memory));
    }
    T* get() const { return data_.get(); }
    T& operator[](std::size_t k) const { return data_.get()[k]; }

  private:
    struct Free {
        void operator()(T* memory) const { std::free(memory); }
    };
    std::unique_ptr<T[], Free> data_;
};

}  // namespace snnsim
