import { signal } from "@preact/signals";

export const kThemes = ["light", "dark", "system"] as const;
export type Theme = (typeof kThemes)[number];

const kKey = "quantlens-theme";

function remembered(): Theme {
  if (typeof localStorage === "undefined") return "system";
  try {
    const theme = localStorage.getItem(kKey);
    return theme === "light" || theme === "dark" ? theme : "system";
  } catch {
    return "system"; // storage may be forbidden; the page works without
  }
}

export const theme = signal<Theme>(remembered());

/** Counts each change of the colours in force, the system's too: a canvas draws itself again when it reads this. */
export const themeTurn = signal(0);

if (typeof matchMedia !== "undefined" && typeof document !== "undefined")
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    themeTurn.value += 1;
  });

export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  const root = document.documentElement;
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  themeTurn.value += 1;
  try {
    if (chosen === "system") localStorage.removeItem(kKey);
    else localStorage.setItem(kKey, chosen);
  } catch {
    // not remembered, then
  }
}
