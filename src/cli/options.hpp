// Options that several commands have.
#pragma once

#include <CLI/CLI.hpp>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <type_traits>

#include "snnsim/error.hpp"
#include "snnsim/run.hpp"
#include "src/study/many_runs.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {

/// An option whose values are the names of an enumeration.
template <class Enum>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Enum& value,
                        const std::string& help) {
    std::map<std::string, Enum> choices;
    std::string all;
    for (std::size_t k = 0; k < Names<Enum>::values.size(); ++k) {
        choices[Names<Enum>::values[k]] = static_cast<Enum>(k);
        all += (k ? "|" : "") + std::string(Names<Enum>::values[k]);
    }
    return app
        .add_option_function<std::string>(
            name,
            [&value, choices, name, all](const std::string& text) {
                const auto found = choices.find(text);
                if (found == choices.end())
                    throw CLI::ValidationError(name, text + " is not one of " + all);
                value = found->second;
            },
            help)
        ->type_name(all);
}

/// A text that is not empty.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& value,
                      const std::string& help);

/// A whole number in decimal digits, within limits.
template <std::integral T>
struct WholeRange {
    T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
};
template <std::integral T>
CLI::Option* add_whole(CLI::App& app, const std::string& name, T& value,
                       std::type_identity_t<WholeRange<T>> range, const std::string& help) {
    using Wide = std::conditional_t<std::is_unsigned_v<T>, std::uint64_t, std::int64_t>;
    const auto read = [&value, range, name](const std::string& text) {
        Wide number{};
        const std::string wrong = read_whole(text, Wide{range.low}, Wide{range.high}, number);
        if (!wrong.empty()) throw UsageError(name + ' ' + wrong);
        value = static_cast<T>(number);
    };
    return app.add_option_function<std::string>(name, read, help)->type_name("N");
}
struct NumberRange {
    double low, high;
};
/// A decimal number within limits.
CLI::Option* add_number(CLI::App& app, const std::string& name, double& value, NumberRange range,
                        const std::string& help);

/// --set, which may be given several times.
void add_overrides(CLI::App& app, std::vector<std::string>& overrides, const std::string& help);
/// --device.
void add_cuda_device(CLI::App& app, int& number);
/// --backend and --device.
void add_backend(CLI::App& app, Device& backend, int& cuda_device);
/// What `run` and `compare` share.
void add_run_options(CLI::App& app, RunOptions& options);
void add_data_dir(CLI::App& app, std::string& folder);
/// What `study` and `search`, which `what` names, share; `runs` is what they call theirs.
void add_many_runs(CLI::App& app, ManyRunsOptions& options, const std::string& what,
                   const std::string& runs);

}  // namespace snnsim
