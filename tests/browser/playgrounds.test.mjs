// The playgrounds of the methods: each shows what the command that it copies prints.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answersTo, commandOf, drawn, figure, hasModel, isAmong, near, numberIn, numbersOf, onChapter, onPage } from "./page.mjs";
import { resize, runNative, serveAndLaunch, settled, shownNumber, slide, wake } from "./page.mjs";

serveAndLaunch();

const numbers = async (fig, selector) => (await fig.locator(`.sentence ${selector}`).allTextContents()).map(numberIn);
// The slider itself: the sentence may have the same number to drag.
const slider = (fig, name) => fig.getByRole("slider", { name, exact: true }).and(fig.page().locator("input"));

describe("a playground says what the command line says", () => {
  test("GPTQ: at three numbers of bits, step by step, and beside the best rounding", () =>
    onChapter("gptq", async (page) => {
      const fig = figure(page, "The output error of GPTQ and of plain rounding");
      for (const bits of [4, 2, 3]) {
        await slide(slider(fig, "Bits of a weight"), bits);
        await settled(page, "gptq");
        const answer = runNative(await commandOf(fig));
        const [ours, plain] = await numbers(fig, "b");
        near(ours, answer.output_mse);
        near(plain, answer.output_mse_rtn);
        assert.ok(ours < plain);
      }
      const stepper = figure(page, "One column at a time");
      for (const step of [0, 8, 32]) {
        await slide(slider(stepper, "Columns rounded so far"), step);
        await settled(page, "gptq");
        const answer = runNative(await commandOf(stepper));
        const [ours, plain] = await numbers(stepper, "b");
        near(ours, answer.output_mse_so_far);
        near(plain, answer.output_mse_so_far_rtn);
      }
      const best = figure(page, "How near GPTQ comes");
      const answer = runNative(await commandOf(best));
      const shown = await numbers(best, "b");
      near(shown[0], answer.output_mse_best);
      near(shown[1], answer.output_mse_gptq);
      near(shown[2], answer.output_mse_rtn);
      assert.ok(shown[0] <= shown[1]);
      // Both are of the chosen layer: a corner of it, or a synthetic one.
      const layer = fig.getByLabel("Layer", { exact: true });
      for (const chosen of ["model.layers.0.mlp.down_proj.weight", "synthetic"]) {
        await layer.selectOption(chosen);
        await settled(page, "gptq");
        for (const [small, rows, columns] of [
          [stepper, 16, 32],
          [best, 8, 6],
        ]) {
          const of = runNative(await commandOf(small));
          assert.deepEqual([of.rows, of.columns], [rows, columns]);
          assert.equal(of.layer === chosen, hasModel && chosen !== "synthetic");
          near((await numbers(small, "b")).at(-1), of.output_mse_so_far_rtn ?? of.output_mse_rtn);
        }
      }
    }));

  test("AWQ: the search and the comparison with channels kept in 16 bits", () =>
    onChapter("awq", async (page) => {
      const search = figure(page, "The search: one exponent");
      for (const bits of [4, 3, 6]) {
        await slide(slider(search, "Bits of a weight"), bits);
        await settled(page, "awq");
        const answer = runNative(await commandOf(search));
        const [exponent, ours, plain] = await numbers(search, "b");
        near(exponent, answer.details.best_ratio, 2);
        near(ours, answer.output_mse);
        near(plain, answer.output_mse_rtn);
      }
      const kept = figure(page, "Scaling, against keeping");
      await slide(slider(kept, "Channels kept in FP16"), 5);
      await settled(page, "awq");
      const answer = runNative(await commandOf(kept));
      assert.equal(answer.parameters.salient, 5);
      const [bits, error] = await numbers(kept, "b");
      near(bits, answer.bits_per_weight);
      near(error, answer.output_mse);
      const counted = `(${answer.details.salient_channels.length} of ${answer.columns})`;
      assert.ok((await kept.locator(".sentence").textContent()).replace(/\s+/g, " ").includes(counted), counted);
      await slide(slider(kept, "Channels kept in FP16"), 0);
      await settled(page, "awq");
      const none = runNative(await commandOf(kept));
      assert.equal(none.method, "rtn");
      near((await numbers(kept, "b"))[1], none.output_mse);
    }));

  test("SmoothQuant: at three alphas", () =>
    onChapter("smoothquant", async (page) => {
      const fig = figure(page, "The range of each input channel");
      for (const alpha of [0.5, 0, 0.8]) {
        await slide(slider(fig, "Share moved (alpha)"), alpha);
        await settled(page, "smoothquant");
        const answer = runNative(await commandOf(fig));
        const [ours, plain] = await numbers(fig, "b");
        near(ours, answer.output_mse);
        near(plain, answer.output_mse_rtn);
        const [before, after] = (await fig.locator(".sentence .is-outlier").textContent()).split(" to ").map(numberIn);
        near(before, Math.max(...answer.details.activation_maxima_before));
        near(after, Math.max(...answer.details.activation_maxima_after));
        const [swept] = await numbers(figure(page, "The output error over all alphas"), "b");
        near(swept, answer.output_mse);
      }
      const [smooth, rough] = await numbers(fig, "b");
      await fig.getByRole("switch", { name: /^Planted outliers/ }).uncheck({ force: true });
      await settled(page, "smoothquant");
      const answer = runNative(await commandOf(fig));
      const [ours, plain] = await numbers(fig, "b");
      near(ours, answer.output_mse);
      near(plain, answer.output_mse_rtn);
      assert.ok(smooth < rough / 4, "smoothing takes planted outliers out");
      assert.ok(plain < rough / 4, "without planted outliers plain rounding does well");
    }));

  test("LLM.int8(): at three thresholds", () =>
    onChapter("llm-int8", async (page) => {
      const fig = figure(page, "Which input columns are outliers");
      for (const threshold of [6, 4, 8]) {
        await slide(slider(fig, "Threshold"), threshold);
        await settled(page, "llm-int8");
        const answer = runNative(await commandOf(fig));
        const [found, ours, plain] = await numbers(fig, "b");
        assert.equal(found, answer.details.outlier_columns.length);
        near(ours, answer.output_mse);
        near(plain, answer.output_mse_rtn);
      }
      const planted = (await numbers(fig, "b"))[2];
      await fig.getByRole("switch", { name: /^Planted outliers/ }).uncheck({ force: true });
      await settled(page, "llm-int8");
      const answer = runNative(await commandOf(fig));
      const [, , plain] = await numbers(fig, "b");
      near(plain, answer.output_mse_rtn);
      assert.ok(plain < planted / 4, "without planted outliers plain INT8 does well");
    }));

  test("ZeroQuant: with three numbers of bits", () =>
    onChapter("zeroquant", async (page) => {
      const fig = figure(page, "Who shares a scale, in the weights");
      for (const bits of [8, 4, 6]) {
        await slide(slider(fig, "Bits of a weight"), bits);
        await settled(page, "zeroquant");
        const answer = runNative(await commandOf(fig));
        const [ours, coarse] = await numbers(fig, "b");
        near(ours, answer.output_mse);
        assert.ok(ours < coarse);
      }
    }));

  test("QuaRot: the spread of the inputs, and both roundings", () =>
    onChapter("quarot", async (page) => {
      const spread = figure(page, "The inputs before and after the rotation");
      const turned = runNative(await commandOf(spread));
      const [before, after_] = await numbers(spread, "b");
      near(before, turned.activations.before.max_over_rms, 3);
      near(after_, turned.activations.after.max_over_rms, 2);
      const fig = figure(page, "Weights and inputs rounded, with the rotation");
      for (const bits of [4, 3, 8]) {
        await slide(slider(fig, "Bits of a weight"), bits);
        await settled(page, "quarot");
        const [rotated] = await numbers(fig, "b");
        near(rotated, runNative(await commandOf(fig)).output_mse);
      }
    }));

  test("codebooks: levels, cells and outliers kept apart", () =>
    onChapter("codebooks", async (page) => {
      const levels = figure(page, "The levels that k-means finds");
      for (const bits of [3, 2, 4]) {
        await slide(slider(levels, "Bits of a weight"), bits);
        await settled(page, "codebooks");
        for (const title of ["The levels that k-means finds", "Two weights, one index"]) {
          const fig = figure(page, title);
          const [error] = await numbers(fig, "b");
          near(error, runNative(await commandOf(fig)).weight_mse);
        }
      }
      const apart = figure(page, "The largest weights kept apart");
      await slide(slider(apart, "Weights kept in FP16"), 2);
      await settled(page, "codebooks");
      const answer = runNative(await commandOf(apart));
      assert.equal(answer.parameters.outliers, 2);
      const [bits, error] = await numbers(apart, "b");
      near(bits, answer.bits_per_weight);
      near(error, answer.weight_mse);
    }));

  test("formats compared: as many as the command lists, and as many unbeaten", () =>
    onChapter("format-comparison", async (page) => {
      const fig = figure(page, "Bits a weight against error");
      const answer = runNative(await commandOf(fig));
      await fig.getByRole("button", { name: "table" }).click();
      assert.equal(await fig.locator("tbody tr").count(), answer.results.length);
      const unbeaten = answer.results.filter((one) => one.best_output && one.bits_per_weight <= 9);
      const [best] = await numbers(fig, "b");
      assert.equal(best, unbeaten.length);
    }));
});

