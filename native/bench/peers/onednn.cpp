// oneDNN (Debian's libdnnl): its matmul primitive, with the weights brought once into the layout that it asks for.
#include <algorithm>

#include "bench/peers/peer.h"

#if __has_include(<oneapi/dnnl/dnnl.hpp>)
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

namespace quantlens::bench {

namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const memory::desc& x, const memory::desc& weights,
                                      const memory::desc& out) {
#if DNNL_VERSION_MAJOR >= 3
    return {engine, x, weights, out};
#else
    return {dnnl::matmul::desc(x, weights, out), engine};
#endif
}

template <class T>
void fill(const memory& where, const std::vector<T>& values) {
    std::ranges::copy(values, static_cast<T*>(where.get_data_handle()));
}

/// Floats to floats, or 8-bit codes to exact 32-bit sums (which nobody scales: the peer's part is smaller than ours).
Result<Prepared> prepare(const Task& task) {
    const bool floats = task.kernel == "f32";
    if ((!floats && task.kernel != "int8") || !task.variant.empty())
        return bad_parameter("kernel", task.kernel, "f32 or int8");
    omp_set_num_threads(int(task.threads));
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    auto stream = std::make_shared<dnnl::stream>(engine);
    const Type from = floats ? Type::f32 : Type::s8, to = floats ? Type::f32 : Type::s32;
    const auto tokens = memory::dim(task.tokens), rows = memory::dim(task.rows), columns = memory::dim(task.columns);

    const auto plan = describe(engine, {{tokens, columns}, from, Tag::ab}, {{columns, rows}, from, Tag::any},
                               {{tokens, rows}, to, Tag::ab});
    memory plain({{columns, rows}, from, Tag::ba}, engine);
    const memory x(plan.src_desc(), engine), out(plan.dst_desc(), engine);
    if (floats) {
        fill(plain, values_of(task.rows * task.columns, kWeightSeed));
        fill(x, values_of(task.tokens * task.columns, kInputSeed));
    } else {
        fill(plain, codes_of(task.rows * task.columns, kWeightSeed));
        fill(x, codes_of(task.tokens * task.columns, kInputSeed));
    }
    auto weights = std::make_shared<std::vector<memory>>();
    for (std::size_t i = 0; i < task.copies; ++i) {
        weights->emplace_back(plan.weights_desc(), engine);
        dnnl::reorder(plain, weights->back()).execute(*stream, plain, weights->back());
        stream->wait();
    }
    const dnnl::matmul product(plan);
    return Prepared{[=, next = std::size_t{0}]() mutable {
                        product.execute(*stream, {{DNNL_ARG_SRC, x},
                                                  {DNNL_ARG_WEIGHTS, (*weights)[next++ % weights->size()]},
                                                  {DNNL_ARG_DST, out}});
                        stream->wait();
                    },
                    [=] {
                        std::vector<float> head(kResultValues);
                        for (std::size_t i = 0; i < head.size(); ++i)
                            head[i] = floats ? static_cast<const float*>(out.get_data_handle())[i]
                                             : float(static_cast<const std::int32_t*>(out.get_data_handle())[i]) *
                                                   kCodeScale * kCodeScale;
                        return head;
                    }};
}

std::string version() {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major)
        .append(".")
        .append(std::to_string(v->minor))
        .append(".")
        .append(std::to_string(v->patch));
}

}  // namespace

#else

namespace quantlens::bench {

namespace {
Result<Prepared> prepare(const Task& task) {
    return bad_parameter("kernel", task.kernel, "built with oneDNN's headers");
}
std::string version() { return "not found"; }
}  // namespace

#endif

const Peer& onednn() {
    static constexpr Peer peer{"oneDNN", version, prepare};
    return peer;
}

}  // namespace quantlens::bench
