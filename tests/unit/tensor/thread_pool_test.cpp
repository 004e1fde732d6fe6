#include <gtest/gtest.h>

#include <chrono>
#include <new>
#include <thread>
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

// One call after another finds workers that look for work, a call after a pause finds them asleep; with 9 threads there
// are fewer processors than threads on many a machine.
TEST(ThreadPool, EveryCallRunsItsOwnPiecesWhetherTheWorkersAreAwakeOrAsleep) {
    for (const std::size_t threads : {2u, 9u}) {
        ThreadPool pool(threads);
        for (std::size_t call = 0; call < 600; ++call) {
            std::vector<std::size_t> found(call % 23);
            pool.for_each(found.size(), [&](std::size_t piece) { found[piece] += call * 100 + piece; });
            for (std::size_t piece = 0; piece < found.size(); ++piece) ASSERT_EQ(found[piece], call * 100 + piece);
            if (call % 20 == 0) std::this_thread::sleep_for(std::chrono::microseconds(call));
        }
    }
}

TEST(ThreadPool, ACallInsideAPieceRunsOnThatThread) {
    ThreadPool pool(3);
    std::vector<int> runs(20);
    pool.for_each(4,
                  [&](std::size_t outer) { pool.for_each(5, [&](std::size_t inner) { ++runs[outer * 5 + inner]; }); });
    EXPECT_EQ(runs, std::vector<int>(20, 1));
}

TEST(ThreadPool, WhatAPieceThrowsArrivesAtTheCallerAndThePoolGoesOn) {
    for (const std::size_t threads : {1u, 2u, 9u}) {
        ThreadPool pool(threads);
        for (std::size_t thrower = 0; thrower < 40; ++thrower) {
            std::vector<int> runs(40);
            EXPECT_THROW(pool.for_each(runs.size(),
                                       [&](std::size_t piece) {
                                           ++runs[piece];
                                           if (piece == thrower) throw std::bad_alloc();
                                       }),
                         std::bad_alloc);
            for (std::size_t piece = 0; piece < runs.size(); ++piece) EXPECT_LE(runs[piece], 1);
            std::vector<int> again(40);
            pool.for_each(again.size(), [&](std::size_t piece) { ++again[piece]; });
            ASSERT_EQ(again, std::vector<int>(40, 1));
        }
    }
}

}  // namespace
}  // namespace quantlens
