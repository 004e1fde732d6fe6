// Packed weights as the products by tiles (tiles.inl.h) read them where their scales change along a row: both sides are
// bfloat16, of which sums can stay in the tiles while inputs pass.

namespace quantlens::kernels {
namespace {

/// Writes the weights of one group of rows in bfloat16, block by block.
template <class Layout>
class Rounder {
public:
    Rounder() = default;
    /// `left`: blocks from `unit` to the row's end.
    Rounder(Place unit, size_t blocks_in_unit, size_t left) : unit_(unit), blocks_(blocks_in_unit), left_(left) {}

    [[gnu::always_inline]] void next(Bfloat16* to) {
        const size_t here = left_ + block_ < blocks_ ? left_ + block_ : blocks_;  // the last unit may be shorter
        Layout::round(unit_, block_, to);
        --left_;
        if (++block_ < here) return;
        unit_ = unit_ + Layout::bytes(here);
        block_ = 0;
    }

private:
    Place unit_{};
    size_t blocks_ = 0, left_ = 0, block_ = 0;
};

/// While the first tokens are multiplied the rows' weights are rounded, so that vectors and tiles work at the same
/// time; the other tokens find them in the first cache.
template <class Target, class Layout>
class RoundedRows {
public:
    using Sum = float;
    static constexpr TileCodes kCodes = TileCodes::kBfloat16;
    static constexpr size_t kStepBlocks = 1;

    explicit RoundedRows(const TilePart& some) : some_(some) {}

    void open(size_t row, bool two_groups) {
        const Place group{some_.weights + row / kPackedRows * some_.group_bytes, some_.group_bytes};
        const Place first = group + some_.first / some_.blocks_in_unit * Layout::bytes(some_.blocks_in_unit);
        low_ = {first, some_.blocks_in_unit, some_.blocks - some_.first};
        high_ = {first + some_.group_bytes, some_.blocks_in_unit, some_.blocks - some_.first};
        two_groups_ = two_groups;
        done_ = some_.first;
    }

    void start(size_t) {}

    [[gnu::always_inline]] void meanwhile(size_t at, size_t stop) {
        for (; done_ <= at + kAhead && done_ < stop; ++done_) {
            low_.next(place(done_));
            if (two_groups_) high_.next(place(done_) + kGroupBlock);
        }
    }

    Bfloat16* low(size_t at) { return place(at); }
    Bfloat16* high(size_t at) { return place(at) + kGroupBlock; }

    [[gnu::always_inline]] static Floats<Target> result(Floats<Target> sums, size_t, size_t) { return sums; }

private:
    static constexpr size_t kKept = 8, kGroupBlock = 8 * kStepPairs;
    static constexpr size_t kAhead = 2;  // tiles wait for what has just been written: one block ahead took 8 % longer

    Bfloat16* place(size_t block) { return rounded_ + (block - some_.first) % kKept * 2 * kGroupBlock; }

    const TilePart& some_;
    Rounder<Layout> low_, high_;
    bool two_groups_ = false;
    size_t done_ = 0;
    alignas(64) Bfloat16 rounded_[kKept * 2 * kGroupBlock];
};

}  // namespace
}  // namespace quantlens::kernels
