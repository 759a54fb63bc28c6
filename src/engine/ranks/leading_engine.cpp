#include "src/engine/ranks/leading_engine.hpp"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "snnsim/played_spikes.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/ranks/process_ranks.hpp"

namespace snnsim {
namespace {

/// What rank 0 tells the others to do, with what follows it in the message.
enum class Call : std::uint32_t {
    leave,
    advance,
    take_states,
    take_weights,
    read_weights,
    set_plastic,
    reward,
    normalise,
    set_rates,
    silence,
    set_windows,
    play,
    count_spikes,
    state,
    set_state,
    work,
};

/// Calls f(member) for all members of a state.
template <class State, class F>
void for_each_member(State& s, F&& f) {
    f(s.now);
    f(s.states);
    f(s.recent.step);
    f(s.recent.population);
    f(s.recent.cell);
    f(s.recent.value);
    f(s.spike_counts);
    f(s.work);
    f(s.inputs);
    f(s.learns);
    f(s.rates);
    f(s.counted);
}
template <class State, class F>
void for_each_plastic_member(State& s, F&& f) {
    f(s.plastic);
    f(s.weight);
    f(s.own);
    f(s.ready);
    f(s.arrived);
    f(s.pre);
    f(s.resources);
    f(s.post_count);
    f(s.post_step);
    f(s.post);
    f(s.late_plus);
    f(s.late_minus);
    f(s.fired);
    f(s.rate);
    f(s.reward);
    f(s.rewarded);
    f(s.done);
    f(s.watched);
    f(s.source);
    f(s.target);
    f(s.structure.step);
    f(s.structure.pruned);
    f(s.structure.grown);
    f(s.released);
}

void add_state(WordWriter& message, const EngineState& state) {
    const auto add = [&](const auto& member) { message.add(member); };
    for_each_member(state, add);
    message.add(std::uint64_t{state.plastic.size()});
    for (const PlasticState& p : state.plastic) for_each_plastic_member(p, add);
}
EngineState get_state(WordReader& message) {
    EngineState state;
    const auto get = [&](auto& member) { message.get(member); };
    for_each_member(state, get);
    state.plastic.resize(message.get<std::uint64_t>());
    for (PlasticState& p : state.plastic) for_each_plastic_member(p, get);
    return state;
}

class LeadingEngine final : public Engine {
  public:
    LeadingEngine(const SimulationSpec& spec, const EngineOptions& options, Exchange& exchange)
        : exchange_(exchange),
          threads_(options.threads),
          on_gpus_(options.device == Device::cuda),
          mine_(telling([&] { return make_engine_on(spec, options, exchange); })) {}
    ~LeadingEngine() override {
        if (exchange_.failed()) return;
        try {
            tell(Call::leave);
        } catch (...) {  // whoever failed has left already
        }
    }
    LeadingEngine(const LeadingEngine&) = delete;
    LeadingEngine& operator=(const LeadingEngine&) = delete;

    void advance(std::int64_t steps) override {
        together(
            Call::advance, [&] { mine_->advance(steps); }, steps);
    }
    std::int64_t now() const override { return mine_->now(); }
    std::int64_t batch() const override { return mine_->batch(); }
    Spikes take_spikes() override { return mine_->take_spikes(); }
    std::vector<StateSamples> take_states() override {
        return together(Call::take_states, [&] { return mine_->take_states(); });
    }
    std::vector<StateSamples> take_weights() override {
        return together(Call::take_weights, [&] { return mine_->take_weights(); });
    }
    void read_weights(std::size_t most, const TakeWeights& take) const override {
        together(
            Call::read_weights, [&] { mine_->read_weights(most, take); }, std::uint64_t{most});
    }
    void set_plastic(bool plastic) override {
        together(
            Call::set_plastic, [&] { mine_->set_plastic(plastic); }, plastic);
    }
    void reward(double amount) override {
        together(
            Call::reward, [&] { mine_->reward(amount); }, amount);
    }
    void normalise(std::size_t projection, double sum) override {
        together(
            Call::normalise, [&] { mine_->normalise(projection, sum); }, std::uint64_t{projection},
            sum);
    }
    void set_rates(std::size_t population, const std::vector<double>& rates) override {
        together(
            Call::set_rates, [&] { mine_->set_rates(population, rates); },
            std::uint64_t{population}, rates);
    }
    std::vector<double> rates(std::size_t population) const override {
        return mine_->rates(population);
    }
    void silence(std::size_t population, const std::vector<std::uint8_t>& silent) override {
        together(
            Call::silence, [&] { mine_->silence(population, silent); }, std::uint64_t{population},
            silent);
    }
    void set_windows(const SampleWindows& windows) override {
        together(
            Call::set_windows, [&] { mine_->set_windows(windows); }, windows);
    }
    void play(std::size_t population, std::shared_ptr<const PlayedSpikes> played) override {
        together(
            Call::play, [&] { mine_->play(population, played); }, std::uint64_t{population},
            played->keys, played->values);
    }
    void count_spikes(std::size_t population) override {
        together(
            Call::count_spikes, [&] { mine_->count_spikes(population); },
            std::uint64_t{population});
    }
    std::vector<std::uint32_t> counted_spikes(std::size_t population) const override {
        return mine_->counted_spikes(population);
    }
    EngineState state() const override {
        return together(Call::state, [&] { return mine_->state(); });
    }
    void set_state(const EngineState& state) override {
        WordWriter message;
        message.add(Call::set_state);
        add_state(message, state);
        exchange_.broadcast(message.words);
        telling([&] { mine_->set_state(state); });
    }
    const EngineReport& report() const override { return mine_->report(); }
    std::string device_name() const override {
        if (on_gpus_) return mine_->device_name();  // it names them all
        return fmt::format("{}, on each of {} ranks{}", mine_->device_name(), exchange_.ranks(),
                           text_of_fewer_cores(threads_));
    }
    std::vector<std::uint64_t> spike_counts() const override { return mine_->spike_counts(); }
    std::vector<SynapticWork> work() const override {
        return together(Call::work, [&] { return mine_->work(); });
    }

