#include "bench/report.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "data/embedded.h"
#include "kernels/table.h"

namespace quantlens::bench {

double median_of(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Measured::median_seconds() const { return median_of(seconds); }

double Measured::rate() const { return (what.bound_by_bytes() ? what.bytes : what.operations) / median_seconds(); }

double Measured::share() const {
    std::vector<double> shares;  // each repetition against the limit measured beside it
    for (std::size_t i = 0; i < seconds.size(); ++i)
        shares.push_back((what.bound_by_bytes() ? what.bytes : what.operations) / seconds[i] / limits[i]);
    return median_of(std::move(shares));
}

double Measured::spread() const {
    const auto [least, most] = std::ranges::minmax(seconds);
    return (most - least) / median_seconds();
}

std::string table_head() {
    char line[200];
    std::snprintf(line, sizeof line, "%-24s %-40s %-5s %8s %12s %14s %12s %8s", "kernel", "shape", "data", "threads",
                  "time", "speed", "limit", "share");
    return line;
}

std::string line_of(const Measured& measured) {
    const Case& what = measured.what;
    char line[240];
    std::snprintf(line, sizeof line, "%-24s %-40s %-5s %8zu %9.1f us %9.1f %s %7.1f %s %7.0f%%", what.kernel.c_str(),
                  what.shape.c_str(), what.cold ? "cold" : "hot", what.threads, measured.median_seconds() * 1e6,
                  measured.rate() * 1e-9, what.bound_by_bytes() ? "GB/s " : "GOP/s", median_of(measured.limits) * 1e-9,
                  what.bound_by_bytes() ? "GB/s " : "GOP/s", measured.share() * 100);
    return line;
}

std::string report_json(const std::vector<Measured>& all, const Machine& machine, std::size_t threads,
                        double memory_one, double memory_all) {
    using nlohmann::ordered_json;
    const auto limits_of = [&](std::size_t count, double memory) {
        const Limits& limits = machine.limits(count);
        return ordered_json{{"threads", count},
                            {"memory_gb_per_s", memory * 1e-9},
                            {"cache_gb_per_s", limits.cache_bytes * 1e-9},
                            {"float_gop_per_s", limits.float_operations * 1e-9},
                            {"int8_gop_per_s", limits.code_operations * 1e-9}};
    };
    ordered_json rows = ordered_json::array();
    constexpr const char* kBounds[] = {"memory", "cache", "float", "int8"};
    for (const Measured& one : all)
        rows.push_back({{"kernel", one.what.kernel},
                        {"shape", one.what.shape},
                        {"data", one.what.cold ? "cold" : "hot"},
                        {"threads", one.what.threads},
                        {"seconds", one.median_seconds()},
                        {"spread", one.spread()},
                        {"gb_per_s", one.what.bytes / one.median_seconds() * 1e-9},
                        {"gop_per_s", one.what.operations / one.median_seconds() * 1e-9},
                        {"bound", kBounds[int(one.what.bound)]},
                        {"share_of_limit", one.share()}});
    ordered_json limits = ordered_json::array({limits_of(1, memory_one)});
    if (threads > 1) limits.push_back(limits_of(threads, memory_all));
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    const std::chrono::year_month_day date(today);
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", int(date.year()), unsigned(date.month()), unsigned(date.day()));
    const ordered_json report{{"version", std::string(data::kVersion)},
                              {"date", text},
                              {"processor", machine.processor()},
                              {"instruction_set", std::string(kernels::instruction_set())},
                              {"threads", threads},
                              {"limits", limits},
                              {"rows", rows}};
    return report.dump(1) + "\n";
}

}  // namespace quantlens::bench
