// A YAML document as a plain tree that remembers where everything stood.
#pragma once

#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

struct Entry;

struct Value {
    enum class Kind : std::uint8_t { null, scalar, list, map };
    Kind kind = Kind::null;
    std::string text;          // of a scalar
    std::vector<Value> list;
    std::vector<Entry> map;    // in the order of the file
    Location at;
    std::string override_text;  // "train.epochs=2" when it came from the command line

    /// The value of a key, or null.
    const Value* find(const std::string& key) const;
};

struct Entry {
    std::string key;
    Location at;
    Value value;
};

/// One thing that is wrong, and where.
struct Problem {
    Location at;
    std::string override_text;
    std::string message;
    bool names_nothing = false;  // an unknown key
};

/// Everything that is wrong with one file.
class Problems {
  public:
    Problems(std::string text, std::string path) : text_(std::move(text)), path_(std::move(path)) {}

    void add(const Value& where, const std::string& message);
    void add(const Location& at, const std::string& message);
    void add_unknown(const Entry& entry, const std::string& message);
    bool empty() const { return problems_.empty(); }
    /// Throws UsageError when an override names nothing, ModelError with all problems otherwise.
    void throw_if_any() const;

  private:
    std::string text_, path_;
    std::vector<Problem> problems_;
};

/// Parses YAML; what is no valid document becomes a problem.
Value parse_yaml(const std::string& text, Problems& problems);

/// Applies "dotted.path=value" to the tree. Throws UsageError where the path leads nowhere.
void apply_override(Value& root, const std::string& text);

/// ", did you mean 'x'?" with the nearest of the known names, or "" when none is near.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& known);
/// "a, b, c"
std::string join(const std::vector<std::string>& names);

}  // namespace snnsim
