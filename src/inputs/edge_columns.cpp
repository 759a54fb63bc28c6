#include "src/inputs/edge_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "snnsim/error.hpp"
#include "src/files/whole_number.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {

constexpr std::size_t most_edges = 4294967295u;

EdgeColumns::EdgeColumns(const std::string& path, const std::string& group,
                         const std::vector<std::string>& known)
    : file(read_columns(path, known, group)) {
    for (const Column& c : file.columns) {
        if (std::find(known.begin(), known.end(), c.name) != known.end()) continue;
        throw DataError(fmt::format("{}: unknown column '{}'{} (known: {})", top(), c.name,
                                    did_you_mean(c.name, known), join(known)));
    }
    for (const char* name : {"source", "target"}) {
        if (!file.find(name))
            throw DataError(fmt::format("{}: the column '{}' is missing", top(), name));
    }
    if (file.find("source")->values.size() > most_edges)
        throw DataError(fmt::format("{}: more than {} rows", file.path, most_edges));
}

std::vector<std::uint32_t> EdgeColumns::ids(const char* name, const std::string& population,
                                            std::int64_t size) const {
    const Column& column = *file.find(name);
    if (!column.unit.empty())
        throw DataError(fmt::format("{}: {} has no unit; found '{}'", top(), name, column.unit));
    std::vector<std::uint32_t> out(column.values.size());
    for (std::size_t row = 0; row < out.size(); ++row) {
        const std::optional<std::uint32_t> id =
            index_below(column.values[row], static_cast<std::uint64_t>(size));
        if (!id) {
            throw DataError(fmt::format("{}: {} {} is no cell of '{}', which has 0 to {}",
                                        file.place(row), name, column.values[row], population,
                                        size - 1));
        }
        out[row] = *id;
    }
    return out;
}

std::string EdgeColumns::top() const {
    return file.text ? file.path + ":1" : file.path;
}

}  // namespace snnsim
