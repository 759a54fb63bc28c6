#include "src/nir/run_to_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "snnsim/error.hpp"
#include "src/model/loops.hpp"
#include "src/model/problems.hpp"
#include "src/nir/export_cells.hpp"
#include "src/nir/projection_nodes.hpp"
#include "src/run/provenance.hpp"

namespace snnsim::nir {
namespace {

using Names = std::vector<std::string>;

bool is_source(const Population& p) {
    return std::holds_alternative<SpikeSource::Params>(p.neuron);
}
/// Its node is the edges themselves.
bool is_sum(const Population& p) {
    return std::holds_alternative<Linear::Params>(p.neuron);
}
bool is_relay(const Population& p) {
    return std::holds_alternative<Relay::Params>(p.neuron);
}
bool is_current_based(const Population& p) {
    return std::holds_alternative<CubaLif::Params>(p.neuron);
}

bool is_biased(const Projection& p) {
    return std::any_of(p.bias.begin(), p.bias.end(), [](float b) { return b != 0.0f; });
}

class GraphOfRun {
  public:
    GraphOfRun(const ModelSpec& spec, const Network& network, Library library, bool force)
        : spec_(spec),
          network_(network),
          library_(library),
          rules_(rules_of(library)),
          force_(force),
          problems_(spec.text, spec.path) {
        time_.model_dt = spec.dt;
        time_.dt = rules_.dt > 0.0 ? rules_.dt : spec.dt * 1e-3;
        time_.euler = library == Library::definition ? any_euler() : rules_.euler;
    }

    RunGraph run() {
        look_at_ends();
        for (std::size_t p = 0; p < network_.populations.size(); ++p) add(p);
        for (const auto& [edge, to] : later_) connect(edge, to);
        if (problems_.empty()) add_output();
        look_at_order();
        look_at_lags();
        problems_.throw_if_any();
        say_what_is_meant();
        std::sort(out_.graph.nodes.begin(), out_.graph.nodes.end(),
                  [](const Node& a, const Node& b) { return a.name < b.name; });
        return std::move(out_);
    }

  private:
    bool any_euler() const {
        return std::any_of(
            network_.populations.begin(), network_.populations.end(), [](const Population& p) {
                return NeuronModels::visit(p.neuron, []<class M>(const typename M::Params& params) {
                    if constexpr (requires { params.integration; })
                        return params.integration == Integration::euler;
                    return false;
                });
            });
    }

    const PopulationSpec& spec_of(std::size_t p) const {
        return spec_.populations[number_of(spec_, network_.populations[p].name)];
    }
    void cannot(const Location& at, const std::string& what) { problems_.add(at, what); }
    /// What the library has in another way only.
    void differs(const Location& at, const std::string& subject, const std::string& what) {
        if (!force_) {
            problems_.add(
                at, fmt::format("{}: {}; or write it all the same with --force", subject, what));
        } else {
            out_.notes.push_back(fmt::format("{}: {}", subject, what));
        }
    }
    static std::string quoted(const std::string& name) { return fmt::format("'{}'", name); }

    void look_at_ends() {
        if (network_.input_count() > 1)
            cannot(spec_.data.at,
                   fmt::format("samples are shown to {} populations, and readers of NIR take one "
                               "input; train it with one",
                               network_.input_count()));
        if (network_.output_count() > 1)
            cannot(spec_.data.at,
                   fmt::format("{} populations are to tell something of a sample, and readers of "
                               "NIR take one output; train it with one",
                               network_.output_count()));
    }

    // Shapes.

    /// Windows lead there, or begin there: they see its shape.
    bool is_seen_as_shape(std::size_t p) const {
        const Population& population = network_.populations[p];
        if (spec_of(p).shape.size() < 2) return false;
        return is_source(population) ||
               std::any_of(
                   network_.projections.begin(), network_.projections.end(),
                   [&](const Projection& q) { return q.windowed && (q.from == p || q.to == p); });
    }
    Shape shape_of_node(std::size_t p) const {
        if (is_seen_as_shape(p)) return spec_of(p).shape;
        return {network_.populations[p].size};
    }

