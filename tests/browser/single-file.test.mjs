// The one HTML file, opened from disk.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { figure, fileAddress, launch, open, settled, show, singleFile, slide } from "./page.mjs";

let browser;
before(async () => {
  assert.ok(existsSync(singleFile), `no ${singleFile}: run ./run single-file first`);
  browser = await launch();
});
after(() => browser?.close());

test("the single file works from disk and asks for nothing else", async () => {
  const { page, wrongs, goto, context } = await open(browser, fileAddress(singleFile));
  await goto();
  await show(page, "rounding");
  const fig = figure(page, "Your numbers, their codes");
  assert.equal(await fig.locator("[data-value=mse]").textContent(), "0.01624");
  await slide(fig.locator(".slider input").first(), 8);
  await settled(page, "rounding");
  assert.notEqual(await fig.locator("[data-value=mse]").textContent(), "0.01624");
  await show(page, "layer-lab");
  await show(page, "challenge");
  assert.deepEqual(wrongs, []);
  await context.close();
});
