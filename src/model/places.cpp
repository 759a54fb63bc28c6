#include "src/model/places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "kernels/steps.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {

const Value* Places::walk(Path path, bool as_far_as_possible) const {
    const Value* at = &root_;
    for (const std::string& key : path) {
        const Value* next = nullptr;
        if (at->kind == Value::Kind::list) {
            // A name where the file has a list by mistake leads nowhere.
            std::size_t index = at->list.size();
            std::from_chars(key.data(), key.data() + key.size(), index);
            if (index < at->list.size()) next = &at->list[index];
        } else {
            next = at->find(key);
        }
        if (!next) return as_far_as_possible ? at : nullptr;
        at = next;
    }
    return at;
}

bool Places::sound(Path path) const {
    const Value* value = walk(path, false);
    return value && !problems_.inside(*value);
}
bool Places::sound_or_absent(Path path) const {
    const Value* value = walk(path, false);
    return !value || !problems_.inside(*value);
}

void Places::add_no_population(const std::string& name, Path path) {
    if (!sound(path)) return;
    add(path,
        fmt::format("there is no population '{}'{}", excerpt(name), those_there_are(name, names)));
}

std::string why_no_name(const std::string& name, const char* what) {
    const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '_' || c == '-';
    });
    if (!good)
        return fmt::format("{} '{}' may hold only letters, digits, '_' and '-'", what,
                           excerpt(name));
    if (name.size() > most_quoted)
        return fmt::format("{} has {} characters; at most {}", what, name.size(), most_quoted);
    return "";
}

void check_name(Places& places, const std::string& name, Places::Path path, const char* what) {
    const std::string wrong = why_no_name(name, what);
    if (!wrong.empty()) places.add(path, wrong);
}

void check_names(Places& places, const std::string& model_name) {
    if (places.sound({"name"})) check_name(places, model_name, {"name"}, "the name");
    for (const std::string& name : places.names) {
        check_name(places, name, {"populations", name}, "the name of a population,");
    }
}

bool check_whole_steps(Places& places, Places::Path path, const char* key, double value,
                       double dt) {
    if (on_grid(value, dt)) return true;
    const double below = std::max(1.0, std::floor(value / dt)) * dt;
    places.add(path, fmt::format("{} must be a whole multiple of dt ({:g} ms): {:g} ms or {:g} ms",
                                 key, dt, below, below + dt));
    return false;
}

void check_rounded(Places& places, Places::Path path, const char* key, double value, double dt) {
    if (!std::isfinite(value) || value <= 0.0 || on_grid(value, dt)) return;
    const double steps = rounded_steps(value, dt);
    if (steps == 0.0) {
        places.add(path, fmt::format("{} ({:g} ms) is less than half a dt ({:g} ms) and would "
                                     "become 0; write at least {:g} ms, or a smaller dt",
                                     key, value, dt, dt));
    } else {
        places.warn(
            path, fmt::format("{} ({:g} ms) is no whole number of dt ({:g} ms); it becomes "
                              "{:g} ms ({:.0f} {})",
                              key, value, dt, steps * dt, steps, steps == 1.0 ? "step" : "steps"));
    }
}

void check_probability(Places& places, Places::Path path, const char* key, double rate, double dt) {
    const double probability = rate * dt * 1e-3;
    if (probability <= 1.0 + 1e-9) return;
    places.add(path, fmt::format(
                         "{} ({:g} Hz) times dt ({:g} ms) is the probability of a spike in a step, "
                         "here {:.3g}; write at most {:g} Hz, or a smaller dt",
                         key, rate, dt, probability, 1e3 / dt));
}

void ProjectionNames::check(Places& places, std::size_t k, const std::string& name) {
    const std::string at = std::to_string(k);
    if (!places.sound({"projections", at, "from"}) || !places.sound({"projections", at, "to"}))
        return;
    if (places.given({"projections", at, "name"})) {
        if (!places.sound({"projections", at, "name"})) return;
        check_name(places, name, {"projections", at, "name"}, "the name of a projection,");
    }
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) {
        places.add({"projections", at, "name"},
                   fmt::format("another projection is called '{}' too; give this one a name of its "
                               "own, for example 'name: {}_2'",
                               name, name));
        return;
    }
    names_.push_back(name);
}

}  // namespace snnsim
