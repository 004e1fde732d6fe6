import type { ComponentChildren } from "preact";
import { Bars } from "../../charts/bars";
import { NumberLine } from "../../charts/number-line";
import { type Answer, ask, askEach } from "../../core/ask";
import type { LayerSource, QuantizeRequest, QuantizeResponse } from "../../core/requests";
import { together } from "../../core/together";
import { viewState } from "../../state/view-state";
import { Cells } from "../../ui/cells";
import { Choice } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, plain, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { CodeRangeChoice, SchemeChoice } from "../shared/controls";
import { kLayers, layerFrom, layerWords } from "../shared/layer-choice";
import { stepsTable } from "../shared/steps-table";

/** One list that leans to neither side, one that reaches far up and hardly down, as an activation function's outputs do. */
const kLists: Record<string, readonly number[]> = {
  weights: [-0.83, -0.41, -0.22, -0.06, 0.09, 0.3, 0.55, 0.79],
  activations: [-0.28, -0.2, -0.05, 0.02, 0.31, 0.74, 1.62, 2.9],
};

const view = viewState("symmetry", {
  bits: 3,
  scheme: "symmetric",
  code_range: "restricted",
  list: "activations",
  own: kLists.weights!,
});
const values = () => kLists[view.value.list] ?? view.value.own;
const request = (scheme: string, range: string) => ({
  op: "affine" as const,
  values: values(),
  bits: view.value.bits,
  scheme,
  code_range: range,
});
const result = ask(() => request(view.value.scheme, view.value.code_range));
const other = ask(() =>
  request(view.value.scheme === "symmetric" ? "asymmetric" : "symmetric", view.value.code_range),
);
const both = together(result, other);

export function TwoRulers() {
  const bits = view.field("bits");
  const symmetric = view.value.scheme === "symmetric";
  return (
    <Figure
      title="The same numbers on a ruler with zero in the middle, and on one that fits them"
      result={both}
      view={view}
      controls={
        <>
          <Choice
            field={view.field("list")}
            name="Numbers"
            options={[
              ["weights", "like weights"],
              ["activations", "like activations"],
              ["own", "your own"],
            ]}
          />
          <SchemeChoice view={view} />
          <Slider field={bits} name="Bits of a code" minimum={2} maximum={8} unit="bits" />
          <CodeRangeChoice view={view} />
          {view.value.list === "own" ? (
            <Cells field={view.field("own")} name="Your numbers" most={10} />
          ) : null}
        </>
      }
      sentence={(r) => {
        const before = other.value.value!;
        return (
          <>
            {symmetric ? "Symmetric" : "Asymmetric"} codes of{" "}
            <DragNumber field={bits} name="Bits of a code" minimum={2} maximum={8} /> bits run from{" "}
            {plain(r.code_minimum)} to {plain(r.code_maximum)} with a step of{" "}
            <b class="is-scale">{significant(r.scale, 3)}</b>. The mean squared error is{" "}
            <b class="is-error">{significant(r.mse, 3)}</b>; {symmetric ? "asymmetric" : "symmetric"} codes
            would give {significant(before.mse, 3)}.
          </>
        );
      }}
      table={(r) => stepsTable(r, "Every step for every number")}
    >
      {(r) => (
        <NumberLine
          label="The numbers above the ruler, each joined to where it lands."
          unit="value"
          originals={r.values.map((v) => v.value)}
          restored={r.arrays.restored!.data}
          lattice={r.arrays.lattice!.data}
          format={(value) => significant(value, 3)}
          describe={(i) => {
            const v = r.values[i]!;
            return `${plain(v.value)} becomes code ${plain(v.code)}${v.clamped ? ", clamped" : ""}, which is ${significant(v.restored, 4)}`;
          }}
        />
      )}
    </Figure>
  );
}

// --- the same on the model's own numbers: its weights, and what its activation function gives

const kWords = "A synthetic layer with a fixed seed, not a trained one, in place of each matrix.";

type Matrices = readonly (readonly [layer: string, name: string])[];
const kWeights: Matrices = kLayers.slice(0, 7);
const kGates: Matrices = kLayers.filter(([layer]) => layer.includes("gate_proj"));

const weightsOf = (layer: string): LayerSource =>
  layerFrom(layer, { synthetic: "64x128", synthetic_tokens: 0, seed: 1 });
const siluOf = (layer: string): LayerSource => ({
  ...layerFrom(layer, { synthetic: "64x128", synthetic_tokens: 128, seed: 1 }),
  layer_numbers: "silu_outputs",
});
const rounded = (source: LayerSource, scheme: string): QuantizeRequest => ({
  op: "quantize",
  method: "rtn",
  bits: view.value.bits,
  scheme,
  granularity: "channel",
  ...source,
});
const inBoth = (matrices: Matrices, sourceOf: (layer: string) => LayerSource) =>
  askEach(() =>
    matrices.flatMap(([layer]) => [
      rounded(sourceOf(layer), "symmetric"),
      rounded(sourceOf(layer), "asymmetric"),
    ]),
  );
