import entries from "#data/glossary.json";

export interface GlossaryEntry {
  term: string;
  definition: string;
  /** Why no chapter links it, where none does. */
  unlinked?: string;
}

/** "Scale (step size)" is #term-scale. */
export const slugOf = (term: string): string =>
  term
    .replace(/\(.*?\)/g, "")
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

export const glossary: readonly GlossaryEntry[] = [...entries].sort((a, b) =>
  a.term.localeCompare(b.term, "en"),
);
