import { Bars } from "../../charts/bars";
import { HeatMap } from "../../charts/heat-map";
import { Lines } from "../../charts/lines";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Switch } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { BitsSlider, GroupSize } from "../shared/controls";
import { cornerOf, LayerSelect, layerFrom, layerWords } from "../shared/layer-choice";
import {
  costRow,
  costWords,
  kCostColumns,
  kLayer,
  kLayerWords,
  kSmallLayer,
  kSmallLayerWords,
  kTinyLayer,
  kTinyLayerWords,
} from "../shared/playground-layer";
import { measureRows, WholeModel } from "../shared/whole-model";

const kBits = [2, 3, 4, 5, 6, 7, 8];
const kColumns = 32;
/** Small enough to see every weight, and to consider every rounding of a row. */
const kSmall = { layer_rows: 16, layer_columns: kColumns };
const kTiny = { layer_rows: 8, layer_columns: 6 };
/** With more bits than this the best rounding of a row takes too long to find while a slider moves. */
const kMostSearchedBits = 4;

const view = viewState("gptq", {
  bits: 4,
  group_size: 128,
  activation_order: false,
  damping: 0.01,
  block_size: 128,
  step: 8,
  layer: "model.layers.1.self_attn.q_proj.weight",
});
const layer = () => layerFrom(view.value.layer, kLayer);

const withGptq = (bits: number): QuantizeRequest => ({
  op: "quantize",
  method: "gptq",
  bits,
  group_size: view.value.group_size,
  activation_order: view.value.activation_order,
  damping: view.value.damping,
  block_size: view.value.block_size,
  ...layer(),
});
const nearest = (bits: number): QuantizeRequest => ({
  op: "quantize",
  method: "rtn",
  convention: "gptq",
  bits,
  group_size: view.value.group_size,
  ...layer(),
});
const byBits = askEach(() => [...kBits.map(withGptq), ...kBits.map(nearest)]);

const onModel = measureRows(() => {
  const { bits, group_size, activation_order, damping, block_size } = view.value;
  return [
    ["Round to nearest", "error", { method: "rtn", convention: "gptq", bits, group_size }],
    ["GPTQ", "quantized", { method: "gptq", bits, group_size, activation_order, damping, block_size }],
  ];
});

const trace = ask(() => ({
  op: "gptq-trace" as const,
  bits: view.value.bits,
  granularity: "channel",
  activation_order: view.value.activation_order,
  damping: view.value.damping,
  step: view.value.step,
  ...layerFrom(view.value.layer, kSmallLayer, kSmall),
}));
const best = ask(() => ({
  op: "best-rounding" as const,
  bits: Math.min(view.value.bits, kMostSearchedBits),
  activation_order: view.value.activation_order,
  damping: view.value.damping,
  ...layerFrom(view.value.layer, kTinyLayer, kTiny),
}));

export function BesideRounding() {
  const bits = view.field("bits");
  return (
    <Figure
      title="The output error of GPTQ and of plain rounding"
      lead={layerWords(view.value.layer, kLayerWords)}
      result={byBits}
      view={view}
      command={() => withGptq(view.value.bits)}
      receipt={(r) => r.items[kBits.indexOf(view.value.bits)]?.receipt}
      controls={
        <>
          <LayerSelect view={view} />
          <BitsSlider field={bits} minimum={2} maximum={8} />
          <GroupSize view={view} stops={[16, 32, 64, 128]} />
          <Slider
            field={view.field("damping")}
            name="Damping"
            minimum={0}
            maximum={1}
            stops={[0, 0.001, 0.01, 0.03, 0.1, 0.3, 1]}
          />
          <Slider
            field={view.field("block_size")}
            name="Block size"
            minimum={32}
            maximum={256}
            stops={[32, 64, 128, 256]}
            unit="columns"
          />
          <Switch
            field={view.field("activation_order")}
            name="Act-order"
            hint="columns with the largest inputs first"
          />
        </>
      }
      sentence={(r) => {
        const at = kBits.indexOf(view.value.bits);
        const [ours, plain] = [r.items[at], r.items[kBits.length + at]];
        if (!ours || !plain) return null;
        return (
          <>
            At <DragNumber field={bits} name="Bits of a weight" minimum={2} maximum={8} /> bits (
            <span class="is-scale">{costWords(ours)}</span>) GPTQ leaves an output error of{" "}
            <b class="is-quantized">{significant(ours.output_mse ?? 0, 3)}</b>, plain rounding{" "}
            <b class="is-error">{significant(plain.output_mse ?? 0, 3)}</b>
            {plain.bits_per_weight < ours.bits_per_weight
              ? ` in ${decimals(plain.bits_per_weight, 2)} bits, since it has no order of columns to store`
              : ""}
            . The mean squared error of the weights themselves is {significant(ours.weight_mse, 3)} with GPTQ
            and {significant(plain.weight_mse, 3)} without.
          </>
        );
      }}
      table={(r) => ({
        caption: "GPTQ and round-to-nearest at each number of bits",
        columns: kCostColumns,
        rows: kBits.flatMap((b, i) => [
          costRow(`GPTQ, ${b} bits`, r.items[i]!),
          costRow(`round to nearest, ${b} bits`, r.items[kBits.length + i]!),
        ]),
      })}
    >
      {(r) => (
        <Lines
          label="Output error against bits, with GPTQ and with rounding to nearest."
          xs={kBits}
          series={[
            {
              name: "GPTQ",
              kind: "quantized",
              values: r.items.slice(0, kBits.length).map((item) => item.output_mse ?? 0),
            },
            {
              name: "round to nearest",
              kind: "error",
              values: r.items.slice(kBits.length).map((item) => item.output_mse ?? 0),
            },
          ]}
          xLabel="bits of a weight"
          yLabel="mean squared error of the output"
          yFormat={(value) => significant(value, 3)}
          logY
          here={view.value.bits}
          height={290}
        />
      )}
    </Figure>
  );
}