const onWeights = inBoth(kWeights, weightsOf);
const onSilu = inBoth(kGates, siluOf);
const siluRange = ask(() => ({ op: "statistics" as const, ...siluOf(kGates[0]![0]) }));
const onSiluWithRange = together(onSilu, siluRange);

const decibels = (value: number | null | undefined): number => value ?? 0;
const shown = (value: number | null | undefined) => `${decimals(decibels(value), 1)}\u00a0dB`;

export function OnMatrices() {
  return (
    <BothSchemes
      title="Both on the weights of one block, a scale a row"
      lead={`${layerWords(kWeights[0]![0], kWords, "first block", false)} Bits are those above; the longer bar is the better one.`}
      what="weights"
      matrices={kWeights}
      result={onWeights}
      command={() => rounded(weightsOf(kWeights[0]![0]), view.value.scheme)}
      sentence={(symmetric, asymmetric) => (
        <>
          In {view.value.bits} bits the first matrix keeps <b class="is-scale">{shown(symmetric)}</b> with
          symmetric codes and <b class="is-quantized">{shown(asymmetric)}</b> with asymmetric ones, which also
          store a zero-point for each row.
        </>
      )}
    />
  );
}

export function OnSilu() {
  return (
    <BothSchemes
      title="Both on what SiLU gives, a scale a token"
      lead={`${layerWords(kGates[0]![0], kWords, "four gate matrices")} SiLU of their outputs, before anything is multiplied with it.`}
      what="outputs of SiLU"
      matrices={kGates}
      result={onSiluWithRange}
      command={() => rounded(siluOf(kGates[0]![0]), view.value.scheme)}
      sentence={(symmetric, asymmetric) => {
        const range = siluRange.value.value!;
        return (
          <>
            In the first block they run from {decimals(range.minimum, 2)} to {decimals(range.maximum, 2)}. In{" "}
            {view.value.bits} bits symmetric codes keep <b class="is-scale">{shown(symmetric)}</b>, asymmetric
            ones <b class="is-quantized">{shown(asymmetric)}</b>.
          </>
        );
      }}
    />
  );
}

/** A pair of bars a matrix: symmetric codes and asymmetric ones. */
function BothSchemes({
  title,
  lead,
  what,
  matrices,
  result,
  command,
  sentence,
}: {
  title: string;
  lead: string;
  what: string;
  matrices: Matrices;
  result: Answer<{ items: QuantizeResponse[] }>;
  command: () => QuantizeRequest;
  sentence: (
    symmetric: number | null | undefined,
    asymmetric: number | null | undefined,
  ) => ComponentChildren;
}) {
  return (
    <Figure
      title={title}
      lead={lead}
      result={result}
      view={view}
      command={command}
      receipt={(r) => r.items[0]?.receipt}
      sentence={(r) => sentence(r.items[0]?.weight_sqnr_db, r.items[1]?.weight_sqnr_db)}
      table={(r) => ({
        caption: `Signal to noise of the rounded ${what}`,
        columns: [
          "matrix",
          "symmetric (dB)",
          "asymmetric (dB)",
          "symmetric (bits a number)",
          "asymmetric (bits a number)",
        ],
        rows: matrices.map(([, name], i) => [
          name,
          decimals(decibels(r.items[2 * i]?.weight_sqnr_db), 2),
          decimals(decibels(r.items[2 * i + 1]?.weight_sqnr_db), 2),
          decimals(r.items[2 * i]?.bits_per_weight ?? 0, 3),
          decimals(r.items[2 * i + 1]?.bits_per_weight ?? 0, 3),
        ]),
        words: [0],
      })}
    >
      {(r) => (
        <Bars
          label={`Signal to noise of the ${what} of each matrix, with symmetric and with asymmetric codes.`}
          unit={`signal to noise of the ${what} (dB)`}
          format={(value) => significant(value, 2)}
          legend={[
            { kind: "scale", name: "symmetric", mark: "open-bar" },
            { kind: "quantized", name: "asymmetric", mark: "bar" },
          ]}
          rows={matrices.map(([, name], i) => ({
            name,
            bars: (["scale", "quantized"] as const).map((kind, k) => {
              const value = decibels(r.items[2 * i + k]?.weight_sqnr_db);
              return { kind, value, text: shown(value), open: k === 0 };
            }),
          }))}
        />
      )}
    </Figure>
  );
}
