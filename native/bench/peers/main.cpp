// quantpeers NAME: measures the products of one library. Reads requests, a JSON object a line, and answers each with a
// line. tools/bench/peers.mjs runs several of these and lets them take turns.
//     {"do": "describe"}                              -> {"name", "version", "processor"}
//     {"do": "limits", "threads"}                     -> {"memory", "cache", "float", "int8"}: a second; memory is now
//     {"do": "prepare", "kernel", "variant", "tokens", "rows", "columns", "threads", "copies"}
//                                                     -> {"result": [...], "extra": bytes that the first call took}
//     {"do": "run", "seconds", "warm"}                -> {"seconds": of a call, "calls"}; after `warm` seconds of calls
//     {"do": "forget"}                                -> {}
// A request that cannot be met is answered with {"error": text}.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>
#include <string_view>
#include <thread>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <nlohmann/json.hpp>

#include "bench/machine.h"
#include "bench/peers/peer.h"
#include "tensor/memory.h"

namespace {

using namespace quantlens;
using namespace quantlens::bench;
using nlohmann::json;

const Peer* peer_named(std::string_view name) {
    for (const Peer* peer : {&ours(), &ggml(), &onednn(), &openblas()})
        if (peer->name == name) return peer;
    return nullptr;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Bytes of this process that Linux keeps under `name`: "VmRSS:", now; "VmHWM:", the most since it was forgotten.
double resident(std::string_view name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name)) return 1024.0 * std::stod(line.substr(name.size()));
    return 0;
}

/// Runs something and returns how many bytes more than before the process held at most.
double bytes_taken(const std::function<void()>& run) {
    quantlens::release_kept_memory();
#if defined(__GLIBC__)
    malloc_trim(0);  // what was freed would be used again unseen
#endif
    std::ofstream("/proc/self/clear_refs") << 5;  // forgets the most
    const double before = resident("VmRSS:");
    run();
    return resident("VmHWM:") - before;
}

json run_for(const std::function<void()>& run, double seconds, double warm) {
    for (const double start = now(); now() - start < warm;) run();
    const double start = now();
    std::size_t calls = 0;
    double elapsed = 0;
    while (elapsed < seconds) {
        run();
        ++calls;
        elapsed = now() - start;
    }
    return {{"seconds", elapsed / double(calls)}, {"calls", calls}};
}

class Server {
public:
    explicit Server(const Peer& peer) : peer_(peer) {}

    json answer(const json& request) {
        const std::string what = request.at("do");
        if (what == "describe")
            return {{"name", peer_.name}, {"version", peer_.version()}, {"processor", Machine::processor()}};
        if (what == "limits") return limits(request.at("threads"));
        if (what == "prepare") return prepare(request);
        if (what == "run") {
            if (!prepared_) return {{"error", "nothing is prepared"}};
            return run_for(prepared_->run, request.at("seconds"), request.value("warm", 0.0));
        }
        prepared_.reset();
        return json::object();
    }

private:
    json limits(std::size_t threads) {
        if (!machine_) machine_.emplace(std::max<std::size_t>(threads, std::thread::hardware_concurrency()));
        if (!pool_ || pool_->threads() != threads) pool_ = std::make_unique<ThreadPool>(threads);
        const Limits& most = machine_->limits(threads);
        return {{"memory", machine_->memory_bytes(*pool_)},
                {"cache", most.cache_bytes},
                {"float", most.float_operations},
                {"int8", most.code_operations}};
    }

    json prepare(const json& request) {
        prepared_.reset();
        auto prepared =
            peer_.prepare({request.at("kernel"), request.value("variant", ""), request.at("tokens"), request.at("rows"),
                           request.at("columns"), request.at("threads"), request.value("copies", std::size_t{1})});
        if (!prepared) return {{"error", prepared.error().message}};
        prepared_ = std::move(*prepared);
        const double extra = bytes_taken(prepared_->run);
        return {{"result", prepared_->result()}, {"extra", extra}};
    }

    const Peer& peer_;
    std::optional<Prepared> prepared_;
    std::optional<Machine> machine_;
    std::unique_ptr<ThreadPool> pool_;
};

}  // namespace

int main(int argc, char** argv) {
    const Peer* peer = argc == 2 ? peer_named(argv[1]) : nullptr;
    if (peer == nullptr) {
        std::cerr << "usage: quantpeers quantlens|ggml|oneDNN|OpenBLAS\n";
        return 2;
    }
    Server server(*peer);
    for (std::string line; std::getline(std::cin, line);) {
        json answer;
        try {
            answer = server.answer(json::parse(line));
        } catch (const std::exception& problem) {
            answer = {{"error", problem.what()}};
        }
        std::cout << answer.dump() << std::endl;
    }
    return 0;
}
