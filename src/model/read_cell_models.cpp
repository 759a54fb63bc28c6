// Reads the section `models`: cells that are written as equations.
#include <algorithm>
#include <cmath>

#include "src/equations/cell_equations.hpp"
#include "src/equations/syntax.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {
namespace {

/// Where a character of a scalar stands in the file. The line of the scalar that has it is looked
/// for from where the scalar begins: so it is found in quotes and in blocks, too.
Location place_in(const std::string& file, const Value& scalar, std::size_t at) {
    const std::string& text = scalar.text;
    at = std::min(at, text.size());
    const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    const std::size_t first = before == std::string::npos ? 0 : before + 1;
    const std::string line = text.substr(first, text.find('\n', first) - first);
    std::size_t from = 0;
    for (int k = 1; k < scalar.at.line && from != std::string::npos; ++k) {
        from = file.find('\n', from);
        if (from != std::string::npos) ++from;
    }
    if (from == std::string::npos || scalar.at.line == 0) return scalar.at;
    const std::size_t begin =
        std::min(file.size(), from + static_cast<std::size_t>(std::max(0, scalar.at.column - 1)));
    const std::size_t found = line.empty() ? std::string::npos : file.find(line, begin);
    if (found == std::string::npos) return scalar.at;
    const auto ends =
        static_cast<int>(std::count(file.begin() + static_cast<std::ptrdiff_t>(begin),
                                    file.begin() + static_cast<std::ptrdiff_t>(found), '\n'));
    const std::size_t start = found == 0 ? std::string::npos : file.rfind('\n', found - 1);
    const std::size_t column = found - (start == std::string::npos ? 0 : start + 1) + (at - first);
    return {scalar.at.line + ends, static_cast<int>(column) + 1};
}

/// Texts of a definition and where they stand.
class Sources {
  public:
    SourceText add(const Value& value, std::size_t from = 0, std::size_t size = std::string::npos) {
        places_.push_back({&value, from});
        return {value.text.substr(from, size), places_.size()};
    }
    /// Nothing of a text that was not added: it belongs to the whole definition.
    const Value* value(const SourceText& s) const {
        return s.id ? places_[s.id - 1].value : nullptr;
    }
    std::size_t offset(const SourceText& s) const { return places_[s.id - 1].from; }

  private:
    struct Place {
        const Value* value;
        std::size_t from;
    };
    std::vector<Place> places_;
};

constexpr std::pair<const char*, EquationMethod> methods[] = {
    {"exact", EquationMethod::exact},
    {"exponential_euler", EquationMethod::exponential_euler},
    {"euler", EquationMethod::euler},
    {"rk4", EquationMethod::rk4},
};

}  // namespace

void FieldReader::read(const Value& value, const Meta& meta, std::vector<CellDefinition>& out) {
    if (!expect_map(value, meta.key)) return;
    for (const Entry& entry : value.map) {
        const auto& built_in = CellModels::names;
        if (std::any_of(built_in.begin(), built_in.end(),
                        [&](const char* n) { return entry.key == n; })) {
            problems_.add(entry.at,
                          fmt::format("'{}' is a model that comes with snnsim; choose another name",
                                      excerpt(entry.key)));
            continue;
        }
        CellDefinition d{entry.key, entry.at, read_cell_model(entry)};
        definitions_.push_back(d);
        out.push_back(std::move(d));
    }
}

