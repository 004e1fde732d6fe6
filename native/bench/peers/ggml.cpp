// ggml, from the shared libraries of the npm package @node-llama-cpp/linux-x64, through its public C functions. Their
// declarations follow ggml.h, ggml-backend.h and ggml-cpu.h (ggml-org/llama.cpp, MIT); only what is called is declared.
#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "bench/peers/library.h"
#include "bench/peers/peer.h"

namespace quantlens::bench {

namespace {

struct Context;
struct Tensor;
struct Graph;
struct Pool;
struct Backend;
struct Device;
struct Registry;
struct Buffer;
struct BufferType;

struct ContextSize {  // struct ggml_init_params
    std::size_t bytes;
    void* memory;
    bool only_descriptions;
};

struct StorageType {
    const char* name;
    int type;                  // enum ggml_type
    std::size_t block, bytes;  // values and bytes of a block
};
constexpr StorageType kTypes[] = {
    {"f32", 0, 1, 4}, {"q4_0", 2, 32, 18}, {"q8_0", 8, 32, 34}, {"q4_K", 12, 256, 144}, {"q6_K", 14, 256, 210}};

struct Functions {
    Context* (*init)(ContextSize);
    void (*free)(Context*);
    Tensor* (*new_tensor_2d)(Context*, int type, std::int64_t columns, std::int64_t rows);
    Tensor* (*mul_mat)(Context*, Tensor* weights, Tensor* x);
    Graph* (*new_graph)(Context*);
    void (*expand)(Graph*, Tensor*);
    std::size_t (*tensor_overhead)();
    std::size_t (*graph_overhead)();
    std::size_t (*quantize_chunk)(int type, const float* from, void* to, std::int64_t start, std::int64_t rows,
                                  std::int64_t columns, const float* importance);
    Buffer* (*allocate)(Context*, BufferType*);
    void (*free_buffer)(Buffer*);
    void (*set)(Tensor*, const void* data, std::size_t offset, std::size_t size);
    void (*get)(const Tensor*, void* data, std::size_t offset, std::size_t size);
    int (*compute)(Backend*, Graph*);
    BufferType* (*plain_buffers)(Backend*);
    Device* (*device)(Backend*);
    bool (*supports)(Device*, const Tensor*);
    Registry* (*registry)(Device*);
    void* (*address)(Registry*, const char* name);
    void (*free_backend)(Backend*);
    void (*pool_parameters)(void* parameters, int threads);
    void (*log)(void (*hear)(int level, const char* text, void*), void*);
    // of the library for this processor
    Backend* (*cpu)();
    void (*set_threads)(Backend*, int threads);
    void (*set_pool)(Backend*, Pool*);
    Pool* (*new_pool)(void* parameters);
    void (*free_pool)(Pool*);
    std::string processor;  // "haswell", ...
};

template <class Function>
bool bind(const Library& library, const char* name, Function*& where) {
    return (where = library.find<Function>(name)) != nullptr;
}

/// ggml's own choice: of its libraries for processors the one that gives itself the highest score.
Result<std::string> best_library() {
    std::string best;
    int best_score = 0;
    for (const auto& entry : std::filesystem::directory_iterator(QUANTLENS_GGML_FOLDER)) {
        if (!entry.path().filename().string().starts_with("libggml-cpu-")) continue;
        const auto library = Library::open(entry.path());
        if (!library) continue;
        int (*score)() = nullptr;
        if (bind(*library, "ggml_backend_score", score) && score() > best_score) {
            best_score = score();
            best = entry.path();
        }
        library->close();
    }
    if (best.empty())
        return bad_parameter("library", QUANTLENS_GGML_FOLDER, "a folder with ggml's libraries for this processor");
    return best;
}

const Result<Functions>& functions() {
    static const Result<Functions> all = []() -> Result<Functions> {
        const auto base = Library::open(std::string(QUANTLENS_GGML_FOLDER) + "/libggml-base.so");
        if (!base) return std::unexpected(base.error());
        const auto path = best_library();
        if (!path) return std::unexpected(path.error());
        const auto cpu = Library::open(*path);
        if (!cpu) return std::unexpected(cpu.error());
        Functions f{};
        f.processor = std::filesystem::path(*path).stem().string().substr(std::string_view("libggml-cpu-").size());
        const bool complete =
            bind(*base, "ggml_init", f.init) && bind(*base, "ggml_free", f.free) &&
            bind(*base, "ggml_new_tensor_2d", f.new_tensor_2d) && bind(*base, "ggml_mul_mat", f.mul_mat) &&
            bind(*base, "ggml_new_graph", f.new_graph) && bind(*base, "ggml_build_forward_expand", f.expand) &&
            bind(*base, "ggml_tensor_overhead", f.tensor_overhead) &&
            bind(*base, "ggml_graph_overhead", f.graph_overhead) &&
            bind(*base, "ggml_quantize_chunk", f.quantize_chunk) &&
            bind(*base, "ggml_backend_alloc_ctx_tensors_from_buft", f.allocate) &&
            bind(*base, "ggml_backend_buffer_free", f.free_buffer) && bind(*base, "ggml_backend_tensor_set", f.set) &&
            bind(*base, "ggml_backend_tensor_get", f.get) && bind(*base, "ggml_backend_graph_compute", f.compute) &&
            bind(*base, "ggml_backend_get_default_buffer_type", f.plain_buffers) &&
            bind(*base, "ggml_backend_get_device", f.device) &&
            bind(*base, "ggml_backend_dev_supports_op", f.supports) &&
            bind(*base, "ggml_backend_dev_backend_reg", f.registry) &&
            bind(*base, "ggml_backend_reg_get_proc_address", f.address) &&
            bind(*base, "ggml_backend_free", f.free_backend) &&
            bind(*base, "ggml_threadpool_params_init", f.pool_parameters) && bind(*base, "ggml_log_set", f.log) &&
            bind(*cpu, "ggml_backend_cpu_init", f.cpu) && bind(*cpu, "ggml_backend_cpu_set_n_threads", f.set_threads) &&
            bind(*cpu, "ggml_backend_cpu_set_threadpool", f.set_pool) &&
            bind(*cpu, "ggml_threadpool_new", f.new_pool) && bind(*cpu, "ggml_threadpool_free", f.free_pool);
        if (!complete)
            return bad_parameter("library", *path, "a ggml whose public functions are those that this program calls");
        f.log([](int, const char*, void*) {}, nullptr);
        return f;
    }();
    return all;
}

/// Everything of one task. Freed in the order in which ggml's objects depend on one another.
struct Session {
    const Functions& f;
    Backend* backend = nullptr;
    Pool* pool = nullptr;
    Context *weights = nullptr, *work = nullptr;
    Buffer *weight_buffer = nullptr, *work_buffer = nullptr;
    std::vector<Graph*> graphs;
    Tensor* last = nullptr;
    std::size_t next = 0;

