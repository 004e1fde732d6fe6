#pragma once

#include <functional>
#include <utility>

#include "request/door.h"
#include "request/model_store.h"

namespace quantlens::request {

struct Session::State {
    State(ThreadPool& the_pool, std::function<double()> the_clock) : pool(the_pool), now(std::move(the_clock)) {}

    ThreadPool& pool;
    std::function<double()> now;
    ModelStore models;
};

}  // namespace quantlens::request
