// Measures how tall the picture and the sentence of each figure are, in the widths that web/src/style/figure.css knows, and
// writes web/src/page/heights.json: the page reserves them until the core has answered. Run it after ./run site when a
// figure's shape has changed, build again, and `git diff` shows which figures did: node tools/heights.mjs
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chaptersOf, launch, open, root, serve, settled, showAll } from "../tests/browser/page.mjs";

const file = join(root, "web/src/page/heights.json");
const { widths } = JSON.parse(readFileSync(file, "utf8"));
const kAllChaptersMs = 600_000;

const measure = () =>
  [...document.querySelectorAll("[data-demo]")].flatMap((demo) => {
    const tall = (selector) => demo.querySelector(selector)?.getBoundingClientRect().height;
    const [picture, sentence] = [tall(".picture"), tall(".sentence")];
    return picture === undefined ? [] : [[demo.dataset.demo, { picture, sentence }]];
  });

const server = await serve();
const browser = await launch();
// Without the policy, which lets no style sheet in: a sentence's own room must not be measured.
const { page, context, goto } = await open(browser, server.address, { bypassCSP: true });
context.setDefaultTimeout(kAllChaptersMs);
await goto();
await page.addStyleTag({ content: ".sentence { min-height: 0 !important }" });
await showAll(page);
const chapters = await chaptersOf(page);
const demos = {};
for (const [i, width] of widths.entries()) {
  await page.setViewportSize({ width, height: 900 });
  for (const chapter of chapters) await settled(page, chapter);
  // Charts draw themselves for their new width in one frame, and what is placed by that drawing moves in the next.
  for (let frame = 0; frame < 3; frame += 1) await page.evaluate(() => new Promise(requestAnimationFrame));
  for (const [name, parts] of await page.evaluate(measure))
    for (const [part, height] of Object.entries(parts))
      if (height !== undefined) ((demos[name] ??= {})[part] ??= [])[i] = Math.round(height);
}
await browser.close();
await server.close();
writeFileSync(file, JSON.stringify({ widths, demos }));
execFileSync("npx", ["biome", "format", "--write", file], { cwd: join(root, "web") });
console.log(`${Object.keys(demos).length} figures in ${widths.length} widths: ${file}`);
