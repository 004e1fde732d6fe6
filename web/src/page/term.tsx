import type { ComponentChildren } from "preact";
import { glossary, slugOf } from "./glossary";

const kKnown = new Map(glossary.map((entry) => [slugOf(entry.term), entry]));

/** A word that the glossary explains. Pointing at it shows the meaning; following it goes there. */
export function Term({ of, children }: { of: string; children: ComponentChildren }) {
  if (!kKnown.has(of))
    throw new Error(`the glossary has no term '${of}'; it has ${[...kKnown.keys()].join(", ")}`);
  return (
    <a class="term" href={`#term-${of}`}>
      {children}
    </a>
  );
}

/** Words of a plain text, in their order in it, and the terms that they are. */
export type Terms = Readonly<Record<string, string>>;

/** A text that is plain data, with these of its words linked. */
export function WithTerms({ terms = {}, children }: { terms?: Terms | undefined; children: string }) {
  const [first, ...others] = Object.entries(terms);
  if (!first) return <>{children}</>;
  const [words, of] = first;
  const at = children.indexOf(words);
  if (at < 0) throw new Error(`'${words}' does not stand in '${children}'`);
  return (
    <>
      {children.slice(0, at)}
      <Term of={of}>{words}</Term>
      <WithTerms terms={Object.fromEntries(others)}>{children.slice(at + words.length)}</WithTerms>
    </>
  );
}
