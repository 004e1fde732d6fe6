// quantlens train: what it learns, that nothing about the machine changes it, and what a stopped run leaves.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { answer, inFolder, inFolderAsync, program, quantlens } from "./tool.mjs";
import { writeText, writeTinyModel } from "./tiny-model.mjs";

const settings = (folder, ...more) => [
  ...["--text", `${folder}/text.txt`, "--model", `${folder}/model.safetensors`],
  ...["--batch", 4, "--sequence", 32, "--warmup", 2, "--learning-rate", 0.01, ...more],
];

function prepare(folder) {
  writeTinyModel(folder);
  writeText(`${folder}/text.txt`);
}

test("a few steps learn the text, and the held-out end of it is measured", () => {
  inFolder((folder) => {
    prepare(folder);
    const report = answer("train", ...settings(folder), "--steps", 20, "--out", `${folder}/out.safetensors`);
    assert.equal(report.step, 20);
    assert.equal(report.steps, 20);
    assert.ok(report.bits_per_byte < 4, `${report.bits_per_byte} bits a byte after 20 steps; it begins at 8`);
    assert.ok(report.held_out_bits_per_byte < 4.5, `${report.held_out_bits_per_byte} on the held-out text`);
    assert.ok(report.tokens_per_second > 0);

    // Every eighth window of the held-out end is scored: here the first one alone. eval scores the same bytes, with the
    // weights rounded to FP16 as they were written.
    const text = readFileSync(`${folder}/text.txt`);
    writeFileSync(`${folder}/end.txt`, text.subarray(Math.floor(text.length * 0.9)));
    const measured = answer("eval", "--model", `${folder}/out.safetensors`, "--text", `${folder}/end.txt`, "--windows", 1);
    assert.equal(measured.tokens, 63);
    assert.ok(Math.abs(measured.bits_per_byte - report.held_out_bits_per_byte) < 5e-3);
  });
});

test("without --model the reference model's shape is trained from random weights", () => {
  inFolder((folder) => {
    writeText(`${folder}/text.txt`);
    const sizes = ["--steps", 2, "--batch", 1, "--sequence", 16, "--optimizer", "adamw", "--held-out-share", 0];
    const report = answer("train", "--text", `${folder}/text.txt`, "--out", `${folder}/new.safetensors`, ...sizes);
    assert.ok(!("held_out_bits_per_byte" in report));
    const { tensors } = answer("inspect", `${folder}/new.safetensors`);
    assert.deepEqual(tensors.find(({ name }) => name === "model.layers.3.mlp.down_proj.weight").shape, [256, 512]);
    assert.ok(statSync(`${folder}/new.safetensors`).size <= 5e6);
  });
});

test("the number of threads, checkpoints and steps at once change no byte", () => {
  inFolder((folder) => {
    prepare(folder);
    for (const optimizer of ["muon", "adamw"]) {
      const files = [
        ["--threads", 1],
        ["--threads", 2, "--checkpoint-every", 3],
        ["--threads", 3, "--checkpoint-every", 1],
      ].map((more, i) => {
        const path = `${folder}/${optimizer}-${i}.safetensors`;
        answer("train", ...settings(folder, "--optimizer", optimizer, "--steps", 7, ...more), "--out", path);
        return readFileSync(path);
      });
      assert.ok(files[0].equals(files[1]) && files[0].equals(files[2]), optimizer);
    }
    answer("train", ...settings(folder, "--steps", 7, "--seed", 1), "--out", `${folder}/seed.safetensors`);
    assert.ok(!readFileSync(`${folder}/seed.safetensors`).equals(readFileSync(`${folder}/muon-0.safetensors`)));
  });
});

