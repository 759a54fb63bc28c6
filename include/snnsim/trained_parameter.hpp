// A parameter of a population's neurons that is trained.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/trainable_spec.hpp"

namespace snnsim {

/// A parameter, of a variable w without limits that an optimiser changes.
struct Link {
    enum class Form : std::uint8_t {
        value,    // w
        log,      // low + e^w
        sigmoid,  // low + (high - low) / (1 + e^-w)
        rate,     // low (1 + e^-w): low / it is a sigmoid; a time constant, of which low is dt
    };
    Form form = Form::value;
    double low = 0.0, high = 1.0;

    double value(double w) const {
        switch (form) {
            case Form::log:
                return low + std::exp(w);
            case Form::sigmoid:
                return low + (high - low) / (1.0 + std::exp(-w));
            case Form::rate:
                return low * (1.0 + std::exp(-w));
            case Form::value:
                break;
        }
        return w;
    }
    double variable(double value) const {
        switch (form) {
            case Form::log:
                return std::log(value - low);
            case Form::sigmoid:
                return std::log((value - low) / (high - value));
            case Form::rate:
                return -std::log(value / low - 1.0);
            case Form::value:
                break;
        }
        return value;
    }
    /// d value / d w.
    double slope(double w) const {
        const double e = std::exp(-w);
        switch (form) {
            case Form::log:
                return std::exp(w);
            case Form::sigmoid:
                return (high - low) * e / ((1.0 + e) * (1.0 + e));
            case Form::rate:
                return -low * e;
            case Form::value:
                break;
        }
        return 1.0;
    }
    /// As far from 0 as w may go: beyond, the parameter would be at its limit for a float.
    double most() const { return form == Form::value ? INFINITY : form == Form::log ? 80.0 : 30.0; }
};

struct TrainedParameter {
    std::string name, unit;
    Per per = Per::layer;
    Link link;
    std::vector<float> w;      // by group
    std::vector<float> first;  // before training
    std::optional<double> lr;  // in place of the optimiser's
    double weight_decay = 0.0;
    std::size_t places = 1;  // cells of a channel

    /// Of those that share a value.
    std::size_t group_of(std::size_t cell) const {
        return per == Per::layer ? 0 : per == Per::channel ? cell / places : cell;
    }
    double value_of(std::size_t cell) const {
        return link.value(static_cast<double>(w[group_of(cell)]));
    }
};

/// The values of `w` by cell, in the parameter's unit.
inline std::vector<double> values_of(const TrainedParameter& p, const std::vector<float>& w,
                                     std::size_t cells) {
    std::vector<double> out(cells);
    for (std::size_t n = 0; n < cells; ++n)
        out[n] = p.link.value(static_cast<double>(w[p.group_of(n)]));
    return out;
}

/// What became of one: the mean over the cells at the start and now, and how they spread now.
struct LearnedSummary {
    std::string population, parameter, unit;
    double from = 0.0, mean = 0.0, sd = 0.0, least = 0.0, greatest = 0.0;
};
inline LearnedSummary summary_of(std::string population, std::string parameter, std::string unit,
                                 const std::vector<double>& from, const std::vector<double>& now) {
    const auto mean = [](const std::vector<double>& values) {
        double sum = 0.0;
        for (const double v : values) sum += v;
        return sum / static_cast<double>(values.size());
    };
    LearnedSummary out{std::move(population), std::move(parameter), std::move(unit)};
    if (from.empty() || now.empty()) return out;
    out.from = mean(from);
    out.mean = mean(now);
    double squares = 0.0;
    for (const double v : now) squares += (v - out.mean) * (v - out.mean);
    out.sd = std::sqrt(squares / static_cast<double>(now.size()));
    const auto [least, greatest] = std::minmax_element(now.begin(), now.end());
    out.least = *least;
    out.greatest = *greatest;
    return out;
}

/// Of a run while it learns: the mean over the cells, and how they spread, after each epoch.
struct LearnedCurve {
    std::string population, parameter, unit;
    std::vector<double> mean, std;
};

}  // namespace snnsim
