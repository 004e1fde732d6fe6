import type { Field } from "../state/view-state";
import { useNotes } from "./notes";
import { useUniqueId } from "./unique-id";

/** [value, what the reader sees]. */
export type Options = readonly (readonly [value: string, label: string])[];

/** So many letters stay in one row of the narrowest column that controls have; around each choice is room for four more. */
const kLettersInColumn = 44;
const lettersIn = (options: Options): number => options.reduce((sum, [, label]) => sum + label.length + 4, 0);

/** A few choices side by side. */
export function Choice({
  field,
  name,
  options,
  hint,
  settles = [],
}: {
  field: Field<string>;
  name: string;
  options: Options;
  hint?: string;
  /** What the core calls the settings that are chosen here, where it has other names for them. */
  settles?: readonly string[];
}) {
  const id = useUniqueId();
  const notes = useNotes([field.key, ...settles], { hint });
  return (
    // Not a fieldset: a group of radio buttons can be invalid, a group of anything cannot, nor the buttons themselves.
    <div
      role="radiogroup"
      aria-labelledby={`${id}-name`}
      class={lettersIn(options) > kLettersInColumn ? "control is-wide" : "control"}
      aria-disabled={notes.idle || undefined}
      {...notes.marks}
    >
      <span class="control-name" id={`${id}-name`}>
        {name}
      </span>
      <div class="segments">
        {options.map(([value, label]) => (
          <label class="segment" key={value}>
            <input
              type="radio"
              name={id}
              value={value}
              disabled={notes.idle}
              checked={field.value === value}
              onChange={() => field.set(value)}
            />
            <span class={value === field.standard ? "is-default" : ""}>{label}</span>
          </label>
        ))}
      </div>
      {notes.below}
    </div>
  );
}

/** One of many. */
export function Select({ field, name, options }: { field: Field<string>; name: string; options: Options }) {
  const id = useUniqueId();
  const notes = useNotes([field.key]);
  return (
    <div class="control">
      <label class="control-name" for={id}>
        {name}
      </label>
      <select
        id={id}
        class="select"
        disabled={notes.idle}
        {...notes.marks}
        value={field.value}
        onChange={(event) => field.set(event.currentTarget.value)}
      >
        {options.map(([value, label]) => (
          <option key={value} value={value} selected={field.value === value}>
            {label}
          </option>
        ))}
      </select>
      {notes.below}
    </div>
  );
}

/** On or off. */
export function Switch({ field, name, hint }: { field: Field<boolean>; name: string; hint?: string }) {
  const notes = useNotes([field.key]);
  return (
    <div class="control">
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          aria-checked={field.value}
          disabled={notes.idle}
          {...notes.marks}
          checked={field.value}
          onChange={(event) => field.set(event.currentTarget.checked)}
        />
        <span>
          {name}
          {hint ? <small> {hint}</small> : null}
        </span>
      </label>
      {notes.below}
    </div>
  );
}
