#include "files/npy.h"

#include <cmath>

#include "support.h"

namespace quantlens::files {
namespace {

std::vector<float> expected_values() {
    std::vector<float> values(24);
    for (std::size_t k = 0; k < 24; ++k) values[k] = float(k) * 0.25f - 1.0f;
    return values;
}

TEST(Npy, ReadsEveryVersionOrderAndFloatTypeThatNumpyWrites) {
    for (const auto* name :
         {"f32_v1", "f32_v2", "f32_v3", "f64", "f16", "f32_fortran", "f32_fortran_3d", "f64_big_endian", "f32_row"}) {
        const auto values = values_of(file_bytes(std::string{"files/npy/"} + name + ".npy"), "");
        ASSERT_TRUE(values.has_value()) << name << ": " << values.error().message;
        EXPECT_EQ(*values, expected_values()) << name;
    }
}

TEST(Npy, ReadsIntegers) {
    for (const auto* kind : {"i", "u"})
        for (const auto* size : {"1", "2", "4", "8"}) {
            const auto values = values_of(file_bytes(std::string{"files/npy/int_"} + kind + size + ".npy"), "");
            ASSERT_TRUE(values.has_value()) << values.error().message;
            for (std::size_t k = 0; k < 24; ++k) EXPECT_EQ((*values)[k], float(k) - (*kind == 'i' ? 12.0f : 0.0f));
        }
}

TEST(Npy, SaysShapeAndType) {
    const auto directory = parse_whole(file_bytes("files/npy/f32_fortran_3d.npy"));
    ASSERT_TRUE(directory.has_value());
    ASSERT_EQ(directory->tensors.size(), 1u);
    EXPECT_EQ(directory->kind, "npy");
    EXPECT_EQ(directory->tensors[0].shape, (std::vector<std::uint64_t>{2, 3, 4}));
    EXPECT_EQ(directory->tensors[0].type->id, "f32");
    EXPECT_TRUE(directory->tensors[0].fortran_order);
}

TEST(Npy, MatrixOfOneAxisIsOneRowAndOfNoAxisOneNumber) {
    const auto matrix_of = [](const std::string& name) {
        const auto file = file_bytes("files/npy/" + name + ".npy");
        const auto info = parse_whole(file)->tensors[0];
        return decode_matrix(info, std::span(file).subspan(std::size_t(info.offset)));
    };
    EXPECT_EQ(matrix_of("f32_row")->rows(), 1u);
    EXPECT_EQ(matrix_of("f32_row")->columns(), 24u);
    EXPECT_EQ(matrix_of("f32_scalar")->columns(), 1u);
    EXPECT_EQ((*matrix_of("f32_scalar"))(0, 0), 2.5f);
    EXPECT_TRUE(matrix_of("f32_empty")->empty());
    ASSERT_FALSE(matrix_of("f32_fortran_3d").has_value());
    EXPECT_TRUE(contains(matrix_of("f32_fortran_3d").error().message, "2 x 3 x 4"));
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
    const std::vector<std::uint64_t> shape{4, 6};
    EXPECT_EQ(*build_npy(std::span<const float>(expected_values()), shape), file_bytes("files/npy/f32_v1.npy"));
    std::vector<std::int8_t> small(24);
    std::vector<std::uint8_t> bytes(24);
    std::vector<std::int32_t> wide(24);
    for (int k = 0; k < 24; ++k) {
        small[std::size_t(k)] = std::int8_t(k - 12);
        bytes[std::size_t(k)] = std::uint8_t(k);
        wide[std::size_t(k)] = k - 12;
    }
    EXPECT_EQ(*build_npy(std::span<const std::int8_t>(small), shape), file_bytes("files/npy/int_i1.npy"));
    EXPECT_EQ(*build_npy(std::span<const std::uint8_t>(bytes), shape), file_bytes("files/npy/int_u1.npy"));
    EXPECT_EQ(*build_npy(std::span<const std::int32_t>(wide), shape), file_bytes("files/npy/int_i4.npy"));
    const std::vector<std::uint64_t> row{24};
    EXPECT_EQ(*build_npy(std::span<const float>(expected_values()), row), file_bytes("files/npy/f32_row.npy"));
    EXPECT_FALSE(build_npy(std::span<const float>(expected_values()), std::vector<std::uint64_t>{5, 5}).has_value());
}

TEST(Npy, EveryCutIsAnErrorAndNoChangeCrashes) {
    for (const auto* name : {"f32_v1", "f32_v2", "f16", "f32_scalar", "int_i8"}) {
        const auto file = file_bytes(std::string{"files/npy/"} + name + ".npy");
        expect_survives_every_cut(file);
        expect_survives_every_change(file, file.size());
    }
}

TEST(Npy, RefusesWhatIsNoPlainArrayOfNumbers) {
    EXPECT_TRUE(contains(refusal(file_bytes("files/npy/structured.npy")), "structures"));
    EXPECT_TRUE(contains(refusal(file_bytes("files/npy/complex.npy")), "'<c16'"));
    EXPECT_TRUE(contains(refusal(npy_file("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", 8)), "'|O'"));
}

TEST(Npy, NamesTheElementThatFloat32CannotHold) {
    const auto values = values_of(file_bytes("files/npy/f64_beyond_float32.npy"), "");
    ASSERT_FALSE(values.has_value());
    EXPECT_TRUE(contains(values.error().message, "element 1 is 1e+300"));
    const auto not_finite = values_of(file_bytes("files/npy/f32_not_finite.npy"), "");
    ASSERT_TRUE(not_finite.has_value());
    EXPECT_TRUE(std::isnan((*not_finite)[2]));
}

struct Hostile {
    const char* dictionary;
    std::size_t data_bytes;
    const char* says;
};

TEST(Npy, HostileHeadersAreRefusedWithTheReason) {
    const Hostile cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n", 47, "takes 48 bytes"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n", 49, "1 bytes that belong to no tensor"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n", 16,
         "more than 2^64 elements"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,), }\n", 16, "more than 2^64 bytes"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,), }\n", 16, "2^64 or longer"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296), }\n", 0,
         "more than 2^64 elements"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n", 16, "whole numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': 4, }\n", 16, "must have a ("},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (4,), }\n", 16, "True or False"},
        {"{'descr': '<f4', 'fortran_order': False}\n", 16, "lacks"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,)}\n", 16, "twice"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'evil': 1}\n", 16, "'evil'"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,)} + 1\n", 16, "follows the dictionary"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4", 16, "must have a )"},
        {"{'descr': '<f4\n", 16, "quoted string"},
        {"{'descr': '<f3', 'fortran_order': False, 'shape': (4,)}\n", 16, "'<f3'"},
        {"", 16, "must have a {"},
    };
    for (const auto& c : cases) {
        const auto message = refusal(npy_file(c.dictionary, c.data_bytes));
        EXPECT_TRUE(contains(message, c.says)) << c.dictionary << " said: " << message;
        EXPECT_TRUE(contains(message, "at byte ")) << message;
    }
    std::string endless = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    for (int i = 0; i < 5000; ++i) endless += "1,";
    EXPECT_TRUE(contains(refusal(npy_file(endless + "), }\n", 4)), "64 axes"));
    EXPECT_TRUE(contains(refusal(FileMaker{}.text("\x93NUMPY").u8(9).u8(0).zeros(64).bytes), "version 9.0"));
    EXPECT_TRUE(contains(refusal(FileMaker{}.text("\x93NUMPY").u8(2).u8(0).u32(0xffffffff).zeros(64).bytes),
                         "more than 1 MiB"));
    EXPECT_TRUE(contains(refusal({}), "empty"));
    EXPECT_TRUE(contains(refusal(Bytes(100, 'x')), "no npy, GGUF or safetensors"));
}

}  // namespace
}  // namespace quantlens::files
