#include "src/nir/read_graph.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_set>

#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/hdf5_contents.hpp"
#include "src/io/packed_chunks.hpp"
#include "src/io/text_heaps.hpp"
#include "src/nir/faults.hpp"
#include "src/text/suggest.hpp"

namespace snnsim::nir {
namespace {

constexpr std::size_t most_axes = 32;  // as HDF5 has them
constexpr std::int64_t most_cells = std::numeric_limits<std::int32_t>::max();
constexpr int deepest_graph = 32, deepest_metadata = 8;

struct Field {
    const char* name;
    bool required = true;
};
/// What a node of a type holds beside `type` and `metadata`, and whether it must (nir 1.0.8; of
/// older ones some leave out what is optional here).
struct Type {
    const char* name;
    std::vector<Field> fields;
};
const std::vector<Type>& types() {
    static const std::vector<Field> conv = {
        {"input_shape", false}, {"weight"}, {"stride"}, {"padding"},
        {"dilation"},           {"groups"}, {"bias"}};
    static const std::vector<Field> pool = {{"kernel_size"}, {"stride"}, {"padding"}};
    static const std::vector<Type> all = {
        {"Input", {{"shape"}}},
        {"Output", {{"shape"}}},
        {"Affine", {{"weight"}, {"bias"}}},
        {"Linear", {{"weight"}}},
        {"Scale", {{"scale"}}},
        {"Conv1d", conv},
        {"Conv2d", conv},
        {"SumPool2d", pool},
        {"AvgPool2d", pool},
        {"Flatten", {{"start_dim", false}, {"end_dim", false}, {"input_type", false}}},
        {"Delay", {{"delay"}}},
        {"Threshold", {{"threshold"}}},
        {"I", {{"r"}}},
        {"IF", {{"r"}, {"v_threshold"}, {"v_reset", false}}},
        {"LI", {{"tau"}, {"r"}, {"v_leak"}}},
        {"LIF", {{"tau"}, {"r"}, {"v_leak"}, {"v_threshold"}, {"v_reset", false}}},
        {"CubaLI", {{"tau_syn"}, {"tau_mem"}, {"r"}, {"v_leak"}, {"w_in", false}}},
        {"CubaLIF",
         {{"tau_syn"},
          {"tau_mem"},
          {"r"},
          {"v_leak"},
          {"v_threshold"},
          {"v_reset", false},
          {"w_in", false}}},
        {"NIRGraph", {{"nodes"}, {"edges"}}},
    };
    return all;
}
std::vector<std::string> type_names() {
    std::vector<std::string> names;
    for (const Type& t : types()) names.emplace_back(t.name);
    return names;
}

constexpr std::array<std::pair<const char*, CellKind>, 6> cell_kinds{
    {{"I", CellKind::I},
     {"IF", CellKind::IF},
     {"LI", CellKind::LI},
     {"LIF", CellKind::LIF},
     {"CubaLI", CellKind::CubaLI},
     {"CubaLIF", CellKind::CubaLIF}}};
constexpr std::array<std::pair<const char*, Parameters Cells::*>, 8> cell_parameters{
    {{"tau", &Cells::tau},
     {"tau_mem", &Cells::tau},
     {"tau_syn", &Cells::tau_syn},
     {"w_in", &Cells::w_in},
     {"r", &Cells::r},
     {"v_leak", &Cells::v_leak},
     {"v_threshold", &Cells::v_threshold},
     {"v_reset", &Cells::v_reset}}};

/// A group that is being read.
struct Place {
    hid_t group;
    std::string text;  // "/node/nodes/lif1"
    std::vector<h5::Member> members;

    const h5::Member* find(const std::string& name) const {
        for (const h5::Member& m : members) {
            if (m.name == name) return &m;
        }
        return nullptr;
    }
    std::string at(const std::string& name) const { return text + "/" + name; }
};

class GraphReader {
  public:
    explicit GraphReader(const std::string& path)
        : path_(path),
          faults_(path),
          heaps_(path),
          most_stored_((std::uint64_t{1} << 20) + 1100 * size_of_input(path)),
          room_(available_memory()) {}

    Graph read(hid_t file) {
        Graph graph;
        const Place root{file, "", h5::members(file)};
        if (root.find("version")) graph.version = text(root, "version").value_or("");
        if (!root.find("node"))
            fault("/", "there is no group 'node': it is no graph of NIR");
        else if (enter(root, "node"))
            read_root(root, graph);
        faults_.throw_if_any();
        return graph;
    }

