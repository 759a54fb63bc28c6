#include "src/stats/training_warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "src/network/weight_count.hpp"

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

/// Where spines went so far that cells are left without input, of those that a projection enters.
std::vector<std::string> bare(const RunRecord& record) {
    std::vector<std::string> out;
    if (record.curves.epoch_connected.empty()) return out;
    const std::vector<Population>& populations = record.network.populations;
    for (const Projection& p : record.network.projections) {
        if (!p.weights_learn() || p.to >= populations.size()) continue;
        const std::size_t cells = p.windowed ? p.windowed->window.channels_out
                                             : static_cast<std::size_t>(populations[p.to].size);
        const auto all = static_cast<std::size_t>(synapse_count(p));
        const auto left = p.weights.size() - static_cast<std::size_t>(std::count(
                                                 p.weights.begin(), p.weights.end(), 0.0f));
        if (left >= std::min(cells, all)) continue;
        out.push_back(fmt::format(
            "spines left {} of the weights of {} ({}), fewer than one for each of {} {}; a "
            "smaller train.spines.shift, or one that is whole later (until), may help",
            left == 0 ? "none" : std::to_string(left), p.name, all, cells,
            p.windowed ? "channels" : "cells"));
    }
    return out;
}

/// Where a test of many samples of several classes got one answer.
std::string only_answer(const std::string& output, const OutputResult& result) {
    constexpr std::size_t many = 50;
    const auto one = [](const std::vector<std::int32_t>& of) {
        return std::all_of(of.begin(), of.end(), [&](std::int32_t x) { return x == of[0]; });
    };
    if (result.predictions.size() < many || one(result.labels) || !one(result.predictions))
        return "";
    return fmt::format(
        "{}{} was predicted for all {} samples of the test: nothing was learned, or the output "
        "sends nothing; greater initial weights (weight.gain), a lower threshold or another "
        "train.optimizer.lr may help",
        output.empty() ? "class " : output + ": class ", result.predictions[0],
        result.predictions.size());
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
    if (record.test) {
        std::vector<std::string> answers{only_answer("", *record.test)};
        for (const NamedResult& named : record.test->by_name)
            answers.push_back(only_answer(named.name, named));
        for (std::string& one : answers)
            if (!one.empty()) out.push_back(std::move(one));
    }
    for (std::string& one : bare(record)) out.push_back(std::move(one));
    if (record.test && !std::isfinite(record.test->loss)) {
        out.push_back(
            fmt::format("the loss of the test is not finite ({}): the weights are of no use",
                        record.test->loss));
    }
    return out;
}

}  // namespace snnsim
