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
