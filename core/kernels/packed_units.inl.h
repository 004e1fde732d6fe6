// How a unit of each packed layout adds to the sums of a tile, block by block (packed_blocks.inl.h). Layouts:
// packed_layout.h.

namespace quantlens::kernels {
namespace {

// One struct a layout. A unit has `bytes` bytes and `parts` parts, which are walked through in order: begin, part 0, 1,
// ..., finish. `block` is the unit's first block of 32 inputs, `state` what the parts of a unit leave for its end.
// kStart times the sum of the activations of a block (or of what kStartOf says) is what its sums start from.
// kTiles is how many tiles of sums live in registers through a part. `round` writes a block of the unit as bfloat16,
// for the processor's tiles (packed_tiles.inl.h).

struct NoState {};

template <class Tile>
[[gnu::always_inline]] inline void clear(typename Tile::Floats& tile) {
    for_tile<Tile>([&](auto t, auto r)
                       __attribute__((always_inline)) { tile[t][r] = Floats<typename Tile::Target>(0.0f); });
}

template <class Tile>
[[gnu::always_inline]] inline void clear(typename Tile::Ints& totals) {
    for_tile<Tile>([&](auto t, auto r)
                       __attribute__((always_inline)) { totals[t][r] = Ints<typename Tile::Target>(0); });
}

/// products += totals * the activations' scale, where a block's codes have none of their own.
template <class Tile>
[[gnu::always_inline]] inline void add_products(const typename Tile::Ints& totals, const TileInput<Tile::kTokens>& x,
                                                size_t block, typename Tile::Floats& products) {
    using Target = typename Tile::Target;
    for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
        products[t][r] =
            multiply_add<Target>(xsimd::to_float(totals[t][r]), Floats<Target>(x.scale(t, block)), products[t][r]);
    });
}

/// A value for each row of a tile, the same for all tokens.
template <class Tile>
struct Row {
    Floats<typename Tile::Target> of[Tile::kVectors];

    template <class Load>
    [[gnu::always_inline]] explicit Row(Load&& load) {
        unroll<Tile::kVectors>([&](auto r) __attribute__((always_inline)) { of[r] = load(r); });
    }
};

/// A unit of one block with an FP16 scale a row, which goes straight to the sums.
template <class Target>
struct OneBlock {
    static size_t parts(size_t) { return 1; }
    template <class Tile>
    using State = NoState;
    template <class Tile>
    [[gnu::always_inline]] static void begin(NoState&) {}
    template <class Tile>
    [[gnu::always_inline]] static void finish(Place, size_t, const TileInput<Tile::kTokens>&, size_t, NoState&,
                                              typename Tile::Floats&) {}
    /// `add_codes` adds the products of the unit's codes to the block's totals.
    template <class Tile, class AddCodes>
    [[gnu::always_inline]] static void add_block(Place unit, const TileInput<Tile::kTokens>& x, size_t block,
                                                 typename Tile::Floats& sums, AddCodes&& add_codes) {
        typename Tile::Ints totals;
        start<Tile>(totals, x, block);
        add_codes(unit + 2 * kPackedRows, totals);
        const Row<Tile> scales([&](auto r) __attribute__((always_inline)) { return load_halves<Target>(unit, r); });
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            const Floats<Target> scale = scales.of[r] * Floats<Target>(x.scale(t, block));
            sums[t][r] = multiply_add<Target>(xsimd::to_float(totals[t][r]), scale, sums[t][r]);
        });
    }
};

/// A unit whose parts add to `products`, which an FP16 scale a row at its start multiplies in the end.
template <class Target>
struct ScaledProducts {
    template <class Tile>
    struct State {
        typename Tile::Floats products;
    };
    template <class Tile>
    [[gnu::always_inline]] static void begin(State<Tile>& state) {
        clear<Tile>(state.products);
    }
    template <class Tile>
    [[gnu::always_inline]] static void finish(Place unit, size_t, const TileInput<Tile::kTokens>&, size_t,
                                              State<Tile>& state, typename Tile::Floats& sums) {
        const Row<Tile> scales([&](auto r) __attribute__((always_inline)) { return load_halves<Target>(unit, r); });
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            sums[t][r] = multiply_add<Target>(state.products[t][r], scales.of[r], sums[t][r]);
        });
    }
};

