// The figures of a chapter come alive when the reader comes near: their code is loaded then, and not before.
import { type ComponentType, h, render } from "preact";

type Demos = Record<string, ComponentType>;
const kDemos = import.meta.glob<Demos>("../chapters/*/demo.tsx");
const kAhead = "900px";

async function wake(place: HTMLElement): Promise<void> {
  const [chapter, name] = (place.dataset.demo ?? "").split("/") as [string, string];
  const demos = await kDemos[`../chapters/${chapter}/demo.tsx`]?.();
  const demo = demos?.[name];
  if (!demo) return;
  place.replaceChildren();
  render(h(demo, {}), place);
  place.dataset.awake = "";
}

export function wakeDemos(): void {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        observer.unobserve(entry.target);
        void wake(entry.target as HTMLElement);
      }
    },
    { rootMargin: kAhead },
  );
  for (const place of document.querySelectorAll<HTMLElement>("[data-demo]")) observer.observe(place);
}
