// How a unit of each packed layout adds to the sums of a tile, block by block (packed_blocks.inl.h). Layouts:
// packed_layout.h.

namespace quantlens::kernels {
namespace {

// One struct a layout. A unit has `bytes` bytes and `parts` parts, which are walked through in order: begin, part 0, 1,
// ..., finish. `block` is the unit's first block of 32 inputs, `state` what the parts of a unit leave for its end.

struct NoState {};

template <class Target, size_t Tokens>
[[gnu::always_inline]] inline void clear(FloatTile<Target, Tokens>& tile) {
    for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) { tile[t][r] = Floats<Target>(0.0f); });
}

/// products += totals * the activations' scale, where a block's codes have none of their own.
template <class Target, size_t Tokens>
[[gnu::always_inline]] inline void add_products(const IntTile<Target, Tokens>& totals, const TileInput<Tokens>& x,
                                                size_t block, FloatTile<Target, Tokens>& products) {
    for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
        products[t][r] =
            multiply_add<Target>(xsimd::to_float(totals[t][r]), Floats<Target>(x.scale(t, block)), products[t][r]);
    });
}

/// A unit of one block with an FP16 scale a row, which goes straight to the sums.
template <class Target>
struct OneBlock {
    static size_t parts(size_t) { return 1; }
    template <size_t Tokens>
    using State = NoState;
    template <size_t Tokens>
    [[gnu::always_inline]] static void begin(NoState&) {}
    template <size_t Tokens>
    [[gnu::always_inline]] static void finish(const std::uint8_t*, size_t, const TileInput<Tokens>&, NoState&,
                                              FloatTile<Target, Tokens>&) {}
    template <size_t Tokens>
    [[gnu::always_inline]] static void add_scaled(const std::uint8_t* unit, const TileInput<Tokens>& x, size_t block,
                                                  const IntTile<Target, Tokens>& totals,
                                                  FloatTile<Target, Tokens>& sums) {
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            const Floats<Target> scale = load_halves<Target>(unit, r) * Floats<Target>(x.scale(t, block));
            sums[t][r] = multiply_add<Target>(xsimd::to_float(totals[t][r]), scale, sums[t][r]);
        });
    }
};

/// A unit whose parts add to `products`, which an FP16 scale a row at its start multiplies in the end.
template <class Target>
struct ScaledProducts {
    template <size_t Tokens>
    struct State {
        FloatTile<Target, Tokens> products;
    };
    template <size_t Tokens>
    [[gnu::always_inline]] static void begin(State<Tokens>& state) {
        clear<Target, Tokens>(state.products);
    }
    template <size_t Tokens>
    [[gnu::always_inline]] static void finish(const std::uint8_t* unit, size_t, const TileInput<Tokens>&,
                                              State<Tokens>& state, FloatTile<Target, Tokens>& sums) {
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            sums[t][r] = multiply_add<Target>(state.products[t][r], load_halves<Target>(unit, r), sums[t][r]);
        });
    }
};

template <class Target>
struct Q4_0 : OneBlock<Target> {
    using Dot = UnsignedDot<Target, 15>;
    static size_t bytes(size_t) { return 288; }
    template <size_t Tokens>
    [[gnu::always_inline]] static void part(const std::uint8_t* unit, size_t, const TileInput<Tokens>& x, size_t block,
                                            NoState&, FloatTile<Target, Tokens>& sums) {
        IntTile<Target, Tokens> totals;
        start<Target, Tokens>(
            totals, [&](auto t) __attribute__((always_inline)) { return -8 * x.sum(t, block); });
        add_nibbles<Target, Tokens>(unit + 32, x, block, totals);
        OneBlock<Target>::template add_scaled<Tokens>(unit, x, block, totals, sums);
    }
};

template <class Target>
struct Q8_0 : OneBlock<Target> {
    using Dot = SignedDot<Target>;
    static size_t bytes(size_t) { return 544; }
    template <size_t Tokens>
    [[gnu::always_inline]] static void part(const std::uint8_t* unit, size_t, const TileInput<Tokens>& x, size_t block,
                                            NoState&, FloatTile<Target, Tokens>& sums) {
        IntTile<Target, Tokens> totals;
        start<Target, Tokens>(
            totals, [&](auto t) __attribute__((always_inline)) { return Dot::start_of(x.sum(t, block)); });
        add_bytes<Target, Tokens>(unit + 32, x, block, totals);
        OneBlock<Target>::template add_scaled<Tokens>(unit, x, block, totals, sums);
    }
};

