#include "src/stats/classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace snnsim {

std::vector<std::uint64_t> confusion(const OutputResult& test, std::size_t classes) {
    std::vector<std::uint64_t> out(classes * classes);
    for (std::size_t k = 0; k < test.labels.size(); ++k) {
        const auto label = static_cast<std::size_t>(test.labels[k]),
                   prediction = static_cast<std::size_t>(test.predictions[k]);
        if (std::max(label, prediction) < classes) ++out[label * classes + prediction];
    }
    return out;
}

std::vector<double> recall(const OutputResult& test, std::size_t classes) {
    std::vector<double> found(classes, 0.0), samples(classes, 0.0);
    for (std::size_t k = 0; k < test.labels.size(); ++k) {
        const auto label = static_cast<std::size_t>(test.labels[k]);
        if (label >= classes) continue;
        samples[label] += 1.0;
        found[label] += test.labels[k] == test.predictions[k] ? 1.0 : 0.0;
    }
    for (std::size_t k = 0; k < classes; ++k)
        found[k] = samples[k] > 0.0 ? found[k] / samples[k] : std::nan("");
    return found;
}

std::string recall_text(const std::vector<double>& recall, const std::vector<std::string>& names) {
    std::size_t worst = recall.size(), best = recall.size(), classes = 0;
    for (std::size_t k = 0; k < recall.size(); ++k) {
        if (std::isnan(recall[k])) continue;
        ++classes;
        if (worst == recall.size() || recall[k] < recall[worst]) worst = k;
        if (best == recall.size() || recall[k] > recall[best]) best = k;
    }
    if (classes < 2) return "";
    const auto name = [&](std::size_t k) {
        return k < names.size() ? names[k] : fmt::format("class {}", k);
    };
    return fmt::format("recall {:.2f} % ({}) to {:.2f} % ({})", 100.0 * recall[worst], name(worst),
                       100.0 * recall[best], name(best));
}

}  // namespace snnsim
