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
#include "src/run/run_model.hpp"

namespace snnsim {
namespace {

enum class RunOrder : std::uint32_t { leave, build };

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
        exchange.fail(e.what());
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
    // Ctrl-C reaches all processes: rank 0 decides what comes of it.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    try {
        for (;;) {
            Words words;
            exchange.broadcast(words);
            WordReader order(words);
            if (order.get<RunOrder>() == RunOrder::leave) return;
            follow_run(order, exchange);
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
