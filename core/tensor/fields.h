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
    bool P::* member;
    std::string_view meaning;
};

template <class P>
struct IntegerField {
    std::string_view key;
    int P::* member;
    int minimum, maximum, step;
    std::string_view unit, meaning;
};

template <class P>
struct RealField {
    std::string_view key;
    double P::* member;
    double minimum, maximum, step;
    std::string_view unit, meaning;
};

/// `names[i]` is the name of the enumerator with value i.
template <class P, class E>
struct ChoiceField {
    std::string_view key;
    E P::* member;
    std::span<const std::string_view> names;
    std::string_view meaning;
};

template <class P>
struct TextField {
    std::string_view key;
    std::string P::* member;
    std::string_view meaning;
};

template <class P>
constexpr auto flag(std::string_view key, bool P::* member, std::string_view meaning) {
    return FlagField<P>{key, member, meaning};
}
template <class P>
constexpr auto integer(std::string_view key, int P::* member, int minimum, int maximum, int step,
                       std::string_view unit, std::string_view meaning) {
    return IntegerField<P>{key, member, minimum, maximum, step, unit, meaning};
}
template <class P>
constexpr auto real(std::string_view key, double P::* member, double minimum, double maximum, double step,
                    std::string_view unit, std::string_view meaning) {
    return RealField<P>{key, member, minimum, maximum, step, unit, meaning};
}
template <class P, class E, std::size_t N>
constexpr auto choice(std::string_view key, E P::* member, const std::array<std::string_view, N>& names,
                      std::string_view meaning) {
    return ChoiceField<P, E>{key, member, names, meaning};
}

template <class P>
constexpr auto text(std::string_view key, std::string P::* member, std::string_view meaning) {
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

// A field may belong to a base of the struct at hand: type_identity lets only the field decide P.
namespace detail {

template <class P>
FieldInfo info_of(const FlagField<P>& f, const std::type_identity_t<P>& p) {
    return {f.key, FieldKind::kFlag, 0, 1, 1, {}, p.*f.member, "", f.meaning};
}
template <class P>
FieldInfo info_of(const IntegerField<P>& f, const std::type_identity_t<P>& p) {
    return {f.key,  FieldKind::kInteger, double(f.minimum), double(f.maximum), double(f.step), {}, std::int64_t{p.*f.member},
            f.unit, f.meaning};
}
template <class P>
FieldInfo info_of(const RealField<P>& f, const std::type_identity_t<P>& p) {
    return {f.key, FieldKind::kReal, f.minimum, f.maximum, f.step, {}, p.*f.member, f.unit, f.meaning};
}
template <class P, class E>
FieldInfo info_of(const ChoiceField<P, E>& f, const std::type_identity_t<P>& p) {
    return {f.key, FieldKind::kChoice, 0, 0, 0, {f.names.begin(), f.names.end()},
            std::string{f.names[std::size_t(p.*f.member)]}, "", f.meaning};
}
template <class P>
FieldInfo info_of(const TextField<P>& f, const std::type_identity_t<P>& p) {
    return {f.key, FieldKind::kText, 0, 0, 0, {}, p.*f.member, "", f.meaning};
}

template <class P>
void assign(const FlagField<P>& f, std::type_identity_t<P>& p, const Value& v) { p.*f.member = std::get<bool>(v); }
template <class P>
void assign(const IntegerField<P>& f, std::type_identity_t<P>& p, const Value& v) { p.*f.member = int(std::get<std::int64_t>(v)); }
template <class P>
void assign(const RealField<P>& f, std::type_identity_t<P>& p, const Value& v) { p.*f.member = std::get<double>(v); }
template <class P>
void assign(const TextField<P>& f, std::type_identity_t<P>& p, const Value& v) { p.*f.member = std::get<std::string>(v); }
template <class P, class E>
void assign(const ChoiceField<P, E>& f, std::type_identity_t<P>& p, const Value& v) {
    for (std::size_t i = 0; i < f.names.size(); ++i)
        if (f.names[i] == std::get<std::string>(v)) p.*f.member = E(i);
}

}  // namespace detail

/// The parameters of P with the values of `parameters` as defaults.
template <class P>
std::vector<FieldInfo> describe(const P& parameters = {}) {
    return std::apply([&](const auto&... f) { return std::vector<FieldInfo>{detail::info_of(f, parameters)...}; },
                      P::fields());
}

/// Every effective setting of `parameters`.
template <class P>
Settings settings_of(const P& parameters) {
    Settings settings;
    for (const auto& info : describe(parameters)) settings.emplace_back(std::string{info.key}, info.standard);
    return settings;
}

/// Fills a P from settings; what is not named keeps its default. Unknown keys and values outside a range are errors.
template <class P>
Result<P> parameters_from(const Settings& settings, std::string_view owner) {
    P parameters;
    const auto infos = describe<P>();
    for (const auto& [key, value] : settings) {
        Status status = std::unexpected(unknown_key(key, owner, infos));
        std::size_t index = 0;
        std::apply(
            [&](const auto&... f) {
                [[maybe_unused]] const auto try_one = [&](const auto& field) {
                    const auto& info = infos[index++];
                    if (field.key != key) return;
                    const auto value_ok = checked(info, value);
                    if (value_ok) {
                        detail::assign(field, parameters, *value_ok);
                        status = {};
                    } else {
                        status = std::unexpected(value_ok.error());
                    }
                };
                (try_one(f), ...);
            },
            P::fields());
        if (!status) return std::unexpected(status.error());
    }
    return parameters;
}

/// Fails as parameters_from does where a value of a directly filled struct is outside its range.
template <class P>
Status check_ranges(const P& parameters) {
    for (const auto& info : describe(parameters))
        if (const auto value = checked(info, info.standard); !value) return std::unexpected(value.error());
    return {};
}

}  // namespace quantlens
