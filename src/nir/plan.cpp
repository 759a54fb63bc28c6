#include "src/nir/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "snnsim/error.hpp"
#include "src/nir/cells.hpp"
#include "src/nir/shapes.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim::nir {
namespace {

std::int64_t product(const Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// Letters, digits, '_' and '-' of a name, and no word that YAML takes for something else.
std::string plain(const std::string& name) {
    constexpr std::size_t longest = 60;
    static const std::set<std::string> words{"null", "true", "false", "yes", "no",
                                             "on",   "off",  "y",     "n"};
    std::string out, small;
    for (const char c : name.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) == 0x80) continue;  // of a letter that is one '_' already
        out += std::isalnum(byte) || c == '_' || c == '-' ? c : '_';
        small += static_cast<char>(std::tolower(byte));
    }
    return out.empty() || words.count(small) ? "node_" + out : out;
}

/// Where weights may lie: [to][from], turned around and multiplied.
Weights turned(const Weights& weight, std::size_t from, std::size_t to,
               const std::vector<double>& gain) {
    Weights out{{static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)}, {}};
    out.values.resize(from * to);
    constexpr std::size_t block = 64;  // of both sides, in cache
    for (std::size_t t0 = 0; t0 < to; t0 += block) {
        for (std::size_t f0 = 0; f0 < from; f0 += block) {
            for (std::size_t t = t0; t < std::min(to, t0 + block); ++t) {
                const double g = gain.empty() ? 1.0 : gain[t];
                for (std::size_t f = f0; f < std::min(from, f0 + block); ++f)
                    out.values[f * to + t] =
                        static_cast<float>(g * static_cast<double>(weight.values[t * from + f]));
            }
        }
    }
    return out;
}

std::string pair_text(const Shape& sides) {
    if (sides.size() == 1 || sides[0] == sides[1]) return fmt::format("{}", sides[0]);
    return fmt::format("[{}, {}]", sides[0], sides[1]);
}

/// Weights with zeros between and before them: a window that is not dilated, and whose padding is
/// the same on both sides where that of `same` is one less before than behind.
Weights spread(const Weights& w, const Shape& dilation, const Shape& before) {
    const std::size_t sides = dilation.size();
    Weights out{w.shape, {}};
    for (std::size_t d = 0; d < sides; ++d)
        out.shape[2 + d] = dilation[d] * (w.shape[2 + d] - 1) + 1 + before[d];
    out.values.assign(static_cast<std::size_t>(product(out.shape)), 0.0f);
    const std::int64_t channels = w.shape[0] * w.shape[1];
    const std::int64_t rows = sides == 2 ? w.shape[2] : 1, columns = w.shape.back();
    const std::int64_t wide = out.shape.back(), high = sides == 2 ? out.shape[2] : 1;
    for (std::int64_t c = 0; c < channels; ++c) {
        for (std::int64_t y = 0; y < rows; ++y) {
            for (std::int64_t x = 0; x < columns; ++x) {
                const std::int64_t to_y = sides == 2 ? before[0] + y * dilation[0] : 0;
                const std::int64_t to_x = before.back() + x * dilation.back();
                out.values[static_cast<std::size_t>((c * high + to_y) * wide + to_x)] =
                    w.values[static_cast<std::size_t>((c * rows + y) * columns + x)];
            }
        }
    }
    return out;
}

constexpr auto none = static_cast<std::size_t>(-1);
constexpr std::int64_t most_cells = 1 << 24;  // of a population: see size_field

