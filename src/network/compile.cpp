// ModelSpec -> Network: the order of computation and the initial weights.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/random.hpp"
#include "kernels/steps.hpp"
#include "kernels/training/delay_taps.hpp"
#include "snnsim/error.hpp"
#include "snnsim/network.hpp"
#include "src/model/loops.hpp"
#include "src/model/shapes.hpp"
#include "src/network/source_signs.hpp"
#include "src/network/steps_at_once.hpp"
#include "src/network/stored_weights.hpp"
#include "src/network/trained_parameters.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {
namespace {

std::size_t index_of(const std::vector<Population>& populations, const std::string& name) {
    const auto it = std::find_if(populations.begin(), populations.end(),
                                 [&](const Population& p) { return p.name == name; });
    SNN_EXPECT(it != populations.end());
    return static_cast<std::size_t>(it - populations.begin());
}

bool is_input(const PopulationSpec& p) {
    return std::holds_alternative<SpikeSource::Params>(p.neuron);
}

/// The order of computation (see Network); among equals that of the file.
std::vector<Population> in_order(const ModelSpec& spec) {
    const std::vector<std::size_t> loops = loops_of(spec);
    const std::vector<std::size_t> delays = delays_of(spec);
    const std::size_t count = spec.populations.size();
    std::vector<Population> ordered;
    std::vector<bool> placed(count, false);
    const auto place = [&](std::size_t k) {
        placed[k] = true;
        const PopulationSpec& p = spec.populations[k];
        ordered.push_back({p.name, p.size, p.neuron, p.order(), static_cast<float>(p.dropout),
                           p.batch_norm, p.dale, trained_parameters(spec, k)});
    };
    // Whether all is placed that must come before k: of its loop, or of the populations before it.
    const auto ready = [&](std::size_t k, bool of_its_loop) {
        for (std::size_t n = 0; n < spec.projections.size(); ++n) {
            const ProjectionSpec& p = spec.projections[n];
            if (p.to != spec.populations[k].name) continue;
            const std::size_t from = number_of(spec, p.from);
            const bool inside = loops[from] == loops[k];
            if (inside == of_its_loop && !placed[from] && (!inside || delays[n] == 0)) return false;
        }
        return true;
    };
    const auto all_in_loop = [&](std::size_t loop, const auto& holds) {
        for (std::size_t k = loop; k < count; ++k) {
            if (loops[k] == loop && !holds(k)) return false;
        }
        return true;
    };
    for (std::size_t k = 0; k < count; ++k) {
        if (is_input(spec.populations[k])) place(k);
    }
    while (ordered.size() < count) {
        const std::size_t before = ordered.size();
        for (std::size_t loop = 0; loop < count; ++loop) {
            if (placed[loop] || loops[loop] != loop) continue;
            if (!all_in_loop(loop, [&](std::size_t k) { return ready(k, false); })) continue;
            while (!all_in_loop(loop, [&](std::size_t k) { return placed[k]; })) {
                const std::size_t placed_before = ordered.size();
                for (std::size_t k = loop; k < count; ++k) {
                    if (loops[k] == loop && !placed[k] && ready(k, true)) place(k);
                }
                SNN_EXPECT(ordered.size() > placed_before);  // the checks exclude such cycles
            }
        }
        SNN_EXPECT(ordered.size() > before);
    }
    return ordered;
}

/// The distribution of a projection's weights: uniform in mean +- half, or normal.
struct Distribution {
    bool normal;
    double mean, scale;  // scale: half width, or standard deviation

