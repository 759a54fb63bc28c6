// A YAML document as a plain tree that remembers where everything stood.
#pragma once

#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

struct Entry;
class Problems;

struct Value {
    enum class Kind : std::uint8_t { null, scalar, list, map };
    Kind kind = Kind::null;
    std::string text;  // of a scalar
    std::vector<Value> list;
    std::vector<Entry> map;  // in the order of the file
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

/// "'text'", "a list", ...: how a message calls what it found.
std::string describe(const Value& value);

/// A value as YAML on one line, as `--set` takes it.
std::string one_line(const Value& value);

/// Parses one YAML document; what is not valid becomes a problem. Null when nothing could be read.
Value parse_yaml(const std::string& text, Problems& problems);

/// Applies "dotted.path=value" to the tree. Throws UsageError where the path leads nowhere.
void apply_override(Value& root, const std::string& text);

/// Takes `parameters` out of a model file and puts their values where `$name` stands.
void apply_parameters(Value& root, Problems& problems);

}  // namespace snnsim
