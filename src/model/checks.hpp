// What the model file of a training must fulfil beyond each key on its own.
#pragma once

#include <string>
#include <vector>

#include "src/model/places.hpp"

namespace snnsim {

/// A training model as read, and where each of its parts stands.
class ModelView : public Places {
  public:
    ModelView(const ModelSpec& spec, const Value& root, Problems& problems);

    const PopulationSpec* find(const std::string& name, Path path) {
        return find_in(spec.populations, name, path);
    }
    /// The populations that project to no other.
    std::vector<std::string> outputs() const;

    const ModelSpec& spec;
};

Output output_of(const PopulationSpec& p);
bool is_source(const PopulationSpec& p);
/// True when a neuron fires by a threshold.
bool has_threshold_of(const PopulationSpec& p);
/// True when a neuron keeps a state from step to step.
bool has_memory(const PopulationSpec& p);
inline const char* model_of(const PopulationSpec& p) {
    return NeuronModels::name_of(p.neuron);
}

// In the order in which they are called: each trusts what those before it found sound.
void check_data(ModelView& model);
void check_time(ModelView& model);
void check_learned_delays(ModelView& model);
void check_projections(ModelView& model);
void check_windows(ModelView& model);
void check_graph(ModelView& model);
void check_train(ModelView& model);
/// Parameters of neurons that hang together.
void check_neurons(ModelView& model);
/// Parameters of neurons that are trained.
void check_trainable(ModelView& model);
/// Dale's law.
void check_dale(ModelView& model);
/// Projections that multiply others.
void check_products(ModelView& model);
/// What learns when.
void check_train_phases(ModelView& model);
/// How weights learn.
void check_method(ModelView& model);
void check_record(ModelView& model);
/// How a class is told.
void check_prediction(ModelView& model);
/// Of a model that is sound otherwise.
void check_arithmetic(ModelView& model);

/// All of them.
void check_model(const ModelSpec& spec, const Value& root, Problems& problems);

}  // namespace snnsim
