// Tables as comma-separated values (RFC 4180); all tables of the program are written here.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace snnsim {

class CsvTable {
  public:
    explicit CsvTable(std::vector<std::string> names) : columns_(names.size()) { add(names); }

    /// A value for each name. Commas, quotes and line breaks are fine.
    void add(const std::vector<std::string>& row);
    /// Lines end in CR LF, the last one too.
    const std::string& text() const { return text_; }

  private:
    std::size_t columns_;
    std::string text_;
};

/// A number in full, so that reading gives the same bits; nothing where it is not finite or absent.
std::string csv_number(double value);
std::string csv_number(const std::optional<double>& value);

}  // namespace snnsim
