#include "src/nir/projection_nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/files/room.hpp"
#include "src/model/shapes.hpp"
#include "src/nir/library_rules.hpp"

namespace snnsim::nir {
namespace {

std::int64_t count_of(const Shape& shape) {
    std::int64_t out = 1;
    for (const std::int64_t n : shape) out *= n;
    return out;
}

class Maker {
  public:
    explicit Maker(const ProjectionForNir& from) : in_(from), p_(from.projection) {}

    ProjectionNodes make() {
        if (p_.multiplies) {
            cannot(
                "its sums multiply others (multiplies), for which NIR has no node; train it "
                "without");
            return out_;
        }
        delay();
        if (p_.windowed) {
            p_.windowed->pool ? pool() : convolution();
        } else if (one_to_one()) {
            scale();
        } else {
            dense();
        }
        return std::move(out_);
    }

  private:
    void cannot(const std::string& what) { out_.impossible.push_back(what); }
    void add(const char* suffix, NodeKind kind) {
        out_.nodes.emplace_back(suffix, std::move(kind));
    }

    void delay() {
        const std::size_t sources = static_cast<std::size_t>(count_of(in_.from));
        std::vector<double> steps;
        if (p_.delays) {
            const std::vector<float>& all = p_.delays->steps;
            const std::size_t each = all.size() / sources;
            for (std::size_t i = 0; i < sources; ++i) {
                const auto first = all.begin() + static_cast<std::ptrdiff_t>(i * each);
                if (std::any_of(first, first + static_cast<std::ptrdiff_t>(each),
                                [&](float d) { return std::round(d) != std::round(*first); })) {
                    cannot(
                        "its synapses have delays of their own, and in NIR a delay is one of a "
                        "source; train it with delay: {learn: source, ...}");
                    return;
                }
                steps.push_back(std::floor(static_cast<double>(*first) + 0.5));
            }
        } else if (p_.delay != in_.implied) {
            steps.assign(sources, static_cast<double>(p_.delay));
        }
        if (steps.empty()) return;
        if (std::all_of(steps.begin(), steps.end(),
                        [&](double d) { return d == static_cast<double>(in_.implied); }))
            return;
        if (in_.implied > 0 &&
            std::any_of(steps.begin(), steps.end(), [](double d) { return d == 0.0; })) {
            cannot(
                "it leads back without a delay, and readers of NIR delay what leads back by a "
                "step; give it a delay of 1 dt or more");
            return;
        }
        for (double& d : steps) d *= in_.dt;
        add("_delay", Delay{{in_.from, std::move(steps)}});
    }

    /// Each cell to the one of its number.
    bool one_to_one() const {
        return in_.said.connect.rule == Rule::one_to_one && count_of(in_.from) == count_of(in_.to);
    }
    /// [target][source], zeros where there is no synapse.
    Weights matrix() const {
        const std::int64_t sources = count_of(in_.from), targets = count_of(in_.to);
        const auto pre = static_cast<std::size_t>(sources),
                   post = static_cast<std::size_t>(targets);
        require_room(
            std::uint64_t{4} * pre * post,
            fmt::format("the weights of '{}' as a full matrix, as NIR has them,", p_.name));
        Weights out{{targets, sources}, std::vector<float>(pre * post, 0.0f)};
        if (p_.synapses) {
            p_.synapses->for_each([&](std::size_t i, std::size_t s) {
                out.values[p_.synapses->target[s] * pre + i] = p_.weights[s];
            });
            return out;
        }
        for (std::size_t i = 0; i < pre; ++i) {
            for (std::size_t j = 0; j < post; ++j) {
                const std::size_t at = i * post + j;
                if (p_.connected.empty() || p_.connected[at])
                    out.values[j * pre + i] = p_.weights[at];
            }
        }
        return out;
    }
    std::optional<Weights> bias() const {
        if (p_.bias.empty()) return {};
        return Weights{{static_cast<std::int64_t>(p_.bias.size())}, p_.bias};
    }
    Weights zeros(std::int64_t count) const {
        return {{count}, std::vector<float>(static_cast<std::size_t>(count), 0.0f)};
    }
    void flatten(const Shape& shape) {
        if (shape.size() > 1) add("_flatten", Flatten{0, -1, shape});
    }

