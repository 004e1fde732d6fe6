#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace quantlens {

enum class ErrorCode : std::uint8_t {
    kBadParameter,  // a setting outside its range, or an unknown one
    kBadShape,      // an empty tensor, or shapes that do not fit together
    kNotFinite,     // NaN or infinity where a number is needed
    kBadFile,       // bytes that are not what their format says
    kUnsupported,   // valid, but not something this build can do
    kTooLarge,      // more memory than there is
    kCancelled,     // the caller asked to stop
};

/// What went wrong, for the person who can mend it: `message` names the thing, its value and what would be right.
/// `field` is the request's key or the file's part that is at fault, empty where there is none.
struct Error {
    ErrorCode code;
    std::string field;
    std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

using Status = std::expected<void, Error>;

/// The shortest decimal text that reads back as the same number.
std::string to_text(float value);
std::string to_text(double value);

template <std::integral Number>
std::string to_text(Number value) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

inline std::unexpected<Error> fail(ErrorCode code, std::string field, std::string message) {
    return std::unexpected(Error{code, std::move(field), std::move(message)});
}

/// `bad_parameter("bits", 9, "between 1 and 8")`: "bits is 9, must be between 1 and 8".
inline std::unexpected<Error> bad_parameter(std::string_view name, std::string_view value, std::string_view right) {
    std::string message{name};
    message.append(" is ").append(value).append(", must be ").append(right);
    return fail(ErrorCode::kBadParameter, std::string{name}, std::move(message));
}

template <class Number>
requires std::integral<Number> || std::floating_point<Number> std::unexpected<Error> bad_parameter(
    std::string_view name, Number value, std::string_view right) {
    return bad_parameter(name, std::string_view{to_text(value)}, right);
}

inline std::unexpected<Error> bad_shape(std::string_view name, std::string message) {
    return fail(ErrorCode::kBadShape, std::string{name}, std::move(message));
}

}  // namespace quantlens
