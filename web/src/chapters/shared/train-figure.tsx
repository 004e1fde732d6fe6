// What the training figures share: the controls, and curves beside lines that stand still.

import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { Kind } from "../../charts/kinds";
import { Lines, type Series } from "../../charts/lines";
import { type Answer, cannot } from "../../core/ask";
import type { Evaluation } from "../../core/evaluate";
import { type ModelFiles, modelFiles, modelStatus, withoutModel } from "../../core/model";
import type { EvalRequest, Evaluated } from "../../core/requests";
import { type Curve, measureTrained, type Run, type Training } from "../../core/training";
import type { Field } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import type { TableData } from "../../ui/data-table";
import { waitingFor } from "../../ui/figure";
import { decimals } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { kQualityColumns, qualityCells } from "./whole-model";

export interface Line {
  name: string;
  kind: Kind;
  found: Evaluation | undefined;
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

/** A trained model, measured. */
export interface Trained {
  curve: string;
  what: string;
  bitsPerWeight: number | undefined;
  found: Evaluated;
  /** Whether it was rounded once more, and so has itself before that to be compared with. */
  rounded: boolean;
}
export interface TrainedWay {
  what: string;
  request: EvalRequest;
  /** Whether it is the model as the run stores it, whose bits the run knows: the file that is measured is in 16. */
  asStored?: boolean;
}

/** Once all runs are done, their models, each measured in every way on the text held apart. */
export function trainedBy(
  training: Training,
  settings: () => unknown,
  heldOutOf: (files: ModelFiles) => Uint8Array,
  ways: () => readonly TrainedWay[],
): ReadonlySignal<readonly Trained[]> {
  const trained = signal<readonly Trained[]>([]);
  const measureAll = async (curves: readonly Curve[], files: ModelFiles) => {
    const text = heldOutOf(files);
    const asked = ways();
    const key = JSON.stringify(settings());
    const all: Trained[] = [];
    for (const curve of curves)
      for (const { what, request, asStored } of asked) {
        const found = await measureTrained(`${curve.name} ${key}`, curve.model!, request, text);
        if (training.curves.peek() !== curves) return;
        const bitsPerWeight = asStored ? curve.bitsPerWeight : found.bits_per_weight;
        all.push({ curve: curve.name, what, bitsPerWeight, found, rounded: request.method !== "none" });
      }
    trained.value = all;
  };
  if (!import.meta.env.SSR)
    effect(() => {
      const curves = training.curves.value;
      const files = modelFiles.peek();
      if (trained.peek().length > 0) trained.value = [];
      if (files && curves.length > 0 && curves.every((curve) => curve.model))
        untracked(() => measureAll(curves, files)).catch((error: unknown) => {
          if (training.curves.peek() === curves) throw error; // else it is of a run that nobody waits for
        });
    });
  return trained;
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

interface TrainButtonProps {
  training: Training;
  runsWith: (files: ModelFiles) => readonly Run[];
}

/** Starts, stops and goes on. */
export function TrainButton({ training, runsWith }: TrainButtonProps) {
  const state = training.state.value;
  const waits = state === "waiting";
  const done = training.curves.value.map((curve) => curve.step);
  const absent = cannot.value ?? withoutModel();
  return (
    <div class="control">
      <span class="control-name">Training</span>
      <span class="control-value">
        {waits ? waitingFor(true) : done.length > 0 ? `step ${Math.min(...done)}` : ""}
      </span>
      {waits || state === "running" ? (
        <button type="button" class="plain-button" onClick={() => training.stop()}>
          stop
        </button>
      ) : (
        <button
          type="button"
          class="plain-button"
          onClick={() => void training.start(runsWith)}
          disabled={state === "done" || absent !== undefined}
        >
          {state === "stopped" ? "go on" : state === "done" ? "trained" : "train"}
        </button>
      )}
      <span class="hidden-text" role="status">
        {waits ? "Training begins once the model is here." : ""}
      </span>
      {absent ? <p class="hint">{absent}</p> : null}
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
      values: xs.map(() => line.found?.bits_per_byte ?? Number.NaN),
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
      leastSpan={1}
      height={330}
    />
  );
}

/**
 * A line stands still, a curve has a value at each measured step, a trained model what was measured of it at the end.
 * Without rounding it once more there is no other model to compare a trained one with.
 */
export function trainTable(
  curves: readonly Curve[],
  lines: readonly Line[],
  trained: readonly Trained[],
): TableData {
  const bits = (value: number | undefined, digits: number) =>
    value === undefined ? "\u2013" : decimals(value, digits);
  return {
    caption: "On the text held apart; intervals are at 95\u00a0%",
    columns: ["what", "step", "bits a byte", "bits a weight", ...kQualityColumns],
    rows: [
      ...lines.map(({ name, found }) => [
        name,
        "",
        bits(found?.bits_per_byte, 4),
        bits(found?.bits_per_weight, 3),
        ...qualityCells(found),
      ]),
      ...curves.flatMap((curve) =>
        curve.measured.map((point) => [
          curve.name,
          point.step,
          decimals(point.bits, 4),
          "",
          ...qualityCells(undefined),
        ]),
      ),
      ...trained.map(({ curve, what, bitsPerWeight, found, rounded }) => [
        `${curve}, ${what}`,
        "",
        decimals(found.bits_per_byte, 4),
        bits(bitsPerWeight, 3),
        ...qualityCells(
          rounded ? found : { perplexity: found.perplexity, perplexity_ci95: found.perplexity_ci95 },
        ),
      ]),
    ],
    words: [0],
    naming: 2,
  };
}

/** The last height that was measured. */
export const lastOf = (curve: Curve | undefined): number | undefined => curve?.measured.at(-1)?.bits;
