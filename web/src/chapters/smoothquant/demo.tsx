import { max, minIndex } from "d3-array";
import { Lines } from "../../charts/lines";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, plain, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { ActivationBits, BitsSlider } from "../shared/controls";
import { LayerSelect, layerWords, PlantedSwitch, plantableLayer, plantedBy } from "../shared/layer-choice";
import {
  costRow,
  costWords,
  kCalmLayer,
  kCostColumns,
  kLayer,
  kLayerWords,
  listOf,
} from "../shared/playground-layer";
import { measureRows, WholeModel } from "../shared/whole-model";

const kAlphas = Array.from({ length: 21 }, (_, i) => i / 20);

const view = viewState("smoothquant", {
  alpha: 0.5,
  bits: 8,
  activation_bits: 8,
  layer: "model.layers.2.self_attn.q_proj.weight",
  planted: true,
});
const layer = () => plantableLayer(view.value, kLayer, kCalmLayer);

const smoothed = (alpha: number): QuantizeRequest => ({
  op: "quantize",
  method: "smoothquant",
  alpha,
  bits: view.value.bits,
  activation_bits: view.value.activation_bits,
  ...layer(),
});
const result = ask(() => smoothed(view.value.alpha));
const sweep = askEach(() => kAlphas.map(smoothed));
const onModel = measureRows(() => {
  const { alpha, bits, activation_bits } = view.value;
  const plant_outliers = plantedBy(view.value.planted);
  const plain = { method: "rtn", scheme: "symmetric", granularity: "channel" };
  return [
    ["Rounded without smoothing", "error", { ...plain, bits, activation_bits, plant_outliers }],
    ["SmoothQuant", "quantized", { method: "smoothquant", alpha, bits, activation_bits, plant_outliers }],
  ];
});

function Controls() {
  return (
    <>
      <LayerSelect view={view} />
      <PlantedSwitch field={view.field("planted")} />
      <Slider field={view.field("alpha")} name="Share moved (alpha)" minimum={0} maximum={1} step={0.05} />
      <BitsSlider field={view.field("bits")} minimum={4} maximum={8} />
      <ActivationBits view={view} minimum={4} maximum={8} />
    </>
  );
}

export function Ranges() {
  return (
    <Figure
      title="The range of each input channel, before and after"
      lead={layerWords(view.value.layer, kLayerWords)}
      result={result}
      view={view}
      controls={<Controls />}
      sentence={(r) => (
        <>
          At alpha <DragNumber field={view.field("alpha")} name="alpha" minimum={0} maximum={1} step={0.05} />{" "}
          the output error is <b class="is-quantized">{significant(r.output_mse ?? 0, 3)}</b>; the same codes
          without smoothing leave <b class="is-error">{significant(r.output_mse_rtn ?? 0, 3)}</b>. Both take{" "}
          <span class="is-scale">{costWords(r)}</span>. The largest input goes from{" "}
          <span class="is-outlier">
            {significant(max(listOf(r, "activation_maxima_before")) ?? 0, 3)} to{" "}
            {significant(max(listOf(r, "activation_maxima_after")) ?? 0, 3)}
          </span>
          , the largest weight from {significant(max(listOf(r, "weight_maxima_before")) ?? 0, 3)} to{" "}
          {significant(max(listOf(r, "weight_maxima_after")) ?? 0, 3)}.
        </>
      )}
      table={(r) => ({
        caption: "The largest magnitude in each input channel",
        columns: ["channel", "inputs before", "inputs after", "weights before", "weights after"],
        rows: listOf(r, "activation_maxima_before").map((before, i) => [
          i + 1,
          significant(before, 4),
          significant(listOf(r, "activation_maxima_after")[i]!, 4),
          significant(listOf(r, "weight_maxima_before")[i]!, 4),
          significant(listOf(r, "weight_maxima_after")[i]!, 4),
        ]),
      })}
    >
      {(r) => (
        <>
          <ChannelRanges
            what="inputs"
            before={listOf(r, "activation_maxima_before")}
            after={listOf(r, "activation_maxima_after")}
          />
          <ChannelRanges
            what="weights"
            before={listOf(r, "weight_maxima_before")}
            after={listOf(r, "weight_maxima_after")}
          />
        </>
      )}
    </Figure>
  );
}

interface ChannelRangesProps {
  what: string;
  before: readonly number[];
  after: readonly number[];
}

function ChannelRanges({ what, before, after }: ChannelRangesProps) {
  return (
    <Lines
      label={`The largest magnitude of the ${what} of each channel, before and after smoothing.`}
      xs={before.map((_, i) => i + 1)}
      series={[
        { name: `${what} before`, kind: "outlier", values: before },
        { name: `${what} after`, kind: "quantized", values: after },
      ]}
      xLabel="input channel"
      yLabel={`largest magnitude of the ${what}`}
      yFormat={(value) => significant(value, 3)}
      logY
      height={240}
    />
  );
}

export const OnTheModel = () => (
  <WholeModel
    measurement={onModel}
    view={view}
    lead="Alpha, bits and planted outliers are those above; inputs have one scale a token."
  />
);

export function Sweep() {
  return (
    <Figure
      title="The output error over all alphas"
      result={sweep}
      view={view}
      command={() => smoothed(view.value.alpha)}
      receipt={(r) => r.items[0]?.receipt}
      sentence={(r) => {
        const here = r.items[kAlphas.indexOf(view.value.alpha)];
        const best = minIndex(r.items, (item) => item.output_mse);
        if (!here) return <>Bits, layer and outliers are those of the figure above.</>;
        return (
          <>
            At alpha {plain(view.value.alpha)} the error is{" "}
            <b class="is-quantized">{significant(here.output_mse ?? 0, 3)}</b>, without smoothing{" "}
            <b class="is-error">{significant(here.output_mse_rtn ?? 0, 3)}</b>. It is least at alpha{" "}
            {plain(kAlphas[best] ?? 0)}: {significant(r.items[best]?.output_mse ?? 0, 3)}.
          </>
        );
      }}
      table={(r) => ({
        caption: "Each alpha",
        columns: [...kCostColumns, "output error without smoothing"],
        rows: r.items.map((item, i) => [
          ...costRow(`alpha ${decimals(kAlphas[i]!, 2)}`, item),
          significant(item.output_mse_rtn ?? 0, 5),
        ]),
      })}
    >
      {(r) => (
        <Lines
          label="Output error against alpha, smoothed and not."
          xs={kAlphas}
          series={[
            {
              name: "SmoothQuant",
              kind: "quantized",
              values: r.items.map((item) => item.output_mse ?? 0),
            },
            {
              name: "without smoothing",
              kind: "error",
              values: r.items.map((item) => item.output_mse_rtn ?? 0),
              flat: true,
            },
          ]}
          xLabel="alpha"
          yLabel="mean squared error of the output"
          xFormat={plain}
          yFormat={(value) => significant(value, 3)}
          logY
          here={view.value.alpha}
          height={280}
        />
      )}
    </Figure>
  );
}
