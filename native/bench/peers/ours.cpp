#include <algorithm>
#include <cmath>
#include <cstring>

#include "bench/peers/peer.h"
#include "data/embedded.h"
#include "formats/format.h"
#include "kernels/int8.h"
#include "kernels/matmul.h"
#include "kernels/packed.h"
#include "kernels/rows.h"
#include "kernels/table.h"
#include "methods/gptq.h"

namespace quantlens::bench {

namespace {

using kernels::PackedKind;
using kernels::PackedMatrix;

struct BlockFormat {
    const char* name;
    PackedKind kind;
};
constexpr BlockFormat kBlockFormats[] = {
    {"q4_0", PackedKind::kQ4_0}, {"q8_0", PackedKind::kQ8_0}, {"q4_K", PackedKind::kQ4_K}, {"q6_K", PackedKind::kQ6_K}};

Result<PackedMatrix> pack(const Task& task, ThreadPool& pool) {
    const std::size_t count = task.rows * task.columns;
    if (task.kernel == "int8") {
        const std::vector<std::int8_t> codes = codes_of(count, kWeightSeed);
        const std::vector<float> scales(task.rows, kCodeScale);
        return kernels::pack_channels({codes.data(), task.rows, task.columns}, scales, pool);
    }
    for (const auto& [name, kind] : kBlockFormats)
        if (task.kernel == name) {
            const auto format = formats::find(name);
            if (!format) return std::unexpected(format.error());
            static Blocks last;
            const auto& blocks = last.of(task, [&] {
                std::vector<std::uint8_t> made((*format)->stored_bytes(count));
                (*format)->encode(values_of(count, kWeightSeed), made);
                return made;
            });
            return kernels::pack_blocks(kind, blocks, task.rows, task.columns, pool);
        }
    if (task.kernel == "int4 g32" || task.kernel == "int4 g128") {
        const std::size_t group = task.kernel == "int4 g32" ? 32 : 128, groups = (task.columns + group - 1) / group;
        const std::vector<float> values = values_of(count, kWeightSeed);
        std::vector<std::int16_t> codes(count);
        Matrix scales(task.rows, groups);
        std::ranges::fill(scales.values(), 1.0f / 16);
        for (std::size_t i = 0; i < count; ++i) codes[i] = std::int16_t(std::min(15.0f, values[i] * 16.0f + 8.5f));
        const std::vector<std::int32_t> zero_points(task.rows * groups, 8);
        return kernels::pack_groups(PackedKind::kInt4,
                                    {{codes.data(), task.rows, task.columns}, group, scales.view(), zero_points}, pool);
    }
    return bad_parameter("kernel", task.kernel, "one that our kernels have");
}

std::vector<float> head_of(const Matrix& out) {
    return {out.values().begin(), out.values().begin() + std::ptrdiff_t(std::min(out.columns(), kResultValues))};
}

Result<Prepared> prepare_float(const Task& task, std::shared_ptr<ThreadPool> pool) {
    const auto weights = std::make_shared<std::vector<Matrix>>();
    weights->push_back(Matrix(task.rows, task.columns, values_of(task.rows * task.columns, kWeightSeed)));
    while (weights->size() < task.copies) weights->push_back(weights->front());
    const auto x =
        std::make_shared<Matrix>(task.tokens, task.columns, values_of(task.tokens * task.columns, kInputSeed));
    const auto out = std::make_shared<Matrix>(task.tokens, task.rows);
    return Prepared{[=, next = std::size_t{0}]() mutable {
                        kernels::matmul_nt(*x, (*weights)[next++ % weights->size()], *out, *pool);
                    },
                    [=] { return head_of(*out); }};
}

/// GPTQ with groups of 128 of a layer that saw 512 tokens. The Hessian is made beforehand, as the other's is.
Result<Prepared> prepare_gptq(const Task& task, std::shared_ptr<ThreadPool> pool) {
    constexpr std::size_t kTokens = 512;
    const auto weights =
        std::make_shared<Matrix>(task.rows, task.columns, values_of(task.rows * task.columns, kWeightSeed));
    const Matrix x(kTokens, task.columns, values_of(kTokens * task.columns, kInputSeed));
    const auto hessian = std::make_shared<Matrix>(methods::gptq_hessian(x, kTokens, *pool));
    const auto loss = std::make_shared<float>();
    return Prepared{
        [=] {
            const Run run{*pool, 0, nullptr};
            methods::GptqParameters parameters;
            parameters.bits = 4;
            parameters.group_size = 128;
            const auto layer = methods::gptq_with_hessian({weights->view(), std::nullopt, run}, *hessian, parameters);
            *loss = layer ? 1.0f : NAN;
        },
        [=] { return std::vector<float>{*loss}; }};
}

/// The Hadamard transform of `rows` rows, and what it is measured by: copying them.
Result<Prepared> prepare_rows(const Task& task, std::shared_ptr<ThreadPool> pool) {
    const std::size_t count = task.rows * task.columns;
    const auto rows = std::make_shared<Matrix>(task.rows, task.columns, values_of(count, kWeightSeed));
    const auto copy = std::make_shared<Matrix>(task.rows, task.columns);
    const auto result = [=] { return head_of(*rows); };
    if (task.kernel == "memcpy")
        return Prepared{[=] {
                            for (std::size_t r = 0; r < task.rows; ++r)
                                std::memcpy(copy->row(r).data(), rows->row(r).data(), task.columns * sizeof(float));
                        },
                        result};
    return Prepared{[=] { static_cast<void>(kernels::hadamard(*rows, false, *pool)); }, result};
}

Result<Prepared> prepare(const Task& task) {
    if (!task.variant.empty()) return bad_parameter("variant", task.variant, "none: there is one way");
    auto pool = std::make_shared<ThreadPool>(task.threads);
    if (task.kernel == "f32") return prepare_float(task, pool);
    if (task.kernel == "gptq") return prepare_gptq(task, pool);
    if (task.kernel == "hadamard" || task.kernel == "memcpy") return prepare_rows(task, pool);
    auto packed = pack(task, *pool);
    if (!packed) return std::unexpected(packed.error());
    const auto weights = std::make_shared<std::vector<PackedMatrix>>();
    weights->push_back(std::move(*packed));
    while (weights->size() < task.copies) {
        PackedMatrix copy(weights->front().kind(), task.rows, task.columns, weights->front().group_size());
        std::ranges::copy(weights->front().data(), copy.data().begin());
        weights->push_back(std::move(copy));
    }
    const auto x =
        std::make_shared<Matrix>(task.tokens, task.columns, values_of(task.tokens * task.columns, kInputSeed));
    const auto out = std::make_shared<Matrix>(task.tokens, task.rows);
    return Prepared{[=, next = std::size_t{0}]() mutable {
                        kernels::matmul_packed(*x, (*weights)[next++ % weights->size()], *out, *pool);
                    },
                    [=] { return head_of(*out); }};
}

std::string version() {
    return std::string(data::kVersion).append(" (").append(kernels::instruction_set()).append(")");
}

}  // namespace

const Peer& ours() {
    static constexpr Peer peer{"quantlens", version, prepare};
    return peer;
}

}  // namespace quantlens::bench
