// Everything that is wrong with a file of NIR, told at once.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "snnsim/error.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/words.hpp"

namespace snnsim::nir {

class Faults {
  public:
    explicit Faults(std::string path) : path_(std::move(path)) {}

    /// `place`: within the file, "/node/nodes/lif1/tau".
    void add(const std::string& place, const std::string& what) {
        if (++count_ > most) return;
        lines_.push_back(fmt::format("{}: {}: {}", path_, excerpt(place), excerpt(what, 400)));
    }
    std::size_t count() const { return count_; }
    void throw_if_any() const {
        if (count_ == 0) return;
        std::string text = fmt::format("{}", fmt::join(lines_, "\n"));
        if (count_ > most)
            text += fmt::format("\n{}: and {} more", path_,
                                counted(static_cast<std::int64_t>(count_ - most), "problem"));
        throw FileError(text);
    }

  private:
    static constexpr std::size_t most = 40;
    std::string path_;
    std::vector<std::string> lines_;
    std::size_t count_ = 0;
};

/// "[2, 8, 8]"
template <class T>
std::string shape_text(const std::vector<T>& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace snnsim::nir
