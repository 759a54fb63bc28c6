// Values from the command line, put into the tree of a model file.
#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/model/problems.hpp"
#include "src/model/value.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// Everything in the value stands where the value it replaces stood, and comes from `text`.
void blame(Value& value, const Location& at, const std::string& text) {
    value.at = at;
    value.override_text = text;
    for (Value& item : value.list) blame(item, at, text);
    for (Entry& entry : value.map) {
        entry.at = at;
        blame(entry.value, at, text);
    }
}

Value parse_value(const std::string& value, const std::string& text) {
    const std::string yaml = "value: " + value;
    Problems problems(yaml, "--set " + excerpt(text));
    Value root = parse_yaml(yaml, problems);
    try {
        problems.throw_if_any();
    } catch (const ModelError& e) {
        throw UsageError(fmt::format("{}\nThe value must be YAML on one line", e.what()));
    }
    return root.map.at(0).value;
}

/// The key that a plain value stands for where a mapping is expected: `surrogate: arctan`.
/// `path`: where that is, whose last key is `section`.
std::string shorthand_key(const std::string& section, const std::string& path, bool simulation) {
    if (path == "data.inputs." + section) return "x";
    if (path == "data.outputs." + section) return "y";
    if (section == "connect") return "rule";
    if (section == "data") return "set";
    if (simulation) return "value";
    if (section == "weight") return "init";
    if (section == "encode") return "scheme";
    return "name";
}

class Walk {
  public:
    Walk(Value& root, const std::string& text)
        : text_(text), at_(&root), simulation_(root.find("simulate")) {}

    void step(const std::string& key) {
        if (at_->kind == Value::Kind::list) {
            step_into_list(key);
        } else {
            step_into_map(key);
        }
        walked_ += (walked_.empty() ? "" : ".") + key;
        last_ = key;
    }
    Value& here() { return *at_; }
    /// Takes away what the key names.
    void remove(const std::string& key) {
        if (at_->kind == Value::Kind::list) {
            at_->list.erase(at_->list.begin() + static_cast<std::ptrdiff_t>(item(key)));
            return;
        }
        const auto entry = std::find_if(at_->map.begin(), at_->map.end(),
                                        [&](const Entry& e) { return e.key == key; });
        if (entry == at_->map.end()) {
            std::vector<std::string> known;
            for (const Entry& e : at_->map) known.push_back(e.key);
            throw UsageError(fmt::format("--set {}: {} has no '{}' to remove{}", text_,
                                         walked_.empty() ? "the model file" : walked_, key,
                                         those_there_are(key, known)));
        }
        at_->map.erase(entry);
    }

  private:
    /// The number of an item of the list.
    std::size_t item(const std::string& key) const {
        const std::size_t size = at_->list.size();
        const bool number =
            !key.empty() && key.size() < 6 &&
            std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
        if (!number || std::stoul(key) >= size) {
            throw UsageError(fmt::format(
                "--set {}: {} is a list of {}; name an item by its number{}", excerpt(text_),
                walked_, size, size ? fmt::format(", 0 to {}", size - 1) : ""));
        }
        return std::stoul(key);
    }
    void step_into_list(const std::string& key) { at_ = &at_->list[item(key)]; }

    void step_into_map(const std::string& key) {
        if (at_->kind == Value::Kind::scalar) {  // a plain name becomes the mapping it stands for
            Value name = *at_;
            *at_ = Value{Value::Kind::map,
                         "",
                         {},
                         {{shorthand_key(last_, walked_, simulation_), name.at, name}},
                         name.at,
                         text_};
        }
        if (at_->kind == Value::Kind::null) {
            at_->kind = Value::Kind::map;
            at_->override_text = text_;
        }
        auto entry = std::find_if(at_->map.begin(), at_->map.end(),
                                  [&](const Entry& e) { return e.key == key; });
        if (entry == at_->map.end()) {
            if (walked_ == "populations") throw_no_population(key);
            // Whether the model file may hold such a key is for the reader to say: it has the
            // tables.
            Value created;
            created.at = at_->at;
            created.override_text = text_;
            at_->map.push_back({key, at_->at, created});
            entry = at_->map.end() - 1;
        }
        at_ = &entry->value;
    }

    [[noreturn]] void throw_no_population(const std::string& key) const {
        std::vector<std::string> known;
        for (const Entry& e : at_->map) known.push_back(e.key);
        throw UsageError(fmt::format("--set {}: there is no population '{}'{}", excerpt(text_),
                                     excerpt(key), those_there_are(key, known)));
    }

    const std::string& text_;
    Value* at_;
    bool simulation_;
    std::string walked_, last_;
};

}  // namespace

void apply_override(Value& root, const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw UsageError(fmt::format("--set {}: write it as key=value, for example train.epochs=2",
                                     excerpt(text)));
    }
    Value value = parse_value(text.substr(equals + 1), text);
    // `test=` leaves an empty section; `test=null` none.
    const bool removes = value.kind == Value::Kind::null &&
                         text.find_first_not_of(" ", equals + 1) != std::string::npos;
    Walk walk(root, text);
    for (std::size_t start = 0; start <= equals;) {
        const std::size_t end = std::min(text.find('.', start), equals);
        const std::string key = text.substr(start, end - start);
        if (removes && end == equals) {
            walk.remove(key);
            return;
        }
        walk.step(key);
        start = end + 1;
    }
    blame(value, walk.here().at, text);
    walk.here() = std::move(value);
}

}  // namespace snnsim
