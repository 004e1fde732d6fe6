// The same request gives the same answer natively and in WebAssembly: codes differ in at most 0.01 % (a value on a rounding
// edge), numbers by at most 1e-5 of themselves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { flagsOf, native, npyOf, npyValues, wasmCore } from "./builds.mjs";

const kCodeShare = 1e-4;
const kRelative = 1e-5;
const kLayer = { synthetic: "128x512", synthetic_tokens: 600, seed: 3 };
const kMetrics = ["bits_per_weight", "bytes", "weight_mse", "weight_max_error", "weight_sqnr_db", "output_mse", "output_mse_rtn"];
const kArrays = ["dequantized", "codes", "scales", "zero_points", "column_groups", "column_scales", "outlier_columns", "output"];

const answer = await wasmCore();
const schema = answer({ op: "schema" }).body;

/** The defaults, then each setting in turn at a spread of its values. */
function* spread(method) {
  yield {};
  for (const field of method.fields) {
    if (field.kind === "flag") yield { [field.key]: !field.default };
    if (field.kind === "choice") for (const choice of field.choices) if (choice !== field.default) yield { [field.key]: choice };
    if (field.key === "bits") for (let bits = field.minimum; bits <= field.maximum; ++bits) if (bits !== field.default) yield { bits };
    if (field.key === "group_size") yield { group_size: 32 };
    if (field.key === "activation_bits") yield { activation_bits: 4 };
    if (field.key === "block_size" && method.id !== "gptq") yield { block_size: 128 };
    if (field.key === "vector_size") yield { vector_size: 2 };
    if (field.key === "alpha") yield { alpha: 0.75 };
    if (field.key === "threshold") yield { threshold: 3 };
    if (field.key === "outliers") yield { outliers: 2 };
  }
}

/** How far two equal settings may be apart, and where they are. */
function compareArray(name, mine, theirs, what) {
  assert.deepEqual(mine.shape, theirs.shape, `${what}: shape of ${name}`);
  let different = 0;
  const largest = theirs.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const allowed = name === "codes" ? 0 : kRelative * largest;
  for (let i = 0; i < theirs.data.length; ++i)
    if (!(Math.abs(mine.data[i] - theirs.data[i]) <= allowed)) ++different; // NaN is not within anything
  assert.ok(different <= kCodeShare * theirs.data.length, `${what}: ${different} of ${theirs.data.length} ${name} differ`);
}

const close = (a, b) => a === b || Math.abs(a - b) <= kRelative * Math.abs(b);

for (const method of schema.methods) {
  test(`${method.id} is the same natively and in WebAssembly`, () => {
    for (const settings of spread(method)) {
      const what = `${method.id} ${JSON.stringify(settings)}`;
      const wasm = answer({ op: "quantize", method: method.id, ...kLayer, ...settings, return: kArrays.join(",") });
      const tool = native("quantize", ["--method", method.id, ...flagsOf({ ...kLayer, ...settings }), "--out", "out"]);
      assert.deepEqual(wasm.body.parameters, tool.body.parameters, what);
      for (const key of kMetrics)
        assert.ok(close(wasm.body[key] ?? 0, tool.body[key] ?? 0), `${what}: ${key} is ${wasm.body[key]}, natively ${tool.body[key]}`);
      assert.deepEqual(Object.keys(wasm.arrays).sort(), Object.keys(tool.arrays).sort(), what);
      for (const [name, array] of Object.entries(tool.arrays)) compareArray(name, wasm.arrays[name], array, what);
    }
  });
}

test("every format encodes to the same bytes and decodes to the same numbers", () => {
  const values = answer({ op: "quantize", ...kLayer, return: "weights" }).arrays.weights.data;
  for (const format of schema.formats) {
    const blocks = answer({ op: "encode", format: format.id }, [{ name: "input", shape: [values.length], data: values }]).arrays.blocks;
    const back = answer({ op: "decode", format: format.id }, [{ ...blocks, name: "blocks" }]).arrays.output;
    const inputs = { "x.npy": npyOf(values), "given.bin": Buffer.from(blocks.data) };
    const encoded = native("encode", ["--format", format.id, "--in", "x.npy", "--out", "x.bin"], inputs);
    assert.deepEqual(new Uint8Array(encoded.files["x.bin"]), blocks.data, format.id);
    const decoded = native("decode", ["--format", format.id, "--in", "given.bin", "--out", "y.npy"], inputs);
    assert.deepEqual(npyValues(decoded.files["y.npy"]).data, back.data, format.id);
  }
});

test("the planner gives the same bytes", () => {
  const wasm = answer({ op: "memory", model: "gemma-3-27b", weights: "q4_K", kv_key: "int4", context: 9000, batch: 3 }).body;
  const tool = native("memory", ["--model", "gemma-3-27b", "--weights", "q4_K", "--kv-key", "int4", "--context", "9000", "--batch", "3"]);
  assert.deepEqual(wasm, tool.body);
});
