import { mathml } from "./mathml";

/** Formulas side by side are written with a wide gap between them; a narrow screen puts one under the other. */
const kSideBySide = /\\qquad/;

/** A formula in the text; typeset when the page is built. */
export function Tex({ children, display = false }: { children: string; display?: boolean }) {
  const parts = display ? children.split(kSideBySide) : [children];
  const html = { __html: parts.map((part) => mathml(part, display)).join("") };
  return display ? (
    <div class="formula" role="group" aria-label="Formula" tabIndex={0} dangerouslySetInnerHTML={html} />
  ) : (
    <span dangerouslySetInnerHTML={html} />
  );
}
