import { mathml } from "./mathml";

/** Formulas side by side are written with a wide gap between them; a narrow screen puts one under the other. */
const kSideBySide = /\\qquad/;
/** Where a long formula may go on in the next line. */
const kBreak = /\\allowbreak/;

const typesetLines = (source: string): string =>
  source
    .split(kSideBySide)
    .map((one) => one.split(kBreak).map((part) => mathml(part, true)))
    .map((parts) => `<span class="formula-line">${parts.join("")}</span>`)
    .join("");

/** A formula in the text; typeset when the page is built. */
export function Tex({ children, display = false }: { children: string; display?: boolean }) {
  const html = { __html: display ? typesetLines(children) : mathml(children, false) };
  return display ? (
    <div class="formula" role="group" aria-label="Formula" tabIndex={0} dangerouslySetInnerHTML={html} />
  ) : (
    <span dangerouslySetInnerHTML={html} />
  );
}
