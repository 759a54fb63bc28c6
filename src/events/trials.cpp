#include "src/events/trials.hpp"

#include <fmt/format.h>

#include <limits>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {
namespace {

constexpr std::int64_t classes = 11;

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

Trial read_trial(std::string_view line, const std::string& place) {
    const auto fail = [&](const std::string& what) { throw DataError(place + ": " + what); };
    constexpr std::array names{"class", "startTime_usec", "endTime_usec"};
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::array<std::int64_t, 3> value{};
    for (std::size_t k = 0; k < names.size(); ++k) {
        const std::size_t comma = line.find(',');
        const bool last = k + 1 == names.size();
        if (last != (comma == line.npos))
            fail(fmt::format("a trial has three values, class, start and end; found '{}'",
                             excerpt(line)));
        const std::string wrong = read_whole(trimmed(line.substr(0, comma)), std::int64_t{k == 0},
                                             k == 0 ? classes : most, value[k]);
        if (!wrong.empty()) fail(fmt::format("{} {}", names[k], wrong));
        if (!last) line.remove_prefix(comma + 1);
    }
    if (value[2] <= value[1])
        fail(fmt::format("the trial ends at {} us, not after its start at {} us", value[2],
                         value[1]));
    return {static_cast<std::int32_t>(value[0] - 1), value[1], value[2]};
}

}  // namespace

std::vector<Trial> read_trials(const std::string& path) {
    try {
        LineReader lines(path);
        std::vector<Trial> out;
        while (const auto line = lines.next()) {
            if (lines.number() == 1) {
                if (line->starts_with("class,")) continue;
                throw DataError(
                    fmt::format("{}:1: the first line must be class,startTime_usec,endTime_usec; "
                                "found '{}'",
                                path, excerpt(*line)));
            }
            if (trimmed(*line).empty()) continue;
            out.push_back(read_trial(*line, fmt::format("{}:{}", path, lines.number())));
        }
        if (out.empty()) throw DataError(path + ": there are no trials in it");
        return out;
    } catch (const FileError& e) {
        throw DataError(e.what());
    }
}

Events events_of_trial(const Events& recording, const Trial& trial) {
    Events out;
    for (std::size_t k = 0; k < recording.size(); ++k) {
        if (recording.t[k] < trial.start || recording.t[k] >= trial.stop) continue;
        out.add(recording.t[k], recording.x[k], recording.y[k], recording.p[k]);
    }
    return out;
}

}  // namespace snnsim
