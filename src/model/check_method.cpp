// Checks of the method by which weights learn: what it cannot train, and what would do instead.
#include <fmt/format.h>

#include <algorithm>

#include "kernels/training/eligibility.hpp"
#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// A method, and what it is asked to train.
class MethodView {
  public:
    MethodView(ModelView& model, const TrainSpec& train)
        : model_(model),
          train_(train),
          name_(Methods::name_of(train.method)),
          online_(following_of(train.method) != Following::nothing),
          truncated_(std::holds_alternative<TruncatedBptt::Params>(train.method)) {}

    void check() {
        if (random()) check_feedback();
        check_latency();
        if (event_prop()) check_event_prop();
        if (!online_ && !truncated_) return;
        check_loss();
        check_delays();
        check_populations();
        if (!train_.rate_penalty.empty())
            add({"train", "rate_penalty"},
                "a rate is that of a whole sample, and {} learns before it has ended; leave "
                "rate_penalty out, or write method: surrogate_gradient");
        if (following_of(train_.method) == Following::sources) {
            check_targets();
            check_resets();
        }
        if (following_of(train_.method) == Following::eligibility) check_windows();
        if (std::holds_alternative<EProp::Params>(train_.method)) check_e_prop();
        if (std::holds_alternative<Decolle::Params>(train_.method)) check_decolle();
    }

  private:
    bool random() const { return feedback_of(train_.method) == Feedback::random; }
    bool event_prop() const { return std::holds_alternative<EventProp::Params>(train_.method); }

    /// `text` names the method by {}, if it does.
    void add(Places::Path path, const std::string& text) {
        model_.add(path, fmt::format(fmt::runtime(text), name_));
    }
    std::vector<const PopulationSpec*> cells() const {
        std::vector<const PopulationSpec*> out;
        for (const PopulationSpec& p : model_.spec.populations)
            if (model_.model_known(p) && !is_source(p)) out.push_back(&p);
        return out;
    }
    bool is_output(const std::string& name) const {
        const std::vector<std::string> outputs = model_.outputs();
        return std::find(outputs.begin(), outputs.end(), name) != outputs.end();
    }

    void check_latency() {
        const auto say = [&](Places::Path path, Loss loss) {
            const bool counts = loss == Loss::cross_entropy_count || loss == Loss::mse_count;
            if (loss == Loss::cross_entropy_latency && !event_prop())
                add(path,
                    "cross_entropy_latency goes by the times of spikes, of which {} has no "
                    "derivative; write method: event_prop, or another loss");
            if (loss == Loss::cross_entropy_max && event_prop())
                add(path,
                    "an output is highest where a spike arrives, and jumps there, so that {} has "
                    "no derivative of it; write loss: cross_entropy_mean");
            if (counts && event_prop())
                add(path, fmt::format("{} counts spikes, and {{}} has the derivatives of their "
                                      "times; write loss: cross_entropy_latency, or make the "
                                      "output a leaky_readout with cross_entropy_mean",
                                      name_of(loss)));
        };
        if (train_.losses.empty() && model_.sound_or_absent({"train", "loss"}))
            say({"train", "loss"}, train_.loss);
        for (const OutputLossSpec& loss : train_.losses)
            say({"train", "loss", loss.name}, loss.loss);
    }

    void check_feedback() {
        for (std::size_t k = 0; k < model_.spec.projections.size(); ++k) {
            if (!model_.spec.projections[k].learned_delay) continue;
            add({"projections", std::to_string(k), "delay"},
                "the delays of this projection learn by its own weights; write feedback: "
                "symmetric, or a delay that does not learn");
        }
    }

    void check_loss() {
        const auto of_step = [](Loss loss) {
            return loss == Loss::cross_entropy_step || has_targets_by_step(loss);
        };
        const auto say = [&](Places::Path path, Loss loss) {
            if (of_step(loss)) return;
            add(path, fmt::format("{} is known only when a sample has ended, and {{}} learns "
                                  "before; write {}, or method: surrogate_gradient",
                                  name_of(loss),
                                  is_real(loss) ? "mse_step" : "loss: cross_entropy_step"));
        };
        if (train_.losses.empty() && model_.sound_or_absent({"train", "loss"}))
            say({"train", "loss"}, train_.loss);
        for (const OutputLossSpec& loss : train_.losses)
            say({"train", "loss", loss.name}, loss.loss);
    }

