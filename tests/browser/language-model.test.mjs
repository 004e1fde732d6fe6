// The reference model on the page: it writes, is measured, trained and taken apart, and says what the command line says.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browser, commandOf, figure, hasModel, near, numberIn, onPage, open, runNative, serveAndLaunch, server, settled, show, slide, wake } from "./page.mjs";

serveAndLaunch();

const firstCommand = async (fig) => (await commandOf(fig)).split("\n")[0];

const written = (page, n) => page.locator("#opening .written-text").nth(n);

/** Keeps the model from coming until what it returns is called. */
async function holdModel(page) {
  let letGo;
  const held = new Promise((done) => {
    letGo = done;
  });
  await page.route(/\.safetensors$/, async (route) => {
    await held;
    await route.continue();
  });
  return letGo;
}

describe("the opening", { skip: !hasModel && "there is no data/reference/model.safetensors" }, () => {
  test("has its text and its height before the model has come, and keeps both", async () => {
    const { page, goto, context } = await open(browser, server.address);
    const letGo = await holdModel(page);
    await goto();
    const fig = figure(page, "A small language model writes");
    await page.waitForFunction(() => /model is on its way/.test(document.querySelector("#opening .written-text")?.textContent ?? ""));
    const picture = fig.locator(".picture");
    const before = await picture.boundingBox();
    await figure(page, "Every number moves").locator("svg").first().waitFor();
    letGo();
    await page.waitForFunction(() => document.querySelectorAll("#opening .written-text [data-at]").length > 300, null, { timeout: 120_000 });
    const after = await picture.boundingBox();
    assert.ok(Math.abs(after.height - before.height) <= 1, `${before.height} px before, ${after.height} px after`);
    await context.close();
  });

  test("says what the command line says at 3, 2 and 8 bits, and writes another text at 2", () =>
    onPage(async (page) => {
      await show(page, "opening");
      const fig = figure(page, "A small language model writes");
      for (const [place, bits] of [
        [2, 4],
        [0, 2],
        [6, 8],
      ]) {
        await slide(fig.locator(".slider input"), place);
        await page.waitForFunction(
          (wanted) => document.querySelector("#opening .drag-number")?.textContent === String(wanted) && !document.querySelector("#opening .picture[data-stale]"),
          bits,
          { timeout: 60_000 },
        );
        const answer = runNative(await firstCommand(fig));
        const values = await fig.locator(".figures-row dd").allTextContents();
        near(numberIn(values[1]), answer.bits_per_byte, 3);
        near(numberIn(values[3]) / 100, answer.top1_agreement, 2);
        assert.match(await fig.locator(".written-name").last().textContent(), new RegExp(`^${bits} bits`));
      }
      await slide(fig.locator(".slider input"), 0);
      await page.waitForFunction(
        () => [...document.querySelectorAll("#opening .written-text")].every((text) => text.querySelectorAll("[data-at]").length >= 200),
        null,
        { timeout: 60_000 },
      );
      assert.notEqual(await written(page, 0).textContent(), await written(page, 1).textContent());
    }));

  test("reads out how likely each byte was, by keys", () =>
    onPage(async (page) => {
      await page.waitForFunction(() => document.querySelectorAll("#opening .written-text [data-at]").length > 20, null, { timeout: 60_000 });
      await written(page, 0).focus();
      await page.keyboard.press("ArrowRight");
      assert.match(await page.locator("#opening .written .chart-readout").first().textContent(), /the model gave it [\d.e-]+\s%/);
    }));
});

describe("the model taken apart", { skip: !hasModel }, () => {
  test("a box shows its shape and what it takes in each format", () =>
    onPage(async (page) => {
      await show(page, "transformer");
      const fig = figure(page, "Every box with weights");
      await fig.getByRole("button", { name: /^queries/ }).click();
      await settled(page, "transformer");
      assert.match(await fig.locator(".sentence").textContent(), /self_attn\.q_proj\.weight has 65,536 of/);
      await fig.getByRole("button", { name: "RMSNorm" }).first().focus();
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("#transformer .sentence").textContent.includes("all norms"));
      await settled(page, "transformer");
      // Nine norms of 256 numbers, two bytes each.
      assert.match(await fig.locator(".sentence").textContent(), /input_layernorm\.weight has 256 of [\d,]+ numbers; all norms together take 4\.5\sKiB of/);
    }));

  for (const [chapter, title] of [
    ["what-is-quantized", "What each of them costs"],
    ["trade-offs", "Memory against quality"],
  ])
    test(`the rows of ${chapter} are the command line's`, () =>
      onPage(async (page) => {
        await show(page, chapter);
        const fig = figure(page, title);
        const commands = (await commandOf(fig)).split("\n");
        await fig.getByRole("button", { name: "table" }).click();
        const rows = fig.locator("tbody tr");
        assert.equal(await rows.count(), commands.length);
        for (const i of [1, 3, commands.length - 1])
          near(numberIn(await rows.nth(i).locator("th, td").nth(3).textContent()), runNative(commands[i]).perplexity, 3);
      }));
});

describe("the stack", { skip: !hasModel }, () => {
  test("a stack is the command line's, by default, rotated and with planted outliers", () =>
    onPage(async (page) => {
      await show(page, "stack");
      const fig = figure(page, "Build a stack");
      for (const move of [
        async () => {},
        async () => slide(fig.locator(".slider input").last(), 0),
        async () => fig.locator("input[value=rotation]").check({ force: true }),
        async () => fig.locator("input[value=planted]").check({ force: true }),
      ]) {
        await move();
        await settled(page, "stack");
        const answer = runNative(await commandOf(fig));
        near(numberIn(await fig.locator(".sentence b").nth(1).textContent()), answer.perplexity, 3);
      }
      assert.match(await figure(page.locator("#stack"), "Bits a weight against").locator(".sentence").textContent(), /[4-9] of your visit/);
    }));
});