    float draw(const RandomKey& key, std::uint32_t column) const {
        const Philox4 random = key.draw(column / 2);  // two words a number
        const std::uint32_t* word = random.word + 2 * (column % 2);
        const double u = (word[0] + 0.5) / 4294967296.0;
        if (!normal) return static_cast<float>(mean + scale * (2.0 * u - 1.0));
        const double v = (word[1] + 0.5) / 4294967296.0;  // Box & Muller 1958
        return static_cast<float>(mean + scale * std::sqrt(-2.0 * std::log(u)) *
                                             std::cos(2.0 * 3.14159265358979323846 * v));
    }
};

Distribution distribution_of(const WeightSpec& w, double fan_in, double fan_out) {
    switch (w.init) {
        case WeightInit::kaiming_uniform:
            return {false, 0.0, w.gain * std::sqrt(6.0 / fan_in)};
        case WeightInit::kaiming_normal:
            return {true, 0.0, w.gain * std::sqrt(2.0 / fan_in)};
        case WeightInit::xavier_uniform:
            return {false, 0.0, w.gain * std::sqrt(6.0 / (fan_in + fan_out))};
        case WeightInit::xavier_normal:
            return {true, 0.0, w.gain * std::sqrt(2.0 / (fan_in + fan_out))};
        case WeightInit::fan_in_uniform:
            return {false, 0.0, w.gain / std::sqrt(fan_in)};
        case WeightInit::uniform:
            return {false, (w.low + w.high) / 2.0, (w.high - w.low) / 2.0};
        case WeightInit::normal:
            return {true, w.mean, w.std};
        case WeightInit::constant:
            return {false, w.value, 0.0};
    }
    throw InternalError("unknown weight rule");
}

/// The largest share of so many weights that leaves `least`, cut to as many digits as matter.
std::string most_to_prune(std::int64_t weights, std::int64_t least) {
    const int digits = static_cast<int>(fmt::format("{}", weights).size());
    const double unit = std::pow(10.0, digits);
    const double share = static_cast<double>(weights - least) / static_cast<double>(weights);
    return fmt::format("{:.{}f}", std::floor(share * unit) / unit, digits);
}

/// A projection without a weight passes nothing on, and learns nothing; with fewer than one for
/// each of its cells (channels of a window) it leaves some without input, unless it had one each.
void require_left_after_pruning(const ModelSpec& spec, const Network& network) {
    if (!spec.train || !spec.train->prune) return;
    const PruneSpec& prune = *spec.train->prune;
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        const Projection& p = network.projections[k];
        const std::int64_t weights = synapse_count(p);
        if (!p.weights_learn() || weights == 0) continue;
        const std::int64_t cells = weight_matrix(spec, spec.projections[k]).columns;
        const std::int64_t least = weights > cells ? cells : 1;
        const std::int64_t left =
            weights - std::llround(prune.sparsity * static_cast<double>(weights));
        if (left >= least) continue;
        throw ModelError(fmt::format(
            "{}:{}:{}: sparsity {} leaves {} of the weights of {} ({}){}; {}", spec.path,
            prune.at.line, prune.at.column, prune.sparsity,
            left == 0 ? "none" : std::to_string(left), p.name, weights,
            least > 1 ? fmt::format(
                            ", fewer than one for each of {} {}", cells,
                            is_convolution(spec.projections[k].connect.rule) ? "channels" : "cells")
                      : "",
            weights == 1 ? "leave prune out" : "write at most " + most_to_prune(weights, least)));
    }
}

/// Projection k of the model. A window shares its `pre` weights, so that those of a target are its
/// fan-in, and those of a source as many a channel as the window has places.
class ProjectionWeights {
  public:
    ProjectionWeights(const ModelSpec& spec, std::size_t k)
        : spec_(spec), projection_(spec.projections[k]), id_(static_cast<std::uint32_t>(k)) {
        const WeightMatrix matrix = weight_matrix(spec, projection_);
        pre_ = static_cast<std::size_t>(matrix.rows);
        post_ = static_cast<std::size_t>(matrix.columns);
        fan_out_ = static_cast<double>(post_);
        if (is_convolution(projection_.connect.rule)) {
            fan_out_ *=
                static_cast<double>(window_of(projection_.connect, shape_of(spec, projection_.from),
                                              shape_of(spec, projection_.to))
                                        .area());
        }
    }