    void check_delays() {
        const std::vector<bool> on_cycle = on_cycles(model_.spec);
        const std::vector<std::size_t> delays = delays_of(model_.spec);
        for (std::size_t k = 0; k < model_.spec.projections.size(); ++k) {
            const ProjectionSpec& p = model_.spec.projections[k];
            const std::size_t most = on_cycle[k] ? 1 : 0;
            if (!p.learned_delay && delays[k] <= most) continue;
            add({"projections", std::to_string(k), "delay"},
                p.learned_delay ? "{} has a part of a sample's steps at a time, and a delay learns "
                                  "from all of them; write method: surrogate_gradient, or a delay "
                                  "that does not learn"
                : most > 0      ? "{} hands one step on from part to part of a sample; on a cycle "
                                  "write a delay of one dt, or method: surrogate_gradient"
                                : "{} has a part of a sample's steps at a time, and no spike waits "
                                  "for the next; leave the delay out, or write method: "
                                  "surrogate_gradient");
        }
    }

    void check_populations() {
        for (const PopulationSpec* p : cells()) {
            if (p->batch_norm)
                add({"populations", p->name, "batch_norm"},
                    "batch_norm goes by all steps of a sample, and {} has some of them; leave it "
                    "out, or write method: surrogate_gradient");
            check_nothing_else_learns(*p);
        }
    }
    void check_nothing_else_learns(const PopulationSpec& p) {
        if (!p.trainable.empty())
            add({"populations", p.name, "trainable"},
                "{} trains weights and biases; leave trainable out, or write method: "
                "surrogate_gradient");
    }
    /// Of methods that have no step to go back to, or another way of seeing a reset.
    void check_resets() {
        for (const PopulationSpec* p : cells()) {
            const Places::Path at{"populations", p->name, "detach_reset"};
            if (model_.given(at))
                add(at, "{} has no gradient through a reset; leave detach_reset out");
        }
    }

    /// Traces of sources decay as the membrane of the targets.
    void check_targets() {
        for (const PopulationSpec* p : cells()) {
            const bool has_trace = NeuronModels::visit(p->neuron, [&]<class M>(const auto& params) {
                if constexpr (NeuronModel<M>)
                    return trace_decay<M>(M::prepare(params, model_.spec.dt)).has_value();
                else
                    return true;
            });
            if (has_trace) continue;
            add({"populations", p->name, "model"},
                fmt::format("{{}} follows inputs by one trace, which decays as the membrane of "
                            "their target; '{}' ({}) is not such a cell; write model: lif, or "
                            "method: ostl or e_prop",
                            p->name, model_of(*p)));
        }
    }

    void check_windows() {
        for (std::size_t k = 0; k < model_.spec.projections.size(); ++k) {
            const ProjectionSpec& p = model_.spec.projections[k];
            if (!only_trained(p.connect.rule) || is_pool(p.connect.rule)) continue;
            add({"projections", std::to_string(k), "connect"},
                "{} keeps numbers for each synapse, and the weights of a convolution are shared "
                "by many; write method: ottt or decolle");
        }
    }

    void check_e_prop() {
        const std::vector<std::string> outputs = model_.outputs();
        if (outputs.size() > 1)
            add({"train", "method"},
                "{} is for networks with one output, whose memory its eligibilities share; write "
                "method: ostl or surrogate_gradient");
        for (const PopulationSpec* p : cells()) {
            if (outputs.size() != 1 || is_output(p->name)) continue;
            const bool sends =
                std::any_of(model_.spec.projections.begin(), model_.spec.projections.end(),
                            [&](const ProjectionSpec& out) {
                                return out.from == p->name && out.to == outputs[0];
                            });
            if (!sends)
                add({"populations", p->name},
                    fmt::format("by {{}} errors go straight from the output to each population, "
                                "and '{}' has no projection to '{}'; add one, or write method: "
                                "ostl or surrogate_gradient",
                                p->name, outputs[0]));
        }
    }