/** The rows of a figure's open table. */
const rowsOf = async (fig) =>
  Promise.all((await fig.locator(".panel tbody tr").all()).map((row) => row.locator("th, td").allTextContents()));
/** Of a trained model, once it is measured: its perplexity is that of its bits a byte, and lies in its interval. */
async function trainedRow(fig, name) {
  await fig.locator(".panel tbody tr", { hasText: name }).first().waitFor();
  const row = (await rowsOf(fig)).find((cells) => cells[0].includes(name));
  const [low, high] = row[5].split(" to ").map(numberIn);
  assert.ok(Math.abs(Math.log2(numberIn(row[4])) - numberIn(row[2])) < 1e-3, row.join(" | "));
  assert.ok(low < numberIn(row[4]) && numberIn(row[4]) < high, row.join(" | "));
  return row;
}

describe("training", { skip: !hasModel }, () => {
  test("begins once the model is here where it was asked for before, says so, and can be called off", async () => {
    const { page, goto, context, wrongs } = await open(browser, server.address, { reducedMotion: "reduce" });
    const letGo = await holdModel(page);
    await goto("#qlora");
    const figures = [
      ["qlora/Adapters", "Adapters learn"],
      ["qlora/Integers", "On integers"],
    ];
    const [adapters, integers] = figures.map(([, title]) => figure(page, title));
    for (const [demo] of figures) await wake(page, demo);
    const waits = (fig) => fig.locator(".control-value", { hasText: "the model is on its way" });
    await integers.getByRole("button", { name: "train", exact: true }).click();
    await waits(integers).waitFor();
    await integers.getByRole("button", { name: "stop" }).click();
    await adapters.getByRole("button", { name: "train", exact: true }).click();
    await waits(adapters).waitFor();
    assert.match(await adapters.getByRole("status").allTextContents().then((all) => all.join()), /begins once the model is here/);
    letGo();
    await adapters.locator(".control-value", { hasText: /^step [1-9]/ }).waitFor();
    await adapters.getByRole("button", { name: "stop" }).click();
    assert.equal(await integers.getByRole("button", { name: "train", exact: true }).count(), 1);
    assert.deepEqual(wrongs, []);
    await context.close();
  });

  test("QAT is better than rounding at 2 bits after 20 steps, and can be stopped", () =>
    onPage(async (page) => {
      await show(page, "qat");
      const fig = figure(page, "Rounded afterwards");
      const answer = runNative(await firstCommand(fig));
      const rounded = answer.bits_per_byte;
      near(numberIn(await fig.locator(".sentence b.is-error").textContent()), rounded, 3);
      await fig.getByRole("button", { name: "table" }).click();
      await fig.locator(".panel tbody tr").first().waitFor();
      const [line] = await rowsOf(fig);
      near(numberIn(line[3]), answer.bits_per_weight);
      near(numberIn(line[4]), answer.perplexity, 4);
      near(numberIn(line[8]), answer.kl_divergence);
      near(numberIn(line[10]) / 100, answer.top1_agreement);
      for (const [cell, interval] of [
        [5, answer.perplexity_ci95],
        [9, answer.kl_divergence_ci95],
      ])
        line[cell].split(" to ").forEach((end, i) => {
          near(numberIn(end), interval[i]);
        });
      await slide(fig.locator(".slider input").last(), 0);
      await settled(page, "qat");
      await fig.getByRole("button", { name: "train", exact: true }).click();
      await fig.locator(".sentence b.is-quantized").waitFor({ timeout: 60_000 });
      await fig.getByRole("button", { name: "stop" }).click();
      await fig.getByRole("button", { name: "go on" }).click();
      await fig.getByRole("button", { name: "trained" }).waitFor({ timeout: 240_000 });
      const after = numberIn(await fig.locator(".sentence b.is-quantized").textContent());
      assert.ok(after < rounded - 0.05, `${after} after training, ${rounded} rounded`);
      const trained = await trainedRow(fig, "QAT: all weights learn, trained");
      assert.ok(Math.abs(numberIn(trained[2]) - after) < 0.01, `${trained[2]} stored, ${after} at the last step`);
      assert.ok(numberIn(trained[3]) < 4, `${trained[3]} bits a weight`);
      assert.equal(trained[8], "", "there is no other model that it could be compared with");
    }));

  test("adapters learn on a base in NF4 as on one in 16 bits", () =>
    onPage(async (page) => {
      await show(page, "qlora");
      const fig = figure(page, "Adapters learn");
      await slide(fig.locator(".slider input").last(), 0);
      await settled(page, "qlora");
      await fig.getByRole("button", { name: "train", exact: true }).click();
      await fig.getByRole("button", { name: "trained" }).waitFor({ timeout: 240_000 });
      await fig.getByRole("button", { name: "table" }).click();
      const [adapters, quantized] = [await trainedRow(fig, "LoRA on 16 bits, trained"), await trainedRow(fig, "QLoRA on nf4, trained")];
      assert.ok(numberIn(quantized[3]) < numberIn(adapters[3]) / 2, `${quantized[3]} and ${adapters[3]} bits a weight`);
      const rows = await rowsOf(fig);
      const base = Number(rows[0][2]);
      const last = (name) => Number(rows.filter((row) => row[0].startsWith(name)).at(-1)[2]);
      assert.ok(last("LoRA") < base - 0.3, `LoRA ${last("LoRA")}, base ${base}`);
      assert.ok(Math.abs(last("QLoRA") - last("LoRA")) < 0.2, `QLoRA ${last("QLoRA")}, LoRA ${last("LoRA")}`);
    }));
});
