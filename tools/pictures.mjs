// Draws the two pictures of the page from the built page itself: docs/page.png for the README, web/social.png for links to
// the page. Run after ./run site, and again when the opening has changed: node tools/pictures.mjs
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { launch, open, root, serve, show } from "../tests/browser/page.mjs";

const kPictures = [
  { file: "docs/page.png", width: 1280, height: 1024, scale: 1 },
  // 1200 x 630 is what networks show; drawn smaller and enlarged, so that it is legible in a corner of a screen.
  { file: "web/social.png", width: 800, height: 420, scale: 1.5 },
];
/** The model is given time to finish writing. */
const kWritingMs = 10_000;

/** The same picture with its rows unfiltered and packed as well as can be: browsers write PNG in a hurry. */
function repacked(png) {
  const chunks = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + png.readUInt32BE(at)) });
  const rows = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data)));
  const head = chunks[0].data;
  const [width, height, samples] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3];
  const packed = deflateSync(plainRows(rows, width * samples, height, samples), { level: 9, memLevel: 9 });
  return Buffer.concat([png.subarray(0, 8), chunk("IHDR", head), chunk("IDAT", packed), chunk("IEND", Buffer.alloc(0))]);
}

/** Rows of a PNG with filter 0 each: flat colours pack best so. */
function plainRows(rows, bytes, height, step) {
  const plain = Buffer.alloc(height * (bytes + 1));
  for (let y = 0; y < height; y += 1) {
    const filter = rows[y * (bytes + 1)];
    for (let x = 0; x < bytes; x += 1) {
      const at = y * (bytes + 1) + 1 + x;
      const left = x >= step ? plain[at - step] : 0;
      const up = y > 0 ? plain[at - bytes - 1] : 0;
      const corner = x >= step && y > 0 ? plain[at - bytes - 1 - step] : 0;
      plain[at] = rows[at] + [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
  }
  return plain;
}

function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

const server = await serve();
const browser = await launch();
mkdirSync(join(root, "docs"), { recursive: true });
for (const { file, width, height, scale } of kPictures) {
  const settings = { width, height, deviceScaleFactor: scale, reducedMotion: "reduce" };
  const { page, context, goto } = await open(browser, server.address, settings);
  await goto();
  await show(page, "opening");
  await page.evaluate(() => {
    scrollTo(0, 0);
    document.getElementById("sheet-open").hidden = true;
  });
  await page.waitForTimeout(kWritingMs);
  const picture = repacked(await page.screenshot());
  writeFileSync(join(root, file), picture);
  console.log(`${file}: ${width * scale} x ${height * scale}, ${(picture.length / 1000).toFixed(0)} kB`);
  await context.close();
}
await browser.close();
await server.close();