std::shared_ptr<const CellEquations> FieldReader::read_cell_model(const Entry& entry) {
    const Value& value = entry.value;
    if (!expect_map(value, entry.key.c_str())) return nullptr;
    const std::size_t before = problems_.count();
    Sources sources;
    CellSource cell;
    cell.name = entry.key;
    const auto scalar = [&](const char* key, std::optional<SourceText>& to) {
        const Value* const v = value.find(key);
        if (!v) return;
        std::string ignored;
        read_scalar(*v, {key}, ignored);
        if (v->kind == Value::Kind::scalar) to = sources.add(*v);
    };
    const auto named = [&](const char* key, std::vector<CellSource::Named>& to) {
        const Value* const v = value.find(key);
        if (!v || v->kind == Value::Kind::null) return;
        if (!expect_map(*v, key)) return;
        for (const Entry& e : v->map) {
            std::string ignored;
            read_scalar(e.value, {e.key.c_str()}, ignored);
            if (e.value.kind == Value::Kind::scalar) to.emplace_back(e.key, sources.add(e.value));
        }
    };
    // A list of texts, or one text with a line for each.
    const auto lines = [&](const char* key, std::vector<SourceText>& to) {
        const Value* const v = value.find(key);
        if (!v || v->kind == Value::Kind::null) return;
        const auto split = [&](const Value& text) {
            for (std::size_t from = 0; from < text.text.size();) {
                const std::size_t end = std::min(text.text.find('\n', from), text.text.size());
                if (text.text.find_first_not_of(" \t\r", from) < end)
                    to.push_back(sources.add(text, from, end - from));
                from = end + 1;
            }
        };
        if (v->kind == Value::Kind::scalar) return split(*v);
        if (v->kind != Value::Kind::list) {
            problems_.add(*v, fmt::format("{} must be a list of texts, not {}", key, describe(*v)));
            return;
        }
        for (const Value& item : v->list) {
            std::string ignored;
            read_scalar(item, {key}, ignored);
            if (item.kind == Value::Kind::scalar) split(item);
        }
    };
    named("parameters", cell.parameters);
    named("state", cell.states);
    named("receptors", cell.receptors);
    lines("equations", cell.equations);
    lines("reset", cell.reset);
    scalar("threshold", cell.threshold);
    scalar("refractory", cell.refractory);
    scalar("output", cell.output);
    scalar("output_max", cell.output_max);
    scalar("current", cell.current);
    scalar("method", cell.method);
    if (cell.method) {
        const auto known = std::find_if(std::begin(methods), std::end(methods), [&](const auto& m) {
            return cell.method->text == m.first;
        });
        if (known == std::end(methods)) {
            std::vector<std::string> names;
            for (const auto& m : methods) names.push_back(m.first);
            problems_.add(
                *value.find("method"),
                fmt::format("unknown method '{}'{} (known: {})", excerpt(cell.method->text),
                            did_you_mean(cell.method->text, names), join(names)));
        } else {
            cell.by = known->second;
        }
    }
    check_unknown(value, entry.key.c_str(),
                  {"parameters", "state", "equations", "threshold", "reset", "refractory",
                   "receptors", "output", "output_max", "current", "method"},
                  nullptr);
    for (const auto& [name, source] : cell.parameters) {
        if (name == "size" || name == "model" || name == "initial")
            problems_.add(*sources.value(source),
                          fmt::format("'{}' is a key of populations; call the parameter "
                                      "otherwise",
                                      name));
    }
    const auto report = [&](const SourceText& s, std::size_t at, const std::string& message) {
        const Value* const v = sources.value(s);
        if (!v) {
            problems_.add(entry.at, message);
        } else if (!v->override_text.empty()) {
            problems_.add(*v, message);
        } else {
            problems_.add(place_in(problems_.text(), *v, sources.offset(s) + at), message);
        }
    };
    if (problems_.count() > before) return nullptr;
    std::optional<CellEquations> made = compile_cell(cell, report);
    if (!made) return nullptr;
    const auto set_place = [&](auto& one) {
        if (const Value* const v = sources.value(one.source))
            one.place = place_in(problems_.text(), *v, sources.offset(one.source) + one.at);
    };
    for (auto& divisor : made->divisors) set_place(divisor);
    for (auto& rate : made->rates) set_place(rate);
    return std::make_shared<const CellEquations>(std::move(*made));
}

bool FieldReader::read_defined(const Value& population, const Value& name, CellPopulationSpec& out,
                               std::vector<std::string>& known) {
    const auto d =
        std::find_if(definitions_.begin(), definitions_.end(), [&](const CellDefinition& one) {
            return one.equations && name.kind == Value::Kind::scalar && one.name == name.text;
        });
    if (d == definitions_.end()) return false;
    EquationCell::Params params;
    params.equations = d->equations;
    for (const CellEquations::Parameter& p : d->equations->parameters) {
        params.values.push_back(p.value);
        known.push_back(p.name);
        const Value* const v = population.find(p.name);
        if (!v) continue;
        const Meta meta{p.name.c_str(), p.unit.c_str(), unlimited, true};
        if (v->kind == Value::Kind::map) {
            read_varied(*v, meta, params.values.back(), out.varied);
        } else {
            read_scalar(*v, meta, params.values.back());
        }
    }
    out.cell = std::move(params);
    return true;
}

bool FieldReader::is_parameter_of_equations(const CellPopulationSpec& out, std::string_view name) {
    const CellEquations* const own = out.equations();
    return own && std::any_of(own->parameters.begin(), own->parameters.end(),
                              [&](const CellEquations::Parameter& p) { return p.name == name; });
}

}  // namespace snnsim
