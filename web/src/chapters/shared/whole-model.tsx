// What a method does to the whole language model: the same figure in every playground.
import type { ComponentChildren } from "preact";
import { Intervals } from "../../charts/intervals";
import type { Kind } from "../../charts/kinds";
import { cannot } from "../../core/ask";
import { type Measured, type Measurement, measure, type Planned } from "../../core/measure";
import { modelStatus, withoutModel } from "../../core/model";
import type { EvalResponse, Evaluated, Interval, ModelPlan } from "../../core/requests";
import type { ViewState } from "../../state/view-state";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";

export interface Row {
  name: string;
  kind: Kind;
}
export type Rows = Measured<Row>[];

const kUnrounded: Planned<Row> = { about: { name: "As it is", kind: "original" }, plan: { method: "none" } };

/** Measures the model as it is, and once for each row; the last one is the chapter's method. */
export const measureRows = (
  makeRows: () => readonly (readonly [name: string, kind: Kind, plan: ModelPlan])[],
): Measurement<Row> =>
  measure(() => [kUnrounded, ...makeRows().map(([name, kind, plan]) => ({ about: { name, kind }, plan }))]);

const estimate = (value: number | undefined, interval: Interval | undefined) =>
  value === undefined || interval === undefined ? undefined : { value, low: interval[0], high: interval[1] };
const between = (interval: Interval | undefined, write: (value: number) => string): string =>
  interval ? `${write(interval[0])} to ${write(interval[1])}` : "";
const percent = (share: number): string => `${decimals(share * 100, 1)}\u00a0%`;

/** How well a model predicts, in cells of a table: each figure with its interval. */
export const kQualityColumns = [
  "perplexity a byte",
  "its interval",
  "more bits a byte than as it is",
  "its interval, window by window",
  "KL divergence (nats)",
  "interval of the KL divergence",
  "same likeliest byte",
  "interval of the same byte",
] as const;
export const qualityCells = (found: Partial<Evaluated> | undefined): string[] => [
  written(found?.perplexity, 4),
  between(found?.perplexity_ci95, (value) => significant(value, 4)),
  written(found?.bits_per_byte_increase, 3),
  between(found?.bits_per_byte_increase_ci95, (value) => significant(value, 3)),
  written(found?.kl_divergence, 3),
  between(found?.kl_divergence_ci95, (value) => significant(value, 3)),
  found?.top1_agreement === undefined ? "" : percent(found.top1_agreement),
  between(found?.top1_agreement_ci95, percent),
];

/** What a figure says of size, where it is not the weights that are rounded. */
export interface Sizes {
  columns: readonly string[];
  /** The cells of each row, from the model as it is. */
  rows: readonly (readonly string[])[];
  /** What the last row takes. */
  words: ComponentChildren;
}

export interface WholeModelProps {
  measurement: Measurement<Row>;
  // biome-ignore lint/suspicious/noExplicitAny: a figure only resets the state and asks for its link
  view: ViewState<any>;
  lead?: string;
  /** What is rounded, and where; unless given, the blocks' matrices. */
  what?: string;
  sizes?: Sizes | undefined;
  controls?: ComponentChildren;
  command?: () => readonly object[];
}

const kMatrices =
  "Every matrix of the reference model’s blocks is rounded so, its embedding stays in 16 bits, and it reads a passage that it has never seen.";

export function WholeModel({ measurement, view, lead, what, sizes, controls, command }: WholeModelProps) {
  const begun = measurement.begun.value;
  return (
    <Figure
      title="On the whole model"
      lead={`${what ?? kMatrices} ${lead ?? ""}`}
      result={measurement}
      view={view}
      controls={controls}
      receipt={() => undefined}
      {...(command ? { command } : {})}
      sentence={begun ? ({ items }) => <Summary items={items} size={sizes?.words} /> : undefined}
      table={({ items }) => ({
        caption: "The whole model; intervals are at 95\u00a0%",
        columns: [
          "what",
          "bits a weight",
          "bytes of the model",
          ...kQualityColumns,
          ...(sizes?.columns ?? []),
        ],
        rows: items.map(({ about, found }, i) => [
          about.name,
          found ? decimals(found.bits_per_weight, 3) : "",
          found ? whole(found.bytes) : "",
          ...qualityCells(found),
          ...(sizes?.rows[i] ?? []),
        ]),
        words: [0],
      })}
    >
      {({ items }) => (
        <>
          <Start measurement={measurement} />
          {begun ? <Charts items={items} /> : null}
        </>
      )}
    </Figure>
  );
}

const written = (value: number | undefined, digits: number): string =>
  value === undefined ? "" : significant(value, digits);

