#include "files/safetensors.h"

#include <cstring>

#include "support.h"

namespace quantlens::files {
namespace {

/// Two tensors, written down from the format's description: "a" 2 x 2 float32, "b" 3 int8, the second first in the
/// file.
Bytes example() {
    const std::string header =
        R"({"__metadata__":{"format":"pt","note":"h\u00e9"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]},)"
        R"("b":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}})";
    FileMaker maker;
    maker.u64(header.size()).text(header).u8(1).u8(0xfe).u8(127).u8(0x80);
    for (const float value : {0.15f, -0.32f, 0.87f, -1.23f}) maker.number(value);
    return maker.bytes;
}

TEST(Safetensors, ReadsTensorsByTheirOffsets) {
    const auto file = example();
    const auto directory = parse_whole(file);
    ASSERT_TRUE(directory.has_value()) << directory.error().message;
    ASSERT_EQ(directory->tensors.size(), 2u);
    EXPECT_EQ(directory->tensors[0].shape, (std::vector<std::uint64_t>{2, 2}));
    EXPECT_EQ(directory->tensors[0].type->id, "f32");
    EXPECT_EQ(directory->tensors[0].offset, directory->data_start + 4);
    EXPECT_EQ(*values_of(file, "a"), (std::vector<float>{0.15f, -0.32f, 0.87f, -1.23f}));
    EXPECT_EQ(*values_of(file, "b"), (std::vector<float>{1, -2, 127, -128}));
    ASSERT_NE(directory->find("note"), nullptr);
    EXPECT_EQ(std::get<std::string>(*directory->find("note")), "h\xc3\xa9");
}

TEST(Safetensors, ReadsEveryFloatType) {
    // 1.5 in each: F64 3ff8.., F32 3fc00000, F16 3e00, BF16 3fc0, E4M3 0x3c, E5M2 0x3e.
    struct Case {
        const char* dtype;
        Bytes bytes;
    };
    const Case cases[] = {{"F64", {0, 0, 0, 0, 0, 0, 0xf8, 0x3f}},
                          {"F32", {0, 0, 0xc0, 0x3f}},
                          {"F16", {0, 0x3e}},
                          {"BF16", {0xc0, 0x3f}},
                          {"F8_E4M3", {0x3c}},
                          {"F8_E5M2", {0x3e}}};
    for (const auto& c : cases) {
        const std::string header = std::string{R"({"x":{"dtype":")"} + c.dtype + R"(","shape":[],"data_offsets":[0,)" +
                                   std::to_string(c.bytes.size()) + "]}}";
        auto file = safetensors_file(header, 0);
        file.insert(file.end(), c.bytes.begin(), c.bytes.end());
        const auto values = values_of(file, "x");
        ASSERT_TRUE(values.has_value()) << c.dtype << ": " << values.error().message;
        EXPECT_EQ(*values, std::vector<float>{1.5f}) << c.dtype;
    }
}

TEST(Safetensors, ListsTypesThatItCannotDecode) {
    const auto file = safetensors_file(R"({"x":{"dtype":"F4","shape":[2,4],"data_offsets":[0,4]}})", 4);
    const auto directory = parse_whole(file);
    ASSERT_TRUE(directory.has_value()) << directory.error().message;
    EXPECT_EQ(directory->tensors[0].type->bits_per_weight(), 4.0);
    const auto values = values_of(file, "x");
    ASSERT_FALSE(values.has_value());
    EXPECT_EQ(values.error().code, ErrorCode::kUnsupported);
}

TEST(Safetensors, ReadsBackWhatItWrites) {
    const std::vector<float> values{1, 2, 3, 4, 5, 6};
    Bytes bytes(24);
    std::memcpy(bytes.data(), values.data(), 24);
    const TensorToWrite tensors[] = {{"w\"quoted", find_by_id("f32"), {2, 3}, bytes},
                                     {"empty", find_by_id("f16"), {0, 3}, {}}};
    const std::pair<std::string, std::string> metadata[] = {{"format", "pt"}};
    const auto file = build_safetensors(tensors, metadata);
    ASSERT_TRUE(file.has_value()) << file.error().message;
    const auto directory = parse_whole(*file);
    ASSERT_TRUE(directory.has_value()) << directory.error().message;
    EXPECT_EQ(directory->data_start % 8, 0u);
    EXPECT_EQ(*values_of(*file, "w\"quoted"), values);
    EXPECT_TRUE(values_of(*file, "empty")->empty());
    expect_survives_every_cut(*file);
}

TEST(Safetensors, RefusesToWriteWhatCannotBeRead) {
    const Bytes bytes(16);
    const auto* f32 = find_by_id("f32");
    const TensorToWrite twice[] = {{"a", f32, {4}, bytes}, {"a", f32, {4}, bytes}};
    EXPECT_FALSE(build_safetensors(twice, {}).has_value());
    const TensorToWrite short_one[] = {{"a", f32, {5}, bytes}};
    EXPECT_FALSE(build_safetensors(short_one, {}).has_value());
    const TensorToWrite block[] = {{"a", find_by_id("q4_0"), {32}, Bytes(18)}};
    EXPECT_FALSE(build_safetensors(block, {}).has_value());
    const TensorToWrite reserved[] = {{"__metadata__", f32, {4}, bytes}};
    EXPECT_FALSE(build_safetensors(reserved, {}).has_value());
}

TEST(Safetensors, EveryCutIsAnErrorAndNoChangeCrashes) {
    expect_survives_every_cut(example());
    expect_survives_every_change(example(), 1000);
}

TEST(Safetensors, NamesATensorThatIsNotThere) {
    const auto missing = values_of(example(), "c");
    ASSERT_FALSE(missing.has_value());
    EXPECT_TRUE(contains(missing.error().message, "'c'"));
    EXPECT_TRUE(contains(missing.error().message, "a, b"));
}

TEST(Safetensors, ReadsARowRangeWithoutTheRest) {
    const auto file = example();
    const auto directory = parse_whole(file);
    const auto row = slice_rows(directory->tensors[0], 1, 1);
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->bytes, 8u);
    const auto values = decode_tensor(*row, std::span(file).subspan(std::size_t(row->offset), 8));
    EXPECT_EQ(*values, (std::vector<float>{0.87f, -1.23f}));
    EXPECT_FALSE(slice_rows(directory->tensors[0], 1, 2).has_value());
    EXPECT_FALSE(slice_rows(directory->tensors[0], 2, ~std::uint64_t{0}).has_value());
}

TEST(Safetensors, ListsATensorBeyondFourGigabytes) {
    // Only the header is in memory; the file is said to be 6 GiB long.
    const std::string header =
        R"({"a":{"dtype":"I8","shape":[6442450944],"data_offsets":[0,6442450944]},"b":{"dtype":"F32","shape":[2],"data_offsets":[6442450944,6442450952]}})";
    const auto first = safetensors_file(header, 0);
    const auto parsed = parse(first, first.size() + 6442450952u);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    const auto& directory = std::get<Directory>(*parsed);
    EXPECT_EQ(directory.tensors[1].offset, first.size() + 6442450944u);
    EXPECT_EQ(directory.tensors[1].bytes, 8u);
}

struct Hostile {
    const char* header;
    std::size_t data_bytes;
    const char* says;
};

TEST(Safetensors, HostileHeadersAreRefusedWithTheReason) {
    const Hostile cases[] = {
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})",
         16, "'a' is there twice"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
         12, "inside tensor 'a'"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}})",
         20, "bytes before it end"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 12, "4 bytes that belong to no tensor"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4, "file ends"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "data_offsets 8 to 0"},
        {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "takes 12 bytes"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,0]}})", 8, "data_offsets"},
        {R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]}})", 8,
         "bytes into the data"},
        {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", 8, "more than 2^64 elements"},
        {R"({"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,8]}})", 8, "more than 2^64 bytes"},
        {R"({"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}})", 8, "99999999999999999999"},
        {R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8, "has -2"},
        {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8, "has 2.0"},
        {R"({"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", 8, "'F33'"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8, "two data_offsets"},
        {R"({"a":{"dtype":"F32","shape":[2]}})", 8, "lacks"},
        {R"({"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}})", 8, "a text at 'a.dtype'"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", 8, "'more'"},
        {R"({"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})", 8, "an array"},
        {R"({"a":[1]})", 8, "an array"},
        {R"({"a":1})", 8, "a number"},
        {R"({"a":null})", 8, "null"},
        {R"({"__metadata__":{"a":1}})", 0, "a number"},
        {R"({"__metadata__":{"a":{"b":"c"}}})", 0, "an object"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 8, "not valid JSON"},
        {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x)", 8, "not valid JSON"},
        {"{\"\xff\xfe\":1}", 8, "not valid JSON"},
    };
    for (const auto& c : cases) {
        const auto message = refusal(safetensors_file(c.header, c.data_bytes));
        EXPECT_TRUE(contains(message, c.says)) << c.header << " said: " << message;
        EXPECT_TRUE(contains(message, "at byte ")) << message;
    }
    std::string deep = R"({"a":)";
    for (int i = 0; i < 100'000; ++i) deep += R"({"a":)";
    EXPECT_TRUE(contains(refusal(safetensors_file(deep, 0)), "has a key 'a'"));
    EXPECT_TRUE(contains(refusal(safetensors_file("{\"a\":" + std::string(100'000, '['), 0)), "an array"));
    auto long_header = safetensors_file("{}", 0);
    long_header[7] = 0x7f;
    EXPECT_TRUE(contains(refusal(long_header), "at most 100000000"));
}

TEST(Safetensors, SaysWhereTheHeaderGoesWrong) {
    const auto file = safetensors_file(R"({"a":{"dtype":"F33"}})", 0);
    // Byte 8 is the brace; the offending text ends at byte 8 + 19.
    EXPECT_TRUE(contains(refusal(file), "at byte 27")) << refusal(file);
}

}  // namespace
}  // namespace quantlens::files