template <class Target>
struct Q4_K {
    using Dot = UnsignedDot<Target, 15>;
    static size_t bytes(size_t) { return 64 + 8 * 288; }
    static size_t parts(size_t) { return 8; }
    template <size_t Tokens>
    struct State {
        FloatTile<Target, Tokens> products, minimums;
    };
    template <size_t Tokens>
    [[gnu::always_inline]] static void begin(State<Tokens>& state) {
        clear<Target, Tokens>(state.products);
        clear<Target, Tokens>(state.minimums);
    }
    template <size_t Tokens>
    [[gnu::always_inline]] static void part(const std::uint8_t* unit, size_t part, const TileInput<Tokens>& x,
                                            size_t block, State<Tokens>& state, FloatTile<Target, Tokens>&) {
        using F = Floats<Target>;
        const std::uint8_t* at = unit + 64 + part * 288;
        block += part;
        IntTile<Target, Tokens> totals;
        start<Target, Tokens>(
            totals, [](auto) __attribute__((always_inline)) { return 0; });
        add_nibbles<Target, Tokens>(at + 32, x, block, totals);
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            const F scale = load_small<Target, std::uint8_t>(at, r) * F(x.scale(t, block));
            const F minimum = load_small<Target, std::uint8_t>(at + 16, r);
            state.products[t][r] = multiply_add<Target>(xsimd::to_float(totals[t][r]), scale, state.products[t][r]);
            state.minimums[t][r] = multiply_add<Target>(minimum, F(x.scaled_sum(t, block)), state.minimums[t][r]);
        });
    }
    template <size_t Tokens>
    [[gnu::always_inline]] static void finish(const std::uint8_t* unit, size_t, const TileInput<Tokens>&,
                                              State<Tokens>& state, FloatTile<Target, Tokens>& sums) {
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            sums[t][r] = multiply_add<Target>(state.products[t][r], load_halves<Target>(unit, r), sums[t][r]);
            sums[t][r] = sums[t][r] - state.minimums[t][r] * load_halves<Target>(unit + 32, r);
        });
    }
};

template <class Target>
struct Q6_K : ScaledProducts<Target> {
    using Dot = UnsignedDot<Target, 63>;
    static size_t bytes(size_t) { return 32 + 16 * 208; }
    static size_t parts(size_t) { return 16; }
    template <size_t Tokens>
    using State = typename ScaledProducts<Target>::template State<Tokens>;
    template <size_t Tokens>
    [[gnu::always_inline]] static void part(const std::uint8_t* unit, size_t part, const TileInput<Tokens>& x,
                                            size_t block, State<Tokens>& state, FloatTile<Target, Tokens>&) {
        const std::uint8_t* at = unit + 32 + part * 208;
        const size_t half = part % 2;
        block += part / 2;
        IntTile<Target, Tokens> totals;
        start<Target, Tokens>(
            totals, [&](auto t) __attribute__((always_inline)) { return -32 * x.half_sum(t, block, half); });
        add_six_bits<Target, Tokens>(at + 16, x, block, half, totals);
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            const auto scale = load_small<Target, std::int8_t>(at, r) * Floats<Target>(x.scale(t, block));
            state.products[t][r] = multiply_add<Target>(xsimd::to_float(totals[t][r]), scale, state.products[t][r]);
        });
    }
};

