// Where the parts of a model stand in its file, and whether they were read without a problem.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "snnsim/network_spec.hpp"
#include "src/model/problems.hpp"

namespace snnsim {

/// Where reading a part failed, the part holds a default and nothing is said of it again: that is
/// what `sound` is for.
class Places {
  public:
    using Path = std::initializer_list<std::string>;

    Places(const Value& root, Problems& problems) : root_(root), problems_(problems) {}

    /// Walks keys and list positions (from 0) down the tree as far as they exist.
    const Value& place(Path path) const { return *walk(path, true); }
    bool given(Path path) const { return walk(path, false); }
    /// True when the path exists and nothing in it was wrong.
    bool sound(Path path) const;
    /// The same, or the path does not exist, so that the default holds.
    bool sound_or_absent(Path path) const;

    /// The model of the population is known.
    bool model_known(const NamedPopulation& p) const {
        return sound({"populations", p.name, "model"});
    }

    void add(Path path, const std::string& message) { problems_.add(place(path), message); }

    void add(const Location& at, const std::string& message) { problems_.add(at, message); }
    /// How many there are until now.
    std::size_t problems() const { return problems_.count(); }

    void warn(Path path, const std::string& message) { problems_.warn(place(path), message); }

    std::vector<std::string> names;  // of the populations

  protected:
    /// The population of that name; null, and a problem at `path`, when there is none.
    template <class Population>
    const Population* find_in(const std::vector<Population>& populations, const std::string& name,
                              Path path) {
        for (const Population& p : populations) {
            if (p.name == name) return &p;
        }
        add_no_population(name, path);
        return nullptr;
    }

  private:
    const Value* walk(Path path, bool as_far_as_possible) const;
    void add_no_population(const std::string& name, Path path);

    const Value& root_;
    Problems& problems_;
};

// Checks that both kinds of model share.

/// The names of the model and of its populations.
void check_names(Places& places, const std::string& model_name);
/// `value` (ms) is a whole number of dt.
bool check_whole_steps(Places& places, Places::Path path, const char* key, double value, double dt);
/// Says what becomes of a time that is not a whole number of dt; one that would become 0 is a
/// problem.
void check_rounded(Places& places, Places::Path path, const char* key, double value, double dt);
/// A rate (Hz) gives no more than one spike in a step.
void check_probability(Places& places, Places::Path path, const char* key, double rate, double dt);
/// What is wrong with a name: letters, digits, '_' and '-'. `what` begins the message: "the name".
std::string why_no_name(const std::string& name, const char* what);
void check_name(Places& places, const std::string& name, Places::Path path, const char* what);
/// Finds projections whose name an earlier one has: several may have the same ends, if they have
/// names of their own.
class ProjectionNames {
  public:
    void check(Places& places, std::size_t k, const std::string& name);

  private:
    std::vector<std::string> names_;
};

}  // namespace snnsim
