// What every browser test needs: the built page served under a sub-path, a browser, and a record of all that goes wrong.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const requireFromWeb = createRequire(join(root, "web/package.json"));
const { chromium } = requireFromWeb("playwright-core");

/** The reference model is not in every clone; the figures that need it say so where it is not. */
export const hasModel = existsSync(join(root, "data/reference/model.safetensors"));

export const site = join(root, "build/site");
export const singleFile = join(root, "build/quantlens.html");
const native = process.env.QUANTLENS_NATIVE ?? join(root, "build/native/quantlens");

export const kTypes = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};
const kSubPath = "/some/where";

/**
 * Serves the built folder under a sub-path, as any static host would: no headers of our own, or those of a host that lets
 * browsers keep a page for a while. `change` is what has become of a file since the build.
 */
export async function serve(folder = site, { headers = {}, change = (_file, body) => body } = {}) {
  if (!existsSync(join(folder, "index.html"))) throw new Error(`no page in ${folder}: run ./run site first`);
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const inside = path.startsWith(`${kSubPath}/`) ? normalize(path.slice(kSubPath.length)) : "/missing";
    const file = join(folder, inside.endsWith("/") ? `${inside}index.html` : inside);
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": kTypes[extname(file)] ?? "application/octet-stream", ...headers });
    response.end(change(file, readFileSync(file)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${server.address().port}${kSubPath}/`;
  return { address, close: () => new Promise((done) => server.close(done)) };
}

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** The page's server and the browser of a test file that has called serveAndLaunch. */
export let server;
export let browser;

export function serveAndLaunch() {
  before(async () => {
    server = await serve();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
}

/** A page, and the list of everything that a good page never does: errors, and requests to other places. */
export async function open(browser, address, { width = 1280, height = 900, theme = "light", ...more } = {}) {
  // A service worker would answer in the place of the routes that tests put in the way.
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    serviceWorkers: "block",
    ...more,
  });
  // Ample: a machine with two cores may be busy, and how fast the page is is measured in speed.test.mjs.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const wrongs = [];
  page.on("console", (message) => {
    if (message.text().includes("Service Worker registration blocked by Playwright")) return;
    if (message.type() === "error" || message.type() === "warning") wrongs.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrongs.push(`exception: ${error.message}`));
  const own = new URL(address);
  context.on("request", (request) => {
    const url = new URL(request.url());
    const allowed = url.protocol === "blob:" || url.protocol === "data:" || url.href.startsWith(new URL(".", own).href);
    if (!allowed) wrongs.push(`request elsewhere: ${url.href}`);
  });
  /** The page with its chapters laid out, so that each stands where it will stay (web/src/page/arrival.ts). */
  const goto = async (hash = "") => {
    await page.goto(address + hash);
    await page.locator("html:not(.arriving)").waitFor({ state: "attached" });
  };
  return { page, context, wrongs, goto };
}

export const fileAddress = (path) => pathToFileURL(path).href;

/** A figure of the page, or of a part of it, by its title. */
export function figure(within, title) {
  const page = "page" in within ? within.page() : within;
  return within.locator("figure").filter({ has: page.locator("figcaption", { hasText: title }) });
}

/** Brings one figure into view, "chapter/Name" as its chapter's text calls it, and waits until its script has come. */
export async function wake(page, demo) {
  await page.locator(`[data-demo="${demo}"]`).scrollIntoViewIfNeeded();
  await page.locator(`[data-demo="${demo}"][data-awake]`).waitFor();
}

/** Brings a chapter into view and waits until its figures, or the first so many of them, have their first answer. */
export async function show(page, chapter, most = Number.POSITIVE_INFINITY) {
  await page.locator(`#${chapter}`).scrollIntoViewIfNeeded();
  const demos = await page.locator(`#${chapter} [data-demo]`).evaluateAll((all) => all.map((demo) => demo.dataset.demo));
  for (const demo of demos.slice(0, most)) await wake(page, demo);
  await settled(page, chapter, most);
  const problems = await page.locator(`#${chapter} .problem`).allTextContents();
  if (problems.length > 0) throw new Error(`${chapter}: ${problems.join("; ")}`);
}

/** The chapters' names, in their order. */
export const chaptersOf = (page) => page.locator(".opening, .chapter").evaluateAll((all) => all.map(({ id }) => id));

/** Brings each chapter into view, one after the other, until every figure of the page has its first answer. */
export async function showAll(page) {
  for (const chapter of await chaptersOf(page)) await show(page, chapter);
}

/** Waits until what has just changed is drawn: figures that measure themselves draw again in the frame after it. */
export const drawn = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));

