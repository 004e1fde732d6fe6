// The built folder under a sub-path: it loads, it computes, and it says what the command line says.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  answersTo,
  commandOf,
  drawn,
  figure,
  near,
  numberIn,
  onPage,
  problemOf,
  runNative,
  serveAndLaunch,
  server,
  settled,
  show,
  slide,
} from "./page.mjs";

const kChapters = [
  "opening",
  "challenge",
  "linear-layer",
  "zero-point",
  "symmetry",
  "granularity",
  "formula",
  "rounding",
  "layer-lab",
  "kv-cache",
  "glossary",
];

serveAndLaunch();

describe("the folder", () => {
  test("shows every chapter with a live answer, without an error and without a request elsewhere", () =>
    onPage(async (page) => {
      for (const chapter of kChapters) await show(page, chapter);
      assert.match(await page.locator("#core-status").textContent(), /^Core \d+\.\d+\.\d+/);
    }));

  test("has its text without script", () =>
    onPage(
      async (page) => {
        for (const chapter of kChapters) {
          const text = await page.locator(`#${chapter}`).innerText();
          assert.ok(text.length > 200, `${chapter} has ${text.length} characters`);
        }
        assert.equal(await page.getByRole("slider").count(), 0);
      },
      "",
      { javaScriptEnabled: false },
    ));

  test("lays out what is out of sight after its first screen, and at once for who comes by a link", () =>
    onPage(async (page) => {
      const arrived = () => page.locator(".chapter.arrived").count();
      await page.waitForFunction(() => !document.documentElement.classList.contains("arriving"));
      assert.equal(await arrived(), await page.locator(".chapter").count());
      await page.goto("about:blank");
      await page.goto(`${server.address}#memory`);
      await page.locator("#memory h2").waitFor();
      assert.equal(await arrived(), 0);
      assert.ok(Math.abs((await page.locator("#memory").boundingBox()).y) < 100);
    }));

  for (const [place, width] of [
    ["rail", 1280],
    ["sheet", 360],
  ])
    test(`keeps the chapter that is read in sight, in the contents of the ${place}`, () =>
      onPage(
        async (page) => {
          await page.waitForFunction(() => document.querySelector(".rail a[aria-current]")?.hash === "#memory");
          if (place === "sheet") await page.locator("#sheet-open").click();
          const link = page.locator(`${place === "sheet" ? "#sheet" : ".rail"} a[aria-current]`);
          const { y, height } = await link.boundingBox();
          assert.ok(y > 0 && y + height < 900, `from ${y} to ${y + height} of 900 px`);
        },
        "#memory",
        { width, height: 900 },
      ));

  test("rounds the five numbers at 4 bits with a mean squared error of 0.01624", () =>
    onPage(async (page) => {
      await show(page, "rounding");
      const fig = figure(page, "Your numbers, their codes");
      assert.equal(await fig.locator("[data-value=mse]").textContent(), "0.01624");
      const answer = runNative(await commandOf(fig));
      assert.equal(Number(answer.weight_mse.toPrecision(4)), 0.01624);
    }));

  test("says what the command line says at every number of bits and in both schemes", () =>
    onPage(async (page) => {
      await show(page, "rounding");
      const fig = figure(page, "Your numbers, their codes");
      for (const scheme of ["symmetric", "asymmetric"]) {
        await fig.locator(`input[value=${scheme}]`).check({ force: true });
        for (const bits of [1, 2, 3, 5, 8]) {
          await slide(fig.locator(".slider input").first(), bits);
          await settled(page, "rounding");
          await page.waitForFunction(
            ([id, wanted]) => document.querySelector(`#${id} .drag-number`)?.textContent === String(wanted),
            ["rounding", bits],
          );
          const shown = numberIn(await fig.locator("[data-value=mse]").textContent());
          near(shown, runNative(await commandOf(fig)).weight_mse, 4);
        }
      }
    }));

  test("says what the command line says of a layer, whatever shares a scale", () =>
    onPage(async (page) => {
      await show(page, "granularity");
      const fig = figure(page, "How far each weight moves");
      for (const granularity of ["tensor", "channel", "group"]) {
        await fig.locator(`input[value=${granularity}]`).check({ force: true });
        await settled(page, "granularity");
        const [bits, error] = await fig.locator(".sentence b").allTextContents();
        const answer = runNative(await commandOf(fig));
        assert.equal(numberIn(bits).toFixed(2), answer.bits_per_weight.toFixed(2));
        near(numberIn(error), answer.weight_mse);
      }
    }));

  test("says what the command line says of the layer lab, with activations rounded and outliers protected", () =>
    onPage(async (page) => {
      await show(page, "layer-lab");
      const fig = figure(page, "One layer: round its weights, its inputs, or both");
      const errors = [];
      for (const set of [
        async () => {},
        async () => fig.locator("input[value=token]").check({ force: true }),
        async () => fig.locator("input[value=channel]").check({ force: true }),
        async () => slide(fig.locator(".slider input").nth(1), 7),
        async () => slide(fig.locator(".slider input").nth(1), 6),
        async () => fig.locator("input[value=gptq]").check({ force: true }),
        async () => fig.locator("input[value=awq]").check({ force: true }),
        async () => fig.getByRole("switch", { name: /^Outlier protection/ }).check({ force: true }),
      ]) {
        await set();
        await settled(page, "layer-lab");
        const shown = numberIn(await fig.locator(".sentence b.is-error").textContent());
        const answer = runNative(await commandOf(fig));
        near(shown, answer.output_mse);
        errors.push(shown);
      }
      assert.ok(errors[0] > errors[1], "one activation scale for all tokens must not be better than one for each");
      assert.ok(errors[2] > errors[3], "activations in 8 bits must not be better than activations as they are");
    }));

  test("what outlier protection decides itself cannot be set meanwhile, says why, and is as it was afterwards", () =>
    onPage(async (page) => {
      await show(page, "layer-lab");
      const fig = figure(page, "One layer: round its weights, its inputs, or both");
      const protection = fig.getByRole("switch", { name: /^Outlier protection/ });
      await fig.locator("input[value=group]").check({ force: true });
      await slide(fig.locator(".controls").getByLabel("Weight bits", { exact: true }), 3);
      await fig.locator("input[value=token]").check({ force: true });
      await settled(page, "layer-lab");
      const command = await commandOf(fig);
      const inputs = fig.locator(".controls :is(input, select)");
      const values = () =>
        inputs.evaluateAll((all) => all.map(({ type, checked, value }) => (type === "radio" ? checked : value)));
      const before = await values();
      const kFree = ["Layer", "Planted outliers", "Outlier protection"];
      const enabled = () =>
        fig
          .locator(".controls :is(input, select):enabled")
          .evaluateAll((all) => all.map((input) => input.labels[0].innerText.split("\n")[0].trim()));

      await protection.check({ force: true });
      await settled(page, "layer-lab");
      assert.deepEqual(await enabled(), kFree);
      assert.deepEqual(await values(), before);
      const idle = fig.locator(".controls .control", { has: page.locator(":disabled") });
      assert.equal(await idle.count(), 6);
      for (const control of await idle.all()) {
        const said = await control.evaluate((element) =>
          [element, ...element.querySelectorAll("[aria-describedby]")].map((one) => {
            const ids = one.getAttribute("aria-describedby")?.split(" ") ?? [];
            return ids.map((id) => document.getElementById(id).textContent).join(" ");
          }),
        );
        assert.ok(said.some((text) => /^Outlier protection sets/.test(text)), `${await control.textContent()}: ${said}`);
      }
      // From the last control before them the Tab key goes to the first after them.
      await fig.getByRole("switch", { name: /^Planted outliers/ }).focus();
      await page.keyboard.press("Tab");
      assert.ok(await protection.evaluate((input) => input === document.activeElement));

      await protection.uncheck({ force: true });
      await settled(page, "layer-lab");
      assert.equal(await fig.locator(".controls :disabled").count(), 0);
      assert.equal(await fig.locator(".controls [aria-describedby]").count(), 0);
      assert.equal(await commandOf(fig), command);
    }));

  test("says what the command line says of memory and of the KV cache", () =>
    onPage(async (page) => {
      await show(page, "challenge");
      const chart = figure(page.locator("#challenge"), "Where 16 bits do not fit");
      const seven = (await answersTo(chart)).at(-1);
      near(numberIn(await chart.locator(".sentence b.is-quantized").textContent()), seven.weights.total / 2 ** 30, 3);
      await show(page, "kv-cache");
      const fig = figure(page.locator("#kv-cache"), "The cache of one text");
      const [cache] = await answersTo(fig);
      assert.equal(cache.weights, 12 * 32 * 4096 * 4096 * 2);
      assert.equal(cache.kv_cache_f16, 2 * 32 * 4096 * 4096 * 2);
      near(numberIn(await fig.locator(".sentence b.is-quantized").textContent()), cache.kv_cache / 2 ** 30, 3);
    }));

  test("turns the zero-point's sign over and shows what that does", () =>
    onPage(async (page) => {
      await show(page, "zero-point");
      const fig = figure(page, "From numbers to codes");
      await fig.getByRole("switch").check({ force: true });
      await settled(page, "zero-point");
      const answer = runNative(await commandOf(fig));
      assert.equal(answer.zero_point, -answer.right_zero_point);
      near(numberIn(await fig.locator(".sentence b.is-error").textContent()), answer.mse);
    }));

  test("keeps the picture's height while it waits, so that nothing jumps", () =>
    onPage(async (page) => {
      await settled(page, "opening");
      await drawn(page);
      const shift = await page.evaluate(() => {
        const observer = new PerformanceObserver(() => {});
        observer.observe({ type: "layout-shift", buffered: true });
        const shifts = observer.takeRecords().filter((entry) => !entry.hadRecentInput);
        return shifts.reduce((sum, { value }) => sum + value, 0);
      });
      assert.ok(shift < 0.02, `cumulative layout shift ${shift}`);
    }));
});

