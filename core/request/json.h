#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "request/door.h"
#include "tensor/receipt.h"

/// Between the core's types and JSON.
namespace quantlens::request {

/// What a member of an object may be, without making JSON of it yet: a list of these is a few stores, where a list of
/// Json is a constructor and a destructor each, and the page downloads that code for every answer there is.
class Item {
public:
    Item(std::nullptr_t) : kind_(Kind::kNull) {}
    Item(bool value) : kind_(Kind::kTruth) { of_.truth = value; }
    template <std::floating_point Number>
    Item(Number value) : kind_(Kind::kReal) {
        of_.real = value;
    }
    template <std::signed_integral Number>
    Item(Number value) : kind_(Kind::kWhole) {
        of_.whole = value;
    }
    template <std::unsigned_integral Number>
    Item(Number value) : kind_(Kind::kNatural) {
        of_.natural = value;
    }
    Item(std::string_view value) : kind_(Kind::kText) { of_.text = {value.data(), value.size()}; }
    Item(const std::string& value) : Item(std::string_view{value}) {}
    Item(const char* value) : Item(std::string_view{value}) {}
    Item(Json&& value) : kind_(Kind::kMoved) { of_.moved = &value; }
    Item(const Json& value) : kind_(Kind::kCopied) { of_.copied = &value; }
    /// An object inside the object.
    Item(std::initializer_list<struct Member> members) : kind_(Kind::kObject) {
        of_.members = {members.begin(), members.size()};
    }

    Json json() const;

private:
    enum class Kind : std::uint8_t { kNull, kTruth, kReal, kWhole, kNatural, kText, kMoved, kCopied, kObject } kind_;
    union {
        bool truth = false;
        double real;
        std::int64_t whole;
        std::uint64_t natural;
        struct {
            const char* data;
            std::size_t size;
        } text;
        Json* moved;
        const Json* copied;
        struct {
            const struct Member* first;
            std::size_t count;
        } members;
    } of_;
};

struct Member {
    std::string_view key;
    Item item;
};

/// object({{"rows", rows}, {"columns", columns}}). A Json that is given as a temporary is moved in.
Json object(std::initializer_list<Member> members);

/// Adds a member to an object, or changes it.
void set(Json& object, std::string_view key, const Item& item);

/// The members of an object as settings. A list becomes its items joined by commas, null is left out, an object stays
/// JSON text (a pasted config.json).
Result<Settings> settings_from(const Json& object);

Json to_json(const Value& value);
Json to_json(const Settings& settings);
Json to_json(std::span<const FieldInfo> fields);
Json to_json(const Receipt& receipt);

/// Infinity and NaN have no JSON; they become null.
Json number_or_null(double value);

}  // namespace quantlens::request