    /// Those of a list in its order, which has all of `synapses` and perhaps more.
    std::vector<float> weights(const ConnectedPairs& synapses) const {
        const WeightSpec& from = projection_.weight;
        const bool listed = from.loaded && from.loaded->is_list &&
                            from.loaded->weight.size() == from.loaded->source.size();
        const bool matrix = from.loaded && !from.loaded->dense.empty();
        SNN_EXPECT(listed || matrix || !from.from_file());
        const Distribution all = distribution_of(from, static_cast<double>(pre_), fan_out_);
        std::vector<float> out;
        out.reserve(synapses.count());
        std::size_t at = 0;  // in the list
        synapses.for_each([&](std::size_t i, std::size_t s) {
            const std::uint32_t j = synapses.target[s];
            if (listed) {
                while (from.loaded->source[at] != i || from.loaded->target[at] != j) ++at;
                out.push_back(from.loaded->weight[at]);
            } else {
                out.push_back(matrix ? from.loaded->dense[i * post_ + j] : all.draw(key_of(i), j));
            }
        });
        return out;
    }

    /// Random ones for the way back.
    std::vector<float> feedback() const {
        const Distribution all =
            distribution_of(projection_.weight, static_cast<double>(pre_), fan_out_);
        std::vector<float> out;
        out.reserve(pre_ * post_);
        for (std::size_t i = 0; i < pre_; ++i) {
            RandomKey key = key_of(i);
            key.variant = of_feedback;
            for (std::size_t j = 0; j < post_; ++j)
                out.push_back(all.draw(key, static_cast<std::uint32_t>(j)));
        }
        return out;
    }

    std::vector<float> weights() const {
        const WeightSpec& from = projection_.weight;
        if (from.loaded && !from.loaded->dense.empty()) {  // a list may have no weights
            SNN_EXPECT(from.loaded->dense.size() == pre_ * post_);
            return from.loaded->dense;
        }
        SNN_EXPECT(!from.from_file());
        SNN_EXPECT(projection_.connect.rule != Rule::list || from.loaded);
        const Distribution all = distribution_of(from, static_cast<double>(pre_), fan_out_);
        std::vector<float> out(pre_ * post_);
        for (std::size_t i = 0; i < pre_; ++i) {
            const RandomKey key = key_of(i);
            for (std::size_t j = 0; j < post_; ++j)
                out[i * post_ + j] = all.draw(key, static_cast<std::uint32_t>(j));
        }
        return out;
    }

    /// In steps.
    std::optional<LearnedDelays> delays() const {
        if (!projection_.learned_delay) return std::nullopt;
        const LearnedDelaySpec& from = *projection_.learned_delay;
        const double dt = spec_.dt;
        const bool by_source = from.learn == DelayOf::source;
        LearnedDelays out{from.learn, static_cast<int>(rounded_steps(from.max, dt))};
        out.sigma_from = from.sigma.from.value_or(from.max / 2.0) / dt;
        out.sigma_to = from.sigma.to ? *from.sigma.to / dt : DelayTaps::least_sigma;
        out.until = from.sigma.until;
        out.lr = from.lr.value_or(0.0);
        const std::size_t columns = by_source ? 1 : post_;
        const std::vector<double> nothing;
        const std::vector<double>& loaded =
            projection_.weight.loaded ? projection_.weight.loaded->delay : nothing;
        const Distribution all = from.init == DelayInit::uniform
                                     ? Distribution{false, out.longest / 2.0, out.longest / 2.0}
                                     : Distribution{false, from.value / dt, 0.0};
        for (std::size_t i = 0; i < pre_; ++i) {
            const RandomKey key{spec_.seed, Stream::weights, id_, static_cast<std::uint32_t>(i),
                                of_delays};
            for (std::size_t j = 0; j < columns; ++j)
                out.steps.push_back(loaded.empty()
                                        ? all.draw(key, static_cast<std::uint32_t>(j))
                                        : static_cast<float>(loaded[i * post_ + j] / dt));
        }
        return out;
    }

