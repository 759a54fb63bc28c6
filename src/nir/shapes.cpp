#include "src/nir/shapes.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "src/nir/faults.hpp"

namespace snnsim::nir {
namespace {

using Index = std::size_t;

template <class T>
bool is_one_value(const Array<T>& a) {
    return a.values.size() <= 1;
}
/// Nothing where one value is that of every cell.
template <class T>
std::optional<Shape> shape_of(const Array<T>& a) {
    return is_one_value(a) ? std::nullopt : std::optional<Shape>(a.shape);
}

Shape without_last(Shape shape, std::size_t count) {
    shape.resize(shape.size() - count);
    return shape;
}
bool is_batch_of_one(const Shape& batch, const Shape& shape) {
    return batch.size() == shape.size() + 1 && batch[0] == 1 &&
           std::equal(shape.begin(), shape.end(), batch.begin() + 1);
}

/// What a node takes where that does not depend on what arrives.
struct Taken {
    std::optional<Shape> operator()(const Input& n) const { return n.shape; }
    std::optional<Shape> operator()(const Output& n) const { return n.shape; }
    std::optional<Shape> operator()(const Affine& n) const {
        Shape in = without_last(n.weight.shape, 2);
        in.push_back(n.weight.shape.back());
        return in;
    }
    std::optional<Shape> operator()(const Scale& n) const { return shape_of(n.scale); }
    std::optional<Shape> operator()(const Conv& n) const {
        if (n.input_shape.empty()) return {};
        Shape in{n.weight.shape[1] * n.groups};
        in.insert(in.end(), n.input_shape.begin(), n.input_shape.end());
        return in;
    }
    std::optional<Shape> operator()(const Pool&) const { return {}; }
    std::optional<Shape> operator()(const Flatten& n) const {
        return n.input_type.empty() ? std::nullopt : std::optional<Shape>(n.input_type);
    }
    std::optional<Shape> operator()(const Delay& n) const { return shape_of(n.delay); }
    std::optional<Shape> operator()(const Threshold& n) const { return shape_of(n.threshold); }
    std::optional<Shape> operator()(const Cells& n) const {
        for (const Parameters* p : parameters_of(n)) {
            if (!is_one_value(*p)) return p->shape;
        }
        return {};
    }
    std::optional<Shape> operator()(const Subgraph&) const { return {}; }

    static std::array<const Parameters*, 7> parameters_of(const Cells& n) {
        return {&n.tau, &n.tau_syn, &n.w_in, &n.r, &n.v_leak, &n.v_threshold, &n.v_reset};
    }
};

/// Why a shape cannot arrive at a node that takes several; empty: it can.
struct WhyNot {
    const Shape& in;

    std::string operator()(const Conv& n) const {
        const std::int64_t channels = n.weight.shape[1] * n.groups;
        if (in.size() == n.weight.shape.size() - 1 && in[0] == channels) return "";
        return fmt::format("takes [{}, {}]", channels,
                           n.two_dimensional() ? "rows, columns" : "columns");
    }
    std::string operator()(const Pool&) const {
        return in.size() == 3 ? "" : "takes [channels, rows, columns]";
    }
    std::string operator()(const Flatten& n) const {
        const auto [first, last] = axes(n, in.size());
        if (first >= 0 && first <= last && last < static_cast<std::int64_t>(in.size())) return "";
        return fmt::format("flattens the axes {} to {}", n.start_dim, n.end_dim);
    }
    template <class T>
    std::string operator()(const T&) const {
        return "";
    }

    static std::pair<std::int64_t, std::int64_t> axes(const Flatten& n, std::size_t rank) {
        const auto count = static_cast<std::int64_t>(rank);
        return {n.start_dim + (n.start_dim < 0 ? count : 0),
                n.end_dim + (n.end_dim < 0 ? count : 0)};
    }
};

/// What a node gives, of a shape that can arrive. Throws FileError where a window does not fit.
struct Given {
    const Shape& in;

