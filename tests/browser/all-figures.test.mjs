// The page with every figure alive: axe finds nothing, nothing is wider than its window, controls are large enough to touch,
// and every link leads somewhere. In both themes, from 320 to 1280 px, zoomed, and with large text.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { browser, drawn, open, requireFromWeb, resize, serveAndLaunch, server, showAll } from "./page.mjs";

const axe = readFileSync(requireFromWeb.resolve("axe-core/axe.min.js"), "utf8");
serveAndLaunch();

/** A row of the leaderboard: the sweep has this one setting as a format and as a method's. */
const kOneInTwoWays = "NF4, scales rounded too, sweep";

/** Another theme and width of the window. */
async function turn(page, theme, width, height = 900) {
  await page.emulateMedia({ colorScheme: theme });
  await resize(page, width, height);
}

const violations = (page) =>
  page.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(" | ")}`);
  });

/** Nothing stands beyond the window's edge, whether what can be unfolded is folded or not. */
async function assertFits(page) {
  const foldAll = (open) =>
    page.evaluate((yes) => {
      for (const details of document.querySelectorAll("details")) details.open = yes;
    }, open);
  for (const open of [true, false]) {
    await foldAll(open);
    await drawn(page);
    const [wide, beyond] = await page.evaluate(() => {
      const isClipped = (element) =>
        element !== document.body && (getComputedStyle(element).overflowX !== "visible" || isClipped(element.parentElement));
      const outside = [...document.body.querySelectorAll("*")].filter(
        (element) => element.getBoundingClientRect().right > innerWidth && element.checkVisibility() && !isClipped(element),
      );
      return [document.documentElement.scrollWidth - innerWidth, outside.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
    });
    assert.ok(wide <= 0, `the page is ${wide} px wider than the window; beyond its edge: ${beyond.join(", ")}`);
  }
}

// Every figure is computed once, for a reader who then turns the phone and drags the window.
describe("the whole page", () => {
  let opened;
  before(async () => {
    // The policy forbids scripts of others, axe's too: only these tests may look past it.
    opened = await open(browser, server.address, { width: 1280, bypassCSP: true, reducedMotion: "reduce" });
    await opened.goto();
    await showAll(opened.page);
    await opened.page.evaluate(axe);
  });
  after(() => opened?.context.close());

  const look = (title, steps) =>
    test(title, async () => {
      await steps(opened.page);
      assert.deepEqual(opened.wrongs, []);
    });
  const lookWithAxe = (widths) => {
    for (const theme of ["light", "dark"])
      for (const width of widths)
        look(`axe finds nothing in the ${theme} theme at ${width} px`, async (page) => {
          await turn(page, theme, width);
          assert.deepEqual(await violations(page), []);
          await assertFits(page);
        });
  };

  lookWithAxe([360, 768, 1280]);

  look("it fits its window at 200 % zoom, of all and of the text alone", async (page) => {
    // A window of 1280 x 900 has half as many of the page's own pixels where all is twice as large.
    await turn(page, "light", 640, 450);
    await assertFits(page);
    await page.evaluate(() => {
      document.documentElement.style.fontSize = "40px";
    });
    await turn(page, "light", 1280);
    await assertFits(page);
    await page.evaluate(() => document.documentElement.style.removeProperty("font-size"));
  });

  look("no link leads nowhere, and no name is given twice", async (page) => {
    const found = await page.evaluate(() => ({
      ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
      links: [...document.querySelectorAll("a[href]")].map((link) => ({
        href: link.getAttribute("href"),
        name: (link.textContent || link.getAttribute("aria-label") || "").trim(),
      })),
    }));
    const twice = found.ids.filter((id, i) => found.ids.indexOf(id) !== i);
    assert.deepEqual(twice, []);
    assert.ok(found.links.length > 50);
    for (const { href, name } of found.links) {
      assert.notEqual(name, "", `the link to ${href} has no name`);
      if (href.startsWith("#")) assert.ok(found.ids.includes(href.slice(1).split("?")[0]), `${href} leads nowhere`);
      else assert.match(href, /^https:\/\/[\w.-]+\.[a-z]+(\/|$)/, `${name}: ${href}`);
    }
  });

  look("in every table the cells that name a row are its heads, and no two rows have one name", async (page) => {
    await turn(page, "light", 1280);
    await page.evaluate(() => {
      for (const button of document.querySelectorAll(".links button[aria-expanded=false]"))
        if (button.textContent === "table") button.click();
    });
    await drawn(page);
    const tables = await page.evaluate(() =>
      [...document.querySelectorAll("table")].map((table) => ({
        label: table.caption?.textContent ?? table.parentElement.getAttribute("aria-label"),
        // A mere list of numbers.
        unnamed: table.tHead.rows[0].cells.length === 1,
        rows: [...table.tBodies[0].rows].map(({ cells }) => ({
          first: cells[0]?.localName,
          name: [...cells].filter((cell) => cell.scope === "row").map((cell) => cell.textContent).join(", "),
        })),
      })),
    );
    assert.ok(tables.length > 60, `${tables.length} tables`);
    const wrong = tables
      .filter(({ unnamed }) => !unnamed)
      .flatMap(({ label, rows }) => {
        const names = rows.map(({ name }) => name);
        const isTaken = (name, i) => names.indexOf(name) !== i && name !== kOneInTwoWays;
        return rows.filter(({ first, name }, i) => first !== "th" || isTaken(name, i)).map(({ name }) => `${label}: ${name}`);
      });
    assert.deepEqual(wrong, []);
    assert.deepEqual(await violations(page), []);
    await assertFits(page);
  });

  look("nothing is wider than a window of 320 px, and controls are large enough to touch", async (page) => {
    await turn(page, "light", 320);
    await assertFits(page);
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("button, .slider input, .segment, .cell, select, .switch")]
        .filter((control) => control.checkVisibility())
        .map((control) => ({ name: control.textContent || control.className, height: control.getBoundingClientRect().height }))
        .filter((control) => control.height < 43.5),
    );
    assert.deepEqual(small, []);
  });
});
