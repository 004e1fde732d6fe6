#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "request/door.h"
#include "tensor/error.h"
#include "tensor/thread_pool.h"

/// The commands of `quantlens`. A command adds its flags, makes a request of them, sends it through the door and shows
/// what comes back; it computes nothing itself.
namespace quantlens::cli {

using request::Json;

/// What every command has.
struct Common {
    bool json = false;     // --json: one JSON object on stdout and nothing else
    bool explain = false;  // --explain: how each number comes about
    int threads = 0;       // --threads: 0 is one for each processor
    int seed = 0;          // --seed
};

/// What a command does once the command line has been read.
using Action = std::function<Status(const Common&)>;

struct Command {
    std::string_view name;
    std::string_view group;  // heading in the list of commands
    std::string_view meaning;
    Action (*add)(CLI::App& app);  // adds the flags
    bool random = false;           // has --seed
};

std::vector<Command> layer_commands();    // quantize, kv, hadamard
std::vector<Command> format_commands();   // formats, encode, decode, inspect, schema
std::vector<Command> planner_commands();  // memory, speed, models, devices
std::vector<Command> explain_commands();  // affine, products, statistics, representable, cache-sketch
std::vector<Command> model_commands();    // eval, generate, train, sweep, convert

/// An error of the command line itself, which ends with status 2.
std::unexpected<Error> usage_error(std::string message);

/// Sends a request, showing its progress on a terminal. Errors name flags instead of the request's keys.
Result<request::Response> send(const Json& request, std::vector<request::Array> arrays, const Common& common);

/// A session of its own for commands that send many requests.
class Door {
public:
    explicit Door(const Common& common);
    ~Door();
    Result<request::Response> send(const Json& request, std::vector<request::Array> arrays = {},
                                   request::Progress progress = {});

private:
    ThreadPool pool_;
    std::unique_ptr<request::Session> session_;
};

}  // namespace quantlens::cli
