// How a chapter's settings are written in an address: #affine?bits=3&values=0.15,-0.32. Only what differs from the
// defaults is written.

export type Setting = number | string | boolean | readonly number[];
export type Settings = Record<string, Setting>;

const kSeparators = /[\s,;]+/;

function textOf(value: Setting): string {
  return typeof value === "object" ? value.join(",") : String(value);
}

function settingFrom(text: string, standard: Setting): Setting | undefined {
  if (typeof standard === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (typeof standard === "number") {
    const number = Number(text);
    return text !== "" && Number.isFinite(number) ? number : undefined;
  }
  if (typeof standard === "string") return text;
  const numbers = text.split(kSeparators).filter(Boolean).map(Number);
  return numbers.length > 0 && numbers.every(Number.isFinite) ? numbers : undefined;
}

export const sameSetting = (a: Setting, b: Setting): boolean => textOf(a) === textOf(b);

/** "#affine?bits=3", or "#affine" where everything is at its default. */
export function writeLink(chapter: string, settings: Settings, defaults: Settings): string {
  const differing = Object.keys(defaults)
    .filter((key) => !sameSetting(settings[key]!, defaults[key]!))
    .map((key) => `${key}=${encodeURIComponent(textOf(settings[key]!)).replaceAll("%2C", ",")}`);
  return `#${chapter}${differing.length > 0 ? `?${differing.join("&")}` : ""}`;
}

/** The chapter that an address names. */
export const chapterOf = (hash: string): string => hash.replace(/^#/, "").split("?")[0] ?? "";

/** The settings that an address holds for a chapter; what is unknown or malformed is left at its default. */
export function readLink<S extends Settings>(hash: string, chapter: string, defaults: S): Partial<S> {
  if (chapterOf(hash) !== chapter) return {};
  const query = hash.split("?")[1] ?? "";
  const found: Settings = {};
  for (const [key, text] of new URLSearchParams(query)) {
    const standard = Object.hasOwn(defaults, key) ? defaults[key] : undefined;
    const value = standard === undefined ? undefined : settingFrom(text, standard);
    if (value !== undefined) found[key] = value;
  }
  return found as Partial<S>;
}
