import assert from "node:assert/strict";
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
  inFolder((folder) => {
    const x = writeNpy(`${folder}/x.npy`, [32], Array(32).fill(1));
    fails(2, /q9_9.*q4_0/, "encode", "--format", "q9_9", "--in", x, "--out", `${folder}/y`);
  });
});

test("status 1: the input is bad", () => {
  fails(1, /row 0, column 1/, "quantize", "--method", "rtn", "--values", "1,nan");
  fails(1, /no-such-file.npy: No such file/, "quantize", "--method", "rtn", "--weights", "no-such-file.npy");
  fails(1, /directory/, "quantize", "--method", "rtn", "--weights", file("npy"));
  fails(1, /no npy, GGUF or safetensors/, "inspect", file("README.md"));
  fails(1, /structures/, "inspect", file("npy/structured.npy"));
});
