#include "src/evolve/tasks.hpp"

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr std::uint32_t answer_steps = 40;  // after the last input
constexpr std::uint32_t control_steps = 500;

std::uint32_t steps_in(double ms) {
    return static_cast<std::uint32_t>(std::lround(ms));
}
std::uint32_t drawn(SearchDraws& draws, std::uint32_t low, std::uint32_t high) {
    const double count = static_cast<double>(high - low) + 1.0;
    return std::min(high, low + static_cast<std::uint32_t>(draws.uniform() * count));
}

class TrialWriter {
  public:
    TrialWriter(TrialSet& set, std::uint32_t steps) : set_(set) {
        set_.steps = steps;
        set_.to = steps;
    }
    void begin(std::uint8_t label) {
        set_.labels.push_back(label);
        set_.inputs.resize(set_.inputs.size() + set_.steps, 0);
    }
    /// Input `input` sends in a step, counted from 1.
    void send(std::uint32_t step, std::uint32_t input) {
        set_.inputs[set_.inputs.size() - set_.steps + step - 1] |= 1u << input;
    }
    /// The first at 1 ms.
    void send_pair(std::uint32_t first, std::uint32_t interval) {
        send(1, first);
        send(1 + interval, 1 - first);
    }

  private:
    TrialSet& set_;
};

/// Label 1: within the window. Either input is the first in half of the trials.
void add_coincidences(const EvolveSpec& spec, std::size_t count, SearchDraws& draws,
                      TrialSet& out) {
    const std::uint32_t window = steps_in(spec.window), latest = steps_in(spec.latest);
    TrialWriter writer(out, 1 + latest + answer_steps);
    for (std::size_t k = 0; k < count; ++k) {
        const bool within = k % 2 == 0;
        writer.begin(within);
        const std::uint32_t interval =
            within ? drawn(draws, 0, window) : drawn(draws, window + 1, latest);
        writer.send_pair(draws.uniform() < 0.5, interval);
    }
}

/// Label 1: input 0, then 1.
void add_orders(const EvolveSpec& spec, std::size_t count, SearchDraws& draws, TrialSet& out) {
    const std::uint32_t interval = steps_in(spec.interval),
                        jitter = std::min(steps_in(spec.jitter), interval - 1);
    TrialWriter writer(out, 1 + interval + jitter + answer_steps);
    for (std::size_t k = 0; k < count; ++k) {
        const bool forward = k % 2 == 0;
        writer.begin(forward);
        writer.send_pair(forward ? 0 : 1, drawn(draws, interval - jitter, interval + jitter));
    }
}

/// Label: the exclusive or of what is late. Input 2 is the reference, without which two late inputs
/// are two early ones of a later trial.
void add_xor(const EvolveSpec& spec, TrialSet& out) {
    const std::uint32_t shift = steps_in(spec.shift);
    TrialWriter writer(out, 1 + shift + answer_steps);
    for (std::uint32_t a = 0; a < 2; ++a) {
        for (std::uint32_t b = 0; b < 2; ++b) {
            writer.begin(a != b);
            writer.send(1 + a * shift, 0);
            writer.send(1 + b * shift, 1);
            writer.send(1, 2);
        }
    }
}

/// Label: the stronger input. Outputs are looked at in the last 20 of 50 ms.
void add_contests(const EvolveSpec& spec, std::size_t count, SearchDraws& draws, TrialSet& out) {
    const auto lines = static_cast<std::uint32_t>(spec.lines);
    TrialWriter writer(out, 50);
    out.from = 31;
    for (std::size_t k = 0; k < count; ++k) {
        const std::uint32_t stronger = k % 2;
        writer.begin(static_cast<std::uint8_t>(stronger));
        for (std::uint32_t step = 1; step <= out.steps; ++step) {
            for (std::uint32_t input = 0; input < 2 * lines; ++input) {
                const double rate = input / lines == stronger ? spec.strong : spec.weak;
                if (draws.uniform() < 1.0 - std::exp(-1e-3 * rate)) writer.send(step, input);
            }
        }
    }
}

void add_starts(const EvolveSpec& spec, std::size_t count, SearchDraws& draws, TrialSet& out) {
    out.control = steps_in(spec.control);
    out.steps = control_steps * out.control;
    const auto value = [&] { return static_cast<float>(0.1 * draws.uniform() - 0.05); };
    for (std::size_t k = 0; k < count; ++k) {
        CartPole& start = out.starts.emplace_back();
        for (float* v : {&start.x, &start.x_speed, &start.angle, &start.angle_speed}) *v = value();
    }
}