    Shape operator()(const Affine& n) const { return without_last(n.weight.shape, 1); }
    Shape operator()(const Conv& n) const {
        Shape out{n.weight.shape[0]};
        for (std::size_t d = 0; d + 1 < in.size(); ++d) {
            const std::int64_t kernel = n.weight.shape[d + 2];
            // Of a stride, `same` gives what TensorFlow's gives; PyTorch has none.
            out.push_back(n.padding == Padding::same
                              ? (in[d + 1] + n.stride[d] - 1) / n.stride[d]
                              : places(in[d + 1], n.padding == Padding::given ? n.pads[d] : 0,
                                       n.dilation[d] * (kernel - 1) + 1, n.stride[d]));
        }
        return out;
    }
    Shape operator()(const Pool& n) const {
        return {in[0], places(in[1], n.padding[0], n.kernel[0], n.stride[0]),
                places(in[2], n.padding[1], n.kernel[1], n.stride[1])};
    }
    Shape operator()(const Flatten& n) const {
        const auto [first, last] = WhyNot::axes(n, in.size());
        Shape out(in.begin(), in.begin() + first);
        out.push_back(std::accumulate(in.begin() + first, in.begin() + last + 1, std::int64_t{1},
                                      std::multiplies<>()));
        out.insert(out.end(), in.begin() + last + 1, in.end());
        return out;
    }
    template <class T>
    Shape operator()(const T&) const {
        return in;
    }

  private:
    /// Of a window along one axis.
    static std::int64_t places(std::int64_t size, std::int64_t pad, std::int64_t window,
                               std::int64_t stride) {
        if (size + 2 * pad < window)
            throw FileError(fmt::format("a window of {} does not fit into {}{}", window, size,
                                        pad > 0 ? fmt::format(" with {} on each side", pad) : ""));
        return (size + 2 * pad - window) / stride + 1;
    }
};

class Inference {
  public:
    Inference(const Graph& graph, const std::string& path)
        : graph_(graph), faults_(path), shapes_(graph.nodes.size()), arrive_(graph.nodes.size()) {
        std::unordered_map<std::string, Index> index;
        for (Index k = 0; k < graph.nodes.size(); ++k) index.emplace(graph.nodes[k].name, k);
        targets_.resize(graph.nodes.size());
        for (const auto& [from, to] : graph.edges) {
            const auto source = index.find(from), target = index.find(to);
            if (source == index.end() || target == index.end()) {
                faults_.add(edge_text(from, to),
                            fmt::format("there is no node '{}'",
                                        excerpt(source == index.end() ? from : to, 60)));
                continue;
            }
            targets_[source->second].push_back(target->second);
        }
        for (Index k = 0; k < graph.nodes.size(); ++k) check_node(k);
    }

    /// `strip`: a leading 1 of inputs is a batch.
    void infer(bool strip) {
        for (Index k = 0; k < graph_.nodes.size(); ++k) {
            std::optional<Shape> in = std::visit(Taken{}, kind(k));
            if (strip && is<Input>(k) && in->size() > 1 && in->front() == 1) in->erase(in->begin());
            // Of an output it is known when something arrives: with a batch of one or without.
            if (in && !is<Output>(k)) arrive(k, *in);
        }
        while (!ready_.empty()) {
            const Index k = ready_.back();
            ready_.pop_back();
            for (const Index t : targets_[k]) {
                if (!arrive_[t] && why_not(t, shapes_[k].out).empty()) arrive(t, shapes_[k].out);
            }
        }
        check_edges();
        check_reached();
    }
    std::size_t problems() const { return faults_.count(); }
    std::map<std::string, NodeShapes> take() {
        faults_.throw_if_any();
        std::map<std::string, NodeShapes> out;
        for (Index k = 0; k < shapes_.size(); ++k)
            out.emplace(graph_.nodes[k].name, std::move(shapes_[k]));
        return out;
    }

  private:
    const NodeKind& kind(Index k) const { return graph_.nodes[k].kind; }
    template <class T>
    bool is(Index k) const {
        return std::holds_alternative<T>(kind(k));
    }
    static std::string edge_text(const std::string& from, const std::string& to) {
        return fmt::format("edge '{}' -> '{}'", excerpt(from, 70), excerpt(to, 70));
    }
    std::string node_text(Index k) const {
        return fmt::format("node '{}'", excerpt(graph_.nodes[k].name, 120));
    }

    void check_node(Index k) {
        if (is<Subgraph>(k)) faults_.add(node_text(k), "a graph within a graph: flatten it first");
        const auto* cells = std::get_if<Cells>(&kind(k));
        if (!cells) return;
        const std::optional<Shape> shape = Taken{}(*cells);
        for (const Parameters* p : Taken::parameters_of(*cells)) {
            if (is_one_value(*p) || p->shape == *shape) continue;
            faults_.add(node_text(k),
                        fmt::format("its parameters have the shapes {} and {}; they must be alike, "
                                    "or one value",
                                    shape_text(*shape), shape_text(p->shape)));
            return;
        }
    }

