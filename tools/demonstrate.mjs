#!/usr/bin/env node
// What quantization does to the reference model, and what training after it mends: every figure from a run of quantlens.
//
// usage: node tools/demonstrate.mjs [sweep] [qat --novels FOLDER] [lora] [--model FILE] [--sweep FILE] [--qat-steps N]
//            [--lora-steps N] [--threads N]
//
// Prints Markdown on stdout. sweep: the table of 8, 4, 3 and 2 bits from data/sweep.json. qat: QAT at 3 and 2 bits against
// RTN and GPTQ, on text held out of the novels. lora: LoRA and QLoRA on data/adapter.txt. FOLDER holds the novels that the
// reference model was trained on (see data/reference/README.md); they are not part of the project.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    novels: { type: "string" },
    model: { type: "string", default: join(root, "data/reference/model.safetensors") },
    sweep: { type: "string", default: join(root, "data/sweep.json") },
    "qat-steps": { type: "string", default: "700" },
    "lora-steps": { type: "string", default: "60" },
    threads: { type: "string", default: "0" },
  },
});
const program = process.env.QUANTLENS ?? join(root, "build/native/quantlens");
const adapter = join(root, "data/adapter.txt");
const heldOutShare = 0.1; // of each novel, as when the reference model was trained
const scoredBytes = 16384; // of each novel's held-out end
const qatRates = { 3: 3e-4, 2: 1e-3 }; // bits -> learning rate: the coarser the marks, the farther the way to another one

