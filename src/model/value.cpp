#include "src/model/value.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "src/model/problems.hpp"
#include "src/model/yaml_errors.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim {

const Value* Value::find(const std::string& key) const {
    for (const Entry& entry : map) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

std::string describe(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null:
            return "nothing";
        case Value::Kind::scalar:
            return fmt::format("'{}'", excerpt(value.text));
        case Value::Kind::list:
            return "a list";
        default:
            return "a mapping";
    }
}

std::string one_line(const Value& value) {
    if (value.kind == Value::Kind::scalar) return value.text;
    if (value.kind == Value::Kind::null) return "null";
    std::string out;
    for (const Value& item : value.list) out += (out.empty() ? "" : ", ") + one_line(item);
    for (const Entry& e : value.map)
        out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", e.key, one_line(e.value));
    return value.kind == Value::Kind::list ? "[" + out + "]" : "{" + out + "}";
}

namespace {

constexpr int most_values = 100000;

Location location_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {mark.line + 1, mark.column + 1};
}

/// Turns YAML nodes into Values.
class Converter {
  public:
    explicit Converter(Problems& problems) : problems_(problems) {}

    Value convert(const YAML::Node& node, int depth = 0) {
        // Aliases of aliases can stand for more values than any memory holds.
        constexpr int deepest = 64;
        if (++count_ > most_values || depth > deepest) {
            throw YAML::ParserException(node.Mark(),
                                        depth > deepest ? "nested too deeply" : "too many values");
        }
        Value value;
        value.at = location_of(node.Mark());
        if (node.IsScalar()) {
            value.kind = Value::Kind::scalar;
            take_text(node, value);
        } else if (node.IsSequence()) {
            value.kind = Value::Kind::list;
            for (const YAML::Node& item : node) value.list.push_back(convert(item, depth + 1));
        } else if (node.IsMap()) {
            value.kind = Value::Kind::map;
            for (const auto& pair : node) add_entry(pair.first, pair.second, depth, value);
            for (const auto& pair : node) {
                if (is_merge(pair.first)) merge(pair.second, depth, value);
            }
        }
        return value;
    }

  private:
    /// Nothing that a model file holds is longer than a path can be.
    void take_text(const YAML::Node& node, Value& value) {
        constexpr std::size_t longest = 4096;
        value.text = node.Scalar();
        if (value.text.size() <= longest) return;
        problems_.add_last(
            value, fmt::format("a value of {} characters; at most {}", value.text.size(), longest));
        value.text = excerpt(value.text);
    }
    static bool is_merge(const YAML::Node& key) { return key.IsScalar() && key.Scalar() == "<<"; }

    /// `<<: *base`, or `<<: [*a, *b]`: their keys as far as the mapping has no such key of its own.
    void merge(const YAML::Node& node, int depth, Value& map) {
        const Value from = convert(node, depth + 1);
        if (from.kind != Value::Kind::list) {
            merge(from, map);
        } else {
            for (const Value& item : from.list) merge(item, map);
        }
    }
    void merge(const Value& from, Value& map) {
        if (from.kind != Value::Kind::map) {
            problems_.add(
                from, fmt::format("<< takes a mapping, as in '<<: *base', not {}", describe(from)));
        }
        for (const Entry& entry : from.map) {
            if (!map.find(entry.key)) map.map.push_back(entry);
        }
    }

    void add_entry(const YAML::Node& key, const YAML::Node& node, int depth, Value& map) {
        if (is_merge(key)) return;
        Entry entry{"", location_of(key.Mark()), convert(node, depth + 1)};
        // The mark of an empty value is wherever the parser noticed.
        if (entry.value.kind == Value::Kind::null) entry.value.at = entry.at;
        if (!key.IsScalar()) {
            problems_.add(entry.at, "a key must be a plain word");
            return;
        }
        entry.key = key.Scalar();
        split_key(entry);
        if (entry.key.size() > most_quoted) {
            problems_.add(entry.at,
                          fmt::format("a key of {} characters ('{}'); at most {}", entry.key.size(),
                                      excerpt(entry.key, 40), most_quoted));
            return;
        }
        if (const Value* first = map.find(entry.key)) {
            problems_.add(entry.at, fmt::format("'{}' is given twice, first in line {}; keep one",
                                                entry.key, first->at.line));
            return;
        }
        map.map.push_back(std::move(entry));
    }

