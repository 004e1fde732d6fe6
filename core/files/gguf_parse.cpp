#include <algorithm>
#include <array>
#include <concepts>
#include <unordered_set>
#include <utility>

#include "files/cursor.h"
#include "files/gguf.h"
#include "files/layout.h"

namespace quantlens::files {
namespace {

constexpr std::uint64_t kMostKeyBytes = 65535;  // the specification's limit for keys
constexpr int kMostNesting = 4;
constexpr std::uint32_t kMostAxes = 4;

constexpr std::size_t kTypes = std::variant_size_v<MetadataValue>;
constexpr std::uint32_t kArrayType = 9;

/// Reads the fields of one GGUF file in order.
class Reader {
public:
    Reader(Cursor& cursor, Directory& directory) : cursor_(cursor), directory_(directory) {}

    std::vector<std::uint64_t> named_at;  // where each tensor is described

    void read() {
        if (cursor_.text(4, "the magic number") != "GGUF") cursor_.fail("file", 0, "must begin with GGUF");
        const auto version = cursor_.number<std::uint32_t>("the version");
        if (!cursor_.failed() && version != 2 && version != 3) {
            const bool swapped = version == 0x02000000 || version == 0x03000000;
            cursor_.fail("version", 4,
                         swapped ? "a big-endian GGUF file, must be little-endian"
                                 : "GGUF version " + to_text(version) + ", must be 2 or 3");
        }
        directory_.version = to_text(version);
        const auto tensors = count(kTensorBytes, "tensors");
        const auto entries = count(kEntryBytes, "metadata entries");
        for (std::uint64_t i = 0; i < entries && !cursor_.failed(); ++i) metadata_entry();
        if (cursor_.failed()) return;
        read_alignment();
        for (std::uint64_t i = 0; i < tensors && !cursor_.failed(); ++i) tensor();
        if (cursor_.failed()) return;
        directory_.data_start = aligned(cursor_.position(), directory_.alignment);
        // A file without tensors may end with the header.
        if (tensors == 0) directory_.data_start = std::min(directory_.data_start, cursor_.file_bytes());
        for (std::size_t i = 0; i < directory_.tensors.size(); ++i) {
            auto& info = directory_.tensors[i];
            if (info.offset > cursor_.file_bytes())
                return cursor_.fail(info.name, named_at[i],
                                    "tensor '" + info.name + "' begins " + to_text(info.offset) +
                                        " bytes into the data, but the file has " + to_text(cursor_.file_bytes()) +
                                        " bytes");
            info.offset += directory_.data_start;
        }
    }

private:
    static constexpr std::uint64_t kEntryBytes = 8 + 1 + 4 + 1;  // the shortest entry: key length, key, type, value
    static constexpr std::uint64_t kTensorBytes =
        8 + 1 + 4 + 4 + 8;  // the shortest: name length, name, axes, type, offset

    /// A count that the rest of the file could hold.
    std::uint64_t count(std::uint64_t least_bytes, std::string_view of_what) {
        const auto at = cursor_.position();
        const auto value = cursor_.number<std::uint64_t>("the number of " + std::string{of_what});
        if (!cursor_.failed() && value > cursor_.remaining() / least_bytes)
            cursor_.fail(of_what, at,
                         "the header says " + to_text(value) + " " + std::string{of_what} + ", more than the " +
                             to_text(cursor_.remaining()) + " bytes that follow can hold");
        return cursor_.failed() ? 0 : value;
    }

    std::string string(std::string_view part) {
        return std::string{cursor_.text(cursor_.number<std::uint64_t>(part), part)};
    }

    /// A key or a tensor's name.
    std::string name(std::string_view part) {
        const auto at = cursor_.position();
        const auto length = cursor_.number<std::uint64_t>(part);
        if (!cursor_.failed() && (length == 0 || length > kMostKeyBytes))
            cursor_.fail(part, at, std::string{part} + " is " + to_text(length) + " bytes long, must be 1 to 65535");
        return std::string{cursor_.text(length, part)};
    }

    std::uint32_t type_number(std::string_view part) {
        const auto at = cursor_.position();
        const auto type = cursor_.number<std::uint32_t>(part);
        if (!cursor_.failed() && type >= kTypes)
            cursor_.fail(part, at,
                         "value type " + to_text(type) + " of '" + std::string{part} + "' is not one of 0 to 12");
        return type;
    }

    template <class T>
    T scalar(std::string_view part) {
        if constexpr (std::same_as<T, bool>) {
            const auto at = cursor_.position();
            const auto byte = cursor_.number<std::uint8_t>(part);
            if (!cursor_.failed() && byte > 1)
                cursor_.fail(part, at,
                             "a bool of '" + std::string{part} + "' is " + to_text(int{byte}) + ", must be 0 or 1");
            return byte != 0;
        } else if constexpr (std::same_as<T, std::string>) {
            return string(part);
        } else {
            return cursor_.number<T>(part);
        }
    }

    template <class T>
    static constexpr std::uint64_t least_bytes() {
        if constexpr (std::same_as<T, std::string>) return 8;
        if constexpr (std::same_as<T, MetadataArray>) return 12;
        return sizeof(T);
    }

