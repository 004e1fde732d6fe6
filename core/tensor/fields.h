#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/error.h"

/// Parameters described once. A parameter struct lists its members in `static constexpr auto fields()`; names, ranges,
/// units, defaults, flags, sliders and checks all follow from that list.
namespace quantlens {

/// A setting's value as a front end sends it. A choice travels as its name.
using Value = std::variant<bool, std::int64_t, double, std::string>;

/// Settings by key, in the order in which they are to be shown.
using Settings = std::vector<std::pair<std::string, Value>>;

enum class FieldKind : std::uint8_t { kFlag, kInteger, kReal, kChoice, kText };

/// One parameter, type-erased, for whoever lists parameters.
struct FieldInfo {
    std::string_view key;
    FieldKind kind;
    double minimum = 0;
    double maximum = 0;
    double step = 0;
    std::vector<std::string_view> choices;
    Value standard;  // the default
    std::string_view unit;
    std::string_view meaning;
};

template <class P>
struct FlagField {
    std::string_view key;
    bool P::*member;
    std::string_view meaning;
};

template <class P>
struct IntegerField {
    std::string_view key;
    int P::*member;
    int minimum, maximum, step;
    std::string_view unit, meaning;
};

template <class P>
struct RealField {
    std::string_view key;
    double P::*member;
    double minimum, maximum, step;
    std::string_view unit, meaning;
};

/// `names[i]` is the name of the enumerator with value i.
template <class P, class E>
struct ChoiceField {
    std::string_view key;
    E P::*member;
    std::span<const std::string_view> names;
    std::string_view meaning;
};

template <class P>
struct TextField {
    std::string_view key;
    std::string P::*member;
    std::string_view meaning;
};

template <class P>
constexpr auto flag(std::string_view key, bool P::*member, std::string_view meaning) {
    return FlagField<P>{key, member, meaning};
}
template <class P>
constexpr auto integer(std::string_view key, int P::*member, int minimum, int maximum, int step, std::string_view unit,
                       std::string_view meaning) {
    return IntegerField<P>{key, member, minimum, maximum, step, unit, meaning};
}
template <class P>
constexpr auto real(std::string_view key, double P::*member, double minimum, double maximum, double step,
                    std::string_view unit, std::string_view meaning) {
    return RealField<P>{key, member, minimum, maximum, step, unit, meaning};
}
template <class P, class E, std::size_t N>
constexpr auto choice(std::string_view key, E P::*member, const std::array<std::string_view, N>& names,
                      std::string_view meaning) {
    return ChoiceField<P, E>{key, member, names, meaning};
}

template <class P>
constexpr auto text(std::string_view key, std::string P::*member, std::string_view meaning) {
    return TextField<P>{key, member, meaning};
}

/// Checks `value` against `info` and brings it to the field's own type (a whole double becomes an integer).
/// Fails with kBadParameter naming the key, the value and what would be right.
Result<Value> checked(const FieldInfo& info, const Value& value);

/// A value typed as text, as `info`'s kind, and checked.
Result<Value> checked_text(const FieldInfo& info, const std::string& text);

/// The text of a value as a person would type it.
std::string to_text(const Value& value);

/// "unknown parameter 'bitz' for rtn; it takes bits, scheme, ..."
Error unknown_key(std::string_view key, std::string_view owner, std::span<const FieldInfo> known);

/// A field without the type of its struct: what the functions below need, so that they exist once and not once a
/// struct.
struct Field {
    std::string_view key, unit, meaning;
    FieldKind kind;
    double minimum = 0, maximum = 1, step = 1;
    std::span<const std::string_view> names;  // of a choice
    void* (*member)(void* parameters);        // bool, int, double, the byte of an enumeration, or std::string
};
using FieldTable = std::span<const Field>;

namespace detail {

template <class P>
inline constexpr auto kTyped = P::fields();

// A field may belong to a base of P.
template <class P, std::size_t I>
void* member_of(void* parameters) {
    return &(static_cast<P*>(parameters)->*std::get<I>(kTyped<P>).member);
}

template <class P>
constexpr Field erased(const FlagField<P>& f, void* (*member)(void*)) {
    return {f.key, "", f.meaning, FieldKind::kFlag, 0, 1, 1, {}, member};
}
template <class P>
constexpr Field erased(const IntegerField<P>& f, void* (*member)(void*)) {
    return {f.key,          f.unit, f.meaning, FieldKind::kInteger, double(f.minimum), double(f.maximum),
            double(f.step), {},     member};
}
template <class P>
constexpr Field erased(const RealField<P>& f, void* (*member)(void*)) {
    return {f.key, f.unit, f.meaning, FieldKind::kReal, f.minimum, f.maximum, f.step, {}, member};
}
template <class P, class E>
constexpr Field erased(const ChoiceField<P, E>& f, void* (*member)(void*)) {
    static_assert(sizeof(E) == 1, "a choice is an enumeration over std::uint8_t");
    return {f.key, "", f.meaning, FieldKind::kChoice, 0, 0, 0, f.names, member};
}
template <class P>
constexpr Field erased(const TextField<P>& f, void* (*member)(void*)) {
    return {f.key, "", f.meaning, FieldKind::kText, 0, 0, 0, {}, member};
}

template <class P, std::size_t... I>
constexpr std::array<Field, sizeof...(I)> erased_all(std::index_sequence<I...>) {
    return {erased(std::get<I>(kTyped<P>), &member_of<P, I>)...};
}

template <class P>
inline constexpr auto kFields = erased_all<P>(std::make_index_sequence<std::tuple_size_v<decltype(P::fields())>>{});

// `parameters` points at a struct of the table's own type.
std::vector<FieldInfo> describe(FieldTable table, const void* parameters);
Settings settings_of(FieldTable table, const void* parameters);
Status assign(FieldTable table, void* parameters, const Settings& settings, std::string_view owner);
Status check_ranges(FieldTable table, const void* parameters);

}  // namespace detail

/// The parameters of P with the values of `parameters` as defaults.
template <class P>
std::vector<FieldInfo> describe(const P& parameters = {}) {
    return detail::describe(detail::kFields<P>, &parameters);
}

/// Every effective setting of `parameters`.
template <class P>
Settings settings_of(const P& parameters) {
    return detail::settings_of(detail::kFields<P>, &parameters);
}

/// Fills `parameters` from settings; what is not named keeps its value. Unknown keys and values outside a range are
/// errors.
template <class P>
Status assign(P& parameters, const Settings& settings, std::string_view owner) {
    return detail::assign(detail::kFields<P>, &parameters, settings, owner);
}

/// The same for a P of its own.
template <class P>
Result<P> parameters_from(const Settings& settings, std::string_view owner) {
    P parameters;
    if (const auto status = assign(parameters, settings, owner); !status) return std::unexpected(status.error());
    return parameters;
}

/// Fails as parameters_from does where a value of a directly filled struct is outside its range.
template <class P>
Status check_ranges(const P& parameters) {
    return detail::check_ranges(detail::kFields<P>, &parameters);
}

}  // namespace quantlens
