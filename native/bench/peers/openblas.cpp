// OpenBLAS, through the CBLAS interface (netlib.org/blas, cblas.h).
#include "bench/peers/library.h"
#include "bench/peers/peer.h"

namespace quantlens::bench {

namespace {

constexpr int kRowMajor = 101, kNoTranspose = 111, kTranspose = 112;  // enum CBLAS_ORDER, CBLAS_TRANSPOSE

struct Functions {
    void (*sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                  int lda, const float* b, int ldb, float beta, float* c, int ldc);
    void (*sgemv)(int order, int transpose, int m, int n, float alpha, const float* a, int lda, const float* x,
                  int incx, float beta, float* y, int incy);
    void (*set_threads)(int threads);
    char* (*config)();
};

const Result<Functions>& functions() {
    static const Result<Functions> all = []() -> Result<Functions> {
        const auto library = Library::open(QUANTLENS_OPENBLAS);
        if (!library) return std::unexpected(library.error());
        Functions f{};
        f.sgemm = library->find<std::remove_pointer_t<decltype(f.sgemm)>>("cblas_sgemm");
        f.sgemv = library->find<std::remove_pointer_t<decltype(f.sgemv)>>("cblas_sgemv");
        f.set_threads = library->find<std::remove_pointer_t<decltype(f.set_threads)>>("openblas_set_num_threads");
        f.config = library->find<std::remove_pointer_t<decltype(f.config)>>("openblas_get_config");
        if (!f.sgemm || !f.sgemv || !f.set_threads || !f.config)
            return bad_parameter("library", QUANTLENS_OPENBLAS,
                                 "one with cblas_sgemm, cblas_sgemv and OpenBLAS's own functions");
        return f;
    }();
    return all;
}

Result<Prepared> prepare(const Task& task) {
    if (!functions()) return std::unexpected(functions().error());
    if (task.kernel != "f32" || !task.variant.empty()) return bad_parameter("kernel", task.kernel, "f32");
    const Functions f = *functions();
    f.set_threads(int(task.threads));
    const auto weights = std::make_shared<std::vector<std::vector<float>>>(
        task.copies, values_of(task.rows * task.columns, kWeightSeed));
    const auto x = std::make_shared<std::vector<float>>(values_of(task.tokens * task.columns, kInputSeed));
    const auto out = std::make_shared<std::vector<float>>(task.tokens * task.rows);
    const int tokens = int(task.tokens), rows = int(task.rows), columns = int(task.columns);
    return Prepared{[=, next = std::size_t{0}]() mutable {
                        const float* w = (*weights)[next++ % weights->size()].data();
                        if (tokens == 1)
                            f.sgemv(kRowMajor, kNoTranspose, rows, columns, 1, w, columns, x->data(), 1, 0, out->data(),
                                    1);
                        else
                            f.sgemm(kRowMajor, kNoTranspose, kTranspose, tokens, rows, columns, 1, x->data(), columns,
                                    w, columns, 0, out->data(), rows);
                    },
                    [=] { return std::vector<float>(out->begin(), out->begin() + kResultValues); }};
}

std::string version() { return functions() ? functions()->config() : functions().error().message; }

}  // namespace

const Peer& openblas() {
    static constexpr Peer peer{"OpenBLAS", version, prepare};
    return peer;
}

}  // namespace quantlens::bench
