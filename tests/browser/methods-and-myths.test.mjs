// Method cards, tree, published tables and myths.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { agree, commandOf, figure, hasModel, near, numberIn, onPage, root, runNative, serveAndLaunch, settled, show, slide } from "./page.mjs";

serveAndLaunch();

const published = JSON.parse(readFileSync(join(root, "data/published.json"), "utf8")).tables;

describe("method-cards", () => {
  test("the errors of a layer are the command line's, in both leagues, on another layer and without planted outliers", () =>
    onPage(async (page) => {
      await show(page, "method-cards");
      const fig = figure(page, "One layer, the same inputs, one method after another");
      await fig.getByRole("button", { name: "table" }).click();
      const check = async () => {
        await settled(page, "method-cards");
        const answer = runNative(await commandOf(fig));
        const cells = await fig.locator(".panel tbody tr").nth(1).locator("th, td").allTextContents();
        near(numberIn(cells[1]), answer.bits_per_weight, 4);
        near(numberIn(cells[4]), answer.output_mse, 3);
      };
      await check();
      await fig.getByLabel("Layer", { exact: true }).selectOption("model.layers.1.mlp.down_proj.weight");
      await check();
      await fig.locator("input[value=both]").check({ force: true });
      await check();
      await fig.getByRole("switch", { name: /^Planted outliers/ }).uncheck({ force: true });
      await check();
      await fig.getByLabel("Layer", { exact: true }).selectOption("synthetic");
      await check();
    }));

  test("each card has a measured result with its interval in sight, and that of the cache its bits a value", () =>
    onPage(async (page) => {
      const rows = JSON.parse(readFileSync(join(root, "data/sweep.json"), "utf8")).rows;
      const cards = await page.locator(".method-card").all();
      assert.equal(cards.length, 9);
      for (const card of cards) {
        const measured = card.locator("dt", { hasText: "Measured here" }).locator("xpath=following-sibling::dd[1]");
        const inSight = await measured.evaluate((dd) =>
          [...dd.childNodes].filter((node) => node.nodeName !== "DETAILS").map((node) => node.textContent).join(""),
        );
        const [, more, low, high] = inSight.match(/(\S+) bits a byte more \((\S+) to (\S+)\)/) ?? assert.fail(inSight);
        const close = (shown, exact) => agree(numberIn(shown), exact, 2);
        assert.ok(
          rows.some((row) => close(more, row.bits_per_byte_increase) && close(low, row.bits_per_byte_increase_ci95[0]) && close(high, row.bits_per_byte_increase_ci95[1])),
          inSight,
        );
      }
      const taken = await page.locator("#card-kv dd", { hasText: "as int4" }).first().textContent();
      for (const format of ["int4", "int2"]) {
        const { receipts } = runNative(`quantlens memory --model reference --kv-key ${format} --kv-value ${format}`);
        const { value } = receipts.kv_cache.find(({ symbol }) => symbol === "key_bits");
        assert.match(taken, new RegExp(`\\b${value}( bits)? as ${format}`));
      }
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
        const cells = await fig.locator(".panel tbody tr").first().locator("th, td").allTextContents();
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

  test("one perplexity is not one model: every row is the command line's", { skip: !hasModel && "there is no model" }, () =>
    onPage(async (page) => {
      await show(page, "myths");
      const same = figure(page.locator("#myth-same"), "One perplexity, and other bytes");
      const answers = (await commandOf(same)).split("\n").map(runNative);
      await same.getByRole("button", { name: "table", exact: true }).click();
      const rows = same.locator(".panel tbody tr");
      assert.equal(await rows.count(), answers.length);
      for (const [i, answer] of answers.entries()) {
        const cells = await rows.nth(i).locator("th, td").allTextContents();
        near(numberIn(cells[1]), answer.bits_per_weight, 4);
        near(numberIn(cells[2]), answer.perplexity, 4);
        near(numberIn(cells[7]) / 100, answer.top1_agreement, 3);
        near(numberIn(cells[8]) / 100, 1 - answer.top1_agreement, 2);
      }
      // What the figure is there for: perplexities within a hundredth of each other, and many other bytes.
      const [whole, gptq] = answers;
      assert.ok(Math.abs(gptq.perplexity / whole.perplexity - 1) < 0.01, `${gptq.perplexity}, ${whole.perplexity} as it is`);
      assert.ok(gptq.top1_agreement < 0.99, `the same byte at ${gptq.top1_agreement}`);
    }));
});
