// Reads a Value into a struct by its `fields()` table (and `alternative()`, where one key names a
// model).
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "snnsim/simulation_spec.hpp"
#include "src/model/limits_text.hpp"
#include "src/model/problems.hpp"
#include "src/model/units.hpp"
#include "src/model/vocabulary.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {

template <class T>
concept Struct = requires {
    T::fields();
};
template <class T>
concept HasAlternative = requires {
    T::alternative();
};
/// A mapping of names holds these.
template <class T>
concept Population = requires(T t) {
    { t.name } -> std::same_as<std::string&>;
    t.size;
};
/// The same, of those that have no size.
template <class T>
concept ByName = Population<T> || requires {
    requires T::by_name;
};
template <class T>
concept Listed = requires {
    typename ListOf<T>::type;
};

/// What the table says of the key being read.
struct Meta {
    const char* key;
    const char* unit = "";
    Limits limits = {};
    bool by_cell = false;  // each cell may have a value of its own
};

class FieldReader {
  public:
    /// `side`: whose words an unknown one may be.
    explicit FieldReader(Problems& problems, std::optional<Side> side = std::nullopt)
        : problems_(problems), side_(side) {}

    /// Reads one value; a problem leaves `out` as it is.
    template <class T>
    void read(const Value& value, const Meta& meta, T& out) {
        if constexpr (Struct<T>) {
            read_struct(value, meta.key, out);
        } else if constexpr (Listed<T>) {
            read_listed(value, meta.key, out);
        } else if constexpr (std::is_enum_v<T>) {
            read_enum(value, meta, out);
        } else {
            read_scalar(value, meta, out);
        }
    }
    template <class T>
    void read(const Value& value, const Meta& meta, std::optional<T>& out) {
        out.emplace();
        read(value, meta, *out);
    }
    template <class T>
    void read(const Value& value, const Meta& meta, std::vector<T>& out) {
        if (value.kind != Value::Kind::list) {
            problems_.add(value,
                          fmt::format("{} must be a list (lines that begin with '-'), not {}",
                                      meta.key, describe(value)));
            return;
        }
        for (const Value& item : value.list) {
            const std::string key = fmt::format("{}[{}]", meta.key, out.size());
            read(item, {key.c_str(), meta.unit, meta.limits}, out.emplace_back());
            if constexpr (requires { out.back().at; }) out.back().at = item.at;
        }
    }
    template <ByName P>
    void read(const Value& value, const Meta& meta, std::vector<P>& out) {
        if (!expect_map(value, meta.key)) return;
        for (const Entry& entry : value.map) {
            P& p = out.emplace_back();
            p.name = entry.key;
            p.at = entry.at;
            read_struct(entry.value, entry.key.c_str(), p);
        }
    }

    /// The section `models`: what populations may name as theirs afterwards.
    void read(const Value& value, const Meta& meta, std::vector<CellDefinition>& out);
    /// The section `rules`: what `plasticity.rule` may name afterwards.
    void read(const Value& value, const Meta& meta, std::vector<RuleDefinition>& out);
    /// A quantity, or a mapping with `distribution`.
    void read(const Value& value, const Meta& meta, Distribution& out);
    /// A number, a list of them, or a mapping with `random`.
    void read(const Value& value, const Meta& meta, CellChoice& out);
    /// `uniform`, a list of points, or a file.
    void read(const Value& value, const Meta& meta, PositionsSpec& out);
    /// A whole number stands for both.
    void read(const Value& value, const Meta& meta, Sides& out) { read_sides(value, meta, out); }
    /// The sides of a window, or a function of the distance.
    void read(const Value& value, const Meta& meta, KernelSpec& out) {
        const bool number = value.kind == Value::Kind::scalar && !value.text.empty() &&
                            value.text.find_first_not_of("-0123456789") == std::string::npos;
        if (!number && value.kind != Value::Kind::list) return read_struct(value, meta.key, out);
        read_sides(value, {meta.key, "", at_least(1)}, out.sides);
    }
    /// true or false, or a mapping: then there is one.
    void read(const Value& value, const Meta& meta, BiasSpec& out) {
        if (value.kind == Value::Kind::scalar) return read_scalar(value, meta, out.given);
        out.given = true;
        read_struct(value, meta.key, out);
    }
    /// A list of names, or a mapping of them.
    void read(const Value& value, const Meta& meta, std::vector<TrainableSpec>& out);
    /// `balanced`, or a list of numbers.
    void read(const Value& value, const Meta& meta, ClassWeights& out) {
        out.at = value.at;
        if (value.kind == Value::Kind::list) {
            read(value, meta, out.of);
        } else if (value.kind == Value::Kind::scalar && value.text == "balanced") {
            out.balanced = true;
        } else {
            problems_.add(value, fmt::format("{} must be balanced, or a list with a number for "
                                             "each class; found {}",
                                             meta.key, describe(value)));
        }
    }

