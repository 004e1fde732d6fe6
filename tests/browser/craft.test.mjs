// What a page owes its readers beside its contents: paper, quiet motion, and a second visit without a network.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browser, drawn, figure, onPage, open, serve, serveAndLaunch, server, show, site } from "./page.mjs";

serveAndLaunch();

describe("the page", () => {
  test("has a language, a title, a description, an icon and what links to it are shown with", () =>
    onPage(async (page) => {
      assert.equal(await page.getAttribute("html", "lang"), "en");
      assert.match(await page.title(), /^Quantlens/);
      for (const selector of ["meta[name=description]", "meta[property='og:title']", "meta[property='og:description']"])
        assert.ok((await page.getAttribute(selector, "content")).length > 20, selector);
      assert.match(await page.getAttribute("link[rel=icon]", "href"), /^data:image\/svg/);
      const picture = await page.getAttribute("meta[property='og:image']", "content");
      const loaded = await page.evaluate(async (address) => {
        const image = new Image();
        image.src = address;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      }, picture);
      assert.deepEqual(loaded, [1200, 630]);
    }));

  test("prints its text and figures without what only a screen needs", () =>
    onPage(async (page) => {
      await show(page, "rounding");
      await page.emulateMedia({ media: "print" });
      await drawn(page);
      for (const selector of [".rail", ".bar", "#rounding .controls", "#rounding .links", ".sheet-button"])
        assert.equal(await page.locator(selector).first().isVisible(), false, selector);
      assert.equal(await page.locator("#rounding .picture").first().isVisible(), true);
      assert.match(await page.locator("#rounding .sentence").first().innerText(), /error/);
    }));

  test("prints dark letters whatever theme the reader has chosen", () =>
    onPage(
      async (page) => {
        await page.getByLabel("dark").check({ force: true });
        const ink = () => page.evaluate(() => getComputedStyle(document.body).color);
        assert.equal(await ink(), "rgb(232, 230, 224)");
        await page.emulateMedia({ media: "print" });
        await drawn(page);
        assert.equal(await ink(), "rgb(29, 33, 38)");
      },
      "",
      { theme: "dark" },
    ));

  test("prints heat maps as in the light theme, and shows them in the chosen one again afterwards", () =>
    onPage(
      async (page) => {
        await page.getByLabel("light").check({ force: true });
        await show(page, "granularity");
        await drawn(page); // a heat map is painted after the frame that it comes with
        const maps = () => page.locator("#granularity canvas").evaluateAll((all) => all.map((canvas) => canvas.toDataURL()));
        const same = (some, others) => some.join() === others.join();
        const light = await maps();
        assert.ok(light.length > 0);
        await page.getByLabel("dark").check({ force: true });
        await drawn(page);
        const dark = await maps();
        assert.ok(!same(dark, light));
        // A browser tells of a change of medium with its next frame.
        await page.emulateMedia({ media: "print" });
        await drawn(page);
        assert.ok(same(await maps(), light), "printed as on paper");
        await page.emulateMedia({ media: "screen" });
        await drawn(page);
        assert.ok(same(await maps(), dark), "dark again");
        // What a browser does that asks only with these events, and takes its picture right after the first.
        const [during, after] = await page.evaluate(() => {
          const shown = () => [...document.querySelectorAll("#granularity canvas")].map((canvas) => canvas.toDataURL());
          dispatchEvent(new Event("beforeprint"));
          const during = shown();
          dispatchEvent(new Event("afterprint"));
          return [during, shown()];
        });
        assert.ok(same(during, light), "printed as on paper, by the events alone");
        assert.ok(same(after, dark), "dark again, by the events alone");
        assert.equal(await page.getAttribute("html", "data-theme"), "dark");
      },
      "",
      {},
    ));

  test("moves nothing for those who asked for that", () =>
    onPage(
      async (page) => {
        const style = await page.evaluate(() => {
          const root = getComputedStyle(document.documentElement);
          return [root.scrollBehavior, Number.parseFloat(root.getPropertyValue("--quick"))];
        });
        assert.deepEqual(style, ["auto", 0]);
      },
      "",
      { reducedMotion: "reduce" },
    ));
});

test("a second visit works without a network", async () => {
  const { page, goto, context, wrongs } = await open(browser, server.address, { serviceWorkers: "allow" });
  await goto();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await context.setOffline(true);
  await page.reload();
  await show(page, "rounding");
  assert.equal(await figure(page, "Your numbers, their codes").locator("[data-value=mse]").textContent(), "0.01624");
  await page.goto(`${server.address}#kv-cache`);
  await show(page, "kv-cache");
  assert.deepEqual(wrongs, []);
  await context.close();
});

test("what is kept for later is the page of now, not one that the browser still holds", async () => {
  let now = "Before";
  // The older page kept nothing for later.
  const change = (file, body) => {
    if (file.endsWith(".html")) return String(body).replace("<title>", `<title>${now} `);
    return file.endsWith("offline.js") && now === "Before" ? "" : body;
  };
  const host = await serve(site, { headers: { "cache-control": "max-age=600" }, change });
  const { page, goto, context } = await open(browser, host.address, { serviceWorkers: "allow" });
  try {
    await goto();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    now = "After";
    const kept = await page.evaluate(async () => {
      await (await navigator.serviceWorker.ready).update();
      for (;;) {
        const page = await caches.match("./");
        if (page) return page.text();
        await new Promise((go) => setTimeout(go, 50));
      }
    });
    assert.match(kept, /<title>After /);
  } finally {
    await context.close();
    await host.close();
  }
});
