import type { Field } from "../state/view-state";
import { useNotes } from "./notes";
import { useUniqueId } from "./unique-id";

export interface SliderProps {
  field: Field<number>;
  name: string;
  minimum: number;
  maximum: number;
  step?: number;
  unit?: string;
  hint?: string;
  /** Values in the order of the slider where they are not evenly spaced (32, 64, 128 ...). */
  stops?: readonly number[];
}

const kMostTicks = 32;

/** A slider that is a ruler, with the number itself beside it for typing. */
export function Slider({ field, name, minimum, maximum, step = 1, unit, hint, stops }: SliderProps) {
  const id = useUniqueId();
  const notes = useNotes([field.key], { hint });
  const low = stops ? 0 : minimum;
  const high = stops ? stops.length - 1 : maximum;
  const position = (value: number) => (stops ? nearest(stops, value) : value);
  const steps = Math.round((high - low) / (stops ? 1 : step));
  const set = (box: HTMLInputElement) => {
    const value = Number(box.value);
    if (box.value !== "" && Number.isFinite(value)) field.set(value);
    else box.value = String(field.value); // an empty box would hide what is in force
  };
  return (
    <div class="control">
      <label class="control-name" for={id}>
        {name}
      </label>
      <span class="control-value">
        <input
          type="number"
          aria-label={`${name}, as a number`}
          disabled={notes.idle}
          {...notes.marks}
          min={minimum}
          max={maximum}
          step={stops ? "any" : step}
          value={field.value}
          onChange={(event) => set(event.currentTarget)}
        />
        {unit}
      </span>
      <div
        class="slider"
        style={{
          "--steps": String(Math.min(steps, kMostTicks)),
          "--default": String((position(field.standard) - low) / (high - low)),
        }}
      >
        <input
          id={id}
          type="range"
          disabled={notes.idle}
          {...notes.marks}
          min={low}
          max={high}
          step={stops ? 1 : step}
          value={position(field.value)}
          aria-valuetext={`${field.value}${unit ? ` ${unit}` : ""}${field.value === field.standard ? ", the default" : ""}`}
          onInput={(event) => {
            const at = event.currentTarget.valueAsNumber;
            field.set(stops ? stops[at]! : at);
          }}
        />
      </div>
      {notes.below}
    </div>
  );
}

function nearest(stops: readonly number[], value: number): number {
  let best = 0;
  stops.forEach((stop, i) => {
    if (Math.abs(stop - value) < Math.abs(stops[best]! - value)) best = i;
  });
  return best;
}
