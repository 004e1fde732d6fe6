import { useState } from "preact/hooks";

let last = 0;
/** Figures are trees of their own, so Preact's useId would give two of them the same id. */
const kPrefix = import.meta.env.SSR ? "resting" : "live";

/** An id that no other element of the page has. */
export function useUniqueId(): string {
  const [id] = useState(() => {
    last += 1;
    return `${kPrefix}-${last}`;
  });
  return id;
}
