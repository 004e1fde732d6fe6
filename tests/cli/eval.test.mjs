// quantlens eval and generate on a model that the test trains itself.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { answer, inFolder, quantlens, readNpy } from "./tool.mjs";
import { numbers, writeText, writeTinyModel } from "./tiny-model.mjs";

const folder = mkdtempSync(join(tmpdir(), "quantlens-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const text = writeText(`${folder}/text.txt`);
const model = `${folder}/trained.safetensors`;
answer("train", "--text", text, "--model", writeTinyModel(folder), "--out", model, "--steps", 40, "--batch", 4, "--sequence", 32, "--warmup", 2, "--learning-rate", 0.01);

const evaluate = (...more) => answer("eval", "--model", model, "--text", text, "--calibration", text, ...more);
const plain = evaluate();

test("the unquantized model: every key of the contract, no divergence, full agreement", () => {
  const keys =
    "tokens bits_per_byte bits_per_byte_increase bits_per_byte_increase_ci95 perplexity perplexity_ci95 kl_divergence kl_divergence_ci95 top1_agreement bits_per_weight bytes seconds";
  for (const key of keys.split(" ")) assert.ok(key in plain, key);
  assert.equal(plain.kl_divergence, 0);
  assert.equal(plain.top1_agreement, 1);
  assert.equal(plain.bits_per_byte_increase, 0);
  assert.equal(plain.bits_per_weight, 16);
  assert.ok(Math.abs(plain.perplexity - 2 ** plain.bits_per_byte) < 1e-9);
  const [low, high] = plain.perplexity_ci95;
  assert.ok(low < plain.perplexity && plain.perplexity < high);
});

test("no method, and the method 'none' of a request, are the same", () => {
  const { seconds: _, ...named } = evaluate("--method", "none");
  const { seconds: __, ...unnamed } = plain;
  assert.deepEqual(named, unnamed);
  const { status, stderr } = quantlens("eval", "--model", model, "--text", text, "--method", "none", "--bits", "4");
  assert.equal(status, 2);
  assert.match(stderr, /--bits belongs to a method/);
});

test("the means by position make the whole, and begin at zero where the newest tokens are kept", () => {
  const report = evaluate("--kv-key", "int2", "--kv-value", "int2", "--kv-group", 8, "--kv-residual", 32, "--positions", 16);
  const rows = report.by_position;
  assert.deepEqual(rows.map((row) => row.first), [1, 17, 33, 49]);
  const sum = (of) => rows.reduce((total, row) => total + of(row), 0);
  assert.equal(sum((row) => row.tokens), report.tokens);
  const divergence = sum((row) => row.tokens * row.kl_divergence) / report.tokens;
  assert.ok(Math.abs(divergence - report.kl_divergence) < 1e-9);
  assert.ok(Math.abs(rows[0].kl_divergence) < 1e-6 && rows[3].kl_divergence > 1e-4, `${rows.map((row) => row.kl_divergence)}`);
});

test("keys share scales along a channel or along a token", () => {
  const keys = (...more) => evaluate("--kv-key", "int2", "--kv-group", 8, "--kv-residual", 0, ...more).kl_divergence;
  assert.equal(keys("--kv-key-granularity", "channel"), keys());
  assert.notEqual(keys("--kv-key-granularity", "token"), keys());
  assert.notEqual(keys("--kv-rotate"), keys());
});

test("the first byte of each window is not scored, and a last short window is", () => {
  const length = readFileSync(text).length;
  assert.equal(plain.tokens, length - Math.ceil(length / 64)); // the model's context is 64
  assert.equal(evaluate("--windows", 2).tokens, 126);
  inFolder((other) => {
    writeFileSync(`${other}/t.txt`, readFileSync(text).subarray(0, 65));
    assert.equal(answer("eval", "--model", model, "--text", `${other}/t.txt`).tokens, 63); // one byte alone is no window
  });
});

test("fewer bits cost more, and the increase is the difference of the two", () => {
  const increases = [8, 4, 2].map((bits) => {
    const report = evaluate("--method", "rtn", "--bits", bits, "--group-size", 64);
    assert.ok(Math.abs(report.bits_per_byte - plain.bits_per_byte - report.bits_per_byte_increase) < 1e-6);
    assert.ok(report.kl_divergence > 0);
    const [low, high] = report.bits_per_byte_increase_ci95;
    assert.ok(low <= report.bits_per_byte_increase && report.bits_per_byte_increase <= high);
    assert.ok(report.bytes < plain.bytes);
    return report.bits_per_byte_increase;
  });
  assert.ok(Math.abs(increases[0]) < 0.01 && increases[1] > increases[0] && increases[2] > 2 * increases[1], `${increases}`);
});

test("methods, formats, activations, rotation, smoothing, a choice of layers and KV formats", () => {
  const ways = [
    ["--method", "gptq", "--bits", 3, "--group-size", 64],
    ["--method", "quarot"],
    ["--method", "q4_K"],
    ["--method", "rtn", "--activation-bits", 8],
    ["--method", "gptq", "--rotate"],
    ["--method", "rtn", "--bits", 8, "--smooth", 0.5, "--activation-bits", 8],
    ["--method", "nf4", "--layers", "*.mlp.*"],
    ["--kv-key", "int4", "--kv-value", "int2", "--kv-group", 32, "--kv-residual", 16],
    ["--activation-bits", 4],
  ];
  for (const way of ways) {
    const report = evaluate(...way);
    assert.ok(report.kl_divergence > 0 && report.kl_divergence < 3, `${way.join(" ")}: ${report.kl_divergence}`);
    assert.ok(Number.isFinite(report.bits_per_byte));
  }
  assert.ok(evaluate("--method", "nf4", "--layers", "*.mlp.*").bytes > evaluate("--method", "nf4").bytes);
});

test("planted outliers do not change the unquantized model, and cost the quantized one", () => {
  const planted = evaluate("--plant-outliers", 50);
  assert.equal(planted.kl_divergence, 0);
  assert.ok(Math.abs(planted.bits_per_byte - plain.bits_per_byte) < 1e-4);
  const harm = (...more) => evaluate("--method", "rtn", "--activation-bits", 4, ...more).bits_per_byte_increase;
  assert.ok(harm("--plant-outliers", 50) > harm() + 0.01);
});

test("threads change nothing, and the seed only the intervals", () => {
  const figures = ({ seconds, ...rest }) => (assert.ok(seconds >= 0), rest);
  const way = ["--method", "gptq", "--bits", 3];
  assert.deepEqual(figures(evaluate(...way, "--threads", 1)), figures(evaluate(...way, "--threads", 3)));
  const other = evaluate(...way, "--seed", 5);
  assert.equal(other.bits_per_byte, evaluate(...way).bits_per_byte);
  assert.notDeepEqual(other.perplexity_ci95, evaluate(...way).perplexity_ci95);
});

test("generate continues the prompt; the same seed writes the same, temperature 0 the likeliest", () => {
  const write = (...more) => answer("generate", "--model", model, "--prompt", "a letter ", "--tokens", 24, ...more);
  const report = write("--temperature", 0);
  assert.equal(report.tokens, 24);
  assert.equal(report.text.length, 24);
  assert.equal(write("--temperature", 0, "--seed", 9).text, report.text);
  assert.equal(write("--seed", 3).text, write("--seed", 3, "--threads", 1).text);
  assert.notEqual(write("--seed", 3).text, write("--seed", 4).text);
  assert.match(report.text, /came|was|went|pleased/); // what the model has learned
  const shown = quantlens("generate", "--model", model, "--prompt", "a letter ", "--tokens", 24, "--temperature", 0);
  assert.equal(shown.stdout, `a letter ${report.text}\n`);
  assert.notEqual(write("--temperature", 0, "--method", "rtn", "--bits", 1, "--scheme", "symmetric").text, report.text);
});

test("of a layer only the first outputs and inputs, if so wished", () => {
  inFolder((other) => {
    const layer = ["--layer", "model.layers.0.self_attn.q_proj.weight", "--model", writeTinyModel(other), "--calibration", text];
    const trace = answer("gptq-trace", ...layer, "--layer-rows", 3, "--layer-columns", 5, "--out", other);
    assert.deepEqual([trace.rows, trace.columns], [3, 5]);
    const whole = answer("quantize", ...layer, "--method", "rtn");
    assert.deepEqual([whole.rows, whole.columns], [256, 256]);
    // As writeTinyModel makes them: the third tensor's own numbers.
    const all = numbers(256 * 256, 3).map((x) => x * 0.06);
    const first = [0, 1, 2].flatMap((row) => [...all.subarray(256 * row, 256 * row + 5)]);
    assert.deepEqual([...readNpy(`${other}/weights.npy`).values], first);
  });
});

test("what cannot be evaluated is an error of one line", () => {
  const fails = (status, says, ...args) => {
    const result = quantlens(...args);
    assert.equal(result.status, status, `${args.join(" ")}: ${result.status} ${result.stderr}`);
    assert.match(result.stderr, /^error: [^\n]+\n$/);
    assert.match(result.stderr, says);
    assert.equal(result.stdout, "");
  };
  inFolder((other) => {
    writeFileSync(`${other}/one.txt`, "x");
    fails(1, /1 tokens.*at least 2/, "eval", "--model", model, "--text", `${other}/one.txt`);
    writeFileSync(`${other}/cut.safetensors`, readFileSync(model).subarray(0, 100000));
    fails(1, /byte/, "eval", "--model", `${other}/cut.safetensors`, "--text", text);
    const values = readFileSync(model);
    values.writeUInt16LE(0x7c00, values.length - 2); // infinity in the last tensor
    writeFileSync(`${other}/bad.safetensors`, values);
    fails(1, /not finite at element/, "eval", "--model", `${other}/bad.safetensors`, "--text", text);
  });
  fails(1, /no-such\.safetensors/, "eval", "--model", "no-such.safetensors", "--text", text);
  fails(2, /--text/, "eval", "--model", model);
  fails(2, /--bits belongs to a method/, "eval", "--model", model, "--text", text, "--bits", 3);
  fails(2, /magic/, "eval", "--model", model, "--text", text, "--method", "magic");
  fails(2, /--layers is lm_head/, "eval", "--model", model, "--text", text, "--method", "rtn", "--layers", "lm_head");
  fails(2, /kv.key.*int99|int99/, "eval", "--model", model, "--text", text, "--kv-key", "int99");
  fails(2, /--prompt/, "generate", "--model", model);
});
