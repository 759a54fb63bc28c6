#include "src/inputs/listed_pairs.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/inputs/edge_columns.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {

FileWeights listed_pairs(const ModelSpec& spec, std::size_t projection) {
    const ProjectionSpec& p = spec.projections[projection];
    const EdgeColumns list(beside_model(spec.path, p.connect.file).string(),
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
    FileWeights out;
    const auto pairs = static_cast<std::size_t>(sources * targets);
    out.mask.resize(pairs);
    if (takes) out.dense.resize(pairs);
    for (std::size_t row = 0; row < source.size(); ++row) {
        const std::size_t pair = source[row] * static_cast<std::size_t>(targets) + target[row];
        if (out.mask[pair])
            throw DataError(
                fmt::format("{}: source {} and target {} stand there before; in a training a pair "
                            "has one weight",
                            list.file.place(row), source[row], target[row]));
        out.mask[pair] = 1;
        if (!takes) continue;
        out.dense[pair] = static_cast<float>(weight->values[row]);
        if (!std::isfinite(out.dense[pair]))
            throw DataError(
                fmt::format("{}: weight is {}", list.file.place(row), weight->values[row]));
    }
    return out;
}

}  // namespace snnsim