/** Gives the window another size, and waits until the page is drawn for it. */
export async function resize(page, width, height = 900) {
  await page.setViewportSize({ width, height });
  await page.waitForFunction((size) => size.join() === [innerWidth, innerHeight].join(), [width, height]);
  await drawn(page);
}

/** Waits until every figure of the chapter, or of its first so many, shows a fresh answer, or says what is wrong. */
export const settled = (page, chapter, most = Number.POSITIVE_INFINITY) =>
  page.waitForFunction(
    ([id, count]) =>
      [...document.querySelectorAll(`#${id} [data-demo]`)]
        .slice(0, count)
        .flatMap((demo) => [...demo.querySelectorAll(".figure")])
        .every(
          (figure) =>
            figure.querySelector(".problem") ||
            (!figure.querySelector(".placeholder:not([data-absent]), .picture[data-stale]") &&
              // A synthetic layer stands in until the model is here.
              !figure.querySelector(".figure-lead")?.textContent.includes("takes its place once it is loaded")),
        ),
    [chapter, most],
    // Not at each frame, which is the default: the core computes meanwhile.
    { timeout: 120_000, polling: 50 },
  );

/** Puts code before the worker's own. */
export const beforeWorker = (page, code) =>
  page.route(/worker-.*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code};${await response.text()}` });
  });

/**
 * From now on the worker answers so many requests, of one operation or of all, and keeps the others waiting: what a reader
 * does meanwhile is in time, however fast the machine is. `held` waits until one waits, `letGo` lets all be answered.
 */
export async function holdRequests(page, most, op = undefined) {
  const [worker] = page.workers();
  await worker.evaluate(
    ([most, op]) => {
      const answer = self.onmessage;
      const waiting = [];
      let left = most;
      self.held = new Promise((done) => {
        self.onmessage = (event) => {
          if (event.data.kind !== "ask" || (op && JSON.parse(event.data.request).op !== op)) return answer(event);
          left -= 1;
          if (left >= 0) return answer(event);
          waiting.push(event);
          done();
        };
      });
      self.letGo = () => {
        left = Number.POSITIVE_INFINITY;
        for (const event of waiting.splice(0)) answer(event);
      };
    },
    [most, op],
  );
  return {
    held: () => worker.evaluate(() => self.held),
    letGo: () => worker.evaluate(() => self.letGo()),
  };
}

/** A browser without relaxed SIMD: what is asked for first, plain SIMD, is there, and nothing after it. */
export const withPlainSimd = (page) =>
  beforeWorker(page, "{ const real = WebAssembly.validate; let n = 0; WebAssembly.validate = (bytes) => (n++ === 0 ? real(bytes) : false) }");

/** The tab of a test file whose tests all want the same one: a new one takes three times as long as one that is loaded again. */
let tab;

async function freshTab() {
  if (tab) {
    await tab.page.goto("about:blank");
    tab.wrongs.length = 0;
  } else tab = await open(browser, server.address, { reducedMotion: "reduce" });
  return tab;
}

/**
 * Runs `steps` on a page that was just loaded and requires that nothing went wrong meanwhile. The page's core is the plain
 * SIMD build, whose sums are those of the native tool that runNative runs: both agree to the last bit, whatever this
 * machine's processor is. Nothing moves, so that a link leads to its chapter at once; alone/play.test.mjs looks at the page
 * in motion. With options of its own the page has a tab, and a browser's storage, of its own.
 */
export async function onPage(steps, hash = "", options = undefined) {
  const opened = options ? await open(browser, server.address, { reducedMotion: "reduce", ...options }) : await freshTab();
  try {
    await withPlainSimd(opened.page);
    await opened.goto(hash);
    await steps(opened.page, opened);
    assert.deepEqual(opened.wrongs, []);
  } catch (error) {
    if (!options) tab = undefined; // whatever state it is in is not the next test's
    throw error;
  } finally {
    await opened.page.unrouteAll({ behavior: "ignoreErrors" });
    if (options) await opened.context.close();
  }
}

/** The same with one chapter in view, or its first so many figures. */
export const onChapter = (chapter, steps, hash = `#${chapter}`, most = Number.POSITIVE_INFINITY) =>
  onPage(async (page) => {
    await show(page, chapter, most);
    await steps(page);
  }, hash);

