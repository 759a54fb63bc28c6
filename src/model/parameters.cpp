// Values that stand once at the top of a model file and are used by name: `$n`.
#include <fmt/format.h>

#include <algorithm>

#include "src/model/problems.hpp"
#include "src/model/value.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

class Substitution {
  public:
    Substitution(const Value& parameters, Problems& problems) : problems_(problems) {
        for (const Entry& entry : parameters.map) {
            names_.push_back(entry.key);
            values_.push_back(entry.value);
        }
        used_.resize(names_.size());
    }

    void apply(Value& value) {
        for (Value& item : value.list) apply(item);
        for (Entry& entry : value.map) apply(entry.value);
        if (value.kind != Value::Kind::scalar || !value.text.starts_with('$')) return;
        const std::string name = value.text.substr(1);
        const auto found = std::find(names_.begin(), names_.end(), name);
        if (found == names_.end()) {
            all_known_ = false;
            problems_.add_last(value, fmt::format("there is no parameter '{}'{} (parameters: {})",
                                                  excerpt(name), did_you_mean(name, names_),
                                                  names_.empty() ? "none" : join(names_)));
            return;
        }
        const auto k = static_cast<std::size_t>(found - names_.begin());
        used_[k] = true;
        const Location at = value.at;
        value = values_[k];
        value.at = at;
    }

    void tell_unused() {
        for (std::size_t k = 0; k < names_.size(); ++k) {
            if (!used_[k] && all_known_)
                problems_.add(values_[k], fmt::format("nothing uses the parameter '{}': write "
                                                      "${} where its value belongs, or leave it "
                                                      "out",
                                                      names_[k], names_[k]));
        }
    }

  private:
    Problems& problems_;
    std::vector<std::string> names_;
    std::vector<Value> values_;
    std::vector<bool> used_;
    bool all_known_ = true;
};

}  // namespace

void apply_parameters(Value& root, Problems& problems) {
    Value parameters;
    const auto at = std::find_if(root.map.begin(), root.map.end(),
                                 [](const Entry& e) { return e.key == "parameters"; });
    if (at != root.map.end()) {
        parameters = std::move(at->value);
        root.map.erase(at);
        if (parameters.kind != Value::Kind::map) {
            problems.add(parameters, fmt::format("parameters must be a mapping of names to values, "
                                                 "not {}",
                                                 describe(parameters)));
        }
    }
    Substitution substitution(parameters, problems);
    substitution.apply(root);
    substitution.tell_unused();
}

}  // namespace snnsim
