// Charts compared with the pictures in `pictures/`. What is compared is the chart's marks alone, drawn anew from its SVG (or
// the canvas of a heat map) with the colours that the page gives them: not a photograph of the page, in which a machine's fonts
// push a chart by half a pixel, and with every text as wide as its number of letters, since charts make room for their
// labels. So what is left to differ between machines is how an edge is smoothed.
// QUANTLENS_NEW_PICTURES=1 takes the pictures anew; look at them before committing.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { browser, drawn, open, root, serveAndLaunch, server, slide } from "./page.mjs";

serveAndLaunch();

const kFolder = join(root, "tests/browser/pictures");
/** A smoothed edge is somewhere between its two sides; a colour may leave that range by so much. */
const kNearColour = 24;
/** In pixels: less than the smallest mark of any chart here. */
const kMostWrong = 20;

/** A line of text is as wide on every machine. */
const sameWidths = () => {
  CanvasRenderingContext2D.prototype.measureText = (text) => ({ width: 7 * text.length });
};

/** The marks of a chart as a PNG file. */
const marksOf = async (fig) => {
  const address = await fig.locator(".chart-stage").first().evaluate(async (stage) => {
    const canvas = stage.querySelector("canvas");
    if (canvas) return canvas.toDataURL();
    const svg = stage.querySelector("svg");
    const copy = svg.cloneNode(true);
    const styled = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity", "visibility"];
    const copies = [copy, ...copy.querySelectorAll("*")];
    for (const [i, element] of [svg, ...svg.querySelectorAll("*")].entries())
      for (const name of styled) copies[i].style.setProperty(name, getComputedStyle(element).getPropertyValue(name));
    for (const text of copy.querySelectorAll("text, title")) text.remove();
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    for (const [name, value] of Object.entries({ width, height, xmlns: "http://www.w3.org/2000/svg" })) copy.setAttribute(name, value);
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
    await image.decode();
    const drawn = Object.assign(document.createElement("canvas"), { width, height });
    const context = drawn.getContext("2d");
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("background-color");
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0);
    return drawn.toDataURL();
  });
  return Buffer.from(address.split(",")[1], "base64");
};

/** How many pixels have a colour that the other picture has no reason for, one pixel around; all where the sizes differ. */
const difference = (page, one, other) =>
  page.evaluate(
    async ([files, near]) => {
      const [a, b] = await Promise.all(
        files.map(async (base64) => {
          const image = new Image();
          image.src = `data:image/png;base64,${base64}`;
          await image.decode();
          const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height);
        }),
      );
      if (a.width !== b.width || a.height !== b.height) return a.width * a.height;
      const { width, height } = a;
      /** Whether a pixel of one picture lies between the colours that the other has there and one pixel around. */
      const between = (one, other, x, y) =>
        [0, 1, 2].every((channel) => {
          let [least, most] = [255, 0];
          for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1)
            for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) {
              const value = other.data[4 * (v * width + u) + channel];
              [least, most] = [Math.min(least, value), Math.max(most, value)];
            }
          const own = one.data[4 * (y * width + x) + channel];
          return own >= least - near && own <= most + near;
        });
      let wrong = 0;
      for (let y = 0; y < height; y += 1)
        for (let x = 0; x < width; x += 1) if (!between(a, b, x, y) || !between(b, a, x, y)) wrong += 1;
      return wrong;
    },
    [[one, other].map((png) => png.toString("base64")), kNearColour],
  );

const kCharts = [
  { name: "number-line", demo: "rounding/YourNumbers", theme: "light" },
  { name: "lines", demo: "cache-growth/GrowthCurves", theme: "light" },
  // The synthetic layer: it is the same before the model is here and after.
  { name: "heat-map", demo: "gptq/Stepper", theme: "light", hash: "#gptq?layer=synthetic" },
  { name: "bars", demo: "kv-cache/CacheCalculator", theme: "dark" },
];

describe("a chart looks as it did", () => {
  for (const { name, demo, theme, hash = "" } of kCharts)
    test(name, async () => {
      const { page, context, goto, wrongs } = await open(browser, server.address, { width: 700, theme });
      try {
        await page.addInitScript(sameWidths);
        await goto(hash);
        const fig = page.locator(`[data-demo="${demo}"][data-awake] .figure`);
        await page.evaluate((name) => document.querySelector(`[data-demo="${name}"]`).scrollIntoView(), demo);
        await fig.locator(".chart-stage").first().waitFor();
        await fig.locator(".picture:not([data-stale])").waitFor();
        await drawn(page); // a heat map is painted after the frame that it comes with
        const now = await marksOf(fig);
        const file = join(kFolder, `${name}.png`);
        if (process.env.QUANTLENS_NEW_PICTURES) writeFileSync(file, now);
        assert.ok(existsSync(file), `${file} is missing`);
        const wrong = await difference(page, now, readFileSync(file));
        if (wrong > kMostWrong) writeFileSync(join(root, `build/${name}-now.png`), now);
        assert.ok(wrong <= kMostWrong, `${wrong} pixels differ; see build/${name}-now.png`);

        // The comparison sees what a reader would: another setting is another picture.
        const slider = fig.locator(".slider input").first();
        const before = await fig.locator(".sentence").textContent();
        await slide(slider, await slider.evaluate((input) => (Number(input.value) > Number(input.min) ? input.min : input.max)));
        await page.waitForFunction(([element, text]) => element.textContent !== text, [await fig.locator(".sentence").elementHandle(), before]);
        await fig.locator(".picture:not([data-stale])").waitFor();
        await drawn(page);
        assert.ok((await difference(page, await marksOf(fig), readFileSync(file))) > kMostWrong, "another setting shows the same picture");
        assert.deepEqual(wrongs, []);
      } finally {
        await context.close();
      }
    });
});
