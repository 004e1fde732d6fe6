// What the training figures share: the button, and curves beside lines that stand still.

import type { Kind } from "../../charts/kinds";
import { Lines, type Series } from "../../charts/lines";
import type { Curve, Training } from "../../core/training";
import { decimals } from "../../ui/format";

export interface Line {
  name: string;
  kind: Kind;
  bits: number | undefined;
}

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

/** The least of a curve, and its last. */
export const lastOf = (curve: Curve | undefined): number | undefined => curve?.measured.at(-1)?.bits;
