import { useRef } from "preact/hooks";
import type { Field } from "../state/view-state";
import { useMarks } from "./problems";

export interface DragNumberProps {
  field: Field<number>;
  name: string;
  minimum: number;
  maximum: number;
  step?: number;
}

const kPixelsPerStep = 14;

/** A number in a sentence that can be dragged, or changed with the arrow keys. */
export function DragNumber({ field, name, minimum, maximum, step = 1 }: DragNumberProps) {
  const start = useRef<{ x: number; value: number } | undefined>(undefined);
  const marks = useMarks(field.key);
  const set = (value: number) => {
    const kept = Math.min(maximum, Math.max(minimum, value));
    if (kept !== field.value) field.set(Number(kept.toPrecision(12)));
  };
  const keys: Record<string, number> = {
    ArrowUp: field.value + step,
    ArrowRight: field.value + step,
    ArrowDown: field.value - step,
    ArrowLeft: field.value - step,
    Home: minimum,
    End: maximum,
  };
  return (
    <span
      class="drag-number"
      role="slider"
      tabIndex={0}
      aria-label={name}
      aria-valuemin={minimum}
      aria-valuemax={maximum}
      aria-valuenow={field.value}
      {...marks}
      title={`${name}: drag to change`}
      onKeyDown={(event) => {
        const next = keys[event.key];
        if (next === undefined) return;
        event.preventDefault();
        set(next);
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, value: field.value };
      }}
      onPointerMove={(event) => {
        if (!start.current) return;
        const steps = Math.round((event.clientX - start.current.x) / kPixelsPerStep);
        set(start.current.value + steps * step);
      }}
      onPointerUp={() => {
        start.current = undefined;
      }}
      onPointerCancel={() => {
        start.current = undefined;
      }}
    >
      {field.value}
    </span>
  );
}