    // Nodes.

    /// So that the order of names is that in which data passes, for libraries that need it.
    std::string name_for(const std::string& wanted) {
        std::string name =
            library_ == Library::definition ? wanted : fmt::format("{:02}_{}", numbered_++, wanted);
        for (int k = 2; out_.graph.find(name); ++k) name = fmt::format("{}_{}", wanted, k);
        return name;
    }
    std::string add_node(const std::string& wanted, NodeKind kind) {
        const std::string name = name_for(wanted);
        out_.graph.nodes.push_back({name, std::move(kind)});
        return name;
    }
    void connect(const Names& from, const std::string& to) {
        for (const std::string& f : from) out_.graph.edges.emplace_back(f, to);
    }
    /// A node that stands after all of `from`.
    Names add_after(const Names& from, const std::string& wanted, NodeKind kind, const Location& at,
                    const std::string& subject) {
        if (!reads(library_, kind)) {
            cannot(at, fmt::format("{}: in NIR it is a node {}, and {} reads none; write for "
                                   "another library, or as the format defines it",
                                   subject, type_name(kind), rules_.called));
            return {};
        }
        const std::string name = add_node(wanted, std::move(kind));
        connect(from, name);
        return {name};
    }

    void add(std::size_t p) {
        Names arriving;
        std::vector<std::size_t> back;
        for (std::size_t k = 0; k < network_.projections.size(); ++k) {
            const Projection& q = network_.projections[k];
            if (q.to != p) continue;
            if (q.from >= p) {
                if (q.from != p || !is_nested(p)) back.push_back(k);
                continue;
            }
            const Names ends = add_projection(k, ends_[q.from]);
            arriving.insert(arriving.end(), ends.begin(), ends.end());
        }
        ends_.push_back(node_of(p, arriving));
        // Those that lead back: their sources may not be there yet.
        for (const std::size_t k : back) pending_.push_back(k);
        for (auto k = pending_.begin(); k != pending_.end();) {
            const Projection& q = network_.projections[*k];
            if (q.from > p || q.to > p) {
                ++k;
                continue;
            }
            add_back(*k);
            k = pending_.erase(k);
        }
    }
    void cannot_lead_back(std::size_t k) {
        const Projection& q = network_.projections[k];
        cannot(spec_.projections[k].at,
               fmt::format("{}: it leads back{}, and {} reads no such loop; write for another "
                           "library",
                           quoted(q.name), q.from == q.to ? "" : " to another population",
                           rules_.called));
    }
    void add_back(std::size_t k) {
        const Projection& q = network_.projections[k];
        const Location& at = spec_.projections[k].at;
        if (!rules_.loops) {
            cannot_lead_back(k);
            return;
        }
        if (is_sum(network_.populations[q.to])) {
            cannot(at, fmt::format("{}: it leads back to a sum, which has no node in NIR; lead it "
                                   "to cells (lif, ...)",
                                   quoted(q.name)));
            return;
        }
        if (library_ != Library::definition && is_biased(q)) tell_late_bias(k);
        const Names ends = add_projection(k, ends_[q.from]);
        for (const std::string& to : ends_[q.to]) later_.emplace_back(ends, to);
    }

