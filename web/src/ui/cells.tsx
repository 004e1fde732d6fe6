import { useState } from "preact/hooks";
import type { Field } from "../state/view-state";
import { useNotes } from "./notes";

export interface CellsProps {
  field: Field<readonly number[]>;
  name: string;
  /** Set where the numbers are a matrix: they stand in rows of this many. */
  columns?: number;
  /** How many numbers the reader may have; without it the count is fixed. */
  most?: number;
  /** What number stands where, for those who cannot see it: "weight 2 of row 1". */
  label?: (index: number) => string;
}

const kSeparators = /[\s,;]+/;
const numberOf = (text: string): number | undefined => {
  const value = Number(text.trim().replace("\u2212", "-"));
  return text.trim() !== "" && Number.isFinite(value) ? value : undefined;
};
const wrongWith = (text: string): string =>
  text.trim() === ""
    ? "This box is empty: it needs a number, such as 0.5."
    : `\u201c${text}\u201d is not a number: write one such as 0.5 or -1.2e-3.`;

/** Numbers that the reader can change, one box each. A pasted list fills the boxes; a list stays a list of numbers. */
export function Cells({ field, name, columns, most, label = (i) => `${name}, number ${i + 1}` }: CellsProps) {
  const [bad, setBad] = useState<{ index: number; text: string } | undefined>(undefined);
  const notes = useNotes([field.key], { wrong: bad && wrongWith(bad.text) });
  const values = field.value;
  const replace = (index: number, ...numbers: number[]) => {
    const next = [...values];
    next.splice(index, most ? 1 : numbers.length, ...numbers);
    field.set(next.slice(0, most ?? values.length));
  };
  const change = (index: number, text: string) => {
    const parts = text.split(kSeparators).filter(Boolean);
    const numbers = parts.map(numberOf);
    if (parts.length === 0 && most && values.length > 1) {
      setBad(undefined);
      return field.set(values.filter((_, i) => i !== index));
    }
    if (parts.length === 0 || numbers.includes(undefined)) return setBad({ index, text });
    setBad(undefined);
    replace(index, ...(numbers as number[]));
  };
  return (
    <fieldset class={most ? "control span" : "control"}>
      <legend class="control-name">{name}</legend>
      <div
        class={columns ? "cells is-grid" : "cells"}
        style={columns ? { "--columns": String(columns) } : {}}
      >
        {values.map((value, i) => (
          <input
            key={i}
            class="cell"
            type="text"
            inputMode="text"
            autocomplete="off"
            spellcheck={false}
            aria-label={label(i)}
            disabled={notes.idle}
            {...(bad && bad.index !== i ? notes.others : notes.marks)}
            value={bad?.index === i ? bad.text : String(value)}
            onChange={(event) => change(i, event.currentTarget.value)}
            onFocus={(event) => event.currentTarget.select()}
          />
        ))}
        {most && values.length < most ? (
          <button type="button" class="add" disabled={notes.idle} onClick={() => field.set([...values, 0])}>
            add a number
          </button>
        ) : null}
      </div>
      {notes.below}
    </fieldset>
  );
}