    std::vector<float> bias() const {
        const BiasSpec& from = projection_.bias;
        if (from.loaded) {
            SNN_EXPECT(from.loaded->dense.size() == post_);
            return from.loaded->dense;
        }
        SNN_EXPECT(!from.from_file());
        if (!from) return {};
        const Distribution all{false, 0.0, 1.0 / std::sqrt(static_cast<double>(pre_))};
        const RandomKey key{spec_.seed, Stream::bias, id_, 0};
        std::vector<float> out(post_);
        for (std::size_t j = 0; j < post_; ++j)
            out[j] = all.draw(key, static_cast<std::uint32_t>(j));
        return out;
    }

  private:
    // Variants of the keys of weights; DrawReadout has one too.
    static constexpr std::uint32_t of_delays = 1, of_feedback = 2;

    RandomKey key_of(std::size_t source) const {
        return {spec_.seed, Stream::weights, id_, static_cast<std::uint32_t>(source)};
    }

    const ModelSpec& spec_;
    const ProjectionSpec& projection_;
    std::uint32_t id_;
    std::size_t pre_, post_;
    double fan_out_;
};

std::optional<Windowed> windowed_of(const ModelSpec& spec, const ProjectionSpec& p) {
    if (!only_trained(p.connect.rule)) return std::nullopt;
    Windowed out{window_of(p.connect, shape_of(spec, p.from), shape_of(spec, p.to)), std::nullopt};
    if (is_pool(p.connect.rule))
        out.pool = p.connect.rule == Rule::avg_pool   ? PoolKind::average
                   : p.connect.rule == Rule::sum_pool ? PoolKind::sum
                                                      : PoolKind::max;
    return out;
}

Frozen frozen_of(const ProjectionSpec& p) {
    if (!p.bias || p.trainable == p.bias_learns()) return Frozen::nothing;
    return p.trainable ? Frozen::bias : Frozen::weights;
}

}  // namespace

/// What Dale's law adds to the weights: signs, and numbers that learn in their place.
std::size_t signs_stored(const ModelSpec& spec, const ProjectionSpec& p) {
    const std::optional<DaleSpec>& dale = spec.populations[number_of(spec, p.from)].dale;
    return !dale ? 0 : dale->method == DaleMethod::project ? 1 : 2;
}

Network compile(const ModelSpec& spec) {
    Network network{spec.dt, spec.steps(), spec.data.encode.scheme, in_order(spec), {}};
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const std::string& name = network.populations[k].name;
        if (!spec.shown_to(name)) continue;
        const ShownInput input{spec.encode_of(name).scheme};
        if (k == 0)
            network.encoder = input.encoder;
        else
            network.more_inputs.push_back(input);
    }
    for (const PopulationSpec& p : spec.populations) {
        if (!p.dendrites_of.empty())
            network.populations[index_of(network.populations, p.name)].dendrites_of =
                index_of(network.populations, p.dendrites_of);
    }
    for (const OutputSpec& output : spec.data.outputs)
        network.outputs.push_back(index_of(network.populations, output.name));
    const std::vector<std::size_t> delays = delays_of(spec);
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        const std::size_t from = index_of(network.populations, p.from),
                          to = index_of(network.populations, p.to);
        const ProjectionWeights drawn(spec, k);
        std::optional<ConnectedPairs> synapses = synapses_of(spec, k);
        Projection out{p.name(),
                       from,
                       to,
                       p.learns() && !is_pool(p.connect.rule),
                       synapses ? drawn.weights(*synapses) : drawn.weights(),
                       drawn.bias(),
                       synapses ? std::vector<std::uint8_t>{} : connected_of(spec, k),
                       delays[k],
                       frozen_of(p),
                       windowed_of(spec, p),
                       p.lr,
                       p.weight_decay,
                       drawn.delays(),
                       std::move(synapses)};
        for (std::size_t i = 0; i < out.connected.size(); ++i) {
            if (!out.connected[i]) out.weights[i] = 0.0f;
        }
        const bool given = p.weight.loaded && p.weight.loaded->has_weights();
        if (network.populations[from].dale && !given) apply_signs(network, out);
        const bool random = spec.train && feedback_of(spec.train->method) == Feedback::random;
        if (random && !is_input(spec.populations[number_of(spec, p.from)]) &&
            !is_pool(p.connect.rule))
            out.feedback = drawn.feedback();
        for (std::size_t n = 0; !p.multiplies.empty() && n < spec.projections.size(); ++n) {
            if (spec.projections[n].name() == p.multiplies) out.multiplies = n;
        }
        network.projections.push_back(std::move(out));
    }
    require_left_after_pruning(spec, network);
    return network;
}

