#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "tensor/error.h"
#include "tensor/run.h"

/// The one door: a request (JSON and arrays) goes in, a response (JSON and arrays) comes out. The command line, the page
/// and the tests all come through here, so that a number is the same everywhere.
namespace quantlens::request {

using Json = nlohmann::ordered_json;

/// A named array that travels beside the JSON.
struct Array {
    std::string name;
    std::vector<std::size_t> shape;
    std::variant<std::vector<float>, std::vector<std::int8_t>, std::vector<std::uint8_t>, std::vector<std::int32_t>>
        values;
};

struct Response {
    Json body;
    std::vector<Array> arrays;
};

/// What outlives one request: loaded models and running jobs.
class Session {
public:
    /// `now` returns seconds from any fixed start; only `seconds` in responses comes from it.
    Session(ThreadPool& pool, std::function<double()> now);
    ~Session();

    /// Answers {"op": ..., ...}. Unknown operations and keys are errors that list what is known.
    Result<Response> answer(const Json& request, std::vector<Array> arrays,
                            std::function<bool(double share_done)> progress = {});

    /// The same over text: never fails to return; an error becomes {"error": {"code", "field", "message"}}.
    Response answer_text(std::string_view request, std::vector<Array> arrays,
                         std::function<bool(double share_done)> progress = {});

    ThreadPool& pool() const;
    double now() const;

    /// State that a group of operations keeps here between requests (a loaded model, a training run).
    struct State;
    State& state() const { return *state_; }

private:
    std::unique_ptr<State> state_;
};

/// One operation of the door. The table in door.cpp lists them all.
struct Operation {
    std::string_view name;
    std::string_view meaning;
    Result<Response> (*answer)(const Json& request, std::vector<Array>& arrays, Session& session, const Run& run);
};

}  // namespace quantlens::request
