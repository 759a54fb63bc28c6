// JSON as configurations and parameters of SONATA have it, with the place of each value.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "snnsim/error.hpp"

namespace snnsim::sonata {

using Json = nlohmann::json;

/// An error whose text begins with its file already.
struct Placed final : FileError {
    using FileError::FileError;
};

/// Calls `read`; an error of it that does not name its file gets `file` before it.
template <class F>
void placed(const std::string& file, F&& read) {
    try {
        read();
    } catch (const Placed&) {
        throw;
    } catch (const FileError& e) {
        throw Placed(file + ": " + e.what());
    }
}

/// A value, the file that it stands in and its path there: "networks.nodes[0].nodes_file". The
/// text that it is a part of must outlive it.
class Item {
  public:
    Item(const Json& value, std::string file, std::string path)
        : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

    /// Throws FileError that begins with the place.
    [[noreturn]] void fail(const std::string& what) const;
    /// "config.json: run.dt"
    std::string place() const;

    const Json& value() const { return *value_; }
    const std::string& file() const { return file_; }
    /// Of an object; nothing where the key is missing or its value null.
    std::optional<Item> find(const std::string& key) const;
    Item at(const std::string& key) const;
    /// Of a list. What is no list is taken for one of itself alone.
    std::vector<Item> items() const;
    /// Of an object, by key.
    std::vector<std::pair<std::string, Item>> members() const;

    std::string text() const;
    double number() const;
    bool flag() const;
    /// The file or folder that a text names, relative to the folder of this file.
    std::string path() const;

  private:
    const Json* value_;
    std::string file_, path_;
};

/// Throws FileError with line and column where the file is no JSON, or one deeper than any
/// configuration.
std::unique_ptr<Json> read_json(const std::string& file);

}  // namespace snnsim::sonata
