// The language model's work in this browser, in a worker like the page's own: each time is measured and printed.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { browser, hasModel, open, serveAndLaunch, server, site } from "../page.mjs";

serveAndLaunch();

/** Runs in the page: starts the worker, gives it the model, and times its answers. Milliseconds are those of the worker. */
async function work([worker, modules, files]) {
  const place = (name) => new URL(`assets/${name}`, document.baseURI).href;
  const core = new Worker(place(worker), { type: "module" });
  const heard = () =>
    new Promise((done, fail) => {
      core.onmessage = ({ data: message }) => {
        if (message.kind === "ready" || message.kind === "answer") done(message);
        else if (message.kind !== "progress") fail(new Error(JSON.stringify(message)));
      };
    });
  core.postMessage({ kind: "start", modules: Object.fromEntries(Object.entries(modules).map(([name, file]) => [name, place(file)])) });
  const { build } = await heard();

  const bytes = {};
  for (const [name, file] of Object.entries(files)) bytes[name] = new Uint8Array(await (await fetch(place(file))).arrayBuffer());
  const array = (name, data) => ({ name, shape: [data.length], data });
  const texts = [array("calibration", bytes.calibration), array("text", bytes.evaluation)];

  const ask = async (request, arrays) => {
    core.postMessage({ kind: "ask", id: 0, request: JSON.stringify(request), arrays });
    const { json, milliseconds } = await heard();
    const answer = JSON.parse(json);
    if (answer.error) throw new Error(answer.error.message);
    return { answer, milliseconds };
  };
  /** How long the request takes, in steps of one, until the answer is `ready`. */
  const timed = async (request, arrays, ready) => {
    let total = 0;
    for (let finished = false; !finished; ) {
      const { answer, milliseconds } = await ask({ ...request, step_limit: 1 }, arrays);
      total += milliseconds;
      finished = ready(answer);
    }
    return total;
  };

  await ask({ op: "model" }, [array("model", bytes.model), array("config", bytes.config)]);
  const quantized = ({ progress }) => progress.matrices_done === progress.matrices;
  const times = { rtn: [], gptq: [], evaluation: [], written: [], step: [] };
  const kWritten = 400;
  // Of other settings each time: what was quantized before is not quantized again.
  for (const group_size of [128, 64, 32]) {
    const plan = (method) => ({ method, bits: 4, group_size, windows: 4 });
    for (const method of ["rtn", "gptq"]) times[method].push(await timed({ op: "eval", ...plan(method) }, texts, quantized));
    times.evaluation.push(await timed({ op: "eval", ...plan("rtn") }, texts, ({ done }) => done));
    const { milliseconds } = await ask({ op: "generate", ...plan("rtn"), windows: undefined, prompt: "The ", tokens: kWritten }, [texts[0]]);
    times.written.push((kWritten / milliseconds) * 1000);
  }
  const learning = { op: "train", learning: "lora", base: "nf4", rank: 8, steps: 8, batch: 1, sequence: 256 };
  const ends = Math.trunc(bytes.adapter.length * 0.9);
  const adapter = [texts[0], array("text", bytes.adapter.subarray(0, ends)), array("held_out", bytes.adapter.subarray(ends))];
  for (let step = 0; step < 6; step += 1) times.step.push((await ask({ ...learning, step_limit: 1 }, adapter)).milliseconds);
  times.step.shift(); // it quantizes the base
  core.terminate();
  return { build, times };
}

test("the model is quantized, measured and trained, and writes", { skip: !hasModel && "there is no model" }, async (t) => {
  const { page, goto, context } = await open(browser, server.address);
  await goto();
  const assets = readdirSync(join(site, "assets"));
  const asset = (name, ending) => assets.find((file) => file.startsWith(`${name}-`) && file.endsWith(ending));
  const { build, times } = await page.evaluate(work, [
    asset("worker", ".js"),
    { simd128: asset("quantlens-simd128", ".wasm"), relaxed: asset("quantlens-relaxed", ".wasm") },
    {
      model: asset("model", ".safetensors"),
      config: asset("config", ".json"),
      calibration: asset("calibration", ".txt"),
      evaluation: asset("evaluation", ".txt"),
      adapter: asset("adapter", ".txt"),
    },
  ]);
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  t.diagnostic(`the ${build} build, one thread; medians of ${times.rtn.length}`);
  // What a busy machine may take longer is a factor of 20; the goals themselves are printed.
  for (const [name, what, goal] of [
    ["rtn", "the model quantized to 4 bits by RTN", 100],
    ["gptq", "the same by GPTQ", 2000],
    ["evaluation", "2048 bytes evaluated", 1000],
    ["step", "a step of QLoRA on 256 bytes", 1000],
  ]) {
    const taken = median(times[name]);
    t.diagnostic(`${what}: ${taken.toFixed(0)} ms, goal ${goal} ms`);
    assert.ok(taken < goal * 20, `${what}: ${taken} ms`);
  }
  const written = median(times.written);
  t.diagnostic(`written at 4 bits: ${written.toFixed(0)} bytes a second, goal 400`);
  assert.ok(written > 400 / 20, `${written} bytes a second`);
  await context.close();
});