  private:
    void fault(const std::string& place, const std::string& what) { faults_.add(place, what); }

    /// Whether a member is a group, which has not been read before: by links a file may be endless.
    bool enter(const Place& in, const std::string& name) {
        const h5::Member* m = in.find(name);
        if (!lies_here(in, *m)) return false;
        if (m->kind != h5::MemberKind::group) {
            fault(in.at(name), "it must be a group");
            return false;
        }
        if (!entered_.insert(m->address).second) {
            fault(in.at(name),
                  "it is a group that the file holds at another place already; "
                  "nothing may stand at two places");
            return false;
        }
        return true;
    }
    bool lies_here(const Place& in, const h5::Member& m) {
        if (m.kind != h5::MemberKind::link) return true;
        fault(in.at(m.name),
              "it is a link; write the group or the data set itself, for no other "
              "place and no other file is looked at");
        return false;
    }
    /// Opens it and calls f with what is in it.
    template <class F>
    void inside(const Place& in, const std::string& name, F&& f) {
        try {
            const h5::Handle group = h5::open_group(in.group, name);
            f(Place{group, in.at(name), h5::members(group)});
        } catch (const FileError& e) {
            fault(in.at(name), e.what());
        }
    }

    void read_root(const Place& root, Graph& graph) {
        inside(root, "node", [&](const Place& node) {
            const std::optional<std::string> type = type_of(node);
            if (type && *type != "NIRGraph")
                fault(node.at("type"), fmt::format("it is '{}', but that of /node must be NIRGraph",
                                                   excerpt(*type, 40)));
            else if (type)
                read_members(node, graph, 0);
        });
    }

    std::optional<std::string> type_of(const Place& node) {
        if (node.find("type")) return text(node, "type");
        const bool nodes_within =
            std::any_of(node.members.begin(), node.members.end(),
                        [](const h5::Member& m) { return m.kind == h5::MemberKind::group; });
        fault(node.text, nodes_within ? "it has no 'type'; the name of a node cannot hold a '/'"
                                      : "it has no 'type'");
        return {};
    }

    /// All fields are those of the type, and none is missing.
    bool fields_fit(const Place& node, const std::string& type) {
        const auto known = std::find_if(types().begin(), types().end(),
                                        [&](const Type& t) { return t.name == type; });
        if (known == types().end()) {
            fault(node.at("type"), fmt::format("NIR 1.0 has no type '{}'{}", excerpt(type, 40),
                                               those_there_are(excerpt(type, 40), type_names())));
            return false;
        }
        std::vector<std::string> names;
        for (const Field& f : known->fields) names.emplace_back(f.name);
        bool fit = true;
        for (const h5::Member& m : node.members) {
            if (m.name == "type" || m.name == "metadata" ||
                std::find(names.begin(), names.end(), m.name) != names.end()) {
                fit = lies_here(node, m) && fit;
                continue;
            }
            fault(node.at(m.name), fmt::format("{} has no such field{}", type,
                                               those_there_are(excerpt(m.name, 40), names)));
            fit = false;
        }
        for (const Field& f : known->fields) {
            if (!f.required || node.find(f.name)) continue;
            fault(node.at(f.name), fmt::format("it is missing; {} needs {}", type, join(names)));
            fit = false;
        }
        return fit;
    }

    void read_members(const Place& node, Graph& graph, int depth) {
        if (depth > deepest_graph)
            return fault(node.text,
                         fmt::format("graphs stand more than {} deep in one another", depth));
        const bool fit = fields_fit(node, "NIRGraph");
        const h5::Member* const metadata = node.find("metadata");
        if (metadata && metadata->kind != h5::MemberKind::link && enter(node, "metadata"))
            inside(node, "metadata",
                   [&](const Place& m) { read_metadata(m, "", graph.metadata, 0); });
        if (!fit) return;
        const std::size_t before = faults_.count();
        if (enter(node, "nodes")) {
            inside(node, "nodes", [&](const Place& nodes) {
                for (const h5::Member& m : nodes.members) {
                    if (!enter(nodes, m.name)) continue;
                    inside(nodes, m.name,
                           [&](const Place& one) { read_node(one, m.name, graph, depth); });
                }
            });
        }
        read_edges(node, graph, faults_.count() == before);
    }