    /// 'own:false' is a key without a value, 'data:{set: mnist}' a key 'data:{set'. They go on as
    /// what was meant, so that this is told alone.
    void split_key(Entry& entry) {
        const std::size_t colon = entry.key.find(':');
        if (colon == 0 || colon == std::string::npos || colon + 1 >= entry.key.size()) return;
        const std::string key = entry.key.substr(0, colon), text = entry.key.substr(colon + 1);
        const bool opens = text[0] == '{' || text[0] == '[';
        if (entry.value.kind != Value::Kind::null && !opens) return;
        entry.key = key;
        entry.value = Value{};
        entry.value.at = entry.at;
        entry.value.kind = Value::Kind::scalar;
        entry.value.text = excerpt(text);
        problems_.add_last(entry.value, space_is_missing(key, text));
    }

    Problems& problems_;
    int count_ = 0;
};

/// Where documents begin, and whether they have more values than are read: a tree of millions would
/// take gigabytes. Not YAML::LoadAll, which never ends where a document can begin with nothing
/// (", a").
class DocumentStarts final : public YAML::EventHandler {
  public:
    explicit DocumentStarts(const std::string& text) {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        while (starts.size() < 2 && parser.HandleNextDocument(*this)) {
        }
    }
    std::vector<YAML::Mark> starts;  // two at most

  private:
    using Tag = std::string;
    using Style = YAML::EmitterStyle::value;
    void OnDocumentStart(const YAML::Mark& mark) override { starts.push_back(mark); }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& at, YAML::anchor_t) override { count(at); }
    void OnAlias(const YAML::Mark& at, YAML::anchor_t) override { count(at); }
    void OnScalar(const YAML::Mark& at, const Tag&, YAML::anchor_t, const std::string&) override {
        count(at);
    }
    void OnSequenceStart(const YAML::Mark& at, const Tag&, YAML::anchor_t, Style) override {
        count(at);
    }
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark& at, const Tag&, YAML::anchor_t, Style) override { count(at); }
    void OnMapEnd() override {}
    void count(const YAML::Mark& at) {
        // Keys are counted here too.
        if (++count_ > 2 * most_values) throw YAML::ParserException(at, "too many values");
    }

    int count_ = 0;
};

bool is_utf8(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : 3;
        if (lead == 0 || (more == 3 && lead >> 3 != 30)) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            if (i + k >= text.size()) return false;
            if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
        }
        i += more + 1;
    }
    return true;
}

/// True when the line, or the one before it, is indented by a tab.
bool tab_near(const std::string& text, int line) {
    std::size_t start = 0;
    for (int k = 1; start < text.size() && k <= line; ++k) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::size_t indent = std::min(text.find_first_not_of(" \t", start), end);
        if (k >= line - 1 && text.substr(start, indent - start).find('\t') != std::string::npos) {
            return true;
        }
        start = end + 1;
    }
    return false;
}

}  // namespace

Value parse_yaml(const std::string& text, Problems& problems) {
    if (!is_utf8(text)) {
        problems.add(Location{}, "not UTF-8 text; a model file is YAML");
        return {};
    }
    if (const std::optional<YamlError> open = unclosed_quote(text)) {
        problems.add(open->at, open->message);
        return {};
    }
    try {
        const std::vector<YAML::Mark> starts = DocumentStarts(text).starts;
        const YAML::Node document = YAML::Load(text);
        if (starts.size() > 1) {
            const bool stuck = starts[0].pos == starts[1].pos;
            problems.add(location_of(starts[1]),
                         stuck ? "not valid YAML: nothing can begin like this"
                               : "a second document begins here; a model file "
                                 "holds one");
            if (stuck) return {};
        }
        if (document.IsNull()) {
            problems.add(Location{1, 1}, "empty; `snnsim reference` shows what a model file holds");
            return {};
        }
        Value root = Converter(problems).convert(document);
        if (root.kind == Value::Kind::map) return root;
        problems.add(root,
                     fmt::format("a model file is a mapping of keys (name, dt, data, populations, "
                                 "...), not {}",
                                 root.kind == Value::Kind::list ? "a list" : "a single value"));
    } catch (const YAML::Exception& e) {
        YamlError error = yaml_error(text, location_of(e.mark), e.msg);
        if (tab_near(text, error.at.line)) error.message += "; tabs cannot indent, use spaces";
        problems.add(error.at, error.message);
    }
    return {};
}

}  // namespace snnsim