describe("a link", () => {
  test("gives back the view that it was made from", () =>
    onPage(
      async (page) => {
        await show(page, "rounding");
        const fig = figure(page, "Your numbers, their codes");
        assert.equal(await fig.locator(".slider input").first().inputValue(), "3");
        assert.deepEqual(await fig.locator(".cell").evaluateAll((cells) => cells.map((cell) => cell.value)), ["1", "-2", "0.5"]);
        await fig.getByRole("button", { name: "link to this view" }).click();
        const copied = await fig.locator("button[data-copied]").getAttribute("data-copied");
        assert.equal(copied, `${server.address}#rounding?bits=3&values=1,-2,0.5`);
        await fig.getByRole("button", { name: "reset" }).click();
        await page.waitForFunction(() => document.querySelector("#rounding .slider input").value === "4");
      },
      "#rounding?bits=3&values=1,-2,0.5",
    ));
});

describe("the address", () => {
  test("stays that of the link that was followed right after a change", () =>
    onPage(async (page) => {
      await show(page, "rounding");
      const slider = figure(page, "Your numbers, their codes").locator(".slider input").first();
      await slide(slider, 3);
      await page.waitForFunction(() => location.hash === "#rounding?bits=3");
      await slide(slider, 2);
      await page.evaluate(() => document.querySelector(".rail a[href='#glossary']").click());
      await page.waitForTimeout(600);
      assert.equal(await page.evaluate(() => location.hash), "#glossary");
    }));
});

