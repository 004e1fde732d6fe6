#include "planner/finetune.h"

#include <algorithm>
#include <cmath>

#include "formats/format.h"
#include "planner/counts.h"
#include "planner/receipt_writer.h"

namespace quantlens::planner {
namespace {

constexpr std::string_view kSetting = "setting";

bool adapts_attention_output(Adapted adapted) { return adapted != Adapted::kQueryValue; }
bool adapts_feed_forward(Adapted adapted) { return adapted == Adapted::kAll; }

/// An adapter of rank r beside a matrix [outputs x inputs] is A [r x inputs] and B [outputs x r]: r (inputs + outputs).
double adapter_parameters(const ModelShape& m, const FinetunePlan& plan, ReceiptWriter& receipt) {
    const double rank = receipt.given("rank", double(plan.rank), "", kSetting);
    const double layers = receipt.given("layers", double(m.layers), "layers", m.source);
    const double hidden = receipt.given("hidden", double(m.hidden), "values", m.source);
    const double queries = double(m.heads) * double(m.head_dim), keys = double(m.kv_heads) * double(m.head_dim);
    receipt.given("heads", double(m.heads), "heads", m.source);
    receipt.given("kv_heads", double(m.kv_heads), "heads", m.source);
    receipt.given("head_dim", double(m.head_dim), "values", m.source);
    receipt.derived("query_width", queries, "values", "heads * head_dim");
    receipt.derived("key_width", keys, "values", "kv_heads * head_dim");
    const bool four = adapts_attention_output(plan.adapted);
    const double attention =
        receipt.derived("attention_adapters",
                        rank * (four ? 2 * (hidden + queries) + 2 * (hidden + keys) : 2 * hidden + queries + keys),
                        "parameters a layer",
                        four ? "rank * (2 * (hidden + query_width) + 2 * (hidden + key_width))"
                             : "rank * (2 * hidden + query_width + key_width)");
    if (!adapts_feed_forward(plan.adapted))
        return receipt.derived("learnable", layers * attention, "parameters", "layers * attention_adapters");

    const double matrices = receipt.given("ffn_matrices", m.gated ? 3 : 2, "", m.source);
    double dense_layers = layers, in_experts = 0;
    if (m.experts) {
        const auto& e = *m.experts;
        dense_layers = receipt.given("dense_layers", double(e.dense_layers), "layers", m.source);
        const double count = receipt.given("experts", double(e.count), "a layer", m.source);
        const double width = receipt.given("expert_ffn", double(e.ffn), "values", m.source);
        const double shared = receipt.given("shared_experts", double(e.shared), "a layer", m.source);
        const double shared_width = receipt.given("shared_ffn", double(e.shared_ffn), "values", m.source);
        in_experts =
            receipt.derived("expert_adapters", rank * 3 * (count * (hidden + width) + shared * (hidden + shared_width)),
                            "parameters a layer",
                            "rank * 3 * (experts * (hidden + expert_ffn) + shared_experts * (hidden + shared_ffn))");
    }
    double dense = 0;
    if (dense_layers > 0) {
        const double ffn = receipt.given("ffn", double(m.ffn), "values", m.source);
        dense = receipt.derived("feed_forward_adapters", rank * matrices * (hidden + ffn), "parameters a layer",
                                "rank * ffn_matrices * (hidden + ffn)");
    }
    if (!m.experts)
        return receipt.derived("learnable", layers * (attention + dense), "parameters",
                               "layers * (attention_adapters + feed_forward_adapters)");
    return receipt.derived(
        "learnable", layers * attention + (layers - dense_layers) * in_experts + dense_layers * dense, "parameters",
        std::string{"layers * attention_adapters + (layers - dense_layers) * expert_adapters"} +
            (dense_layers > 0 ? " + dense_layers * feed_forward_adapters" : ""));
}

/// Bytes of the base: matrices in the plan's format, the rest in 16 bits, as QLoRA leaves it.
Result<double> base_bytes(const Counts& counts, const FinetunePlan& plan, ReceiptWriter& receipt) {
    const auto format = formats::find(plan.base, "weights");
    if (!format) return std::unexpected(format.error());
    const double bits = (*format)->bits_per_weight;
    if (plan.whole && bits < 16)
        return bad_parameter("weights", "'" + plan.base + "'",
                             "f16, bf16 or f32 where all weights learn: a gradient's small step would be rounded away");
    const auto part = [&](Part which) {
        return receipt.given(kPartNames[std::size_t(which)], counts.of_part[std::size_t(which)], "parameters",
                             "counted from the shape");
    };
    const double matrices = part(Part::kAttention) + part(Part::kFeedForward);
    const double others = part(Part::kEmbedding) + part(Part::kNorms);
    receipt.given("base_bits", bits, "bits a weight", "format " + plan.base);
    const double matrix_bytes = receipt.derived("matrix_bytes", std::ceil(matrices * bits / 8), "bytes",
                                                "ceil((attention + feed_forward) * base_bits / 8)");
    if (bits > 16)
        return receipt.derived("base", matrix_bytes + others * bits / 8, "bytes",
                               "matrix_bytes + (embedding + norms) * base_bits / 8");
    return receipt.derived("base", matrix_bytes + others * 2, "bytes", "matrix_bytes + (embedding + norms) * 2");
}

/// What the backward pass needs of one kind of layer, in values a token. Where a matrix is frozen and has no adapter,
/// its input is not among it: the gradient of an input takes the weights alone.
class LayerActivations {
public:
    LayerActivations(const ModelShape& m, const FinetunePlan& plan, ReceiptWriter& receipt)
        : m_(m), plan_(plan), receipt_(receipt), all_learn_(plan.whole) {
        hidden_ = receipt.given("hidden", double(m.hidden), "values", m.source);
        norms_ = receipt.given("norms_per_layer", double(m.norms_per_layer), "", m.source);
        receipt.given("heads", double(m.heads), "heads", m.source);
        receipt.given("kv_heads", double(m.kv_heads), "heads", m.source);
        receipt.given("head_dim", double(m.head_dim), "values", m.source);
        queries_ = receipt.derived("query_width", double(m.heads) * double(m.head_dim), "values", "heads * head_dim");
        keys_ = receipt.derived("key_width", double(m.kv_heads) * double(m.head_dim), "values", "kv_heads * head_dim");
        if (!all_learn_) rank_ = receipt.given("rank", double(plan.rank), "", kSetting);
        // The norms' inputs; queries, keys, values and the output of attention; what the matrices with adapters read
        // and is not there yet (the output projection reads attention's output), and what leaves each A.
        double value = norms_ * hidden_ + 2 * queries_ + 2 * keys_ + hidden_;
        std::string text = "norms_per_layer * hidden + 2 * query_width + 2 * key_width + hidden";
        if (m.qk_norm) {
            value += queries_ + keys_;
            text += " + query_width + key_width";
        }
        if (!all_learn_) {
            const bool four = adapts_attention_output(plan.adapted);
            value += (four ? 4 : 2) * rank_;
            text += four ? " + 4 * rank" : " + 2 * rank";
        }
        attention_ = receipt.derived("attention_kept", value, "values a token", text);
    }

