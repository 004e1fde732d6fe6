// The golden cases that the page runs, and what it measures of the machine.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { browser, drawn, figure, holdRequests, near, numberIn, open, problemOf, serveAndLaunch, server, show, wake } from "./page.mjs";

serveAndLaunch();

/** Before anything is measured a sentence stands in the place of the bars, as tall as they: their height. */
async function awaited(fig) {
  assert.match(await fig.locator(".picture .words").innerText(), /measured yet\. Press measure/);
  assert.equal(await fig.locator(".picture svg").last().isVisible(), false);
  return (await fig.locator(".picture").boundingBox()).height;
}

test("every golden case that the page ships passes in this browser", async (t) => {
  const { page, goto, context, wrongs } = await open(browser, server.address);
  await goto();
  await show(page, "checks");
  const fig = figure(page.locator("#checks"), "Does this build compute");
  await fig.getByRole("button", { name: "run the checks" }).click();
  await page.waitForFunction(() => {
    const marks = document.querySelectorAll("#checks .check-marks i");
    const ran = document.querySelectorAll("#checks .check-marks :is(.is-passed, .is-failed)");
    return marks.length > 0 && ran.length === marks.length;
  });
  const said = await fig.locator(".sentence").textContent();
  t.diagnostic(said);
  await fig.getByRole("button", { name: "table" }).click();
  const failed = await fig.locator("tbody tr", { hasText: /FAILED|refused/ }).allTextContents();
  assert.deepEqual(failed, []);
  const marks = await fig.locator(".check-marks .is-passed").count();
  assert.ok(marks > 200);
  assert.ok(said.startsWith(`${marks} of ${marks} cases pass`), said);
  assert.match(said, /Core \d+\.\d+\.\d+, build (simd128|relaxed), kernels for \w+/);
  assert.deepEqual(wrongs, []);
  await context.close();
});

test("the checks can be stopped", async () => {
  const { page, goto, context } = await open(browser, server.address);
  await goto();
  await show(page, "checks");
  const fig = figure(page.locator("#checks"), "Does this build compute");
  const worker = await holdRequests(page, 20);
  await fig.getByRole("button", { name: "run the checks" }).click();
  await worker.held();
  await page.waitForSelector("#checks .check-marks .is-passed");
  await fig.getByRole("button", { name: "stop" }).click();
  await fig.getByRole("button", { name: "run the checks" }).and(page.locator(":enabled")).waitFor();
  const ran = fig.locator(".check-marks :is(.is-passed, .is-failed)");
  const before = await ran.count();
  await worker.letGo();
  // The case that was under way when it was stopped is the last one.
  await ran.nth(before).waitFor();
  await drawn(page);
  assert.equal(await ran.count(), before + 1);
  await context.close();
});

test("the device is measured, can be stopped, and is compared with a native report", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "quantlens-report-"));
  const { page, goto, context, wrongs } = await open(browser, server.address);
  await goto();
  await show(page, "this-device");
  const fig = figure(page.locator("#this-device"), "What this device gives");
  const measure = fig.getByRole("button", { name: "measure" });
  const height = await awaited(fig);
  const worker = await holdRequests(page, 2, "measure");
  await measure.click();
  await worker.held();
  await page.waitForFunction(() => document.querySelector("#this-device .controls [role=status]").textContent === "2 of 15");
  await fig.getByRole("button", { name: "stop" }).click();
  await measure.and(page.locator(":enabled")).waitFor();
  await worker.letGo();
  await measure.click();
  await page.waitForFunction(
    () => document.querySelector("#this-device .controls [role=status]").textContent === "" && document.querySelector("#this-device .picture svg"),
    undefined,
    { timeout: 120_000 },
  );
  assert.equal((await fig.locator(".picture").boundingBox()).height, height);
  t.diagnostic(await fig.locator(".sentence").textContent());
  assert.match(await fig.locator(".sentence").textContent(), /One core of this device, in the (simd128|relaxed) build/);
  await fig.getByRole("button", { name: "table" }).click();
  const rows = await fig.locator("tbody tr").evaluateAll((list) => list.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.equal(rows.length, 15);
  for (const row of rows) assert.match(row[3], /^[\d.,]+ (GB|GOP)\/s$/);
  const limits = { threads: 1, memory_gb_per_s: 12.5, cache_gb_per_s: 60, float_gop_per_s: 90, int8_gop_per_s: 300 };
  const same = { kernel: "matmul_packed q4_0", shape: "1 token, 4096 x 4096", data: "cold", threads: 1, seconds: 0.001, spread: 0.1, gb_per_s: 9.25, gop_per_s: 33, bound: "memory", share_of_limit: 0.7 };
  const report = join(folder, "report.json");
  writeFileSync(report, JSON.stringify({ version: "0.1.0", date: "2026-01-01", processor: "A native machine", instruction_set: "avx2", threads: 1, limits: [limits], rows: [same] }));
  await fig.locator("input[type=file]").setInputFiles(report);
  await fig.locator("tbody td", { hasText: "9.25 GB/s" }).waitFor();
  assert.match(await fig.locator(".picture").textContent(), /A native machine, avx2/);
  writeFileSync(report, "{}");
  await fig.locator("input[type=file]").setInputFiles([]);
  await fig.locator("input[type=file]").setInputFiles(report);
  await fig.locator(".problem", { hasText: "no report of quantbench" }).waitFor();
  assert.match(await problemOf(fig.locator("input[type=file]")), /no report of quantbench/);
  assert.deepEqual(wrongs, []);
  await context.close();
  rmSync(folder, { recursive: true });
});

test("the sizes of a weight are timed when asked, and the fewer bits take the less time", async () => {
  const { page, goto, context, wrongs } = await open(browser, server.address);
  await goto("#trade-offs");
  const fig = figure(page.locator("#trade-offs"), "The same sizes in time");
  await wake(page, "trade-offs/SpeedHere");
  const height = await awaited(fig);
  await fig.getByRole("button", { name: "measure" }).click();
  await fig.locator(".sentence b.is-good").waitFor();
  assert.equal(await fig.locator(".picture .words").count(), 0);
  assert.equal((await fig.locator(".picture").boundingBox()).height, height);
  await fig.getByRole("button", { name: "table", exact: true }).click();
  const rows = await fig.locator(".panel tbody tr").evaluateAll((list) => list.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const times = rows.map((row) => numberIn(row[1]));
  assert.equal(times.length, 3);
  assert.ok(times[2] < times[0], `4 bits took ${times[2]} ms, 32 bits ${times[0]} ms`);
  // 32 bits are 64 MiB; what is read a second, times the time, is that.
  near(numberIn(rows[0][2]) * times[0] * 1e6, 4096 * 4096 * 4, 2);
  near(numberIn(await fig.locator(".sentence b.is-good").textContent()), times[0] / times[2], 1);
  assert.deepEqual(wrongs, []);
  await context.close();
});
