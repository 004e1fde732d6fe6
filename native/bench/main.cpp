// quantbench: measures the machine, then each kernel as a share of what the machine can do.
//     quantbench [--report FILE.json] [--threads N] [Google Benchmark's flags]
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string_view>
#include <thread>

#include <benchmark/benchmark.h>

#include "bench/report.h"
#include "kernels/table.h"

namespace {

using namespace quantlens::bench;

struct Options {
    std::string report;
    std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
    std::string format;  // of Google Benchmark, where one was asked for; else a table of our own

    std::unique_ptr<benchmark::BenchmarkReporter> reporter() const {
        if (format == "json") return std::make_unique<benchmark::JSONReporter>();
        if (format == "console") return std::make_unique<benchmark::ConsoleReporter>();
        return nullptr;
    }
};

int usage(const char* problem) {
    std::fprintf(stderr,
                 "error: %s\nusage: quantbench [--report FILE.json] [--threads N] [--benchmark_filter=REGEX ...]\n",
                 problem);
    return 2;
}

/// Takes our own flags out of argv; an error message where one is wrong.
const char* read_options(int& argc, char** argv, Options& options) {
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        const std::string_view flag = argv[i];
        if (flag == "--report" || flag == "--threads") {
            if (i + 1 == argc) return "--report and --threads need a value";
            const std::string_view value = argv[++i];
            if (flag == "--report") {
                options.report = value;
            } else {
                const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), options.threads);
                if (failure != std::errc{} || end != value.data() + value.size() || options.threads == 0)
                    return "--threads needs a number above 0";
            }
            continue;
        }
        constexpr std::string_view kFormat = "--benchmark_format=";
        if (flag.starts_with(kFormat)) options.format = flag.substr(kFormat.size());
        argv[kept++] = argv[i];
    }
    argc = kept;
    return nullptr;
}

using Measurements = std::map<std::string, Measured>;

/// Collects what was measured, and prints it: a line a case, or as the reporter of Google Benchmark that was asked for.
class Collector : public benchmark::BenchmarkReporter {
public:
    Collector(Measurements& measured, BenchmarkReporter* inner) : measured_(measured), inner_(inner) {}
    bool ReportContext(const Context& context) override {
        if (inner_ != nullptr) return inner_->ReportContext(context);
        std::printf("%s\n", table_head().c_str());
        return true;
    }
    void ReportRuns(const std::vector<Run>& runs) override {
        if (inner_ != nullptr) inner_->ReportRuns(runs);
        for (const Run& run : runs) {
            if (run.run_type != Run::RT_Iteration) continue;
            Measured& one = measured_.at(run.run_name.function_name);
            one.seconds.push_back(run.real_accumulated_time / double(run.iterations));
            one.limits.push_back(run.counters.at("limit"));
            if (inner_ == nullptr && run.repetition_index + 1 == run.repetitions)
                std::printf("%s\n", line_of(one).c_str());
            std::fflush(stdout);
        }
    }
    void Finalize() override {
        if (inner_ != nullptr) inner_->Finalize();
    }

private:
    Measurements& measured_;
    BenchmarkReporter* inner_;
};

/// The data of the case that is being measured: Google Benchmark calls a case several times, and it is made once.
struct Current {
    std::string name;
    std::function<void()> run;
};

void measure(benchmark::State& state, const Case& what, Current& current, const Machine& machine,
             quantlens::ThreadPool& pool) {
    if (current.name != what.name()) current = {what.name(), nullptr};
    if (!current.run) {
        current.run = what.make(pool);
        current.run();
    }
    const double before = machine.limit(what.bound, pool);
    for (auto _ : state) current.run();
    const double limit = std::max(before, machine.limit(what.bound, pool));
    const double rate = what.bound_by_bytes() ? what.bytes : what.operations;
    state.counters["limit"] = limit;
    state.counters["rate"] = benchmark::Counter(rate, benchmark::Counter::kIsIterationInvariantRate);
    state.SetBytesProcessed(std::int64_t(what.bytes * double(state.iterations())));
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (const char* problem = read_options(argc, argv, options)) return usage(problem);
    benchmark::Initialize(&argc, argv);
    if (argc > 1) return usage((std::string("unknown flag ") + argv[1]).c_str());

    quantlens::ThreadPool one(1), all(options.threads);
    const Machine machine(options.threads);
    const double memory_one = machine.memory_bytes(one), memory_all = machine.memory_bytes(all);
    if (options.format.empty()) {
        std::printf("%s, %s\n", machine.processor().c_str(),
                    std::string(quantlens::kernels::instruction_set()).c_str());
        const std::pair<std::size_t, double> memory_limits[] = {{1, memory_one}, {options.threads, memory_all}};
        for (const auto& [threads, memory] : memory_limits) {
            const Limits& limits = machine.limits(threads);
            std::printf("%zu threads: memory %.1f GB/s, cache %.0f GB/s, float %.0f GFLOP/s, int8 %.0f GOP/s\n",
                        threads, memory * 1e-9, limits.cache_bytes * 1e-9, limits.float_operations * 1e-9,
                        limits.code_operations * 1e-9);
            if (options.threads == 1) break;
        }
    }

    Measurements measured;
    std::vector<std::string> order;
    Current current;
    for (const std::size_t threads : {std::size_t{1}, options.threads})
        for (const auto& cases : {float_cases(threads), packed_cases(threads), row_cases(threads)})
            for (const Case& what : cases) {
                const std::string name = what.name();
                if (!measured.emplace(name, Measured{what, {}, {}}).second) continue;  // threads are 1 already
                order.push_back(name);
                benchmark::RegisterBenchmark(name.c_str(),
                                             [&, what](benchmark::State& state) {
                                                 measure(state, what, current, machine, what.threads == 1 ? one : all);
                                             })
                    ->UseRealTime()
                    ->Unit(benchmark::kMicrosecond)
                    ->MinTime(0.1)
                    ->Repetitions(3)
                    ->ReportAggregatesOnly(false);
            }

    const std::unique_ptr<benchmark::BenchmarkReporter> inner = options.reporter();
    Collector collector(measured, inner.get());
    benchmark::RunSpecifiedBenchmarks(&collector);

    if (!options.report.empty()) {
        std::vector<Measured> done;
        for (const std::string& name : order)
            if (!measured.at(name).seconds.empty()) done.push_back(measured.at(name));
        std::ofstream file(options.report);
        file << report_json(done, machine, options.threads, memory_one, memory_all);
        if (!file.flush()) {
            std::fprintf(stderr, "error: cannot write %s\n", options.report.c_str());
            return 1;
        }
    }
    return 0;
}
