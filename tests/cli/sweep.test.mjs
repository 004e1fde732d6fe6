// quantlens sweep: its rows, its file, and that a row is the same request as eval's.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { answer, inFolder, quantlens } from "./tool.mjs";
import { writeText, writeTinyModel } from "./tiny-model.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "quantlens-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const text = writeText(`${folder}/text.txt`, 20);
const given = ["--model", writeTinyModel(folder), "--text", text, "--calibration", text];

/** A row's settings as flags of eval. */
const flags = (settings) =>
  Object.entries(settings).flatMap(([key, value]) => {
    const name = `--${key.replaceAll("_", "-")}`;
    return value === true ? [name] : [name, value];
  });

test("a sweep of one method: a row a width and granularity, each with its figures and intervals", () => {
  const out = `${folder}/rtn.json`;
  const printed = answer("sweep", ...given, "--only", "rtn", "--out", out);
  const written = JSON.parse(readFileSync(out, "utf8"));
  assert.deepEqual(written, printed);
  assert.equal(written.text_bytes, readFileSync(text).length);
  assert.ok(written.instruction_set && written.version);
  const weightsOnly = written.rows.map(({ settings }) => settings).filter((s) => s.activation_bits === 16 && !s.plant_outliers);
  for (const bits of [8, 4, 3, 2])
    for (const layout of [{ granularity: "tensor" }, { granularity: "channel" }, { granularity: "group", group_size: 128 }, { granularity: "group", group_size: 32 }])
      assert.equal(weightsOnly.filter((s) => s.bits === bits && Object.entries(layout).every(([k, v]) => s[k] === v)).length, 1);
  for (const row of written.rows) {
    for (const key of ["bits_per_byte_increase", "kl_divergence", "top1_agreement", "bits_per_byte", "perplexity"]) {
      const [low, high] = row[`${key}_ci95`];
      assert.ok(low <= row[key] && row[key] <= high, `${key} of ${JSON.stringify(row.settings)}`);
    }
    assert.ok(row.bytes > 0 && row.tokens > 0 && row.quantized_bits_per_weight > 0);
  }
});

test("the same sweep is the same file, whatever the threads", () => {
  const files = [1, 3].map((threads) => {
    answer("sweep", ...given, "--only", "nf4", "--threads", threads, "--out", `${folder}/${threads}.json`);
    return readFileSync(`${folder}/${threads}.json`, "utf8");
  });
  assert.equal(files[0], files[1]);
});

test("rows without a method: the model itself, the KV cache, planted outliers", () => {
  const { rows } = answer("sweep", ...given, "--only", "none", "--out", `${folder}/none.json`);
  assert.deepEqual(rows[0].settings, {});
  assert.equal(rows[0].kl_divergence, 0);
  const formats = rows.map(({ settings }) => settings.kv_key).filter(Boolean);
  assert.deepEqual(formats, ["int8", "int4", "int3", "int2", "fp8_e4m3"]);
  const planted = rows.find(({ settings }) => settings.plant_outliers);
  assert.equal(planted.kl_divergence, 0);
});

test("a place, a method or a text that is wrong leaves no file", () => {
  inFolder((out) => {
    assert.equal(quantlens("sweep", ...given, "--only", "magic", "--out", `${out}/s.json`).status, 2);
    assert.equal(quantlens("sweep", "--model", given[1], "--text", "no-such.txt", "--out", `${out}/s.json`).status, 1);
    assert.equal(quantlens("sweep", ...given, "--only", "rtn", "--out", `${out}/missing/s.json`).status, 1);
    writeFileSync(`${folder}/empty.txt`, "");
    const empty = quantlens("sweep", ...given.with(3, `${folder}/empty.txt`), "--only", "rtn", "--out", `${out}/s.json`);
    assert.equal(empty.status, 1);
    assert.match(empty.stderr, /^error: the text has 0 tokens, must have at least 2/);
    assert.deepEqual(readdirSync(out), []);
  });
});

const committed = join(root, "data/sweep.json");
test("the committed sweep has every method and format, and a sample of its rows comes out again", { skip: !existsSync(committed) && "no data/sweep.json yet" }, () => {
  const sweep = JSON.parse(readFileSync(committed, "utf8"));
  const { methods } = answer("schema");
  for (const { id } of methods) assert.ok(sweep.rows.some(({ settings }) => settings.method === id), `no row of ${id}`);

  const evaluation = readFileSync(join(root, "data/evaluation.txt"));
  assert.equal(sweep.text_bytes, evaluation.length);
  const sample = [
    {},
    { method: "rtn", bits: 3, granularity: "group", group_size: 128, activation_bits: 16 },
    { method: "gptq", bits: 4, granularity: "channel", activation_bits: 16 },
    { method: "quarot", bits: 4, granularity: "channel", activation_bits: 4 },
    { method: "q4_K" },
    { kv_key: "int2", kv_value: "int2" },
  ];
  for (const settings of sample) {
    const row = sweep.rows.find((each) => {
      const keys = Object.keys(each.settings);
      return keys.length === Object.keys(settings).length && keys.every((key) => each.settings[key] === settings[key]);
    });
    assert.ok(row, `no row ${JSON.stringify(settings)}`);
    const now = answer("eval", "--text", join(root, "data/evaluation.txt"), ...flags(settings));
    assert.equal(now.bits_per_weight, row.bits_per_weight);
    // Another machine's vector units add in another order: a code on a rounding edge may fall the other way.
    const near = (key, tolerance) =>
      assert.ok(Math.abs(now[key] - row[key]) <= tolerance, `${key} of ${JSON.stringify(settings)}: ${row[key]}, now ${now[key]}`);
    near("bits_per_byte_increase", 5e-4 + 0.02 * Math.abs(row.bits_per_byte_increase));
    near("kl_divergence", 2e-4 + 0.02 * row.kl_divergence);
    near("bits_per_byte", 5e-4 + 0.02 * Math.abs(row.bits_per_byte_increase));
  }
});