    double dense() {
        const double ffn = receipt_.given("ffn", double(m_.ffn), "values", m_.source);
        return layer("dense_layer_kept", ffn, "ffn", m_.gated ? 3 : 2, 1);
    }
    double with_experts() {
        const auto& e = *m_.experts;
        const double top_k = receipt_.given("top_k", double(e.top_k), "experts a token", m_.source);
        const double width = receipt_.given("expert_ffn", double(e.ffn), "values", m_.source);
        const double shared = receipt_.given("shared_experts", double(e.shared), "a layer", m_.source);
        const double shared_width = receipt_.given("shared_ffn", double(e.shared_ffn), "values", m_.source);
        const double used = receipt_.derived("used_ffn", top_k * width + shared * shared_width, "values",
                                             "top_k * expert_ffn + shared_experts * shared_ffn");
        return layer("expert_layer_kept", used, "used_ffn", 3, double(e.top_k + e.shared));
    }

private:
    /// What is inside the feed-forward part: gate and up (one of them without a gate); with adapters or where all learn
    /// also its input, the product that the last matrix reads, and what leaves each A.
    double layer(std::string_view symbol, double width, const std::string& name, int matrices, double experts) {
        const double inner = matrices - 1;
        double value = attention_ + inner * width;
        std::string text = "attention_kept + " + to_text(inner) + " * " + name;
        if (all_learn_ || adapts_feed_forward(plan_.adapted)) {
            value += width + hidden_;
            text += " + " + name + " + hidden";
        }
        if (!all_learn_ && adapts_feed_forward(plan_.adapted)) {
            value += experts * matrices * rank_;
            text += " + " + to_text(experts * matrices) + " * rank";
        }
        return receipt_.derived(symbol, value, "values a token", text);
    }

