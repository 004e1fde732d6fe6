#pragma once

#include <array>

#include "formats/block_codec.h"

/// The block formats of GGUF files, byte for byte as ggml's reference quantizers (quantize_row_*_ref, without an
/// importance matrix) write them.
///
/// They have no paper; the code that defines them is ggml's src/ggml-quants.c and src/ggml-common.h (ggml-org/ggml,
/// commit d99724f2b141fed9e1a9f402213506c081433465, MIT, by Georgi Gerganov, Iwan Kawrakow and others). This is a new
/// implementation of the same arithmetic, in the same order of float32 operations: a fused multiply-add or another
/// order of a sum gives other bytes. Where the reference converts an infinity or NaN to an integer (blocks of float32
/// denormals, whose inverse scale overflows), the result is what x86 gives.
namespace quantlens::formats::gguf {

// One scale (and a minimum) for 32 values. d and m are FP16; the low nibbles are the first half of the block.
struct Q4_0 : BlockCodec<32, 18> {  // d, nibbles; value = (code - 8) d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q4_1 : BlockCodec<32, 20> {  // d, m, nibbles; value = code d + m
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q5_0 : BlockCodec<32, 22> {  // d, 32 fifth bits, nibbles; value = (code - 16) d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q5_1 : BlockCodec<32, 24> {  // d, m, 32 fifth bits, nibbles; value = code d + m
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q8_0 : BlockCodec<32, 34> {  // d, 32 signed bytes; value = code d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};

// One and two bits with one scale.
struct Q1_0 : BlockCodec<128, 18> {  // d = mean magnitude, 128 signs; value = d or -d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q2_0 : BlockCodec<64, 18> {  // d = largest magnitude, 64 codes; value = (code - 1) d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};

// Ternary, for BitNet and TriLM: codes -1, 0, 1 times d = largest magnitude.
struct TQ1_0 : BlockCodec<256, 54> {  // 48 bytes of 5 base-3 digits, 4 bytes of 4, d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct TQ2_0 : BlockCodec<256, 66> {  // 64 bytes of 4 two-bit digits, d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};

// Four-bit floats (E2M1).
struct MXFP4 : BlockCodec<32, 17> {  // E8M0 exponent, nibbles
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct NVFP4 : BlockCodec<64, 36> {  // four unsigned E4M3 scales, one for 16 values, then nibbles; no tensor scale
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};

// Super-blocks of 256 ("k-quants"): sub-blocks of 16 or 32 whose scales are themselves quantized.
struct Q2_K : BlockCodec<256, 84> {  // 16 x (4-bit scale, 4-bit minimum), 2-bit codes, d, dmin
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q3_K : BlockCodec<256, 110> {  // third bits, 2-bit codes, 16 x 6-bit scale, d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q4_K : BlockCodec<256, 144> {  // d, dmin, 8 x (6-bit scale, 6-bit minimum), nibbles
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q5_K : BlockCodec<256, 176> {  // d, dmin, 8 x (6-bit scale, 6-bit minimum), fifth bits, nibbles
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q6_K : BlockCodec<256, 210> {  // low nibbles, upper 2 bits, 16 x 8-bit scale, d
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct Q8_K : BlockCodec<256, 292> {  // float32 d, 256 signed bytes, 16 sums of 16 codes each
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};

// Four-bit codes into a table of 16 integers that lie denser near zero.
struct IQ4_NL : BlockCodec<32, 18> {  // d, nibbles
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};
struct IQ4_XS : BlockCodec<256, 136> {  // d, upper 2 bits and low 4 bits of 8 scales, nibbles
    static void encode(Values values, Bytes bytes);
    static void decode(StoredBytes bytes, Restored values);
};

/// The table of IQ4_NL and IQ4_XS.
inline constexpr std::array<std::int8_t, 16> kIq4Values = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                           1,    13,   25,  38,  53,  69,  89,  113};

}  // namespace quantlens::formats::gguf