    void check_decolle() {
        if (model_.outputs().size() > 1 || model_.spec.real_targets())
            add({"train", "method"},
                "the read-outs of {} are of the classes of one output; write method: ottt or "
                "surrogate_gradient");
    }

    void check_outputs() {
        for (const PopulationSpec* p : cells()) {
            if (!is_output(p->name) || !std::holds_alternative<CubaLif::Params>(p->neuron))
                continue;
            const Loss loss = model_.spec.loss_of(p->name).loss;
            if (loss == Loss::cross_entropy_latency || loss == Loss::cross_entropy_count ||
                loss == Loss::mse_count || loss == Loss::cross_entropy_max)  // told above
                continue;
            add(train_.losses.empty() ? Places::Path{"train", "loss"}
                                      : Places::Path{"train", "loss", p->name},
                fmt::format("{} of the spikes of '{}' has no derivative with respect to their "
                            "times, which {{}} follows; write loss: cross_entropy_latency, or make "
                            "'{}' a leaky_readout",
                            name_of(loss), p->name, p->name));
        }
    }

    void check_event_prop() {
        check_resets();
        check_outputs();
        if (model_.given({"train", "surrogate"}))
            add({"train", "surrogate"},
                "{} has the derivative of spike times, and needs no surrogate; leave it out");
        if (!train_.rate_penalty.empty())
            add({"train", "rate_penalty"},
                "a rate does not change with the times of spikes; leave rate_penalty out, or write "
                "method: surrogate_gradient");
        for (const PopulationSpec* p : cells()) {
            const auto* const cell = std::get_if<CubaLif::Params>(&p->neuron);
            const bool reads = std::holds_alternative<LeakyReadout::Params>(p->neuron);
            if (!cell && !reads) {
                add({"populations", p->name, "model"},
                    fmt::format("{{}} trains cuba_lif, and outputs of leaky_readout; '{}' is a {}",
                                p->name, model_of(*p)));
            } else if (cell && cell->reset != Reset::zero) {
                add({"populations", p->name, "reset"},
                    "the adjoint equations of {} are those of a reset to zero; write reset: zero");
            } else if (cell && cell->v_reset != 0.0) {
                add({"populations", p->name, "v_reset"},
                    "the adjoint equations of {} are those of a reset to zero; leave v_reset out");
            } else if (cell && cell->integration != Integration::exact) {
                add({"populations", p->name, "integration"},
                    "the adjoint equations of {} are solved exactly; write integration: exact");
            }
            if (p->batch_norm)
                add({"populations", p->name, "batch_norm"},
                    "{} follows spikes, which depend on all samples of a batch with batch_norm; "
                    "leave it out");
            check_nothing_else_learns(*p);
            if (p->dropout > 0.0)
                add({"populations", p->name, "dropout"},
                    "{} goes by the spikes of a cell, and dropout hides them; leave it out");
        }
        for (std::size_t k = 0; k < model_.spec.projections.size(); ++k) {
            const ProjectionSpec& p = model_.spec.projections[k];
            const std::string number = std::to_string(k);
            if (only_trained(p.connect.rule))
                add({"projections", number, "connect"},
                    "{} trains projections whose synapses have weights of their own; write "
                    "method: surrogate_gradient");
            if (p.learned_delay)
                add({"projections", number, "delay"},
                    "{} trains weights and biases; write a delay that does not learn, or method: "
                    "surrogate_gradient");
        }
    }

    ModelView& model_;
    const TrainSpec& train_;
    const std::string name_;
    const bool online_, truncated_;
};

}  // namespace

void check_method(ModelView& model) {
    if (!model.spec.train || !model.sound_or_absent({"train", "method"})) return;
    MethodView(model, *model.spec.train).check();
}

}  // namespace snnsim
