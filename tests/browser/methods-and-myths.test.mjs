// Method cards, tree, published tables and myths.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { commandOf, figure, near, numberIn, onPage, root, runNative, serveAndLaunch, settled, show, slide } from "./page.mjs";

serveAndLaunch();

const published = JSON.parse(readFileSync(join(root, "data/published.json"), "utf8")).tables;

describe("method-cards", () => {
  test("the errors of a layer are the command line's, in both leagues and with larger inputs", () =>
    onPage(async (page) => {
      await show(page, "method-cards");
      const fig = figure(page, "One layer, one input, every method");
      await fig.getByRole("button", { name: "table" }).click();
      const check = async () => {
        await settled(page, "method-cards");
        const answer = runNative(await commandOf(fig));
        const cells = await fig.locator(".panel tbody tr").nth(1).locator("td").allTextContents();
        near(numberIn(cells[1]), answer.bits_per_weight, 4);
        near(numberIn(cells[4]), answer.output_mse, 3);
      };
      await check();
      await slide(fig.locator(".slider input").first(), 5);
      await check();
      await fig.locator("input[value=both]").check({ force: true });
      await check();
    }));
});

describe("taxonomy", () => {
  test("every link leads to a place on the page, and branches open and close by keys", () =>
    onPage(async (page) => {
      const targets = await page.locator(".tree a").evaluateAll((links) => links.map((a) => a.getAttribute("href")));
      assert.ok(targets.length >= 10);
      for (const target of targets) assert.equal(await page.locator(target).count(), 1, target);
      const branch = page.locator(".tree details").nth(1);
      await branch.locator("summary").first().focus();
      await page.keyboard.press("Enter");
      assert.equal(await branch.evaluate((element) => element.open), false);
      await page.keyboard.press("Enter");
      assert.equal(await branch.evaluate((element) => element.open), true);
    }));
});

describe("trade-offs", () => {
  test("each table shows its own numbers with paper and table beside them", () =>
    onPage(async (page) => {
      await show(page, "trade-offs");
      const fig = figure(page, "What others have measured");
      await fig.getByRole("button", { name: "table" }).click();
      for (const id of ["llama-cpp-quantize", "awq-4", "kivi-3"]) {
        await fig.getByLabel("Table", { exact: true }).selectOption(id);
        const table = published.find((one) => one.id === id);
        const cells = await fig.locator(".panel tbody tr").first().locator("td").allTextContents();
        assert.equal(cells[0], table.rows[0].name);
        assert.equal(numberIn(cells[2]), table.rows[0][table.columns[0].key]);
        const lead = await fig.locator(".figure-lead").textContent();
        assert.ok(lead.includes(table.paper) && lead.includes(table.table), lead);
      }
    }));
});

describe("papers", () => {
  test("the seven are there with their addresses", () =>
    onPage(async (page) => {
      const links = await page.locator("#papers ol.papers a").evaluateAll((all) => all.map((a) => a.href));
      for (const id of ["2210.17323", "2306.00978", "2208.07339", "2211.10438", "2305.14314", "2206.01861", "2404.00456"])
        assert.ok(links.includes(`https://arxiv.org/abs/${id}`), id);
    }));
});

describe("myths", () => {
  test("each counter-example is what the command line says", () =>
    onPage(async (page) => {
      await show(page, "myths");
      const bold = (fig, kind, n = 0) => fig.locator(`.sentence b.is-${kind}`).nth(n).textContent();

      const sign = figure(page, "Five numbers, rounded with either sign");
      for (const bits of [4, 3, 8]) {
        await slide(sign.locator(".slider input"), bits);
        await settled(page, "myths");
        await page.waitForFunction(
          (wanted) => document.querySelector("#myth-sign .drag-number")?.textContent === String(wanted),
          bits,
        );
        const wrong = runNative(await commandOf(sign));
        assert.equal(wrong.zero_point, -wrong.right_zero_point);
        near(numberIn(await bold(sign, "error")), wrong.mse);
      }

      const salient = figure(page, "One layer with a few large inputs");
      near(numberIn(await bold(salient, "quantized")), runNative(await commandOf(salient)).bits_per_weight, 4);

      const quarter = figure(page, "Six formats that are called 4 bits");
      const sizes = runNative(await commandOf(quarter)).formats;
      for (const row of sizes.filter((one) => ["int4", "q4_0", "q4_K", "nf4", "nvfp4", "mxfp4"].includes(one.format)))
        assert.ok(row.times_smaller_than_f16 < 4, row.format);

      const groups = figure(page, "Which weights share a scale");
      assert.equal(numberIn(await bold(groups, "scale")), 4);
      await slide(groups.locator(".slider input"), 0);
      await settled(page, "myths");
      assert.equal(numberIn(await bold(groups, "scale")), 8);

      const nf4 = figure(page, "NF4 beside plain 4-bit integers");
      const [table, integers] = [numberIn(await bold(nf4, "error", 0)), numberIn(await bold(nf4, "error", 1))];
      near(table, runNative(await commandOf(nf4)).weight_mse);
      assert.ok(integers < table);

      const faster = figure(page, "Llama 3.1 8B against itself");
      const roof = runNative(await commandOf(faster));
      near(numberIn(await bold(faster, "good")), roof.decode[0].times_faster_than_f16);
      near(numberIn(await bold(faster, "error")), roof.prefill.times_faster_than_f16);

      const cache = figure(page, "What the formula says");
      const { curves } = runNative(await commandOf(cache));
      assert.equal(curves[0].times_smaller_than_formula, 1);
      near(numberIn(await bold(cache, "quantized")), curves[1].bytes[0] / 2 ** 30);
    }));
});
