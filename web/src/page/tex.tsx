import { mathml } from "./mathml";

/** A formula in the text; typeset when the page is built. */
export function Tex({ children, display = false }: { children: string; display?: boolean }) {
  const html = { __html: mathml(children, display) };
  return display ? (
    <div class="formula" role="group" aria-label="Formula" tabIndex={0} dangerouslySetInnerHTML={html} />
  ) : (
    <span dangerouslySetInnerHTML={html} />
  );
}
