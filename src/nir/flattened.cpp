// Networks of NIR without subgraphs.
#include <algorithm>
#include <unordered_map>

#include "src/nir/faults.hpp"
#include "src/nir/read_graph.hpp"

namespace snnsim::nir {
namespace {

/// Inputs and outputs of subgraphs can join many edges with many.
constexpr std::size_t most_edges = 1'000'000;

class Flattener {
  public:
    explicit Flattener(const std::string& path) : faults_(path) {}

    Graph flatten(Graph graph) {
        out_.metadata = std::move(graph.metadata);
        out_.version = std::move(graph.version);
        add(graph, "");
        faults_.throw_if_any();
        join_edges();
        faults_.throw_if_any();
        std::vector<Node> kept;
        for (std::size_t k = 0; k < out_.nodes.size(); ++k) {
            if (!passes_[k]) kept.push_back(std::move(out_.nodes[k]));
        }
        std::sort(kept.begin(), kept.end(),
                  [](const Node& a, const Node& b) { return a.name < b.name; });
        out_.nodes = std::move(kept);
        return std::move(out_);
    }

  private:
    using Index = std::size_t;

    /// Where the edges of a node of one graph go to and come from.
    struct Ends {
        std::vector<Index> in, out;
        bool is_graph = false;
    };

    /// All nodes of a graph and of those in it. Returns its inputs and outputs.
    Ends add(Graph& graph, const std::string& prefix) {
        std::unordered_map<std::string, Ends> ends;
        Ends of_graph{{}, {}, true};
        for (Node& n : graph.nodes) {
            const std::string name = prefix + n.name;
            Ends& e = ends[n.name];
            if (auto* sub = std::get_if<Subgraph>(&n.kind)) {
                // A graph that no one else holds gives its arrays away.
                Graph within = sub->graph.use_count() == 1 ? std::move(*sub->graph) : *sub->graph;
                e = add(within, name + ".");
                continue;
            }
            const bool input = std::holds_alternative<Input>(n.kind),
                       output = std::holds_alternative<Output>(n.kind);
            const Index at = out_.nodes.size();
            if (!index_.emplace(name, at).second)
                faults_.add("/node", fmt::format("two nodes are called '{}' where subgraphs are "
                                                 "written out; rename one",
                                                 excerpt(name, 80)));
            passes_.push_back(!prefix.empty() && (input || output));
            out_.nodes.push_back({name, std::move(n.kind)});
            e = {{at}, {at}, false};
            if (input) of_graph.in.push_back(at);
            if (output) of_graph.out.push_back(at);
        }
        for (const auto& [from, to] : graph.edges) {
            const auto source = ends.find(from), target = ends.find(to);
            for (const std::string* name : {&from, &to}) {
                if (!ends.contains(*name))
                    fault_edge(prefix, from, to,
                               fmt::format("there is no node '{}'", excerpt(*name, 60)));
            }
            if (source == ends.end() || target == ends.end()) continue;
            if (source->second.out.size() == 1 && target->second.in.size() == 1) {
                edges_.emplace_back(source->second.out[0], target->second.in[0]);
                continue;
            }
            const bool left = source->second.out.size() != 1;
            fault_edge(
                prefix, from, to,
                fmt::format("the graph '{}' has {}, and an edge needs exactly one",
                            excerpt(left ? from : to, 60),
                            counted(static_cast<std::int64_t>(left ? source->second.out.size()
                                                                   : target->second.in.size()),
                                    left ? "Output" : "Input")));
        }
        return of_graph;
    }
    void fault_edge(const std::string& prefix, const std::string& from, const std::string& to,
                    const std::string& what) {
        faults_.add(
            fmt::format("edge '{}' -> '{}'", excerpt(prefix + from, 70), excerpt(prefix + to, 70)),
            what);
    }

    /// Edges between nodes that stay, through those that do not, which are done from the last on.
    void join_edges() {
        // One that stands twice is one; which of several comes first means nothing.
        std::sort(edges_.begin(), edges_.end());
        edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
        const std::size_t count = out_.nodes.size();
        std::vector<std::vector<Index>> targets(count), sources(count);
        std::vector<std::size_t> open(count, 0);  // targets that are not yet done
        for (const auto& [from, to] : edges_) {
            targets[from].push_back(to);
            if (!passes_[to]) continue;
            sources[to].push_back(from);
            ++open[from];
        }
        std::vector<Index> ready;
        for (Index k = 0; k < count; ++k) {
            if (passes_[k] && open[k] == 0) ready.push_back(k);
        }
        std::vector<bool> done(count, false);
        const auto through = [&](Index k) {
            std::vector<Index> all;
            for (const Index t : targets[k]) {
                if (passes_[t])
                    all.insert(all.end(), targets[t].begin(), targets[t].end());
                else
                    all.push_back(t);
                if (all.size() + edges_joined_ > most_edges) break;
            }
            edges_joined_ += all.size();
            std::sort(all.begin(), all.end());
            const auto twice = std::adjacent_find(all.begin(), all.end());
            if (twice != all.end())
                fault_edge("", out_.nodes[k].name, out_.nodes[*twice].name,
                           "two edges, or an edge and a subgraph, lead from one to the other with "
                           "nothing between; put a Scale into one of them");
            all.erase(std::unique(all.begin(), all.end()), all.end());
            targets[k] = std::move(all);
        };
        while (!ready.empty() && edges_joined_ <= most_edges) {
            const Index k = ready.back();
            ready.pop_back();
            through(k);
            done[k] = true;
            for (const Index s : sources[k]) {
                if (--open[s] == 0 && passes_[s]) ready.push_back(s);
            }
        }
        for (Index k = 0; k < count && edges_joined_ <= most_edges; ++k) {
            if (passes_[k]) {
                if (!done[k])
                    faults_.add(excerpt(out_.nodes[k].name, 80),
                                "its edges lead round in a circle with nothing between");
                continue;
            }
            if (open[k] == 0) through(k);
            for (const Index t : targets[k])
                out_.edges.emplace_back(out_.nodes[k].name, out_.nodes[t].name);
        }
        if (edges_joined_ > most_edges)
            faults_.add("/node",
                        fmt::format("there are more than {} edges where subgraphs are written out",
                                    grouped(most_edges)));
    }

    Faults faults_;
    Graph out_;
    std::vector<bool> passes_;  // of each node: an input or output of a subgraph
    std::vector<std::pair<Index, Index>> edges_;
    std::unordered_map<std::string, Index> index_;
    std::size_t edges_joined_ = 0;
};

}  // namespace

Graph flattened(Graph graph, const std::string& path) {
    return Flattener(path).flatten(std::move(graph));
}

}  // namespace snnsim::nir
