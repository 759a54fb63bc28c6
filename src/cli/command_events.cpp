// `snnsim events`.
#include <fmt/format.h>

#include <algorithm>

#include "src/cli/commands.hpp"
#include "src/cli/options.hpp"
#include "src/events/convert.hpp"
#include "src/io/replace_file.hpp"
#include "src/model/units.hpp"
#include "src/run/outputs.hpp"
#include "src/run/provenance.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

struct EventsCommand {
    EventPaths paths;
    EventChoices choices;
    std::string output;
    bool force = false;
};

/// "time_marks" -> "--time-marks"
std::string option_name(std::string field) {
    std::replace(field.begin(), field.end(), '_', '-');
    return "--" + field;
}

void add_time(CLI::App& app, const std::string& name, double& value, const std::string& help) {
    const auto read = [&value, name](const std::string& text) {
        const std::string wrong = read_quantity(text, "ms", name, value);
        if (!wrong.empty()) throw UsageError(wrong);
        if (!(value > 0.0))
            throw UsageError(fmt::format("{} must be above 0; found '{}'", name, excerpt(text)));
    };
    app.add_option_function<std::string>(name, read, help)->type_name("TIME");
}

/// An option for each row of the table of choices.
void add_choices(CLI::App& app, EventChoices& choices) {
    EventChoices::fields().for_each([&](const auto& f) {
        auto& value = choices.*f.member;
        using T = std::remove_reference_t<decltype(value)>;
        const std::string name = option_name(f.name);
        const auto with_default = [&](const auto& shown) {
            return f.need == Need::required ? std::string(f.help)
                                            : fmt::format("{} ({})", f.help, shown);
        };
        if constexpr (std::is_enum_v<T>)
            add_choice(app, name, value, with_default(name_of(value)));
        else if constexpr (std::is_same_v<T, std::string>)
            add_text(app, name, value, f.help);
        else if constexpr (std::is_same_v<T, double>)
            f.unit[0] ? add_time(app, name, value, f.help)
                      : static_cast<void>(add_number(
                            app, name, value, {f.limits.low, f.limits.high}, with_default(value)));
        else
            add_whole(app, name, value,
                      {static_cast<T>(f.limits.low), static_cast<T>(f.limits.high)},
                      with_default(value));
        if (f.need == Need::required) app.get_option(name)->required();
    });
}

std::string left_out_text(const LeftOutCounts& counts) {
    std::string out;
    for (std::size_t k = 0; k < Names<LeftOut>::values.size(); ++k) {
        const std::uint64_t count = counts[static_cast<LeftOut>(k)];
        if (count == 0) continue;
        std::string name = Names<LeftOut>::values[k];
        std::replace(name.begin(), name.end(), '_', ' ');
        out += fmt::format("{}{} {}", out.empty() ? "; left out: " : ", ",
                           grouped(static_cast<std::int64_t>(count)), name);
    }
    return out;
}

void print_report(const EventReport& report, const EventPlan& plan, const std::string& output) {
    for (const std::string& line : report.warnings) fmt::print("warning: {}\n", line);
    std::int64_t last = 0;
    for (const WrittenSet& set : report.sets) {
        fmt::print("{}: {}, {}{}\n", set.name.empty() ? "all" : set.name,
                   counted(static_cast<std::int64_t>(set.samples), "sample"),
                   counted(static_cast<std::int64_t>(set.events), "event"),
                   left_out_text(set.left_out));
        last = std::max(last, set.last);
    }
    const Sensor sensor = plan.sensor();
    fmt::print(
        "{}: {} inputs ({}), the last event at {:.3f} ms{}\n", output, grouped(sensor.inputs()),
        plan.choices.format == EventFormat::shd
            ? counted(sensor.width, "channel")
            : fmt::format("{}{} x {}", sensor.polarity ? "2 x " : "", sensor.height, sensor.width),
        static_cast<double>(last) / 1000.0,
        plan.frames ? fmt::format(", {}", counted(plan.windows.frames, "frame")) : "");
}

void convert(const EventsCommand& command) {
    const EventPlan plan = resolve(command.choices);
    std::vector<InputFile> inputs;
    for (const std::string& path : {command.paths.in, command.paths.test, command.paths.valid}) {
        if (!path.empty()) inputs.push_back({path, "what is read"});
    }
    require_no_input({command.output}, inputs);
    require_free(command.output, {"file of samples of snnsim", sample_file_format, ""},
                 command.force);
    EventReport report;
    replace_file(command.output, [&](const std::string& temporary) {
        report = convert_events(command.paths, plan, temporary, program_version());
    });
    print_report(report, plan, command.output);
}

}  // namespace

void add_events_command(CLI::App& app) {
    CLI::App& command = *app.add_subcommand(
        "events", "recordings of event cameras and cochleas, as samples for data: {set: file}");
    command.footer(
        "Examples: snnsim events N-MNIST -o nmnist.h5 --format nmnist\n"
        "          snnsim events shd_train.h5 --test shd_test.h5 -o shd.h5 --format shd --pool 5\n"
        "          snnsim events DvsGesture -o gesture.h5 --format dvs_gesture --pool 4 --duration "
        "'1500 ms'");
    const auto given = std::make_shared<EventsCommand>();
    command
        .add_option("in", given->paths.in,
                    "folder with a folder for each class, or with train and test that have them; a "
                    "list with lines file,label; of dvs_gesture a folder of recordings, a list of "
                    "them or one; of shd an HDF5 file")
        ->required();
    add_text(command, "--test", given->paths.test, "the test samples, where IN has none: as IN");
    add_text(command, "--valid", given->paths.valid, "the validation samples: as IN");
    add_text(command, "-o,--output", given->output, "file to write (.h5)")->required();
    add_choices(command, given->choices);
    command.add_flag("--force", given->force,
                     "overwrite an existing file of samples, and no other kind of file");
    command.callback([given] { convert(*given); });
}

}  // namespace snnsim
