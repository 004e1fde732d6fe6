#include "files/safetensors.h"

#include <cstring>
#include <optional>
#include <unordered_set>

#include "files/cursor.h"
#include "files/layout.h"
#include "tensor/json_text.h"

namespace quantlens::files {
namespace {

constexpr std::uint64_t kMostJsonBytes = 100'000'000;  // the limit of the format's own reader
constexpr std::string_view kMetadata = "__metadata__";

/// Receives the header's JSON piece by piece: nothing nests deeper than the format has it, and nothing is built that
/// the format does not name.
class Header final : public nlohmann::json_sax<Json> {
public:
    Header(Cursor& cursor, Directory& directory, std::uint64_t start)
        : cursor_(cursor), directory_(directory), start_(start) {}

    std::vector<std::uint64_t> named_at;

    void read(std::string_view text) {
        begin_ = text.data();
        if (!walk_json(text, *this, furthest_)) fail("the header is no JSON object");
    }

    bool start_object(std::size_t) override {
        if (list_) return unexpected("an object");
        switch (++depth_) {
            case 1: return true;
            case 2:
                if (name_ != kMetadata) pending_ = {};
                return true;
            default: return unexpected("an object");
        }
    }
    bool end_object() override {
        --depth_;
        return depth_ != 1 || name_ == kMetadata || finish_tensor();
    }
    bool start_array(std::size_t) override {
        if (depth_ != 2 || name_ == kMetadata || list_) return unexpected("an array");
        if (key_ == "shape" && !pending_.shape)
            list_ = &pending_.shape.emplace();
        else if (key_ == "data_offsets" && !pending_.range)
            list_ = &pending_.range.emplace();
        else
            return unexpected("an array");
        return true;
    }
    bool end_array() override {
        list_ = nullptr;
        return true;
    }
    bool key(std::string& text) override {
        if (depth_ == 1) {
            name_ = text;
            name_at_ = byte();
            if (!names_.insert(text).second) return fail("'" + text + "' is there twice");
        } else {
            key_ = text;
            if (name_ == kMetadata) {
                if (!metadata_keys_.insert(text).second) return fail("the metadata key '" + text + "' is there twice");
            } else if (text != "dtype" && text != "shape" && text != "data_offsets") {
                return fail("tensor '" + name_ + "' has a key '" + text + "', must be dtype, shape or data_offsets");
            }
        }
        return true;
    }
    bool string(std::string& text) override {
        if (depth_ != 2 || list_) return unexpected("a text");
        if (name_ == kMetadata) {
            directory_.metadata.emplace_back(key_, text);
            return true;
        }
        if (key_ != "dtype" || pending_.type) return unexpected("a text");
        pending_.type = find_by_safetensors(text);
        if (!pending_.type)
            return fail("tensor '" + name_ + "' has dtype '" + text + "', which safetensors does not have");
        return true;
    }
    bool number_unsigned(std::uint64_t number) override {
        if (!list_) return unexpected("a number");
        if (list_->size() == 64) return fail("'" + key_ + "' of tensor '" + name_ + "' has more than 64 numbers");
        list_->push_back(number);
        return true;
    }
    bool number_integer(std::int64_t number) override { return unexpected(to_text(number).c_str()); }
    bool number_float(double, const std::string& text) override { return unexpected(text.c_str()); }
    bool null() override { return unexpected("null"); }
    bool boolean(bool) override { return unexpected("true or false"); }
    bool binary(binary_t&) override { return unexpected("bytes"); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        cursor_.fail("header", start_ + (position > 0 ? position - 1 : 0), "the header is not valid JSON");
        return false;
    }

private:
    struct Pending {
        const ElementType* type = nullptr;
        std::optional<std::vector<std::uint64_t>> shape, range;
    };

    std::uint64_t byte() const { return start_ + std::uint64_t(furthest_ - begin_); }
    bool fail(std::string message) {
        cursor_.fail("header", byte(), std::move(message));
        return false;
    }
    bool unexpected(const char* what) {
        std::string where = "the header has ";
        where += what;
        if (depth_ == 0) return fail(where + " where an object must be");
        return fail(where + " at '" + name_ + (depth_ > 1 ? "." + key_ : "") +
                    "', must be {\"dtype\": text, \"shape\": [whole numbers], \"data_offsets\": [begin, end]}, or "
                    "texts in __metadata__");
    }