    void arrive(Index k, const Shape& in) {
        const bool batch = is<Output>(k) && is_batch_of_one(std::get<Output>(kind(k)).shape, in);
        if (is<Output>(k) && !batch && std::get<Output>(kind(k)).shape != in) return;
        arrive_[k] = true;
        shapes_[k].in = in;
        if (!std::visit(WhyNot{in}, kind(k)).empty()) {  // of an input_type
            faults_.add(node_text(k), fmt::format("it {}, but its input_type is {}",
                                                  std::visit(WhyNot{in}, kind(k)), shape_text(in)));
            return;
        }
        try {
            expect_countable(in);
            shapes_[k].out = std::visit(Given{in}, kind(k));
            expect_countable(shapes_[k].out);
            ready_.push_back(k);
            known_.push_back(k);
        } catch (const FileError& e) {
            faults_.add(node_text(k), e.what());
        }
    }

    static void expect_countable(const Shape& shape) {
        constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
        std::int64_t left = most;
        for (const std::int64_t n : shape) left = n < 1 ? 0 : left / n;
        if (left == 0)
            throw FileError(
                fmt::format("{} must be 1 to {} values", shape_text(shape), grouped(most)));
    }

    /// Why a shape cannot go into a node, where it is known or not.
    std::string why_not(Index k, const Shape& in) const {
        if (is<Output>(k)) {
            const Shape& said = std::get<Output>(kind(k)).shape;
            return in == said || is_batch_of_one(said, in) ? "" : "takes " + shape_text(said);
        }
        if (arrive_[k]) return in == shapes_[k].in ? "" : "takes " + shape_text(shapes_[k].in);
        return std::visit(WhyNot{in}, kind(k));
    }
    void check_edges() {
        std::sort(known_.begin(), known_.end());
        for (const Index k : known_) {
            const Shape& out = shapes_[k].out;
            for (const Index t : targets_[k]) {
                const std::string why = why_not(t, out);
                if (why.empty()) continue;
                const bool other_rank = is<Output>(t)
                                            ? std::get<Output>(kind(t)).shape.size() != out.size()
                                            : arrive_[t] && shapes_[t].in.size() != out.size();
                const bool at_an_end = is<Input>(k) || is<Output>(t);
                faults_.add(
                    edge_text(graph_.nodes[k].name, graph_.nodes[t].name),
                    fmt::format("'{}' gives {}, but '{}' {}{}", excerpt(graph_.nodes[k].name, 60),
                                shape_text(out), excerpt(graph_.nodes[t].name, 60), why,
                                other_rank && at_an_end
                                    ? "; shapes of NIR are without batch and time"
                                    : ""));
            }
        }
    }
    void check_reached() {
        std::vector<bool> reached(graph_.nodes.size(), false);
        std::vector<Index> open;
        for (Index k = 0; k < graph_.nodes.size(); ++k) {
            if (is<Input>(k)) open.push_back(k);
        }
        if (open.empty()) return faults_.add("/node", "there is no node of the type Input");
        while (!open.empty()) {
            const Index k = open.back();
            open.pop_back();
            if (reached[k]) continue;
            reached[k] = true;
            open.insert(open.end(), targets_[k].begin(), targets_[k].end());
        }
        for (Index k = 0; k < graph_.nodes.size(); ++k) {
            if (!reached[k]) faults_.add(node_text(k), "no edges lead to it from an Input");
        }
    }

    const Graph& graph_;
    Faults faults_;
    std::vector<NodeShapes> shapes_;
    std::vector<bool> arrive_;  // whether the input of a node is known
    std::vector<std::vector<Index>> targets_;
    std::vector<Index> ready_, known_;  // nodes whose output is
};

}  // namespace

std::map<std::string, NodeShapes> infer_shapes(const Graph& graph, const std::string& path) {
    Inference as_said(graph, path);
    as_said.infer(false);
    if (as_said.problems() > 0) {
        Inference stripped(graph, path);
        stripped.infer(true);
        if (stripped.problems() == 0) return stripped.take();
    }
    return as_said.take();
}

}  // namespace snnsim::nir