  private:
    template <class... Arguments>
    void tell(Call call, const Arguments&... arguments) const {
        WordWriter message;
        message.add(call);
        (message.add(arguments), ...);
        exchange_.broadcast(message.words);
    }
    /// What all ranks do; what they throw alike is the caller's, all else ends the others too.
    template <class F>
    auto telling(F&& f) const -> decltype(f()) {
        try {
            return f();
        } catch (const NumericalError&) {
            throw;
        } catch (const UsageError&) {
            throw;
        } catch (const std::exception& e) {
            exchange_.fail(e);
            throw;
        }
    }
    template <class F, class... Arguments>
    auto together(Call call, F&& f, const Arguments&... arguments) const -> decltype(f()) {
        tell(call, arguments...);
        return telling(f);
    }

    Exchange& exchange_;
    const int threads_;
    const bool on_gpus_;
    const std::unique_ptr<Engine> mine_;
};

template <class T>
T got(WordReader& message) {
    T value{};
    message.get(value);
    return value;
}

/// False: to leave.
bool carry_out(Engine& engine, WordReader& message) {
    const auto population = [&] { return static_cast<std::size_t>(got<std::uint64_t>(message)); };
    switch (message.get<Call>()) {
        case Call::leave:
            return false;
        case Call::advance:
            engine.advance(got<std::int64_t>(message));
            break;
        case Call::take_states:
            engine.take_states();
            break;
        case Call::take_weights:
            engine.take_weights();
            break;
        case Call::read_weights:
            engine.read_weights(got<std::uint64_t>(message), [](const ProjectionWeights&) {});
            break;
        case Call::set_plastic:
            engine.set_plastic(got<bool>(message));
            break;
        case Call::reward:
            engine.reward(got<double>(message));
            break;
        case Call::normalise: {
            const std::size_t projection = population();
            engine.normalise(projection, got<double>(message));
            break;
        }
        case Call::set_rates: {
            const std::size_t p = population();
            engine.set_rates(p, got<std::vector<double>>(message));
            break;
        }
        case Call::silence: {
            const std::size_t p = population();
            engine.silence(p, got<std::vector<std::uint8_t>>(message));
            break;
        }
        case Call::set_windows:
            engine.set_windows(got<SampleWindows>(message));
            break;
        case Call::play: {
            const std::size_t p = population();
            const auto played = std::make_shared<PlayedSpikes>();
            message.get(played->keys);
            message.get(played->values);
            engine.play(p, played);
            break;
        }
        case Call::count_spikes:
            engine.count_spikes(population());
            break;
        case Call::state:
            engine.state();
            break;
        case Call::set_state:
            engine.set_state(get_state(message));
            break;
        case Call::work:
            engine.work();
            break;
    }
    return true;
}

}  // namespace

std::unique_ptr<Engine> make_leading_engine(const SimulationSpec& spec,
                                            const EngineOptions& options, Exchange& exchange) {
    SNN_EXPECT(exchange.leads());
    return std::make_unique<LeadingEngine>(spec, options, exchange);
}

void follow(const SimulationSpec& spec, const EngineOptions& options, Exchange& exchange) {
    EngineOptions mine = options;
    mine.spikes = false;  // rank 0 collects them
    try {
        const std::unique_ptr<Engine> engine = make_engine_on(spec, mine, exchange);
        for (bool goes_on = true; goes_on;) {
            Words words;
            exchange.broadcast(words);
            WordReader message(words);
            try {
                goes_on = carry_out(*engine, message);
            } catch (const NumericalError&) {  // rank 0 says what is to be done
            } catch (const UsageError&) {      // thrown on rank 0 too
            }
        }
    } catch (const RankError&) {
        throw;
    } catch (const std::exception& e) {
        exchange.fail(e);
        throw;
    }
}

}  // namespace snnsim
