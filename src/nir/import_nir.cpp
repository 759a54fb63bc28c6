#include "src/nir/import_nir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "kernels/random.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/io/npz.hpp"
#include "src/io/replace_file.hpp"
#include "src/nir/plan.hpp"
#include "src/nir/read_graph.hpp"
#include "src/nir/write_model.hpp"
#include "src/run/outputs.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/words.hpp"

namespace snnsim::nir {
namespace {

constexpr std::int64_t default_steps = 100;
constexpr std::size_t most_said = 400;  // characters of a line
constexpr double spike_chance = 0.3;    // of an input, in a step of a sample that is made

template <class Enum>
std::optional<Enum> named(const std::string& text) {
    for (std::size_t k = 0; k < Names<Enum>::values.size(); ++k) {
        if (text == Names<Enum>::values[k]) return static_cast<Enum>(k);
    }
    return {};
}

/// What the file says of itself, of one node before all.
class Own {
  public:
    explicit Own(const Metadata& metadata) : metadata_(metadata) {}

    std::string text(const char* key, const std::string& node) const {
        for (const std::string& name : {fmt::format("{}/{}", key, node), std::string(key)}) {
            const auto found = metadata_.texts.find(name);
            if (found != metadata_.texts.end()) return found->second;
        }
        return "";
    }
    template <class Enum>
    std::optional<Enum> value(const char* key, const std::string& node = "") const {
        const std::string said = text(key, node);
        return named<Enum>(said == "exp" ? "exact" : said == "value" ? "zero" : said);
    }
    /// A time, in seconds.
    std::optional<double> time(const char* key) const {
        const auto found = metadata_.numbers.find(key);
        if (found == metadata_.numbers.end() || !(found->second > 0.0)) return {};
        return found->second;
    }
    /// Whether `snnsim export` wrote it; what it says of itself then holds.
    bool ours() const {
        const auto found = metadata_.texts.find("program");
        return found != metadata_.texts.end() && found->second.starts_with("snnsim");
    }

  private:
    const Metadata& metadata_;
};

std::string plain_name(const std::string& path) {
    std::string out = std::filesystem::path(path).stem();
    for (char& c : out) {
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') c = '_';
    }
    return out.empty() ? "network" : out;
}
std::string beside(const std::string& output, const std::string& ending) {
    return std::filesystem::path(output).replace_extension("").string() + ending;
}

class Import {
  public:
    explicit Import(const ImportOptions& options)
        : given_(options),
          graph_(flattened(read_graph(options.file), options.file)),
          metadata_(std::move(graph_.metadata)),
          own_(metadata_) {}

    Imported run() {
        settle();
        const std::string weights = beside(given_.output, "_weights.npz");
        const std::string cells = beside(given_.output, "_cells.h5");
        const std::string samples = beside(given_.output, "_samples.npz");
        require_free(given_.output, {"model of an import", "", comment_begin}, given_.force);
        require_own_archive(weights, given_.force);
        if (given_.data.empty()) require_own_archive(samples, given_.force);
        require_free(cells, {"file of cells of an import", cells_format, ""}, given_.force);
        require_no_input({given_.output, weights, cells, samples}, {{given_.file, "the network"}});
        const std::vector<std::string> differ = differences();
        Plan plan = plan_model(std::move(graph_), given_.file, dt_,
                               [&](const std::string& node) { return reading(node); });
        plan.said.insert(plan.said.begin(), differ.begin(), differ.end());
        const ModelData data = data_of(plan, samples);
        const auto name_of_file = [](const std::string& path) {
            return std::filesystem::path(path).filename().string();
        };
        const std::string text =
            model_text(plan, plain_name(given_.output), dt_, data,
                       {name_of_file(weights), name_of_file(cells)}, comment(plan));
        check(text);
        if (has_weights(plan)) write_weights(weights, plan);
        if (has_cells(plan)) write_cells(cells, plan);
        write_samples(samples);
        save_text(given_.output, text);
        return {said(plan), plan.names};
    }

  private:
    static constexpr const char* comment_begin = "# Network of ";