/// The mean of what trials of both labels score.
class BalancedMean {
  public:
    void add(std::uint8_t label, double score) {
        sum_[label] += score;
        count_[label] += 1.0;
    }
    double mean() const {
        double all = 0.0, labels = 0.0;
        for (int k = 0; k < 2; ++k) {
            if (count_[k] == 0.0) continue;
            all += sum_[k] / count_[k];
            labels += 1.0;
        }
        return labels > 0.0 ? all / labels : 0.0;
    }

  private:
    double sum_[2] = {0.0, 0.0}, count_[2] = {0.0, 0.0};
};

struct Judged {
    bool right;
    double near;  // 0 .. 1
};
Judged judged(const EvolveSpec& spec, std::uint8_t label, const TrialRecord& r) {
    switch (spec.task) {
        case EvolveTask::coincidence:
        case EvolveTask::order: {
            const bool right = (r.count[0] > 0) == (label == 1);
            return {right, right ? 1.0 : 0.0};
        }
        case EvolveTask::xor_latency: {
            // The code of the inputs, 10 ms later: 0 is early and 1 is late.
            const double shift = std::lround(spec.shift), border = 11.0 + 0.5 * shift;
            if (r.count[0] == 0) return {false, 0.0};
            const double late = static_cast<double>(r.first[0]) - border;
            const bool right = (late >= 0.0) == (label == 1);
            return {right, right ? 1.0 : std::max(0.0, 1.0 - std::abs(late) / shift)};
        }
        case EvolveTask::winner_take_all: {
            const double winner = r.count[label], loser = r.count[1 - label];
            const double all = winner + loser;
            return {winner > 0.0 && loser == 0.0, all > 0.0 ? winner / all : 0.0};
        }
        case EvolveTask::cart_pole:
            break;
    }
    return {false, 0.0};
}

}  // namespace

CircuitEnds ends_of(const EvolveSpec& spec) {
    switch (spec.task) {
        case EvolveTask::coincidence:
        case EvolveTask::order:
            return {2, 1};
        case EvolveTask::xor_latency:
            return {3, 1};
        case EvolveTask::winner_take_all:
            return {2 * static_cast<std::uint32_t>(spec.lines), 2};
        case EvolveTask::cart_pole:
            break;
    }
    return {4 * CartPoleInputs::per_value, 2};
}

std::size_t trial_count(const EvolveSpec& spec) {
    if (spec.task == EvolveTask::xor_latency) return 4;
    if (spec.trials > 0) return static_cast<std::size_t>(spec.trials);
    return spec.task == EvolveTask::cart_pole         ? 4
           : spec.task == EvolveTask::winner_take_all ? 100
                                                      : 400;
}
std::size_t test_count(const EvolveSpec& spec) {
    if (spec.task == EvolveTask::xor_latency) return 4;
    if (spec.tests > 0) return static_cast<std::size_t>(spec.tests);
    return spec.task == EvolveTask::cart_pole ? 100 : 1000;
}

void TrialSet::keep_first() {
    labels.resize(std::min<std::size_t>(1, labels.size()));
    inputs.resize(labels.size() * steps);
    starts.resize(std::min<std::size_t>(1, starts.size()));
}

TrialSet trials_of(const EvolveSpec& spec, std::size_t count, SearchDraws draws) {
    TrialSet out;
    switch (spec.task) {
        case EvolveTask::coincidence:
            add_coincidences(spec, count, draws, out);
            break;
        case EvolveTask::order:
            add_orders(spec, count, draws, out);
            break;
        case EvolveTask::xor_latency:
            add_xor(spec, out);
            break;
        case EvolveTask::winner_take_all:
            add_contests(spec, count, draws, out);
            break;
        case EvolveTask::cart_pole:
            add_starts(spec, count, draws, out);
            break;
    }
    return out;
}

TaskScore score_of(const EvolveSpec& spec, const TrialSet& trials, const TrialRecord* records) {
    TaskScore out;
    const std::size_t count = trials.size();
    const auto all = static_cast<double>(count);
    double spikes = 0.0, survived = 0.0;
    BalancedMean right, near;
    for (std::size_t k = 0; k < count; ++k) {
        spikes += records[k].spikes;
        survived += records[k].survived;
        if (trials.labels.empty()) continue;
        const Judged j = judged(spec, trials.labels[k], records[k]);
        right.add(trials.labels[k], j.right ? 1.0 : 0.0);
        near.add(trials.labels[k], j.near);
    }
    out.spikes = spikes / all;
    if (spec.task == EvolveTask::cart_pole) {
        out.score = survived / all;
        out.fitness = out.score / control_steps;
    } else {
        out.score = right.mean();
        out.fitness = 0.5 * (out.score + near.mean());
    }
    return out;
}

}  // namespace snnsim