std::vector<MemoryPart> estimate_memory(const ModelSpec& spec) {
    std::int64_t samples_at_once = spec.train ? spec.train->batch : 128;
    if (spec.train && spec.data.train_samples > 0)
        samples_at_once = std::min(samples_at_once, spec.data.train_samples);
    const auto batch = static_cast<std::size_t>(samples_at_once);
    const Methods::Params method = spec.train ? spec.train->method : SurrogateGradient::Params{};
    const std::size_t steps = steps_at_once(method, spec.steps());
    const auto padded = [](std::int64_t n) { return static_cast<std::size_t>((n + 15) / 16 * 16); };
    std::vector<MemoryPart> parts;
    std::size_t inputs = 0;
    for (const PopulationSpec& p : spec.populations) {
        const bool input = is_input(p);
        if (input) inputs = static_cast<std::size_t>(p.size);
        // What is sent, as bits; where no window alone reads it, also listed, on a CPU as values.
        const bool listed = std::any_of(
            spec.projections.begin(), spec.projections.end(), [&](const ProjectionSpec& to) {
                return to.from == p.name && !only_trained(to.connect.rule);
            });
        const std::size_t words = (steps + 31) / 32;
        const std::size_t events = batch * static_cast<std::size_t>(p.size) *
                                   (words + (listed ? words + 1 + steps : 0)) *
                                   sizeof(std::uint32_t);
        // Membrane and gradient of every step, in training, and what a norm has made of the input.
        const std::size_t kept = !spec.train ? 1 : p.batch_norm ? 3 : 2;
        const std::size_t traces =
            input ? 0 : batch * steps * p.order().panels() * panel_width * kept * sizeof(float);
        // With parameters that are trained the sums of their gradients, and a state of some models.
        const std::size_t learned = p.trainable.empty() || !spec.train
                                        ? 0
                                        : batch * padded(p.size) * (steps + 8) * sizeof(float);
        parts.push_back({"activity of " + p.name, events + traces + learned});
    }
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        if (stored_sparse(spec, k)) {
            // Twice more on the host: weights and targets.
            parts.push_back({"weights " + p.name(),
                             bytes_of_synapses(spec, k) +
                                 static_cast<std::size_t>(16.0 * stored_weights(spec, k))});
            continue;
        }
        // Weights on host and device; in training the gradient, two moments and the transposed
        // weights.
        const std::size_t copies = spec.train && p.learns() ? 6 + signs_stored(spec, p) : 2;
        const WeightMatrix matrix = weight_matrix(spec, p);
        if (p.learns() && following_of(method) == Following::eligibility &&
            comes_in_pieces(method, spec.steps())) {
            const std::size_t of_sample =
                static_cast<std::size_t>(matrix.rows + 1) * padded(matrix.columns) *
                bytes_of_eligibility(spec.populations[number_of(spec, p.to)].neuron);
            parts.push_back({"eligibility " + p.name(),
                             of_sample * most_with_eligibility(of_sample, batch, 1)});
        }
        parts.push_back({"weights " + p.name(), copies * static_cast<std::size_t>(matrix.rows) *
                                                    padded(matrix.columns) * sizeof(float)});
    }
    for (const ProjectionSpec& p : spec.projections) {
        if (p.learned_delay)
            parts.push_back({"delays " + p.name(), bytes_of_delays(spec, p, batch)});
    }
    if (spec.own_data()) return parts;  // what is read of the file is looked at there
    const std::size_t samples = (spec.train ? 60000u : 0u) + 10000u;
    parts.push_back({"data set", samples * inputs * 2});  // host and device
    return parts;
}

}  // namespace snnsim