    /// Whether there is a node of these cells.
    bool has(std::initializer_list<CellKind> kinds) const {
        return std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& n) {
            const auto* const cells = std::get_if<Cells>(&n.kind);
            return cells && std::find(kinds.begin(), kinds.end(), cells->kind) != kinds.end();
        });
    }
    /// Whether the file says of all cells that fire how they are reset.
    bool tells_resets() const {
        return std::all_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& n) {
            const auto* const cells = std::get_if<Cells>(&n.kind);
            const bool silent = !cells || cells->kind == CellKind::I ||
                                cells->kind == CellKind::LI || cells->kind == CellKind::CubaLI;
            return silent || own_.value<Reset>("reset", n.name);
        });
    }
    /// Step and library; throws where nobody says what must not be guessed.
    void settle() {
        library_ = given_.from.value_or(Library::definition);
        std::optional<double> dt = given_.dt;
        if (!dt) dt = own_.time("model_dt");
        if (!dt) dt = own_.time("dt");
        if (dt && !given_.dt) *dt *= 1e3;
        std::string missing;
        if (!dt)
            missing +=
                fmt::format("{}: it has no time step; write --dt, as in --dt '1 ms'", given_.file);
        fires_ = has({CellKind::IF, CellKind::LIF, CellKind::CubaLIF});
        if (fires_ && !given_.reset && !tells_resets())
            missing += fmt::format(
                "{}{}: it does not say how its cells are reset; write --reset subtract, zero or "
                "none, as in the library that trained it",
                missing.empty() ? "" : "\n", given_.file);
        const bool sinabs = library_ == Library::sinabs && has({CellKind::LIF});
        if (sinabs && !given_.scale_input)
            missing += fmt::format(
                "{}{}: Sinabs does not write norm_input of its LIF cells; write --scale-input true "
                "(its default) or false",
                missing.empty() ? "" : "\n", given_.file);
        if (given_.scale_input && library_ != Library::sinabs)
            missing += "--scale-input is of --from sinabs; leave it out";
        if (own_.ours() && (given_.reset || given_.reset_at || given_.decay || given_.from))
            missing += fmt::format(
                "{}{}: snnsim has written it, and it says of each cell how it is meant; leave "
                "--reset, --reset-at, --decay and --from out",
                missing.empty() ? "" : "\n", given_.file);
        if (!missing.empty()) throw UsageError(missing);
        dt_ = *dt;
        spikingjelly_dt_ = library_ == Library::spikingjelly ? told_dt() : std::nullopt;
        refuse_late_zero();
        drop_time();
    }
    /// The step (s) that SpikingJelly was given when it wrote the file, where one of its cells
    /// tells: the resistance of a cell whose input does not decay has it.
    std::optional<double> told_dt() const {
        for (const Node& n : graph_.nodes) {
            const auto* const cells = std::get_if<Cells>(&n.kind);
            if (!cells || cells->r.values.empty()) continue;
            const double r = cells->r.values[0];
            if (cells->kind == CellKind::IF && r > 0.0) return 1.0 / r;
            if (cells->tau.values.empty()) continue;
            if (cells->kind == CellKind::CubaLIF || (cells->kind == CellKind::LIF && r > 1.0))
                return cells->tau.values[0] / r;
        }
        return {};
    }
    /// snnTorch's Synaptic and its recurrent cells lose, with reset_mechanism "zero" and
    /// reset_delay, all that arrives in the step after a spike; no cell here does.
    void refuse_late_zero() const {
        const Reading r = reading("");
        if (library_ != Library::snntorch || r.reset != Reset::zero ||
            r.reset_at != ResetAt::next_step)
            return;
        const auto edge = [&](const std::string& from, const std::string& to) {
            return std::find(graph_.edges.begin(), graph_.edges.end(), std::pair(from, to)) !=
                   graph_.edges.end();
        };
        for (const Node& n : graph_.nodes) {
            const auto* const cells = std::get_if<Cells>(&n.kind);
            if (!cells) continue;
            const bool recurrent = std::any_of(
                graph_.nodes.begin(), graph_.nodes.end(),
                [&](const Node& m) { return edge(n.name, m.name) && edge(m.name, n.name); });
            if (cells->kind == CellKind::CubaLIF || recurrent)
                throw FileError(fmt::format(
                    "{}: /node/nodes/{}: with reset_mechanism=\"zero\" and reset_delay=True such a "
                    "cell of snnTorch loses what arrives in the step after a spike, which no cell "
                    "here does; of one with reset_delay=False write --reset-at same_step",
                    given_.file, excerpt(n.name)));
        }
    }
    /// Sinabs writes the shape of its example with the steps in front.
    void drop_time() {
        if (library_ != Library::sinabs) return;
        for (Node& n : graph_.nodes) {
            auto* const input = std::get_if<Input>(&n.kind);
            auto* const output = std::get_if<Output>(&n.kind);
            Shape* const shape = input ? &input->shape : output ? &output->shape : nullptr;
            if (shape && (shape->size() == 2 || shape->size() == 4)) shape->erase(shape->begin());
        }
    }
    Reading reading(const std::string& node) const {
        // Of our own files the times are in steps of their dt, whichever library reads them.
        const std::optional<double> own_dt = own_.ours() ? own_.time("dt") : std::nullopt;
        Reading r = reading_of(library_, given_.from ? dt_ * 1e-3 : own_dt.value_or(dt_ * 1e-3));
        const auto take = [&]<class T>(const std::optional<T>& option, const char* key, T& to) {
            if (option) {
                to = *option;
            } else if (const auto own = own_.value<T>(key, node)) {
                to = *own;
            }
        };
        take(given_.decay, "decay", r.decay);
        take(given_.reset, "reset", r.reset);
        take(given_.reset_at, "reset_at", r.reset_at);
        take(std::optional<Fires>{}, "fires", r.fires);
        take(std::optional<Synapse>{}, "synapse", r.synapse);
        if (own_.text("gain", node) == "one") r.unit_gain = r.whole_input = r.whole_lif = true;
        if (given_.scale_input) r.whole_lif = !*given_.scale_input;
        if (spikingjelly_dt_) r.unit = *spikingjelly_dt_;
        return r;
    }

    std::string conventions() const {
        const Reading r = reading("");
        std::string out = fmt::format("dt {} ms", dt_);
        if (library_ != Library::definition)
            out = fmt::format("read as {} writes it, ", name_of(library_)) + out;
        if (library_ == Library::snntorch || spikingjelly_dt_)
            out += fmt::format(" (in the file a step is {:.4g} ms)", r.unit * 1e3);
        if (library_ == Library::sinabs) out += " (in the file times are in steps)";
        out += r.decay == Integration::exact ? ", decays exp(-dt/tau)" : ", decays 1 - dt/tau";
        if (fires_) {
            out += fmt::format(", reset: {}", name_of(r.reset));
            if (r.reset != Reset::none)
                out += r.reset_at == ResetAt::same_step ? " in the step of the spike"
                                                        : " in the step after the spike";
            out += r.fires == Fires::at ? ", a membrane equal to its threshold fires"
                                        : ", a membrane equal to its threshold does not fire";
        }
        return out;
    }
    std::string comment(const Plan& plan) const {
        std::string out = fmt::format(
            "{}{}{}: {}.\n", comment_begin,
            excerpt(std::filesystem::path(given_.file).filename().string()),
            version_.empty() ? "" : " (NIR " + excerpt(version_, 20) + ")", conventions());
        for (const std::string& s : plan.said) out += fmt::format("# {}.\n", excerpt(s, most_said));
        return out;
    }
    /// Where the cells of a library do what no cell here does, of which a file may have something.
    std::vector<std::string> differences() const {
        std::vector<std::string> out;
        const Reading r = reading("");
        if (fires_ && library_ == Library::snntorch && r.reset == Reset::subtract &&
            r.reset_at == ResetAt::same_step)
            out.push_back(
                "a cell of snnTorch with reset_delay=False that is above its threshold after a "
                "reset is lowered once more in the next step; here it is not, so that spikes "
                "differ where input is strong");
        for (const Node& n : graph_.nodes) {
            const auto* const cells = std::get_if<Cells>(&n.kind);
            const bool moved =
                cells && cells->kind == CellKind::CubaLIF &&
                std::any_of(cells->v_reset.values.begin(), cells->v_reset.values.end(),
                            [](double v) { return v != 0.0; });
            if (moved && library_ == Library::spikingjelly && r.reset == Reset::zero)
                out.push_back(fmt::format(
                    "{}: SpikingJelly starts such a cell at v_reset, here it starts at v_leak",
                    n.name));
        }
        if (fires_ && library_ == Library::norse)
            out.push_back(
                "Norse does not write v_reset: cells are reset to 0; of others add v_reset to "
                "their populations");
        if (fires_ && library_ == Library::sinabs)
            out.push_back(
                "Sinabs does not write spike_fn, min_v_mem and tau_syn: cells here fire once a "
                "step at most (SingleSpike), have no lowest v and no current, so that spikes are "
                "those of Sinabs where that is so there");
        if (library_ == Library::sinabs && has({CellKind::LI}))
            out.push_back("ExpLeak is read with norm_input=False, its default");
        return out;
    }
    std::string said(const Plan& plan) const {
        std::string out = conventions() + "\n";
        for (const std::string& s : plan.said) out += excerpt(s, most_said) + "\n";
        return out + sample_said_ + given_.output + "\n";
    }

    void check(const std::string& text) const {
        try {
            parse_model(text, given_.output);
        } catch (const ModelError& e) {
            throw FileError(
                fmt::format("{}: the model that it becomes would be wrong (none is written):\n{}",
                            given_.file, e.what()));
        }
    }

    ModelData data_of(const Plan& plan, const std::string& samples) {
        for (const PlannedPopulation& p : plan.populations) {
            if (p.model == "spike_source") inputs_.push_back({p.name, p.size(), {}});
        }
        if (!given_.data.empty()) {
            const std::int64_t steps = given_.steps;
            if (steps == 0)
                throw UsageError("--data needs --steps: how many steps each of its samples lasts");
            if (!std::filesystem::exists(given_.data))
                throw UsageError(fmt::format("--data {}: there is no such file", given_.data));
            const std::filesystem::path folder =
                std::filesystem::absolute(given_.output).parent_path();
            std::string file =
                std::filesystem::path(given_.data).is_absolute()
                    ? given_.data
                    : std::filesystem::absolute(given_.data).lexically_relative(folder).string();
            return {file, steps, false};
        }
        const std::vector<std::string> last = ends(plan, false);
        for (const PlannedPopulation& p : plan.populations) {
            if (std::find(last.begin(), last.end(), p.name) != last.end())
                outputs_.push_back({p.name, p.size()});
        }
        const auto own = metadata_.arrays.find("input");
        const bool fits = own != metadata_.arrays.end() && inputs_.size() == 1 &&
                          own->second.shape.size() == 2 &&
                          own->second.shape[1] == inputs_[0].size && own->second.shape[0] > 0 &&
                          (given_.steps == 0 || given_.steps == own->second.shape[0]);
        if (!fits && own != metadata_.arrays.end() && own_.ours() && given_.steps == 0)
            throw FileError(fmt::format(
                "{}: /node/metadata/input has the shape [{}], and the network {}; it is damaged",
                given_.file, fmt::join(own->second.shape, ", "),
                inputs_.size() == 1 ? fmt::format("takes {} values in each step", inputs_[0].size)
                                    : "has several inputs"));
        steps_ = fits ? own->second.shape[0] : given_.steps > 0 ? given_.steps : default_steps;
        if (fits) {
            inputs_[0].values.assign(own->second.values.begin(), own->second.values.end());
            sample_said_ = fmt::format("{}: the input that {} carries\n", samples, given_.file);
        } else {
            expect_small_sample();
            for (std::size_t k = 0; k < inputs_.size(); ++k) {
                const RandomKey key{1, Stream::patterns, static_cast<std::uint32_t>(k), 0};
                const auto count = static_cast<std::size_t>(steps_ * inputs_[k].size);
                for (std::size_t n = 0; n < count; ++n)
                    inputs_[k].values.push_back(
                        key.draw(n).word[0] < spike_chance * 4294967296.0 ? 1.0f : 0.0f);
            }
            sample_said_ = fmt::format(
                "{}: one sample of {} with random spikes, in the place of yours (x_test: [sample, "
                "step, input])\n",
                samples, counted(steps_, "step"));
        }
        return {std::filesystem::path(samples).filename(), steps_, true};
    }
    /// A shape in a file costs nothing to write; what it makes us draw is bounded.
    void expect_small_sample() const {
        constexpr std::int64_t most_values = 100'000'000;
        std::int64_t units = 0;
        for (const InputSample& i : inputs_) units += i.size;
        if (units <= most_values / steps_) return;
        throw FileError(fmt::format(
            "{}: a sample of {} for its {} takes more than {} values; write fewer --steps, or "
            "samples of your own with --data",
            given_.file, counted(steps_, "step"), counted(units, "input"), grouped(most_values)));
    }
    void write_samples(const std::string& path) const {
        if (!given_.data.empty()) return;
        // A label that says nothing, but how many classes there are.
        std::vector<std::vector<std::uint32_t>> labels;
        for (const auto& output : outputs_)
            labels.push_back({static_cast<std::uint32_t>(output.second - 1)});
        std::vector<NpyEntry> entries;
        const std::vector<std::uint8_t> mark{1};
        // Who trains on it has samples for both.
        for (const char* const set : {"_train", "_test"}) {
            for (const InputSample& i : inputs_)
                entries.push_back(npy_entry(
                    (inputs_.size() == 1 ? "x" : i.name) + set,
                    {1, static_cast<std::size_t>(steps_), static_cast<std::size_t>(i.size)},
                    i.values));
            for (std::size_t k = 0; k < outputs_.size(); ++k)
                entries.push_back(npy_entry((outputs_.size() == 1 ? "y" : outputs_[k].first) + set,
                                            {1}, labels[k]));
        }
        entries.push_back(npy_entry(archive_mark, {1}, mark));
        write_npz(path, entries);
    }

    struct InputSample {
        std::string name;
        std::int64_t size = 0;
        std::vector<float> values;  // [step][unit]
    };

    const ImportOptions& given_;
    Graph graph_;
    const Metadata metadata_;
    const Own own_;
    Library library_ = Library::definition;
    double dt_ = 0.0;                        // ms
    std::optional<double> spikingjelly_dt_;  // s
    bool fires_ = false;
    std::string version_ = graph_.version;
    std::vector<InputSample> inputs_;
    std::vector<std::pair<std::string, std::int64_t>> outputs_;  // with their sizes
    std::int64_t steps_ = 0;
    std::string sample_said_;
};

}  // namespace

Imported import_nir(const ImportOptions& options) {
    return Import(options).run();
}

}  // namespace snnsim::nir
