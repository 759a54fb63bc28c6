// Search files: reading them, and the ranges of what they vary.
#pragma once

#include <string>
#include <vector>

#include "snnsim/search_spec.hpp"

namespace snnsim {

/// A parameter's values between 0 and 1, as methods see them, and as settings of a model.
class VariedRange {
  public:
    /// Of a spec that was read without problems.
    explicit VariedRange(const VariedSpec& spec);

    const std::string& name() const { return name_; }
    /// Of `values`; 0 for a range.
    std::size_t count() const { return values_.size(); }
    double start() const { return start_; }
    /// Beyond 0 and 1 it is mirrored at them.
    std::string value(double share) const;
    const std::string& listed(std::size_t k) const { return values_[k]; }

  private:
    std::string name_, unit_;
    double low_ = 0.0, high_ = 1.0, start_ = 0.5;
    bool log_ = false, whole_ = false;
    std::vector<std::string> values_;
};

/// Reads and checks a search file, but for the model. Throws ModelError with every problem and its
/// place, FileError.
SearchSpec read_search(const std::string& path);
/// The same from text; `path` is used in messages, and for that of the model.
SearchSpec parse_search(const std::string& text, const std::string& path);

}  // namespace snnsim
