#include "src/stats/training_warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace snnsim {
namespace {

/// Losses of single batches scatter; what is beyond is no chance.
constexpr double scatter = 0.05;

/// Populations that send to others, and sent nothing in a whole test.
std::vector<std::string> silent(const RunRecord& record) {
    std::vector<std::string> names;
    const std::vector<Population>& populations = record.network.populations;
    for (const PopulationActivity& a : record.test->counts.activity) {
        const bool sends = std::any_of(record.network.projections.begin(),
                                       record.network.projections.end(), [&](const Projection& p) {
                                           return p.from < populations.size() &&
                                                  populations[p.from].name == a.population;
                                       });
        if (sends && a.possible > 0 && a.events == 0) names.push_back(a.population);
    }
    return names;
}

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::vector<std::string> training_warnings(const RunRecord& record) {
    std::vector<std::string> out = record.warnings;
    const Curves& curves = record.curves;
    if (!curves.step_loss.empty()) {
        const double start = curves.step_loss.front(), last = curves.step_loss.back();
        const bool whole = !curves.epoch_train_loss.empty();
        const double end = whole ? curves.epoch_train_loss.back() : mean(curves.step_loss);
        const char* advice =
            "a smaller train.optimizer.lr, train.clip_norm=1 or train.schedule.warmup=1 may help";
        if (!std::isfinite(last)) {
            out.push_back(
                fmt::format("the loss is no longer finite: {:.4g} in update 1, {} in update {}; {}",
                            start, last, curves.step_loss.size(), advice));
        } else if (end > start + scatter * std::abs(start)) {
            out.push_back(fmt::format(
                "the loss grew: {:.4g} in update 1, {:.4g} on average in {}; {}", start, end,
                whole ? fmt::format("epoch {}", curves.epoch_train_loss.size())
                      : "the updates so far",
                advice));
        }
    }
    if (record.test) {
        for (const std::string& name : silent(record))
            out.push_back(
                fmt::format("'{}' sent nothing in the whole test: what it projects to gets "
                            "no input; greater initial weights (weight.gain) or a lower "
                            "threshold may help",
                            name));
    }
    if (record.test && !std::isfinite(record.test->loss)) {
        out.push_back(
            fmt::format("the loss of the test is not finite ({}): the weights are of no use",
                        record.test->loss));
    }
    return out;
}

}  // namespace snnsim
