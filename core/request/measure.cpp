#include <algorithm>
#include <cstring>

#include "kernels/matmul.h"
#include "kernels/packed.h"
#include "kernels/table.h"
#include "request/json.h"
#include "request/operation.h"

// What the kernels do on the machine that runs them, one kernel a request, so that a caller can stop between two. The
// rows are those of `quantbench --report`.

namespace quantlens::request {
namespace {

using kernels::PackedFormat;
using kernels::PackedKind;
using kernels::PackedMatrix;

enum class Kernel : std::uint8_t {
    kMemory,
    kCache,
    kFloat,
    kInt8,
    kF32,
    kQ8_0,
    kQ4_0,
    kQ4_K,
    kQ6_K,
    kInt4,
    kInt8Groups,
    kInt8Rows,
    kNf4Groups
};
constexpr std::array<std::string_view, 13> kKernels{"memory",      "cache",     "float",     "int8", "f32",
                                                    "q8_0",        "q4_0",      "q4_K",      "q6_K", "int4_groups",
                                                    "int8_groups", "int8_rows", "nf4_groups"};

/// From kQ8_0 on.
constexpr PackedKind kPackedKinds[] = {PackedKind::kQ8_0,        PackedKind::kQ4_0, PackedKind::kQ4_K,
                                       PackedKind::kQ6_K,        PackedKind::kInt4, PackedKind::kInt8,
                                       PackedKind::kInt8Channel, PackedKind::kNf4};

struct MeasureParameters {
    Kernel kernel = Kernel::kMemory;
    int rows = 4096, columns = 4096, tokens = 1, repetitions = 5;
    static constexpr auto fields() {
        using P = MeasureParameters;
        return std::tuple{
            choice("kernel", &P::kernel, kKernels,
                   "a limit of the machine (memory, cache, float, int8), or the weights' format in a product"),
            integer("rows", &P::rows, 16, 16384, 1, "rows", "of the weights"),
            integer("columns", &P::columns, 256, 16384, 256, "columns", "of the weights"),
            integer("tokens", &P::tokens, 1, 512, 1, "tokens",
                    "of the input; with 1 the weights come from memory at each call"),
            integer("repetitions", &P::repetitions, 1, 100, 1, "", "the answer is the middle of so many"),
        };
    }
};

constexpr std::size_t kMoreThanCaches = std::size_t{96} << 20;  // bytes
constexpr std::size_t kInCache = std::size_t{256} << 10;
constexpr double kShortest = 0.03;  // seconds of a repetition: clocks of browsers tell milliseconds
constexpr std::size_t kMostCalls = 1 << 20;

enum class Bound : std::uint8_t { kMemory, kCache, kFloat, kInt8 };
constexpr std::string_view kBounds[] = {"memory", "cache", "float", "int8"};

/// What one call of `run` does.
struct Work {
    std::string kernel, shape;
    bool cold = false;
    double bytes = 0, operations = 0;
    Bound bound = Bound::kMemory;
    std::function<void()> run;

