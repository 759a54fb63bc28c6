#include "src/inputs/sample_warnings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace snnsim {
namespace {

class Warner {
  public:
    Warner(const SampleRequest& request, const StoredSamples& stored)
        : r_(request), stored_(stored) {}

    std::vector<std::string> of(const Dataset& data) {
        for (std::size_t k = 0; k < r_.targets.size(); ++k) {
            if (data.target(k).classes > 0) warn_of_empty_classes(k, data);
        }
        for (std::size_t k = 0; k < r_.inputs.size(); ++k) {
            warn_of_bytes(k, data.train.input(k));
            warn_of_constants(k, data.train);
        }
        for (const std::string& name : stored_.unused)
            warnings_.push_back(fmt::format(
                "{}: {} is not used: no population of data.inputs or data.outputs takes it",
                r_.data.file, name));
        return warnings_;
    }

  private:
    void warn_of_bytes(std::size_t input, const InputSamples& set) {
        if (in_pixels(set.form) && !set.in.pixels.empty()) {
            const auto& p = set.in.pixels;
            const std::uint8_t most = *std::max_element(p.begin(), p.end());
            if (most <= 1)
                warnings_.push_back(fmt::format(
                    "{} holds bytes of at most {}, which are shown as value / 255; store 0 and 1 "
                    "as real numbers or booleans",
                    stored_.train.inputs[input].place(), most));
        }
    }
    void warn_of_empty_classes(std::size_t output, const Dataset& data) {
        if (!r_.needs_train) return;
        const TargetClasses& classes = data.target(output);
        std::vector<bool> seen(static_cast<std::size_t>(classes.classes), false);
        for (const std::int32_t label : data.train.target(output).labels)
            seen[static_cast<std::size_t>(label)] = true;
        const auto missing = std::count(seen.begin(), seen.end(), false);
        if (missing == 0) return;
        const std::vector<std::int32_t>& tested = data.test.target(output).labels;
        const auto untrained = std::count_if(tested.begin(), tested.end(), [&](std::int32_t label) {
            return !seen[static_cast<std::size_t>(label)];
        });
        std::string list;
        constexpr std::size_t most = 5;
        std::size_t told = 0;
        for (std::size_t k = 0; k < seen.size() && told < most; ++k) {
            if (seen[k]) continue;
            list += fmt::format("{}{}", told++ ? ", " : "", k);
            if (!classes.class_names.empty()) list += fmt::format(" ({})", classes.class_names[k]);
        }
        if (static_cast<std::size_t>(missing) > most) list += ", ...";
        warnings_.push_back(fmt::format(
            "{}: no training sample is of class {}{}",
            r_.targets[output].array.empty() ? stored_.train.place()
                                             : r_.data.file + ": " + stored_.train.y[output]->name,
            list,
            untrained > 0 ? fmt::format(", but {} of the test set {}", untrained,
                                        untrained == 1 ? "is" : "are")
                          : ""));
    }
    void warn_of_constants(std::size_t input, const SampleSet& all) {
        const InputSamples& set = all.input(input);
        const auto inputs = static_cast<std::size_t>(set.inputs),
                   count = static_cast<std::size_t>(all.count);
        if (count < 2) return;
        const auto constant = [&](const auto& values) {
            std::size_t out = 0;
            for (std::size_t n = 0; n < inputs; ++n) {
                std::size_t k = 1;
                while (k < count && values[k * inputs + n] == values[n]) ++k;
                out += k == count;
            }
            return out;
        };
        std::size_t same = 0;
        if (set.form == SampleForm::values && set.in.values.size() == count * inputs) {
            same = constant(set.in.values);
        } else if (set.form == SampleForm::pixels && set.in.pixels.size() == count * inputs) {
            same = constant(set.in.pixels);
            if (same < inputs) return;  // the rim of images is often black
        }
        if (same > 0)
            warnings_.push_back(
                fmt::format("{}: {} of {} inputs have the same value in all training samples",
                            stored_.train.inputs[input].place(), same, inputs));
    }

    const SampleRequest& r_;
    const StoredSamples& stored_;
    std::vector<std::string> warnings_;
};

}  // namespace

std::vector<std::string> sample_warnings(const SampleRequest& request, const StoredSamples& stored,
                                         const Dataset& data) {
    return Warner(request, stored).of(data);
}

}  // namespace snnsim