/** Stands where the charts will be, and then over them, so that what was pressed stays under the finger. */
function Start({ measurement }: { measurement: Measurement<Row> }) {
  const wanted = measurement.wanted.value;
  const items = measurement.value.value?.items ?? [];
  const done = items.every((item) => item.found?.done);
  const absent = cannot.value ?? withoutModel() ?? "";
  return (
    <div class="to-measure">
      <button
        type="button"
        class="plain-button needs-script"
        disabled={absent !== ""}
        onClick={() => (wanted ? measurement.stop() : measurement.start())}
      >
        {wanted ? (done ? "stop measuring anew" : "stop") : "measure"}
      </button>
      <p class="hint needs-script" role="status">
        {absent || (measurement.begun.value ? stateOf(items, wanted) : kToCome)}
      </p>
      <p class="hint without-script">What is measured here is measured by the page&rsquo;s script.</p>
    </div>
  );
}

const kToCome =
  "Perplexity, KL divergence and how often the same byte is the likeliest are drawn here, each with its interval. It takes some seconds, on a slow device a minute.";

function stateOf(items: Rows, wanted: boolean): string {
  const { state } = modelStatus.value;
  if (!wanted) return "It takes some seconds, on a slow device a minute.";
  if (state === "failed") return "The model could not be loaded.";
  if (state !== "ready") return "The model is on its way.";
  const at = items.find((item) => !item.found?.done);
  if (!at) return "Done. Change a setting and it is measured anew.";
  if (!at.found) return `${at.about.name} begins`;
  const { matrices_done, matrices, windows_done, windows } = at.found.progress;
  return windows_done > 0
    ? `${at.about.name}: part ${windows_done} of ${windows} of the passage`
    : `${at.about.name}: matrix ${matrices_done} of ${matrices}`;
}

/** Only where all are measured: half a comparison would mislead. Until then its words keep their room, or links would move. */
function Summary({ items, size }: { items: Rows; size: ComponentChildren }) {
  if (items.every((item) => item.found?.done)) return <Compared items={items} size={size} />;
  return (
    <>
      Not all of it is measured yet.{" "}
      <span class="unwritten">
        <Compared items={items} size={size} />
      </span>
    </>
  );
}

function Compared({ items, size }: { items: Rows; size: ComponentChildren }) {
  const [first, ...others] = items;
  const found = others.at(-1)?.found;
  const perplexity = (row: Measured<Row> | undefined) =>
    said(row?.found?.perplexity, (v) => significant(v, 4));
  return (
    <>
      As it is, the model has a perplexity of <b class="is-original">{perplexity(first)}</b> a byte.{" "}
      {others.map((row) => (
        <>
          {row.about.name}: <b class={`is-${row.about.kind}`}>{perplexity(row)}</b>.{" "}
        </>
      ))}
      The last one takes{" "}
      <span class="is-scale">
        {size ?? (
          <>
            {said(found?.bytes, bytes)}, {said(found?.bits_per_weight, (v) => decimals(v, 2))} bits a weight
          </>
        )}
      </span>
      , and names the same likeliest byte in {said(found?.top1_agreement, percent)} of the places. Compared
      window by window it costs {said(found?.bits_per_byte_increase, (v) => significant(v, 2))} bits a byte
      more than as it is (
      {said(found?.bits_per_byte_increase_ci95, (ends) => between(ends, (v) => significant(v, 2)))}).
    </>
  );
}

/** What is not measured yet is nowhere seen, and as wide as what will be. */
const kUnwritten = "xxxxxxxx";
const said = <T,>(value: T | undefined, write: (value: T) => string): string =>
  value === undefined ? kUnwritten : write(value);

function Charts({ items }: { items: Rows }) {
  const rounded = items.slice(1);
  const rows = (from: Rows, of: (found: EvalResponse) => ReturnType<typeof estimate>) =>
    from.map(({ about, found }) => ({ ...about, estimate: found ? of(found) : undefined }));
  return (
    <div class="side-by-side">
      <Intervals
        label="Perplexity of the model, as it is and rounded."
        unit="perplexity a byte"
        rows={rows(items, (r) => estimate(r.perplexity, r.perplexity_ci95))}
        format={(value) => significant(value, 3)}
      />
      <Intervals
        label="How far the rounded model's predictions are from the unrounded one's."
        unit="KL divergence (nats)"
        rows={rows(rounded, (r) => estimate(r.kl_divergence, r.kl_divergence_ci95))}
        format={(value) => significant(value, 3)}
      />
      <Intervals
        label="How often both name the same byte as the likeliest."
        unit="same likeliest byte"
        rows={rows(rounded, (r) => estimate(r.top1_agreement, r.top1_agreement_ci95))}
        format={percent}
      />
    </div>
  );
}
