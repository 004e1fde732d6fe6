// Figures that no other test of this folder goes through: by default and in two other states of their controls, every
// number in the table and every stressed number in the sentence is one that the copied commands print.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { answersTo, figure, hasModel, isAmong, launch, numbersOf, open, serve, settled, show, shownNumber, slide } from "./page.mjs";

let server;
let browser;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const slideTo = (name, position) => (fig) =>
  slide(fig.getByRole("slider", { name, exact: true }).and(fig.page().locator("input")), position);
const choose = (name, value) => (fig) => fig.getByLabel(name, { exact: true }).selectOption(value);
const pick = (value) => (fig) => fig.locator(`input[value="${value}"]`).check({ force: true });
const turn = (name) => (fig) => fig.getByRole("switch", { name }).check({ force: true });

/**
 * `columns`: of the table, whose numbers are compared; [] for a table of what the copied command keeps in files.
 * `least`: how many numbers must have been compared in each state.
 */
const kFigures = [
  { chapter: "linear-layer", title: "Two inputs, two outputs", moves: [slideTo("Bits of a weight", 2), pick("asymmetric")], columns: [4, 5, 6], least: 12 },
  { chapter: "zero-point", title: "From numbers to codes", moves: [slideTo("Bits of a code", 3), turn(/^Wrong sign/)], least: 20 },
  { chapter: "symmetry", title: "The same numbers on a ruler", moves: [pick("asymmetric"), slideTo("Bits of a code", 5)], least: 20 },
  { chapter: "qlora", title: "Where the memory of finetuning", moves: [choose("Model", "mixtral-8x7b"), slideTo("Rank", 4), turn(/^Checkpoints/)], columns: [1], only: "b.is-quantized", least: 7 },
  { chapter: "kv-lab", title: "Keys and values bear", moves: [], columns: [3], rows: [4], only: "none", least: 1, model: true, slack: 2e-3 },
  { chapter: "kv-lab", title: "The error along the text", moves: [pick("int4"), pick("token")], columns: [1, 2], least: 30, model: true, slack: 2e-3 },
  { chapter: "kv-lab", title: "Along which direction", moves: [], columns: [1, 2], least: 16, model: true, slack: 2e-3 },
];

/** Runs `steps` on a fresh page with one chapter in view, and requires that nothing went wrong meanwhile. */
async function on(chapter, steps) {
  const opened = await open(browser, server.address);
  try {
    await opened.goto(`#${chapter}`);
    await show(opened.page, chapter);
    await steps(opened.page);
    assert.deepEqual(opened.wrongs, []);
  } finally {
    await opened.context.close();
  }
}

/** The texts of the figure that must be numbers of the command line. */
async function shownIn(fig, { columns, rows, only = "b" }) {
  const cells = await fig.locator(".panel tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const wanted = (column) => (columns ? columns.includes(column) : column > 0);
  const inTable = cells.filter((_, i) => !rows || rows.includes(i)).flatMap((row) => row.filter((_, column) => wanted(column)));
  return [...inTable, ...(await fig.locator(`.sentence ${only}`).allTextContents())];
}

async function compare(fig, entry) {
  const numbers = (await answersTo(fig)).flatMap(numbersOf);
  const shown = (await shownIn(fig, entry)).map((text) => [text, shownNumber(text)]).filter(([, number]) => number);
  assert.ok(shown.length >= entry.least, `${shown.length} numbers, at least ${entry.least} were expected`);
  for (const [text, number] of shown) assert.ok(isAmong(number, numbers, entry.slack), `${text} is not among what the commands print`);
  return shown.map(([text]) => text).join(" ");
}

describe("every number of a figure is the command line's", () => {
  for (const entry of kFigures)
    test(`${entry.chapter}: ${entry.title}`, { skip: entry.model && !hasModel }, () =>
      on(entry.chapter, async (page) => {
        const fig = figure(page.locator(`#${entry.chapter}`), entry.title);
        await fig.getByRole("button", { name: "table", exact: true }).click();
        const states = new Set([await compare(fig, entry)]);
        for (const move of entry.moves) {
          await move(fig);
          // A control that asks redraws in the next frame; the answer is awaited after that.
          await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
          await settled(page, entry.chapter);
          states.add(await compare(fig, entry));
        }
        assert.equal(states.size, entry.moves.length + 1, "each state shows other numbers");
      }),
    );
});