    void dense() {
        if (in_.to.size() > 1) {
            cannot(
                fmt::format("it leads from cells to cells into the shape {} that windows see, "
                            "and NIR has no node that gives sums a shape; lead windows there, "
                            "or windows and `one_to_one` only",
                            shape_text(in_.to)));
            return;
        }
        flatten(in_.from);
        Affine node{matrix(), bias()};
        if (!node.bias && !reads(in_.library, node)) node.bias = zeros(in_.to[0]);
        add("", std::move(node));
    }
    void scale() {
        const Weights diagonal_bias = bias().value_or(Weights{});
        const bool biased = std::any_of(diagonal_bias.values.begin(), diagonal_bias.values.end(),
                                        [](float b) { return b != 0.0f; });
        const bool same_shape = in_.from == in_.to;
        if (biased || !same_shape || !reads(in_.library, Scale{})) {
            dense();
            return;
        }
        const auto cells = static_cast<std::size_t>(count_of(in_.from));
        Weights diagonal{in_.from, std::vector<float>(cells, 0.0f)};
        if (p_.synapses) {
            p_.synapses->for_each(
                [&](std::size_t i, std::size_t s) { diagonal.values[i] = p_.weights[s]; });
        } else {
            for (std::size_t i = 0; i < cells; ++i) {
                const std::size_t at = i * cells + i;
                if (p_.connected.empty() || p_.connected[at]) diagonal.values[i] = p_.weights[at];
            }
        }
        add("", Scale{std::move(diagonal)});
    }

    /// Of a window: rows and columns, or columns alone.
    Shape sides(const std::uint32_t (&of)[2]) const {
        if (in_.from.size() == 2) return {of[1]};
        return {of[0], of[1]};
    }
    void convolution() {
        const SlidingWindow& w = p_.windowed->window;
        const auto inputs = static_cast<std::int64_t>(w.channels_in_group());
        const std::int64_t channels = w.channels_out, rows = w.kernel[0], columns = w.kernel[1];
        Conv node;
        node.input_shape = sides(w.in);
        node.weight.shape = {channels, inputs, rows, columns};
        node.weight.values.resize(p_.weights.size());
        for (std::int64_t c = 0; c < channels; ++c) {
            for (std::int64_t i = 0; i < inputs; ++i) {
                for (std::int64_t k = 0; k < rows * columns; ++k)
                    node.weight
                        .values[static_cast<std::size_t>((c * inputs + i) * rows * columns + k)] =
                        p_.weights[static_cast<std::size_t>((k * inputs + i) * channels + c)];
            }
        }
        if (in_.from.size() == 2) node.weight.shape = {channels, inputs, columns};
        node.bias = bias().value_or(zeros(channels));
        node.stride = sides(w.stride);
        node.dilation = sides(w.dilation);
        node.pads = sides(w.padding);
        node.groups = w.groups;
        if (w.groups > 1 && in_.library == Library::spikingjelly) {
            cannot(
                "its channels fall into groups, and SpikingJelly reads no such convolution; "
                "train it without groups, or write for another library");
            return;
        }
        if (w.groups > 1 || rows != columns)
            out_.notes.push_back(fmt::format(
                "the Python package nir works out other shapes for the convolution '{}' ({}) than "
                "it has: read the file with nir.read(path, type_check=False)",
                p_.name, w.groups > 1 ? "groups" : "a window that is no square"));
        add("", std::move(node));
    }
    void pool() {
        const SlidingWindow& w = p_.windowed->window;
        if (*p_.windowed->pool == PoolKind::max) {
            cannot(
                "NIR has no node for the largest of a window (max_pool); train it with "
                "avg_pool or sum_pool");
            return;
        }
        if (in_.from.size() != 3) {
            cannot(
                "its window moves over columns alone, and the pools of NIR move over rows and "
                "columns; give the populations a shape [channels, rows, columns]");
            return;
        }
        const bool padded = w.padding[0] > 0 || w.padding[1] > 0;
        const bool mean = *p_.windowed->pool == PoolKind::average;
        if (padded && !mean && in_.library != Library::definition) {
            cannot(
                fmt::format("its window looks beyond the borders, and {} leaves the padding of "
                            "a SumPool2d out; train it without padding",
                            rules_of(in_.library).called));
            return;
        }
        add("", Pool{mean, sides(w.kernel), sides(w.stride), sides(w.padding)});
    }

    const ProjectionForNir& in_;
    const Projection& p_;
    ProjectionNodes out_;
};

}  // namespace

ProjectionNodes projection_nodes(const ProjectionForNir& from) {
    return Maker(from).make();
}

}  // namespace snnsim::nir
