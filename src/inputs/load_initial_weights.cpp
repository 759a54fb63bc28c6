#include "src/inputs/load_initial_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/inputs/listed_pairs.hpp"
#include "src/inputs/load_learned.hpp"
#include "src/inputs/loaded_delays.hpp"
#include "src/inputs/weight_shape.hpp"
#include "src/io/digest.hpp"
#include "src/io/read_weights.hpp"
#include "src/model/loops.hpp"
#include "src/network/connections.hpp"
#include "src/network/stored_weights.hpp"

namespace snnsim {
namespace {

/// Each file once, in the order in which the model names them.
std::vector<std::string> names_of_files(const ModelSpec& spec) {
    std::vector<std::string> names;
    for (const PopulationSpec& p : spec.populations) {
        for (const TrainableSpec& t : p.trainable) {
            if (!t.file.empty() && std::find(names.begin(), names.end(), t.file) == names.end())
                names.push_back(t.file);
        }
    }
    for (const ProjectionSpec& p : spec.projections) {
        if (p.connect.rule == Rule::list &&
            std::find(names.begin(), names.end(), p.connect.file) == names.end())
            names.push_back(p.connect.file);
        for (const WeightFile* from :
             {static_cast<const WeightFile*>(&p.weight), static_cast<const WeightFile*>(&p.bias)}) {
            if (from->from_file() &&
                std::find(names.begin(), names.end(), from->file) == names.end())
                names.push_back(from->file);
        }
    }
    return names;
}

/// Leaves those that `made` has too.
void keep_those_of(const ConnectedPairs& made, std::size_t targets, FileWeights& weights) {
    if (!weights.is_list) {
        const std::vector<std::uint8_t> there = mask_of(made, targets);
        if (weights.mask.empty()) weights.mask = there;
        for (std::size_t i = 0; i < there.size(); ++i)
            weights.mask[i] = weights.mask[i] && there[i];
        return;
    }
    FileWeights kept;
    for (std::size_t s = 0; s < weights.source.size(); ++s) {
        if (!made.has(weights.source[s], weights.target[s])) continue;
        kept.source.push_back(weights.source[s]);
        kept.target.push_back(weights.target[s]);
        kept.weight.push_back(weights.weight[s]);
    }
    weights.source = std::move(kept.source);
    weights.target = std::move(kept.target);
    weights.weight = std::move(kept.weight);
}

/// `connect` says that there is no synapse, and the file that there is.
void expect_connected(const ModelSpec& spec, std::size_t k, const WeightShape& shape,
                      FileWeights& weights) {
    const ProjectionSpec& p = spec.projections[k];
    const bool listed = p.connect.rule == Rule::list;
    const std::optional<ConnectedPairs> made =
        listed ? synapses_of_list(listed_pairs(spec, k), shape.sources, shape.targets)
               : connections(p.connect, {shape.sources, shape.targets, spec.seed,
                                         static_cast<std::uint32_t>(k), p.from == p.to});
    if (!made) return;
    std::size_t wrong = 0, source = 0, target = 0;  // the first
    const auto look = [&](std::size_t i, std::size_t j, float weight) {
        if (weight == 0.0f || made->has(i, static_cast<std::uint32_t>(j)) || wrong++ > 0) return;
        source = i;
        target = j;
    };
    for (std::size_t s = 0; s < weights.source.size(); ++s)
        look(weights.source[s], weights.target[s], weights.weight[s]);
    for (std::size_t i = 0; i < weights.dense.size(); ++i)
        look(i / shape.targets, i % shape.targets, weights.dense[i]);
    if (wrong == 0) {
        if (listed) keep_those_of(*made, shape.targets, weights);
        return;
    }
    throw FileError(fmt::format(
        "{} of the weights in {} lie where connect: {} makes no synapse, the first at [source {}, "
        "target {}]; leave connect out, or set them to 0",
        wrong, p.weight.file, name_of(p.connect.rule), source, target));
}

/// A list stays one where its synapses are stored one by one.
void store(const ModelSpec& spec, const ProjectionSpec& p, const WeightShape& shape,
           FileWeights& weights) {
    if (weights.is_list && !stored_sparse(spec, p, static_cast<double>(weights.source.size())))
        make_dense(weights, shape);
}

/// Where the source keeps to Dale's law: the sign that its weights have.
void expect_signs(const ModelSpec& spec, const ProjectionSpec& p, const WeightShape& shape,
                  const FileWeights& weights) {
    const PopulationSpec& from = spec.populations[number_of(spec, p.from)];
    if (!from.dale) return;
    const ChannelOrder order = from.order();
    const auto look = [&](std::size_t channel, std::string_view what, std::size_t source,
                          std::size_t target, float weight) {
        if (from.dale->excites(channel, order.channels) ? weight >= 0.0f : weight <= 0.0f) return;
        throw FileError(fmt::format(
            "the weight {:g} of [{} {}, target {}] in {}, but by dale of '{}' the first {} of its "
            "{} {} excite and the others inhibit",
            weight, what, source, target, p.weight.file, p.from,
            from.dale->excitatory_of(static_cast<std::int64_t>(order.channels)), order.channels,
            order.places > 1 ? "channels" : "cells"));
    };
    if (is_convolution(p.connect.rule)) {  // [tap and channel of the group][channel out]
        const auto groups = static_cast<std::size_t>(p.connect.groups);
        const std::size_t of_group = order.channels / groups;
        for (std::size_t i = 0; i < weights.dense.size(); ++i) {
            const std::size_t to = i % shape.targets, group = to / (shape.targets / groups);
            const std::size_t channel = group * of_group + i / shape.targets % of_group;
            look(channel, "channel", channel, to, weights.dense[i]);
        }
        return;
    }
    for (std::size_t s = 0; s < weights.weight.size(); ++s)
        look(weights.source[s] / order.places, "source", weights.source[s], weights.target[s],
             weights.weight[s]);
    for (std::size_t i = 0; i < weights.dense.size(); ++i) {
        const std::size_t source = i / shape.targets;
        look(source / order.places, "source", source, i % shape.targets, weights.dense[i]);
    }
}

void load(ModelSpec& spec, std::size_t k, WeightFile& from, bool is_bias) {
    const ProjectionSpec& p = spec.projections[k];
    const WeightShape shape = shape_of(spec, p);
    const std::string path = beside_model(spec.path, from.file).string();
    FileWeights weights;
    if (is_bias) {
        weights.dense = read_bias(path, from.dataset, shape);
    } else {
        weights = read_weights(path, from.dataset, shape);
        sort_synapses(weights);
        store(spec, p, shape, weights);
        expect_connected(spec, k, shape, weights);
        expect_delays(spec, p, shape, weights, from.file);
        expect_signs(spec, p, shape, weights);
    }
    from.loaded = std::make_shared<const FileWeights>(std::move(weights));
}

}  // namespace

void load_initial_weights(ModelSpec& spec) {
    std::string wrong;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        ProjectionSpec& p = spec.projections[k];
        if (p.connect.rule == Rule::list && !p.weight.from_file() && !p.weight.loaded) {
            try {
                FileWeights pairs = listed_pairs(spec, k);
                store(spec, p, shape_of(spec, p), pairs);
                p.weight.loaded = std::make_shared<const FileWeights>(std::move(pairs));
            } catch (const DataError& e) {
                wrong += fmt::format("{}{}:{}:{}: connect of {}: {}", wrong.empty() ? "" : "\n",
                                     spec.path, p.at.line, p.at.column, p.name(), e.what());
            }
        }
        for (const bool is_bias : {false, true}) {
            WeightFile& from = is_bias ? static_cast<WeightFile&>(p.bias) : p.weight;
            if (!from.from_file() || from.loaded) continue;
            try {
                load(spec, k, from, is_bias);
            } catch (const Error& e) {  // of the file, or of a list
                wrong += fmt::format("{}{}:{}:{}: {} of {}: {}", wrong.empty() ? "" : "\n",
                                     spec.path, from.at.line, from.at.column,
                                     is_bias ? "bias" : "weight", p.name(), e.what());
            }
        }
    }
    if (const std::string more = load_learned(spec); !more.empty())
        wrong += (wrong.empty() ? "" : "\n") + more;
    if (!wrong.empty()) throw DataError(wrong);
}

std::vector<std::string> weight_files(const ModelSpec& spec) {
    std::vector<std::string> lines = names_of_files(spec);
    for (std::string& line : lines)
        line = file_sha256(beside_model(spec.path, line).string()) + "  " + line;
    return lines;
}

std::vector<InputFile> weight_files_read_by(const ModelSpec& spec) {
    std::vector<InputFile> files;
    for (const std::string& name : names_of_files(spec))
        files.push_back({beside_model(spec.path, name).string(), "a file of the model's weights"});
    return files;
}

}  // namespace snnsim
