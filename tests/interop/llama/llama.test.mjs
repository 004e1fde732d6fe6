// Our GGUF files in llama.cpp (by way of node-llama-cpp): F32 gives the same greedy continuation and per-token
// log-probabilities within 1e-3 of ours; the quantized types load, and predict what our own quantized model predicts.
//
// The model: QUANTLENS_MODEL, else the reference model.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LlamaLogLevel, getLlama } from "node-llama-cpp";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const program = process.env.QUANTLENS ?? join(root, "build/native/quantlens");
const model = process.env.QUANTLENS_MODEL ?? join(root, "data/reference/model.safetensors");
const folder = mkdtempSync(join(tmpdir(), "quantlens-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const ours = (...args) => JSON.parse(execFileSync(program, [...args.map(String), "--json"], { encoding: "utf8" }));
const llama = await getLlama({ gpu: false, build: "never", maxThreads: 2, logLevel: LlamaLogLevel.error });

/** Opens the model as a GGUF file of this type. */
async function open(format) {
  const path = join(folder, `${format}.gguf`);
  ours("convert", model, "--to", "gguf", "--format", format, "--out", path);
  return llama.loadModel({ modelPath: path });
}

/** The bytes as their tokens. The tokenizer's order of ids is ours: a byte is its own id. */
function tokensOf(opened, bytes) {
  const tokens = opened.tokenize(bytes.toString("latin1").normalize("NFC"), false);
  assert.deepEqual([...tokens], [...bytes], "a byte is a token, and its id is its value");
  return tokens;
}

/** Natural logarithms of the probabilities after each token: logSoftmax[position][token]. */
async function logProbabilities(opened, tokens) {
  // Keys and values in F32 too: llama.cpp's usual F16 cache moves a log-probability by 3e-3.
  const cache = { experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" };
  const context = await opened.createContext({ contextSize: 512, batchSize: 512, flashAttention: false, ...cache });
  try {
    const results = await context.getSequence().controlledEvaluate([...tokens].map((token) => [token, { generateNext: { token: true, logits: true } }]));
    return results.map(({ next }) => {
      const logits = new Float64Array(256);
      for (const [token, logit] of next.logits) logits[token] = logit;
      const top = logits.reduce((a, b) => Math.max(a, b));
      const shift = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
      return logits.map((logit) => logit - shift);
    });
  } finally {
    await context.dispose();
  }
}

const likeliest = (row) => row.indexOf(row.reduce((a, b) => Math.max(a, b)));
const prompt = "It was a truth that nobody in the house had yet ";
const text = readFileSync(join(root, "data/evaluation.txt"));

/** Bits a byte of the first window of the evaluation text, as eval counts them. */
async function bitsPerByte(opened) {
  const window = text.subarray(0, 512);
  const rows = await logProbabilities(opened, tokensOf(opened, window));
  let sum = 0;
  for (let t = 0; t + 1 < window.length; ++t) sum -= rows[t][window[t + 1]];
  return sum / (window.length - 1) / Math.LN2;
}

test("F32: the same greedy continuation, and each byte's log-probability within 1e-3", async (t) => {
  const opened = await open("f32");
  const report = ours("generate", "--model", model, "--prompt", prompt, "--tokens", 300, "--temperature", 0);
  const written = Buffer.from(report.text, "utf8");
  assert.equal(written.length, 300);
  const start = Buffer.from(prompt);
  // llama.cpp is asked for its own likeliest byte after everything before it: the same text means that it would have
  // written it alone.
  const rows = await logProbabilities(opened, tokensOf(opened, Buffer.concat([start, written])));
  let largest = 0;
  for (let i = 0; i < written.length; ++i) {
    const row = rows[start.length - 1 + i];
    assert.equal(likeliest(row), written[i], `byte ${i} of the continuation`);
    largest = Math.max(largest, Math.abs(row[written[i]] - Math.log(report.new_probabilities[i])));
  }
  t.diagnostic(`largest difference of a log-probability: ${largest.toExponential(2)}`);
  assert.ok(largest < 1e-3, `${largest}`);
  await opened.dispose();
});

test("F32: the log-probability of each byte of the evaluation text within 1e-3", async (t) => {
  const opened = await open("f32");
  const window = text.subarray(0, 256);
  const rows = await logProbabilities(opened, tokensOf(opened, window));
  // generate tells the probability of the byte that it takes; asked after each 8th prefix, the likeliest one.
  let largest = 0;
  for (let length = 8; length <= window.length; length += 8) {
    const report = ours("generate", "--model", model, "--prompt", window.subarray(0, length).toString("utf8"), "--tokens", 1, "--temperature", 0);
    const row = rows[length - 1];
    const byte = likeliest(row);
    assert.equal(Buffer.from(report.text)[0], byte, `after ${length} bytes`);
    largest = Math.max(largest, Math.abs(row[byte] - Math.log(report.new_probabilities[0])));
  }
  assert.ok(largest < 1e-3, `${largest}`);
  const bits = await bitsPerByte(opened);
  const expected = ours("eval", "--model", model, "--text", join(root, "data/evaluation.txt"), "--windows", 1).bits_per_byte;
  t.diagnostic(`largest difference ${largest.toExponential(2)}; bits a byte ${bits.toFixed(5)} there, ${expected.toFixed(5)} here`);
  assert.ok(Math.abs(bits - expected) < 1e-3);
  await opened.dispose();
});

for (const format of ["f16", "q8_0", "q4_0", "q4_K", "q6_K"]) {
  test(`${format}: loads, and predicts what our model in ${format} predicts`, async (t) => {
    const opened = await open(format);
    const bits = await bitsPerByte(opened);
    const all = format === "f16" ? [] : ["--method", format, "--layers", "*"];
    const expected = ours("eval", "--model", model, "--text", join(root, "data/evaluation.txt"), "--windows", 1, ...all).bits_per_byte;
    t.diagnostic(`bits a byte ${bits.toFixed(4)} there, ${expected.toFixed(4)} here`);
    // llama.cpp also rounds the inputs of each product to 8 bits (F16: to 16), which ours does not.
    assert.ok(Math.abs(bits - expected) < 0.02, `${bits} there, ${expected} here`);
    await opened.dispose();
  });
}
