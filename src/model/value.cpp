#include "src/model/value.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <numeric>
#include <sstream>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

Location location_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {mark.line + 1, mark.column + 1};
}

Value convert(const YAML::Node& node, Problems& problems, int depth = 0) {
    Value value;
    value.at = location_of(node.Mark());
    if (depth > 64) {
        problems.add(value.at, "nested too deeply");
        return value;
    }
    if (node.IsScalar()) {
        value.kind = Value::Kind::scalar;
        value.text = node.Scalar();
    } else if (node.IsSequence()) {
        value.kind = Value::Kind::list;
        for (const YAML::Node& item : node) value.list.push_back(convert(item, problems, depth + 1));
    } else if (node.IsMap()) {
        value.kind = Value::Kind::map;
        for (const auto& pair : node) {
            Entry entry{pair.first.IsScalar() ? pair.first.Scalar() : "", location_of(pair.first.Mark()),
                        convert(pair.second, problems, depth + 1)};
            if (!pair.first.IsScalar()) {
                problems.add(entry.at, "a key must be a plain word");
            } else if (value.find(entry.key)) {
                problems.add(entry.at, fmt::format("'{}' is given twice", entry.key));
            } else {
                value.map.push_back(std::move(entry));
            }
        }
    }
    return value;
}

bool is_utf8(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : 3;
        if (more == 3 && lead >> 3 != 30) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            if (i + k >= text.size() || (static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
        }
        i += more + 1;
    }
    return true;
}

std::string source_line(const std::string& text, int line) {
    std::istringstream lines(text);
    std::string out;
    for (int k = 0; k < line && std::getline(lines, out); ++k) {
    }
    return out;
}

/// The key that a plain name stands for where a mapping is expected: `surrogate: arctan`.
std::string shorthand_key(const std::string& section) {
    if (section == "weight") return "init";
    if (section == "encode") return "scheme";
    return "name";
}

}  // namespace

const Value* Value::find(const std::string& key) const {
    for (const Entry& entry : map) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

void Problems::add(const Value& where, const std::string& message) {
    problems_.push_back({where.at, where.override_text, message});
}
void Problems::add(const Location& at, const std::string& message) {
    problems_.push_back({at, "", message});
}
void Problems::add_unknown(const Entry& entry, const std::string& message) {
    problems_.push_back({entry.at, entry.value.override_text, message, true});
}

void Problems::throw_if_any() const {
    if (problems_.empty()) return;
    std::vector<Problem> sorted = problems_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
    });
    std::string out;
    bool usage = false;
    for (const Problem& p : sorted) {
        if (!out.empty()) out += "\n";
        if (!p.override_text.empty()) {
            out += fmt::format("--set {}: {}", p.override_text, p.message);
            usage = usage || p.names_nothing;
        } else if (p.at.line == 0) {
            out += fmt::format("{}: {}", path_, p.message);
        } else {
            const std::string line = source_line(text_, p.at.line);
            out += fmt::format("{}:{}:{}: {}\n    {}\n    {}^", path_, p.at.line, p.at.column, p.message,
                               line, std::string(static_cast<std::size_t>(p.at.column - 1), ' '));
        }
    }
    if (usage) throw UsageError(out);
    throw ModelError(out);
}

Value parse_yaml(const std::string& text, Problems& problems) {
    if (!is_utf8(text)) {
        problems.add(Location{}, "this is not UTF-8 text; a model file is YAML");
        return {};
    }
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(text);
        if (documents.empty() || documents[0].IsNull()) {
            problems.add(Location{1, 1}, "the file is empty; `snnsim reference` shows what a model file holds");
            return {};
        }
        if (documents.size() > 1) {
            problems.add(location_of(documents[1].Mark()), "a second document; a model file holds one");
        }
        Value root = convert(documents[0], problems);
        if (root.kind != Value::Kind::map) {
            problems.add(root.at, "a model file is a mapping of keys (name, dt, data, populations, ...)");
        }
        return root;
    } catch (const YAML::Exception& e) {
        const bool tab = source_line(text, e.mark.line + 1).find('\t') != std::string::npos;
        problems.add(location_of(e.mark),
                     "not valid YAML: " + e.msg + (tab ? " (tabs cannot indent; use spaces)" : ""));
        return {};
    }
}

void apply_override(Value& root, const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw UsageError(fmt::format("--set {}: write it as key=value, for example train.epochs=2", text));
    }
    Problems problems(text.substr(equals + 1), "--set " + text);
    Value value;
    try {
        value = convert(YAML::Load(text.substr(equals + 1)), problems);
    } catch (const YAML::Exception& e) {
        throw UsageError(fmt::format("--set {}: not valid YAML: {}", text, e.msg));
    }
    problems.throw_if_any();

    Value* at = &root;
    std::string walked, last;
    std::istringstream path(text.substr(0, equals));
    for (std::string key; std::getline(path, key, '.');) {
        if (at->kind == Value::Kind::scalar && !last.empty()) {  // a plain name becomes the mapping it stands for
            Value name = *at;
            *at = Value{Value::Kind::map, "", {}, {{shorthand_key(last), name.at, name}}, name.at, ""};
        }
        if (at->kind == Value::Kind::list) {
            const bool number = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
                return c >= '0' && c <= '9';
            });
            const std::size_t index = number && key.size() < 6 ? std::stoul(key) : at->list.size();
            if (index >= at->list.size()) {
                throw UsageError(fmt::format("--set {}: {} is a list of {}; name an item by its number from 0",
                                             text, walked, at->list.size()));
            }
            at = &at->list[index];
        } else {
            at->kind = Value::Kind::map;
            auto entry = std::find_if(at->map.begin(), at->map.end(),
                                      [&](const Entry& e) { return e.key == key; });
            if (entry == at->map.end()) {
                if (walked == "populations") {
                    std::vector<std::string> known;
                    for (const Entry& e : at->map) known.push_back(e.key);
                    throw UsageError(fmt::format("--set {}: no population '{}'{} (there are: {})", text, key,
                                                 did_you_mean(key, known), join(known)));
                }
                at->map.push_back({key, at->at, {}});
                at->map.back().value.override_text = text;
                entry = at->map.end() - 1;
            }
            at = &entry->value;
        }
        walked += (walked.empty() ? "" : ".") + key;
        last = key;
    }
    value.at = at->at;
    value.override_text = text;
    *at = std::move(value);
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
    std::string best;
    std::size_t best_distance = name.size() / 2 + 1;
    for (const std::string& candidate : known) {
        // Levenshtein distance, a row at a time.
        std::vector<std::size_t> row(candidate.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < name.size(); ++i) {
            std::size_t diagonal = row[0]++;
            for (std::size_t j = 0; j < candidate.size(); ++j) {
                const std::size_t changed = diagonal + (name[i] == candidate[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
            }
        }
        if (row.back() < best_distance) {
            best_distance = row.back();
            best = candidate;
        }
    }
    return best.empty() ? "" : fmt::format("; did you mean '{}'?", best);
}

std::string join(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace snnsim
