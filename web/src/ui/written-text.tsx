// What a model has written, byte by byte: the tint behind a byte says how likely the model thought it, and a cursor reads
// the number out.
import { useState } from "preact/hooks";

export interface WrittenTextProps {
  name: string;
  kind: "original" | "quantized";
  prompt: string;
  bytes: ArrayLike<number>;
  /** Of each byte, at temperature 1; as long as `bytes`. */
  probabilities: readonly number[];
  /** What is said while there is no text. */
  waiting?: string | undefined;
}

const kFirstPrintable = 32;
const kDelete = 127;
const characterOf = (byte: number): string =>
  byte === 10 ? "\n" : byte >= kFirstPrintable && byte < kDelete ? String.fromCharCode(byte) : "\u00b7";
/** One line break is where the novel's printer turned the line, which this narrower box does elsewhere; two are a paragraph. */
const isTurn = (bytes: ArrayLike<number>, i: number): boolean =>
  bytes[i] === 10 && bytes[i - 1] !== 10 && bytes[i + 1] !== 10;
const nameOf = (byte: number): string =>
  byte === 10
    ? "a line break"
    : byte === kFirstPrintable
      ? "a space"
      : byte > kFirstPrintable && byte < kDelete
        ? `\u201c${String.fromCharCode(byte)}\u201d`
        : `byte ${byte}`;
const percent = (share: number): string => `${(share * 100).toPrecision(2)}\u00a0%`;

export function WrittenText({ name, kind, prompt, bytes, probabilities, waiting }: WrittenTextProps) {
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const at = cursor !== undefined && cursor < bytes.length ? cursor : undefined;
  const key = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      Home: -bytes.length,
      End: bytes.length,
    };
    const move = moves[event.key];
    if (event.key === "Escape") return setCursor(undefined);
    if (move === undefined || bytes.length === 0) return undefined;
    event.preventDefault();
    return setCursor(Math.max(0, Math.min(bytes.length - 1, at === undefined ? 0 : at + move)));
  };
  return (
    <div class="written">
      <p class={`written-name is-${kind}`}>{name}</p>
      <div
        class={`written-text tint-${kind}`}
        role="group"
        aria-label={`${name}: what the model writes. Arrow keys read how likely each byte was.`}
        tabIndex={0}
        onKeyDown={key}
        onBlur={() => setCursor(undefined)}
        onPointerLeave={() => setCursor(undefined)}
        onPointerMove={(event) => {
          const index = (event.target as HTMLElement).dataset.at;
          setCursor(index === undefined ? undefined : Number(index));
        }}
      >
        <span class="written-prompt">{prompt}</span>
        {bytes.length === 0 && waiting ? <span class="written-waiting"> {waiting}</span> : null}
        {Array.from(bytes, (byte, i) => (
          <span
            key={i}
            data-at={i}
            data-cursor={at === i ? "" : undefined}
            style={{ "--p": (probabilities[i] ?? 0).toFixed(2) }}
          >
            {isTurn(bytes, i) ? " " : characterOf(byte)}
          </span>
        ))}
      </div>
      <p class="chart-readout" aria-live="polite">
        {at === undefined
          ? ""
          : `${nameOf(bytes[at]!)}: the model gave it ${percent(probabilities[at] ?? Number.NaN)}`}
      </p>
    </div>
  );
}
