#include "tensor/json_text.h"

#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace quantlens {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kFewMembers = 32;  // up to here looking through them is quicker than an index

/// Walks the text and tells where it is.
struct CountingIterator {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at;
    const char** furthest;

    reference operator*() const { return *at; }
    CountingIterator& operator++() {
        ++at;
        *furthest = at;
        return *this;
    }
    CountingIterator operator++(int) {
        auto before = *this;
        ++*this;
        return before;
    }
    bool operator==(const CountingIterator& other) const { return at == other.at; }
};

class Builder final : public nlohmann::json_sax<Json> {
public:
    Json root;
    std::size_t error_at = 0;
    std::string reason;

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return false; }  // text has none
    bool key(string_t& value) override {
        key_ = std::move(value);
        return true;
    }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string& last, const nlohmann::detail::exception&) override {
        error_at = position;
        reason = "unexpected '" + last + "'";
        return false;
    }

private:
    struct Open {
        Json* container;
        std::unordered_map<std::string, std::size_t> index;  // of an object's members, once it has many
    };
    Json& place(Json value) {
        if (open_.empty()) return root = std::move(value);
        Json& parent = *open_.back().container;
        if (!parent.is_array()) return member(open_.back()) = std::move(value);
        parent.push_back(std::move(value));
        return parent.back();
    }
    /// The member that the last key names. An ordered object looks through all its members for a key, which would make
    /// one with many of them take the square of their number; so a large one gets an index.
    Json& member(Open& open) {
        auto& members = open.container->get_ref<Json::object_t&>();
        if (members.size() < kFewMembers) return members[key_];
        if (open.index.empty())
            for (std::size_t i = 0; i < members.size(); ++i)
                open.index.emplace(members.begin()[std::ptrdiff_t(i)].first, i);
        const auto [found, is_new] = open.index.emplace(key_, members.size());
        if (is_new) members.emplace_back(key_, nullptr);
        return members.begin()[std::ptrdiff_t(found->second)].second;
    }
    bool add(Json value) {
        place(std::move(value));
        return true;
    }
    bool open(Json value) {
        if (open_.size() == kMaxDepth) {
            reason = "more than " + to_text(kMaxDepth) + " levels of nesting";
            return false;
        }
        open_.push_back({&place(std::move(value)), {}});
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::vector<Open> open_;  // a container does not move while one inside it is open
    std::string key_;
};

}  // namespace

bool walk_json(std::string_view text, nlohmann::json_sax<Json>& events, const char*& furthest) {
    furthest = text.data();
    return Json::sax_parse(CountingIterator{text.data(), &furthest},
                           CountingIterator{text.data() + text.size(), &furthest}, &events);
}

Result<Json> parse_json(std::string_view text) {
    Builder builder;
    const char* furthest = nullptr;
    if (walk_json(text, builder, furthest)) return std::move(builder.root);
    const std::string where = builder.error_at > 0 ? " at byte " + to_text(builder.error_at) : "";
    return fail(ErrorCode::kBadParameter, "", "not valid JSON" + where + ": " + builder.reason);
}

}  // namespace quantlens