export const OnTheModel = () => (
  <WholeModel measurement={onModel} view={view} lead="Bits, groups and the rest are those above." />
);

export function Stepper() {
  return (
    <Figure
      title="One column at a time: its error moves the columns still to come"
      lead={`${layerWords(view.value.layer, kSmallLayerWords, cornerOf(view.value.layer, kSmall))} A bar stands above each column that is rounded. Layer, bits, act\u2011order and damping are those above; one scale a row.`}
      result={trace}
      view={view}
      controls={
        <Slider
          field={view.field("step")}
          name="Columns rounded so far"
          minimum={0}
          maximum={kColumns}
          unit="columns"
        />
      }
      sentence={(r) => (
        <>
          {r.step === 0
            ? "Nothing is rounded yet. "
            : `Step ${r.step} rounded input ${(r.column ?? 0) + 1} and moved ${r.step === kColumns ? "no others, since none are left" : `other weights by up to ${significant(r.largest_push, 2)}`}. `}
          So far the mean squared error of the output is{" "}
          <b class="is-quantized">{significant(r.output_mse_so_far, 3)}</b>; without the corrections it would
          be <b class="is-error">{significant(r.output_mse_so_far_rtn, 3)}</b>.
        </>
      )}
      table={(r) => ({
        caption: "Output error after each step",
        columns: ["columns rounded", "GPTQ", "without corrections"],
        rows: r.by_step.output_mse.map((error, i) => [
          i,
          significant(error, 5),
          significant(r.by_step.output_mse_rtn[i]!, 5),
        ]),
      })}
    >
      {(r) => {
        const now = r.arrays.now!.data;
        const weights = r.arrays.weights!.data;
        const change = r.arrays.change!.data;
        return (
          <>
            <HeatMap
              label={`How far each of ${r.rows * r.columns} weights is from where it was.`}
              rows={r.rows}
              columns={r.columns}
              values={change}
              kind="error"
              height={300}
              unit="moved since the start"
              format={(value) => significant(value, 2)}
              rowName="outputs"
              columnName="inputs"
              columnMarks={r.arrays.rounded!.data}
              describe={(row, column) => {
                const i = row * r.columns + column;
                return `output ${row + 1}, input ${column + 1}: was ${significant(weights[i]!, 3)}, now ${significant(now[i]!, 3)}${r.arrays.rounded!.data[column] ? ", rounded" : ""}`;
              }}
            />
            <Lines
              label="Output error after each column."
              xs={r.by_step.output_mse.map((_, i) => i)}
              series={[
                { name: "GPTQ", kind: "quantized", values: r.by_step.output_mse },
                { name: "without corrections", kind: "error", values: r.by_step.output_mse_rtn },
              ]}
              xLabel="columns rounded"
              yLabel="mean squared error of the output"
              yFormat={(value) => significant(value, 2)}
              logY
              here={r.step}
              height={220}
            />
          </>
        );
      }}
    </Figure>
  );
}

export function BesideTheBest() {
  return (
    <Figure
      title="How near GPTQ comes to the best rounding there is"
      lead={`${layerWords(view.value.layer, kTinyLayerWords, cornerOf(view.value.layer, kTiny))} Every rounding of so short a row can be considered. Layer, bits (at most ${kMostSearchedBits} here), act\u2011order and damping are those above.`}
      result={best}
      view={view}
      sentence={(r) => (
        <>
          At {Math.min(view.value.bits, kMostSearchedBits)} bits a row can be rounded in{" "}
          {whole(r.combinations_per_row)} ways. The best of them leaves{" "}
          <b class="is-good">{significant(r.output_mse_best, 3)}</b>, GPTQ{" "}
          <b class="is-quantized">{significant(r.output_mse_gptq, 3)}</b>, rounding to nearest{" "}
          <b class="is-error">{significant(r.output_mse_rtn, 3)}</b>.
        </>
      )}
      table={(r) => ({
        caption: "Three ways to round the same rows with the same scales",
        columns: ["how", "output error (MSE)", "weight error (MSE)"],
        rows: [
          ["round to nearest", significant(r.output_mse_rtn, 5), significant(r.weight_mse_rtn, 5)],
          ["GPTQ", significant(r.output_mse_gptq, 5), significant(r.weight_mse_gptq, 5)],
          ["the best", significant(r.output_mse_best, 5), significant(r.weight_mse_best, 5)],
          ["roundings looked at for the best", whole(r.visited), ""],
        ],
      })}
    >
      {(r) => {
        const bar = (kind: "error" | "quantized" | "good", value: number) => [
          { kind, value, text: significant(value, 3) },
        ];
        return (
          <Bars
            label="Output error of rounding to nearest, of GPTQ and of the best rounding."
            unit="mean squared error of the output"
            rows={[
              { name: "Round to nearest", bars: bar("error", r.output_mse_rtn) },
              { name: "GPTQ", bars: bar("quantized", r.output_mse_gptq) },
              { name: "The best of all roundings", bars: bar("good", r.output_mse_best) },
            ]}
            legend={[]}
            format={(value) => significant(value, 2)}
          />
        );
      }}
    </Figure>
  );
}
