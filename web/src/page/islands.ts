// The figures of a chapter come alive when the reader comes near: their code is loaded then, and not before.
import { type ComponentType, h, render } from "preact";
import { replaceKeeping } from "./early";

type Demos = Record<string, ComponentType>;
const kDemos = import.meta.glob<Demos>("../chapters/*/demo.tsx");
const kAhead = "900px";
/** What is near for less than this is only passed, on the way of a link through the page. */
const kPassingMs = 150;

/** Said where the picture would be: what stands there from the build says that the core is on its way. */
const kLost = "The script of this figure could not be loaded. Loading the page again may help.";

async function wake(place: HTMLElement): Promise<void> {
  const [chapter, name] = (place.dataset.demo ?? "").split("/") as [string, string];
  const demos = await kDemos[`../chapters/${chapter}/demo.tsx`]?.().catch(() => undefined);
  const demo = demos?.[name];
  if (!demo) {
    for (const waiting of place.querySelectorAll(".placeholder .needs-script")) waiting.textContent = kLost;
    return;
  }
  replaceKeeping(place, () => {
    place.replaceChildren();
    render(h(demo, {}), place);
    place.dataset.awake = "";
  });
}

export function wakeDemos(): void {
  const passing = new Map<Element, ReturnType<typeof setTimeout>>();
  // A link into the page is on its way elsewhere; without one, what is in sight is what the reader came for.
  let rest = location.hash ? kPassingMs : 0;
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        clearTimeout(passing.get(target));
        if (!isIntersecting) continue;
        const stay = () => {
          observer.unobserve(target);
          passing.delete(target);
          void wake(target as HTMLElement);
        };
        passing.set(target, setTimeout(stay, rest));
      }
      rest = kPassingMs;
    },
    { rootMargin: kAhead },
  );
  for (const place of document.querySelectorAll<HTMLElement>("[data-demo]")) observer.observe(place);
}
