// Runs when the page is built, never in the browser.
import temml from "temml";

/** TeX to MathML. `\class{symbol}{\data{symbol=scale}{s}}` marks a symbol that the reader can point at. */
export const mathml = (source: string, display: boolean): string =>
  temml.renderToString(source.trim(), {
    displayMode: display,
    trust: true,
    throwOnError: true,
    strict: false,
  });
