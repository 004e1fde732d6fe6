// "Copy as command": a request is the command line's flags with other punctuation, so this is a translation only.
import { flagsBeside } from "./companions";

const kPlain = /^[\w.,:=+@%/-]+$/;
/** What a terminal would obey rather than show. A tensor of a file that somebody made may have it in its name. */
const kControl = /(?![\n\t])\p{Cc}/u;
const kEscaped = /[\p{Cc}'\\]/gu;
const hex = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

function quoted(text: string): string {
  if (kPlain.test(text)) return text;
  if (kControl.test(text)) return `$'${text.replace(kEscaped, hex)}'`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(",") : String(value));

/** What only concerns how the answer travels. */
const kNotFlags = new Set(["return", "step_limit", "validate_stride"]);

/** The command that gives the same numbers on the command line. */
export function commandOf(request: object): string {
  const { op, ...rest } = request as { op: string };
  const words = ["quantlens", op.replaceAll("_", "-")];
  for (const [key, value] of Object.entries({ ...flagsBeside(request), ...rest })) {
    if (kNotFlags.has(key)) continue;
    if (value === undefined || value === false) continue;
    // `--flag=value` where the value starts with a minus, or it would look like another flag.
    const flag = `--${key.replaceAll("_", "-")}`;
    const text = textOf(value);
    if (value === true) words.push(flag);
    else if (text.startsWith("-")) words.push(`${flag}=${quoted(text)}`);
    else words.push(flag, quoted(text));
  }
  return words.join(" ");
}