    /// The nodes whose output is that of population p.
    Names node_of(std::size_t p, const Names& arriving) {
        const Population& population = network_.populations[p];
        const Location& at = spec_of(p).at;
        const Shape shape = shape_of_node(p);
        if (is_source(population)) return {add_node(population.name, Input{shape})};
        if (is_sum(population)) return arriving;
        if (is_relay(population)) {
            const Parameters half{
                shape, std::vector<double>(static_cast<std::size_t>(population.size), 0.5)};
            const Names out =
                add_after(arriving, population.name, Threshold{half}, at, quoted(population.name));
            if (!out.empty()) out_.watched.push_back({out[0], population.name, true});
            return out;
        }
        ExportedCells cells = exported_cells(population, shape, library_, time_);
        if (!cells.impossible.empty()) {
            cannot(at, fmt::format("{}: {}", quoted(population.name), cells.impossible));
            return {};
        }
        for (const std::string& what : cells.inexact) differs(at, quoted(population.name), what);
        if (cells.thresholds_moved) moved_.push_back(population.name);
        const bool spikes = !cells.node.v_threshold.values.empty();
        const CellKind kind = cells.node.kind;
        NodeKind node = std::move(cells.node);
        if (is_nested(p)) node = with_own_loops(p, std::move(node), shape);
        const bool nested = std::holds_alternative<Subgraph>(node);
        const Names out =
            add_after(arriving, population.name, std::move(node), at, quoted(population.name));
        if (out.empty()) return {};
        const std::string name = nested ? out[0] + "." + cells_within : out[0];
        if (spikes || p == network_.output(0))
            out_.watched.push_back({name, population.name, spikes});
        if (spikes) say_reset(name, population);
        say_gain(name, kind);
        return out;
    }

    /// Cells with projections to themselves are a graph of their own where a library reads it: in
    /// one graph with the others snnTorch 1.0.0 leads what they get into the recurrent weights.
    bool is_nested(std::size_t p) const {
        return library_ != Library::definition &&
               std::any_of(network_.projections.begin(), network_.projections.end(),
                           [&](const Projection& q) { return q.from == p && q.to == p; });
    }
    static constexpr const char* cells_within = "cells";
    Subgraph with_own_loops(std::size_t p, NodeKind cells, const Shape& shape) {
        auto graph = std::make_shared<Graph>();
        graph->nodes = {
            {cells_within, std::move(cells)}, {"input", Input{shape}}, {"output", Output{shape}}};
        graph->edges = {{"input", cells_within}};
        for (std::size_t k = 0; k < network_.projections.size(); ++k) {
            const Projection& q = network_.projections[k];
            if (q.from != p || q.to != p) continue;
            if (!rules_.own_loops) {
                cannot_lead_back(k);
                continue;
            }
            if (is_biased(q)) tell_late_bias(k);
            const ProjectionNodes nodes = nodes_of(k, shape, shape);
            std::string from = cells_within;
            for (const auto& [suffix, kind] : nodes.nodes) {
                if (!reads(library_, kind)) cannot_read(k, kind);
                const std::string name = fmt::format("w_rec{}{}", graph->nodes.size() - 3, suffix);
                graph->nodes.push_back({name, kind});
                graph->edges.emplace_back(from, name);
                from = name;
            }
            graph->edges.emplace_back(from, cells_within);
        }
        // Last, as what Norse comes to last is what it returns.
        graph->edges.emplace_back(cells_within, "output");
        return {std::move(graph)};
    }
    void cannot_read(std::size_t k, const NodeKind& kind) {
        cannot(spec_.projections[k].at,
               fmt::format("{}: in NIR it is a node {}, and {} reads none; write for another "
                           "library, or as the format defines it",
                           quoted(network_.projections[k].name), type_name(kind), rules_.called));
    }
    void tell_late_bias(std::size_t k) {
        const std::string& name = network_.projections[k].name;
        differs(spec_.projections[k].at, quoted(name),
                fmt::format("{} leaves its biases out in the first step; give them to a "
                            "projection that leads forward",
                            rules_.called));
    }
    /// What makes a projection; nothing where a problem was found.
    ProjectionNodes nodes_of(std::size_t k, const Shape& from, const Shape& to) {
        const Projection& q = network_.projections[k];
        const ProjectionSpec& said = spec_.projections[k];
        ProjectionNodes nodes = projection_nodes(
            {q, said, from, to, library_, time_.dt, has_implied_delay(k) ? 1u : 0u});
        for (const std::string& what : nodes.impossible)
            cannot(said.at, fmt::format("{}: {}", quoted(q.name), what));
        if (!nodes.impossible.empty()) nodes.nodes.clear();
        out_.notes.insert(out_.notes.end(), nodes.notes.begin(), nodes.notes.end());
        return nodes;
    }

