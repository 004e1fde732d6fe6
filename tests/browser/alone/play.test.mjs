// A reader goes from chapter to chapter, scrolls, and moves sliders: nothing jumps, and nothing keeps the page busy.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browser, chaptersOf, drawn, onPage, serveAndLaunch, settled, show, slide } from "../page.mjs";

serveAndLaunch();

/** "Good" is 0.1 for a whole visit. Where each figure's place is reserved there is next to none, whatever the fonts. */
const kMostShift = 0.02;
const kLongestMs = 50;

/** Notes every shift that no input explains, with the chapter where the reader is and what moved. */
const watchShifts = () => {
  window.shifts = [];
  const nameOf = (node) => {
    const element = node?.nodeType === 1 ? node : node?.parentElement;
    return `${element?.closest("[data-demo]")?.dataset.demo ?? ""} ${element?.className.baseVal ?? element?.className}`;
  };
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) window.shifts.push({ at: window.chapter, value, moved: sources.map(({ node }) => nameOf(node)) });
  }).observe({ type: "layout-shift" });
};

/** Waits for the figures in sight; not for the language model's, which take seconds and have their place reserved too. */
const drawnInSight = (page) =>
  page.waitForFunction(() =>
    [...document.querySelectorAll("[data-demo] .figure")].every((figure) => {
      const { top, bottom } = figure.getBoundingClientRect();
      if (bottom < 0 || top > innerHeight || figure.querySelector(".problem")) return true;
      const waiting = figure.querySelector(".placeholder:not([data-absent])");
      return figure.closest("[data-awake]") && (!waiting || waiting.textContent.includes("the model"));
    }),
  );

describe("nothing jumps", () => {
  for (const width of [1280, 360])
    test(`from the first line to the last, chapter by chapter, ${width} px wide`, (t) =>
      onPage(
        async (page) => {
          await page.evaluate(watchShifts);
          await page.mouse.move(width / 2, 450);
          const chapters = await chaptersOf(page);
          for (const id of chapters) {
            await page.evaluate((name) => {
              window.chapter = name;
              location.hash = name;
            }, id);
            await drawn(page);
            await drawnInSight(page);
            // To its end, a window at a time.
            for (let more = true; more; ) {
              more = await page.evaluate((name) => {
                const before = scrollY;
                const end = document.getElementById(name).getBoundingClientRect().bottom;
                if (end > innerHeight) scrollBy({ top: 0.8 * innerHeight, behavior: "instant" });
                return scrollY !== before;
              }, id);
              await drawn(page);
              await drawnInSight(page);
            }
            await drawn(page);
          }
          const shifts = await page.evaluate(() => window.shifts);
          const sums = chapters.map((id) => shifts.filter(({ at }) => at === id).reduce((sum, { value }) => sum + value, 0));
          const worst = sums.indexOf(Math.max(...sums));
          const largest = shifts.toSorted((a, b) => b.value - a.value).slice(0, 4);
          t.diagnostic(`layout shift: ${sums[worst].toFixed(4)} in ${chapters[worst]}, the most; ${JSON.stringify(largest)}`);
          for (const [i, id] of chapters.entries()) assert.ok(sums[i] <= kMostShift, `${id}: layout shift ${sums[i]}: ${JSON.stringify(largest)}`);
        },
        "",
        { width, reducedMotion: "no-preference" },
      ));
});

test(`no move of a slider keeps the page busy for over ${kLongestMs} ms`, (t) =>
  onPage(async (page) => {
    for (const chapter of ["rounding", "granularity", "layer-lab", "codebooks", "memory"]) {
      await show(page, chapter);
      const slider = page.locator(`#${chapter} .slider input`).first();
      const ends = await slider.evaluate(({ min, max }) => [Number(min), Number(max)]);
      const before = await slider.inputValue();
      const rounds = [];
      // The same moves three times, of which the best counts: in the first the engine compiles, in any it may collect garbage.
      for (let round = 0; round < 3; round += 1) {
        await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline", "__metadata"] });
        for (const share of [0.2, 0.7, 1, 0.4]) {
          await slide(slider, Math.round(ends[0] + share * (ends[1] - ends[0])));
          await drawn(page);
        }
        await slide(slider, before);
        await drawn(page);
        await settled(page, chapter);
        rounds.push(tasksOfPage(JSON.parse(String(await browser.stopTracing()))));
      }
      const longest = rounds.map(([first]) => first);
      t.diagnostic(`${chapter}: ${rounds[0].length} tasks, the longest of each round ${longest.map((ms) => ms.toFixed(1)).join(", ")} ms`);
      assert.ok(rounds[0].length > 10, "the trace has no tasks");
      assert.ok(Math.min(...longest) <= kLongestMs, `${chapter}: tasks of ${longest.join(", ")} ms`);
    }
  }, "", { reducedMotion: "no-preference" }));

/** Milliseconds of the processor that each task of a page's own thread took, longest first: a busy machine changes nothing. */
function tasksOfPage({ traceEvents }) {
  const named = traceEvents.filter((event) => event.name === "thread_name" && event.args.name === "CrRendererMain");
  const pages = new Set(named.map(({ pid, tid }) => `${pid} ${tid}`));
  return traceEvents
    .filter((event) => event.name === "RunTask" && event.tdur !== undefined && pages.has(`${event.pid} ${event.tid}`))
    .map((event) => event.tdur / 1000)
    .sort((a, b) => b - a);
}