    template <Struct T>
    void read_struct(const Value& value, const char* key, T& out) {
        std::vector<std::string> known;
        if constexpr (HasAlternative<T>) known.push_back(T::alternative().key);
        for_each_field<T>([&](const auto& f) { known.push_back(f.name); });
        if (value.kind == Value::Kind::scalar && shorthand(value, key, out)) return;
        if (!expect_map(value, key)) return;

        bool chosen_known = true;
        if constexpr (HasAlternative<T>) chosen_known = read_alternative(value, key, out, known);
        for_each_field<T>([&](const auto& f) {
            if (is_parameter(out, f.name)) return;
            if constexpr (std::is_same_v<T, CellPopulationSpec>) {
                if (is_parameter_of_equations(out, f.name)) return;
            }
            if constexpr (std::is_same_v<T, CellPopulationSpec>) {
                using Member = std::remove_cvref_t<decltype(out.*f.member)>;
                if constexpr (std::is_same_v<Member, std::vector<NamedDistribution>>) {
                    if (chosen_known) read_initial(value, out);
                } else {
                    read_field(value, key, f, out);
                }
            } else {
                read_field(value, key, f, out);
            }
        });
        const Value* chosen = nullptr;
        if constexpr (HasAlternative<T>) chosen = value.find(T::alternative().key);
        check_unknown(value, key, known, chosen);
    }

  private:
    void read_sides(const Value& value, const Meta& meta, std::vector<std::int64_t>& out) {
        if (value.kind != Value::Kind::scalar) return read(value, meta, out);
        const std::size_t problems = problems_.count();
        std::int64_t side = 0;
        read_integer(value, meta, side);
        if (problems_.count() == problems) out.assign(2, side);
    }
    template <class T, class F>
    static void for_each_field(F&& f) {
        T::fields().for_each(f);
    }

    template <class F, class T>
    void read_field(const Value& value, const char* key, const F& field, T& out) {
        const Value* v = value.find(field.name);
        if (!v || v->kind == Value::Kind::null) {
            using Member = std::remove_reference_t<decltype(out.*field.member)>;
            if (v && accepts_empty<Member>()) {  // `test:` is `test: {}`
                Value empty = *v;
                empty.kind = Value::Kind::map;
                read(empty, {field.name, field.unit, field.limits}, out.*field.member);
            } else if (v) {
                problems_.add(*v, fmt::format("{} has no value", field.name));
            } else if (field.need == Need::required) {
                problems_.add(value, fmt::format("{} is missing the key '{}': {}", key, field.name,
                                                 field.help));
            }
            return;
        }
        if constexpr (std::is_same_v<T, SynapsesSpec>) {
            if (field.name == std::string_view("weight") && v->kind == Value::Kind::map &&
                v->find("file")) {
                read(*v, {field.name}, out.weight_file.emplace());
                out.weight_file->at = v->at;
                return;
            }
        }
        if constexpr (std::is_same_v<T, TrainSpec>) {
            if (field.name == std::string_view("loss") && v->kind == Value::Kind::map)
                return read(*v, {field.name}, out.losses);
        }
        if constexpr (std::is_same_v<T, ProjectionSpec>) {
            if (field.name == std::string_view("delay") && v->kind == Value::Kind::map)
                return read(*v, {field.name}, out.learned_delay);
        }
        constexpr bool by_cell = std::is_same_v<T, DcStimulus::Params>;
        read(*v, {field.name, field.unit, field.limits, by_cell}, out.*field.member);
    }
    template <class T>
    static constexpr bool accepts_empty() {
        if constexpr (requires { typename T::value_type; })
            return std::is_same_v<T, std::optional<TestSpec>>;
        return false;
    }

