#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "snnsim/error.hpp"
#include "snnsim/run.hpp"
#include "src/nir/export_nir.hpp"
#include "src/nir/import_nir.hpp"
#include "src/nir/probe.hpp"
#include "src/nir/read_graph.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/words.hpp"

namespace snnsim::nir {
namespace {

namespace fs = std::filesystem;

constexpr double tolerance = 1e-6;  // of the largest value of an output

/// A folder that is gone with its owner.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "snnsim_verify_XXXXXX").string();
        if (!::mkdtemp(name.data()))
            throw FileError(
                fmt::format("{}: no folder can be made there; name one that is yours "
                            "in TMPDIR",
                            fs::temp_directory_path().string()));
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string file(const char* name) const { return (path_ / name).string(); }

  private:
    fs::path path_;
};

class Silent final : public RunWatcher {
    bool stops() override { return false; }
    void progress(const RunProgress&) override {}
    void say(const std::string&) override {}
    void result(const std::string&) override {}
};

using Spike = std::pair<std::int64_t, std::int64_t>;  // step, cell

std::vector<Spike> spikes_of(const Parameters& rows) {
    std::vector<Spike> out;
    for (std::size_t k = 0; k + 1 < rows.values.size(); k += 2)
        out.emplace_back(static_cast<std::int64_t>(rows.values[k]),
                         static_cast<std::int64_t>(rows.values[k + 1]));
    std::sort(out.begin(), out.end());
    return out;
}

class Verification {
  public:
    explicit Verification(const std::string& file) : file_(file) {
        const Metadata& m = read_graph(file).metadata;
        for (const auto& [name, values] : m.arrays) {
            const bool spikes = name.starts_with("spikes/"), output = name.starts_with("output/");
            if (!spikes && !output) continue;
            if (values.shape.size() != 2 || (spikes && values.shape[1] != 2))
                throw FileError(fmt::format(
                    "{}: /node/metadata/{} has the shape [{}]; it is damaged, write it again with "
                    "`snnsim export`",
                    file, excerpt(name), fmt::join(values.shape, ", ")));
            (spikes ? spikes_ : outputs_).emplace_back(name.substr(7), values);
        }
        const auto program = m.texts.find("program");
        if (program == m.texts.end() || program->second != "snnsim" ||
            !m.arrays.contains("input") || (spikes_.empty() && outputs_.empty()))
            throw FileError(fmt::format(
                "{}: /node/metadata: it carries no input with the spikes that it is to give, as "
                "`snnsim export` writes them; `snnsim import {}` makes a model of it to run",
                file, file));
    }

    Verified run() {
        const TemporaryFolder folder;
        const std::string model = folder.file("network.yaml");
        ImportOptions how;
        how.file = file_;
        how.output = model;
        const Imported imported = import_nir(how);
        populations_ = imported.populations;
        Silent silent;
        RunOptions options;
        options.backend = Device::cpu;
        options.threads = 1;
        options.output = folder.file("run.h5");
        options.progress = ProgressStyle::none;
        options.watcher = &silent;
        options.overrides = {fmt::format("record=[{}]", records())};
        const RunRecord record = snnsim::run(model, options);
        SNN_EXPECT(record.test);
        const ProbeOutput given = probe_output(*record.test);
        for (const auto& [node, values] : spikes_) compare_spikes(node, values, given);
        for (const auto& [node, values] : outputs_) compare_values(node, values, given);
        return {out_.equal, out_.text};
    }

  private:
    std::string population(const std::string& node) const {
        const auto found = populations_.find(node);
        if (found == populations_.end())
            throw FileError(
                fmt::format("{}: /node/metadata: it has spikes of {}, and there is no "
                            "such node with cells; write it again with `snnsim export`",
                            file_, excerpt(node)));
        return found->second;
    }
    std::string records() const {
        std::string out;
        const auto add = [&](const std::string& node, const char* what) {
            out += fmt::format("{}{{population: {}, what: {}, samples: 1}}",
                               out.empty() ? "" : ", ", population(node), what);
        };
        for (const auto& [node, values] : spikes_) add(node, "spikes");
        for (const auto& [node, values] : outputs_) add(node, "v");
        return out;
    }
    void tell(const std::string& node, const std::string& what) {
        out_.text += fmt::format("{}: {}: {}\n", file_, excerpt(node), what);
    }
    void differs(const std::string& node, const std::string& what) {
        out_.equal = false;
        tell(node, what);
    }

    void compare_spikes(const std::string& node, const Parameters& expected,
                        const ProbeOutput& given) {
        const auto found = given.spikes.find(population(node));
        const std::vector<Spike> want = spikes_of(expected), got = found == given.spikes.end()
                                                                       ? std::vector<Spike>{}
                                                                       : spikes_of(found->second);
        if (want == got) {
            tell(node, fmt::format("{}, as in the file",
                                   counted(static_cast<std::int64_t>(got.size()), "spike")));
            return;
        }
        const auto [here, there] = std::mismatch(want.begin(), want.end(), got.begin(), got.end());
        const bool missing = here != want.end() && (there == got.end() || *here < *there);
        const Spike& first = missing ? *here : *there;
        differs(node, fmt::format("differs: {} here, {} in the file; the first difference is in "
                                  "step {}, cell {}: {}",
                                  counted(static_cast<std::int64_t>(got.size()), "spike"),
                                  want.size(), first.first, first.second,
                                  missing ? "a spike of the file is not there"
                                          : "a spike that the file does not have"));
    }
    void compare_values(const std::string& node, const Parameters& want, const ProbeOutput& given) {
        const auto found = given.values.find(population(node));
        if (found == given.values.end() || found->second.shape != want.shape) {
            differs(node, "differs: its values have another shape than in the file");
            return;
        }
        const std::vector<double>& got = found->second.values;
        double largest = 0.0, most = 0.0;
        std::size_t at = 0;
        for (std::size_t k = 0; k < got.size(); ++k) {
            largest = std::max(largest, std::abs(want.values[k]));
            const double off = std::abs(got[k] - want.values[k]);
            if (!(off <= most)) {
                most = off;
                at = k;
            }
        }
        if (most <= tolerance * largest) {
            tell(node,
                 fmt::format("{}, as in the file to {:g} of the largest",
                             counted(static_cast<std::int64_t>(got.size()), "value"), tolerance));
            return;
        }
        const auto cells = static_cast<std::size_t>(want.shape[1]);
        differs(node, fmt::format("differs: the largest difference is in step {}, cell {}: {:g} "
                                  "here, {:g} in the file",
                                  at / cells, at % cells, got[at], want.values[at]));
    }

    const std::string& file_;
    std::vector<std::pair<std::string, Parameters>> spikes_, outputs_;  // by node
    std::map<std::string, std::string> populations_;
    Verified out_{true, ""};
};

}  // namespace

Verified verify_nir(const std::string& file) {
    return Verification(file).run();
}

}  // namespace snnsim::nir
