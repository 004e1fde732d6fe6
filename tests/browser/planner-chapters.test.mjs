// The planner's chapters: what stands on the page is what the command that the figure copies says, at the defaults and
// after the reader has moved something.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { commandOf, figure, near, numberIn, onChapter, runNative, serveAndLaunch, settled, slide } from "./page.mjs";

serveAndLaunch();

const kUnits = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** "4.58 GiB" as bytes. */
function bytesIn(text) {
  const [, unit] = text.match(/(bytes|[KMGT]iB)/) ?? [];
  assert.ok(unit, `no unit in '${text}'`);
  return numberIn(text) * kUnits[unit];
}
const sentence = (fig, kind) => fig.locator(`.sentence b.is-${kind}`).first().textContent();
const choose = async (page, chapter, fig, name, value) => {
  await fig.getByLabel(name, { exact: true }).selectOption(value);
  await settled(page, chapter);
};

describe("cache-growth", () => {
  test("the cache of three models in two formats is the command line's", () =>
    onChapter("cache-growth", async (page) => {
      const fig = figure(page, "The cache of one text, from");
      for (const model of ["llama-3.1-8b", "deepseek-v3", "gemma-3-27b"]) {
        await choose(page, "cache-growth", fig, "Model", model);
        for (const format of ["f16", "int4"]) {
          await fig.locator(`input[value=${format}]`).check({ force: true });
          await settled(page, "cache-growth");
          const { curves } = runNative(await commandOf(fig));
          const curve = curves.find((one) => one.model === model);
          near(bytesIn(await sentence(fig, "quantized")), curve.bytes.at(-1));
          near(bytesIn(await sentence(fig, "error")), curve.bytes_by_width_formula.at(-1));
        }
      }
    }));

  test("the worked sum ends in the cache of the chosen context", () =>
    onChapter(
      "cache-growth",
      async (page) => {
        const fig = figure(page, "The cache of one text, from");
        await fig.locator(".worked-steps summary").click();
        const last = await fig.locator(".worked-steps output").last().textContent();
        assert.equal(numberIn(last), 2 * 32 * 8 * 128 * 2 * 16384);
      },
      "#cache-growth?context=16384",
    ));
});

describe("memory", () => {
  test("the parts and what fits are the command line's, by default, with other weights and with every part set", () =>
    onChapter("memory", async (page) => {
      const fig = figure(page, "What lies in memory");
      const fits = figure(page, "The other way round");
      for (const move of [
        async () => {},
        async () => choose(page, "memory", fig, "Weights", "q2_K"),
        async () => {
          await fig.locator("input[value=full]").check({ force: true });
          await choose(page, "memory", fig, "Cached values", "int4");
        },
        async () => choose(page, "memory", fig, "Model", "llama-3.1-405b"),
      ]) {
        await move();
        await settled(page, "memory");
        const own = runNative(await commandOf(fig));
        near(bytesIn(await sentence(fig, "quantized")), own.weights.total);
        const text = await fig.locator(".sentence").textContent();
        assert.equal(/It fits/.test(text), own.fit.fits, text);
        if (own.fit.fits) assert.ok(text.includes(own.fit.max_context.toLocaleString("en")), text);
        const other = runNative(await commandOf(fits));
        const best = other.formats.find((row) => row.format === other.best);
        if (best) assert.equal(await sentence(fits, "good"), best.name);
        else assert.match(await fits.locator(".sentence").textContent(), /No format is small enough/);
      }
    }));

  test("a pasted configuration is a model, and what is wrong in it is said beside it", () =>
    onChapter("memory", async (page) => {
      const fig = figure(page, "What lies in memory");
      await fig.getByLabel("Model", { exact: true }).selectOption("pasted");
      const box = fig.getByLabel("config.json");
      await box.fill("{ this is no configuration");
      await fig.locator(".problem").first().waitFor();
      await box.fill(
        JSON.stringify({
          model_type: "llama",
          architectures: ["LlamaForCausalLM"],
          num_hidden_layers: 32,
          hidden_size: 4096,
          num_attention_heads: 32,
          num_key_value_heads: 8,
          intermediate_size: 14336,
          vocab_size: 128256,
          max_position_embeddings: 131072,
          tie_word_embeddings: false,
        }),
      );
      await page.waitForFunction(() => !document.querySelector("#memory .problem"));
      await settled(page, "memory");
      assert.match(await fig.locator(".sentence").textContent(), /8\.03.billion/);
    }));
});

describe("speed", () => {
  test("tokens a second and the roofline are the command line's", () =>
    onChapter("speed", async (page) => {
      const fig = figure(page, "What a device could do at best");
      const roof = figure(page, "Under the slope memory is the limit");
      for (const weights of ["int4", "q8_0", "q2_K"]) {
        await choose(page, "speed", fig, "Weights", weights);
        await choose(page, "speed", roof, "Weights", weights);
        const speed = runNative(await commandOf(fig));
        near(numberIn(await sentence(fig, "quantized")), speed.decode_tokens_per_second);
        const line = runNative(await commandOf(roof));
        near(numberIn(await sentence(roof, "quantized")), line.decode.at(-1).times_faster_than_f16);
      }
      await slide(roof.locator(".slider input").last(), 9);
      await settled(page, "speed");
      await page.waitForFunction(() => document.querySelector("#speed .sentence .drag-number")?.textContent === "512");
      const many = runNative(await commandOf(roof));
      assert.equal(many.decode.at(-1).batch, 512);
      near(numberIn(await sentence(roof, "quantized")), many.decode.at(-1).times_faster_than_f16);
      assert.equal(many.prefill.times_faster_than_f16, 1);
    }));
});

describe("what-is-quantized", () => {
  test("weights and cache together are the command line's", () =>
    onChapter("what-is-quantized", async (page) => {
      const fig = figure(page, "What each of them does to memory");
      for (const model of ["llama-3.1-8b", "llama-2-7b", "mixtral-8x7b"]) {
        await choose(page, "what-is-quantized", fig, "Model", model);
        near(bytesIn(await sentence(fig, "quantized")), runNative(await commandOf(fig)).total);
      }
    }));
});
