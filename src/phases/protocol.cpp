#include "src/phases/protocol.hpp"

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"
#include "src/data/sequence.hpp"
#include "src/engine/quantile.hpp"
#include "src/engine/synapses/weight_plan.hpp"
#include "src/phases/encoded_samples.hpp"

namespace snnsim {
namespace {

bool shows_data(const PhaseSpec& p) {
    return p.present && p.present->samples != Samples::patterns;
}

double expected_rest(const PresentSpec& p) {
    return p.rest.mean;
}

}  // namespace

Protocol::Protocol(const SimulationSpec& spec, const std::string& data_dir)
    : spec_(spec), data_(spec.shown) {
    std::vector<PhaseSpec> given = spec.simulate.phases;
    if (!spec.open_ended()) {
        given.emplace_back();
        given.back().duration = spec.simulate.duration;
    }
    if (!data_ && std::any_of(given.begin(), given.end(), shows_data)) {
        Dataset images = load_dataset(spec.data->set, data_dir);
        if (spec.trained) show_in_steps(*spec.trained->model, images);
        data_ = std::make_shared<const Dataset>(std::move(images));
    }
    for (std::size_t k = 0; k < given.size(); ++k) {
        Phase phase{given[k], nullptr, 0, 0, 0, given[k].duration};
        if (const auto& p = given[k].present) {
            const SampleSet* const images = !shows_data(given[k])         ? nullptr
                                            : p->samples == Samples::test ? &data_->test
                                                                          : &data_->train;
            phase.shown =
                std::make_unique<ShownSamples>(spec, k, images, data_ ? data_->classes : 0);
            phase.source = spec.population_index(p->population);
            if (!p->responses.empty()) phase.responses = spec.population_index(p->responses);
            if (p->repeat) phase.repeat = spec.population_index(p->repeat->population);
            phase.encoded = spec.trained && p->population == spec.trained->input;
            phase.nominal =
                static_cast<double>(phase.shown->trials()) *
                (phase.encoded ? static_cast<double>(sample_period(spec, p->state)) * spec.dt
                               : p->duration + expected_rest(*p));
        }
        phases_.push_back(std::move(phase));
    }
    if (spec.trained) readout_.emplace(spec, data_ ? data_->classes : 0);
}

void Protocol::begin(Engine& engine) {
    if (const auto& r = spec_.simulate.reward) {
        for (std::size_t k = 0; k < r->times.size(); ++k)
            schedule(steps(r->times[k]), PendingKind::reward, r->amounts[k]);
    }
    enter(engine);
    if (next() == engine.now()) act(engine);
}

std::int64_t Protocol::next() const {
    SNN_EXPECT(!state_.pending_step.empty());
    return *std::min_element(state_.pending_step.begin(), state_.pending_step.end());
}

void Protocol::act(Engine& engine) {
    ProtocolState& s = state_;
    for (;;) {
        std::size_t due = s.pending_step.size();
        for (std::size_t k = 0; k < s.pending_step.size(); ++k) {
            if (s.pending_step[k] != engine.now()) continue;
            if (due == s.pending_step.size() || s.pending_kind[k] < s.pending_kind[due]) due = k;
        }
        if (due == s.pending_step.size() || finished()) return;
        const auto kind = static_cast<PendingKind>(s.pending_kind[due]);
        const double amount = s.pending_amount[due];
        const auto at = static_cast<std::ptrdiff_t>(due);
        s.pending_step.erase(s.pending_step.begin() + at);
        s.pending_kind.erase(s.pending_kind.begin() + at);
        s.pending_amount.erase(s.pending_amount.begin() + at);
        switch (kind) {
            case PendingKind::reward:
                engine.reward(amount);
                break;
            case PendingKind::respond:
                respond(engine);
                break;
            case PendingKind::darken:
                darken(engine);
                break;
            case PendingKind::end:
                phases_[s.phase].shown && !phases_[s.phase].encoded ? end_trial(engine)
                                                                    : leave(engine);
                break;
            case PendingKind::feed:
                feed(engine);
                break;
        }
    }
}

void Protocol::schedule(std::int64_t step, PendingKind kind, double amount) {
    if (step > std::int64_t{most_steps})
        throw NumericalError("the phases take more than the 4294967295 steps that can be counted",
                             most_steps);
    state_.pending_step.push_back(static_cast<std::uint32_t>(step));
    state_.pending_kind.push_back(static_cast<std::uint8_t>(kind));
    state_.pending_amount.push_back(amount);
}

std::int64_t Protocol::steps(double ms) const {
    return step_of(ms, spec_.dt);
}

std::int64_t Protocol::drawn_steps(const Distribution& d, std::uint32_t what) const {
    if (d.constant()) return steps(d.mean);
    const RandomKey key{spec_.seed, Stream::trials, static_cast<std::uint32_t>(state_.phase),
                        static_cast<std::uint32_t>(state_.trial)};
    const Philox4 words = key.draw(1 + static_cast<std::uint32_t>(state_.repeat));
    return steps(Quantile(d)((words.word[what] + 0.5) / 4294967296.0));
}

void Protocol::enter(Engine& engine) {
    ProtocolState& s = state_;
    const Phase& phase = phases_[s.phase];
    s.log.start.push_back(static_cast<std::uint32_t>(engine.now()));
    s.spikes_before = engine.spike_counts();
    const bool learns = s.phase == 0 || phases_[s.phase - 1].spec.plastic;
    if (phase.spec.plastic != learns || (s.phase == 0 && !learns))
        engine.set_plastic(phase.spec.plastic);
    const auto set = [&](std::size_t population, double rate) {
        engine.set_rates(population,
                         std::vector<double>(
                             static_cast<std::size_t>(spec_.populations[population].size), rate));
    };
    wound(phase.spec, engine);
    for (const PhaseRateSpec& r : phase.spec.rates)
        set(spec_.population_index(r.population), r.rate);
    if (!phase.shown) {
        schedule(engine.now() + steps(phase.spec.duration), PendingKind::end);
        return;
    }
    if (phase.encoded) {
        s.trial = 0;
        engine.set_windows(sample_windows(spec_, phase.spec.present->state, engine.now()));
        const std::int64_t last = static_cast<std::int64_t>(phase.shown->trials()) - 1;
        const std::int64_t period = sample_period(spec_, phase.spec.present->state);
        schedule(engine.now() + last * period + steps_of_last_sample(spec_), PendingKind::end);
        feed(engine);
        return;
    }
    set(phase.source, 0.0);
    s.trial = s.repeat = 0;
    const std::size_t cells =
        phase.spec.present->responses.empty()
            ? 0
            : static_cast<std::size_t>(spec_.populations[phase.responses].size);
    s.all.clear(phase.shown->classes(), cells);
    s.recent.clear(phase.shown->classes(), cells);
    s.running.clear();
    start_trial(engine);
}

const SampleSet& Protocol::images(const Phase& phase) const {
    return phase.spec.present->samples == Samples::test ? data_->test : data_->train;
}

/// Samples of the phase under way, by a thread of its own.
std::future<Protocol::Encoded> Protocol::encode(std::uint64_t trial) {
    Phase& phase = phases_[state_.phase];
    const PresentSpec& p = *phase.spec.present;
    const std::uint64_t most = samples_at_once(spec_, images(phase));
    std::vector<std::uint32_t> samples;
    while (samples.size() < most && trial + samples.size() < phase.shown->trials())
        samples.push_back(phase.shown->sample(trial + samples.size()));
    const std::int64_t first =
        state_.log.start.back() + static_cast<std::int64_t>(trial) * sample_period(spec_, p.state);
    return std::async(std::launch::async,
                      [this, &phase, &p, samples, first, trial, number = state_.phase] {
                          return Encoded{number, trial, samples.size(),
                                         encoded(spec_, images(phase), p.samples == Samples::test,
                                                 p.state, first, samples.data(), samples.size())};
                      });
}

/// Gives the input of a trained network the next samples.
void Protocol::feed(Engine& engine) {
    ProtocolState& s = state_;
    const Phase& phase = phases_[s.phase];
    Encoded now;
    if (ahead_.valid()) now = ahead_.get();
    if (!now.spikes || now.phase != s.phase || now.trial != s.trial) now = encode(s.trial).get();
    engine.play(phase.source, now.spikes);
    s.trial += now.count;
    if (s.trial >= phase.shown->trials()) return;
    ahead_ = encode(s.trial);
    schedule(s.log.start.back() + static_cast<std::int64_t>(s.trial) *
                                      sample_period(spec_, phase.spec.present->state),
             PendingKind::feed);
}

/// What the phase says of cells that are lost.
void Protocol::wound(const PhaseSpec& phase, Engine& engine) const {
    for (const LesionSpec& lesion : phase.lesions) {
        const std::size_t p = spec_.population_index(lesion.population);
        const std::int64_t size = spec_.populations[p].size;
        CellChoice lost;
        lost.random = std::llround(lesion.share * static_cast<double>(size));
        std::vector<std::uint8_t> silent;
        if (lost.random > 0) {
            silent.assign(static_cast<std::size_t>(size), 0);
            const CellSet cells = chosen_cells(lost, size, spec_.seed, p);
            for (std::uint32_t k = 0; k < cells.count; ++k) silent[cells[k]] = 1;
        }
        engine.silence(p, silent);
    }
}

void Protocol::restore(const ProtocolState& state, Engine& engine) {
    state_ = state;
    for (std::size_t k = 0; k < state_.log.start.size(); ++k) wound(phases_[k].spec, engine);
    if (finished() || !phases_[state_.phase].encoded) return;
    const Phase& phase = phases_[state_.phase];
    const std::int64_t start = state_.log.start.back();
    engine.set_windows(sample_windows(spec_, phase.spec.present->state, start));
    const auto feeds = static_cast<std::uint8_t>(PendingKind::feed);
    for (std::size_t k = state_.pending_kind.size(); k-- > 0;) {  // it is set anew
        if (state_.pending_kind[k] != feeds) continue;
        const auto at = static_cast<std::ptrdiff_t>(k);
        state_.pending_step.erase(state_.pending_step.begin() + at);
        state_.pending_kind.erase(state_.pending_kind.begin() + at);
        state_.pending_amount.erase(state_.pending_amount.begin() + at);
    }
    const std::int64_t period = sample_period(spec_, phase.spec.present->state);
    state_.trial = static_cast<std::uint64_t>((engine.now() - start) / period);
    if (state_.trial < phase.shown->trials()) feed(engine);
}

/// The first phase that shows samples whose answers are not read, of those that have begun.
bool Protocol::finds_readout_phase() {
    ReadoutState& r = state_.readout;
    while (r.phase < state_.log.start.size()) {
        const Phase& phase = phases_[r.phase];
        if (phase.encoded && r.trial < phase.shown->trials()) return true;
        ++r.phase;
        r.trial = 0;
    }
    return false;
}

void Protocol::observe(const Spikes& spikes, const StateSamples* values, std::int64_t until) {
    if (!readout_) return;
    ReadoutState& r = state_.readout;
    const std::size_t cells = static_cast<std::size_t>(spec_.populations[readout_->output()].size);
    std::size_t spike = 0, row = 0;
    for (auto t = static_cast<std::int64_t>(r.done); t < until; ++t, ++row) {
        const std::size_t first = spike;
        while (spike < spikes.size() && spikes.step[spike] == static_cast<std::uint64_t>(t) + 1)
            ++spike;
        if (!finds_readout_phase()) continue;
        Phase& phase = phases_[r.phase];
        const PresentSpec& p = *phase.spec.present;
        const std::int64_t since = t - state_.log.start[r.phase] - readout_->depth(),
                           period = sample_period(spec_, p.state), place = since % period,
                           steps = spec_.trained->model->steps();
        if (since < 0 || place >= steps) continue;
        readout_->start_step(r, place);
        for (std::size_t k = first; k < spike; ++k) {
            if (spikes.population[k] != readout_->output()) continue;
            ++r.spikes;
            if (!values)
                readout_->take(r, place, spikes.cell[k],
                               spikes.value.empty() ? 1.0f : spikes.value[k]);
        }
        for (std::size_t n = 0; values && n < cells; ++n)
            readout_->take(r, place, static_cast<std::uint32_t>(n),
                           values->values[row * cells + n]);
        if (place + 1 < steps) continue;
        const SampleReadout::Answer answer = readout_->answer(r);
        const std::uint32_t sample = phase.shown->sample(r.trial);
        const std::int64_t start =
            state_.log.start[r.phase] + static_cast<std::int64_t>(r.trial) * period;
        Trials& trials = state_.trials;
        trials.phase.push_back(static_cast<std::uint32_t>(r.phase));
        trials.sample.push_back(sample);
        trials.label.push_back(phase.shown->label(sample));
        trials.start.push_back(static_cast<std::uint32_t>(start));
        trials.stop.push_back(static_cast<std::uint32_t>(start + steps));
        trials.repeats.push_back(0);
        trials.spikes.push_back(answer.spikes);
        trials.prediction.push_back(answer.prediction);
        ++r.trial;
    }
    r.done = static_cast<std::uint64_t>(until);
}

void Protocol::start_trial(Engine& engine) {
    ProtocolState& s = state_;
    Phase& phase = phases_[s.phase];
    const PresentSpec& p = *phase.spec.present;
    for (std::size_t k = 0; phase.spec.plastic && k < spec_.projections.size(); ++k) {
        const std::optional<PlasticitySpec>& rule = spec_.projections[k].plasticity;
        if (rule && rule->normalise && rule->normalise->interval == 0.0)
            engine.normalise(k, rule->normalise->sum.mean);
    }
    const std::uint32_t sample = phase.shown->sample(s.trial);
    const double more = p.repeat ? p.repeat->add * static_cast<double>(s.repeat) : 0.0;
    engine.set_rates(phase.source, phase.shown->rates(sample, p.max_rate + more));
    if (!p.responses.empty()) engine.count_spikes(phase.responses);
    if (p.repeat && (p.responses.empty() || phase.repeat != phase.responses))
        engine.count_spikes(phase.repeat);
    const std::int64_t now = engine.now(), off = now + steps(p.duration);
    s.trial_start = static_cast<std::uint64_t>(now);
    s.too_few = 0;
    s.response.clear();
    schedule(off, PendingKind::darken);
    if (!p.responses.empty())
        schedule(now + steps(p.window > 0.0 ? p.window : p.duration), PendingKind::respond);
    const std::int64_t rest = std::max<std::int64_t>(0, drawn_steps(p.rest, 0));
    schedule(off + rest, PendingKind::end);
    if (p.reward && s.repeat == 0 &&
        (p.reward->label < 0 || p.reward->label == phase.shown->label(sample)))
        schedule(now + std::max<std::int64_t>(0, drawn_steps(p.reward->delay, 1)),
                 PendingKind::reward, p.reward->amount);
}

void Protocol::respond(const Engine& engine) {
    state_.response = engine.counted_spikes(phases_[state_.phase].responses);
}

void Protocol::darken(Engine& engine) {
    ProtocolState& s = state_;
    const Phase& phase = phases_[s.phase];
    if (const auto& r = phase.spec.present->repeat) {
        std::uint64_t spikes = 0;
        for (const std::uint32_t count : engine.counted_spikes(phase.repeat)) spikes += count;
        s.too_few = spikes < static_cast<std::uint64_t>(r->below) &&
                    s.repeat < static_cast<std::uint64_t>(r->at_most);
    }
    engine.set_rates(
        phase.source,
        std::vector<double>(static_cast<std::size_t>(spec_.populations[phase.source].size), 0.0));
}

void Protocol::end_trial(Engine& engine) {
    ProtocolState& s = state_;
    Phase& phase = phases_[s.phase];
    const PresentSpec& p = *phase.spec.present;
    if (s.too_few) {
        ++s.repeat;
        start_trial(engine);
        return;
    }
    const std::uint32_t sample = phase.shown->sample(s.trial);
    const std::int32_t label = phase.shown->label(sample);
    Trials& t = s.trials;
    t.phase.push_back(static_cast<std::uint32_t>(s.phase));
    t.sample.push_back(sample);
    t.label.push_back(label);
    t.start.push_back(static_cast<std::uint32_t>(s.trial_start));
    t.stop.push_back(static_cast<std::uint32_t>(s.trial_start) +
                     static_cast<std::uint32_t>(steps(p.duration)));
    t.repeats.push_back(static_cast<std::uint32_t>(s.repeat));
    std::uint32_t spikes = 0;
    for (const std::uint32_t count : s.response) spikes += count;
    t.spikes.push_back(spikes);
    const std::vector<std::int32_t>& known = p.evaluate ? s.assigned : s.running;
    t.prediction.push_back(known.empty() ? -1 : predicted_class(known, s.response));
    if (!p.responses.empty()) {
        s.all.add(static_cast<std::size_t>(label), s.response);
        s.recent.add(static_cast<std::size_t>(label), s.response);
    }
    ++s.trial;
    s.repeat = 0;
    if (p.running > 0 && s.trial % static_cast<std::uint64_t>(p.running) == 0) {
        s.running = s.recent.assignment();
        s.recent.clear(phase.shown->classes(), s.response.size());
    }
    s.trial < phase.shown->trials() ? start_trial(engine) : leave(engine);
}

void Protocol::leave(Engine& engine) {
    ProtocolState& s = state_;
    const Phase& phase = phases_[s.phase];
    s.log.stop.push_back(static_cast<std::uint32_t>(engine.now()));
    if (phase.encoded) {
        engine.set_windows({});
        engine.play(phase.source, std::make_shared<const PlayedSpikes>());
    }
    const std::vector<std::uint64_t> spikes = engine.spike_counts();
    for (std::size_t p = 0; p < spikes.size(); ++p)
        s.log.spikes.push_back(spikes[p] - s.spikes_before[p]);
    if (phase.spec.present && phase.spec.present->assign) {
        s.assigned = s.all.assignment();
        s.log.assignment.insert(s.log.assignment.end(), s.assigned.begin(), s.assigned.end());
    }
    ++s.phase;
    if (!finished()) enter(engine);
}

ProtocolProgress Protocol::progress(std::int64_t now) const {
    const ProtocolState& s = state_;
    ProtocolProgress out;
    double all = 0.0, done = 0.0;
    for (std::size_t k = 0; k < phases_.size(); ++k) {
        const Phase& phase = phases_[k];
        all += phase.nominal;
        double share = k < s.phase ? 1.0 : 0.0;
        if (k == s.phase && phase.shown)
            share = static_cast<double>(s.trial) / static_cast<double>(phase.shown->trials());
        if (k == s.phase && !phase.shown)
            share = static_cast<double>(now - s.log.start.back()) * spec_.dt / phase.nominal;
        done += phase.nominal * share;
    }
    out.share = done / all;
    if (finished()) return out;
    const Phase& phase = phases_[s.phase];
    out.phase = phase.spec.name;
    if (!phase.shown) return out;
    out.trial = phase.encoded ? s.readout.trial : s.trial;
    out.trials = phase.shown->trials();
    constexpr std::size_t most = 1000;
    std::size_t seen = 0, right = 0;
    for (std::size_t k = s.trials.size(); k-- > 0 && seen < most;) {
        if (s.trials.phase[k] != s.phase || (!phase.spec.present->evaluate && s.running.empty()))
            break;
        ++seen;
        right += s.trials.prediction[k] == s.trials.label[k] ? 1 : 0;
    }
    if (seen > 0) out.recent = static_cast<double>(right) / static_cast<double>(seen);
    return out;
}

}  // namespace snnsim