    /// Delay, flattening and weights.
    Names add_projection(std::size_t k, const Names& sources) {
        const Projection& q = network_.projections[k];
        const ProjectionSpec& said = spec_.projections[k];
        if (sources.empty()) return {};  // the reason is told elsewhere
        ProjectionNodes nodes = nodes_of(k, shape_of_node(q.from), shape_of_node(q.to));
        if (nodes.nodes.empty()) return {};
        Names ends = sources;
        for (auto& [suffix, kind] : nodes.nodes) {
            ends = add_after(ends, q.name + suffix, std::move(kind), said.at, quoted(q.name));
            if (ends.empty()) return {};
        }
        return ends;
    }
    bool leads_back(std::size_t k) const {
        const Projection& q = network_.projections[k];
        return q.from >= q.to;
    }

    /// Readers delay what leads back by a step. On a loop of several populations that may be any
    /// part of it, so that a file of the format itself says which.
    bool has_implied_delay(std::size_t k) const {
        const Projection& q = network_.projections[k];
        return library_ == Library::definition ? q.from == q.to : leads_back(k);
    }

    void add_output() {
        const std::size_t p = network_.output(0);
        const std::string name = add_node("out", Output{shape_of_node(p)});
        connect(ends_[p], name);
        if (is_sum(network_.populations[p]))
            out_.watched.push_back({name, network_.populations[p].name, false});
    }

    /// Some run a node after the first of those that lead to it, in the order of the edges, and
    /// return what comes last.
    void look_at_order() {
        if (!rules_.depth_first || !problems_.empty()) return;
        std::map<std::string, std::size_t> place;
        const std::string last = number_nodes(out_.graph.nodes.front().name, place);
        const Node* const end = out_.graph.find(last);
        const bool right = end && std::holds_alternative<Output>(end->kind);
        std::string late;
        for (const auto& [from, to] : out_.graph.edges) {
            const bool back =
                std::any_of(later_.begin(), later_.end(), [&, &from = from](const auto& edge) {
                    return std::find(edge.first.begin(), edge.first.end(), from) !=
                           edge.first.end();
                });
            if (!back && place[from] > place[to]) late = to;
        }
        if (right && late.empty()) return;
        const std::size_t p = network_.output(0);
        differs(spec_of(p).at, quoted(network_.populations[p].name),
                fmt::format("several paths lead to {}, and {} runs it before they all have come "
                            "there, or ends elsewhere",
                            late.empty() ? last : late, rules_.called));
    }
    /// Depth first; returns the last.
    std::string number_nodes(const std::string& node, std::map<std::string, std::size_t>& place) {
        if (!place.emplace(node, place.size()).second) return "";
        std::string last = node;
        for (const auto& [from, to] : out_.graph.edges) {
            if (from != node) continue;
            const std::string below = number_nodes(to, place);
            if (!below.empty()) last = below;
        }
        return last;
    }

    // Cells whose input acts a step later here than in the libraries: their spikes come a step
    // earlier there, and all behind them. That is the same train, moved, where nothing else meets
    // it.

    void look_at_lags() {
        if (library_ == Library::definition || !problems_.empty()) return;
        std::vector<int> lag(network_.populations.size(), 0);
        for (std::size_t p = 0; p < network_.populations.size(); ++p) {
            const Population& population = network_.populations[p];
            std::set<int> arriving;
            for (std::size_t k = 0; k < network_.projections.size(); ++k) {
                const Projection& q = network_.projections[k];
                if (q.to != p) continue;
                if (leads_back(k)) {
                    if (is_current_based(population) ||
                        is_current_based(network_.populations[q.from]))
                        tell_lag(p, "they lie on a loop of projections");
                    continue;
                }
                arriving.insert(lag[q.from]);
                if (is_biased(q) && lag[q.from] > 0)
                    tell_lag(p, fmt::format("the biases of '{}' do not come earlier", q.name));
            }
            if (arriving.size() > 1) tell_lag(p, "not all that they get comes as much earlier");
            lag[p] = (arriving.empty() ? 0 : *arriving.rbegin()) +
                     (is_current_based(population) ? 1 : 0);
        }
        const int all = lag[network_.output(0)];
        if (all > 0)
            out_.notes.push_back(fmt::format(
                "what a cuba_lif gets acts on its membrane in the next step here and in the same "
                "step in {}: the output comes {} step{} earlier there",
                rules_.called, all, all == 1 ? "" : "s"));
    }
    void tell_lag(std::size_t p, const std::string& what) {
        const Population& population = network_.populations[p];
        differs(spec_of(p).at, quoted(population.name),
                fmt::format("what a cuba_lif gets acts on its membrane in the next step here and "
                            "in the same step in {}, and {}",
                            rules_.called, what));
    }