    /// Where nodes could not be read their names mean nothing.
    void read_edges(const Place& node, Graph& graph, bool all_nodes) {
        const std::optional<h5::ArrayClaim> claim = look(node, "edges");
        if (!claim || claim->count == 0) return;
        const std::string place = node.at("edges");
        if (claim->kind != H5T_STRING || claim->dims.size() != 2 || claim->dims[1] != 2)
            return fault(place, fmt::format("it must hold texts of the shape [edges, 2], but has "
                                            "the shape {}{}",
                                            shape_text(claim->dims),
                                            claim->kind == H5T_STRING ? "" : " and other values"));
        std::vector<std::string> ends;
        if (!tried(place, [&] { ends = texts(node, "edges"); })) return;
        std::unordered_set<std::string> names;
        for (const Node& n : graph.nodes) names.insert(n.name);
        // nir calls an edge that stands twice an error where it checks types and keeps it where it
        // does not; nirtorch, which runs graphs, counts it once.
        std::set<std::pair<std::string, std::string>> edges;
        for (std::size_t k = 0; k + 1 < ends.size(); k += 2) {
            for (const std::string& name : {ends[k], ends[k + 1]}) {
                if (!all_nodes || names.contains(name)) continue;
                fault(place,
                      fmt::format("'{}' -> '{}': there is no node '{}'", excerpt(ends[k], 60),
                                  excerpt(ends[k + 1], 60), excerpt(name, 60)));
            }
            if (edges.emplace(ends[k], ends[k + 1]).second)
                graph.edges.emplace_back(ends[k], ends[k + 1]);
        }
    }

    void read_node(const Place& node, const std::string& name, Graph& graph, int depth) {
        const std::optional<std::string> type = type_of(node);
        if (!type) return;
        if (*type == "NIRGraph") {
            Subgraph sub{std::make_shared<Graph>()};
            read_members(node, *sub.graph, depth + 1);
            graph.nodes.push_back({name, std::move(sub)});
            return;
        }
        if (!fields_fit(node, *type)) return;
        if (std::optional<NodeKind> kind = read_kind(node, *type))
            graph.nodes.push_back({name, std::move(*kind)});
    }

    std::optional<NodeKind> read_kind(const Place& node, const std::string& type) {
        if (type == "Input") return shaped<Input>(node);
        if (type == "Output") return shaped<Output>(node);
        if (type == "Affine" || type == "Linear") return read_affine(node, type == "Affine");
        if (type == "Scale") {
            std::optional<Weights> scale = weights(node, "scale");
            if (!scale) return {};
            return Scale{std::move(*scale)};
        }
        if (type == "Conv1d" || type == "Conv2d") return read_conv(node, type == "Conv2d" ? 2 : 1);
        if (type == "SumPool2d" || type == "AvgPool2d") return read_pool(node, type == "AvgPool2d");
        if (type == "Flatten") return read_flatten(node);
        if (type == "Delay") {
            std::optional<Parameters> delay = parameters(node, "delay");
            if (!delay) return {};
            return Delay{std::move(*delay)};
        }
        if (type == "Threshold") {
            std::optional<Parameters> threshold = parameters(node, "threshold");
            if (!threshold) return {};
            return Threshold{std::move(*threshold)};
        }
        return read_cells(node, type);
    }

    template <class T>
    std::optional<NodeKind> shaped(const Place& node) {
        const std::optional<Shape> shape = shape_of(node, "shape");
        if (!shape) return {};
        return T{*shape};
    }

    std::optional<NodeKind> read_affine(const Place& node, bool with_bias) {
        Affine n;
        std::optional<Weights> weight = weights(node, "weight");
        if (weight && weight->shape.size() < 2) {
            fault(node.at("weight"), fmt::format("it has the shape {}, but must have [out, in]",
                                                 shape_text(weight->shape)));
            weight.reset();
        }
        if (with_bias) {
            n.bias = weights(node, "bias");
            if (!weight || !n.bias) return {};
            Shape outputs = weight->shape;
            outputs.pop_back();
            if (n.bias->shape != outputs && !is_bias(node, *n.bias, outputs.back())) return {};
        }
        if (!weight) return {};
        n.weight = std::move(*weight);
        return n;
    }
    /// One value for each of `outputs`, or for all, which are then made.
    bool is_bias(const Place& node, Weights& bias, std::int64_t outputs) {
        if (bias.values.size() == 1)
            bias.values.resize(static_cast<std::size_t>(outputs), bias.values[0]);
        else if (bias.shape != Shape{outputs}) {
            fault(node.at("bias"), fmt::format("it has the shape {}, but the weights need [{}]",
                                               shape_text(bias.shape), outputs));
            return false;
        }
        bias.shape = {outputs};
        return true;
    }

