import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { file, inFolder, quantlens, writeNpy } from "./tool.mjs";

/** Exactly one line on stderr that begins with "error: ", and nothing on stdout. */
function fails(status, says, ...args) {
  const result = quantlens(...args);
  const shown = args.join(" ");
  assert.equal(result.status, status, `${shown}: exit ${result.status}, ${result.stderr}`);
  assert.equal(result.stdout, "", `${shown}: stdout`);
  assert.match(result.stderr, /^error: [^\n]+\n$/, shown);
  assert.match(result.stderr, says, shown);
}

/** A safetensors file of one tensor of two numbers. */
function writeSafetensors(path, name) {
  const header = Buffer.from(JSON.stringify({ [name]: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] } }));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  writeFileSync(path, Buffer.concat([length, header, Buffer.alloc(8)]));
  return path;
}

const five = ["--values", "0.15,-0.32,0.87,-1.23,2.45"];
const quantize = (...args) => ["quantize", ...five, ...args];

test("status 0: help of every command, the version, and a command that works", () => {
  assert.match(quantlens("--version").stdout, /^quantlens \d+\.\d+\.\d+\n$/);
  const help = quantlens("--help");
  assert.equal(help.status, 0);
  const commands = "quantize kv hadamard formats encode decode inspect schema memory speed models devices".split(" ");
  for (const command of commands) {
    assert.match(help.stdout, new RegExp(`^  ${command} `, "m"));
    const own = quantlens(command, "--help");
    assert.equal(own.status, 0, command);
    assert.equal(own.stderr, "", command);
    assert.match(own.stdout, /--json/, command);
  }
  assert.equal(quantlens(...quantize("--method", "rtn")).status, 0);
});

test("help lists a file that is named with or without its flag once", () => {
  assert.equal(quantlens("inspect", "--help").stdout.match(/An npy, safetensors or GGUF file/g).length, 1);
});

test("help gives ranges, units and defaults of every method", () => {
  const help = quantlens("quantize", "--help").stdout;
  for (const method of ["rtn", "gptq", "awq", "smoothquant", "llm-int8", "zeroquant", "quarot", "hqq", "codebook", "nf4", "fp4", "sparse"])
    assert.match(help, new RegExp(`^  ${method}: `, "m"));
  assert.match(help, /--bits 1 to 8 bits \(4\)/);
  assert.match(help, /--damping 0 to 1 \(0\.01\)/);
  assert.match(help, /--scheme symmetric\|asymmetric \(asymmetric\)/);
});

test("status 2: the command line is wrong", () => {
  fails(2, /command/);
  fails(2, /unknown command 'quantise'.*quantize/, "quantise");
  fails(2, /--colour/, ...quantize("--method", "rtn", "--colour", "red"));
  fails(2, /--method/, "quantize", ...five);
  fails(2, /magic.*one of rtn/, ...quantize("--method", "magic"));
  fails(2, /--bits is 9.*1 and 8/, ...quantize("--method", "rtn", "--bits", 9));
  fails(2, /--bits is 4\.5/, ...quantize("--method", "rtn", "--bits", "4.5"));
  fails(2, /--bits is four/, ...quantize("--method", "rtn", "--bits", "four"));
  fails(2, /--scheme is odd.*symmetric or asymmetric/, ...quantize("--method", "rtn", "--scheme", "odd"));
  fails(2, /--clip-ratio is nan/, ...quantize("--method", "rtn", "--clip-ratio", "nan"));
  fails(2, /--group-size is 0/, ...quantize("--method", "rtn", "--group-size", 0));
  fails(2, /rtn does not take --alpha; it takes --bits/, ...quantize("--method", "rtn", "--alpha", "0.5"));
  fails(2, /smoothquant does not take --damping/, ...quantize("--method", "smoothquant", "--damping", "0.01"));
  fails(2, /gptq needs/, ...quantize("--method", "gptq"));
  fails(2, /no layer/, "quantize", "--method", "rtn");
  fails(2, /--values and --synthetic/, ...quantize("--method", "rtn", "--synthetic", "4x4"));
  fails(2, /--values is 'x'/, "quantize", "--method", "rtn", "--values", "1,x");
  fails(2, /--synthetic is 4y4/, "quantize", "--method", "rtn", "--synthetic", "4y4");
  fails(2, /--threads/, ...quantize("--method", "rtn", "--threads", "-1"));
  fails(2, /--seed/, ...quantize("--method", "rtn", "--seed", "x"));
  fails(2, /--format/, "encode", "--in", "x.npy", "--out", "y");
  fails(2, /no model/, "memory");
  fails(2, /no-such-model/, "memory", "--model", "no-such-model");
  fails(2, /--weights is 'q9_9'.*q4_0/, "memory", "--model", "llama-3.1-8b", "--weights", "q9_9");
  fails(2, /--weights-norms is 'q9_9'.*q4_0/, "memory", "--model", "llama-3.1-8b", "--weights-norms", "q9_9");
  fails(2, /--kv-value is 'q9_9'.*q4_0/, "memory", "--model", "llama-3.1-8b", "--kv-value", "q9_9");
  fails(2, /--kv-key is 'q9_9'.*q4_0/, "generate", "--prompt", "a", "--tokens", 1, "--kv-key", "q9_9");
  fails(2, /^error: --models is missing, must be 1 to 1024 ids of models/, "cache-curve");
  fails(2, /^error: --models is 'x', must be one of .*llama-2-7b/, "cache-curve", "--models", "llama-2-7b,x");
  fails(2, /--contexts is 'x', must be a whole number/, "cache-curve", "--models", "llama-2-7b", "--contexts", "1024,x");
  for (const command of ["memory", "formats-that-fit"])
    fails(2, /--fit is given together with device, must be left out/, command, "--model", "llama-2-7b", "--device", "nvidia-rtx-4090", "--fit", 1e9);
  fails(2, /--synthetic-tokens is 65536, must be at most 128 for a layer of 4x1048576/, "quantize", "--method", "rtn", "--synthetic", "4x1048576", "--synthetic-tokens", 65536);
  fails(2, /--only is 'q9_9'.*q4_0/, "sweep", "--out", "x.json", "--only", "q9_9");
  inFolder((folder) => {
    const x = writeNpy(`${folder}/x.npy`, [32], Array(32).fill(1));
    fails(2, /q9_9.*q4_0/, "encode", "--format", "q9_9", "--in", x, "--out", `${folder}/y`);
  });
});