    /// `weight: kaiming_uniform` stands for `weight: {init: kaiming_uniform}`: the first key, if it
    /// is a name.
    template <Struct T>
    bool shorthand(const Value& value, const char* key, T& out) {
        const char* const first = shorthand_key<T>();
        if (!first) return false;
        if constexpr (std::is_same_v<T, WeightSpec>) {
            double number = 0.0;
            if (read_quantity(value.text, input_unit_in(value.text), key, number).empty()) {
                problems_.add(value,
                              fmt::format("initial weights of a training follow a rule; for all "
                                          "the same write {}: {{init: constant, value: {:g}}}",
                                          key, number));
                return true;
            }
        }
        Value map;
        map.kind = Value::Kind::map;
        map.map.push_back({first, value.at, value});
        map.at = value.at;
        map.override_text = value.override_text;
        read_struct(map, key, out);
        return true;
    }
    template <Struct T>
    static constexpr const char* shorthand_key() {
        if constexpr (HasAlternative<T>) {
            return T::alternative().key;
        } else if constexpr (requires { T::shorthand; }) {
            return T::shorthand;
        } else if constexpr (T::fields().size > 0) {
            constexpr auto field = field_at<0>(T::fields());
            using Member = std::remove_cvref_t<decltype(std::declval<T>().*field.member)>;
            if constexpr (std::is_enum_v<Member>) return field.name;
        }
        return nullptr;
    }

    /// The alternative has a parameter of that name, which then is meant.
    template <class T>
    static bool is_parameter(const T& out, std::string_view name) {
        bool found = false;
        if constexpr (HasAlternative<T>) {
            std::visit(
                [&]<class P>(const P&) {
                    for_each_field<P>([&](const auto& f) { found = found || f.name == name; });
                },
                out.*T::alternative().member);
        }
        return found;
    }