    std::optional<NodeKind> read_conv(const Place& node, std::size_t axes) {
        const std::size_t before = faults_.count();
        Conv n;
        if (std::optional<Weights> weight = weights(node, "weight")) n.weight = std::move(*weight);
        if (std::optional<Weights> bias = weights(node, "bias")) n.bias = std::move(*bias);
        n.stride = window(node, "stride", axes, 1);
        n.dilation = window(node, "dilation", axes, 1);
        if (const std::optional<h5::ArrayClaim> said = look(node, "padding")) {
            if (said->kind == H5T_STRING) {
                const std::string word = text(node, "padding").value_or("same");
                n.padding = word == "same" ? Padding::same : Padding::valid;
                if (word != "same" && word != "valid")
                    fault(node.at("padding"),
                          fmt::format("it is '{}'; it must be 'same', 'valid' or numbers",
                                      excerpt(word, 40)));
            } else {
                n.pads = window(node, "padding", axes, 0);
            }
        }
        n.groups = number(node, "groups", 1).value_or(1);
        if (node.find("input_shape")) {
            const std::optional<h5::ArrayClaim> said = look(node, "input_shape");
            if (said && said->count > 0) n.input_shape = window(node, "input_shape", axes, 1);
        }
        if (faults_.count() > before) return {};
        const Shape& shape = n.weight.shape;
        if (shape.size() != axes + 2) {
            fault(node.at("weight"),
                  fmt::format("it has the shape {}, but must have [out, in{}, {}]",
                              shape_text(shape), n.groups > 1 ? " / groups" : "",
                              axes == 2 ? "rows, columns" : "columns"));
            return {};
        }
        if (shape[0] % n.groups != 0) {
            fault(node.at("groups"),
                  fmt::format("it is {}, which does not divide the {} channels of the output",
                              n.groups, shape[0]));
            return {};
        }
        if (!is_bias(node, n.bias, shape[0])) return {};
        return n;
    }

    std::optional<NodeKind> read_pool(const Place& node, bool mean) {
        const std::size_t before = faults_.count();
        Pool n{mean, window(node, "kernel_size", 2, 1), window(node, "stride", 2, 1),
               window(node, "padding", 2, 0)};
        if (faults_.count() > before) return {};
        return n;
    }

    std::optional<NodeKind> read_flatten(const Place& node) {
        const std::size_t before = faults_.count();
        Flatten n;
        constexpr std::int64_t low = -static_cast<std::int64_t>(most_axes);
        if (node.find("start_dim")) n.start_dim = number(node, "start_dim", low).value_or(0);
        if (node.find("end_dim")) n.end_dim = number(node, "end_dim", low).value_or(0);
        if (node.find("input_type")) n.input_type = shape_of(node, "input_type").value_or(Shape{});
        if (faults_.count() > before) return {};
        return n;
    }

    std::optional<NodeKind> read_cells(const Place& node, const std::string& type) {
        const std::size_t before = faults_.count();
        Cells n;
        for (const auto& [name, kind] : cell_kinds) {
            if (type == name) n.kind = kind;
        }
        for (const auto& [name, parameter] : cell_parameters) {
            if (!node.find(name)) continue;
            if (std::optional<Parameters> values = parameters(node, name))
                n.*parameter = std::move(*values);
        }
        if (faults_.count() > before) return {};
        return n;
    }

