// Runs when the page is built, never in the browser.
import temml from "temml";

/** Temml puts a space of its own beside a sign between two words, on top of the one that the browser gives every sign. */
const kSpacedTwice =
  /<mrow><mspace width="0\.222em"><\/mspace><mo>(.)<\/mo><mspace width="0\.222em"><\/mspace><\/mrow>/g;
/** Between words a cross in the usual distance looks like a letter; in a fraction the browser gives it none at all. */
const kSpace = '<mspace width="0.3em"></mspace>';
const kTimes = `<mo lspace="0" rspace="0">\u00d7</mo>${kSpace}`;
/** What follows a place where a line may break stands apart a little already. */
const kAfterBreak = "<mrow></mrow><mo>\u00d7</mo>";
const kLittle = '<mspace width="0.1em"></mspace>';

/** TeX to MathML. `\class{symbol}{\data{symbol=scale}{s}}` marks a symbol that the reader can point at. */
export const mathml = (source: string, display: boolean): string =>
  temml
    .renderToString(source.trim(), {
      displayMode: display,
      trust: true,
      throwOnError: true,
      strict: false,
    })
    .replace(kSpacedTwice, "<mo>$1</mo>")
    .replaceAll(kAfterBreak, `${kLittle}${kTimes}`)
    .replaceAll("<mo>\u00d7</mo>", `${kSpace}${kTimes}`);
