// `snnsim weights`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/io/npz.hpp"
#include "src/io/read_weights.hpp"
#include "src/report/file_kind.hpp"
#include "src/run/outputs.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

struct WeightsCommand {
    std::string run, output;
    std::vector<std::string> projections;
    bool force = false;
};

struct Named {
    StoredWeights stored;
    FileWeights weights;
    std::vector<float> bias;

    const std::vector<float>& values() const {
        return weights.is_list ? weights.weight : weights.dense;
    }
};

Named read_one(const std::string& run, const StoredWeights& stored) {
    constexpr std::size_t any = std::numeric_limits<std::uint32_t>::max();
    const std::string& name = stored.projection;
    const bool list = stored.sources == 0;
    const WeightShape shape{name, "the sources of " + name, "the targets of " + name,
                            list ? any : stored.sources,
                            list && stored.targets == 0 ? any : stored.targets};
    Named out{stored, read_weights(run, name, shape), {}};
    if (stored.bias) out.bias = read_bias(run, name, shape);
    return out;
}

std::vector<Named> read_all(const WeightsCommand& given) {
    std::vector<StoredWeights> all = list_weights(given.run);
    std::vector<Named> out;
    for (const std::string& wanted : given.projections) {
        const auto same = [&](const StoredWeights& s) { return s.projection == wanted; };
        if (std::any_of(all.begin(), all.end(), same)) continue;
        std::vector<std::string> names;
        for (const StoredWeights& s : all) names.push_back(s.projection);
        throw UsageError(fmt::format("--projection {}: {} has weights of {}", wanted, given.run,
                                     fmt::join(names, ", ")));
    }
    for (const StoredWeights& one : all) {
        const std::vector<std::string>& wanted = given.projections;
        if (wanted.empty() ||
            std::find(wanted.begin(), wanted.end(), one.projection) != wanted.end())
            out.push_back(read_one(given.run, one));
    }
    return out;
}

/// The arrays of a projection, which lie in `n`.
void add_entries(const Named& n, std::vector<NpyEntry>& entries) {
    const std::string& name = n.stored.projection;
    const FileWeights& w = n.weights;
    const auto add_bias = [&] {
        if (!n.bias.empty()) entries.push_back(npy_entry(name + ".bias", {n.bias.size()}, n.bias));
    };
    if (w.is_list) {
        const std::vector<std::size_t> length{w.source.size()};
        entries.push_back(npy_entry(name + ".source", length, w.source));
        entries.push_back(npy_entry(name + ".target", length, w.target));
        entries.push_back(npy_entry(name + ".weight", length, w.weight));
        if (!w.delay.empty()) entries.push_back(npy_entry(name + ".delay", length, w.delay));
        add_bias();
        return;
    }
    const std::vector<std::size_t> shape{n.stored.sources, n.stored.targets};
    entries.push_back(npy_entry(name, shape, w.dense));
    if (!w.delay.empty()) entries.push_back(npy_entry(name + ".delay", shape, w.delay));
    if (!w.mask.empty()) entries.push_back(npy_entry(name + ".mask", shape, w.mask));
    add_bias();
}

OwnFile kind_of_output(const std::string& output, const std::vector<Named>& all) {
    const std::string ending = std::filesystem::path(output).extension();
    if (ending == ".npz") return {"archive of arrays (.npz)", "", "PK"};
    if (ending != ".npy")
        throw UsageError(
            fmt::format("-o {}: name a .npz file, or a .npy file for one projection", output));
    if (all.size() != 1)
        throw UsageError(fmt::format(
            "-o {}: a .npy file holds one array; choose it with --projection, or name a .npz file",
            output));
    if (all[0].weights.is_list)
        throw UsageError(fmt::format("-o {}: {} is a list of synapses; name a .npz file", output,
                                     all[0].stored.projection));
    return {"array (.npy)", "", "\x93NUMPY"};
}

std::string table(const std::vector<Named>& all) {
    const std::size_t wide =
        column_width(all, 20, [](const Named& n) { return n.stored.projection; });
    std::string out = fmt::format("{:<{}} {:>14} {:>10} {:>10} {:>8} {:>7}\n", "projection", wide,
                                  "shape", "mean", "sd", "zeros", "biases");
    for (const Named& n : all) {
        const std::vector<float>& values = n.values();
        const auto count = static_cast<double>(std::max<std::size_t>(1, values.size()));
        double sum = 0.0, squares = 0.0;
        for (const float v : values) sum += static_cast<double>(v);
        const double mean = sum / count;
        for (const float v : values)
            squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
        const auto zeros = static_cast<double>(std::count(values.begin(), values.end(), 0.0f));
        const std::string shape = n.weights.is_list
                                      ? counted(static_cast<std::int64_t>(values.size()), "synapse")
                                      : fmt::format("{} x {}", n.stored.sources, n.stored.targets);
        out +=
            fmt::format("{:<{}} {:>14} {:>10.4g} {:>10.4g} {:>6.1f} % {:>7}\n", n.stored.projection,
                        wide, shape, mean, std::sqrt(squares / count), 100.0 * zeros / count,
                        n.bias.empty() ? "-" : grouped(static_cast<std::int64_t>(n.bias.size())));
    }
    return out;
}

void weights(const WeightsCommand& given) {
    require_kind(given.run, "snnsim weights", {FileKind::training_run, FileKind::simulation_run});
    const std::vector<Named> all = read_all(given);
    if (!given.output.empty()) {
        require_no_input({given.output}, {{given.run, "the run"}});
        require_free(given.output, kind_of_output(given.output, all), given.force);
        std::vector<NpyEntry> entries;
        for (const Named& n : all) add_entries(n, entries);
        if (given.output.ends_with(".npz")) {
            write_npz(given.output, entries);
        } else {
            write_npy(given.output, entries[0]);
        }
    }
    fmt::print("{}", table(all));
    if (!given.output.empty()) fmt::print("{}\n", given.output);
}

}  // namespace

void add_weights_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "weights", "show the weights of a run, and write them to arrays of NumPy");
    command.footer(
        "Of a training: an array [source, target] with the name of each projection, and NAME.bias; "
        "where\n"
        "synapses are missing NAME.mask. Of what is stored synapse by synapse, and of a "
        "simulation's "
        "plastic\n"
        "projections: NAME.source, NAME.target, NAME.weight and NAME.delay. A model reads them by "
        "weight: {file: w.npz}.\n"
        "Example: snnsim weights runs/mnist_lif.h5 -o w.npz");
    const auto given = std::make_shared<WeightsCommand>();
    command.add_option("run", given->run, "run file (.h5)")->required();
    add_text(command, "-o,--output", given->output,
             "file to write: .npz, or .npy for the weights of one projection");
    command
        .add_option("--projection", given->projections, "this one only; may be given several times")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command.add_flag("--force", given->force,
                     "overwrite an older file of arrays, and no other kind of file");
    command.callback([given] { weights(*given); });
}

}  // namespace snnsim
