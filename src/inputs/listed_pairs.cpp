#include "src/inputs/listed_pairs.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/inputs/edge_columns.hpp"
#include "src/io/read_weights.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {

FileWeights listed_pairs(const ModelSpec& spec, std::size_t projection) {
    const ProjectionSpec& p = spec.projections[projection];
    const EdgeColumns list(beside_model(spec.path, p.connect.file).string(), p.connect.dataset,
                           {"source", "target", "weight"});
    const std::int64_t sources = size_of(spec, p.from), targets = size_of(spec, p.to);
    const std::vector<std::uint32_t> source = list.ids("source", p.from, sources),
                                     target = list.ids("target", p.to, targets);
    const Column* const weight = list.file.find("weight");
    const bool given = p.weight.at.line > 0;
    if (weight && given && !p.weight.from_file())
        throw DataError(
            fmt::format("{}: weight is a column here and a key of the projection '{}'; "
                        "write it in one of them",
                        list.top(), p.name()));
    if (weight && !weight->unit.empty())
        throw DataError(fmt::format("{}: in a training weights have no unit; found '{}'",
                                    list.top(), weight->unit));
    const bool takes = weight && !p.weight.from_file();
    const std::vector<std::size_t> order = order_by_pair(source, target);  // rows of the file
    const auto pair = [&](std::size_t row) { return std::pair{source[row], target[row]}; };
    std::optional<std::size_t> again;  // the first row whose pair stood there before
    for (std::size_t k = 1; k < order.size(); ++k) {
        if (pair(order[k - 1]) == pair(order[k]) && (!again || order[k] < *again)) again = order[k];
    }
    if (again)
        throw DataError(
            fmt::format("{}: source {} and target {} stand there before; in a training a pair "
                        "has one weight",
                        list.file.place(*again), source[*again], target[*again]));
    for (std::size_t row = 0; takes && row < source.size(); ++row) {
        if (!std::isfinite(static_cast<float>(weight->values[row])))
            throw DataError(
                fmt::format("{}: weight is {}", list.file.place(row), weight->values[row]));
    }
    FileWeights out;
    out.is_list = true;
    for (const std::size_t row : order) {
        out.source.push_back(source[row]);
        out.target.push_back(target[row]);
        if (takes) out.weight.push_back(static_cast<float>(weight->values[row]));
    }
    return out;
}

}  // namespace snnsim
