#include "src/run/ranks.hpp"

#include <csignal>
#include <string>
#include <vector>

#include "snnsim/read_model.hpp"
#include "src/device/device_id.hpp"
#include "src/engine/device/device_of_rank.hpp"
#include "src/engine/ranks/leading_engine.hpp"
#include "src/engine/ranks/process_ranks.hpp"
#include "src/engine/scale.hpp"
#include "src/inputs/load_data.hpp"
#include "src/inputs/load_initial_weights.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/plan/rank_load.hpp"
#include "src/run/rank_jobs.hpp"
#include "src/run/run_model.hpp"
#include "src/run/start.hpp"
#include "src/training/leading_trainer.hpp"
#include "src/training/make_trainer_on.hpp"

namespace snnsim {
namespace {

/// No rank takes memory before all have looked at what there is.
void all_have_room(Exchange& exchange) {
    exchange.sum(0);
}

struct ModelText {
    std::string text, path;
    std::vector<std::string> overrides;
};
template <class Spec>
void add_model(WordWriter& order, const Spec& spec) {
    order.add(spec.text);
    order.add(spec.path);
    order.add(spec.overrides);
}
ModelText get_model(WordReader& order) {
    ModelText model;
    order.get(model.text);
    order.get(model.path);
    order.get(model.overrides);
    return model;
}

/// A follower's, as rank 0 has it.
void follow_simulation(WordReader& order, Exchange& exchange) {
    const ModelText model = get_model(order);
    EngineOptions options;
    order.get(options.threads);
    order.get(options.profile);
    order.get(options.device);
    SimulationSpec spec;
    try {
        const AnyModel any =
            parse_any_model(model.text, model.path, model.overrides, read_run_model);
        spec = apply_scale(load_inputs(std::get<SimulationSpec>(any)));
        require_rank_memory(spec, {exchange.ranks(), options.threads}, ranks_on_machine(), false);
        if (options.device == Device::cuda) options.cuda_device = device_of_rank();
    } catch (const std::exception& e) {
        exchange.fail(e);
        throw;
    }
    all_have_room(exchange);
    follow(spec, options, exchange);
}

std::unique_ptr<Trainer> loaded(Device device, const Network& network,
                                const TrainerOptions& options, const Dataset& data,
                                Exchange& exchange) {
    const auto make = [&] {
        if (exchange.alone()) return make_trainer(device, network, options);
        if (device == Device::cpu) return make_cpu_trainer(network, options, exchange);
        use_cuda_device(options.cuda_device);
        const auto number = static_cast<std::size_t>(options.cuda_device);
        require_own_device(exchange, id_of_cuda_device(options.cuda_device),
                           cuda_devices().at(number).text());
        return make_cuda_trainer(network, options, exchange);
    };
    auto trainer = make();
    trainer->load(data);
    return trainer;
}

void follow_training(WordReader& order, Exchange& exchange) {
    const ModelText model = get_model(order);
    std::string tested, data_dir;
    order.get(tested);
    order.get(data_dir);
    const auto device = order.get<Device>();
    const int threads = order.get<int>();
    Network network;
    TrainerOptions options;
    Dataset data;
    try {
        ModelSpec spec = parse_model(model.text, model.path, model.overrides);
        if (tested.empty())
            load_initial_weights(spec);
        else
            take_tested_network(tested, spec);
        network = compile(spec);
        data = load_data(spec, data_dir);
        options = trainer_options(spec, data, threads, network);
        if (device == Device::cuda) options.cuda_device = device_of_rank();
    } catch (const std::exception& e) {
        exchange.fail(e);
        throw;
    }
    follow_trainer([&](Exchange& all) { return loaded(device, network, options, data, all); },
                   exchange);
}

}  // namespace

DeviceRequest request_on_ranks(const DeviceRequest& asked) {
    if (process_ranks().alone()) return asked;
    if (asked.number >= 0)
        throw UsageError(
            "--device names one device, and each of several processes takes its own: leave it out "
            "(CUDA_VISIBLE_DEVICES says which there are)");
    if (asked.backend != Device::cuda) return {Device::cpu, -1};
    return {Device::cuda, device_of_rank()};
}

std::unique_ptr<Trainer> make_trainer_on_ranks(const RankTraining& training) {
    Exchange& exchange = process_ranks();
    const auto load = [&](Exchange& all) {
        return loaded(training.backend, training.network, training.options, training.data, all);
    };
    if (exchange.alone()) return load(exchange);
    WordWriter order;
    order.add(RunOrder::train);
    add_model(order, training.spec);
    order.add(training.tested);
    order.add(training.data_dir);
    order.add(training.backend);
    order.add(training.options.threads);
    exchange.broadcast(order.words);
    return make_leading_trainer(load, exchange);
}

std::unique_ptr<Engine> make_engine_on_ranks(const SimulationSpec& as_in_file,
                                             const SimulationSpec& spec,
                                             const EngineOptions& options) {
    Exchange& exchange = process_ranks();
    if (exchange.alone()) return make_engine(spec, options);
    WordWriter order;
    order.add(RunOrder::simulate);
    add_model(order, as_in_file);
    order.add(options.threads);
    order.add(options.profile);
    order.add(options.device);
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
                case RunOrder::simulate:
                    follow_simulation(order, exchange);
                    break;
                case RunOrder::train:
                    follow_training(order, exchange);
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
