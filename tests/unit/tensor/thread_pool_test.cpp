#include <gtest/gtest.h>

#include <vector>

#include "tensor/thread_pool.h"

namespace quantlens {
namespace {

TEST(ThreadPool, RunsEveryPieceOnce) {
    for (const std::size_t threads : {1u, 2u, 5u}) {
        ThreadPool pool(threads);
        for (const std::size_t pieces : {0u, 1u, 7u, 1000u}) {
            std::vector<int> runs(pieces);
            pool.for_each(pieces, [&](std::size_t piece) { ++runs[piece]; });
            EXPECT_EQ(runs, std::vector<int>(pieces, 1)) << threads << " threads";
        }
    }
}

TEST(ThreadPool, ACallInsideAPieceRunsOnThatThread) {
    ThreadPool pool(3);
    std::vector<int> runs(20);
    pool.for_each(4, [&](std::size_t outer) {
        pool.for_each(5, [&](std::size_t inner) { ++runs[outer * 5 + inner]; });
    });
    EXPECT_EQ(runs, std::vector<int>(20, 1));
}

}  // namespace
}  // namespace quantlens