/** What a control says is wrong with it: the text of the alert that it names, as its error and in its description. */
export async function problemOf(control) {
  const { invalid, error, described, role, text } = await control.evaluate((element) => {
    const error = element.getAttribute("aria-errormessage");
    const message = document.getElementById(error);
    return {
      invalid: element.getAttribute("aria-invalid"),
      error,
      described: (element.getAttribute("aria-describedby") ?? "").split(" "),
      role: message?.getAttribute("role"),
      text: message?.textContent,
    };
  });
  assert.equal(invalid, "true");
  assert.equal(role, "alert", `no alert has the id ${error}`);
  assert.ok(described.includes(error), `${described} without ${error}`);
  return text;
}

/** Moves a slider (a range input) as a drag does. */
export async function slide(slider, value) {
  await slider.evaluate((input, position) => {
    input.value = String(position);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, value);
}

/** The words of a shell command, as "copy as command" writes them. */
export function wordsOf(command) {
  const words = [];
  for (const match of command.matchAll(/(?:[^\s']+|'(?:[^']|'\\'')*')+/g))
    words.push(match[0].replace(/'((?:[^']|'\\'')*)'/g, (_, inside) => inside.replaceAll("'\\''", "'")));
  return words;
}

// The native kernels whose vectors are as wide as WebAssembly's, and which like them have no fused multiply-add.
const kIsa = process.arch === "x64" ? { QUANTLENS_ISA: "sse2" } : {};

/** Runs a copied command with the native tool and gives its JSON. */
export function runNative(command) {
  const [name, ...args] = wordsOf(command);
  if (name !== "quantlens") throw new Error(`not a command of ours: ${command}`);
  if (!existsSync(native)) throw new Error(`no native tool at ${native}: run ./run native first`);
  return JSON.parse(execFileSync(native, [...args, "--json"], {
    encoding: "utf8",
    cwd: root,
    env: { ...process.env, ...kIsa },
    maxBuffer: 1 << 26,
  }));
}

/** What "copy as command" of a figure puts on the clipboard. The button's own attribute is written a render later. */
export async function commandOf(fig) {
  const button = fig.getByRole("button", { name: "copy as command" });
  await button.evaluate(() => {
    window.copied = undefined;
    navigator.clipboard.writeText = async (text) => {
      window.copied = text;
    };
  });
  await button.click();
  await fig.page().waitForFunction(() => window.copied !== undefined);
  return fig.page().evaluate(() => window.copied);
}

/** What every command prints that the figure copies, one a line; a command that two figures copy is run once. */
export async function answersTo(fig) {
  const lines = (await commandOf(fig)).split("\n");
  for (const line of lines) if (!printed.has(line)) printed.set(line, runNative(line));
  return lines.map((line) => printed.get(line));
}
const printed = new Map();

/** All numbers in an answer, at any depth. */
export function numbersOf(answer) {
  if (typeof answer === "number") return [answer];
  return answer && typeof answer === "object" ? Object.values(answer).flatMap(numbersOf) : [];
}

const kUnits = { "": 1, bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, "%": 1e-2, dB: 1, times: 1 };

const kRaised = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
/** A number as the page writes it, as a program would: no groups, a plain minus, e-7 for a power of ten. */
const plain = (text) =>
  text
    .replaceAll(",", "")
    .replaceAll("\u2212", "-")
    .replace(/\u00d710\u2060(\u207b?)([\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)/g, (_, minus, digits) => `e${minus && "-"}${[...digits].map((digit) => kRaised.indexOf(digit)).join("")}`);

/**
 * What a text says where it is one number with or without a unit: {value, place}, with `place` the size of its last
 * digit. Undefined where it is anything else.
 */
export function shownNumber(text) {
  const [, digits, decimals = "", exponent = "0", unit] = plain(text).trim().match(/^(-?\d+(?:\.(\d+))?)(?:e(-?\d+))?\s*([%A-Za-z]*)$/) ?? [];
  if (digits === undefined || !(unit in kUnits)) return undefined;
  const scale = 10 ** Number(exponent) * kUnits[unit];
  return { value: Number(digits) * scale, place: 10 ** -decimals.length * scale };
}

/** Whether a shown number is one of these, to its last digit. */
export const isAmong = ({ value, place }, numbers) =>
  numbers.some((exact) => Math.abs(value - exact) <= 0.5001 * place);

/** A number as the page writes it, back as a number. */
export const numberIn = (text) => Number(plain(text).match(/-?[\d.]+(?:e-?\d+)?/)?.[0]);

/** Whether two numbers agree in the digits that the page shows. */
export const agree = (shown, exact, digits = 4) =>
  Math.abs(shown - exact) <= 0.51 * 10 ** (Math.floor(Math.log10(Math.abs(exact))) - digits + 1) || shown === exact;

export const near = (shown, exact, digits = 3) => assert.ok(agree(shown, exact, digits), `shown ${shown}, native ${exact}`);