test("every name that the comparison of formats gives a point can be read, at 320, 360 and 1280 px", () =>
  onChapter("format-comparison", async (page) => {
    const fig = figure(page, "Bits a weight against error, everything");
    await fig.getByRole("button", { name: "table" }).click();
    for (const width of [320, 360, 1280]) {
      await resize(page, width);
      for (const measure of ["weights", "output"]) {
        await fig.locator(`input[value=${measure}]`).check({ force: true });
        await settled(page, "format-comparison");
        await drawn(page);
        const cellsOf = (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent));
        const rows = await fig.locator("tbody tr").evaluateAll(cellsOf);
        const unbeaten = rows.filter((row) => row.at(-1) === "yes" && Number(row[1]) <= 9).sort((a, b) => a[1] - b[1]);
        const names = unbeaten.map(([name]) => name);
        assert.equal(names.length, Number(await fig.locator(".sentence b").textContent()));
        const list = fig.locator(".point-names");
        const isListed = (await list.count()) > 0;
        const shown = await (isListed ? list.locator("li") : fig.locator("text.halo")).allTextContents();
        assert.deepEqual([...shown].sort(), [...names].sort(), `${measure} at ${width} px`);
        if (!isListed) continue;
        assert.deepEqual(shown, names, "in the order in which they lie");
        const numbers = (await fig.locator("text.halo").allTextContents()).map(Number);
        assert.ok(numbers.length >= names.length / 3, `${numbers.length} of ${names.length} have a number at ${width} px`);
        const box = await list.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= width);
      }
    }
    await resize(page, 1280);
  }));

