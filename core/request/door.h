#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/error.h"
#include "tensor/fields.h"
#include "tensor/json_text.h"
#include "tensor/run.h"

/// The one door: a request (JSON and arrays) goes in, a response (JSON and arrays) comes out. The command line, the
/// page and the tests all come through here, so that a number is the same everywhere.
namespace quantlens::request {

using quantlens::Json;

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

using Progress = std::function<bool(double share_done)>;

class Session;

/// One request on its way through: what its operation may read.
struct Call {
    Session& session;
    const Run& run;
    std::vector<Array>& arrays;
    Settings own_settings;     // keys of the operation that were given
    Settings method_settings;  // keys that the operation leaves to the method it names
};

/// One operation, type-erased. `operations()` lists them all; a front end derives its flags from `fields`.
struct Operation {
    std::string_view name;
    std::string_view meaning;
    std::vector<std::string_view> arrays;  // names of the arrays it reads
    bool takes_method = false;             // "method" names a method whose parameters stand beside the operation's
    std::vector<FieldInfo> fields;
    std::function<Result<Response>(const Settings&, Call&)> answer;
};
const std::vector<Operation>& operations();
Result<const Operation*> find_operation(std::string_view name);

/// What outlives one request (loaded models, running jobs) and the way in.
class Session {
public:
    /// `now` returns seconds from any fixed start; only "seconds" in responses comes from it, and what `measure` measures.
    Session(ThreadPool& pool, std::function<double()> now);
    ~Session();

    /// Answers {"op": NAME, ...}. Every key is checked: an unknown one is an error that lists the known ones.
    /// "seed" (default 0) is understood by every operation.
    Result<Response> answer(const Json& request, std::vector<Array> arrays = {}, Progress progress = {});

    /// The same over text. An error becomes the body {"error": {"code", "field", "message"}}.
    Response answer_text(std::string_view request, std::vector<Array> arrays = {}, Progress progress = {});

    ThreadPool& pool() const;
    double now() const;

    /// What operations keep here between requests.
    struct State;
    State& state() const { return *state_; }

private:
    std::unique_ptr<State> state_;
};

/// {"error": {"code", "field", "message"}}
Json error_json(const Error& error);

}  // namespace quantlens::request
