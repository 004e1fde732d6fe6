// Figures that no other test of this folder goes through: by default and in two other states of their controls, every
// number in the table and every stressed number in the sentence is one that the copied commands print.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inFolder, readNpy } from "../cli/tool.mjs";
import { answersTo, commandOf, figure, hasModel, isAmong, numbersOf, onChapter, runNative, serveAndLaunch, settled, shownNumber, slide } from "./page.mjs";

serveAndLaunch();

const slideTo = (name, position) => (fig) =>
  slide(fig.getByRole("slider", { name, exact: true }).and(fig.page().locator("input")), position);
const choose = (name, value) => (fig) => fig.getByLabel(name, { exact: true }).selectOption(value);
const pick = (value) => (fig) => fig.locator(`input[value="${value}"]`).check({ force: true });
const turn = (name) => (fig) => fig.getByRole("switch", { name }).check({ force: true });
const press = (name) => (fig) => fig.getByRole("button", { name }).first().click();

/**
 * `columns`: of the table, whose numbers are compared. `unit`: what the table's head gives for its cells, or for those of
 * some columns.
 * `file`: an array whose every number the table lists, which the copied command keeps where `--out` says.
 * `least`: how many numbers must have been compared in each state.
 */
const kFigures = [
  { chapter: "challenge", title: "Where 16 bits do not fit", moves: [choose("Store the weights as", "q4_K"), choose("Store the weights as", "q6_K")], columns: [2, 3, 4, 5, 6], unit: { 2: "GiB", 3: "GiB", 4: "GiB" }, only: "b:not(.is-good)", least: 27 },
  { chapter: "linear-layer", title: "Two inputs, two outputs", moves: [slideTo("Bits of a weight", 2), pick("asymmetric")], columns: [4, 5, 6], least: 12 },
  { chapter: "zero-point", title: "From numbers to codes", moves: [slideTo("Bits of a code", 3), turn(/^Wrong sign/)], least: 20 },
  { chapter: "symmetry", title: "The same numbers on a ruler", moves: [pick("asymmetric"), slideTo("Bits of a code", 5)], least: 20 },
  { chapter: "number-formats", title: "Every number that a format", moves: [choose("Format", "fp8_e4m3"), choose("Format", "fp4")], columns: [0], least: 12, file: "values" },
  { chapter: "kv-cache", title: "The cache of one text", moves: [slideTo("Layers", 80), pick("int4")], columns: [1], least: 8 },
  { chapter: "qlora", title: "Where the memory of finetuning", moves: [choose("Model", "mixtral-8x7b"), slideTo("Rank", 4), turn(/^Checkpoints/)], columns: [1], only: "b.is-quantized", least: 7 },
  { chapter: "definitions", title: "How far the largest number", moves: [slideTo("Block", 2), slideTo("Block", 4)], least: 55, model: true },
  { chapter: "transformer", title: "Every box with weights", moves: [press(/^queries/), slideTo("Block", 3)], columns: [1, 2, 3], only: "b:not(.is-original)", least: 20, model: true },
  { chapter: "format-comparison", title: "Bits a weight against error", moves: [choose("Layer", "model.layers.1.mlp.down_proj.weight"), choose("Layer", "synthetic")], columns: [1, 2, 3, 4], only: "none", least: 60, model: true },
  {
    chapter: "kv-lab",
    title: "The error along the text",
    moves: [slideTo("Newest kept as is", 1), pick("token")],
    columns: [1, 2],
    least: 30,
    model: true,
    // Its other two figures follow the same settings, and are compared in the same states.
    beside: [
      { title: "Keys and values bear", columns: [3], rows: [4], only: "none", least: 1 },
      { title: "Along which direction", columns: [1, 2], least: 16 },
    ],
  },
];

/** The texts of the figure that must be numbers of the command line. */
async function shownIn(fig, { columns, rows, unit = "", only = "b" }) {
  const cells = await fig.locator(".panel tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const wanted = (column) => (columns ? columns.includes(column) : column > 0);
  const withUnit = (cell, column) => `${cell} ${(typeof unit === "string" ? unit : unit[column]) ?? ""}`.trim();
  const inTable = cells.filter((_, i) => !rows || rows.includes(i)).flatMap((row) => row.map(withUnit).filter((_, column) => wanted(column)));
  return [...inTable, ...(await fig.locator(`.sentence ${only}`).allTextContents())];
}

const texts = async (fig, entry) => (await shownIn(fig, entry)).filter(shownNumber).join(" ");

/** Waits until the figure shows other numbers than before, and the same ones twice. */
async function moved(fig, entry, before) {
  for (let last = before, until = Date.now() + 60_000; Date.now() < until; ) {
    await settled(fig.page(), entry.chapter);
    const now = await texts(fig, entry);
    if (now !== before && now === last) return;
    last = now;
    await fig.page().waitForTimeout(50);
  }
  assert.fail("the figure shows the same numbers after its control was moved");
}

/** The numbers of an array that a copied command makes. */
const filedBy = (command, array) =>
  inFolder((folder) => {
    runNative(`${command} --out ${folder}`);
    return readNpy(`${folder}/${array}.npy`).values;
  });

async function compare(fig, entry) {
  const answers = await answersTo(fig);
  const listed = entry.file ? filedBy(await commandOf(fig), entry.file) : [];
  if (entry.file) assert.equal(await fig.locator(".panel tbody tr").count(), listed.length);
  const numbers = [...answers.flatMap(numbersOf), ...listed];
  const shown = (await shownIn(fig, entry)).map((text) => [text, shownNumber(text)]).filter(([, number]) => number);
  assert.ok(shown.length >= entry.least, `${shown.length} numbers, at least ${entry.least} were expected`);
  for (const [text, number] of shown) assert.ok(isAmong(number, numbers), `${text} is not among what the commands print`);
  return shown.map(([text]) => text).join(" ");
}

describe("every number of a figure is the command line's", () => {
  for (const entry of kFigures)
    test(`${entry.chapter}: ${entry.title}`, { skip: entry.model && !hasModel }, () =>
      onChapter(entry.chapter, async (page) => {
        const [first, ...others] = [entry, ...(entry.beside ?? [])].map((one) => ({
          fig: figure(page.locator(`#${entry.chapter}`), one.title),
          entry: { chapter: entry.chapter, ...one },
        }));
        const compareOthers = async () => {
          for (const other of others) await compare(other.fig, other.entry);
        };
        for (const { fig } of [first, ...others]) await fig.getByRole("button", { name: "table", exact: true }).click();
        let before = await compare(first.fig, entry);
        await compareOthers();
        for (const move of entry.moves) {
          await move(first.fig);
          await moved(first.fig, entry, before);
          before = await compare(first.fig, entry);
          await compareOthers();
        }
      }),
    );
});