class Planner {
  public:
    Planner(Graph graph, const std::string& path, double dt, const ReadingOf& reading_of)
        : graph_(std::move(graph)), path_(path), dt_(dt), reading_of_(reading_of) {
        shapes_ = infer_shapes(graph_, path_);
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) number_[graph_.nodes[n].name] = n;
        before_.resize(graph_.nodes.size());
        after_.resize(graph_.nodes.size());
        entry_.assign(graph_.nodes.size(), none);
        exit_.assign(graph_.nodes.size(), none);
    }

    Plan plan() {
        connect_nodes();
        for_each_node([&](std::size_t n) {
            if (is_cell(n)) add_cells(n);
        });
        for_each_node([&](std::size_t n) {
            if (is_link(n)) add_sums(n);
            if (is<Output>(n)) add_output(n);
        });
        for_each_node([&](std::size_t n) {
            add_edges(n);
            if (is_link(n)) add_link(n);
        });
        order();
        return std::move(plan_);
    }

  private:
    template <class T>
    bool is(std::size_t n) const {
        return std::holds_alternative<T>(graph_.nodes[n].kind);
    }
    template <class T>
    const T& as(std::size_t n) const {
        return std::get<T>(graph_.nodes[n].kind);
    }
    bool is_cell(std::size_t n) const { return is<Input>(n) || is<Cells>(n) || is<Threshold>(n); }
    bool is_link(std::size_t n) const {
        return is<Affine>(n) || is<Scale>(n) || is<Conv>(n) || is<Pool>(n) || is<Delay>(n);
    }
    const std::string& name(std::size_t n) const { return graph_.nodes[n].name; }

    /// Throws what is wrong with any of them, at once.
    template <class Act>
    void for_each_node(const Act& act) const {
        std::string wrong;
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
            try {
                act(n);
            } catch (const FileError& e) {
                wrong +=
                    fmt::format("{}{}: /node/nodes/{} ({}): {}", wrong.empty() ? "" : "\n", path_,
                                excerpt(name(n)), type_name(graph_.nodes[n].kind), e.what());
            }
        }
        if (!wrong.empty()) throw FileError(wrong);
    }

    /// What leads where, with nodes that flatten left out: places are numbered as they flatten.
    void connect_nodes() {
        std::vector<std::vector<std::size_t>> after(graph_.nodes.size());
        for (const auto& [from, to] : graph_.edges)
            after[number_.at(from)].push_back(number_.at(to));
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
            if (is<Flatten>(n)) continue;
            std::vector<std::size_t> next = after[n];
            std::size_t flattened = 0;
            for (std::size_t k = 0; k < next.size(); ++k) {
                if (!is<Flatten>(next[k])) {
                    after_[n].push_back(next[k]);
                    before_[next[k]].push_back(n);
                    continue;
                }
                if (++flattened > graph_.nodes.size())
                    throw FileError(fmt::format("{}: /node/nodes/{}: a cycle of nodes that flatten",
                                                path_, excerpt(name(next[k]))));
                const std::vector<std::size_t> beyond = after[next[k]];
                next.insert(next.end(), beyond.begin(), beyond.end());
            }
        }
    }

    std::string free_name(const std::string& wanted) {
        std::string out = wanted;
        for (int k = 2; !taken_.insert(out).second; ++k) out = fmt::format("{}_{}", wanted, k);
        return out;
    }
    std::size_t add_population(std::size_t n, const std::string& name, Shape shape,
                               PlannedCells cells) {
        if (product(shape) > most_cells)
            throw FileError(fmt::format("it has {} values; a population has {} cells at most",
                                        product(shape), most_cells));
        PlannedPopulation p;
        p.name = free_name(plain(name));
        p.node = this->name(n);
        p.shape = std::move(shape);
        p.model = std::move(cells.model);
        p.varied = std::move(cells.varied);
        p.spikes = cells.spikes;
        plan_.populations.push_back(std::move(p));
        gain_.push_back(std::move(cells.gain));
        return plan_.populations.size() - 1;
    }
    std::size_t add_linear(std::size_t n, const std::string& name, const Shape& shape) {
        return add_population(n, name, shape, {"linear", {}, {}, false});
    }
    const Shape& out_shape(std::size_t n) const { return shapes_.at(name(n)).out; }
    const Shape& in_shape(std::size_t n) const { return shapes_.at(name(n)).in; }

    /// Whether the node leads to nothing but outputs.
    bool only_shown(std::size_t n) const {
        return std::all_of(after_[n].begin(), after_[n].end(),
                           [&](std::size_t m) { return is<Output>(m); });
    }

    void add_cells(std::size_t n) {
        const Shape& shape = out_shape(n);
        const auto size = static_cast<std::size_t>(product(shape));
        if (is<Input>(n)) {
            entry_[n] = exit_[n] =
                add_population(n, name(n), shape, {"spike_source", {}, {}, true});
            return;
        }
        if (is<Threshold>(n)) {
            add_threshold(n, size);
            return;
        }
        const CellsAsModel made =
            cells_as_model(as<Cells>(n), size, reading_of_(name(n)), dt_, !only_shown(n));
        const std::size_t cells = add_population(n, name(n), shape, made.cells);
        entry_[n] = exit_[n] = cells;
        if (made.synapse) {
            entry_[n] = add_population(n, name(n) + "_current", shape, *made.synapse);
            one_to_one(entry_[n], cells, {}).delay = made.synapse_late ? 1 : 0;
        }
        if (!made.offset.empty()) {
            exit_[n] = add_linear(n, name(n) + "_level", shape);
            PlannedProjection& p = one_to_one(cells, exit_[n], {});
            for (const double v : made.offset) p.bias.push_back(static_cast<float>(v));
            plan_.said.push_back(
                fmt::format("{}: v is relative to v_leak, which {} adds, and where it starts",
                            name(n), plan_.populations[exit_[n]].name));
        }
        plan_.names[name(n)] = plan_.populations[exit_[n]].name;
    }
    void add_threshold(std::size_t n, std::size_t size) {
        const Parameters& threshold = as<Threshold>(n).threshold;
        std::vector<double> values = threshold.values;
        if (values.size() == 1) values.assign(size, values[0]);
        PlannedCells cells{fmt::format("lif, tau_m: {} ms, integration: euler, reset: none, "
                                       "fires: above, v_th: {}",
                                       dt_, values.at(0)),
                           {},
                           std::vector<double>(size, 1.0),
                           true};
        for (const double v : values) {
            if (!(v > 0.0))
                throw FileError(fmt::format("threshold is {}; only one above 0 can be said", v));
            if (v != values[0] && cells.varied.empty())
                cells.varied.push_back({"v_th", "", values});
        }
        entry_[n] = exit_[n] = add_population(n, name(n), out_shape(n), std::move(cells));
        plan_.names[name(n)] = plan_.populations[exit_[n]].name;
    }

    /// The populations that a node with weights needs on its two sides.
    void add_sums(std::size_t n) {
        if (after_[n].size() != 1) exit_[n] = add_linear(n, name(n), out_shape(n));
        const bool summed =
            before_[n].size() != 1 || (is_link(before_[n][0]) && after_[before_[n][0]].size() == 1);
        if (!summed) return;
        // Before a node that flattens there are rows and columns.
        const bool one = before_[n].size() == 1;
        entry_[n] = add_linear(n, name(n) + "_input", one ? out_shape(before_[n][0]) : in_shape(n));
    }
    void add_output(std::size_t n) {
        if (before_[n].size() == 1) {
            const std::size_t from = before_[n][0];
            const bool fires_or_leaks = is<Cells>(from) || is<Threshold>(from);
            if (fires_or_leaks && is_last(from)) {
                plan_.names[name(n)] = plan_.populations[exit_[from]].name;
                return;
            }
            if (fires_or_leaks && exit_[from] != none && plan_.populations[exit_[from]].spikes) {
                entry_[n] = add_population(n, name(n), out_shape(n), {"relay", {}, {}, true});
                plan_.names[name(n)] = plan_.populations[entry_[n]].name;
                return;
            }
        }
        entry_[n] = add_linear(n, name(n), out_shape(n));
        plan_.names[name(n)] = plan_.populations[entry_[n]].name;
    }
    /// Whether cells lead to the output, and else to themselves alone.
    bool is_last(std::size_t n) const {
        return std::all_of(after_[n].begin(), after_[n].end(), [&](std::size_t m) {
            const bool back = m == n || (is_link(m) && after_[m].size() == 1 && after_[m][0] == n &&
                                         before_[m].size() == 1);
            return is<Output>(m) || (back && entry_[n] == exit_[n]);
        });
    }

    PlannedProjection& projection(std::size_t from, std::size_t to) {
        PlannedProjection p;
        p.from = from;
        p.to = to;
        const std::string& a = plan_.populations[from].name;
        const std::string& b = plan_.populations[to].name;
        p.name = fmt::format("{}_to_{}", a, b);
        for (int k = 2; !projections_.insert(p.name).second; ++k)
            p.name = fmt::format("{}_to_{}_{}", a, b, k);
        plan_.projections.push_back(std::move(p));
        return plan_.projections.back();
    }
    /// Multiplied by `factors`, none: 1, and by the gain of the targets.
    PlannedProjection& one_to_one(std::size_t from, std::size_t to,
                                  const std::vector<float>& factors) {
        PlannedProjection& p = projection(from, to);
        p.connect = "one_to_one";
        const std::vector<double>& gain = gain_[to];
        const auto size = static_cast<std::size_t>(plan_.populations[to].size());
        std::vector<float> values(size);
        for (std::size_t n = 0; n < size; ++n)
            values[n] =
                static_cast<float>((factors.empty() ? 1.0 : static_cast<double>(factors[n])) *
                                   (gain.empty() ? 1.0 : gain[n]));
        if (std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; })) {
            p.constant = values[0];
        } else {
            p.weights.values = std::move(values);  // of a list of pairs
            p.sources.resize(size);
            std::iota(p.sources.begin(), p.sources.end(), 0u);
            p.targets = p.sources;
        }
        return p;
    }

    void add_edges(std::size_t n) {
        for (const std::size_t to : after_[n]) {
            if (exit_[n] == none || entry_[to] == none) continue;
            if (is_link(n) && after_[n].size() == 1) continue;  // its projection leads there
            one_to_one(exit_[n], entry_[to], {});
        }
    }

    /// Of a node with weights: the population before it, and the one that it leads to.
    std::size_t source_of(std::size_t n) const {
        return entry_[n] != none ? entry_[n] : exit_[before_[n][0]];
    }
    std::size_t target_of(std::size_t n) const {
        return exit_[n] != none ? exit_[n] : entry_[after_[n][0]];
    }
    bool plain_gain(std::size_t to) const {
        return std::all_of(gain_[to].begin(), gain_[to].end(), [](double g) { return g == 1.0; });
    }
    /// The target of what cannot be multiplied: a population before it where it has a gain.
    std::size_t ungained(std::size_t n, std::size_t to) {
        if (plain_gain(to)) return to;
        const std::size_t sums = add_linear(n, name(n), out_shape(n));
        one_to_one(sums, to, {});
        return sums;
    }

    void add_link(std::size_t n) {
        const std::size_t from = source_of(n), to = target_of(n);
        if (is<Affine>(n)) add_affine(n, from, to);
        if (is<Scale>(n)) add_scale(n, from, to);
        if (is<Conv>(n)) add_conv(n, from, to);
        if (is<Pool>(n)) add_pool(n, from, to);
        if (is<Delay>(n)) add_delay(n, from, to);
    }
    void add_affine(std::size_t n, std::size_t from, std::size_t to) {
        const Affine& node = as<Affine>(n);
        const auto sources = static_cast<std::size_t>(plan_.populations[from].size());
        const auto targets = static_cast<std::size_t>(plan_.populations[to].size());
        if (node.weight.values.size() != sources * targets)
            throw FileError(
                "its weights are for the last dimension of what arrives; flatten that first");
        PlannedProjection& p = projection(from, to);
        p.connect = "all_to_all";
        p.weights = turned(node.weight, sources, targets, gain_[to]);
        if (node.bias) p.bias = gained(node.bias->values, 1, to);
        std::get<Affine>(graph_.nodes[n].kind).weight.values = {};  // memory for the next one
    }
    /// Biases, each for so many places, times the gain.
    std::vector<float> gained(const std::vector<float>& bias, std::size_t places,
                              std::size_t to) const {
        std::vector<float> out;
        if (std::all_of(bias.begin(), bias.end(), [](float b) { return b == 0.0f; })) return out;
        for (std::size_t k = 0; k < bias.size(); ++k) {
            const double g = gain_[to].empty() ? 1.0 : gain_[to][k * places];
            out.push_back(static_cast<float>(g * static_cast<double>(bias[k])));
        }
        return out;
    }
    void add_scale(std::size_t n, std::size_t from, std::size_t to) {
        const auto size = static_cast<std::size_t>(plan_.populations[to].size());
        std::vector<float> factors = as<Scale>(n).scale.values;
        if (factors.size() == 1) factors.assign(size, factors[0]);
        if (factors.size() != size)
            throw FileError(fmt::format("{} factors for {} values", factors.size(), size));
        one_to_one(from, to, factors);
    }
    void add_conv(std::size_t n, std::size_t from, std::size_t to) {
        const Conv& node = as<Conv>(n);
        const auto channels = static_cast<std::size_t>(node.weight.shape[0]);
        const auto places = static_cast<std::size_t>(plan_.populations[to].size()) /
                            std::max<std::size_t>(1, channels);
        const std::vector<double>& gain = gain_[to];
        for (std::size_t k = 0; k < gain.size(); ++k) {
            if (gain[k] == gain[k / places * places]) continue;
            to = ungained(n, to);
            break;
        }
        Weights weights = node.weight;
        Shape pads = node.pads, dilation = node.dilation;
        const std::size_t sides = dilation.size();
        if (node.padding != Padding::given) pads.assign(sides, 0);
        if (node.padding == Padding::same) {
            Shape before(sides, 0);
            bool uneven = false;
            for (std::size_t d = 0; d < sides; ++d) {
                const std::int64_t total = dilation[d] * (weights.shape[2 + d] - 1);
                before[d] = total % 2;
                pads[d] = (total + 1) / 2;
                uneven = uneven || before[d];
            }
            if (uneven) {
                weights = spread(weights, dilation, before);
                dilation.assign(sides, 1);
            }
        }
        const std::size_t taps = weights.values.size() / std::max<std::size_t>(1, channels);
        for (std::size_t k = 0; k < weights.values.size() && !gain_[to].empty(); ++k)
            weights.values[k] = static_cast<float>(gain_[to][k / taps * places] *
                                                   static_cast<double>(weights.values[k]));
        PlannedProjection& p = projection(from, to);
        const Shape kernel(weights.shape.begin() + 2, weights.shape.end());
        p.connect = fmt::format(
            "{{rule: conv{}d, channels: {}, kernel: {}, stride: {}, padding: {}, dilation: {}, "
            "groups: {}}}",
            sides, channels, pair_text(kernel), pair_text(node.stride), pair_text(pads),
            pair_text(dilation), node.groups);
        p.bias = gained(node.bias.values, places, to);
        p.weights = std::move(weights);
    }
    void add_pool(std::size_t n, std::size_t from, std::size_t to) {
        const Pool& node = as<Pool>(n);
        PlannedProjection& p = projection(from, ungained(n, to));
        p.connect = fmt::format("{{rule: {}_pool, kernel: {}, stride: {}, padding: {}}}",
                                node.mean ? "avg" : "sum", pair_text(node.kernel),
                                pair_text(node.stride), pair_text(node.padding));
    }
    void add_delay(std::size_t n, std::size_t from, std::size_t to) {
        constexpr double most = 1e6;  // steps
        const auto size = static_cast<std::size_t>(plan_.populations[to].size());
        std::vector<double> delays = as<Delay>(n).delay.values;
        if (delays.size() == 1) delays.assign(size, delays[0]);
        if (delays.size() != size)
            throw FileError(fmt::format("{} delays for {} values", delays.size(), size));
        const double unit = reading_of_(name(n)).unit;
        std::map<std::int64_t, std::vector<std::uint32_t>> by_delay;
        bool off_grid = false;
        for (std::size_t k = 0; k < size; ++k) {
            const double steps = delays[k] / unit;
            if (!(steps > -0.5 && steps < most))
                throw FileError(fmt::format("delay is {}, {:.3g} steps", delays[k], steps));
            off_grid = off_grid || std::abs(steps - std::round(steps)) > 1e-3;
            by_delay[std::llround(steps)].push_back(static_cast<std::uint32_t>(k));
        }
        if (off_grid)
            plan_.said.push_back(fmt::format(
                "{}: its delays are no whole numbers of steps, and are rounded", name(n)));
        if (by_delay.size() == 1) {
            one_to_one(from, to, {}).delay = by_delay.begin()->first;
            return;
        }
        for (const auto& [delay, cells] : by_delay) {
            PlannedProjection& p = projection(from, to);
            p.delay = delay;
            p.sources = p.targets = cells;
            for (const std::uint32_t cell : cells)
                p.weights.values.push_back(
                    static_cast<float>(gain_[to].empty() ? 1.0 : gain_[to][cell]));
        }
    }

    /// Puts populations after those that lead to them; what closes a cycle takes a step.
    void order() {
        enum class Seen : std::uint8_t { no, under_way, done };
        const std::size_t count = plan_.populations.size();
        std::vector<std::vector<std::size_t>> out(count);
        for (std::size_t k = 0; k < plan_.projections.size(); ++k)
            out[plan_.projections[k].from].push_back(k);
        std::vector<Seen> seen(count, Seen::no);
        std::vector<std::size_t> last_first;
        const auto walk = [&](std::size_t first) {
            std::vector<std::pair<std::size_t, std::size_t>> stack{{first, 0}};
            seen[first] = Seen::under_way;
            while (!stack.empty()) {
                auto& [at, next] = stack.back();
                if (next == out[at].size()) {
                    seen[at] = Seen::done;
                    last_first.push_back(at);
                    stack.pop_back();
                    continue;
                }
                PlannedProjection& p = plan_.projections[out[at][next++]];
                if (p.delay > 0) continue;
                if (seen[p.to] == Seen::under_way) {
                    p.delay = 1;
                    plan_.said.push_back(fmt::format("what goes back from {} to {} takes one step",
                                                     plan_.populations[p.from].name,
                                                     plan_.populations[p.to].name));
                } else if (seen[p.to] == Seen::no) {
                    seen[p.to] = Seen::under_way;
                    stack.emplace_back(p.to, 0);
                }
            }
        };
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
            if (is<Input>(n) && seen[exit_[n]] == Seen::no) walk(exit_[n]);
        }
        for (std::size_t n = 0; n < count; ++n) {
            if (seen[n] == Seen::no) walk(n);
        }
        std::vector<std::size_t> place(count);
        std::vector<PlannedPopulation> ordered;
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t n = last_first[count - 1 - k];
            place[n] = k;
            ordered.push_back(std::move(plan_.populations[n]));
        }
        plan_.populations = std::move(ordered);
        for (PlannedProjection& p : plan_.projections) {
            p.from = place[p.from];
            p.to = place[p.to];
        }
        std::stable_sort(plan_.projections.begin(), plan_.projections.end(),
                         [](const auto& a, const auto& b) { return a.from < b.from; });
    }

    Graph graph_;
    const std::string& path_;
    const double dt_;
    const ReadingOf& reading_of_;
    std::map<std::string, NodeShapes> shapes_;
    std::map<std::string, std::size_t> number_;
    std::vector<std::vector<std::size_t>> before_, after_;
    std::vector<std::size_t> entry_, exit_;  // populations of a node
    std::vector<std::vector<double>> gain_;  // by population
    std::set<std::string> taken_, projections_;
    Plan plan_;
};

}  // namespace

std::int64_t PlannedPopulation::size() const {
    return product(shape);
}

Plan plan_model(Graph graph, const std::string& path, double dt, const ReadingOf& reading_of) {
    return Planner(std::move(graph), path, dt, reading_of).plan();
}

}  // namespace snnsim::nir