    /// What no program relies on: other kinds of values than texts and numbers are passed over.
    void read_metadata(const Place& group, const std::string& prefix, Metadata& out, int depth) {
        if (depth > deepest_metadata)
            return fault(group.text,
                         fmt::format("groups stand more than {} deep in one another", depth));
        for (const h5::Member& m : group.members) {
            const std::string name = prefix + m.name;
            if (m.kind == h5::MemberKind::group) {
                if (enter(group, m.name))
                    inside(group, m.name, [&](const Place& within) {
                        read_metadata(within, name + "/", out, depth + 1);
                    });
                continue;
            }
            if (!lies_here(group, m) || m.kind != h5::MemberKind::array) continue;
            const std::optional<h5::ArrayClaim> claim = look(group, m.name);
            if (!claim) continue;
            if (claim->numeric()) {
                const std::optional<Parameters> values = array<double>(group, m.name, *claim);
                if (!values) continue;
                if (values->shape.empty())
                    out.numbers[name] = values->values[0];
                else
                    out.arrays[name] = std::move(*values);
            } else if ((claim->kind == H5T_STRING || claim->kind == H5T_ENUM) &&
                       claim->count == 1) {
                if (const auto value = text(group, m.name)) out.texts[name] = *value;
            }
        }
    }

    // ---- Data sets ----

    /// Calls f, whose FileError becomes a fault.
    template <class F>
    bool tried(const std::string& place, F&& f) {
        try {
            f();
            return true;
        } catch (const FileError& e) {
            fault(place, e.what());
            return false;
        }
    }

    /// Nothing where it is no data set of this file, or claims more than the file can hold.
    std::optional<h5::ArrayClaim> look(const Place& in, const std::string& name) {
        const h5::Member& m = *in.find(name);
        if (!lies_here(in, m)) return {};
        const std::string place = in.at(name);
        if (m.kind != h5::MemberKind::array) {
            fault(place, "it must be a data set");
            return {};
        }
        h5::ArrayClaim claim;
        if (!tried(place, [&] { claim = h5::claim_of(in.group, name); })) return {};
        if (!claim.elsewhere.empty()) {
            fault(place, claim.elsewhere + "; only what lies in the file itself is read");
            return {};
        }
        // gzip makes of 1 byte 1032 at most.
        if (claim.bytes > most_stored_ || claim.chunk_bytes > most_stored_) {
            fault(place, fmt::format("it claims {}, more than the file can hold: it is damaged",
                                     bytes_text(std::max(claim.bytes, claim.chunk_bytes))));
            return {};
        }
        return claim;
    }

    std::vector<std::string> texts(const Place& in, const std::string& name) {
        heaps_.check(in.group, name);
        return h5::read_text_array(in.group, name);
    }
    std::optional<std::string> text(const Place& in, const std::string& name) {
        const std::optional<h5::ArrayClaim> claim = look(in, name);
        if (!claim) return {};
        std::vector<std::string> found;
        if (claim->count == 1 && (claim->kind == H5T_STRING || claim->kind == H5T_ENUM)) {
            if (!tried(in.at(name), [&] { found = texts(in, name); })) return {};
            return found[0];
        }
        fault(in.at(name), "it must be one text");
        return {};
    }

    /// All arrays together may take what is free, and no more than the file can hold.
    template <class T>
    std::optional<Array<T>> array(const Place& in, const std::string& name,
                                  const h5::ArrayClaim& claim) {
        const std::string place = in.at(name);
        stored_ += claim.bytes;
        memory_ += claim.count * sizeof(T);
        if (stored_ > most_stored_) {
            fault(place, fmt::format("with it the arrays claim {}, more than the file can hold: "
                                     "it is damaged",
                                     bytes_text(stored_)));
            return {};
        }
        if (memory_ > room_) {
            fault(place, fmt::format("with it the arrays take {} of memory, and {} are free",
                                     bytes_text(memory_), bytes_text(room_)));
            return {};
        }
        Array<T> out;
        out.shape.assign(claim.dims.begin(), claim.dims.end());
        const bool read = tried(place, [&] {
            // Whole numbers are told of where they are none.
            const bool converts = std::integral<T> && claim.kind != H5T_INTEGER;
            out.values.resize(claim.count);
            if (converts || claim.count == 0 ||
                !h5::read_packed(path_, in.group, name, h5::type_of<T>(), out.values.data()))
                out.values = h5::read_vector<T>(in.group, name);
        });
        if (!read) return {};
        return out;
    }

