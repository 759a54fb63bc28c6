// Tables of node types and edge types: columns between spaces, texts in double quotes, NULL for
// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace snnsim::sonata {

class TypesTable {
  public:
    /// `key`: node_type_id or edge_type_id. Throws FileError with the line.
    TypesTable(const std::string& path, const std::string& key);

    /// One type.
    class Row {
      public:
        std::int64_t id = 0;
        /// "node_types.csv:3"
        std::string place;

        /// Null where there is nothing.
        const std::string* find(const std::string& column) const;
        /// Throws FileError where it is no finite number; `standard` where there is nothing.
        double number(const std::string& column, double standard) const;

      private:
        friend class TypesTable;
        std::map<std::string, std::string> values_;
    };
    const Row* find(std::int64_t id) const;
    bool has_column(const std::string& name) const;
    const std::string& path() const { return path_; }
    std::size_t size() const { return rows_.size(); }

  private:
    std::string path_;
    std::vector<std::string> columns_;
    std::map<std::int64_t, Row> rows_;
};

}  // namespace snnsim::sonata