    // Metadata.

    void say_reset(const std::string& node, const Population& population) {
        NeuronModels::visit(population.neuron, [&]<class M>(const typename M::Params& params) {
            if constexpr (requires { params.reset; }) {
                resets_.emplace_back(node,
                                     params.reset == Reset::zero ? "value" : name_of(params.reset));
                bool next = false;
                if constexpr (requires { params.reset_at; })
                    next = params.reset == Reset::subtract && params.reset_at == ResetAt::next_step;
                times_.emplace_back(node, name_of(next ? ResetAt::next_step : ResetAt::same_step));
            }
        });
    }
    /// Whether what arrives is added as it is, whatever r says.
    void say_gain(const std::string& node, CellKind kind) {
        const bool as_it_is =
            library_ == Library::sinabs || (library_ == Library::norse && kind == CellKind::IF);
        gains_.emplace_back(node, as_it_is ? "one" : "r");
        currents_ = currents_ || kind == CellKind::CubaLIF;
    }
    /// One for all, or one for each node.
    void put(const std::string& key, const std::vector<std::pair<std::string, std::string>>& said) {
        auto& texts = out_.graph.metadata.texts;
        const bool same = std::all_of(said.begin(), said.end(),
                                      [&](const auto& s) { return s.second == said[0].second; });
        if (said.empty()) return;
        if (same) texts[key] = said[0].second;
        for (const auto& [node, text] : said) {
            if (!same) texts[key + "/" + node] = text;
        }
    }
    void say_what_is_meant() {
        Metadata& m = out_.graph.metadata;
        m.texts["program"] = "snnsim";
        m.texts["program_version"] = program_version();
        m.texts["for"] = name_of(library_);
        m.texts["decay"] = time_.euler ? "euler" : "exp";
        m.texts["fires"] = name_of(rules_.fires);
        m.numbers["dt"] = time_.dt;
        m.numbers["model_dt"] = spec_.dt * 1e-3;
        put("reset", resets_);
        put("reset_at", times_);
        if (currents_) m.texts["synapse"] = "next_step";
        put("gain", gains_);
        if (!moved_.empty())
            out_.notes.push_back(fmt::format(
                "thresholds of {} are the next {} number of single precision: a membrane that just "
                "meets its threshold {} in {}, and {} here",
                fmt::join(moved_, ", "), rules_.fires == Fires::above ? "smaller" : "greater",
                rules_.fires == Fires::above ? "does not fire" : "fires", rules_.called,
                rules_.fires == Fires::above ? "does" : "does not"));
        if (*rules_.after_loading) out_.notes.emplace_back(rules_.after_loading);
    }

    const ModelSpec& spec_;
    const Network& network_;
    const Library library_;
    const LibraryRules& rules_;
    const bool force_;
    Problems problems_;
    FileTime time_;
    int numbered_ = 0;
    RunGraph out_;
    std::vector<Names> ends_;  // by population
    std::vector<std::size_t> pending_;
    std::vector<std::pair<Names, std::string>> later_;
    std::vector<std::string> moved_;
    std::vector<std::pair<std::string, std::string>> resets_, times_, gains_;  // by node
    bool currents_ = false;
};

}  // namespace

RunGraph run_to_graph(const ModelSpec& spec, const Network& network, Library library, bool force) {
    return GraphOfRun(spec, network, library, force).run();
}

}  // namespace snnsim::nir
