#include "planner/counts.h"

#include "planner/receipt_writer.h"

namespace quantlens::planner {
namespace {

/// An expression and its value, grown term by term.
struct Sum {
    double value = 0;
    std::string expression;
    void add(double term, std::string_view text) {
        if (term == 0) return;
        value += term;
        if (!expression.empty()) expression += " + ";
        expression += text;
    }
    std::string text() const { return expression.empty() ? "0" : expression; }
};

struct Widths {
    double layers, hidden, heads, kv_heads, head_dim, ffn, vocab;
};

double embedding(const ModelShape& m, const Widths& w, ReceiptWriter& receipt) {
    Sum sum;
    const double width = m.embedding_width > 0
                             ? receipt.given("embedding_width", double(m.embedding_width), "values", m.source)
                             : w.hidden;
    const std::string width_name = m.embedding_width > 0 ? "embedding_width" : "hidden";
    const double matrices = receipt.given("vocabulary_matrices", m.tied_embeddings ? 1 : 2, "", m.source);
    sum.add(matrices * w.vocab * width, "vocabulary_matrices * vocab * " + width_name);
    if (m.embedding_width > 0) sum.add(2 * width * w.hidden, "2 * embedding_width * hidden");
    if (m.positions > 0)
        sum.add(receipt.given("positions", double(m.positions), "tokens", m.source) * w.hidden, "positions * hidden");
    return receipt.derived("embedding", sum.value, "parameters", sum.text());
}

double latent_attention(const ModelShape& m, const Widths& w, ReceiptWriter& receipt) {
    const auto& l = *m.latent;
    const double kv_rank = receipt.given("kv_rank", double(l.kv_rank), "values", m.source);
    const double rope = receipt.given("rope_dim", double(l.rope_dim), "values", m.source);
    const double nope = receipt.given("nope_dim", double(l.nope_dim), "values", m.source);
    const double value = receipt.given("value_dim", double(l.value_dim), "values", m.source);
    Sum sum;
    if (l.query_rank > 0) {
        const double rank = receipt.given("query_rank", double(l.query_rank), "values", m.source);
        sum.add(w.hidden * rank + rank * w.heads * (nope + rope),
                "hidden * query_rank + query_rank * heads * (nope_dim + rope_dim)");
    } else {
        sum.add(w.hidden * w.heads * (nope + rope), "hidden * heads * (nope_dim + rope_dim)");
    }
    sum.add(w.hidden * (kv_rank + rope), "hidden * (kv_rank + rope_dim)");
    sum.add(kv_rank * w.heads * (nope + value), "kv_rank * heads * (nope_dim + value_dim)");
    sum.add(w.heads * value * w.hidden, "heads * value_dim * hidden");
    return receipt.derived("attention_layer", sum.value, "parameters", sum.text());
}

double plain_attention(const ModelShape& m, const Widths& w, ReceiptWriter& receipt) {
    Sum sum;
    sum.add(2 * w.hidden * w.heads * w.head_dim, "2 * hidden * heads * head_dim");
    sum.add(2 * w.hidden * w.kv_heads * w.head_dim, "2 * hidden * kv_heads * head_dim");
    if (m.qkv_bias) sum.add((w.heads + 2 * w.kv_heads) * w.head_dim, "(heads + 2 * kv_heads) * head_dim");
    if (m.o_bias) sum.add(w.hidden, "hidden");
    if (m.attention_sinks) sum.add(w.heads, "heads");
    return receipt.derived("attention_layer", sum.value, "parameters", sum.text());
}

/// Parameters of an ordinary feed-forward part.
double dense_layer(const ModelShape& m, const Widths& w, ReceiptWriter& receipt) {
    Sum sum;
    const double matrices = receipt.given("ffn_matrices", m.gated ? 3 : 2, "", m.source);
    sum.add(matrices * w.hidden * w.ffn, "ffn_matrices * hidden * ffn");
    if (m.mlp_bias) sum.add((matrices - 1) * w.ffn + w.hidden, "(ffn_matrices - 1) * ffn + hidden");
    return receipt.derived("dense_layer", sum.value, "parameters", sum.text());
}

struct FeedForward {
    double total, active;
};

FeedForward feed_forward(const ModelShape& m, const Widths& w, ReceiptWriter& receipt) {
    if (!m.experts) {
        const double total = w.layers * dense_layer(m, w, receipt);
        receipt.derived("feed_forward", total, "parameters", "layers * dense_layer");
        return {total, total};
    }
    const auto& e = *m.experts;
    const double experts = receipt.given("experts", double(e.count), "", m.source);
    const double top_k = receipt.given("top_k", double(e.top_k), "experts a token", m.source);
    const double expert_ffn = receipt.given("expert_ffn", double(e.ffn), "values", m.source);
    Sum one;
    one.add(3 * w.hidden * expert_ffn, "3 * hidden * expert_ffn");
    if (e.expert_bias) one.add(2 * expert_ffn + w.hidden, "2 * expert_ffn + hidden");
    const double expert = receipt.derived("expert", one.value, "parameters", one.text());

    Sum rest;
    rest.add(w.hidden * experts, "hidden * experts");
    if (e.router_bias) rest.add(experts, "experts");
    if (e.shared > 0) {
        const double shared = receipt.given("shared_experts", double(e.shared), "", m.source);
        const double width = receipt.given("shared_ffn", double(e.shared_ffn), "values", m.source);
        rest.add(shared * 3 * w.hidden * width, "shared_experts * 3 * hidden * shared_ffn");
        if (e.shared_gate) rest.add(w.hidden, "hidden");
    }
    const double always = receipt.derived("router_and_shared", rest.value, "parameters", rest.text());

    Sum total, active;
    const double dense_layers = receipt.given("dense_layers", double(e.dense_layers), "layers", m.source);
    const double dense = e.dense_layers > 0 ? dense_layers * dense_layer(m, w, receipt) : 0;
    total.add((w.layers - dense_layers) * (always + experts * expert),
              "(layers - dense_layers) * (router_and_shared + experts * expert)");
    total.add(dense, "dense_layers * dense_layer");
    active.add((w.layers - dense_layers) * (always + top_k * expert),
               "(layers - dense_layers) * (router_and_shared + top_k * expert)");
    active.add(dense, "dense_layers * dense_layer");
    receipt.derived("active_feed_forward", active.value, "parameters", active.text());
    receipt.derived("feed_forward", total.value, "parameters", total.text());
    return {total.value, active.value};
}

double norms(const ModelShape& m, const Widths& w, ReceiptWriter& receipt) {
    const double vectors = receipt.given("norm_vectors", m.norm == NormKind::kRms ? 1 : 2, "a norm", m.source);
    const double each = receipt.given("norms_per_layer", double(m.norms_per_layer), "", m.source);
    Sum sum;
    const double last = receipt.given("final_norms", m.final_norm ? 1 : 0, "", m.source);
    sum.add((w.layers * each + last) * w.hidden * vectors,
            "(layers * norms_per_layer + final_norms) * hidden * norm_vectors");
    if (m.qk_norm) sum.add(2 * w.layers * w.head_dim, "2 * layers * head_dim");
    if (m.latent) {
        sum.add(w.layers * double(m.latent->kv_rank), "layers * kv_rank");
        if (m.latent->query_rank > 0) sum.add(w.layers * double(m.latent->query_rank), "layers * query_rank");
    }
    return receipt.derived("norms", sum.value, "parameters", sum.text());
}

}  // namespace

double output_parameters(const ModelShape& m) {
    return double(m.vocab) * double(m.embedding_width > 0 ? m.embedding_width : m.hidden);
}

double expert_parameters(const ModelShape& m) {
    if (!m.experts) return 0;
    const auto& e = *m.experts;
    return 3.0 * double(m.hidden) * double(e.ffn) + (e.expert_bias ? 2.0 * double(e.ffn) + double(m.hidden) : 0.0);
}

Counts count_parameters(const ModelShape& m) {
    ReceiptWriter receipt;
    Widths w{};
    w.layers = receipt.given("layers", double(m.layers), "layers", m.source);
    w.hidden = receipt.given("hidden", double(m.hidden), "values", m.source);
    w.heads = receipt.given("heads", double(m.heads), "heads", m.source);
    if (!m.latent) {
        w.kv_heads = receipt.given("kv_heads", double(m.kv_heads), "heads", m.source);
        w.head_dim = receipt.given("head_dim", double(m.head_dim), "values", m.source);
    }
    const bool has_dense_layers = !m.experts || m.experts->dense_layers > 0;
    if (has_dense_layers) w.ffn = receipt.given("ffn", double(m.ffn), "values", m.source);
    w.vocab = receipt.given("vocab", double(m.vocab), "tokens", m.source);

    Counts counts;
    auto& part = counts.of_part;
    part[std::size_t(Part::kEmbedding)] = embedding(m, w, receipt);
    const double layer = m.latent ? latent_attention(m, w, receipt) : plain_attention(m, w, receipt);
    part[std::size_t(Part::kAttention)] =
        receipt.derived("attention", w.layers * layer, "parameters", "layers * attention_layer");
    const auto ffn = feed_forward(m, w, receipt);
    part[std::size_t(Part::kFeedForward)] = ffn.total;
    part[std::size_t(Part::kNorms)] = norms(m, w, receipt);
    Sum active;
    active.add(output_parameters(m), m.embedding_width > 0 ? "vocab * embedding_width" : "vocab * hidden");
    if (m.embedding_width > 0) active.add(2 * double(m.embedding_width) * w.hidden, "2 * embedding_width * hidden");
    active.add(part[std::size_t(Part::kAttention)], "attention");
    active.add(ffn.active, m.experts ? "active_feed_forward" : "feed_forward");
    active.add(part[std::size_t(Part::kNorms)], "norms");
    counts.active = receipt.derived("active", active.value, "parameters", active.text());
    receipt.derived("total", counts.total(), "parameters", "embedding + attention + feed_forward + norms");
    counts.receipt = receipt.take();
    return counts;
}

}  // namespace quantlens::planner
