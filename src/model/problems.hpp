// Everything that is wrong with a model file, reported at once.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/model/value.hpp"

namespace snnsim {

/// One thing that is wrong, and where.
struct Problem {
    Location at;
    std::string override_text;  // of the --set that is to blame, if one is
    std::string message;
    bool names_nothing = false;    // an unknown key
    bool of_command_line = false;  // the message says all
};

class Problems {
  public:
    Problems(std::string text, std::string path) : text_(std::move(text)), path_(std::move(path)) {}

    void add(const Value& where, const std::string& message);
    void add(const Location& at, const std::string& message);
    void add_unknown(const Entry& entry, const std::string& message);
    /// What is found wrong with this value afterwards follows from it, and is not told.
    void add_last(const Value& where, const std::string& message);
    /// A --set that cannot be applied.
    void add_of_command_line(const std::string& message);

    /// Something that can be run, but is hardly meant so.
    void warn(const Value& where, const std::string& message);
    /// "path:line:column: message" of each, in the order of the file.
    std::vector<std::string> warnings() const;

    /// Of the model file.
    const std::string& text() const { return text_; }
    bool empty() const { return problems_.empty(); }
    std::size_t count() const { return problems_.size(); }
    /// True when a problem was found in this value or below it: what was read from it is then not
    /// to be trusted.
    bool inside(const Value& value) const;

    /// Throws UsageError when an override names nothing, ModelError otherwise, with all problems in
    /// the order of the file: "path:line:column: message", the line, and a caret below the place.
    /// Of very many it tells the first hundred.
    void throw_if_any() const;

  private:
    using Place = std::pair<int, int>;  // line, column
    void put(Problem problem);
    bool contains(const Value& value) const;
    std::string describe(const Problem& problem) const;
    /// "path:line:column: message"
    std::string headline(const Problem& problem) const;

    std::string text_, path_;
    std::set<Place> places_, closed_;  // where something is wrong; where no more is told
    std::vector<Problem> problems_, warnings_;
};

}  // namespace snnsim
