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

/** Paper is light whatever the theme; style/print.css says so too, but comes too late for what is drawn already. */
let onPaper = false;

function show(): void {
  const root = document.documentElement;
  const shown = onPaper ? "light" : theme.value;
  if (shown === "system") delete root.dataset.theme;
  else root.dataset.theme = shown;
  themeTurn.value += 1;
}

if (typeof matchMedia !== "undefined" && typeof document !== "undefined") {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    themeTurn.value += 1;
  });
  const print = matchMedia("print");
  const turn = (paper: boolean) => {
    if (paper === onPaper) return;
    onPaper = paper;
    show();
  };
  turn(print.matches);
  // A browser tells the one, the other or both, and may take its picture as soon as these have returned.
  print.addEventListener("change", () => turn(print.matches));
  addEventListener("beforeprint", () => turn(true));
  addEventListener("afterprint", () => turn(print.matches));
}

export function setTheme(chosen: Theme): void {
  theme.value = chosen;
  show();
  try {
    if (chosen === "system") localStorage.removeItem(kKey);
    else localStorage.setItem(kKey, chosen);
  } catch {
    // not remembered, then
  }
}
