// `snnsim encode`.
#include <fmt/format.h>

#include "snnsim/read_model.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/data/encode_samples.hpp"
#include "src/inputs/load_data.hpp"
#include "src/report/file_kind.hpp"
#include "src/run/outputs.hpp"
#include "src/run/provenance.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// What `snnsim encode` uses when no model is given.
constexpr const char* encode_model = R"(name: encode
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 100 ms}}
populations:
  input: {size: 784, model: spike_source}
  output: {size: 10, model: linear}
projections: [{from: input, to: output}]
)";

struct EncodeOptions {
    std::string model, output, data_dir;
    std::vector<std::string> overrides;
    std::size_t samples = 0;  // 0: not said; 100, or what there is
    std::size_t first = 0;
    bool train = false, force = false;
};

void encode(const EncodeOptions& options) {
    if (!options.model.empty()) {
        require_kind(options.model, "snnsim encode", {FileKind::training});
        require_no_input({options.output}, {{options.model, "the model"}});
    }
    const OutputClaim claim(options.output);
    require_free(options.output, own_run_file(), options.force);
    require_replaceable_run(options.output);
    ModelSpec spec = options.model.empty()
                         ? parse_model(encode_model, "(built in)", options.overrides)
                         : read_model(options.model, options.overrides);
    if (spec.data.inputs.size() > 1)
        throw UsageError(
            fmt::format("{}: encode writes the spikes of one input; data.inputs has "
                        "{}",
                        options.model, spec.data.inputs.size()));
    if (spec.own_data()) spec.data.stream = Streaming::never;
    // Of a published set all samples, whatever a training of the model would take.
    if (!spec.own_data()) spec.data.train_samples = spec.data.test_samples = 0;
    const Dataset data = load_data(spec, options.data_dir);
    const SampleForm form = data.train.form;
    if (data.real() || form == SampleForm::steps || form == SampleForm::pixel_steps)
        throw UsageError(fmt::format("{}: encode writes the spikes of samples of classes; {}",
                                     options.model,
                                     data.real() ? "these samples have real targets"
                                                 : "these samples have values at each step"));
    const SampleSet& set = options.train ? data.train : data.test;
    const auto count = static_cast<std::size_t>(set.count);
    if (options.first >= count)
        throw UsageError(fmt::format("--first {}: the set has {}", options.first,
                                     counted(static_cast<std::int64_t>(count), "sample")));
    const std::size_t left = count - options.first,
                      samples = std::min(options.samples > 0 ? options.samples : 100, left);
    RunRecord record;
    record.status = RunStatus::finished;
    record.provenance = provenance_of(spec);
    record.network.dt = spec.dt;
    record.network.steps = spec.steps();
    record.warnings = claim.warnings();
    record.warnings.insert(record.warnings.end(), data.warnings.begin(), data.warnings.end());
    if (options.samples > left)
        record.warnings.push_back(fmt::format(
            "--samples: {} are asked for, but the set has {}{}: all of them are "
            "written",
            options.samples, counted(static_cast<std::int64_t>(left), "sample"),
            options.first > 0 ? fmt::format(" from --first {} on", options.first) : ""));
    record.test.emplace();
    const auto from = set.labels.begin() + static_cast<std::ptrdiff_t>(options.first);
    record.test->labels.assign(from, from + static_cast<std::ptrdiff_t>(samples));
    record.test->spikes.push_back(
        encode_samples(spec, set, !options.train, options.first, samples));
    record.provenance.finished = utc_now();
    write_run(options.output, record, record.warnings);
    for (const std::string& line : record.warnings) fmt::print("warning: {}\n", line);
    fmt::print("{}, {}: {}\n", counted(static_cast<std::int64_t>(samples), "sample"),
               counted(static_cast<std::int64_t>(record.test->spikes[0].neuron.size()), "spike"),
               options.output);
}

}  // namespace

void add_encode_command(CLI::App& app) {
    CLI::App& command =
        *app.add_subcommand("encode", "write samples as spike trains, in the layout of a run file");
    command.footer(
        "Examples: snnsim encode --set data.encode.scheme=latency -o spikes.h5\n"
        "          snnsim encode --set data.encode.max_rate='100 Hz' --samples 1000 -o rates.h5");
    const auto given = std::make_shared<EncodeOptions>();
    command.add_option("model", given->model,
                       "model file; default: MNIST, Poisson rates up to 1000 Hz, 100 ms");
    add_overrides(command, given->overrides, "override a value");
    add_text(command, "-o,--output", given->output, "file to write")->required();
    constexpr std::size_t most = 1'000'000'000;
    add_whole(command, "--samples", given->samples, {1, most}, "how many samples (100)");
    add_whole(command, "--first", given->first, {0, most}, "the first sample (0)");
    command.add_flag("--train", given->train, "of the training set; default: of the test set");
    add_data_dir(command, given->data_dir);
    command.add_flag("--force", given->force,
                     "overwrite an existing run file, and no other kind of file");
    command.callback([given] { encode(*given); });
}

}  // namespace snnsim
