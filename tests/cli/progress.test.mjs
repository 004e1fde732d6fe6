// Long work shows a bar on a terminal and is quiet in a pipe. (That successful commands leave stderr empty in a pipe is
// checked by every use of answer().)
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inFolder, program } from "./tool.mjs";
import { writeText, writeTinyModel } from "./tiny-model.mjs";

// util-linux's script gives a command a terminal; other systems' takes other flags.
const skip = process.platform !== "linux" && "needs script of util-linux";

/** What a terminal shows of a command whose stdout goes to a file, and that file. */
function onTerminal(folder, ...args) {
  const command = [program, ...args].map((word) => `'${word}'`).join(" ");
  const shown = spawnSync("script", ["-qec", `${command} > '${folder}/stdout'`, "/dev/null"], { encoding: "utf8", timeout: 120_000 });
  assert.equal(shown.status, 0, shown.stdout);
  return { terminal: shown.stdout, stdout: readFileSync(`${folder}/stdout`, "utf8") };
}

test("train and sweep: a bar with share, time left and how it goes, wiped at the end; stdout has the JSON alone", { skip }, () => {
  inFolder((folder) => {
    const model = writeTinyModel(folder);
    const text = writeText(`${folder}/text.txt`, 400); // both take longer than the half second after which a bar is drawn
    const train = ["train", "--model", model, "--text", text, "--steps", 250, "--batch", 2, "--sequence", 32, "--out", `${folder}/out.safetensors`];
    const sweep = ["sweep", "--model", model, "--text", text, "--calibration", text, "--only", "rtn", "--out", `${folder}/s.json`];
    for (const [args, note] of [[train, /bits a byte, \d+ tokens a second/], [sweep, /rtn, [2348] bits/]]) {
      const { terminal, stdout } = onTerminal(folder, ...args, "--json");
      assert.match(terminal, new RegExp(`${args[0]} \\[=* *\\] +\\d+ %, \\d+ s left, `));
      assert.match(terminal, note);
      assert.ok(terminal.endsWith("\r\x1b[K"), "the bar is wiped");
      assert.equal(stdout.trimEnd().split("\n").length, 1);
      JSON.parse(stdout);
    }
  });
});

test("other long commands draw it too", { skip }, () => {
  inFolder((folder) => {
    const { terminal } = onTerminal(folder, "quantize", "--synthetic", "1536x1024", "--method", "codebook", "--bits", 7);
    assert.match(terminal, /quantize \[=* *\] +\d+ %/);
  });
});
