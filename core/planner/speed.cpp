#include "planner/speed.h"

#include <algorithm>
#include <cmath>

#include "planner/receipt_writer.h"

namespace quantlens::planner {
namespace {

/// Bytes of weights that one step reads: all of them once, but of the embedding only what the output product needs, and
/// of the experts those that the batch's tokens are expected to choose.
double weight_traffic(const ModelShape& m, const Memory& memory, const Load& load, ReceiptWriter& receipt) {
    const double embedding =
        receipt.given("embedding_bytes", memory.weights[std::size_t(Part::kEmbedding)], "bytes", "planned");
    const double share = receipt.given("output_share", m.tied_embeddings ? 1.0 : 0.5, "of the vocabulary matrices",
                                       "the look-up reads one row a token");
    const double attention =
        receipt.given("attention_bytes", memory.weights[std::size_t(Part::kAttention)], "bytes", "planned");
    const double ffn =
        receipt.given("feed_forward_bytes", memory.weights[std::size_t(Part::kFeedForward)], "bytes", "planned");
    const double norms = receipt.given("norms_bytes", memory.weights[std::size_t(Part::kNorms)], "bytes", "planned");
    if (!m.experts)
        return receipt.derived("weight_bytes", embedding * share + attention + ffn + norms, "bytes",
                               "embedding_bytes * output_share + attention_bytes + feed_forward_bytes + norms_bytes");
    const auto& e = *m.experts;
    const double batch = receipt.given("batch", double(load.batch), "sequences", "setting");
    const double experts = receipt.given("experts", double(e.count), "", m.source);
    const double top_k = receipt.given("top_k", double(e.top_k), "experts a token", m.source);
    const double read = receipt.derived("experts_read", experts * (1 - std::pow(1 - top_k / experts, batch)),
                                        "experts a layer", "experts * (1 - pow(1 - top_k / experts, batch))");
    const double all = count_parameters(m).of_part[std::size_t(Part::kFeedForward)];
    const double in_experts = double(m.layers - e.dense_layers) * double(e.count) * expert_parameters(m);
    const double expert_share = receipt.given("expert_share", in_experts / all, "of the feed-forward part", "counted");
    const double read_ffn =
        receipt.derived("feed_forward_read", ffn * (1 - expert_share + expert_share * read / experts), "bytes",
                        "feed_forward_bytes * (1 - expert_share + expert_share * experts_read / experts)");
    return receipt.derived("weight_bytes", embedding * share + attention + read_ffn + norms, "bytes",
                           "embedding_bytes * output_share + attention_bytes + feed_forward_read + norms_bytes");
}

/// Operations of one query token against `tokens` cached ones: two for each multiply-add, scores and sums.
double attention_operations(const ModelShape& m, double tokens) {
    const double windowed = double(m.windowed_layers());
    const double seen = (double(m.layers) - windowed) * tokens +
                        (m.window ? windowed * std::min(tokens, double(m.window->window)) : 0.0);
    const double width =
        m.latent ? 2.0 * double(m.latent->kv_rank) + double(m.latent->rope_dim) : 2.0 * double(m.head_dim);
    return 2.0 * seen * double(m.heads) * width;
}

}  // namespace

Result<Speed> plan_speed(const ModelShape& m, const Storage& storage, const Load& load, const Machine& machine) {
    if (!(machine.bandwidth_gb_s > 0)) return bad_parameter("bandwidth", machine.bandwidth_gb_s, "more than 0 GB/s");
    if (machine.compute_tflops && !(*machine.compute_tflops > 0))
        return bad_parameter("compute", *machine.compute_tflops, "more than 0 TFLOP/s");
    const auto memory = plan_memory(m, storage, load);
    if (!memory) return std::unexpected(memory.error());
    const auto counts = count_parameters(m);

    ReceiptWriter decode;
    const double weights = weight_traffic(m, *memory, load, decode);
    const double batch = decode.given("batch", double(load.batch), "sequences", "setting");
    const double cache = decode.given("kv_cache", memory->kv_total, "bytes", "planned");
    const double bandwidth = decode.given("bandwidth", machine.bandwidth_gb_s, "GB/s", "device");
    const double memory_seconds = decode.derived("memory_seconds", (weights + cache) / (bandwidth * 1e9), "s",
                                                 "(weight_bytes + kv_cache) / (bandwidth * 1000000000)");
    const double active = decode.given("active", counts.active, "parameters", "counted from the shape");
    const double attention = decode.given("attention_operations", attention_operations(m, double(load.context)),
                                          "operations a token", "two for each multiply-add over the cached tokens");
    double compute_seconds = 0;
    if (machine.compute_tflops) {
        const double peak = decode.given("peak", *machine.compute_tflops, "TFLOP/s", "device, dense");
        compute_seconds = decode.derived("compute_seconds", batch * (2 * active + attention) / (peak * 1e12), "s",
                                         "batch * (2 * active + attention_operations) / (peak * 1000000000000)");
    }
    const double step =
        decode.derived("step_seconds", std::max(memory_seconds, compute_seconds), "s",
                       machine.compute_tflops ? "max(memory_seconds, compute_seconds)" : "memory_seconds");
    Speed speed;
    speed.decode_bytes = weights + cache;
    speed.decode_operations = batch * (2 * active + attention);
    speed.decode_seconds = step;
    speed.decode_tokens_per_second = decode.derived("decode", batch / step, "tokens/s", "batch / step_seconds");
    speed.decode_receipt = decode.take();
    speed.bound = compute_seconds > memory_seconds ? "compute" : "memory";

    if (machine.compute_tflops) {
        ReceiptWriter prefill;
        prefill.given("active", counts.active, "parameters", "counted from the shape");
        const double vocabulary = prefill.given("output_parameters", output_parameters(m), "parameters",
                                                "the output product runs for the last token only");
        const double context = prefill.given("context", double(load.context), "tokens", "setting");
        prefill.given("batch", batch, "sequences", "setting");
        // A causal prompt: token t looks at t tokens, on average half of them.
        const double mean_attention =
            prefill.given("mean_attention_operations", attention_operations(m, (double(load.context) + 1) / 2),
                          "operations a token", "a token sees half of the prompt on average");
        const double operations = prefill.derived(
            "operations", batch * (context * (2 * (active - vocabulary) + mean_attention) + 2 * vocabulary),
            "operations",
            "batch * (context * (2 * (active - output_parameters) + mean_attention_operations) + 2 * "
            "output_parameters)");
        const double peak = prefill.given("peak", *machine.compute_tflops, "TFLOP/s", "device, dense");
        const double arithmetic =
            prefill.derived("compute_seconds", operations / (peak * 1e12), "s", "operations / (peak * 1000000000000)");
        prefill.given("weights", memory->weights_total, "bytes", "planned");
        prefill.given("bandwidth", bandwidth, "GB/s", "device");
        const double reading = prefill.derived("read_seconds", memory->weights_total / (bandwidth * 1e9), "s",
                                               "weights / (bandwidth * 1000000000)");
        speed.prefill_seconds =
            prefill.derived("prefill", std::max(arithmetic, reading), "s", "max(compute_seconds, read_seconds)");
        speed.prefill_receipt = prefill.take();
        speed.prefill_bytes = memory->weights_total;
        speed.prefill_operations = operations;
    } else {
        speed.prefill_unknown_because = "the device's dense peak is not known; give it with compute";
    }
    speed.assumptions = {
        "weights are read once a step, at the full bandwidth; reading and writing activations costs nothing",
        "the whole KV cache of every sequence is read once a step",
        "products run at the dense 16-bit peak; unpacking low-bit weights costs nothing",
        "reading and arithmetic overlap perfectly",
    };
    if (m.experts) speed.assumptions.push_back("tokens choose experts independently and evenly");
    if (m.latent) speed.assumptions.push_back("the latent cache is used without unpacking it (absorbed matrices)");
    return speed;
}

}  // namespace quantlens::planner
