import { mathml } from "./mathml";

/** Formulas side by side are written with a wide gap between them; a narrow screen puts one under the other. */
const kSideBySide = /\\qquad/;
/** Where a long formula may go on in the next line. */
const kBreak = /\\allowbreak/;

/** Letters and signs that fit into the narrowest line in the size of the text. */
const kShort = 20;
const kUnseen = /\\(?:text|operatorname|math[a-z]+|widehat|frac|left|right|quad|class\{[^}]*\}|[,;! ])/g;
const kSign = /\\[a-z]+/gi;
const kGlue = /[{}^_\s]/g;
const isShort = (source: string): boolean =>
  source
    .split(kSideBySide)
    .flatMap((one) => one.split(kBreak))
    .every((part) => part.replace(kUnseen, "").replace(kSign, "x").replace(kGlue, "").length <= kShort);

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
    <div
      class={isShort(children) ? "formula is-short" : "formula"}
      role="group"
      aria-label="Formula"
      tabIndex={0}
      dangerouslySetInnerHTML={html}
    />
  ) : (
    <span dangerouslySetInnerHTML={html} />
  );
}
