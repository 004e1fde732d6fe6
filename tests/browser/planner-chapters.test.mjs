// The planner's chapters: what stands on the page is what the command that the figure copies says, at the defaults and
// after the reader has moved something.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answersTo, commandOf, figure, near, numberIn, onChapter, runNative, serveAndLaunch, settled, slide } from "./page.mjs";

serveAndLaunch();

const kUnits = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** "4.58 GiB" as bytes. */
function bytesIn(text) {
  const [, unit] = text.match(/(bytes|[KMGT]iB)/) ?? [];
  assert.ok(unit, `no unit in '${text}'`);
  return numberIn(text) * kUnits[unit];
}
const in2 = (number) => number.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const sentence = (fig, kind) => fig.locator(`.sentence b.is-${kind}`).first().textContent();
const choose = async (page, chapter, fig, name, value) => {
  await fig.getByLabel(name, { exact: true }).selectOption(value);
  await settled(page, chapter);
};

describe("challenge", () => {
  test("each model's row, its bits and what fits are the command line's, with another format, model and memory", () =>
    onChapter("challenge", async (page) => {
      const fig = figure(page, "Where 16 bits do not fit");
      await fig.getByRole("button", { name: "table", exact: true }).click();
      for (const [move, format, models] of [
        [async () => {}, "int4", 5],
        [async () => choose(page, "challenge", fig, "Store the weights as", "nvfp4"), "nvfp4", 5],
        [async () => choose(page, "challenge", fig, "Your model", "mixtral-8x7b"), "nvfp4", 6],
        [async () => slide(fig.locator(".slider input"), 0), "nvfp4", 6],
      ]) {
        await move();
        await settled(page, "challenge");
        const answers = (await answersTo(fig)).filter((answer) => answer.formats);
        const rows = await fig.locator(".panel tbody tr").evaluateAll((all) => all.map(({ cells }) => [...cells].map((cell) => cell.textContent)));
        assert.equal(rows.length, models);
        assert.equal(answers.length, models);
        for (const [i, [name, , plain, eight, own, bits, times, fits]] of rows.entries()) {
          const stored = (id) => answers[i].formats.find((one) => one.format === id);
          assert.equal(name, answers[i].model);
          for (const [shown, id] of [
            [plain, "f16"],
            [eight, "int8"],
            [own, format],
          ])
            assert.equal(shown, in2(stored(id).weights / 2 ** 30));
          assert.equal(bits, in2(stored(format).bits_per_weight));
          assert.equal(times, in2(stored(format).times_smaller_than_f16));
          assert.equal(fits, stored(format).fits ? "yes" : "no");
        }
      }
    }));
});

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
      await fig.getByRole("button", { name: "table", exact: true }).click();
      for (const move of [
        async () => {},
        async () => choose(page, "memory", fig, "Weights", "q2_K"),
        async () => {
          await fig.locator("input[value=full]").check({ force: true });
          await choose(page, "memory", fig, "Cached values", "int4");
        },
        async () => choose(page, "memory", fig, "Model", "llama-3.1-405b"),
        async () => choose(page, "memory", fig, "Model", "qwen3-30b-a3b"),
        async () => choose(page, "memory", fig, "Device", "apple-m3-pro"),
      ]) {
        await move();
        await settled(page, "memory");
        const own = runNative(await commandOf(fig));
        near(bytesIn(await sentence(fig, "quantized")), own.weights.total);
        const text = await fig.locator(".sentence").textContent();
        assert.equal(/It fits/.test(text), own.fit.fits, text);
        if (own.fit.fits) assert.ok(text.includes(own.fit.max_context.toLocaleString("en")), text);
        const parts = await fig.locator(".panel tbody tr").evaluateAll((rows) => rows.map(({ cells }) => [cells[0].textContent, cells[1].textContent]));
        const sizes = new Map(parts.map(([name, size]) => [name, numberIn(size)]));
        near(sizes.get("KV cache"), own.kv_cache.total, 8);
        near(sizes.get("Everything else"), own.receipts.total.find((row) => row.symbol === "overhead").value, 8);
        near(sizes.get("All of it"), own.total, 8);
        const experts = own.receipts.parameters.some((row) => row.symbol === "experts");
        assert.equal(/work on each token/.test(text), experts, text);
        if (experts) near(numberIn(await sentence(fig, "original")), own.active_parameters / 1e9);
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

  test("a model of experts says how many of them a step reads, and any other does not", () =>
    onChapter("speed", async (page) => {
      const fig = figure(page, "What a device could do at best");
      assert.equal(await fig.locator(".sentence b.is-scale").count(), 0);
      await choose(page, "speed", fig, "Model", "qwen3-30b-a3b");
      for (const [place, words] of [
        [0, "for 1 text a step"],
        [3, "for 8 texts a step"],
      ]) {
        await slide(fig.getByRole("slider", { name: "Texts at a time", exact: true }).and(page.locator("input")), place);
        await page.waitForFunction((wanted) => document.querySelector("#speed .sentence").textContent.includes(wanted), words);
        await settled(page, "speed");
        const { receipts } = runNative(await commandOf(fig));
        const value = (symbol) => receipts.decode.find((row) => row.symbol === symbol).value;
        near(numberIn(await sentence(fig, "scale")), value("experts_read"));
        const text = await fig.locator(".sentence").textContent();
        assert.ok(text.includes(`of the ${value("experts")} experts`), text);
        near(numberIn(text.match(/([\d.]+).billion of its numbers work/)[1]), value("active") / 1e9);
      }
    }));

  test("every device is listed as the command line lists it", () =>
    onChapter("speed", async (page) => {
      const fig = figure(page, "The devices, and where their numbers");
      const { devices } = runNative(await commandOf(fig));
      const textsOf = (rows) => rows.evaluateAll((all) => all.map(({ cells }) => [...cells].map((cell) => cell.textContent)));
      const rows = await textsOf(fig.locator("tbody tr"));
      assert.equal(rows.length, devices.length);
      await fig.getByRole("button", { name: "table", exact: true }).click();
      assert.deepEqual(await textsOf(fig.locator(".panel tbody tr")), devices.map(({ name, source, evidence }) => [name, source, evidence]));
      for (const [i, [name, memory, bandwidth, peak]] of rows.entries()) {
        const device = devices[i];
        assert.equal(name, device.name);
        if (device.memory_bytes === null) assert.equal(memory, "in several sizes");
        else near(bytesIn(memory), device.memory_bytes);
        near(numberIn(bandwidth), device.bandwidth_gb_s, 5);
        if (device.fp16_tflops === null) assert.equal(peak, "not known");
        else near(numberIn(peak), device.fp16_tflops, 5);
      }
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
