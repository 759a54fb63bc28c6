#include "src/model/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace snnsim {
namespace {

/// Walks keys and list positions down the tree as far as they exist.
const Value& place(const Value& root, std::initializer_list<std::string> path) {
    const Value* at = &root;
    for (const std::string& key : path) {
        const bool index = at->kind == Value::Kind::list;
        const Value* next = index ? &at->list.at(std::stoul(key)) : at->find(key);
        if (!next) return *at;
        at = next;
    }
    return *at;
}

Output output_of(const PopulationSpec& p) {
    Output out = Output::spikes;
    NeuronModels::visit(p.neuron, [&]<class M>(const auto&) {
        if constexpr (NeuronModel<M>) out = M::output;
    });
    return out;
}
const char* model_of(const PopulationSpec& p) { return NeuronModels::name_of(p.neuron); }
bool is_source(const PopulationSpec& p) { return std::holds_alternative<SpikeSource::Params>(p.neuron); }

class Checker {
  public:
    Checker(const ModelSpec& spec, const Value& root, Problems& problems)
        : spec_(spec), root_(root), problems_(problems) {
        for (const PopulationSpec& p : spec.populations) names_.push_back(p.name);
    }

    void run() {
        check_names();
        check_time();
        check_projections();
        if (problems_.empty()) check_graph();
        if (problems_.empty()) check_shapes();
        check_train();
        check_record();
    }

  private:
    const PopulationSpec* find(const std::string& name, const Value& at, const char* what) {
        for (const PopulationSpec& p : spec_.populations) {
            if (p.name == name) return &p;
        }
        if (!name.empty()) {
            problems_.add(at, fmt::format("{}: there is no population '{}'{} (there are: {})", what, name,
                                          did_you_mean(name, names_), join(names_)));
        }
        return nullptr;
    }

