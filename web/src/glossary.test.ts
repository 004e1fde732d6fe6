// The glossary explains what the text uses: each of its words is linked where the reader first meets it.
import { expect, test, vi } from "vitest";
import { glossary, slugOf } from "./page/glossary";

// The text alone: a figure comes alive without the links that it was built with.
vi.mock("./page/demo", () => ({ Demo: () => null }));
const { renderPage } = await import("./page/static");

/** The chapters in their order, without the glossary itself. */
const chapters = renderPage()
  .split(/(?=<section class="(?:opening|chapter)")/)
  .slice(1)
  .map((html) => ({ id: html.match(/id="([^"]+)"/)?.[1], html }))
  .filter(({ id }) => id !== "glossary");

const linksIn = (html: string) =>
  [...html.matchAll(/<a class="term" href="#term-([^"]+)"/g)].map((m) => m[1]!);
const linked = new Set(chapters.flatMap(({ html }) => linksIn(html)));

test("every entry is linked from the text, or says why not", () => {
  expect(chapters.length).toBeGreaterThan(30);
  expect(glossary.filter((e) => !e.unlinked && !linked.has(slugOf(e.term))).map((e) => e.term)).toEqual([]);
  expect(glossary.filter((e) => e.unlinked && linked.has(slugOf(e.term))).map((e) => e.term)).toEqual([]);
});

/** What a reader reads as running text: no headings, no names of figures and notes, no links to elsewhere. */
const proseOf = (html: string): string =>
  html
    .replace(/<(h[1-3]|summary|cite|math|thead|caption)\b[\s\S]*?<\/\1>/g, " ")
    .replace(/<a href[\s\S]*?<\/a>/g, " ")
    .replace(/<[^>]+>/g, " ");

/** An entry's name and what it is called in brackets: GQA. "(in GPTQ)" is no name. */
const namesOf = (term: string): string[] =>
  term.split(/[()]| \/ /).flatMap((part) => (part.startsWith("in ") ? [] : part.trim() || []));

const names = (prose: string, name: string): boolean =>
  new RegExp(`(?<![\\w-])${name.replaceAll(/[.*+?^${}|[\]\\]/g, "\\$&")}(s|es)?(?![\\w-])`, "i").test(prose);

test("a word is linked no later than in the first chapter that uses it", () => {
  const late = glossary.flatMap(({ term, unlinked }) => {
    const used = chapters.findIndex(({ html }) => namesOf(term).some((name) => names(proseOf(html), name)));
    const link = chapters.findIndex(({ html }) => linksIn(html).includes(slugOf(term)));
    return used >= 0 && used < link && !unlinked ? [`${term}: ${chapters[used]?.id}`] : [];
  });
  expect(late).toEqual([]);
});
