import type { ComponentType } from "preact";
import heights from "./heights.json";

type Demos = Record<string, ComponentType>;
const kDemos = import.meta.glob<Demos>("../chapters/*/demo.tsx", { eager: true });

/**
 * The heights that a figure's picture and sentence have once they are there, at each of the widths that style/figure.css
 * knows: they are reserved, so that nothing moves when the core answers. tools/heights.mjs measures them.
 */
function reserved(demo: string): Record<string, string> {
  const measured = (heights.demos as Record<string, Record<string, number[]>>)[demo] ?? {};
  return Object.fromEntries(
    Object.entries(measured).flatMap(([part, list]) =>
      heights.widths.map((width, i) => [`--${part}-${width}`, `${list[i]}px`]),
    ),
  );
}

/** The place of a demo in a chapter's text: its resting state now, the live one once the script has come. */
export function Demo({ of, name }: { of: string; name: string }) {
  const component = kDemos[`../chapters/${of}/demo.tsx`]?.[name];
  if (!component) throw new Error(`chapters/${of}/demo.tsx has no ${name}`);
  const Resting = component;
  const demo = `${of}/${name}`;
  return (
    <div class="demo" data-demo={demo} style={reserved(demo)}>
      <Resting />
    </div>
  );
}