const quantlens = (...args) => {
  const all = [...args.map(String), "--threads", options.threads, "--json"];
  return JSON.parse(execFileSync(program, all, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"] }));
};
const fixed = (value, digits = 4) => value.toFixed(digits);
const signed = (value, digits = 4) => (value < 0 ? "-" : "+") + Math.abs(value).toFixed(digits);
const interval = ([low, high], show = fixed) => `${show(low)} to ${show(high)}`;
const say = (...lines) => console.log(lines.join("\n"));
const table = (heading, rows) =>
  say(`| ${heading.join(" | ")} |`, `|${heading.map((_, i) => (i === 0 ? " --- " : " ---: ")).join("|")}|`, ...rows.map((row) => `| ${row.join(" | ")} |`), "");

/** The rows of the sweep that are compared in words. */
function sweepTable() {
  const { rows, text_bytes, instruction_set, version } = JSON.parse(readFileSync(options.sweep, "utf8"));
  const find = (wanted) =>
    rows.find(({ settings }) => Object.keys(settings).length === Object.keys(wanted).length && Object.entries(wanted).every(([key, value]) => settings[key] === value));
  const group = (method, bits, more) => ({ method, bits, ...more, activation_bits: 16 });
  const grouped = { granularity: "group", group_size: 128 };
  const wanted = [["unquantized", {}]];
  for (const bits of [8, 4, 3, 2]) {
    wanted.push([`RTN ${bits} bits, per channel`, group("rtn", bits, { granularity: "channel" })]);
    wanted.push([`RTN ${bits} bits, groups of 128`, group("rtn", bits, grouped)]);
    wanted.push([`GPTQ ${bits} bits, groups of 128`, group("gptq", bits, grouped)]);
    wanted.push([`AWQ ${bits} bits, groups of 128`, group("awq", bits, { group_size: 128 })]);
  }
  wanted.push(["RTN W4A4, groups of 128", { method: "rtn", bits: 4, ...grouped, activation_bits: 4 }]);
  wanted.push(["QuaRot W4A4, per channel", { method: "quarot", bits: 4, granularity: "channel", activation_bits: 4 }]);
  wanted.push(["QuaRot W4A4, GPTQ", { method: "quarot", bits: 4, granularity: "channel", activation_bits: 4, base: "gptq" }]);
  wanted.push(["NF4, blocks of 64", { method: "nf4" }], ["Q4_K", { method: "q4_K" }]);
  for (const format of ["int4", "int2"]) wanted.push([`KV cache ${format}`, { kv_key: format, kv_value: format }]);
  const outliers = { plant_outliers: 20 };
  wanted.push(["planted outliers, unquantized", outliers]);
  for (const [title, settings] of [
    ["RTN W8A8, groups of 128", { method: "rtn", bits: 8, ...grouped, activation_bits: 8 }],
    ["SmoothQuant W8A8", { method: "smoothquant", bits: 8, granularity: "channel", activation_bits: 8 }],
    ["RTN W4A4, groups of 128", { method: "rtn", bits: 4, ...grouped, activation_bits: 4 }],
    ["QuaRot W4A4, per channel", { method: "quarot", bits: 4, granularity: "channel", activation_bits: 4 }],
    ["RTN 4 bits, groups of 128", group("rtn", 4, grouped)],
    ["GPTQ 4 bits, groups of 128", group("gptq", 4, grouped)],
    ["AWQ 4 bits, groups of 128", group("awq", 4, { group_size: 128 })],
    ["RTN 3 bits, groups of 128", group("rtn", 3, grouped)],
    ["AWQ 3 bits, groups of 128", group("awq", 3, { group_size: 128 })],
  ])
    wanted.push([`planted outliers, ${title}`, { ...settings, ...outliers }]);

  say(`Evaluation passage, ${text_bytes} bytes; quantlens ${version}, ${instruction_set}. Bits a weight are those of the quantized matrices. Intervals at 95 %, paired with the unquantized model.`, "");
  table(
    ["", "bits a weight", "bits a byte", "increase", "95 % interval", "KL divergence", "same likeliest byte"],
    wanted.map(([title, settings]) => {
      const row = find(settings);
      if (!row) throw new Error(`the sweep has no row ${JSON.stringify(settings)}`);
      return [
        title,
        fixed(row.quantized_bits_per_weight, 2),
        fixed(row.bits_per_byte),
        signed(row.bits_per_byte_increase),
        interval(row.bits_per_byte_increase_ci95, signed),
        fixed(row.kl_divergence),
        `${fixed(100 * row.top1_agreement, 1)} %`,
      ];
    }),
  );
}

/** The 97.5 % point of Student's t for 1, 2, ... degrees of freedom. */
const studentT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Mean and 95 % interval of differences that belong together, a passage each. */
function pairedDifference(ones, others) {
  const differences = ones.map((one, i) => one - others[i]);
  const mean = differences.reduce((a, b) => a + b, 0) / differences.length;
  const variance = differences.reduce((a, b) => a + (b - mean) ** 2, 0) / (differences.length - 1);
  const half = studentT[differences.length - 2] * Math.sqrt(variance / differences.length);
  return [mean, mean - half, mean + half];
}

function qat(folder, novels) {
  const passages = novels.map((path, i) => {
    const text = readFileSync(path);
    const begin = Math.floor(text.length * (1 - heldOutShare));
    const passage = join(folder, `held-out-${i}.txt`);
    writeFileSync(passage, text.subarray(begin, begin + scoredBytes));
    return passage;
  });
  /** Bits a byte of each passage. */
  const evaluate = (model, ...more) => passages.map((text) => quantlens("eval", "--model", model, "--text", text, ...more));
  const results = [["unquantized", evaluate(options.model), 0]];
  const steps = options["qat-steps"];
  for (const bits of [3, 2]) {
    for (const method of ["rtn", "gptq"]) {
      const found = evaluate(options.model, "--method", method, "--bits", bits, "--group-size", 128);
      results.push([`${method.toUpperCase()} ${bits} bits`, found, bits]);
    }
    const out = join(folder, `qat-${bits}.safetensors`);
    const args = [
      ...["--learning", "qat", "--bits", bits, "--group-size", 128, "--steps", steps, "--batch", 8, "--sequence", 256],
      ...["--warmup", 10, "--optimizer", "adamw", "--learning-rate", qatRates[bits], "--weight-decay", 0, "--checkpoint-every", 1000000],
    ];
    quantlens("train", "--model", options.model, "--text", ...novels, "--out", out, "--held-out-share", heldOutShare, ...args);
    results.push([`QAT ${bits} bits, ${steps} steps`, evaluate(out), bits]);
  }
  const bitsOf = (found) => found.map(({ bits_per_byte }) => bits_per_byte);
  const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const rows = results.map(([title, found, bits]) => {
    const trained = results.find((each) => each[2] === bits && each[0].startsWith("QAT"));
    const difference = trained && trained[1] !== found ? pairedDifference(bitsOf(found), bitsOf(trained[1])) : undefined;
    return [title, fixed(mean(bitsOf(found))), difference ? signed(difference[0]) : "", difference ? interval(difference.slice(1), signed) : ""];
  });
  say(
    `The first ${scoredBytes} bytes of the held-out end of each of ${novels.length} novels. Asymmetric, groups of 128, all matrices of the layers: the stored bits are the same. QAT learns on the other nine tenths, batches of 8 x 256 bytes.`,
    "",
  );
  table(["", "bits a byte", "more than QAT", "95 % interval (paired, Student's t)"], rows);
}

function qlora(folder) {
  const text = readFileSync(adapter);
  const share = 0.25;
  const end = join(folder, "adapter-end.txt");
  writeFileSync(end, text.subarray(Math.floor(text.length * (1 - share))));
  const steps = options["lora-steps"];
  const common = [
    ...["--text", adapter, "--held-out-share", share, "--model", options.model, "--learning", "lora", "--rank", 8, "--alpha", 16],
    ...["--steps", steps, "--batch", 8, "--sequence", 128, "--warmup", 5, "--optimizer", "adamw"],
    ...["--learning-rate", 5e-3, "--weight-decay", 0, "--checkpoint-every", 1000000],
  ];
  const evaluate = (model, ...more) => quantlens("eval", "--model", model, "--text", end, ...more);
  const row = (title, { bits_per_byte, bits_per_byte_ci95 }, bytes) => [title, bytes === undefined ? "" : String(bytes), fixed(bits_per_byte), interval(bits_per_byte_ci95)];
  const plain = evaluate(options.model);
  const nf4 = evaluate(options.model, "--method", "nf4");
  const rows = [row("before, FP16", plain, plain.bytes), row("before, NF4", nf4, nf4.bytes)];
  for (const [title, ...base] of [
    ["LoRA on FP16"],
    ["QLoRA: NF4", "--base", "nf4"],
    ["QLoRA: NF4, double quantization", "--base", "nf4_dq"],
    ["QLoRA: NF4, LoftQ start", "--base", "nf4", "--loftq-iterations", 5],
  ]) {
    const out = join(folder, "lora.safetensors");
    const report = quantlens("train", ...common, "--out", out, ...base);
    rows.push(row(title, evaluate(out), report.bytes));
  }
  say(`data/adapter.txt, the last ${100 * share} % of it scored; rank 8, ${steps} steps on the rest.`, "");
  table(["", "bytes with adapters", "bits a byte", "95 % interval"], rows);
}

const parts = positionals.length > 0 ? positionals : ["sweep", "qat", "lora"];
if (parts.includes("qat") && !options.novels) {
  console.error("error: --novels FOLDER is needed: the texts that the reference model was trained on");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "quantlens-"));
try {
  if (parts.includes("sweep")) {
    say("### Methods at 8, 4, 3 and 2 bits", "");
    sweepTable();
  }
  if (parts.includes("qat")) {
    const names = readdirSync(options.novels).filter((name) => name.endsWith(".txt")).sort();
    say("### Quantization-aware training against rounding afterwards", "");
    qat(folder, names.map((name) => join(options.novels, name)));
  }
  if (parts.includes("lora")) {
    say("### LoRA and QLoRA", "");
    qlora(folder);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