    explicit Session(const Functions& functions) : f(functions) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (work_buffer) f.free_buffer(work_buffer);
        if (weight_buffer) f.free_buffer(weight_buffer);
        if (work) f.free(work);
        if (weights) f.free(weights);
        if (backend) f.free_backend(backend);
        if (pool) f.free_pool(pool);
    }
};

/// The buffer type whose weights ggml interleaves when they are set, if it has one for this product.
BufferType* repacking_buffers(const Functions& f, Backend* backend) {
    using ExtraTypes = BufferType**(Device*);  // ggml_backend_dev_get_extra_bufts_t
    Device* device = f.device(backend);
    auto* extra = reinterpret_cast<ExtraTypes*>(f.address(f.registry(device), "ggml_backend_dev_get_extra_bufts"));
    BufferType** types = extra ? extra(device) : nullptr;
    return types ? types[0] : nullptr;
}

Result<Prepared> prepare(const Task& task) {
    if (!functions()) return std::unexpected(functions().error());
    const Functions& f = *functions();
    const auto* storage = std::ranges::find(kTypes, task.kernel, &StorageType::name);
    if (storage == std::end(kTypes)) return bad_parameter("kernel", task.kernel, "a type of ggml's");
    const bool repacked = task.variant == "repacked";
    if (!repacked && !task.variant.empty()) return bad_parameter("variant", task.variant, "repacked, or none");

    auto session = std::make_shared<Session>(f);
    session->backend = f.cpu();
    f.set_threads(session->backend, int(task.threads));
    alignas(64) std::array<std::uint8_t, 4096> parameters{};  // struct ggml_threadpool_params, which only ggml reads
    f.pool_parameters(parameters.data(), int(task.threads));
    session->pool = f.new_pool(parameters.data());
    f.set_pool(session->backend, session->pool);

    session->weights = f.init({task.copies * f.tensor_overhead() + 4096, nullptr, true});
    session->work = f.init({task.copies * (f.graph_overhead() + 2 * f.tensor_overhead()) + 65536, nullptr, true});
    const auto rows = std::int64_t(task.rows), columns = std::int64_t(task.columns), tokens = std::int64_t(task.tokens);
    std::vector<Tensor*> copies;
    for (std::size_t i = 0; i < task.copies; ++i)
        copies.push_back(f.new_tensor_2d(session->weights, storage->type, columns, rows));
    BufferType* type = repacked ? repacking_buffers(f, session->backend) : f.plain_buffers(session->backend);
    if (type == nullptr) return bad_parameter("variant", task.variant, "one that this ggml has");
    session->weight_buffer = f.allocate(session->weights, type);
    Tensor* x = f.new_tensor_2d(session->work, 0, columns, tokens);
    for (Tensor* copy : copies) {
        session->last = f.mul_mat(session->work, copy, x);
        if (!f.supports(f.device(session->backend), session->last))
            return bad_parameter("variant", task.variant, "one that ggml has for this type");
        session->graphs.push_back(f.new_graph(session->work));
        f.expand(session->graphs.back(), session->last);
    }
    session->work_buffer = f.allocate(session->work, f.plain_buffers(session->backend));

    const std::size_t count = task.rows * task.columns, bytes = count / storage->block * storage->bytes;
    static Blocks last;
    const auto& blocks = last.of(task, [&] {
        const std::vector<float> values = values_of(count, kWeightSeed);
        std::vector<std::uint8_t> made(bytes);
        if (storage->type == 0)
            std::memcpy(made.data(), values.data(), bytes);
        else
            f.quantize_chunk(storage->type, values.data(), made.data(), 0, rows, columns, nullptr);
        return made;
    });
    for (Tensor* copy : copies) f.set(copy, blocks.data(), 0, bytes);
    const std::vector<float> inputs = values_of(task.tokens * task.columns, kInputSeed);
    f.set(x, inputs.data(), 0, inputs.size() * sizeof(float));

    return Prepared{
        [session] { session->f.compute(session->backend, session->graphs[session->next++ % session->graphs.size()]); },
        [session] {
            while (session->next % session->graphs.size() != 0)
                session->f.compute(session->backend, session->graphs[session->next++ % session->graphs.size()]);
            std::vector<float> head(kResultValues);
            session->f.get(session->last, head.data(), 0, head.size() * sizeof(float));
            return head;
        }};
}

std::string version() { return functions() ? "library for " + functions()->processor : functions().error().message; }

}  // namespace

const Peer& ggml() {
    static constexpr Peer peer{"ggml", version, prepare};
    return peer;
}

}  // namespace quantlens::bench