template <class Target>
struct Q4_0 : OneBlock<Target> {
    using Dot = UnsignedDot<Target, 15>;
    static constexpr std::int32_t kStart = -8;
    static constexpr StartOf kStartOf = StartOf::kBlock;
    static constexpr size_t kTiles = 2;
    static size_t bytes(size_t) { return 288; }
    [[gnu::always_inline]] static void round(Place unit, size_t, Bfloat16* to) {
        const auto scale = load_halves<Target>(unit, 0);
        round_nibbles<Target>(unit + 32, counting<Target>(), {scale, scale * kStart}, to);
    }
    template <class Tile>
    [[gnu::always_inline]] static void part(Place unit, size_t, const TileInput<Tile::kTokens>& x, size_t block,
                                            NoState&, typename Tile::Floats& sums) {
        OneBlock<Target>::template add_block<Tile>(
            unit, x, block, sums, [&](Place codes, typename Tile::Ints & totals) __attribute__((always_inline)) {
                add_nibbles<Tile>(codes, x, block, totals);
            });
    }
};

template <class Target>
struct Q8_0 : OneBlock<Target> {
    using Dot = SignedDot<Target>;
    static constexpr std::int32_t kStart = Dot::kStart;
    static constexpr StartOf kStartOf = StartOf::kBlock;
    static constexpr size_t kTiles = 2;
    static size_t bytes(size_t) { return 544; }
    [[gnu::always_inline]] static void round(Place unit, size_t, Bfloat16* to) {
        round_bytes<Target>(unit + 32, {load_halves<Target>(unit, 0), 0.0f}, to);
    }
    template <class Tile>
    [[gnu::always_inline]] static void part(Place unit, size_t, const TileInput<Tile::kTokens>& x, size_t block,
                                            NoState&, typename Tile::Floats& sums) {
        OneBlock<Target>::template add_block<Tile>(
            unit, x, block, sums, [&](Place codes, typename Tile::Ints & totals) __attribute__((always_inline)) {
                add_bytes<Tile>(codes, x, block, totals);
            });
    }
};

/// Minimums wait for a unit's end, when its products have left their registers.
template <class Target>
struct Q4_K {
    using Dot = UnsignedDot<Target, 15>;
    static constexpr std::int32_t kStart = 0;
    static constexpr StartOf kStartOf = StartOf::kBlock;
    static constexpr size_t kTiles = 2;
    static constexpr size_t kParts = 8, kPartBytes = 288;
    static size_t bytes(size_t) { return 64 + kParts * kPartBytes; }
    static size_t parts(size_t) { return kParts; }
    [[gnu::always_inline]] static void round(Place unit, size_t block, Bfloat16* to) {
        const Place at = unit + 64 + block * kPartBytes;
        const auto scale = load_halves<Target>(unit, 0) * load_small<Target, std::uint8_t>(at, 0);
        const auto minimum = load_halves<Target>(unit + 32, 0) * load_small<Target, std::uint8_t>(at + 16, 0);
        round_nibbles<Target>(at + 32, counting<Target>(), {scale, -minimum}, to);
    }
    template <class Tile>
    using State = typename ScaledProducts<Target>::template State<Tile>;
    template <class Tile>
    [[gnu::always_inline]] static void begin(State<Tile>& state) {
        clear<Tile>(state.products);
    }
    template <class Tile>
    [[gnu::always_inline]] static void part(Place unit, size_t part, const TileInput<Tile::kTokens>& x, size_t block,
                                            State<Tile>& state, typename Tile::Floats&) {
        const Place at = unit + 64 + part * kPartBytes;
        block += part;
        typename Tile::Ints totals;
        start<Tile, true>(totals, x, block);
        add_nibbles<Tile>(at + 32, x, block, totals);
        const Row<Tile> scales([&](auto r)
                                   __attribute__((always_inline)) { return load_small<Target, std::uint8_t>(at, r); });
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            const auto scale = scales.of[r] * Floats<Target>(x.scale(t, block));
            state.products[t][r] = multiply_add<Target>(xsimd::to_float(totals[t][r]), scale, state.products[t][r]);
        });
    }
    template <class Tile>
    [[gnu::always_inline]] static void finish(Place unit, size_t blocks, const TileInput<Tile::kTokens>& x,
                                              size_t block, State<Tile>& state, typename Tile::Floats& sums) {
        ScaledProducts<Target>::template finish<Tile>(unit, blocks, x, block, state, sums);
        typename Tile::Floats minimums;
        clear<Tile>(minimums);
        for (size_t part = 0; part < kParts; ++part) {
            const Place at = unit + 64 + part * kPartBytes + 16;
            const Row<Tile> codes([&](auto r) __attribute__((always_inline)) {
                return load_small<Target, std::uint8_t>(at, r);
            });
            for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
                const Floats<Target> sum(x.scaled_sum(t, block + part));
                minimums[t][r] = multiply_add<Target>(codes.of[r], sum, minimums[t][r]);
            });
        }
        const Row<Tile> units([&](auto r) __attribute__((always_inline)) { return load_halves<Target>(unit + 32, r); });
        for_tile<Tile>([&](auto t, auto r)
                           __attribute__((always_inline)) { sums[t][r] = sums[t][r] - minimums[t][r] * units.of[r]; });
    }
};

