#include "src/training/leading_trainer.hpp"

#include <algorithm>
#include <utility>

namespace snnsim {
namespace {

/// What rank 0 tells the others to do, with what follows it in the message.
enum class Call : std::uint32_t {
    leave,
    expect,
    begin_phase,
    train,
    evaluate,
    prune,
    quantize,
    fix,
    set_state,
};

std::vector<std::uint32_t> copy_of(std::span<const std::uint32_t> samples) {
    return {samples.begin(), samples.end()};
}

/// Calls f(member) for all members of a state, but for counts, which rank 0 keeps.
template <class State, class F>
void for_each_member(State& s, F&& f) {
    f(s.weights);
    f(s.bias);
    f(s.moments);
    f(s.updates);
    f(s.masks);
    f(s.delays);
    f(s.delay_moments);
}
template <class Norm, class F>
void for_each_member_of_norm(Norm& norm, F&& f) {
    f(norm.population);
    for_each_part(norm, [&](const char*, auto& values) { f(values); });
}
void add_state(WordWriter& message, const TrainerState& state) {
    const auto add = [&](const auto& member) { message.add(member); };
    for_each_member(state, add);
    message.add(std::uint64_t{state.norms.size()});
    for (const NormState& norm : state.norms) for_each_member_of_norm(norm, add);
    message.add(std::uint64_t{state.learned.size()});
    for (const std::vector<LearnedState>& all : state.learned) {
        message.add(std::uint64_t{all.size()});
        for (const LearnedState& l : all) {
            message.add(l.w);
            message.add(l.moments);
        }
    }
}
TrainerState get_state(WordReader& message) {
    TrainerState state;
    const auto get = [&](auto& member) { message.get(member); };
    for_each_member(state, get);
    state.norms.resize(message.get<std::uint64_t>());
    for (NormState& norm : state.norms) for_each_member_of_norm(norm, get);
    state.learned.resize(message.get<std::uint64_t>());
    for (std::vector<LearnedState>& all : state.learned) {
        all.resize(message.get<std::uint64_t>());
        for (LearnedState& l : all) {
            message.get(l.w);
            message.get(l.moments);
        }
    }
    return state;
}

/// What all ranks do; what one of them throws ends the others too.
template <class F>
auto telling(Exchange& exchange, F&& f) -> decltype(f()) {
    try {
        return f();
    } catch (const RankError&) {
        throw;
    } catch (const std::exception& e) {
        exchange.fail(e);
        throw;
    }
}

Words name_of(const Trainer& trainer) {
    WordWriter message;
    message.add(trainer.device_name());
    return message.words;
}

class LeadingTrainer final : public Trainer {
  public:
    LeadingTrainer(const MakeTrainer& make, Exchange& exchange)
        : exchange_(exchange), mine_(telling(exchange, [&] { return make(exchange); })) {
        Gathered all;
        exchange.gather(name_of(*mine_), all);
        std::vector<std::string> names;
        for (int r = 0; r < exchange.ranks(); ++r) {
            std::string name;
            WordReader(all.of(r)).get(name);
            names.push_back(std::move(name));
        }
        device_ = names[0];
        if (std::count(names.begin(), names.end(), names[0]) == exchange.ranks()) {
            device_ += ", on each of " + std::to_string(exchange.ranks()) + " ranks";
            return;
        }
        for (std::size_t r = 1; r < names.size(); ++r) device_ += "; " + names[r];
    }
    ~LeadingTrainer() override {
        if (exchange_.failed()) return;
        try {
            tell(Call::leave, [](WordWriter&) {});
        } catch (...) {  // whoever failed has left already
        }
    }
    LeadingTrainer(const LeadingTrainer&) = delete;
    LeadingTrainer& operator=(const LeadingTrainer&) = delete;

