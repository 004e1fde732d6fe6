#include "files/npy.h"

#include <cctype>
#include <cstring>
#include <optional>

#include "files/cursor.h"
#include "files/layout.h"

namespace quantlens::files {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostAxes = 64;  // NumPy's own limit

/// Reads the Python dictionary of the header: strings, True / False and tuples of whole numbers, no more.
class Dictionary {
public:
    Dictionary(Cursor& cursor, std::string_view text, std::uint64_t start)
        : cursor_(cursor), text_(text), start_(start) {}

    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::uint64_t>> shape;

    void read() {
        expect('{');
        while (!cursor_.failed() && !accept('}')) {
            const auto key_at = at_;
            const auto key = string();
            expect(':');
            if (cursor_.failed()) return;
            if (key == "descr" && !descr) {
                skip_spaces();
                if (peek() == '[')
                    return fail("descr", "the elements are structures of several fields; must be one number each");
                descr = string();
            } else if (key == "fortran_order" && !fortran_order) {
                fortran_order = boolean();
            } else if (key == "shape" && !shape) {
                shape = tuple();
            } else {
                at_ = key_at;
                return fail("header",
                            "key '" + key + "' is not one of descr, fortran_order and shape, or is there twice");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_spaces();
        if (at_ != text_.size()) fail("header", "something follows the dictionary");
        if (!descr || !fortran_order || !shape) fail("header", "the dictionary lacks descr, fortran_order or shape");
    }

private:
    void fail(std::string_view part, std::string message) { cursor_.fail(part, start_ + at_, std::move(message)); }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_spaces() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
            ++at_;
    }
    bool accept(char wanted) {
        skip_spaces();
        if (cursor_.failed() || peek() != wanted) return false;
        ++at_;
        return true;
    }
    void expect(char wanted) {
        if (!accept(wanted)) fail("header", std::string{"the dictionary must have a "} + wanted);
    }
    std::string string() {
        skip_spaces();
        const char quote = peek();
        const auto end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
        if (end == std::string_view::npos) {
            fail("header", "the dictionary must have a quoted string");
            return {};
        }
        std::string value{text_.substr(at_ + 1, end - at_ - 1)};
        at_ = end + 1;
        return value;
    }
    bool boolean() {
        skip_spaces();
        for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
            if (text_.substr(at_).starts_with(word)) {
                at_ += word.size();
                return value;
            }
        fail("fortran_order", "must be True or False");
        return false;
    }
    std::vector<std::uint64_t> tuple() {
        std::vector<std::uint64_t> axes;
        expect('(');
        while (!cursor_.failed() && !accept(')')) {
            skip_spaces();
            std::uint64_t axis = 0;
            const auto* first = text_.data() + at_;
            const auto [end, status] = std::from_chars(first, text_.data() + text_.size(), axis);
            if (status != std::errc{}) {
                fail("shape", status == std::errc::result_out_of_range
                                  ? "an axis is 2^64 or longer"
                                  : "must be a tuple of whole numbers, such as (3, 4)");
                return {};
            }
            if (axes.size() == kMostAxes) fail("shape", "has more than " + to_text(kMostAxes) + " axes");
            at_ += std::size_t(end - first);
            if (peek() == 'L') ++at_;  // Python 2 wrote long numbers so
            axes.push_back(axis);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return axes;
    }

    Cursor& cursor_;
    std::string_view text_;
    std::uint64_t start_;
    std::size_t at_ = 0;
};

template <class Number>
Result<std::vector<std::uint8_t>> build(std::string_view id, std::span<const Number> values,
                                        std::span<const std::uint64_t> shape) {
    if (element_count(shape) != std::uint64_t{values.size()})
        return bad_shape("shape", "shape " + shape_text(shape) + " does not fit " + to_text(values.size()) + " values");
    auto file = npy_header(*find_by_id(id), shape);
    if (!file || values.empty()) return file;
    const auto header = file->size();
    file->resize(header + values.size_bytes());
    std::memcpy(file->data() + header, values.data(), values.size_bytes());
    return file;
}

}  // namespace

Result<Parsed> parse_npy(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes) {
    Cursor cursor(first_bytes, file_bytes);
    Directory directory;
    directory.kind = "npy";
    if (cursor.text(kMagic.size(), "the magic number") != kMagic) cursor.fail("file", 0, "must begin with \\x93NUMPY");
    const auto major = cursor.number<std::uint8_t>("the version");
    const auto minor = cursor.number<std::uint8_t>("the version");
    if (!cursor.failed() && (major < 1 || major > 3 || minor != 0))
        cursor.fail("version", 6,
                    "npy version " + to_text(int{major}) + "." + to_text(int{minor}) + ", must be 1.0, 2.0 or 3.0");
    const std::uint64_t length = major == 1 ? cursor.number<std::uint16_t>("the header's length")
                                            : cursor.number<std::uint32_t>("the header's length");
    const auto header_at = cursor.position();
    if (!cursor.failed() && length > (1u << 20))
        cursor.fail("header", header_at, "the header is " + to_text(length) + " bytes long, more than 1 MiB");
    const auto text = cursor.text(length, "the header");
    if (cursor.failed()) return cursor.outcome({});

    Dictionary dictionary(cursor, text, header_at);
    dictionary.read();
    if (cursor.failed()) return cursor.outcome({});

    TensorInfo tensor;
    tensor.shape = std::move(*dictionary.shape);
    tensor.fortran_order = *dictionary.fortran_order;
    const std::string_view descr = *dictionary.descr;
    const char order = descr.empty() ? '\0' : descr[0];
    tensor.big_endian = order == '>';
    tensor.type = order == '<' || order == '>' || order == '|' || order == '=' ? find_by_npy(descr.substr(1)) : nullptr;
    if (!tensor.type) {
        cursor.fail("descr", header_at,
                    "element type '" + std::string{descr} +
                        "' is not one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 and b1 "
                        "after < or >");
        return cursor.outcome({});
    }
    directory.version = to_text(int{major}) + "." + to_text(int{minor});
    directory.data_start = tensor.offset = cursor.position();
    const auto bytes = tensor_bytes(*tensor.type, tensor.shape, "", header_at);
    if (!bytes) return std::unexpected(bytes.error());
    tensor.bytes = *bytes;
    directory.tensors.push_back(std::move(tensor));
    if (const auto status = check_layout(directory, {header_at}, file_bytes, Gaps::kNone); !status)
        return std::unexpected(status.error());
    return cursor.outcome(std::move(directory));
}

Result<std::vector<std::uint8_t>> npy_header(const ElementType& type, std::span<const std::uint64_t> shape) {
    if (type.npy.empty()) return bad_parameter("type", type.id, "a type that NumPy has");
    std::string dictionary = "{'descr': '";
    dictionary.append(type.block_bytes == 1 ? "|" : "<")
        .append(type.npy)
        .append("', 'fortran_order': False, 'shape': (");
    for (std::size_t i = 0; i < shape.size(); ++i) dictionary.append(i > 0 ? ", " : "").append(to_text(shape[i]));
    dictionary += shape.size() == 1 ? ",), }" : "), }";
    constexpr std::size_t kBefore = 10;  // magic, version, length
    const auto total = (kBefore + dictionary.size() + 1 + 63) / 64 * 64;
    if (total > kBefore + 0xffff)
        return bad_parameter("shape", shape_text(shape), "shorter: version 1.0 holds 65535 bytes of it");
    dictionary.resize(total - kBefore, ' ');
    dictionary.back() = '\n';

    std::vector<std::uint8_t> header(kMagic.begin(), kMagic.end());
    header.insert(header.end(), {1, 0, std::uint8_t(dictionary.size() & 0xff), std::uint8_t(dictionary.size() >> 8)});
    header.insert(header.end(), dictionary.begin(), dictionary.end());
    return header;
}

Result<std::vector<std::uint8_t>> build_npy(std::span<const float> values, std::span<const std::uint64_t> shape) {
    return build("f32", values, shape);
}
Result<std::vector<std::uint8_t>> build_npy(std::span<const std::int8_t> values, std::span<const std::uint64_t> shape) {
    return build("i8", values, shape);
}
Result<std::vector<std::uint8_t>> build_npy(std::span<const std::uint8_t> values,
                                            std::span<const std::uint64_t> shape) {
    return build("u8", values, shape);
}
Result<std::vector<std::uint8_t>> build_npy(std::span<const std::int32_t> values,
                                            std::span<const std::uint64_t> shape) {
    return build("i32", values, shape);
}

}  // namespace quantlens::files
