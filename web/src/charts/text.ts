// How much room a text of a chart takes: what keeps labels apart, inside the picture, and off each other.

/** Of the root's size, as style/charts.css sets it: larger than `kMost`, the rows of a chart would run into each other. */
const kSize = 0.8125;
const kLeast = 13;
const kMost = 15;
/** Where nothing can measure (a test, the build), the width of a letter of a wide font. */
const kLetter = 7.8;

let context: CanvasRenderingContext2D | null | undefined;
const known = new Map<string, number>();

function measure(text: string, bold: boolean): number {
  if (context === undefined)
    context = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
  if (!context) return text.length * kLetter;
  const root = getComputedStyle(document.documentElement);
  const family = root.getPropertyValue("--sans") || "sans-serif";
  const size = Math.max(kLeast, Math.min(kMost, kSize * Number.parseFloat(root.fontSize)));
  context.font = `${bold ? 600 : 400} ${size}px ${family}`;
  return context.measureText(text).width;
}

export function textWidth(text: string, bold = false): number {
  const key = `${bold}${text}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const width = measure(text, bold);
  known.set(key, width);
  return width;
}

/** The text in lines that are no wider than `room`; a word that is wider stays whole. */
export function wrapped(text: string, room: number, bold = false): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, bold) <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
