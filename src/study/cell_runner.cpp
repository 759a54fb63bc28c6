#include "src/study/cell_runner.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "snnsim/error.hpp"
#include "src/data/idx.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/io/checkpoint_file.hpp"
#include "src/io/simulation_file.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/outputs.hpp"
#include "src/run/provenance.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

std::string log_of(const CellRun& cell) {
    return cell.output + ".log";
}

std::string last_lines(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    return all.size() < 2000 ? all : all.substr(all.size() - 2000);
}

/// Of the files that a model names, but for data sets.
std::string content_of_files(const ModelSpec& model) {
    return fmt::format("{}", fmt::join(input_files(model), "\n"));
}
std::string content_of_files(const SimulationSpec& model) {
    return fmt::format("{}", fmt::join(input_files(load_inputs(model)), "\n"));
}

}  // namespace

std::string cell_file(const std::string& name, const AnyModel& model,
                      const std::vector<std::string>& settings) {
    std::string content =
        std::visit([](const auto& m) { return m.text; }, model) + '\n' + program_version() + '\n';
    for (const std::string& setting : settings) content += setting + '\n';
    content += std::visit([](const auto& m) { return content_of_files(m); }, model);
    return fmt::format("{}-{}.h5", name, sha256(content.data(), content.size()).substr(0, 16));
}

bool reads_data(const AnyModel& model) {
    const auto* simulation = std::get_if<SimulationSpec>(&model);
    return !simulation || simulation->data;
}

bool has_failed(const CellRun& cell) {
    return cell.simulation && fs::is_regular_file(cell.output) &&
           simulation_origin(cell.output).status == RunStatus::failed;
}

bool CellRunner::run(
    const std::vector<CellRun>& cells,
    const std::function<void(std::size_t cell, const std::string& failure)>& ended) {
    const InterruptGuard guard;
    const std::unique_ptr<Jobs> jobs = make_jobs(options_);
    std::size_t next = 0;
    while (!jobs->idle() || (next < cells.size() && !InterruptGuard::asked())) {
        for (; next < cells.size() && !InterruptGuard::asked() && jobs->has_room(); ++next)
            jobs->start({next, words_of(cells[next]), log_of(cells[next])});
        const auto job = jobs->wait();
        if (InterruptGuard::asked()) jobs->interrupt();
        if (!job || InterruptGuard::asked()) continue;
        const CellRun& cell = cells[job->number];
        constexpr int interrupted = 130;
        if (job->status == interrupted) return false;
        if (job->signal != 0)
            throw Error(fmt::format(
                "{} was ended by signal {} ({}){}", cell.output, job->signal,
                strsignal(job->signal),
                job->signal == SIGKILL ? "; where memory ran out, take fewer --jobs" : ""));
        const bool good = job->status == 0 || has_failed(cell);
        const std::string failure = good ? "" : last_lines(log_of(cell));
        std::error_code ignored;
        if (good) fs::remove(log_of(cell), ignored);
        ended(job->number, failure.empty() && !good ? "it ended without a word" : failure);
    }
    return !InterruptGuard::asked();
}

std::vector<std::string> CellRunner::words_of(const CellRun& cell) const {
    // A simulation that ended before its first checkpoint starts anew.
    const bool begun = fs::exists(cell.output) || fs::exists(partial_path(cell.output));
    const bool resumes = cell.simulation ? fs::exists(checkpoint_path(cell.output)) : begun;
    std::vector<std::string> words{"run"};
    if (resumes) {
        words.insert(words.end(), {"--resume", cell.output});
    } else {
        words.push_back(cell.model);
        for (const std::string& setting : cell.settings)
            words.insert(words.end(), {"--set", setting});
        words.insert(words.end(), {"-o", cell.output});
        if (begun) words.push_back("--force");
    }
    words.insert(words.end(), {"--progress", "none", "--backend", name_of(options_.backend),
                               "--checkpoint-every", "60"});
    if (options_.cuda_device >= 0)
        words.insert(words.end(), {"--device", std::to_string(options_.cuda_device)});
    if (!options_.data_dir.empty() && cell.reads_data)
        words.insert(words.end(), {"--data-dir", options_.data_dir});
    return words;
}

}  // namespace snnsim