/** Presses "measure" and waits until every row of the chapter's figure is measured. */
async function measured(page, chapter) {
  const fig = figure(page.locator(`#${chapter}`), "On the whole model");
  const start = fig.getByRole("button", { name: "measure" });
  if (await start.isVisible()) await start.click();
  await fig.getByText("Done. Change a setting").waitFor({ timeout: 300_000 });
  await settled(page, chapter);
  return fig;
}

describe("the whole model, measured in the page, is what the command line measures", { skip: !hasModel }, () => {
  for (const chapter of ["gptq", "llm-int8"])
    test(chapter, () =>
      onChapter(chapter, async (page) => {
        const fig = await measured(page, chapter);
        const answer = runNative(await commandOf(fig));
        const perplexities = await numbers(fig, "b");
        near(perplexities.at(-1), answer.perplexity);
        const row = fig.locator("tbody tr").last().locator("th, td");
        await fig.getByRole("button", { name: "table" }).click();
        const cells = (await row.allTextContents()).map(numberIn);
        near(cells[1], answer.bits_per_weight);
        assert.equal(cells[2], answer.bytes);
        near(cells[7], answer.kl_divergence, 2);
        near(cells[9] / 100, answer.top1_agreement, 3);
      }),
    );

  for (const width of [360, 1280])
    test(`before it is measured there is a button and no chart, and nothing moves after it was pressed, at ${width} px`, () =>
      onPage(
        async (page) => {
          await wake(page, "zeroquant/OnTheModel");
          const fig = figure(page.locator("#zeroquant"), "On the whole model");
          const start = fig.getByRole("button", { name: "measure" });
          assert.equal(await fig.locator("svg").count(), 0);
          assert.match(await fig.locator(".to-measure").innerText(), /Perplexity, KL divergence/);
          const before = await fig.evaluate((figure) => figure.getBoundingClientRect().height);
          assert.ok(before < (width < 600 ? 420 : 300), `${before} px with nothing in it`);
          // From the top of the figure: what is above it is not what is tested.
          const places = () =>
            fig.evaluate((figure) =>
              [".to-measure", ".chart:last-child", ".sentence", ".links"].map((part) => {
                const box = figure.querySelector(part).getBoundingClientRect();
                return Math.round(box.top - figure.getBoundingClientRect().top);
              }),
            );
          await start.click();
          const pressed = await places();
          await fig.getByText("Done. Change a setting").waitFor({ timeout: 300_000 });
          await settled(page, "zeroquant");
          assert.deepEqual(await places(), pressed);
          assert.match(await fig.locator(".sentence").innerText(), /^As it is, the model has a perplexity of \d/);
        },
        "#zeroquant",
        { width },
      ));

  test("kv-lab: quality of each cache, its bits and its bytes, and those of another pair", () =>
    onChapter("kv-lab", async (page) => {
      const fig = await measured(page, "kv-lab");
      await fig.getByRole("button", { name: "table" }).click();
      const check = async () => {
        const exact = (await answersTo(fig)).flatMap(numbersOf);
        const rows = await fig.locator(".panel tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
        assert.equal(rows.length, 6);
        for (const row of rows)
          for (const column of [3, 5, 7, 9, 11, 12, 13]) assert.ok(isAmong(shownNumber(row[column]), exact), `${row[0]}: ${row[column]}`);
        return rows.at(-1);
      };
      const before = await check();
      assert.deepEqual(before.slice(11, 13), ["5", "3"]);
      await fig.getByRole("radio", { name: "8" }).first().check({ force: true });
      await fig.getByText("Your choice: keys in 8 bits").first().waitFor();
      await measured(page, "kv-lab");
      const after = await check();
      assert.deepEqual(after.slice(11, 13), ["9", "3"]);
      assert.ok(numberIn(after[7]) < numberIn(before[7]), "keys in 8 bits move the predictions less than in 4");
    }));
});
