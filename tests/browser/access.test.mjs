// No axe violation, in both themes and three widths, with every figure alive; and what axe cannot see.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { browser, figure, open, requireFromWeb, serveAndLaunch, server, settled, show } from "./page.mjs";

const axe = readFileSync(requireFromWeb.resolve("axe-core/axe.min.js"), "utf8");
serveAndLaunch();

const chaptersOf = (page) => page.locator(".opening, .chapter").evaluateAll((list) => list.map((item) => item.id));

describe("accessibility", () => {
  for (const theme of ["light", "dark"])
    for (const width of [360, 768, 1280])
      test(`axe finds nothing in the ${theme} theme at ${width} px`, async () => {
        // The policy forbids scripts of others, axe's too: only this test may look past it.
        const { page, wrongs, goto, context } = await open(browser, server.address, { theme, width, bypassCSP: true });
        await goto();
        for (const chapter of await chaptersOf(page)) await show(page, chapter);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
          return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
        });
        assert.deepEqual(found, []);
        assert.deepEqual(wrongs, []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `the page is ${wide} px wider than the window`);
        await context.close();
      });

  test("nothing is wider than a window of 320 px, and controls are large enough to touch", async () => {
    const { page, goto, context } = await open(browser, server.address, { width: 320, hasTouch: true });
    await goto();
    for (const chapter of await chaptersOf(page)) await show(page, chapter);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("button, .slider input, .segment, .cell, select, .switch")]
        .filter((control) => control.checkVisibility())
        .map((control) => ({ name: control.textContent || control.className, height: control.getBoundingClientRect().height }))
        .filter((control) => control.height < 43.5),
    );
    assert.deepEqual(small, []);
    await context.close();
  });

  test("a slider, a number in a sentence and a chart answer to keys", async () => {
    const { page, goto, context } = await open(browser, server.address);
    await goto();
    await show(page, "rounding");
    const fig = figure(page, "Your numbers, their codes");
    const slider = fig.locator(".slider input").first();
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await slider.inputValue(), "5");
    await fig.locator(".drag-number").focus();
    await page.keyboard.press("ArrowLeft");
    assert.equal(await slider.inputValue(), "4");
    await settled(page, "rounding");
    await fig.locator(".chart-stage").first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await fig.locator(".chart-readout").first().filter({ hasText: "\u22120.32" }).waitFor();
    await fig.getByRole("button", { name: "table" }).click();
    await fig.locator("table tbody tr").nth(4).waitFor();
    assert.equal(await fig.locator("table tbody tr").count(), 5);
    await context.close();
  });

  test("the theme is remembered", async () => {
    const { page, goto, context } = await open(browser, server.address);
    await goto();
    await page.getByLabel("dark").check({ force: true });
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    assert.equal(await paper(), "rgb(21, 23, 26)");
    await page.reload();
    assert.equal(await paper(), "rgb(21, 23, 26)");
    await page.getByLabel("system").check({ force: true });
    assert.equal(await paper(), "rgb(251, 250, 246)");
    await context.close();
  });
});
