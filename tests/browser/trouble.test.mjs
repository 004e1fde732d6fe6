// Browsers that cannot run the core, and workers that die.
import assert from "node:assert/strict";
import { test } from "node:test";
import { beforeWorker, browser, figure, open, serveAndLaunch, server, show, slide, wake, withPlainSimd } from "./page.mjs";

serveAndLaunch();

test("without WebAssembly SIMD the page says so and keeps its text", async () => {
  const { page, goto, context } = await open(browser, server.address);
  await beforeWorker(page, "WebAssembly.validate = () => false");
  let workers = 0;
  page.on("worker", () => {
    workers += 1;
  });
  await goto();
  await page.waitForFunction(() => document.getElementById("banner").textContent.includes("WebAssembly SIMD"));
  await page.locator("#rounding").scrollIntoViewIfNeeded();
  // The core's answer may be here before the figure's script is.
  await page.locator("#opening .placeholder", { hasText: "needs WebAssembly SIMD" }).waitFor();
  assert.match(await page.locator("#rounding").innerText(), /Try it on your own numbers/);
  assert.equal(workers, 1, "a browser that cannot run the core is asked once");
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await context.close();
});

test("without WebAssembly SIMD every button that would wait for the core says why it cannot be pressed", async () => {
  const { page, goto, context, wrongs } = await open(browser, server.address, { reducedMotion: "reduce" });
  await beforeWorker(page, "WebAssembly.validate = () => false");
  await goto();
  await page.waitForFunction(() => document.getElementById("banner").textContent.includes("WebAssembly SIMD"));
  for (const [demo, name] of [
    ["gptq/OnTheModel", "measure"],
    ["qat/Curves", "train"],
    ["qlora/Adapters", "train"],
    ["trade-offs/SpeedHere", "measure"],
    ["this-device/Device", "measure"],
    ["checks/Checks", "run the checks"],
  ]) {
    await wake(page, demo);
    const button = page.locator(`[data-demo="${demo}"]`).getByRole("button", { name, exact: true });
    assert.equal(await button.isDisabled(), true, demo);
    assert.match(await button.locator("..").textContent(), /needs WebAssembly SIMD/, demo);
  }
  await wake(page, "own-data/Contents");
  const files = page.locator('[data-demo="own-data/Contents"]');
  const file = { name: "a.npy", mimeType: "application/octet-stream", buffer: Buffer.alloc(256) };
  await files.locator("input[type=file]").setInputFiles(file);
  await files.locator(".placeholder", { hasText: "needs WebAssembly SIMD" }).waitFor();
  assert.deepEqual(wrongs, []);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await context.close();
});

test("without relaxed SIMD the plain SIMD build answers", async () => {
  const { page, goto, context } = await open(browser, server.address);
  await withPlainSimd(page);
  await goto();
  await show(page, "rounding");
  assert.equal(await figure(page, "Your numbers").locator("[data-value=mse]").textContent(), "0.01624");
  await page.waitForFunction(() => document.getElementById("core-status").textContent.includes("WebAssembly SIMD build"));
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await context.close();
});

test("a worker that dies is started again, with the reader's settings kept", async () => {
  const { page, goto, context } = await open(browser, server.address);
  // The worker dies of a request for 7 bits, whenever it is asked for it.
  await beforeWorker(
    page,
    `self.addEventListener("message", (event) => {
       if (event.data.kind !== "ask" || JSON.parse(event.data.request).bits !== 7) return;
       event.stopImmediatePropagation();
       self.postMessage({ kind: "died", message: "memory access out of bounds" });
     })`,
  );
  await goto("#rounding?scheme=asymmetric&bits=3");
  const fig = figure(page, "Your numbers, their codes");
  await fig.locator(".slider input").first().waitFor();
  await page.waitForFunction(() => document.querySelector("#rounding [data-value=mse]"));
  await slide(fig.locator(".slider input").first(), 7);
  await fig.locator(".problem").first().waitFor();
  assert.match(await fig.locator(".problem").first().textContent(), /stopped twice/);
  await slide(fig.locator(".slider input").first(), 6);
  await fig.locator(".problem").first().waitFor({ state: "detached" });
  assert.equal(await fig.locator("input[value=asymmetric]").isChecked(), true);
  await fig.locator(".sentence", { hasText: "At 6 bits" }).waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await context.close();
});

/** A page whose scripts wait until they are let go. */
async function openWithoutScripts(hash, options) {
  const opened = await open(browser, server.address, { reducedMotion: "reduce", ...options });
  let letGo;
  const held = new Promise((done) => {
    letGo = done;
  });
  await opened.page.route(/\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  await opened.page.goto(server.address + hash, { waitUntil: "commit" });
  return { ...opened, letGo };
}

test("what is pressed and set before its script has come is done once it has", async () => {
  const { page, context, wrongs, letGo } = await openWithoutScripts("#rounding");
  const fig = figure(page, "Your numbers, their codes");
  const speed = page.locator('[data-demo="trade-offs/SpeedHere"]');
  await slide(fig.locator(".slider input").first(), 3);
  for (const scheme of ["asymmetric", "symmetric", "asymmetric"])
    await fig.locator(`input[value=${scheme}]`).check({ force: true });
  await fig.getByRole("button", { name: "link to this view" }).click();
  await speed.getByRole("button", { name: "measure" }).click();
  assert.equal(await page.locator("[data-awake]").count(), 0);
  letGo();
  await wake(page, "trade-offs/SpeedHere");
  await speed.locator(".sentence b.is-good").waitFor();
  await wake(page, "rounding/YourNumbers");
  await fig.locator(".sentence", { hasText: "At 3 bits" }).waitFor();
  assert.equal(await fig.locator("input[value=asymmetric]").isChecked(), true);
  const copied = await fig.locator("button[data-copied]").getAttribute("data-copied");
  assert.equal(copied, `${server.address}#rounding?bits=3&scheme=asymmetric`);
  assert.deepEqual(wrongs, []);
  await context.close();
});

test("the contents are opened by a press before their script has come", async () => {
  const { page, context, letGo } = await openWithoutScripts("", { width: 360 });
  await page.locator("#sheet-open").click();
  letGo();
  await page.locator("#sheet[open]").waitFor();
  await context.close();
});

test("a figure whose script does not come says so", async () => {
  const { page, goto, context } = await open(browser, server.address);
  await page.route(/\/demo-[^/]*\.js$/, (route) => route.fulfill({ status: 404, body: "" }));
  await goto("#rounding");
  await page.locator("#rounding .placeholder", { hasText: "could not be loaded" }).first().waitFor();
  await context.close();
});

test("workers that cannot load the core are given up after a few", async () => {
  const { page, goto, context } = await open(browser, server.address);
  let workers = 0;
  page.on("worker", () => {
    workers += 1;
  });
  await page.route(/\.wasm$/, (route) => route.fulfill({ status: 404, body: "" }));
  await goto();
  await page.waitForFunction(() => document.getElementById("banner").textContent.includes("cannot be computed"));
  await page.locator("#rounding").scrollIntoViewIfNeeded();
  assert.ok(workers < 8, `${workers} workers`);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await context.close();
});
