#include "src/run/load_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/data/published.hpp"
#include "src/files/input_file.hpp"
#include "src/io/read_samples.hpp"
#include "src/run/load_initial_weights.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

void check_size(const ModelSpec& spec, const PopulationSpec& p, const char* what,
                std::int64_t values) {
    if (p.size == values) return;
    throw DataError(fmt::format(
        "{}:{}:{}: {} '{}' has {} neurons, but a sample of {} has {}; write "
        "size: {}",
        spec.path, p.at.line, p.at.column, what, p.name, p.size, spec.data.file, values, values));
}

Dataset load_file(const ModelSpec& spec) {
    const std::string path = beside_model(spec.path, spec.data.file).string();
    if (const std::string wrong = why_unreadable(path); !wrong.empty()) {
        throw DataError(
            fmt::format("{}:{}:{}: cannot open {}: {}; `tools/make_regression {}` makes sine.h5 "
                        "and burgers.h5, which the models of snnsim name",
                        spec.path, spec.data.at.line, spec.data.at.column, path, wrong,
                        fs::path(path).parent_path().string()));
    }
    Dataset data = read_samples(path);
    for (const PopulationSpec& p : spec.populations) {
        if (std::holds_alternative<SpikeSource::Params>(p.neuron))
            check_size(spec, p, "the input", data.real_train.inputs);
        const bool sends = std::any_of(
            spec.projections.begin(), spec.projections.end(),
            [&](const ProjectionSpec& q) { return q.from == p.name && q.to != p.name; });
        if (!sends) check_size(spec, p, "the output", data.real_train.outputs);
    }
    return data;
}

void limit(LabelledImages& images, std::int64_t count) {
    if (count == 0 || count >= images.count) return;
    images.count = count;
    images.pixels.resize(static_cast<std::size_t>(count * images.inputs()));
    images.labels.resize(static_cast<std::size_t>(count));
}
void limit(RealSamples& samples, std::int64_t count) {
    if (count == 0 || count >= samples.count) return;
    samples.count = count;
    samples.x.resize(static_cast<std::size_t>(count * samples.inputs));
    samples.y.resize(static_cast<std::size_t>(count * samples.outputs));
}

/// Tells of more samples than there are, where the model's own warnings, which know the published
/// sets, have not.
void warn_of_fewer(const ModelSpec& spec, Dataset& data) {
    const std::string name = spec.real_targets() ? spec.data.file : "the data folder";
    const auto warn = [&](const std::string& key, std::int64_t asked, std::int64_t known,
                          std::int64_t found, const std::string& what, const char* done) {
        if (asked <= found || (!spec.real_targets() && known == found)) return;
        data.warnings.push_back(
            fmt::format("{}: {} are asked for, but {} has {} {} samples: all of them are {}", key,
                        asked, name, found, what, done));
    };
    const DataSpec& d = spec.data;
    warn("data.train_samples", d.train_samples, published_training, data.train_count(), "training",
         "used");
    warn("data.test_samples", d.test_samples, published_test, data.test_count(), "test", "used");
    const auto limited = [&](std::int64_t count) {
        return d.test_samples > 0 ? std::min(count, d.test_samples) : count;
    };
    for (std::size_t k = 0; k < spec.record.size(); ++k)
        warn(fmt::format("record.{}.samples", k), spec.record[k].samples, limited(published_test),
             limited(data.test_count()), "test", "recorded");
}

}  // namespace

Dataset load_data(const ModelSpec& spec, const std::string& data_dir) {
    Dataset data = spec.real_targets() ? load_file(spec) : load_dataset(spec.data.set, data_dir);
    warn_of_fewer(spec, data);
    limit(data.train, spec.data.train_samples);
    limit(data.test, spec.data.test_samples);
    limit(data.real_train, spec.data.train_samples);
    limit(data.real_test, spec.data.test_samples);
    return data;
}

SampleCounts expected_samples(const ModelSpec& spec) {
    SampleCounts counts{published_training, published_test};
    if (spec.real_targets()) {
        const std::string path = beside_model(spec.path, spec.data.file).string();
        if (!why_unreadable(path).empty()) return {};
        try {
            std::tie(counts.training, counts.test) = count_samples(path);
        } catch (const FileError&) {
            return {};
        }
    }
    const auto limit = [](std::int64_t& count, std::int64_t most) {
        if (most > 0) count = std::min(count, most);
    };
    limit(counts.training, spec.data.train_samples);
    limit(counts.test, spec.data.test_samples);
    return counts;
}

std::vector<std::string> input_files(const ModelSpec& spec, const Dataset& data) {
    std::vector<std::string> lines = weight_files(spec);
    if (!data.sha256.empty()) lines.insert(lines.begin(), data.sha256 + "  " + spec.data.file);
    return lines;
}

void require_same_inputs(const std::vector<std::string>& now, const std::vector<std::string>& then,
                         const std::string& run) {
    for (std::size_t k = 0; k < std::max(now.size(), then.size()); ++k) {
        if (k < now.size() && k < then.size() && now[k] == then[k]) continue;
        throw FileError(
            fmt::format("{} was begun with another content of '{}'; put that back, or "
                        "start anew with --force",
                        run, (k < now.size() ? now : then)[k].substr(66)));
    }
}

}  // namespace snnsim