    const ModelShape& m_;
    const FinetunePlan& plan_;
    ReceiptWriter& receipt_;
    bool all_learn_;
    double hidden_ = 0, norms_ = 0, queries_ = 0, keys_ = 0, rank_ = 0, attention_ = 0;
};

double activation_bytes(const ModelShape& m, const FinetunePlan& plan, ReceiptWriter& receipt) {
    const double batch = receipt.given("batch", double(plan.batch), "sequences", kSetting);
    const double context = receipt.given("context", double(plan.sequence), "tokens", kSetting);
    const double tokens = receipt.derived("tokens", batch * context, "tokens", "batch * context");
    const double layers = receipt.given("layers", double(m.layers), "layers", m.source);
    LayerActivations kept(m, plan, receipt);
    const double hidden = double(m.hidden);
    double all = 0, one = 0;
    std::string all_text, one_text;
    if (!m.experts) {
        one = kept.dense();
        all = layers * one;
        one_text = "dense_layer_kept";
        all_text = "layers * dense_layer_kept";
    } else {
        const double dense_layers = receipt.given("dense_layers", double(m.experts->dense_layers), "layers", m.source);
        one = kept.with_experts();
        all = (layers - dense_layers) * one;
        one_text = "expert_layer_kept";
        all_text = "(layers - dense_layers) * expert_layer_kept";
        if (dense_layers > 0) {
            const double dense = kept.dense();
            all += dense_layers * dense;
            all_text += " + dense_layers * dense_layer_kept";
            one = std::max(one, dense);
            one_text = "max(expert_layer_kept, dense_layer_kept)";
        }
    }
    double in_layers = 0;
    if (plan.checkpointing)
        in_layers = receipt.derived("in_layers", 2 * tokens * (layers * hidden + one), "bytes",
                                    "2 * tokens * (layers * hidden + " + one_text + ")");
    else
        in_layers = receipt.derived("in_layers", 2 * tokens * all, "bytes", "2 * tokens * (" + all_text + ")");
    const double vocab = receipt.given("vocab", double(m.vocab), "tokens", m.source);
    // Logits and their gradient in 32 bits.
    const double logits = receipt.derived("logits", 8 * tokens * vocab, "bytes", "8 * tokens * vocab");
    return receipt.derived("activations", in_layers + logits, "bytes", "in_layers + logits");
}

std::vector<std::string> assumptions_of(const FinetunePlan& plan) {
    std::vector<std::string> list;
    if (plan.whole) {
        list.emplace_back("every weight has a gradient and the optimizer's state; no copy of the weights in 32 bits");
    } else {
        list.emplace_back("embedding, output matrix and norms stay in 16 bits and are frozen");
        list.emplace_back("a frozen matrix is unpacked a piece at a time; that room is not counted");
    }
    list.emplace_back("activations are kept in 16 bits; attention's scores are worked out again, never kept");
    list.emplace_back(plan.checkpointing ? "checkpoints: the input of each layer, and one layer at a time in full"
                                         : "no checkpoints: what the backward pass needs of every layer is kept");
    list.emplace_back("logits and their gradient are kept in 32 bits");
    list.emplace_back("no dropout, no buffers of the runtime");
    return list;
}

}  // namespace

Result<FinetuneMemory> plan_finetune(const ModelShape& model, const FinetunePlan& plan) {
    if (plan.rank == 0) return bad_parameter("rank", plan.rank, "at least 1");
    if (plan.batch == 0) return bad_parameter("batch", plan.batch, "at least 1 sequence");
    if (plan.sequence == 0) return bad_parameter("context", plan.sequence, "at least 1 token");
    if (model.latent)
        return fail(ErrorCode::kUnsupported, "model",
                    model.name + " has latent attention; what finetuning it keeps is not worked out here");
    FinetuneMemory memory;
    const auto counts = count_parameters(model);
    if (plan.whole) {
        memory.learnable = counts.total();
        memory.learnable_receipt = counts.receipt;
    } else {
        ReceiptWriter receipt;
        memory.learnable = adapter_parameters(model, plan, receipt);
        memory.learnable_receipt = receipt.take();
    }
    ReceiptWriter base, activations, total;
    const auto bytes = base_bytes(counts, plan, base);
    if (!bytes) return std::unexpected(bytes.error());
    memory.base = *bytes;
    memory.base_receipt = base.take();
    memory.activations = activation_bytes(model, plan, activations);
    memory.activations_receipt = activations.take();

    const double learnable = total.given("learnable", memory.learnable, "parameters", "see what learns");
    const double each = total.given("learnable_bytes", plan.learnable_bytes, "bytes each", kSetting);
    const double state = total.given("optimizer_bytes", plan.optimizer_bytes, "bytes each", kSetting);
    total.given("base", memory.base, "bytes", "see the base's receipt");
    total.given("activations", memory.activations, "bytes", "see the activations' receipt");
    if (!plan.whole)
        memory.adapters = total.derived("adapters", learnable * each, "bytes", "learnable * learnable_bytes");
    memory.gradients = total.derived("gradients", learnable * each, "bytes", "learnable * learnable_bytes");
    memory.optimizer = total.derived("optimizer", learnable * state, "bytes", "learnable * optimizer_bytes");
    memory.total = total.derived(
        "total", memory.base + memory.adapters + memory.gradients + memory.optimizer + memory.activations, "bytes",
        plan.whole ? "base + gradients + optimizer + activations"
                   : "base + adapters + gradients + optimizer + activations");
    memory.total_receipt = total.take();
    memory.assumptions = assumptions_of(plan);
    return memory;
}

}  // namespace quantlens::planner
