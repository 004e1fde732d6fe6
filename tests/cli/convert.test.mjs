// quantlens convert: the model as files of other programs. Whether llama.cpp computes the same with them is checked in
// tests/interop/llama.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { join } from "node:path";
import { answer, inFolder, quantlens, readNpy } from "./tool.mjs";
import { config, writeText, writeTinyModel } from "./tiny-model.mjs";

const folder = mkdtempSync(join(tmpdir(), "quantlens-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const model = writeTinyModel(folder);

/** What `FILE:TENSOR` holds. */
function valuesOf(tensor) {
  return inFolder((out) => {
    answer("quantize", "--weights", tensor, "--method", "f32", "--out", out);
    return readNpy(`${out}/dequantized.npy`);
  });
}

test("safetensors in F32, F16 and BF16, with the config.json that Hugging Face's loader wants", () => {
  const text = writeText(`${folder}/text.txt`);
  const before = answer("eval", "--model", model, "--text", text).bits_per_byte;
  for (const [format, tolerance] of [["f32", 0], ["f16", 1e-3], ["bf16", 1e-2]]) {
    inFolder((out) => {
      const path = `${out}/copy.safetensors`;
      const report = answer("convert", model, "--to", "safetensors", "--format", format, "--out", path);
      assert.equal(report.bytes, readFileSync(path).length);
      const { metadata, tensors } = answer("inspect", path);
      assert.equal(metadata.format, "pt"); // transformers asks for it
      assert.equal(tensors.length, 11);
      for (const { type } of tensors) assert.equal(type.toLowerCase(), format);
      const written = JSON.parse(readFileSync(`${out}/config.json`, "utf8"));
      for (const [key, value] of Object.entries(config)) assert.deepEqual(written[key], value, key);
      const after = answer("eval", "--model", path, "--text", text).bits_per_byte;
      assert.ok(Math.abs(after - before) <= tolerance, `${format}: ${before} and ${after}`);
    });
  }
});

test("somebody else's config.json beside the output is left alone", () => {
  inFolder((out) => {
    writeFileSync(`${out}/config.json`, "theirs");
    answer("convert", model, "--to", "safetensors", "--out", `${out}/copy.safetensors`);
    assert.equal(readFileSync(`${out}/config.json`, "utf8"), "theirs");
  });
});

test("GGUF: architecture, shape, a tokenizer of 256 bytes", () => {
  inFolder((out) => {
    const path = `${out}/m.gguf`;
    answer("convert", model, "--to", "gguf", "--format", "f32", "--name", "tiny", "--out", path);
    const { kind, metadata } = answer("inspect", path);
    assert.equal(kind, "gguf");
    const expected = {
      "general.architecture": "llama",
      "general.name": "tiny",
      "llama.embedding_length": 256,
      "llama.block_count": 1,
      "llama.feed_forward_length": 256,
      "llama.attention.head_count": 4,
      "llama.attention.head_count_kv": 2,
      "llama.context_length": 64,
      "llama.rope.dimension_count": 64,
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.add_bos_token": false,
    };
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(metadata[key], value, key);
  });
});

test("GGUF: every tensor in each type is what the format makes of it", () => {
  const source = valuesOf(`${model}:model.layers.0.mlp.down_proj.weight`);
  assert.deepEqual(source.shape, [256, 256]);
  inFolder((out) => {
    for (const format of ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_K", "q6_K", "q5_K", "q2_K", "iq4_nl", "mxfp4"]) {
      const path = `${out}/${format}.gguf`;
      answer("convert", model, "--to", "gguf", "--format", format, "--out", path);
      const { tensors } = answer("inspect", path);
      const types = Object.fromEntries(tensors.map(({ name, type }) => [name, type.toLowerCase()]));
      assert.equal(types["blk.0.ffn_down.weight"], format.toLowerCase());
      assert.equal(types["blk.0.attn_norm.weight"], "f32"); // as llama.cpp keeps them
      assert.deepEqual(tensors.find(({ name }) => name === "token_embd.weight").shape, [256, 256]);

      answer("quantize", "--weights", `${model}:model.layers.0.mlp.down_proj.weight`, "--method", format, "--out", `${out}/q`);
      assert.deepEqual(valuesOf(`${path}:blk.0.ffn_down.weight`).values, readNpy(`${out}/q/dequantized.npy`).values, format);
    }
  });
});

test("GGUF: rows of queries and keys alternate between the halves of a head, as llama.cpp's rotation wants", () => {
  inFolder((out) => {
    answer("convert", model, "--to", "gguf", "--format", "f32", "--out", `${out}/m.gguf`);
    for (const [theirs, ours] of [["attn_q", "q_proj"], ["attn_k", "k_proj"], ["attn_v", "v_proj"]]) {
      const from = valuesOf(`${model}:model.layers.0.self_attn.${ours}.weight`);
      const to = valuesOf(`${out}/m.gguf:blk.0.${theirs}.weight`);
      const row = ({ values }, r) => values.slice(256 * r, 256 * (r + 1));
      for (const r of [0, 1, 31, 32, 63, 64, 100]) {
        const within = r % 64;
        const place = ours === "v_proj" ? r : r - within + 2 * (within % 32) + Math.floor(within / 32);
        assert.deepEqual(row(to, place), row(from, r), `${ours} row ${r}`);
      }
    }
  });
});

test("what cannot be converted leaves no file", () => {
  inFolder((out) => {
    writeFileSync(`${out}/old.gguf`, "precious");
    const fails = (status, says, ...args) => {
      const result = quantlens("convert", ...args);
      assert.equal(result.status, status, `${args.join(" ")}: ${result.status} ${result.stderr}`);
      assert.match(result.stderr, /^error: [^\n]+\n$/);
      assert.match(result.stderr, says);
      assert.deepEqual(readdirSync(out), ["old.gguf"]);
      assert.equal(readFileSync(`${out}/old.gguf`, "utf8"), "precious");
    };
    const place = ["--out", `${out}/old.gguf`];
    fails(2, /--to/, model, ...place);
    fails(2, /--to is onnx.*safetensors or gguf/, model, "--to", "onnx", ...place);
    fails(2, /nf4/, model, "--to", "gguf", "--format", "nf4", ...place);
    fails(2, /--format is q8_K, must be a type that llama\.cpp reads weights in/, model, "--to", "gguf", "--format", "q8_K", ...place);
    fails(2, /--format is q4_0.*f16, bf16 or f32/, model, "--to", "safetensors", "--format", "q4_0", ...place);
    fails(1, /No such file/, "no-such.safetensors", "--to", "gguf", ...place);
    fails(1, /safetensors/, `${folder}/config.json`, "--to", "gguf", ...place);
    fails(1, /missing/, model, "--to", "gguf", "--out", `${out}/missing/m.gguf`);
  });
});
