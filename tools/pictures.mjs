// Draws the two pictures of the page from the built page itself: docs/page.png for the README, web/social.png for links to
// the page. Run after ./run site, and again when the opening has changed: node tools/pictures.mjs
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { launch, open, root, serve, show } from "../tests/browser/page.mjs";

const kPictures = [
  { file: "docs/page.png", width: 1280, height: 860 },
  { file: "web/social.png", width: 1200, height: 630 },
];

const server = await serve();
const browser = await launch();
mkdirSync(join(root, "docs"), { recursive: true });
for (const { file, width, height } of kPictures) {
  const { page, context, goto } = await open(browser, server.address, { width, height, reducedMotion: "reduce" });
  await goto();
  await show(page, "opening");
  await page.evaluate(() => scrollTo(0, 0));
  const path = join(root, file);
  await page.screenshot({ path });
  console.log(`${file}: ${width} x ${height}, ${(statSync(path).size / 1000).toFixed(0)} kB`);
  await context.close();
}
await browser.close();
await server.close();
