#include "src/evolve/read_evolve.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/model/places.hpp"
#include "src/model/problems.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {
namespace {

/// Keys that only one of the tasks has.
struct TaskKey {
    const char* name;
    EvolveTask task;
    double EvolveSpec::*steps = nullptr;  // of those that are times: whole steps of 1 ms
};
constexpr TaskKey task_keys[] = {
    {"window", EvolveTask::coincidence, &EvolveSpec::window},
    {"latest", EvolveTask::coincidence, &EvolveSpec::latest},
    {"interval", EvolveTask::order, &EvolveSpec::interval},
    {"jitter", EvolveTask::order, &EvolveSpec::jitter},
    {"shift", EvolveTask::xor_latency, &EvolveSpec::shift},
    {"strong", EvolveTask::winner_take_all},
    {"weak", EvolveTask::winner_take_all},
    {"lines", EvolveTask::winner_take_all},
    {"control", EvolveTask::cart_pole, &EvolveSpec::control},
};

class Checker {
  public:
    Checker(Problems& problems, const EvolveFile& file) : problems_(problems), file_(file) {}

    void check(const Value& root) {
        if (const Value* name = root.find("name"); name && !problems_.inside(*name)) {
            const std::string wrong = why_no_name(file_.name, "the name");
            if (!wrong.empty()) problems_.add(*name, wrong);
        }
        const Value* section = root.find("evolve");
        if (!section || section->kind != Value::Kind::map) return;
        const Value* task = section->find("task");
        if (!task || problems_.inside(*task)) return;
        check_keys(*section);
        check_numbers(*section);
    }

  private:
    const EvolveSpec& spec() const { return file_.evolve; }

    void check_keys(const Value& at) {
        for (const TaskKey& key : task_keys) {
            const Value* given = at.find(key.name);
            if (!given || problems_.inside(*given)) continue;
            if (key.task != spec().task) {
                refuse(*given, key.name, name_of(key.task));
            } else if (key.steps && std::abs(std::remainder(spec().*key.steps, 1.0)) > 1e-9) {
                problems_.add(*given, fmt::format("{} must be whole milliseconds, the step of the "
                                                  "circuits; found {} ms",
                                                  key.name, spec().*key.steps));
            }
        }
        const bool structure = spec().method == EvolveMethod::structure;
        if (const Value* given = at.find("neat"); given && !structure)
            refuse(*given, "neat", "the method structure");
        if (const Value* given = at.find("wiring"); given && structure)
            refuse(*given, "wiring", "the method weights");
        for (const char* key : {"trials", "tests"}) {
            if (const Value* given = at.find(key); given && spec().task == EvolveTask::xor_latency)
                problems_.add(*given,
                              fmt::format("xor_latency has four trials; leave {} out", key));
        }
    }
    void refuse(const Value& given, const char* key, const char* owner) {
        problems_.add(given, fmt::format("{} is a key of {}; leave it out", key, owner));
    }

    void check_numbers(const Value& at) {
        const auto place = [&](const char* key) -> const Value& {
            const Value* found = at.find(key);
            return found ? *found : at;
        };
        const EvolveSpec& s = spec();
        if (s.task == EvolveTask::coincidence && s.window >= s.latest)
            problems_.add(place("latest"),
                          fmt::format("latest must be above the window of {} ms, so that some "
                                      "pairs are no coincidence; found {} ms",
                                      s.window, s.latest));
        if (s.task == EvolveTask::order && s.jitter >= s.interval)
            problems_.add(place("jitter"),
                          fmt::format("jitter must be below the interval of {} ms, so that an "
                                      "order stays what it is; found {} ms",
                                      s.interval, s.jitter));
        constexpr double most_rate = 1000.0;
        if (s.task == EvolveTask::winner_take_all && s.strong > most_rate)
            problems_.add(place("strong"),
                          fmt::format("strong must be at most {:g} Hz, as a line sends one spike "
                                      "in a step of 1 ms at most; found {:g} Hz",
                                      most_rate, s.strong));
        if (s.task == EvolveTask::winner_take_all && s.weak >= s.strong)
            problems_.add(
                place("weak"),
                fmt::format("weak must be below strong, {} Hz; found {} Hz", s.strong, s.weak));
        if (s.method == EvolveMethod::weights && s.wiring.cells == 0 && !s.wiring.direct)
            problems_.add(place("wiring"),
                          "no cells between inputs and outputs and no direct edges: nothing would "
                          "reach the outputs; write cells: 1 or more, or direct: true");
        const Value* goal = at.find("goal");
        const double most = s.task == EvolveTask::cart_pole ? 500.0 : 1.0;
        if (goal && !problems_.inside(*goal) && s.goal && !(*s.goal > 0.0 && *s.goal <= most))
            problems_.add(*goal,
                          fmt::format("goal must be above 0 and at most {:g}, {}; found {:g}", most,
                                      most > 1.0 ? "the control steps of a trial"
                                                 : "the share of correct trials",
                                      *s.goal));
        const std::int64_t trials = s.trials > 0 ? s.trials : 400;
        if (s.task != EvolveTask::xor_latency && s.population * trials > most_runs)
            problems_.add(place("population"),
                          fmt::format("a generation has {} circuits of {} trials; at most {:.0e} "
                                      "fit into memory beside each other",
                                      s.population, trials, static_cast<double>(most_runs)));
    }
    static constexpr std::int64_t most_runs = 100'000'000;

    Problems& problems_;
    const EvolveFile& file_;
};

}  // namespace

EvolveFile read_evolve(const std::string& path) {
    const std::string wrong = why_unreadable(path);
    if (!wrong.empty()) throw FileError("cannot open the evolution file " + path + ": " + wrong);
    return parse_evolve(read_small_text(path), path);
}

EvolveFile parse_evolve(const std::string& text, const std::string& path) {
    EvolveFile out;
    Problems problems(text, path);
    const Value root = parse_yaml(text, problems);
    if (root.kind != Value::Kind::map) problems.throw_if_any();
    FieldReader(problems).read_struct(root, "the evolution file", out);
    Checker(problems, out).check(root);
    problems.throw_if_any();
    out.path = path;
    out.text = text;
    return out;
}

}  // namespace snnsim