    bool finish_tensor() {
        TensorInfo info;
        info.name = name_;
        if (!pending_.type || !pending_.shape || !pending_.range || pending_.range->size() != 2)
            return fail("tensor '" + name_ + "' lacks dtype, shape or two data_offsets");
        info.type = pending_.type;
        info.shape = std::move(*pending_.shape);
        const auto bytes = tensor_bytes(*info.type, info.shape, info.name, name_at_);
        if (!bytes) {
            cursor_.fail(bytes.error());
            return false;
        }
        info.bytes = *bytes;
        const auto begin = (*pending_.range)[0], end = (*pending_.range)[1];
        if (end < begin || end - begin != info.bytes)
            return fail("tensor '" + name_ + "' has data_offsets " + to_text(begin) + " to " + to_text(end) +
                        ", but takes " + to_text(info.bytes) + " bytes");
        if (end > cursor_.file_bytes())
            return fail("tensor '" + name_ + "' ends " + to_text(end) + " bytes into the data, but the file has " +
                        to_text(cursor_.file_bytes()) + " bytes");
        info.offset = begin;  // the start of the data is added when it is known
        directory_.tensors.push_back(std::move(info));
        named_at.push_back(name_at_);
        return true;
    }

    Cursor& cursor_;
    Directory& directory_;
    std::uint64_t start_;
    const char* begin_ = nullptr;
    const char* furthest_ = nullptr;
    std::unordered_set<std::string> names_, metadata_keys_;
    int depth_ = 0;
    std::string name_, key_;
    std::uint64_t name_at_ = 0;
    Pending pending_;
    std::vector<std::uint64_t>* list_ = nullptr;
};

}  // namespace

Result<Parsed> parse_safetensors(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes) {
    Cursor cursor(first_bytes, file_bytes);
    const auto length = cursor.number<std::uint64_t>("the header's length");
    if (!cursor.failed() && length > kMostJsonBytes)
        cursor.fail("header", 0,
                    "the header's length is " + to_text(length) + ", must be at most " + to_text(kMostJsonBytes));
    const auto text = cursor.text(length, "the header");
    if (!cursor.failed() && (text.empty() || text[0] != '{')) cursor.fail("header", 8, "the header must begin with {");
    if (cursor.failed()) return cursor.outcome({});

    Directory directory;
    directory.kind = "safetensors";
    directory.data_start = cursor.position();
    Header header(cursor, directory, 8);
    header.read(text);
    if (cursor.failed()) return cursor.outcome({});
    for (auto& tensor : directory.tensors) tensor.offset += directory.data_start;
    if (const auto status = check_layout(directory, header.named_at, file_bytes, Gaps::kNone); !status)
        return std::unexpected(status.error());
    return cursor.outcome(std::move(directory));
}

Result<std::vector<std::uint8_t>> build_safetensors(std::span<const TensorToWrite> tensors,
                                                    std::span<const std::pair<std::string, std::string>> metadata) {
    if (const auto status = check_tensors_to_write(tensors); !status) return std::unexpected(status.error());
    Json json = Json::object();
    for (const auto& [key, text] : metadata) json[std::string{kMetadata}][key] = text;
    std::uint64_t offset = 0;
    for (const auto& tensor : tensors) {
        if (tensor.name == kMetadata)
            return bad_parameter("name", tensor.name, "another name: this one is for the metadata");
        if (tensor.type->safetensors.empty())
            return bad_parameter("type", tensor.type->id, "a type that safetensors has");
        json[tensor.name] = {{"dtype", tensor.type->safetensors},
                             {"shape", tensor.shape},
                             {"data_offsets", {offset, offset + tensor.bytes.size()}}};
        offset += tensor.bytes.size();
    }
    auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > kMostJsonBytes) return bad_parameter("header", text.size(), "at most 100000000 bytes");

    std::vector<std::uint8_t> file(8 + text.size() + std::size_t(offset));
    const std::uint64_t length = text.size();
    std::memcpy(file.data(), &length, 8);
    std::memcpy(file.data() + 8, text.data(), text.size());
    auto* to = file.data() + 8 + text.size();
    for (const auto& tensor : tensors) to = std::copy(tensor.bytes.begin(), tensor.bytes.end(), to);
    return file;
}

}  // namespace quantlens::files
