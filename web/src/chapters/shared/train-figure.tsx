// What the training figures share: the controls, and curves beside lines that stand still.

import { computed, effect } from "@preact/signals";
import type { Kind } from "../../charts/kinds";
import { Lines, type Series } from "../../charts/lines";
import type { Answer } from "../../core/ask";
import { modelStatus } from "../../core/model";
import type { Curve, Training } from "../../core/training";
import type { Field } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { decimals } from "../../ui/format";
import { Slider } from "../../ui/slider";

export interface Line {
  name: string;
  kind: Kind;
  bits: number | undefined;
}

/** What a training figure shows: its curves, and what was measured without training. */
export interface Beside<T> {
  others: T;
  curves: readonly Curve[];
}
export const besideCurves = <T,>(asked: Answer<T>, training: Training): Answer<Beside<T>> => ({
  ...asked,
  value: computed(() =>
    asked.value.value === undefined
      ? undefined
      : { others: asked.value.value, curves: training.curves.value },
  ),
  error: computed(() => training.error.value ?? asked.error.value),
  stale: computed(() => asked.stale.value && modelStatus.value.state !== "missing"),
});

/** Forgets the curves when what they belong to changes. */
export function clearsWith(training: Training, settings: () => unknown): void {
  const key = computed(() => JSON.stringify(settings()));
  if (!import.meta.env.SSR)
    effect(() => {
      key.value;
      training.clear();
    });
}

export const StepsSlider = ({ field }: { field: Field<number> }) => (
  <Slider field={field} name="Steps" minimum={20} maximum={200} stops={[20, 40, 60, 100, 200]} unit="steps" />
);
export const FewBits = ({ field, name }: { field: Field<string>; name: string }) => (
  <Choice
    field={field}
    name={name}
    options={[
      ["2", "2"],
      ["3", "3"],
      ["4", "4"],
    ]}
  />
);

/** Starts, stops and goes on. */
export function TrainButton({ training, start }: { training: Training; start: () => void }) {
  const state = training.state.value;
  const done = training.curves.value.map((curve) => curve.step);
  return (
    <div class="control">
      <span class="control-name">Training</span>
      <span class="control-value">{done.length > 0 ? `step ${Math.min(...done)}` : ""}</span>
      <div class="segments">
        {state === "running" ? (
          <button type="button" class="plain-button" onClick={() => training.stop()}>
            stop
          </button>
        ) : (
          <button type="button" class="plain-button" onClick={start} disabled={state === "done"}>
            {state === "stopped" ? "go on" : state === "done" ? "trained" : "train"}
          </button>
        )}
      </div>
    </div>
  );
}

/** The steps at which any curve was measured; where there are none yet, the two ends. */
export function stepsOf(curves: readonly Curve[], steps: number): number[] {
  const all = new Set([0, steps, ...curves.flatMap((curve) => curve.measured.map((point) => point.step))]);
  return [...all].sort((a, b) => a - b);
}

interface TrainChartProps {
  label: string;
  steps: number;
  curves: readonly Curve[];
  kinds: readonly Kind[];
  lines: readonly Line[];
}

export function TrainChart({ label, steps, curves, kinds, lines }: TrainChartProps) {
  const xs = stepsOf(curves, steps);
  const series: Series[] = [
    ...curves.map((curve, i) => ({
      name: curve.name,
      kind: kinds[i] ?? ("quantized" as const),
      values: xs.map((x) => curve.measured.find((point) => point.step === x)?.bits ?? Number.NaN),
    })),
    ...lines.map((line) => ({
      name: line.name,
      kind: line.kind,
      values: xs.map(() => line.bits ?? Number.NaN),
      flat: true,
    })),
  ];
  return (
    <Lines
      label={label}
      xs={xs}
      series={series}
      xLabel="step"
      yLabel="bits a byte, on text it has not learned"
      xFormat={(value) => String(Math.round(value))}
      yFormat={(value) => (Number.isFinite(value) ? decimals(value, 2) : "\u2013")}
      fromZero={false}
      height={330}
    />
  );
}

/** Rows of a table: a line stands still, a curve has a value at each measured step. */
export function rowsOf(curves: readonly Curve[], lines: readonly Line[]): (string | number)[][] {
  return [
    ...lines.map((line) => [line.name, "", line.bits === undefined ? "\u2013" : decimals(line.bits, 4)]),
    ...curves.flatMap((curve) =>
      curve.measured.map((point) => [curve.name, point.step, decimals(point.bits, 4)]),
    ),
  ];
}

/** The last height that was measured. */
export const lastOf = (curve: Curve | undefined): number | undefined => curve?.measured.at(-1)?.bits;
