#include "src/nir/export_nir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/io/hdf5.hpp"
#include "src/nir/library_rules.hpp"
#include "src/nir/probe.hpp"
#include "src/nir/run_to_graph.hpp"
#include "src/nir/write_graph.hpp"
#include "src/run/held_network.hpp"
#include "src/run/outputs.hpp"
#include "src/text/words.hpp"

namespace snnsim::nir {
namespace {

namespace fs = std::filesystem;

/// Throws UsageError where the file to be written is there, without `force`, or is none of NIR.
void require_free_network(const std::string& path, bool force) {
    require_no_folder(path);
    if (!fs::exists(fs::symlink_status(path))) return;
    bool network = false;
    try {
        network = h5::exists(h5::open_file(path), "node/type");
    } catch (const FileError&) {
    }
    if (!network)
        throw UsageError(
            fmt::format("{} is no file of NIR, so it is not replaced, even with --force; name "
                        "another file, or remove it yourself",
                        path));
    if (!force) throw UsageError(path + " exists already; --force overwrites it");
}

class Export {
  public:
    explicit Export(const ExportOptions& options) : given_(options) {}

    std::string run() {
        require_no_input({given_.output}, {{given_.run, "the run"}});
        require_free_network(given_.output, given_.force);
        RunOptions options;
        // What it is computed with when it is tested does not matter for what it is.
        options.overrides = {"test={batch: 1}"};
        const HeldNetwork network(given_.run, options);
        graph_ = run_to_graph(network.spec(), network.network(), given_.library, given_.force);
        probe(network.network().populations[0].size);
        keep_probe();
        write_graph(given_.output, graph_.graph);
        return text();
    }

  private:
    std::int64_t spikes_of(const std::string& population) const {
        const auto found = given_by_.spikes.find(population);
        return found == given_by_.spikes.end() ? 0 : found->second.shape[0];
    }
    /// Whether something can be seen of each population that spikes.
    bool tells() const {
        return std::all_of(graph_.watched.begin(), graph_.watched.end(),
                           [&](const auto& w) { return !w.spikes || spikes_of(w.population) > 0; });
    }
    void look(const ProbeInput& input) {
        std::vector<std::string> spiking, valued;
        for (const RunGraph::Watched& w : graph_.watched)
            (w.spikes ? spiking : valued).push_back(w.population);
        input_ = input;
        given_by_ = probe_run(given_.run, input, spiking, valued);
    }
    void probe(std::int64_t inputs) {
        const RunRecord record = read_run(given_.run);
        const Provenance& from = record.provenance;
        const ModelSpec spec = parse_model(from.model_text, from.model_path, from.overrides);
        const ProbeInput shown = test_sample(spec);
        if (shown.steps > 0) {
            look(shown);
            if (tells()) return;
        }
        for (int kind = 0; kind < random_kinds; ++kind) {
            look(random_spikes(inputs, spec.steps(), kind));
            if (tells()) return;
        }
    }
    void keep_probe() {
        Metadata& m = graph_.graph.metadata;
        m.texts["input_from"] = input_.said;
        m.arrays["input"] = {{input_.steps, input_.inputs},
                             {input_.values.begin(), input_.values.end()}};
        for (const RunGraph::Watched& w : graph_.watched) {
            if (w.spikes) {
                Parameters& to = m.arrays["spikes/" + w.node];
                to = given_by_.spikes[w.population];
                if (to.shape.empty()) to.shape = {0, 2};
            } else {
                m.arrays["output/" + w.node] = given_by_.values[w.population];
            }
        }
    }

    std::string text() const {
        const LibraryRules& rules = rules_of(given_.library);
        const Metadata& m = graph_.graph.metadata;
        std::string out =
            fmt::format("{}: {} for {}; a step is {:g}{}, decays {}\n", given_.output,
                        counted(static_cast<std::int64_t>(graph_.graph.nodes.size()), "node"),
                        given_.library == Library::definition ? "any reader" : rules.called,
                        m.numbers.at("dt"), given_.library == Library::sinabs ? "" : " s",
                        m.texts.at("decay") == "euler" ? "1 - dt/tau" : "exp(-dt/tau)");
        for (const std::string& note : graph_.notes) out += fmt::format("note: {}\n", note);
        out += fmt::format("it carries {} ({} of {}) and what it gives: ", input_.said,
                           counted(input_.steps, "step"), counted(input_.inputs, "input"));
        const char* separator = "";
        for (const RunGraph::Watched& w : graph_.watched) {
            out += separator;
            out += w.spikes ? fmt::format("{} of {}", counted(spikes_of(w.population), "spike"),
                                          w.population)
                            : fmt::format("the values of {}", w.population);
            separator = ", ";
        }
        return out + fmt::format("; `snnsim verify {}` runs it\n", given_.output);
    }

    const ExportOptions& given_;
    RunGraph graph_;
    ProbeInput input_;
    ProbeOutput given_by_;
};

}  // namespace

std::string export_nir(const ExportOptions& options) {
    return Export(options).run();
}

}  // namespace snnsim::nir