template <class Target>
struct Q6_K : ScaledProducts<Target> {
    using Dot = UnsignedDot<Target, 63>;
    static constexpr std::int32_t kStart = -32;
    static constexpr StartOf kStartOf = StartOf::kHalfBlock;
    static constexpr size_t kTiles = 3;  // sums, products, and a part's codes unpacked
    static size_t bytes(size_t) { return 32 + 16 * 208; }
    static size_t parts(size_t) { return 16; }
    [[gnu::always_inline]] static void round(Place unit, size_t block, Bfloat16* to) {
        unroll<2>([&](auto half) __attribute__((always_inline)) {
            const Place at = unit + 32 + (2 * block + half) * 208;
            const auto scale = load_halves<Target>(unit, 0) * load_small<Target, std::int8_t>(at, 0);
            const SixBits<Target> codes(at + 16, 0);
            unroll<4>([&](auto step) __attribute__((always_inline)) {
                round_step<Target>(codes.of[step], {scale, scale * kStart}, to + (half * 4 + step) * kStepPairs);
            });
        });
    }
    template <class Tile>
    using State = typename ScaledProducts<Target>::template State<Tile>;
    template <class Tile>
    [[gnu::always_inline]] static void part(Place unit, size_t part, const TileInput<Tile::kTokens>& x, size_t block,
                                            State<Tile>& state, typename Tile::Floats&) {
        const Place at = unit + 32 + part * 208;
        const size_t half = part % 2;
        block += part / 2;
        typename Tile::Ints totals;
        start<Tile>(totals, x, block, half);
        add_six_bits<Tile>(at + 16, x, block, half, totals);
        const Row<Tile> scales([&](auto r)
                                   __attribute__((always_inline)) { return load_small<Target, std::int8_t>(at, r); });
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            const auto scale = scales.of[r] * Floats<Target>(x.scale(t, block));
            state.products[t][r] = multiply_add<Target>(xsimd::to_float(totals[t][r]), scale, state.products[t][r]);
        });
    }
};

/// Groups of 4- or 8-bit codes with a scale and a zero point; `blocks` of 32 inputs a group.
template <class Target, bool FourBits>
struct Grouped {
    using Dot = std::conditional_t<FourBits, UnsignedDot<Target, 15>, SignedDot<Target>>;
    using Zero = std::conditional_t<FourBits, std::uint8_t, std::int8_t>;
    static constexpr std::int32_t kStart = FourBits ? 0 : SignedDot<Target>::kStart;
    static constexpr StartOf kStartOf = StartOf::kBlock;
    static constexpr size_t kTiles = 2;
    static constexpr size_t kBlockBytes = FourBits ? 256 : 512;
    static size_t bytes(size_t blocks) { return 48 + blocks * kBlockBytes; }
    static size_t parts(size_t blocks) { return blocks; }
    [[gnu::always_inline]] static void round(Place unit, size_t block, Bfloat16* to) {
        const Place codes = unit + 48 + block * kBlockBytes;
        const auto scale = load_halves<Target>(unit, 0), offset = -scale * load_small<Target, Zero>(unit + 32, 0);
        if constexpr (FourBits) {
            round_nibbles<Target>(codes, counting<Target>(), {scale, offset}, to);
        } else {
            round_bytes<Target>(codes, {scale, offset}, to);
        }
    }
    template <class Tile>
    struct State {
        typename Tile::Floats products;
        float activation_sums[Tile::kTokens];
    };
    template <class Tile>
    [[gnu::always_inline]] static void begin(State<Tile>& state) {
        clear<Tile>(state.products);
        unroll<Tile::kTokens>([&](auto t) __attribute__((always_inline)) { state.activation_sums[t] = 0; });
    }
    template <class Tile>
    [[gnu::always_inline]] static void part(Place unit, size_t part, const TileInput<Tile::kTokens>& x, size_t block,
                                            State<Tile>& state, typename Tile::Floats&) {
        const Place codes = unit + 48 + part * kBlockBytes;
        block += part;
        typename Tile::Ints totals;
        start<Tile, FourBits>(totals, x, block);
        if constexpr (FourBits) {
            add_nibbles<Tile>(codes, x, block, totals);
        } else {
            add_bytes<Tile>(codes, x, block, totals);
        }
        add_products<Tile>(totals, x, block, state.products);
        unroll<Tile::kTokens>([&](auto t) __attribute__((always_inline)) {
            state.activation_sums[t] += x.scaled_sum(t, block);
        });
    }
    template <class Tile>
    [[gnu::always_inline]] static void finish(Place unit, size_t, const TileInput<Tile::kTokens>&, size_t,
                                              State<Tile>& state, typename Tile::Floats& sums) {
        const Row<Tile> scales([&](auto r) __attribute__((always_inline)) { return load_halves<Target>(unit, r); });
        const Row<Tile> zeros([&](auto r)
                                  __attribute__((always_inline)) { return load_small<Target, Zero>(unit + 32, r); });
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            const auto offset = zeros.of[r] * Floats<Target>(state.activation_sums[t]);
            sums[t][r] = multiply_add<Target>(state.products[t][r] - offset, scales.of[r], sums[t][r]);
        });
    }
};