    void load(const Dataset&) override {}  // each rank has
    void expect(std::span<const std::uint32_t> samples) override {
        together(
            Call::expect, [&](WordWriter& m) { m.add(copy_of(samples)); },
            [&] { mine_->expect(samples); });
    }
    void begin_phase(std::size_t phase, std::uint64_t first_update, bool fresh) override {
        together(
            Call::begin_phase,
            [&](WordWriter& m) {
                m.add(std::uint64_t{phase});
                m.add(first_update);
                m.add(fresh);
            },
            [&] { mine_->begin_phase(phase, first_update, fresh); });
    }
    double connected() const override { return mine_->connected(); }
    std::vector<StepResult> train(std::span<const std::uint32_t> samples, std::uint32_t epoch,
                                  std::span<const double> learning_rates) override {
        return together(
            Call::train,
            [&](WordWriter& m) {
                m.add(copy_of(samples));
                m.add(epoch);
                m.add(std::vector<double>(learning_rates.begin(), learning_rates.end()));
            },
            [&] { return mine_->train(samples, epoch, learning_rates); });
    }
    Evaluation evaluate(std::span<const std::uint32_t> samples,
                        const EvaluateOptions& options) override {
        return together(
            Call::evaluate,
            [&](WordWriter& m) {
                m.add(copy_of(samples));
                m.add(options.test_set);
                m.add(options.batch);
                m.add(std::uint64_t{options.record.size()});
                for (const RecordSpec& r : options.record) {
                    m.add(r.population);
                    m.add(r.what);
                    m.add(r.samples);
                }
            },
            [&] { return mine_->evaluate(samples, options); });
    }
    void prune(double sparsity) override {
        together(
            Call::prune, [&](WordWriter& m) { m.add(sparsity); }, [&] { mine_->prune(sparsity); });
    }
    void quantize(const QuantizeSpec& spec, std::span<const std::uint32_t> calibration,
                  const StopRequest& stop) override {
        together(
            Call::quantize,
            [&](WordWriter& m) {
                m.add(spec);
                m.add(copy_of(calibration));
            },
            [&] { mine_->quantize(spec, calibration, stop); });
    }
    void fix(const std::vector<double>& grid) override {
        together(
            Call::fix, [&](WordWriter& m) { m.add(grid); }, [&] { mine_->fix(grid); });
    }
    std::vector<LearnedValues> learned_values() const override { return mine_->learned_values(); }
    TrainerState state() const override { return mine_->state(); }
    void set_state(const TrainerState& state) override {
        together(
            Call::set_state, [&](WordWriter& m) { add_state(m, state); },
            [&] { mine_->set_state(state); });
    }
    std::string device_name() const override { return device_; }

  private:
    template <class AddArguments>
    void tell(Call call, AddArguments&& add) const {
        WordWriter message;
        message.add(call);
        add(message);
        exchange_.broadcast(message.words);
    }
    template <class AddArguments, class F>
    auto together(Call call, AddArguments&& add, F&& f) const -> decltype(f()) {
        tell(call, add);
        return telling(exchange_, f);
    }

    Exchange& exchange_;
    const std::unique_ptr<Trainer> mine_;
    std::string device_;  // of all ranks
};

template <class T>
T got(WordReader& message) {
    T value{};
    message.get(value);
    return value;
}

/// False: to leave.
bool carry_out(Trainer& trainer, WordReader& message) {
    using Samples = std::vector<std::uint32_t>;
    switch (message.get<Call>()) {
        case Call::leave:
            return false;
        case Call::expect:
            trainer.expect(got<Samples>(message));
            break;
        case Call::begin_phase: {
            const auto phase = got<std::uint64_t>(message), update = got<std::uint64_t>(message);
            trainer.begin_phase(phase, update, got<bool>(message));
            break;
        }
        case Call::train: {
            const auto samples = got<Samples>(message);
            const auto epoch = got<std::uint32_t>(message);
            trainer.train(samples, epoch, got<std::vector<double>>(message));
            break;
        }
        case Call::evaluate: {
            const auto samples = got<Samples>(message);
            Trainer::EvaluateOptions options;
            message.get(options.test_set);
            message.get(options.batch);
            options.record.resize(got<std::uint64_t>(message));
            for (RecordSpec& r : options.record) {
                message.get(r.population);
                message.get(r.what);
                message.get(r.samples);
            }
            trainer.evaluate(samples, options);
            break;
        }
        case Call::prune:
            trainer.prune(got<double>(message));
            break;
        case Call::quantize: {
            const auto spec = got<QuantizeSpec>(message);
            trainer.quantize(spec, got<Samples>(message), {});
            break;
        }
        case Call::fix:
            trainer.fix(got<std::vector<double>>(message));
            break;
        case Call::set_state:
            trainer.set_state(get_state(message));
            break;
    }
    return true;
}

}  // namespace

std::unique_ptr<Trainer> make_leading_trainer(const MakeTrainer& make, Exchange& exchange) {
    SNN_EXPECT(exchange.leads());
    return std::make_unique<LeadingTrainer>(make, exchange);
}

void follow_trainer(const MakeTrainer& make, Exchange& exchange) {
    telling(exchange, [&] {
        const std::unique_ptr<Trainer> trainer = make(exchange);
        Gathered nothing;
        exchange.gather(name_of(*trainer), nothing);
        for (bool goes_on = true; goes_on;) {
            Words words;
            exchange.broadcast(words);
            WordReader message(words);
            goes_on = carry_out(*trainer, message);
        }
    });
}

}  // namespace snnsim
