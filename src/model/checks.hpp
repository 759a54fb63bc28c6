// What a model file must fulfil beyond each key on its own.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "src/model/problems.hpp"

namespace snnsim {

/// A model as read, and where each of its parts stands. Where reading a part failed, the part holds
/// a default and nothing is said of it again: that is what `sound` is for.
class ModelView {
  public:
    ModelView(const ModelSpec& spec, const Value& root, Problems& problems);

    /// Walks keys and list positions (from 0) down the tree as far as they exist.
    const Value& place(std::initializer_list<std::string> path) const;
    /// True when the path exists and nothing in it was wrong.
    bool sound(std::initializer_list<std::string> path) const;
    /// The same, or the path does not exist, so that the default holds.
    bool sound_or_absent(std::initializer_list<std::string> path) const;
    /// The model of the population is known.
    bool model_known(const PopulationSpec& p) const {
        return sound({"populations", p.name, "model"});
    }

    /// The population of that name; null, and a problem at `path`, when there is none.
    const PopulationSpec* find(const std::string& name, std::initializer_list<std::string> path);

    /// The populations that project to no other.
    std::vector<std::string> outputs() const;

    void add(std::initializer_list<std::string> path, const std::string& message) {
        problems_.add(place(path), message);
    }

    const ModelSpec& spec;
    std::vector<std::string> names;  // of the populations

  private:
    const Value* walk(std::initializer_list<std::string> path, bool as_far_as_possible) const;

    const Value& root_;
    Problems& problems_;
};

Output output_of(const PopulationSpec& p);
bool is_source(const PopulationSpec& p);
/// True when a neuron keeps a state from step to step.
bool has_memory(const PopulationSpec& p);
inline const char* model_of(const PopulationSpec& p) {
    return NeuronModels::name_of(p.neuron);
}

// In the order in which they are called: each trusts what those before it found sound.
void check_names(ModelView& model);
void check_time(ModelView& model);
void check_projections(ModelView& model);
void check_graph(ModelView& model);
void check_train(ModelView& model);
void check_record(ModelView& model);

/// All of them.
void check_model(const ModelSpec& spec, const Value& root, Problems& problems);

}  // namespace snnsim
