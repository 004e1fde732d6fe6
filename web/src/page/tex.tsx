import { mathml } from "./mathml";

/** A formula in the text; typeset when the page is built. */
export function Tex({ children, display = false }: { children: string; display?: boolean }) {
  const html = { __html: mathml(children, display) };
  return display ? (
    <div class="formula" dangerouslySetInnerHTML={html} />
  ) : (
    <span dangerouslySetInnerHTML={html} />
  );
}
