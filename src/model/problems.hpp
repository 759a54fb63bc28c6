// Everything that is wrong with a model file, reported at once.
#pragma once

#include <string>
#include <vector>

#include "src/model/value.hpp"

namespace snnsim {

/// One thing that is wrong, and where.
struct Problem {
    Location at;
    std::string override_text;  // of the --set that is to blame, if one is
    std::string message;
    bool names_nothing = false;  // an unknown key
};

class Problems {
  public:
    Problems(std::string text, std::string path) : text_(std::move(text)), path_(std::move(path)) {}

    void add(const Value& where, const std::string& message);
    void add(const Location& at, const std::string& message);
    void add_unknown(const Entry& entry, const std::string& message);

    bool empty() const { return problems_.empty(); }
    std::size_t count() const { return problems_.size(); }
    /// True when a problem was found in this value or below it: what was read from it is then not
    /// to be trusted.
    bool inside(const Value& value) const;

    /// Throws UsageError when an override names nothing, ModelError otherwise, with all problems in
    /// the order of the file: "path:line:column: message", the line, and a caret below the place.
    void throw_if_any() const;

  private:
    std::string describe(const Problem& problem) const;

    std::string text_, path_;
    std::vector<Problem> problems_;
};

}  // namespace snnsim
