#include "files/gguf.h"

#include <cstring>
#include <limits>

#include "formats/format.h"
#include "support.h"

namespace quantlens::files {
namespace {

/// A file written down from the specification: every scalar value type, arrays, and two tensors with 32-byte alignment.
Bytes example(std::uint32_t version) {
    FileMaker m;
    m.text("GGUF").u32(version).u64(2).u64(16);
    m.string("v.u8").u32(0).u8(200);
    m.string("v.i8").u32(1).u8(0x80);
    m.string("v.u16").u32(2).number(std::uint16_t{65535});
    m.string("v.i16").u32(3).number(std::int16_t{-32768});
    m.string("v.u32").u32(4).u32(4294967295u);
    m.string("v.i32").u32(5).number(std::int32_t{-5});
    m.string("v.f32").u32(6).number(1.5f);
    m.string("v.bool").u32(7).u8(1);
    m.string("general.architecture").u32(8).string("llama");
    m.string("v.u64").u32(10).u64(std::numeric_limits<std::uint64_t>::max());
    m.string("v.i64").u32(11).number(std::numeric_limits<std::int64_t>::min());
    m.string("v.f64").u32(12).number(0.1);
    m.string("a.f32").u32(9).u32(6).u64(2).number(0.5f).number(-0.5f);
    m.string("a.text").u32(9).u32(8).u64(2).string("").string("ab");
    m.string("a.bool").u32(9).u32(7).u64(3).u8(1).u8(0).u8(1);
    m.string("a.nested").u32(9).u32(9).u64(2).u32(5).u64(1).number(std::int32_t{7}).u32(8).u64(1).string("x");
    m.string("w").u32(2).u64(3).u64(2).u32(0).u64(0);  // 2 rows of 3
    m.string("n").u32(1).u64(4).u32(24).u64(32);       // 4 int8
    m.pad_to(32);
    for (int i = 0; i < 6; ++i) m.number(float(i) + 0.25f);
    m.pad_to(32).u8(1).u8(2).u8(0xff).u8(4);
    return m.bytes;
}

TEST(Gguf, ReadsEveryMetadataType) {
    for (const std::uint32_t version : {2u, 3u}) {
        const auto directory = parse_whole(example(version));
        ASSERT_TRUE(directory.has_value()) << directory.error().message;
        const auto get = [&]<class T>(const char* key) { return std::get<T>(*directory->find(key)); };
        EXPECT_EQ(get.operator()<std::uint8_t>("v.u8"), 200);
        EXPECT_EQ(get.operator()<std::int8_t>("v.i8"), -128);
        EXPECT_EQ(get.operator()<std::uint16_t>("v.u16"), 65535);
        EXPECT_EQ(get.operator()<std::int16_t>("v.i16"), -32768);
        EXPECT_EQ(get.operator()<std::uint32_t>("v.u32"), 4294967295u);
        EXPECT_EQ(get.operator()<std::int32_t>("v.i32"), -5);
        EXPECT_EQ(get.operator()<float>("v.f32"), 1.5f);
        EXPECT_EQ(get.operator()<bool>("v.bool"), true);
        EXPECT_EQ(get.operator()<std::string>("general.architecture"), "llama");
        EXPECT_EQ(get.operator()<std::uint64_t>("v.u64"), std::numeric_limits<std::uint64_t>::max());
        EXPECT_EQ(get.operator()<std::int64_t>("v.i64"), std::numeric_limits<std::int64_t>::min());
        EXPECT_EQ(get.operator()<double>("v.f64"), 0.1);
        const auto list = [&](const char* key) { return get.operator()<MetadataArray>(key).values; };
        EXPECT_EQ(std::get<6>(list("a.f32")), (std::vector<float>{0.5f, -0.5f}));
        EXPECT_EQ(std::get<8>(list("a.text")), (std::vector<std::string>{"", "ab"}));
        EXPECT_EQ(std::get<7>(list("a.bool")), (std::vector<bool>{true, false, true}));
        const auto nested = std::get<9>(list("a.nested"));
        ASSERT_EQ(nested.size(), 2u);
        EXPECT_EQ(std::get<5>(nested[0].values), std::vector<std::int32_t>{7});
        EXPECT_EQ(std::get<8>(nested[1].values), std::vector<std::string>{"x"});
    }
}

TEST(Gguf, ReadsTensorsWithTheOutermostAxisFirst) {
    const auto file = example(3);
    const auto directory = parse_whole(file);
    ASSERT_TRUE(directory.has_value());
    EXPECT_EQ(directory->tensors[0].shape, (std::vector<std::uint64_t>{2, 3}));
    EXPECT_EQ(directory->tensors[0].offset % 32, 0u);
    EXPECT_EQ(*values_of(file, "w"), (std::vector<float>{0.25f, 1.25f, 2.25f, 3.25f, 4.25f, 5.25f}));
    EXPECT_EQ(*values_of(file, "n"), (std::vector<float>{1, 2, -1, 4}));
}

TEST(Gguf, EveryCutIsAnErrorAndNoChangeCrashes) {
    const auto file = example(3);
    expect_survives_every_cut(file);
    expect_survives_every_change(file, file.size());
}

TEST(Gguf, WritesTheBytesOfTheSpecification) {
    const auto file = example(3);
    const auto directory = parse_whole(file);
    std::vector<TensorToWrite> tensors;
    for (const auto& info : directory->tensors)
        tensors.push_back({info.name, info.type, info.shape,
                           std::span(file).subspan(std::size_t(info.offset), std::size_t(info.bytes))});
    auto built = build_gguf(directory->metadata, tensors);
    ASSERT_TRUE(built.has_value()) << built.error().message;
    auto padded = file;
    padded.resize((file.size() + 31) / 32 * 32);  // the writer pads the last tensor too, as ggml's does
    EXPECT_EQ(*built, padded);
}

TEST(Gguf, KeepsEveryBlockTypeThatTheFormatsKnow) {
    std::size_t seen = 0;
    for (const auto& type : element_types()) {
        if (type.ggml < 0) continue;
        for (const auto& format : formats::all()) {
            if (format.id != type.id) continue;
            ++seen;
            EXPECT_EQ(format.block_size, type.block_size) << type.id;
            EXPECT_EQ(format.block_bytes, type.block_bytes) << type.id;
            std::vector<float> values(std::size_t{2} * 256);
            for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(int(i * 37 % 101) - 50) / 16.0f;
            const auto bytes = formats::encode(format, values);
            ASSERT_TRUE(bytes.has_value()) << type.id << bytes.error().message;
            const TensorToWrite tensors[] = {{"t", &type, {2, 256}, *bytes}};
            const auto file = build_gguf({}, tensors);
            ASSERT_TRUE(file.has_value()) << type.id;
            EXPECT_EQ(*values_of(*file, "t"), *formats::decode(format, *bytes)) << type.id;
        }
    }
    EXPECT_EQ(seen, 22u);  // f32, f16, bf16 and the 19 block types of the contract
}

TEST(Gguf, HonoursAnotherAlignment) {
    const Bytes bytes(8);
    const TensorToWrite tensors[] = {{"a", find_by_id("f32"), {2}, bytes}, {"b", find_by_id("f32"), {2}, bytes}};
    const Metadata metadata{{"general.alignment", std::uint32_t{8}}};
    const auto file = build_gguf(metadata, tensors);
    ASSERT_TRUE(file.has_value());
    const auto directory = parse_whole(*file);
    ASSERT_TRUE(directory.has_value()) << directory.error().message;
    EXPECT_EQ(directory->tensors[1].offset - directory->tensors[0].offset, 8u);
}

TEST(Gguf, FileOfNothingButAHeaderIsReadAndWritten) {
    const auto file = build_gguf({}, {});
    ASSERT_TRUE(file.has_value());
    EXPECT_TRUE(parse_whole(*file).has_value());
    EXPECT_TRUE(parse_whole(FileMaker{}.text("GGUF").u32(3).u64(0).u64(0).bytes).has_value());
}

TEST(Gguf, AsksForMoreUntilTheHeaderIsThere) {
    const auto file = example(3);
    std::uint64_t have = 1;
    int rounds = 0;
    while (true) {
        const auto parsed = parse(std::span(file).first(std::size_t(have)), file.size());
        ASSERT_TRUE(parsed.has_value());
        const auto* more = std::get_if<NeedsMore>(&*parsed);
        if (!more) break;
        have = more->bytes;
        ASSERT_LT(++rounds, 12);  // each round at least doubles the bytes
    }
}

/// One tensor "t" of the given axes, type and offset after no metadata.
Bytes one_tensor(std::vector<std::uint64_t> axes, std::uint32_t type, std::uint64_t offset, std::size_t data_bytes) {
    FileMaker m;
    m.text("GGUF").u32(3).u64(1).u64(0).string("t").u32(std::uint32_t(axes.size()));
    for (const auto axis : axes) m.u64(axis);
    return m.u32(type).u64(offset).pad_to(32).zeros(data_bytes).bytes;
}

FileMaker one_entry() { return FileMaker{}.text("GGUF").u32(3).u64(0).u64(1); }

TEST(Gguf, HostileTensorsAreRefusedWithTheReason) {
    EXPECT_TRUE(contains(refusal(one_tensor({8}, 0, 0, 31)), "file ends"));
    EXPECT_TRUE(contains(refusal(one_tensor({8}, 0, 0, 100)), "belong to no tensor"));
    EXPECT_TRUE(contains(refusal(one_tensor({8}, 0, 8, 64)), "no multiple of the alignment"));
    EXPECT_TRUE(contains(refusal(one_tensor({8}, 0, 64, 64)), "file ends"));
    EXPECT_TRUE(contains(refusal(one_tensor({8}, 0, ~std::uint64_t{31}, 64)), "bytes into the data"));
    EXPECT_TRUE(contains(refusal(one_tensor({33}, 2, 0, 64)), "block of 32"));
    EXPECT_TRUE(contains(refusal(one_tensor({8}, 4, 0, 64)), "type 4"));
    EXPECT_TRUE(contains(refusal(one_tensor({8}, 0xffffffff, 0, 64)), "type 4294967295"));
    EXPECT_TRUE(contains(refusal(one_tensor({1, 1, 1, 1, 1}, 0, 0, 64)), "5 axes"));
    EXPECT_TRUE(contains(refusal(one_tensor({1u << 31, 1u << 31, 1u << 31}, 0, 0, 64)), "more than 2^64 elements"));
    EXPECT_TRUE(contains(refusal(one_tensor({std::uint64_t{1} << 62}, 0, 0, 64)), "more than 2^64 bytes"));
    EXPECT_TRUE(contains(refusal(one_tensor({std::uint64_t{1} << 40}, 0, 0, 64)), "file ends"));
}

TEST(Gguf, HostileHeadersAreRefusedWithTheReason) {
    const std::pair<Bytes, const char*> cases[] = {
        {FileMaker{}.text("GGUF").u32(1).u64(0).u64(0).bytes, "version 1"},
        {FileMaker{}.text("GGUF").u32(0x03000000).u64(0).u64(0).bytes, "big-endian"},
        {FileMaker{}.text("GGUF").u32(3).u64(~std::uint64_t{0}).u64(0).zeros(64).bytes, "18446744073709551615 tensors"},
        {FileMaker{}.text("GGUF").u32(3).u64(0).u64(std::uint64_t{1} << 60).zeros(64).bytes, "metadata entries"},
        {one_entry().string("").u32(0).u8(1).zeros(8).bytes, "0 bytes long"},
        {one_entry().u64(~std::uint64_t{0}).zeros(64).bytes, "bytes long"},
        {one_entry().string("k").u32(13).zeros(64).bytes, "type 13"},
        {one_entry().string("k").u32(7).u8(2).bytes, "must be 0 or 1"},
        {one_entry().string("k").u32(8).u64(~std::uint64_t{0}).zeros(64).bytes, "the file ends"},
        {one_entry().string("k").u32(9).u32(0).u64(std::uint64_t{1} << 50).zeros(64).bytes,
         "1125899906842624 elements"},
        {one_entry().string("k").u32(9).u32(8).u64(9).zeros(64).bytes, "9 elements"},
        {one_entry().string("k").u32(9).u32(99).u64(1).zeros(64).bytes, "type 99"},
        {one_entry().string("general.alignment").u32(4).u32(0).bytes, "general.alignment is 0"},
        {one_entry().string("general.alignment").u32(4).u32(24).bytes, "power of two"},
        {one_entry().string("general.alignment").u32(8).string("32").bytes, "no uint32"},
        {FileMaker{}.text("GGUF").u32(3).u64(0).u64(2).string("k").u32(0).u8(1).string("k").u32(0).u8(1).zeros(9).bytes,
         "'k' is there twice"},
    };
    for (const auto& [file, says] : cases) {
        const auto message = refusal(file);
        EXPECT_TRUE(contains(message, says)) << says << " was not said: " << message;
        EXPECT_TRUE(contains(message, "at byte ")) << message;
    }
    auto nested = one_entry().string("k").u32(9);
    for (int i = 0; i < 100'000; ++i) nested.u32(9).u64(1);
    EXPECT_TRUE(contains(refusal(nested.zeros(64).bytes), "nested more than 4 deep"));
}

TEST(Gguf, OverlapsAndDuplicateNamesAreRefused) {
    const auto two = [](const char* second, std::uint64_t offset) {
        FileMaker m;
        m.text("GGUF").u32(3).u64(2).u64(0);
        m.string("t").u32(1).u64(16).u32(0).u64(0);
        m.string(second).u32(1).u64(16).u32(0).u64(offset);
        return m.pad_to(32).zeros(128).bytes;
    };
    EXPECT_TRUE(parse_whole(two("u", 64)).has_value());
    EXPECT_TRUE(contains(refusal(two("u", 32)), "inside tensor 't'"));
    EXPECT_TRUE(contains(refusal(two("t", 64)), "listed twice"));
}

TEST(Gguf, EndlessHeaderIsRefusedWithoutReadingIt) {
    // One key, then a text of 8 GB in a file that is long enough for it.
    const auto first = one_entry().string("k").u32(8).u64(std::uint64_t{8} << 30).bytes;
    const auto parsed = parse(first, std::uint64_t{16} << 30);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_TRUE(contains(parsed.error().message, "longer than"));
}

TEST(Inspect, JsonListsTensorsAndShortensLongArrays) {
    FileMaker m;
    m.text("GGUF").u32(3).u64(0).u64(1).string("tokens").u32(9).u32(5).u64(1000);
    for (std::int32_t i = 0; i < 1000; ++i) m.number(i);
    const auto directory = parse_whole(m.bytes);
    ASSERT_TRUE(directory.has_value()) << directory.error().message;
    EXPECT_EQ(
        directory_json(*directory, "x.gguf"),
        R"({"file":"x.gguf","kind":"gguf","version":"3","tensors":[],"metadata":{"tokens":{"type":"int32","length":1000,"first":[0,1,2,3,4,5,6,7]}}})");
    const auto named = directory_json(*parse_whole(example(3)), "y");
    EXPECT_TRUE(contains(named, R"({"name":"w","type":"f32","shape":[2,3],"bytes":24,"bits_per_weight":32.0,)"))
        << named;
}

}  // namespace
}  // namespace quantlens::files