    template <class T>
    std::optional<Array<T>> numbers(const Place& in, const std::string& name) {
        const std::optional<h5::ArrayClaim> claim = look(in, name);
        if (!claim) return {};
        if (!claim->numeric()) {
            fault(in.at(name), "it must hold numbers");
            return {};
        }
        if (claim->count == 0) {
            fault(in.at(name),
                  fmt::format("it is empty: it has the shape {}", shape_text(claim->dims)));
            return {};
        }
        if (claim->count > static_cast<std::uint64_t>(most_cells)) {
            fault(in.at(name),
                  fmt::format("it has {} values, and {} are the most", claim->count, most_cells));
            return {};
        }
        return array<T>(in, name, *claim);
    }
    std::optional<Weights> weights(const Place& in, const std::string& name) {
        std::optional<Weights> out = numbers<float>(in, name);
        if (out && !all_are(in.at(name), *out, "is not finite as a number of 32 bits",
                            [](float v) { return std::isfinite(v); }))
            return {};
        return out;
    }
    /// A threshold or a time may be infinite.
    std::optional<Parameters> parameters(const Place& in, const std::string& name) {
        std::optional<Parameters> out = numbers<double>(in, name);
        if (out &&
            !all_are(in.at(name), *out, "is not a number", [](double v) { return !std::isnan(v); }))
            return {};
        return out;
    }
    template <class T, class Good>
    bool all_are(const std::string& place, const Array<T>& a, const char* what, Good good) {
        const auto wrong = std::find_if_not(a.values.begin(), a.values.end(), good);
        if (wrong == a.values.end()) return true;
        auto at = static_cast<std::int64_t>(wrong - a.values.begin());
        Shape index(a.shape.size());
        for (std::size_t d = index.size(); d-- > 0; at /= a.shape[d]) index[d] = at % a.shape[d];
        fault(place, fmt::format("the value at {} {}", shape_text(index), what));
        return false;
    }

    /// Whole numbers, of which each is at least `least`.
    std::optional<Shape> whole(const Place& in, const std::string& name, std::int64_t least) {
        const std::optional<h5::ArrayClaim> claim = look(in, name);
        if (!claim) return {};
        if (!claim->numeric() || claim->dims.size() > 1 || claim->count > most_axes) {
            fault(in.at(name), "it must hold a few whole numbers");
            return {};
        }
        const std::optional<Array<std::int64_t>> found = array<std::int64_t>(in, name, *claim);
        if (!found) return {};
        for (const std::int64_t v : found->values) {
            if (v >= least && v <= most_cells) continue;
            fault(in.at(name),
                  fmt::format("it holds {}; it must be {} to {}", v, least, most_cells));
            return {};
        }
        return found->values;
    }
    std::optional<Shape> shape_of(const Place& in, const std::string& name) {
        std::optional<Shape> shape = whole(in, name, 1);
        std::int64_t cells = 1;
        for (const std::int64_t n : shape.value_or(Shape{})) {
            if (n <= most_cells / cells) {
                cells *= n;
                continue;
            }
            fault(in.at(name),
                  fmt::format("{} are more than {} values", shape_text(*shape), most_cells));
            return {};
        }
        return shape;
    }
    /// One number an axis, or one for all.
    Shape window(const Place& in, const std::string& name, std::size_t axes, std::int64_t least) {
        std::optional<Shape> out = whole(in, name, least);
        if (!out) return Shape(axes, least);
        if (out->size() == 1) out->resize(axes, (*out)[0]);
        if (out->size() != axes)
            fault(in.at(name),
                  fmt::format("it holds {}, but must hold {}",
                              counted(static_cast<std::int64_t>(out->size()), "number"), axes));
        return *out;
    }
    std::optional<std::int64_t> number(const Place& in, const std::string& name,
                                       std::int64_t least) {
        const std::optional<Shape> out = whole(in, name, least);
        if (!out) return {};
        if (out->size() == 1) return (*out)[0];
        fault(in.at(name), "it must be one number");
        return {};
    }

    const std::string path_;
    Faults faults_;
    h5::TextHeaps heaps_;
    const std::uint64_t most_stored_;
    const std::size_t room_;
    std::uint64_t stored_ = 0, memory_ = 0;
    std::unordered_set<std::uint64_t> entered_;  // groups, by address
};

}  // namespace

Graph read_graph(const std::string& path) {
    try {
        const h5::Handle file = h5::open_file(path);
        return GraphReader(path).read(file);
    } catch (const FileError& e) {
        const std::string text = e.what();
        throw FileError(text.find(path) == std::string::npos ? path + ": " + text : text);
    }
}

}  // namespace snnsim::nir