    void check_name(const std::string& name, const Value& at, const char* what) {
        const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isalnum(c) || c == '_' || c == '-';
        });
        if (!good) {
            problems_.add(at, fmt::format("{} '{}' may hold only letters, digits, '_' and '-'", what, name));
        }
    }
    void check_names() {
        if (root_.find("name")) check_name(spec_.name, place(root_, {"name"}), "name");
        for (const PopulationSpec& p : spec_.populations) {
            check_name(p.name, place(root_, {"populations", p.name}), "population");
        }
    }

    void check_time() {
        const double steps = spec_.data.encode.duration / spec_.dt;
        const Value& duration = place(root_, {"data", "encode", "duration"});
        if (std::abs(steps - std::round(steps)) > 1e-6) {
            problems_.add(duration, fmt::format("duration must be a whole multiple of dt ({} ms)", spec_.dt));
        } else if (steps > 100000) {
            problems_.add(duration, fmt::format("duration is {:.0f} steps of dt; at most 100000", steps));
        }
        if (const auto* poisson = std::get_if<Poisson::Params>(&spec_.data.encode.scheme)) {
            const double probability = poisson->max_rate * spec_.dt * 1e-3;
            if (probability > 1.0 + 1e-9) {
                problems_.add(place(root_, {"data", "encode", "max_rate"}),
                              fmt::format("max_rate times dt is a probability of {:.3g} per step; at most 1, so "
                                          "max_rate is at most {:g} Hz",
                                          probability, 1e3 / spec_.dt));
            }
        }
        for (const PopulationSpec& p : spec_.populations) {
            const auto* cuba = std::get_if<CubaLif::Params>(&p.neuron);
            const auto* lif = std::get_if<Lif::Params>(&p.neuron);
            const double tau = cuba && cuba->integration == Integration::euler
                                   ? std::min(cuba->tau_m, cuba->tau_s)
                               : lif && lif->integration == Integration::euler ? lif->tau_m
                                                                               : spec_.dt;
            if (tau < spec_.dt) {
                problems_.add(place(root_, {"populations", p.name, "integration"}),
                              fmt::format("euler steps need time constants of at least dt ({} ms); use "
                                          "integration: exact or a smaller dt",
                                          spec_.dt));
            }
        }
    }

    void check_projections() {
        std::set<std::string> seen;
        for (std::size_t k = 0; k < spec_.projections.size(); ++k) {
            const ProjectionSpec& p = spec_.projections[k];
            const Value& from_at = place(root_, {"projections", std::to_string(k), "from"});
            const Value& to_at = place(root_, {"projections", std::to_string(k), "to"});
            const PopulationSpec* from = find(p.from, from_at, "from");
            const PopulationSpec* to = find(p.to, to_at, "to");
            if (from && output_of(*from) == Output::trace) {
                problems_.add(from_at, fmt::format("'{}' is a {}, which sends nothing to other populations",
                                                   p.from, model_of(*from)));
            }
            if (to && is_source(*to)) {
                problems_.add(to_at, fmt::format("'{}' is a spike_source and takes no input", p.to));
            }
            if (from && from == to && output_of(*from) == Output::values) {
                problems_.add(to_at, fmt::format("'{}' cannot project to itself: a {} has no state that lasts "
                                                 "from step to step",
                                                 p.to, model_of(*from)));
            }
            if (!seen.insert(p.name()).second) {
                problems_.add(from_at, fmt::format("there is already a projection from '{}' to '{}'", p.from, p.to));
            }
            if (p.weight.init == WeightInit::uniform && p.weight.low > p.weight.high) {
                problems_.add(place(root_, {"projections", std::to_string(k), "weight"}),
                              fmt::format("low ({:g}) is greater than high ({:g})", p.weight.low, p.weight.high));
            }
        }
    }

    bool projects(const std::string& from, const std::string& to) const {
        return std::any_of(spec_.projections.begin(), spec_.projections.end(),
                           [&](const ProjectionSpec& p) { return p.from == from && p.to == to; });
    }

    /// One input, one output, everything on the way from one to the other, no cycles.
    void check_graph() {
        const Value& at = place(root_, {"populations"});
        std::vector<std::string> inputs;
        for (const PopulationSpec& p : spec_.populations) {
            if (is_source(p)) inputs.push_back(p.name);
        }
        if (inputs.size() != 1) {
            problems_.add(at, fmt::format("a network needs exactly one population of model spike_source, its "
                                          "input; found {}",
                                          inputs.empty() ? "none" : join(inputs)));
            return;
        }
        std::set<std::string> reached{inputs[0]};
        for (bool grew = true; grew;) {
            grew = false;
            for (const ProjectionSpec& p : spec_.projections) {
                if (reached.count(p.from) && reached.insert(p.to).second) grew = true;
            }
        }
        for (const std::string& name : names_) {
            if (!reached.count(name)) {
                problems_.add(place(root_, {"populations", name}),
                              fmt::format("no projection leads from the input to '{}'", name));
            }
        }
        const std::vector<std::string> outputs = find_outputs();
        if (outputs.size() != 1) {
            problems_.add(at, outputs.empty()
                                  ? std::string("there is no output: every population projects to another; "
                                                "the projections form a cycle")
                                  : fmt::format("a network needs one output, a population that projects to no "
                                                "other; found {}",
                                                join(outputs)));
            return;
        }
        check_cycles();
    }
    std::vector<std::string> find_outputs() const {
        std::vector<std::string> outputs;
        for (const std::string& name : names_) {
            const bool ends = std::none_of(spec_.projections.begin(), spec_.projections.end(),
                                           [&](const ProjectionSpec& p) { return p.from == name && p.to != name; });
            if (ends) outputs.push_back(name);
        }
        return outputs;
    }
    void check_cycles() {
        std::set<std::string> placed;
        for (bool grew = true; grew;) {
            grew = false;
            for (const std::string& name : names_) {
                const bool ready = std::all_of(names_.begin(), names_.end(), [&](const std::string& from) {
                    return from == name || placed.count(from) || !projects(from, name);
                });
                if (ready && placed.insert(name).second) grew = true;
            }
        }
        for (std::size_t k = 0; k < spec_.projections.size(); ++k) {
            const ProjectionSpec& p = spec_.projections[k];
            if (p.from != p.to && !placed.count(p.from) && !placed.count(p.to)) {
                problems_.add(place(root_, {"projections", std::to_string(k)}),
                              fmt::format("the projection from '{}' to '{}' is part of a cycle; only a "
                                          "population's projection to itself may go back",
                                          p.from, p.to));
                return;
            }
        }
    }

    void check_shapes() {
        constexpr std::int64_t pixels = 28 * 28, classes = 10;
        double weights = 0.0;
        for (const PopulationSpec& p : spec_.populations) {
            const Value& size = place(root_, {"populations", p.name, "size"});
            if (is_source(p) && p.size != pixels) {
                problems_.add(size, fmt::format("'{}' has {} neurons, but a sample of {} has {} pixels", p.name,
                                                p.size, name_of(spec_.data.set), pixels));
            }
        }
        const std::string output = find_outputs()[0];
        for (const PopulationSpec& p : spec_.populations) {
            if (p.name == output && p.size != classes) {
                problems_.add(place(root_, {"populations", p.name, "size"}),
                              fmt::format("the output '{}' has {} neurons, but {} has {} classes", p.name, p.size,
                                          name_of(spec_.data.set), classes));
            }
        }
        for (const ProjectionSpec& p : spec_.projections) {
            double product = 1.0;
            for (const PopulationSpec& q : spec_.populations) {
                if (q.name == p.from) product *= static_cast<double>(q.size);
                if (q.name == p.to) product *= static_cast<double>(q.size);
            }
            if (p.from == p.to) product *= product;
            weights += product;
        }
        if (weights > 2147483647.0) {
            problems_.add(place(root_, {"projections"}),
                          fmt::format("the projections hold {:.3g} weights; at most 2^31", weights));
        }
    }

    void check_train() {
        if (!spec_.train) return;
        const TrainSpec& train = *spec_.train;
        const std::vector<std::string> outputs = find_outputs();
        for (const PopulationSpec& p : spec_.populations) {
            if (outputs.size() != 1 || p.name != outputs[0] || output_of(p) != Output::trace) continue;
            if (train.loss == Loss::cross_entropy_count || train.loss == Loss::mse_count) {
                problems_.add(place(root_, {"train", "loss"}),
                              fmt::format("{} counts spikes, but the output '{}' is a {}, which sends none; use "
                                          "cross_entropy_max or make it a lif population",
                                          name_of(train.loss), p.name, model_of(p)));
            }
        }
        for (std::size_t k = 0; k < train.rate_penalty.size(); ++k) {
            const RateSpec& rate = train.rate_penalty[k];
            const Value& at = place(root_, {"train", "rate_penalty", std::to_string(k), "population"});
            const PopulationSpec* p = find(rate.population, at, "rate_penalty");
            if (p && (is_source(*p) || output_of(*p) != Output::spikes)) {
                problems_.add(at, fmt::format("'{}' is a {}; a rate penalty needs a population of spiking neurons",
                                              p->name, model_of(*p)));
            }
            if (rate.lower > rate.upper) problems_.add(at, "lower is greater than upper");
        }
        if (train.validation == 0.0 && train.early_stopping) {
            problems_.add(place(root_, {"train", "early_stopping"}),
                          "early_stopping needs validation samples: set train.validation, for example to 0.1");
        }
        if (train.validation == 0.0 && train.best_weights) {
            problems_.add(place(root_, {"train", "best_weights"}),
                          "best_weights needs validation samples: set train.validation, for example to 0.1");
        }
    }

    void check_record() {
        for (std::size_t k = 0; k < spec_.record.size(); ++k) {
            const RecordSpec& r = spec_.record[k];
            const Value& at = place(root_, {"record", std::to_string(k), "population"});
            const PopulationSpec* p = find(r.population, at, "record");
            if (p && is_source(*p) && r.what == RecordWhat::v) {
                problems_.add(at, fmt::format("'{}' is a spike_source and has no membrane; record its spikes", p->name));
            }
            if (p && !is_source(*p) && output_of(*p) == Output::trace && r.what == RecordWhat::spikes) {
                problems_.add(at, fmt::format("'{}' is a {} and never spikes; record v", p->name, model_of(*p)));
            }
            for (std::size_t j = 0; j < k; ++j) {
                if (spec_.record[j].population == r.population && spec_.record[j].what == r.what) {
                    problems_.add(at, fmt::format("{} of '{}' is recorded twice", name_of(r.what), r.population));
                }
            }
        }
        if (!spec_.record.empty() && !spec_.test) {
            problems_.add(place(root_, {"record"}), "recording is done while testing: add the section `test: {}`");
        }
    }

    const ModelSpec& spec_;
    const Value& root_;
    Problems& problems_;
    std::vector<std::string> names_;
};

}  // namespace

void check_model(const ModelSpec& spec, const Value& root, Problems& problems) {
    Checker(spec, root, problems).run();
}

}  // namespace snnsim
