// A language model small enough to be made, trained and measured in a test, and texts for it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Widths of 256, so that k-quants' blocks fit its rows. */
export const config = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_act: "silu",
  vocab_size: 256,
  hidden_size: 256,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
  intermediate_size: 256,
  max_position_embeddings: 64,
  rope_theta: 10000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};

/** Numbers in (-1, 1), the same on every machine (a linear congruential generator). */
export function numbers(count, seed = 1) {
  let state = BigInt(seed);
  return Float32Array.from({ length: count }, () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 40n) / 2 ** 23 - 1;
  });
}

function tensors() {
  const { hidden_size: width, intermediate_size: ffn, vocab_size: vocabulary, head_dim: head } = config;
  const queries = config.num_attention_heads * head;
  const keys = config.num_key_value_heads * head;
  const layer = "model.layers.0";
  return [
    ["model.embed_tokens.weight", vocabulary, width],
    [`${layer}.input_layernorm.weight`, width],
    [`${layer}.self_attn.q_proj.weight`, queries, width],
    [`${layer}.self_attn.k_proj.weight`, keys, width],
    [`${layer}.self_attn.v_proj.weight`, keys, width],
    [`${layer}.self_attn.o_proj.weight`, width, queries],
    [`${layer}.post_attention_layernorm.weight`, width],
    [`${layer}.mlp.gate_proj.weight`, ffn, width],
    [`${layer}.mlp.up_proj.weight`, ffn, width],
    [`${layer}.mlp.down_proj.weight`, width, ffn],
    ["model.norm.weight", width],
  ].map(([name, ...shape], i) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = shape.length === 1 ? new Float32Array(count).fill(1) : numbers(count, i + 1).map((x) => x * 0.06);
    return { name, shape, values };
  });
}

/** Writes FOLDER/model.safetensors (F32, as Hugging Face lays it out) and FOLDER/config.json; the model's path. */
export function writeTinyModel(folder) {
  const list = tensors();
  let at = 0;
  const header = { __metadata__: { format: "pt" } };
  for (const { name, shape, values } of list) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  const path = join(folder, "model.safetensors");
  writeFileSync(path, Buffer.concat([length, text, ...list.map(({ values }) => Buffer.from(values.buffer))]));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return path;
}

/** A text with a pattern that a few steps can learn. */
export function writeText(path, sentences = 80) {
  const subjects = ["the rain", "a letter", "her sister", "the carriage"];
  const verbs = ["came late", "was silent", "went home", "pleased them"];
  const pick = numbers(2 * sentences, 7).map((x) => Math.floor((x + 1) * 2) % 4);
  const lines = Array.from({ length: sentences }, (_, i) => `${subjects[pick[2 * i]]} ${verbs[pick[2 * i + 1]]}.\n`);
  writeFileSync(path, lines.join(""));
  return path;
}