    template <std::size_t Type>
    void read_elements(MetadataArray& result, std::uint64_t length, std::string_view part, int depth) {
        using List = std::variant_alternative_t<Type, decltype(MetadataArray::values)>;
        using T = typename List::value_type;
        if (length > cursor_.remaining() / least_bytes<T>())
            return cursor_.fail(part, cursor_.position(),
                                "the array '" + std::string{part} + "' says " + to_text(length) +
                                    " elements, more than the " + to_text(cursor_.remaining()) +
                                    " bytes that follow can hold");
        List list;
        for (std::uint64_t i = 0; i < length && !cursor_.failed(); ++i) {
            if constexpr (std::same_as<T, MetadataArray>)
                list.push_back(array(part, depth + 1));
            else
                list.push_back(scalar<T>(part));
        }
        result.values = std::move(list);
    }

    MetadataArray array(std::string_view part, int depth) {
        MetadataArray result;
        if (depth > kMostNesting) {
            cursor_.fail(part, cursor_.position(), "arrays in '" + std::string{part} + "' are nested more than 4 deep");
            return result;
        }
        const auto type = type_number(part);
        const auto length = cursor_.number<std::uint64_t>(part);
        if (cursor_.failed()) return result;
        using Read = void (Reader::*)(MetadataArray&, std::uint64_t, std::string_view, int);
        static constexpr auto kReaders = []<std::size_t... I>(std::index_sequence<I...>) {
            return std::array<Read, kTypes>{&Reader::read_elements<I>...};
        }
        (std::make_index_sequence<kTypes>{});
        (this->*kReaders[type])(result, length, part, depth);
        return result;
    }

    template <std::size_t Type>
    MetadataValue value_of(std::string_view part) {
        using T = std::variant_alternative_t<Type, MetadataValue>;
        if constexpr (Type == kArrayType)
            return MetadataValue{std::in_place_index<Type>, array(part, 1)};
        else
            return MetadataValue{std::in_place_index<Type>, scalar<T>(part)};
    }

    void metadata_entry() {
        const auto at = cursor_.position();
        auto key = name("a metadata key");
        if (cursor_.failed()) return;
        if (!keys_.insert(key).second) return cursor_.fail(key, at, "the metadata key '" + key + "' is there twice");
        const auto type = type_number(key);
        if (cursor_.failed()) return;
        using Read = MetadataValue (Reader::*)(std::string_view);
        static constexpr auto kReaders = []<std::size_t... I>(std::index_sequence<I...>) {
            return std::array<Read, kTypes>{&Reader::value_of<I>...};
        }
        (std::make_index_sequence<kTypes>{});
        const auto value_at = cursor_.position();
        auto value = (this->*kReaders[type])(key);
        if (key == "general.alignment") alignment_at_ = value_at;
        directory_.metadata.emplace_back(std::move(key), std::move(value));
    }

    void read_alignment() {
        directory_.alignment = 32;
        const auto* value = directory_.find("general.alignment");
        if (!value) return;
        const auto* number = std::get_if<std::uint32_t>(value);
        if (!number || *number == 0 || (*number & (*number - 1)) != 0 || *number > (1u << 30))
            return cursor_.fail("general.alignment", alignment_at_,
                                "general.alignment is " + (number ? to_text(*number) : std::string{"no uint32"}) +
                                    ", must be a power of two up to 2^30");
        directory_.alignment = *number;
    }

    void tensor() {
        const auto at = cursor_.position();
        TensorInfo info;
        info.name = name("a tensor's name");
        const auto axes = cursor_.number<std::uint32_t>("the number of axes");
        if (!cursor_.failed() && axes > kMostAxes)
            cursor_.fail(info.name, at,
                         "tensor '" + info.name + "' has " + to_text(axes) + " axes, must be 4 or fewer");
        for (std::uint32_t i = 0; i < axes && !cursor_.failed(); ++i)
            info.shape.insert(info.shape.begin(), cursor_.number<std::uint64_t>("a tensor's axis"));
        const auto type = cursor_.number<std::uint32_t>("a tensor's type");
        info.offset = cursor_.number<std::uint64_t>("a tensor's offset");
        if (cursor_.failed()) return;
        info.type = find_by_ggml(type);
        if (!info.type)
            return cursor_.fail(info.name, at,
                                "tensor '" + info.name + "' has type " + to_text(type) + ", which ggml does not have");
        const auto bytes = tensor_bytes(*info.type, info.shape, info.name, at);
        if (!bytes) return cursor_.fail(bytes.error());
        info.bytes = *bytes;
        if (info.offset % directory_.alignment != 0)
            return cursor_.fail(info.name, at,
                                "tensor '" + info.name + "' has offset " + to_text(info.offset) +
                                    ", no multiple of the alignment " + to_text(directory_.alignment));
        named_at.push_back(at);
        directory_.tensors.push_back(std::move(info));
    }

    Cursor& cursor_;
    Directory& directory_;
    std::unordered_set<std::string> keys_;
    std::uint64_t alignment_at_ = 0;
};

}  // namespace

Result<Parsed> parse_gguf(std::span<const std::uint8_t> first_bytes, std::uint64_t file_bytes) {
    Cursor cursor(first_bytes, file_bytes);
    Directory directory;
    directory.kind = "gguf";
    Reader reader(cursor, directory);
    reader.read();
    if (!cursor.failed())
        if (const auto status = check_layout(directory, reader.named_at, file_bytes, Gaps::kPadding); !status)
            return std::unexpected(status.error());
    return cursor.outcome(std::move(directory));
}

}  // namespace quantlens::files