    bool by_bytes() const { return bound == Bound::kMemory || bound == Bound::kCache; }
    double amount() const { return by_bytes() ? bytes : operations; }
};

volatile float float_sink;  // keep the compiler from leaving the work out
volatile std::int32_t int_sink;

/// The machine's own limit, with what it needs kept alive by the function.
Work limit_work(Bound bound, ThreadPool& pool) {
    const auto& table = kernels::active_table();
    const std::size_t threads = pool.threads();
    Work work;
    work.kernel = kBounds[std::size_t(bound)];
    work.bound = bound;
    if (work.by_bytes()) {
        const bool cold = bound == Bound::kMemory;
        const std::size_t bytes = cold ? kMoreThanCaches : threads * kInCache;
        const auto memory = std::make_shared<std::vector<float>>(bytes / sizeof(float), 1.0f);
        const std::size_t pieces = cold ? 8 * threads : threads, share = memory->size() / pieces;
        work.bytes = double(pieces * share * sizeof(float));
        work.shape = to_text(bytes >> 10) + " KiB";
        work.cold = cold;
        work.run = [=, &pool, &table] {
            pool.for_each(pieces, [&](std::size_t piece) {
                float_sink = table.read_floats(memory->data() + piece * share, share);
            });
        };
        return work;
    }
    constexpr std::size_t kRounds = 100000;
    const bool floats = bound == Bound::kFloat;
    work.shape = "registers";
    work.operations = double(threads * kRounds) * (floats ? table.float_peak_operations : table.code_peak_operations);
    work.run = [=, &pool, &table] {
        pool.for_each(threads, [&](std::size_t) {
            if (floats)
                float_sink = table.float_peak(kRounds);
            else
                int_sink = table.code_peak(kRounds);
        });
    };
    return work;
}

std::size_t copies_for(const MeasureParameters& p, double bytes) {
    return p.tokens > 1 ? 1 : std::size_t(double(kMoreThanCaches) / bytes) + 1;
}

/// A fixed pattern of ordinary numbers.
void fill(std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(i * 37 % 255) / 256.0f - 0.5f;
}

Work float_product(const MeasureParameters& p, ThreadPool& pool) {
    const auto m = std::size_t(p.tokens), n = std::size_t(p.rows), k = std::size_t(p.columns);
    Work work;
    work.kernel = "matmul_nt";
    work.shape = to_text(m) + " x " + to_text(k) + " by " + to_text(n) + " x " + to_text(k);
    work.cold = m == 1;
    work.bytes = 4.0 * double(n * k);
    work.operations = 2.0 * double(m) * double(n * k);
    work.bound = m == 1 ? Bound::kMemory : Bound::kFloat;
    const auto x = std::make_shared<Matrix>(m, k), out = std::make_shared<Matrix>(m, n);
    const auto weights = std::make_shared<std::vector<Matrix>>(copies_for(p, work.bytes), Matrix(n, k));
    fill(x->values());
    for (auto& copy : *weights) fill(copy.values());
    work.run = [=, &pool, next = std::size_t{0}]() mutable {
        kernels::matmul_nt(*x, (*weights)[next++ % weights->size()], *out, pool);
    };
    return work;
}

Work packed_product(const PackedFormat& format, const MeasureParameters& p, ThreadPool& pool) {
    const auto m = std::size_t(p.tokens), n = std::size_t(p.rows), k = std::size_t(p.columns);
    Work work;
    work.kernel = "matmul_packed " + std::string{format.name};
    work.shape = to_text(m) + (m == 1 ? " token, " : " tokens, ") + to_text(n) + " x " + to_text(k);
    work.cold = m == 1;
    work.bytes = double(n * k) * format.bits_per_weight / 8;
    work.operations = 2.0 * double(m) * double(n * k);
    work.bound = m == 1 ? Bound::kMemory : Bound::kInt8;
    const auto weights = std::make_shared<std::vector<PackedMatrix>>();
    for (std::size_t copy = 0; copy < copies_for(p, work.bytes); ++copy) {
        weights->emplace_back(format.kind, n, k, format.group_size == 0 ? k : format.group_size);
        const auto data = weights->back().data();
        if (copy > 0)
            std::ranges::copy(weights->front().data(), data.begin());
        else  // where these bytes are scales, FP16 or float32, they are below 2 and none is denormal, which would be
              // slow
            for (std::size_t i = 0; i < data.size(); ++i) data[i] = std::uint8_t(8 + i * 37 % 52);
    }
    const auto x = std::make_shared<Matrix>(m, k), out = std::make_shared<Matrix>(m, n);
    fill(x->values());
    work.run = [=, &pool, next = std::size_t{0}]() mutable {
        kernels::matmul_packed(*x, (*weights)[next++ % weights->size()], *out, pool);
    };
    return work;
}

Work work_of(const MeasureParameters& p, ThreadPool& pool) {
    if (p.kernel < Kernel::kF32) return limit_work(Bound(p.kernel), pool);
    if (p.kernel == Kernel::kF32) return float_product(p, pool);
    const PackedKind kind = kPackedKinds[std::size_t(p.kernel) - std::size_t(Kernel::kQ8_0)];
    return packed_product(*std::ranges::find(kernels::kPackedFormats, kind, &PackedFormat::kind), p, pool);
}

/// Seconds of one call, from as many as fill the shortest time.
double seconds_of(const Work& work, Session& session) {
    const double start = session.now();
    double seconds = 0;
    std::size_t calls = 0;
    while (seconds < kShortest && calls < kMostCalls) {
        work.run();
        ++calls;
        seconds = session.now() - start;
    }
    return seconds / double(calls);
}

double median_of(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Result<Response> measure(const MeasureParameters& p, Call& call) {
    auto& pool = call.session.pool();
    const Work work = work_of(p, pool);
    const bool is_limit = p.kernel < Kernel::kF32;
    const Work limit = is_limit ? Work{} : limit_work(work.bound, pool);
    work.run();  // the first call meets cold code
    std::vector<double> seconds, shares;
    for (int repetition = 0; repetition < p.repetitions; ++repetition) {
        seconds.push_back(seconds_of(work, call.session));
        // The limit is measured beside each repetition, since machines change their pace.
        if (!is_limit)
            shares.push_back(work.amount() / seconds.back() / (limit.amount() / seconds_of(limit, call.session)));
        if (call.run.should_stop(double(repetition + 1) / p.repetitions))
            return fail(ErrorCode::kCancelled, "", "measuring was stopped");
    }
    const double middle = median_of(seconds);
    const auto [least, most] = std::ranges::minmax(seconds);
    Response response{object({{"kernel", work.kernel},
                              {"shape", work.shape},
                              {"data", work.cold ? "cold" : "hot"},
                              {"instruction_set", kernels::instruction_set()},
                              {"threads", pool.threads()},
                              {"seconds", middle},
                              {"spread", (most - least) / middle},
                              {"gb_per_s", work.bytes / middle * 1e-9},
                              {"gop_per_s", work.operations / middle * 1e-9},
                              {"bound", kBounds[std::size_t(work.bound)]}}),
                      {}};
    if (!is_limit) set(response.body, "share_of_limit", median_of(std::move(shares)));
    return response;
}

}  // namespace

std::vector<Operation> measure_operations() {
    return {operation<MeasureParameters>(
        "measure", "how fast a kernel runs on this machine, and what share of its limit that is", {}, measure)};
}

}  // namespace quantlens::request
