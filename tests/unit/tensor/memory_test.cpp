#include "tensor/memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#include "tensor/machine_memory.h"
#include "tensor/thread_pool.h"

#if defined(__linux__)
#include <unistd.h>

#include <fstream>
#endif

namespace quantlens {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

using Block = AlignedMemory<std::uint8_t>;
Block block_of(std::size_t bytes) { return Block(static_cast<std::uint8_t*>(allocate_aligned(bytes))); }

bool all_are(const Block& block, std::size_t bytes, std::uint8_t value) {
    for (std::size_t i = 0; i < bytes; ++i)
        if (block.get()[i] != value) return false;
    return true;
}

TEST(Memory, BeginsWithACacheLine) {
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, kMegabyte, 4 * kMegabyte - 1, 4 * kMegabyte})
        for (int again = 0; again < 2; ++again)
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block_of(bytes).get()) % 64, 0u) << bytes;
}

TEST(Memory, BlocksThatLiveAtOnceShareNothing) {
    // More sizes than are kept, freed and asked for again in other orders.
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < 40; ++i) sizes.push_back((1 + i % 7) * kMegabyte + i);
    for (int round = 0; round < 3; ++round) {
        std::vector<Block> blocks;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            blocks.push_back(block_of(sizes[(i * 7 + std::size_t(round)) % sizes.size()]));
            std::memset(blocks.back().get(), int(i), sizes[(i * 7 + std::size_t(round)) % sizes.size()]);
        }
        for (std::size_t i = 0; i < sizes.size(); ++i)
            EXPECT_TRUE(all_are(blocks[i], sizes[(i * 7 + std::size_t(round)) % sizes.size()], std::uint8_t(i))) << i;
    }
}

TEST(Memory, ThreadsTakeAndFreeAtOnce) {
    ThreadPool pool(4);
    std::vector<int> wrong(80);
    pool.for_each(wrong.size(), [&](std::size_t i) {
        const Block block = block_of(4 * kMegabyte);
        std::memset(block.get(), int(i), 4 * kMegabyte);
        wrong[i] = !all_are(block, 4 * kMegabyte, std::uint8_t(i));
    });
    EXPECT_EQ(wrong, std::vector<int>(wrong.size()));
}

TEST(Memory, OfMoreBytesThanCanBeCountedFailsAsAnAllocation) {
    EXPECT_THROW(AlignedAllocator<double>().allocate(std::numeric_limits<std::size_t>::max() / 4), std::bad_alloc);
}

#if defined(__linux__)
std::size_t machine_memory() { return std::size_t(sysconf(_SC_PHYS_PAGES)) * std::size_t(sysconf(_SC_PAGESIZE)); }

TEST(Memory, ThatTheMachineDoesNotHaveIsRefused) { EXPECT_THROW(block_of(machine_memory() + 1), MoreThanMachine); }

TEST(Memory, ThatTheMachineDoesNotHaveIsNamedWithItsSize) {
    const MoreThanMachine error(std::size_t{40} << 30, std::size_t{1} << 29, std::size_t{16} << 30);
    EXPECT_STREQ(error.what(),
                 "not enough memory for this request: it asks for 40.0 GiB in one piece, has 0.5 already, "
                 "and this machine has 16.0");
}
#endif

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)  // which holds on to what is freed
/// Bytes of memory that this process holds.
std::size_t held() {
    std::ifstream pages("/proc/self/statm");
    std::size_t all = 0, resident = 0;
    pages >> all >> resident;
    return resident * std::size_t(sysconf(_SC_PAGESIZE));
}

TEST(Memory, OfBlocksThatLiveAtOnceCountsTogether) {
    const std::size_t half = machine_memory() / 2;
    {
        const Block first = block_of(half);
        EXPECT_THROW(block_of(half + 8 * kMegabyte), MoreThanMachine);
    }
    EXPECT_TRUE(block_of(half + 8 * kMegabyte));
}

TEST(Memory, GivesBackWhatIsKept) {
    constexpr std::size_t kBytes = 128 * kMegabyte;
    release_kept_memory();
    const std::size_t before = held();
    {
        const Block block = block_of(kBytes);
        std::memset(block.get(), 1, kBytes);
        EXPECT_GE(held(), before + kBytes / 2);
    }
    release_kept_memory();
    EXPECT_LE(held(), before + kBytes / 2);
}
#endif

}  // namespace
}  // namespace quantlens