/// Groups of NF4 codes with a scale; `blocks` of 32 inputs a group.
template <class Target>
struct Nf4 : ScaledProducts<Target> {
    using Dot = SignedDot<Target>;
    static constexpr std::int32_t kStart = Dot::kStart;
    static constexpr StartOf kStartOf = StartOf::kBlock;
    static constexpr size_t kTiles = 2;
    static size_t bytes(size_t blocks) { return 32 + blocks * 256; }
    static size_t parts(size_t blocks) { return blocks; }
    [[gnu::always_inline]] static void round(Place unit, size_t block, Bfloat16* to) {
        const auto levels = load_small<Target, std::int8_t>({reinterpret_cast<const std::uint8_t*>(kNf4Levels), 0}, 0);
        round_nibbles<Target>(unit + 32 + block * 256, levels, {load_halves<Target>(unit, 0), 0.0f}, to);
    }
    template <class Tile>
    using State = typename ScaledProducts<Target>::template State<Tile>;
    template <class Tile>
    [[gnu::always_inline]] static void part(Place unit, size_t part, const TileInput<Tile::kTokens>& x, size_t block,
                                            State<Tile>& state, typename Tile::Floats&) {
        block += part;
        typename Tile::Ints totals;
        start<Tile>(totals, x, block);
        add_levels<Tile>(unit + 32 + part * 256, x, block, totals);
        add_products<Tile>(totals, x, block, state.products);
    }
};

/// One scale a row: the sums stay integers to its end. The activations of a token share one scale.
template <class Target>
struct Int8Channel {
    using Dot = SignedDot<Target>;
    static constexpr std::int32_t kStart = Dot::kStart;
    static constexpr StartOf kStartOf = StartOf::kToken;
    static constexpr size_t kTiles = 1;
    static size_t bytes(size_t blocks) { return blocks * 512 + 64; }
    static size_t parts(size_t blocks) { return blocks; }
    template <class Tile>
    struct State {
        typename Tile::Ints totals;
    };
    template <class Tile>
    [[gnu::always_inline]] static void begin(State<Tile>& state) {
        clear<Tile>(state.totals);
    }
    template <class Tile>
    [[gnu::always_inline]] static void part(Place unit, size_t part, const TileInput<Tile::kTokens>& x, size_t block,
                                            State<Tile>& state, typename Tile::Floats&) {
        add_bytes<Tile>(unit + part * 512, x, block + part, state.totals);
    }
    template <class Tile>
    [[gnu::always_inline]] static void finish(Place unit, size_t blocks, const TileInput<Tile::kTokens>& x, size_t,
                                              State<Tile>& state, typename Tile::Floats& sums) {
        for_tile<Tile>([&](auto t, auto r) __attribute__((always_inline)) {
            const auto scale =
                xsimd::bitwise_cast<float>(load_bytes<Target>(unit + blocks * 512, r)) * Floats<Target>(x.scale(t, 0));
            sums[t][r] = xsimd::to_float(state.totals[t][r] + Ints<Target>(x.start(t, 0))) * scale;
        });
    }
};

}  // namespace
}  // namespace quantlens::kernels
