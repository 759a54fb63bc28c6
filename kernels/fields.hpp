// Tables that declare a parameter once: its name, member, unit, limits and one line of help.
// The model-file reader, the reference page and the run file all read these tables.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

namespace snnsim {

/// The values a number may take. `*_open` excludes the limit itself.
struct Limits {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool low_open = false;
    bool high_open = false;
};
inline constexpr Limits unlimited{};
inline constexpr Limits positive{.low = 0.0, .low_open = true};
inline constexpr Limits non_negative{.low = 0.0};
inline constexpr Limits fraction{.low = 0.0, .high = 1.0};
constexpr Limits at_least(double low) {
    return {.low = low};
}

enum class Need : std::uint8_t { optional, required };

/// One key of a mapping in the model file. `unit` is "" for a pure number (or a non-number), else
/// one of "ms", "mV", "pA", "pF", "nS", "Hz": the unit in which the member holds the value.
template <class Owner, class T>
struct Field {
    const char* name;
    T Owner::*member;
    const char* unit;
    Limits limits;
    const char* help;
    Need need;

    constexpr Field(const char* name, T Owner::*member, const char* unit, Limits limits,
                    const char* help, Need need = Need::optional)
        : name(name), member(member), unit(unit), limits(limits), help(help), need(need) {}
};

template <std::size_t K, class F>
struct FieldAt {
    F field;
};
template <class Indices, class... F>
struct FieldRow;
template <std::size_t... K, class... F>
struct FieldRow<std::index_sequence<K...>, F...> : FieldAt<K, F>... {
    static constexpr std::size_t size = sizeof...(F);

    constexpr FieldRow(const F&... fields) : FieldAt<K, F>{fields}... {}

    /// Calls f(field) for each, in order.
    template <class Call>
    constexpr void for_each([[maybe_unused]] Call&& call) const {
        (call(FieldAt<K, F>::field), ...);
    }
    /// These and one more.
    template <class More>
    constexpr FieldRow<std::make_index_sequence<size + 1>, F..., More> with(
        const More& more) const {
        return {FieldAt<K, F>::field..., more};
    }
};

/// A table: Fields of different types in order. Every file reads dozens of these, and std::tuple
/// would take most of the time in which it is compiled.
template <class... F>
struct Fields : FieldRow<std::make_index_sequence<sizeof...(F)>, F...> {
    using FieldRow<std::make_index_sequence<sizeof...(F)>, F...>::FieldRow;
};
template <class... F>
Fields(F...) -> Fields<F...>;

/// Two tables, one after the other.
template <class First, class Second>
struct Joined {
    static constexpr std::size_t size = First::size + Second::size;
    First first;
    Second second;

    template <class Call>
    constexpr void for_each(Call&& call) const {
        first.for_each(call);
        second.for_each(call);
    }
};
template <class First, class Second>
Joined(First, Second) -> Joined<First, Second>;

template <std::size_t K, class F>
constexpr F field_at(const FieldAt<K, F>& one) {
    return one.field;
}
/// Of two tables: one of the first.
template <std::size_t K, class First, class Second>
constexpr auto field_at(const Joined<First, Second>& both) {
    return field_at<K>(both.first);
}

/// A member that holds one alternative of a ModelList. The alternative's parameters stand in the
/// same mapping as the key that names it.
template <class Owner, class List>
struct Alternative {
    const char* key;
    typename List::Params Owner::*member;
    const char* help;
    Need need;
};

/// The names of an enumeration's values, in order from 0; specialised beside each enumeration:
///     template <> struct Names<Reset> { static constexpr std::array values{"subtract", "zero"}; };
template <class Enum>
struct Names;

template <class Enum>
constexpr const char* name_of(Enum value) {
    return Names<Enum>::values[static_cast<std::size_t>(value)];
}

/// A list of alternatives of which the model file names one (`model: lif`, `scheme: poisson`). Each
/// has `static constexpr const char* name` and a `Params` with `fields()`.
template <class... Models>
struct ModelList {
    using Params = std::variant<typename Models::Params...>;
    using Types = std::tuple<Models...>;
    static constexpr std::array<const char*, sizeof...(Models)> names{Models::name...};

    /// Calls `f.template operator()<Model>(params)` for the alternative that `params` holds.
    template <class F>
    static decltype(auto) visit(const Params& params, F&& f) {
        return visit_from<0>(params, f);
    }
    static const char* name_of(const Params& params) { return names[params.index()]; }

  private:
    template <std::size_t I, class F>
    static decltype(auto) visit_from(const Params& params, F& f) {
        using Model = std::tuple_element_t<I, Types>;
        if constexpr (I + 1 == sizeof...(Models)) {
            return f.template operator()<Model>(std::get<I>(params));
        } else {
            if (params.index() == I) return f.template operator()<Model>(std::get<I>(params));
            return visit_from<I + 1>(params, f);
        }
    }
};

/// The list that a variant of parameters belongs to; specialised beside lists that stand in a
/// mapping of their own.
template <class Params>
struct ListOf;

}  // namespace snnsim
