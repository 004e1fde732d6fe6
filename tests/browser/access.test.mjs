// What a reader without a pointer can do, and what a reader has chosen is kept.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browser, figure, open, serveAndLaunch, server, settled, show } from "./page.mjs";

serveAndLaunch();

describe("accessibility", () => {
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

  test("a term's meaning can be pointed at, and goes with Escape or when the pointer leaves", async () => {
    const { page, goto, context } = await open(browser, server.address);
    // A busy machine's pointer takes its time: the page's own stands still meanwhile.
    await page.clock.install();
    await goto();
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000);
    const [term, card] = [page.locator("#opening a.term").first(), page.locator("#term-card")];
    const pointAt = async (locator) => {
      const box = await locator.boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
    };
    const longerThanTheWay = () => page.clock.runFor(500);
    await pointAt(term);
    await card.waitFor();
    assert.equal(await term.getAttribute("aria-describedby"), "term-card");
    await pointAt(card);
    await longerThanTheWay();
    assert.ok(await card.isVisible());
    await page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    await pointAt(term);
    await card.waitFor();
    await page.mouse.move(2, 2);
    assert.ok(await card.isVisible());
    await longerThanTheWay();
    await card.waitFor({ state: "detached" });
    assert.equal(await term.getAttribute("aria-describedby"), null);
    await term.focus();
    await card.waitFor();
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
