// Floats that begin at a cache line: a vector register that crosses two lines takes twice as long.
#pragma once

#include <cstddef>
#include <vector>

namespace snnsim {

class AlignedFloats {
  public:
    explicit AlignedFloats(std::size_t size = 0)
        : lines_((size + per_line - 1) / per_line), size_(size) {}

    float* data() { return reinterpret_cast<float*>(lines_.data()); }
    const float* data() const { return reinterpret_cast<const float*>(lines_.data()); }
    std::size_t size() const { return size_; }
    float* begin() { return data(); }
    const float* begin() const { return data(); }
    const float* end() const { return data() + size_; }

  private:
    static constexpr std::size_t per_line = 16;
    struct alignas(64) Line {
        float x[per_line] = {};
    };
    std::vector<Line> lines_;
    std::size_t size_;
};

}  // namespace snnsim
