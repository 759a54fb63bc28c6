#include "src/report/csv.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

}  // namespace

void CsvTable::add(const std::vector<std::string>& row) {
    SNN_EXPECT(row.size() == columns_);
    for (std::size_t k = 0; k < row.size(); ++k) text_ += (k ? "," : "") + field(row[k]);
    text_ += "\r\n";
}

std::string csv_number(double value) {
    return std::isfinite(value) ? fmt::format("{}", value) : "";
}
std::string csv_number(const std::optional<double>& value) {
    return value ? csv_number(*value) : "";
}

}  // namespace snnsim