describe("bad input", () => {
  test("a number's box that is emptied shows what is in force", () =>
    onPage(async (page) => {
      await show(page, "rounding");
      const box = figure(page, "Your numbers, their codes").getByLabel("Bits, as a number");
      await box.fill("");
      await box.blur();
      assert.equal(await box.inputValue(), "4");
    }));

  const kCases = [
    ["abc", /not a number/],
    ["NaN", /not a number/],
    ["1e999", /not a number/],
  ];
  for (const [text, message] of kCases)
    test(`'${text}' is refused beside its box`, () =>
      onPage(async (page) => {
        await show(page, "rounding");
        const fig = figure(page, "Your numbers, their codes");
        const cell = fig.locator(".cell").first();
        await cell.fill(text);
        await cell.press("Enter");
        await cell.blur();
        assert.match(await fig.locator(".problem").textContent(), message);
        assert.match(await problemOf(cell), message);
        assert.equal(await fig.locator("[aria-invalid]").count(), 1);
      }));

  test("what the core refuses stands beside the control that it is about", () =>
    onPage(async (page) => {
      await show(page, "rounding");
      const fig = figure(page, "Your numbers, their codes");
      const cell = fig.locator(".cell").first();
      await cell.fill("1e39");
      await cell.blur();
      const problem = fig.locator("fieldset.control", { has: page.locator(".cell") }).locator(".problem");
      await problem.waitFor();
      assert.match(await problem.textContent(), /values/);
      for (const box of await fig.locator(".cell").all()) assert.match(await problemOf(box), /values/);
      await cell.fill("1");
      await cell.blur();
      await problem.waitFor({ state: "detached" });
      assert.equal(await fig.locator("[aria-invalid], [aria-errormessage]").count(), 0);
      await fig.getByLabel("Bits, as a number").fill("99");
      await fig.getByLabel("Bits, as a number").blur();
      await problemOfAll(fig, ["number", "range", "slider"], /bits is 99/);
    }));

  /** Every control of these kinds, in their order, names the one message of the figure, and no other does. */
  async function problemOfAll(fig, kinds, message) {
    await fig.locator(".problem").waitFor();
    assert.equal(await fig.locator(".problem").count(), 1);
    const invalid = fig.locator("[aria-invalid]");
    for (const control of await invalid.all()) assert.match(await problemOf(control), message);
    assert.deepEqual(await invalid.evaluateAll((all) => all.map(({ type, role }) => type ?? role)), kinds);
  }
  const kWrong = [
    ["bits=99", ["number", "range"], /bits is 99/],
    ["scheme=sideways", ["radiogroup"], /scheme/],
  ];
  for (const [settings, kinds, message] of kWrong)
    test(`a link with ${settings} is refused, and every control of it names the message`, () =>
      onPage(async (page) => {
        await problemOfAll(figure(page, "Your numbers, their codes"), kinds, message);
      }, `#rounding?${settings}`));

  test("extremes have right answers: zeros, denormals, huge and equal numbers", () =>
    onPage(async (page) => {
      await show(page, "rounding");
      const fig = figure(page, "Your numbers, their codes");
      for (const list of ["0 0 0", "1e-44 2e-44", "1e38 -1e38", "2 2 2", "5"]) {
        for (let left = await fig.locator(".cell").count(); left > 1; left -= 1) {
          await fig.locator(".cell").last().fill("");
          await fig.locator(".cell").last().blur();
        }
        await fig.locator(".cell").first().fill(list);
        await fig.locator(".cell").first().blur();
        await settled(page, "rounding");
        assert.equal(await fig.locator(".problem").count(), 0, list);
        const shown = await fig.locator("[data-value=mse]").textContent();
        const exact = runNative(await commandOf(fig)).weight_mse;
        if (exact > 0) near(numberIn(shown), exact, 4);
        else assert.equal(shown, "0");
      }
    }));
});