test("a refused command line is quoted as it was typed, with the command whose help tells more", () => {
  const rtn = quantize("--method", "rtn");
  fails(2, /^error: --bits is given 2 times \(4 and 5\), must be given once; see quantlens quantize --help\n$/, ...rtn, "--bits", 4, "--bits", 5);
  fails(2, /--seed is given 2 times \(1 and 2\)/, ...rtn, "--seed", 1, "--seed", 2);
  fails(2, /unknown flag '--Bits'; see quantlens quantize --help/, ...rtn, "--Bits", 4);
  fails(2, /unexpected argument 'extra'/, ...rtn, "extra", "more");
  fails(2, /--bits has no value after it; see quantlens quantize --help/, ...rtn, "--bits");
  fails(2, /--bits is '', must be a whole number between 1 and 8/, ...rtn, "--bits", "");
  fails(2, /--activation-order = maybe; a flag is given without a value/, "quantize", "--method", "gptq", "--synthetic", "4x8", "--activation-order=maybe");
  fails(2, /--threads is 1\.5, must be a whole number between 0 and 1024/, ...rtn, "--threads", "1.5");
  fails(2, /--seed is -1, must be a whole number between 0 and 2147483647/, ...rtn, "--seed", "-1");
  const train = ["train", "--text", "missing", "--out", "missing.safetensors"];
  for (const share of ["nan", "1", "-0.1", "x"])
    fails(2, new RegExp(`--held-out-share is ${share}, must be a number between 0 and 0\\.9`), ...train, "--held-out-share", share);
  fails(2, /--checkpoint-every is 0, must be a whole number between 1/, ...train, "--checkpoint-every", 0);
});

test('a flag whose value is empty, such as --out "$UNSET", is not taken as a flag that is not there', () => {
  fails(2, /--out is empty, must name a DIR/, ...quantize("--method", "rtn"), "--out", "");
  fails(2, /--weights is empty, must name a TENSOR/, "quantize", "--method", "rtn", "--weights", "");
  for (const source of ["--values", "--synthetic", "--layer"]) fails(2, new RegExp(`${source} is empty`), "quantize", "--method", "rtn", source, "");
  fails(2, /--config is empty/, "memory", "--model", "llama-3.1-8b", "--config", "");
  fails(1, /'': the name is empty/, "inspect", "");
  assert.equal(quantlens("generate", "--prompt", "", "--tokens", 1).status, 0);
});

test("status 1: the input is bad", () => {
  fails(1, /row 0, column 1/, "quantize", "--method", "rtn", "--values", "1,nan");
  fails(1, /no-such-file.npy: No such file/, "quantize", "--method", "rtn", "--weights", "no-such-file.npy");
  fails(1, /directory/, "quantize", "--method", "rtn", "--weights", file("npy"));
  fails(1, /no npy, GGUF or safetensors/, "inspect", file("README.md"));
  fails(1, /f32 has too many numbers to list them/, "representable", "--format", "f32");
  fails(1, /structures/, "inspect", file("npy/structured.npy"));
  inFolder((folder) => {
    const config = `${folder}/config.json`;
    const shape = { num_hidden_layers: 4, hidden_size: 256, num_attention_heads: 8, intermediate_size: 512, vocab_size: 256 };
    writeFileSync(config, "");
    fails(1, /config\.json is empty, must be a JSON object/, "memory", "--config", config);
    for (const key of ["hidden_size", "head_dim", "num_key_value_heads"]) {
      writeFileSync(config, JSON.stringify({ ...shape, [key]: 0 }));
      fails(1, new RegExp(`${key} is 0, must be whole numbers between 1`), "memory", "--config", config);
    }
    for (const [text, says] of [["[]", /config\.json is array, must be a JSON object/], ['{"a":NaN}', /config\.json is not valid JSON at byte 6/], ["{}", /config\.json lacks num_hidden_layers/]]) {
      writeFileSync(config, text);
      fails(1, says, "memory", "--config", config);
    }
    writeFileSync(config, JSON.stringify({ ...shape, num_attention_heads: 6 }));
    fails(1, /num_attention_heads is 6, must divide hidden_size, 256/, "memory", "--config", config);
    writeFileSync(config, JSON.stringify(shape));
    assert.equal(quantlens("memory", "--config", config).status, 0);
  });
});

test("names from a file cannot move the cursor of a terminal or break a line", () => {
  inFolder((folder) => {
    const path = writeSafetensors(`${folder}/m.safetensors`, "a\u001b[2J\nb\u0000c");
    fails(1, /tensor is 'x', must be one of a\\x1b\[2J b\\x00c\n$/, "quantize", "--method", "rtn", "--weights", `${path}:x`);
    const { stdout } = quantlens("inspect", path);
    assert.ok(stdout.includes("\na\\x1b[2J b\\x00c  f32"), stdout);
    assert.equal(JSON.parse(quantlens("inspect", path, "--json").stdout).tensors[0].name, "a\u001b[2J\nb\u0000c");
  });
});
