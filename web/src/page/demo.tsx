import type { ComponentType } from "preact";

type Demos = Record<string, ComponentType>;
const kDemos = import.meta.glob<Demos>("../chapters/*/demo.tsx", { eager: true });

/** The place of a demo in a chapter's text: its resting state now, the live one once the script has come. */
export function Demo({ of, name }: { of: string; name: string }) {
  const component = kDemos[`../chapters/${of}/demo.tsx`]?.[name];
  if (!component) throw new Error(`chapters/${of}/demo.tsx has no ${name}`);
  const Resting = component;
  return (
    <div class="demo" data-demo={`${of}/${name}`}>
      <Resting />
    </div>
  );
}