test("a run that was killed goes on from its checkpoint and ends in the same bytes, with one record of losses", async () => {
  await inFolderAsync(async (folder) => {
    prepare(folder);
    const small = ["--text", `${folder}/text.txt`, "--model", `${folder}/model.safetensors`, "--steps", 400, "--batch", 1, "--sequence", 16, "--optimizer", "adamw"];
    const run = (out, log, ...more) => ["train", ...small, "--out", out, "--log", log, ...more];
    const whole = `${folder}/whole.safetensors`;
    answer(...run(whole, `${folder}/whole.csv`));

    const out = `${folder}/out.safetensors`;
    const child = spawn(program, run(out, `${folder}/out.csv`, "--checkpoint-every", 5).map(String), { stdio: "ignore" });
    while (!existsSync(out)) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.on("exit", resolve));

    // Whatever was being written, the file that has the name is a whole checkpoint.
    const step = Number(answer("inspect", out).metadata["training.step"]);
    assert.ok(step >= 5 && step < 400, `killed at step ${step}`);
    answer(...run(out, `${folder}/out.csv`, "--resume", out));
    assert.ok(readFileSync(out).equals(readFileSync(whole)), `resumed at step ${step}`);

    // Steps after the last checkpoint were done twice, with the same losses.
    const lines = (path) => readFileSync(path, "utf8").trimEnd().split("\n");
    assert.deepEqual([...new Set(lines(`${folder}/out.csv`))], lines(`${folder}/whole.csv`));
    assert.equal(lines(`${folder}/whole.csv`).length, 401);
    assert.equal(lines(`${folder}/whole.csv`)[0], "step,bits_per_byte,learning_rate");
  });
});

test("a termination request leaves a checkpoint and says how to go on", async () => {
  await inFolderAsync(async (folder) => {
    prepare(folder);
    const out = `${folder}/out.safetensors`;
    const log = `${folder}/log.csv`;
    const args = ["train", ...settings(folder, "--steps", 100000), "--out", out, "--log", log];
    const child = spawn(program, args.map(String), { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    while (!existsSync(log) || statSync(log).size < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGTERM");
    const status = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(status, 1);
    assert.match(stderr, /^error: stopped at step \d+ of 100000; .*--resume .*out\.safetensors goes on\n$/);
    const step = Number(/step (\d+) of/.exec(stderr)[1]);
    assert.equal(Number(answer("inspect", out).metadata["training.step"]), step);
  });
});

test("quantization-aware training, scales and adapters are runs like any other", () => {
  inFolder((folder) => {
    prepare(folder);
    const bits = (...more) =>
      answer("train", ...settings(folder, "--steps", 4, ...more), "--out", `${folder}/out.safetensors`).bits_per_weight;
    assert.equal(bits("--learning", "weights"), 16);
    assert.ok(bits("--learning", "qat", "--bits", 3, "--group-size", 64) < 16);
    assert.ok(bits("--learning", "scales", "--base", "rtn", "--bits", 3, "--group-size", 64) < 16);
    assert.ok(bits("--learning", "lora", "--base", "nf4", "--rank", 2) < 16);
  });
});

test("a bad text, model, checkpoint, setting or place leaves no file and touches none", () => {
  inFolder((folder) => {
    prepare(folder);
    writeFileSync(`${folder}/short.txt`, "too short");
    writeFileSync(`${folder}/old.safetensors`, "precious");
    const before = readdirSync(folder).sort();
    const out = ["--out", `${folder}/old.safetensors`];
    const fails = (status, says, ...args) => {
      const result = quantlens("train", ...args);
      assert.equal(result.status, status, `${args.join(" ")}: ${result.status} ${result.stderr}`);
      assert.match(result.stderr, /^error: [^\n]+\n$/);
      assert.match(result.stderr, says);
      assert.equal(result.stdout, "");
      assert.deepEqual(readdirSync(folder).sort(), before);
      assert.equal(readFileSync(`${folder}/old.safetensors`, "utf8"), "precious");
    };
    const model = ["--model", `${folder}/model.safetensors`, "--sequence", 32];
    fails(1, /must have at least 33/, "--text", `${folder}/short.txt`, ...model, ...out, "--log", `${folder}/log.csv`);
    fails(1, /no-such\.txt: No such file/, "--text", `${folder}/no-such.txt`, ...model, ...out);
    fails(1, /old\.safetensors|safetensors/, "--text", `${folder}/text.txt`, "--model", `${folder}/old.safetensors`, ...out);
    fails(1, /no training checkpoint/, ...settings(folder), "--resume", `${folder}/model.safetensors`, ...out);
    fails(2, /--steps is 0/, ...settings(folder), "--steps", 0, ...out);
    fails(2, /--sequence is 65.*64/, "--text", `${folder}/text.txt`, "--model", `${folder}/model.safetensors`, "--sequence", 65, ...out);
    fails(2, /--base is magic|magic/, ...settings(folder), "--learning", "lora", "--base", "magic", ...out);
    fails(2, /--out/, ...settings(folder));
    fails(1, /missing/, ...settings(folder), ...out, "--log", `${folder}/missing/log.csv`);
    fails(1, /missing/, ...settings(folder), "--out", `${folder}/missing/out.safetensors`);
  });
});