    /// False when it is not known which alternative is meant.
    template <HasAlternative T>
    bool read_alternative(const Value& value, const char* key, T& out,
                          std::vector<std::string>& known) {
        const auto choice = T::alternative();
        const Value* name = value.find(choice.key);
        if (!name) {
            problems_.add(
                value, fmt::format("{} is missing the key '{}': {}", key, choice.key, choice.help));
            known.clear();  // without it, no key can be called unknown
            return false;
        }
        if constexpr (std::is_same_v<T, CellPopulationSpec> || std::is_same_v<T, PlasticitySpec>) {
            if (read_defined(value, *name, out, known)) return true;
        }
        if (!choose(choice, *name, out.*choice.member)) {
            known.clear();
            return false;
        }
        std::vector<NamedDistribution>* varied = nullptr;
        if constexpr (requires { out.varied; }) varied = &out.varied;
        std::visit([&](auto& params) { read_params(value, key, params, known, varied); },
                   out.*choice.member);
        return true;
    }
    /// With `varied`, a number may be a distribution instead.
    template <class P>
    void read_params(const Value& value, const char* key, P& params,
                     std::vector<std::string>& known,
                     std::vector<NamedDistribution>* varied = nullptr) {
        for_each_field<P>([&](const auto& f) {
            if (std::find(known.begin(), known.end(), f.name) == known.end()) {
                known.push_back(f.name);
            }
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(params.*f.member)>, double>) {
                const Value* v = value.find(f.name);
                if (varied && v && v->kind == Value::Kind::map) {
                    read_varied(*v, {f.name, f.unit, f.limits, true}, params.*f.member, *varied);
                    return;
                }
            }
            read_field(value, key, f, params);
        });
    }
    /// A distribution that is no constant goes to `varied`.
    void read_varied(const Value& value, const Meta& meta, double& constant,
                     std::vector<NamedDistribution>& varied);
    /// `{values: [...]}`, `{linspace: [a, b]}` or `{file: values.npy}`: one for each cell.
    static bool gives_each_cell(const Value& value);
    void read_by_cell(const Value& value, const Meta& meta, Distribution& out);
    std::string read_unit(const Value& value, const Meta& meta, Distribution& d);
    void read_item(const Value& item, const Meta& meta, const std::string& unit, Distribution& d,
                   double& out);
    void read_listed_values(const Value& list, const Meta& meta, const std::string& unit,
                            Distribution& d);
    void read_linspace(const Value& ends, const Meta& meta, Distribution& d);
    void read_numbers_file(const Value& value, const Meta& meta, const std::string& unit,
                           Distribution& d);
    /// `100 pA sqrt(ms)`.
    void read_intensity(const Value& value, const Meta& meta, Distribution& out);
    /// A model of the section `models`, and the population's parameters; false: none of that name.
    bool read_defined(const Value& population, const Value& name, CellPopulationSpec& out,
                      std::vector<std::string>& known);
    static bool is_parameter_of_equations(const CellPopulationSpec& out, std::string_view name);
    std::shared_ptr<const CellEquations> read_cell_model(const Entry& entry);
    class DefinitionReader;
    /// The same of the section `rules`.
    bool read_defined(const Value& plasticity, const Value& name, PlasticitySpec& out,
                      std::vector<std::string>& known);
    std::shared_ptr<const RuleEquations> read_rule(const Entry& entry);
    /// `initial`: state variables of the population's model.
    void read_initial(const Value& population, CellPopulationSpec& out);
    /// `{distance: linear, ...}`.
    void read_by_distance(const Value& value, const Meta& meta, Distribution& out);
    void check_distribution(const Value& value, const Meta& meta, const Distribution& d);

    /// `optimizer: adam` or `optimizer: {name: adam, lr: 1e-3}`.
    template <Listed T>
    void read_listed(const Value& value, const char* key, T& out) {
        using List = typename ListOf<T>::type;
        if (value.kind == Value::Kind::scalar) {
            if (!choose<List>(value, key, out)) return;
            Value alone = value;  // what it must have is missing
            alone.kind = Value::Kind::map;
            std::vector<std::string> known;
            std::visit([&](auto& params) { read_params(alone, key, params, known); }, out);
            return;
        }
        if (!expect_map(value, key)) return;
        const Value* name = value.find("name");
        if (!name) {
            problems_.add(value, fmt::format("{} is missing the key 'name': one of {}", key,
                                             names_of<List>()));
            return;
        }
        if (!choose<List>(*name, key, out)) return;
        std::vector<std::string> known{"name"};
        std::visit([&](auto& params) { read_params(value, key, params, known); }, out);
        check_unknown(value, key, known, name);
    }

    template <class Owner, class List>
    bool choose(const Alternative<Owner, List>& choice, const Value& name,
                typename List::Params& out) {
        return choose<List>(name, choice.key, out);
    }
    template <class List>
    bool choose(const Value& name, const char* key, typename List::Params& out) {
        for (std::size_t k = 0; k < List::names.size(); ++k) {
            if (name.kind != Value::Kind::scalar || name.text != List::names[k]) continue;
            if (name.text == EquationCell::name) break;  // stands for those of `models`
            if (out.index() != k) set_index<List>(out, k);
            return true;
        }
        std::vector<std::string> known(List::names.begin(), List::names.end());
        std::erase(known, EquationCell::name);
        if constexpr (std::is_same_v<List, CellModels>) {
            for (const CellDefinition& d : definitions_) {
                if (d.name == name.text) {
                    problems_.add(name, fmt::format("'{}' is not defined soundly", d.name));
                    return false;
                }
                known.push_back(d.name);
            }
        }
        if constexpr (std::is_same_v<List, PlasticityRules>) {
            for (const RuleDefinition& d : rules_) {
                if (d.name == name.text) return false;  // what is wrong with it is told there
                known.push_back(d.name);
            }
        }
        problems_.add(name, fmt::format("unknown {} {}{} (known: {})", key, describe(name),
                                        hint(name.text, kind_of<List>(), known), join(known)));
        return false;
    }
    template <class List, std::size_t I = 0>
    static void set_index(typename List::Params& out, std::size_t k) {
        if constexpr (I < List::names.size()) {
            if (I == k) {
                out.template emplace<I>();
            } else {
                set_index<List, I + 1>(out, k);
            }
        }
    }
    template <class List>
    static std::string names_of() {
        return join({List::names.begin(), List::names.end()});
    }

    template <class E>
    void read_enum(const Value& value, const Meta& meta, E& out) {
        const auto& names = Names<E>::values;
        for (std::size_t k = 0; k < names.size(); ++k) {
            if (value.kind == Value::Kind::scalar && value.text == names[k]) {
                out = static_cast<E>(k);
                return;
            }
        }
        const std::vector<std::string> known(names.begin(), names.end());
        problems_.add(value,
                      fmt::format("{} cannot be {}{} (one of: {})", meta.key, describe(value),
                                  hint(value.text, kind_of<E>(), known), join(known)));
    }

    template <class T>
    void read_scalar(const Value& value, const Meta& meta, T& out) {
        if (value.kind != Value::Kind::scalar) {
            problems_.add(
                value, fmt::format("{} must be a single value, not {}", meta.key, describe(value)));
        } else if constexpr (std::is_same_v<T, std::string>) {
            out = value.text;
        } else if constexpr (std::is_same_v<T, bool>) {
            static const std::vector<std::string> yes{"true", "True", "TRUE"},
                no{"false", "False", "FALSE"};  // as YAML 1.2 has them
            const auto is_one_of = [&](const std::vector<std::string>& words) {
                return std::find(words.begin(), words.end(), value.text) != words.end();
            };
            if (is_one_of(yes) || is_one_of(no)) {
                out = is_one_of(yes);
            } else {
                problems_.add(value, fmt::format("{} must be true or false; found '{}'", meta.key,
                                                 excerpt(value.text)));
            }
        } else if constexpr (std::integral<T>) {
            read_integer(value, meta, out);
        } else {
            double number = 0.0;
            const std::string wrong = read_quantity(value.text, meta.unit, meta.key, number);
            if (!wrong.empty()) {
                problems_.add(value, wrong);
            } else if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
                problems_.add(
                    value,
                    fmt::format("{} cannot be as large as '{}': cells are computed "
                                "in single precision, which ends at 3.4e38{}{}",
                                meta.key, excerpt(value.text), *meta.unit ? " " : "", meta.unit));
            } else if (check_limits(value, meta, number)) {
                out = number;
            }
        }
    }
    template <std::integral T>
    void read_integer(const Value& value, const Meta& meta, T& out) {
        // As wide as the readers of numbers go; what T holds is among the limits.
        using Wide = std::conditional_t<std::is_unsigned_v<T>, std::uint64_t, std::int64_t>;
        Wide number{};
        const std::string wrong = read_whole(value.text, Wide{std::numeric_limits<T>::min()},
                                             Wide{std::numeric_limits<T>::max()}, number);
        if (!wrong.empty()) {
            problems_.add(value, fmt::format("{} {}", meta.key, wrong));
        } else if (check_limits(value, meta, static_cast<double>(number))) {
            out = static_cast<T>(number);
        }
    }
    bool check_limits(const Value& value, const Meta& meta, double number) {
        if (within(number, meta.limits)) return true;
        problems_.add(
            value, fmt::format("{} must be {}{}{}; found '{}'", meta.key, limits_text(meta.limits),
                               *meta.unit ? " " : "", meta.unit, excerpt(value.text)));
        return false;
    }

    bool expect_map(const Value& value, const char* key) {
        if (value.kind == Value::Kind::map) return true;
        problems_.add(
            value, fmt::format("{} must be a mapping (key: value), not {}", key, describe(value)));
        return false;
    }
    /// `chosen` is the name that decides which keys there are (`model: lif`), if one does.
    void check_unknown(const Value& value, const char* key, const std::vector<std::string>& known,
                       const Value* chosen) {
        if (known.empty()) return;
        for (const Entry& entry : value.map) {
            if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
            std::string message =
                fmt::format("unknown key '{}' in {}{} (known: {})", excerpt(entry.key), key,
                            hint(entry.key, "key", known), join(known));
            if (chosen && !chosen->override_text.empty() && entry.value.override_text.empty()) {
                message +=
                    fmt::format("; --set {} chose what has other keys: set all of {} instead",
                                excerpt(chosen->override_text), key);
            }
            problems_.add_unknown(entry, message);
        }
    }

    /// Where an unknown word belongs, or what it may have been meant to be. Keys are misspelt more
    /// often than they are mistaken for those of the other side; names of models are not.
    std::string hint(const std::string& word, const std::string& what,
                     const std::vector<std::string>& known) const {
        const std::string other = side_ ? other_side(word, what, *side_) : "";
        const std::string near = did_you_mean(word, known);
        return what == "key" ? (near.empty() ? other : near) : (other.empty() ? near : other);
    }
    /// What a list or an enumeration is one of.
    template <class T>
    static constexpr const char* kind_of() {
        if constexpr (std::is_same_v<T, NeuronModels> || std::is_same_v<T, CellModels>)
            return "model";
        else if constexpr (std::is_same_v<T, Rule>)
            return "connection rule";
        else if constexpr (std::is_same_v<T, RecordWhat>)
            return "record";
        else
            return "";
    }

    Problems& problems_;
    const std::optional<Side> side_;
    std::vector<CellDefinition> definitions_;  // of `models`, once it is read
    std::vector<RuleDefinition> rules_;        // of `rules`
};

}  // namespace snnsim
