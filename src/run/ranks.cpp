#include "src/run/ranks.hpp"

#include <csignal>
#include <string>
#include <vector>

#include "snnsim/read_model.hpp"
#include "src/engine/ranks/leading_engine.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/engine/scale.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/plan/rank_load.hpp"
#include "src/run/rank_jobs.hpp"
#include "src/run/run_model.hpp"

namespace snnsim {
namespace {

/// No rank takes memory before all have looked at what there is.
void all_have_room(Exchange& exchange) {
    exchange.sum(0);
}

/// A follower's, as rank 0 has it.
void follow_run(WordReader& order, Exchange& exchange) {
    std::string text, path;
    std::vector<std::string> overrides;
    order.get(text);
    order.get(path);
    order.get(overrides);
    EngineOptions options;
    order.get(options.threads);
    order.get(options.profile);
    SimulationSpec spec;
    try {
        const AnyModel any = parse_any_model(text, path, overrides, read_run_model);
        spec = apply_scale(load_inputs(std::get<SimulationSpec>(any)));
        require_rank_memory(spec, {exchange.ranks(), options.threads}, ranks_on_machine(), false);
    } catch (const std::exception& e) {
        exchange.fail(e);
        throw;
    }
    all_have_room(exchange);
    follow(spec, options, exchange);
}

}  // namespace

std::unique_ptr<Engine> make_engine_on_ranks(const SimulationSpec& as_in_file,
                                             const SimulationSpec& spec,
                                             const EngineOptions& options) {
    Exchange& exchange = process_ranks();
    if (exchange.alone()) return make_engine(spec, options);
    if (options.device != Device::cpu)
        throw UsageError("several processes simulate on CPUs only; leave out --backend cuda");
    WordWriter order;
    order.add(RunOrder::build);
    order.add(as_in_file.text);
    order.add(as_in_file.path);
    order.add(as_in_file.overrides);
    order.add(options.threads);
    order.add(options.profile);
    exchange.broadcast(order.words);
    all_have_room(exchange);
    return make_leading_engine(spec, options, exchange);
}

void follow_runs(Exchange& exchange) {
    // Ctrl-C reaches all processes: rank 0 decides what comes of it. (What is ignored would be so
    // in jobs, too.)
    const auto nothing = [](int) {};
    std::signal(SIGINT, nothing);
    std::signal(SIGTERM, nothing);
    try {
        for (;;) {
            Words words;
            exchange.broadcast(words);
            WordReader order(words);
            switch (order.get<RunOrder>()) {
                case RunOrder::leave:
                    return;
                case RunOrder::build:
                    follow_run(order, exchange);
                    break;
                case RunOrder::jobs:
                    follow_jobs(order, exchange);
                    break;
            }
        }
    } catch (const std::exception&) {  // rank 0 has heard of it
        if (!exchange.failed()) throw;
    }
}

void dismiss_ranks(Exchange& exchange) noexcept {
    if (exchange.alone() || exchange.failed()) return;
    try {
        WordWriter order;
        order.add(RunOrder::leave);
        exchange.broadcast(order.words);
    } catch (...) {  // they have left
    }
}

}  // namespace snnsim