/// Groups of 4- or 8-bit codes with a scale and a zero point; `blocks` of 32 inputs a group.
template <class Target, bool FourBits>
struct Grouped {
    using Dot = std::conditional_t<FourBits, UnsignedDot<Target, 15>, SignedDot<Target>>;
    static constexpr size_t kBlockBytes = FourBits ? 256 : 512;
    static size_t bytes(size_t blocks) { return 48 + blocks * kBlockBytes; }
    static size_t parts(size_t blocks) { return blocks; }
    template <size_t Tokens>
    struct State {
        FloatTile<Target, Tokens> products;
        float activation_sums[Tokens];
    };
    template <size_t Tokens>
    [[gnu::always_inline]] static void begin(State<Tokens>& state) {
        clear<Target, Tokens>(state.products);
        unroll<Tokens>([&](auto t) __attribute__((always_inline)) { state.activation_sums[t] = 0; });
    }
    template <size_t Tokens>
    [[gnu::always_inline]] static void part(const std::uint8_t* unit, size_t part, const TileInput<Tokens>& x,
                                            size_t block, State<Tokens>& state, FloatTile<Target, Tokens>&) {
        const std::uint8_t* codes = unit + 48 + part * kBlockBytes;
        block += part;
        IntTile<Target, Tokens> totals;
        if constexpr (FourBits) {
            start<Target, Tokens>(
                totals, [](auto) __attribute__((always_inline)) { return 0; });
            add_nibbles<Target, Tokens>(codes, x, block, totals);
        } else {
            start<Target, Tokens>(
                totals, [&](auto t) __attribute__((always_inline)) { return Dot::start_of(x.sum(t, block)); });
            add_bytes<Target, Tokens>(codes, x, block, totals);
        }
        add_products<Target, Tokens>(totals, x, block, state.products);
        unroll<Tokens>([&](auto t)
                           __attribute__((always_inline)) { state.activation_sums[t] += x.scaled_sum(t, block); });
    }
    template <size_t Tokens>
    [[gnu::always_inline]] static void finish(const std::uint8_t* unit, size_t, const TileInput<Tokens>&,
                                              State<Tokens>& state, FloatTile<Target, Tokens>& sums) {
        using Zero = std::conditional_t<FourBits, std::uint8_t, std::int8_t>;
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            const auto offset = load_small<Target, Zero>(unit + 32, r) * Floats<Target>(state.activation_sums[t]);
            sums[t][r] = multiply_add<Target>(state.products[t][r] - offset, load_halves<Target>(unit, r), sums[t][r]);
        });
    }
};

/// Groups of NF4 codes with a scale; `blocks` of 32 inputs a group.
template <class Target>
struct Nf4 : ScaledProducts<Target> {
    using Dot = SignedDot<Target>;
    static size_t bytes(size_t blocks) { return 32 + blocks * 256; }
    static size_t parts(size_t blocks) { return blocks; }
    template <size_t Tokens>
    using State = typename ScaledProducts<Target>::template State<Tokens>;
    template <size_t Tokens>
    [[gnu::always_inline]] static void part(const std::uint8_t* unit, size_t part, const TileInput<Tokens>& x,
                                            size_t block, State<Tokens>& state, FloatTile<Target, Tokens>&) {
        block += part;
        IntTile<Target, Tokens> totals;
        start<Target, Tokens>(
            totals, [&](auto t) __attribute__((always_inline)) { return Dot::start_of(x.sum(t, block)); });
        add_levels<Target, Tokens>(unit + 32 + part * 256, x, block, totals);
        add_products<Target, Tokens>(totals, x, block, state.products);
    }
};

/// One scale a row: the sums stay integers to its end. The activations of a token share one scale.
template <class Target>
struct Int8Channel {
    using Dot = SignedDot<Target>;
    static size_t bytes(size_t blocks) { return blocks * 512 + 64; }
    static size_t parts(size_t blocks) { return blocks; }
    template <size_t Tokens>
    struct State {
        IntTile<Target, Tokens> totals;
        std::int32_t starts[Tokens];
    };
    template <size_t Tokens>
    [[gnu::always_inline]] static void begin(State<Tokens>& state) {
        start<Target, Tokens>(
            state.totals, [](auto) __attribute__((always_inline)) { return 0; });
        unroll<Tokens>([&](auto t) __attribute__((always_inline)) { state.starts[t] = 0; });
    }
    template <size_t Tokens>
    [[gnu::always_inline]] static void part(const std::uint8_t* unit, size_t part, const TileInput<Tokens>& x,
                                            size_t block, State<Tokens>& state, FloatTile<Target, Tokens>&) {
        block += part;
        unroll<Tokens>([&](auto t)
                           __attribute__((always_inline)) { state.starts[t] += Dot::start_of(x.sum(t, block)); });
        add_bytes<Target, Tokens>(unit + part * 512, x, block, state.totals);
    }
    template <size_t Tokens>
    [[gnu::always_inline]] static void finish(const std::uint8_t* unit, size_t blocks, const TileInput<Tokens>& x,
                                              State<Tokens>& state, FloatTile<Target, Tokens>& sums) {
        for_tile<Target, Tokens>([&](auto t, auto r) __attribute__((always_inline)) {
            const auto scale =
                xsimd::bitwise_cast<float>(load_bytes<Target>(unit + blocks * 512, r)) * Floats<Target>(x.scale(t, 0));
            sums[t][r] = xsimd::to_float(state.totals[t][r] + Ints<Target>(state.starts[t])) * scale;
        });
    }
};

}  // namespace
}  // namespace quantlens::kernels
