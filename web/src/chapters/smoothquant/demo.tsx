import { Lines } from "../../charts/lines";
import { ask, askEach } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { decimals, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { costRow, costWords, kCostColumns, kLayer, kLayerWords, listOf } from "../shared/playground-layer";

const kAlphas = Array.from({ length: 21 }, (_, i) => i / 20);

const view = viewState("smoothquant", { alpha: 0.5, bits: 8, activation_bits: 8 });

const smoothed = (alpha: number): QuantizeRequest => ({
  op: "quantize",
  method: "smoothquant",
  alpha,
  bits: view.value.bits,
  activation_bits: view.value.activation_bits,
  ...kLayer,
});
const result = ask(() => smoothed(view.value.alpha));
const sweep = askEach(() => [
  ...kAlphas.map(smoothed),
  ...kAlphas.map((alpha) => ({ ...smoothed(alpha), synthetic_outliers: 1 })),
]);

function Controls() {
  return (
    <>
      <Slider
        field={view.field("alpha")}
        name="Share that moves to the weights (alpha)"
        minimum={0}
        maximum={1}
        step={0.05}
      />
      <Slider field={view.field("bits")} name="Bits of a weight" minimum={4} maximum={8} unit="bits" />
      <Slider
        field={view.field("activation_bits")}
        name="Bits of an input"
        minimum={4}
        maximum={8}
        unit="bits"
      />
    </>
  );
}

export function Ranges() {
  return (
    <Figure
      title="The range of each input channel, before and after"
      lead={kLayerWords}
      result={result}
      view={view}
      height={500}
      controls={<Controls />}
      sentence={(r) => (
        <>
          At alpha <DragNumber field={view.field("alpha")} name="alpha" minimum={0} maximum={1} step={0.05} />{" "}
          the output error is <b class="is-quantized">{significant(r.output_mse ?? 0, 3)}</b>; the same codes
          without smoothing leave <b class="is-error">{significant(r.output_mse_rtn ?? 0, 3)}</b>. Both take{" "}
          <span class="is-scale">{costWords(r)}</span>.
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

export function Sweep() {
  return (
    <Figure
      title="The output error over all alphas"
      result={sweep}
      view={view}
      height={280}
      command={() => smoothed(view.value.alpha)}
      receipt={(r) => r.items[0]?.receipt}
      sentence={(r) => {
        const at = kAlphas.indexOf(view.value.alpha);
        const [planted, none] = [r.items[at], r.items[kAlphas.length + at]];
        if (!planted || !none) return <>Bits are those of the figure above.</>;
        return (
          <>
            At alpha {decimals(view.value.alpha, 2)} the error is{" "}
            <b class="is-outlier">{significant(planted.output_mse ?? 0, 3)}</b> on the layer with outliers,
            and <b class="is-original">{significant(none.output_mse ?? 0, 3)}</b> on the same layer without
            them.
          </>
        );
      }}
      table={(r) => ({
        caption: "Each alpha, with planted outliers and without",
        columns: kCostColumns,
        rows: kAlphas.flatMap((alpha, i) => [
          costRow(`alpha ${decimals(alpha, 2)}, with outliers`, r.items[i]!),
          costRow(`alpha ${decimals(alpha, 2)}, without`, r.items[kAlphas.length + i]!),
        ]),
      })}
    >
      {(r) => (
        <Lines
          label="Output error against alpha, on the layer with outliers and without."
          xs={kAlphas}
          series={[
            {
              name: "with two outlier channels",
              kind: "outlier",
              values: r.items.slice(0, kAlphas.length).map((item) => item.output_mse ?? 0),
            },
            {
              name: "without outliers",
              kind: "original",
              values: r.items.slice(kAlphas.length).map((item) => item.output_mse ?? 0),
            },
          ]}
          xLabel="alpha"
          yLabel="mean squared error of the output"
          xFormat={(value) => decimals(value, 2)}
          yFormat={(value) => significant(value, 3)}
          logY
          here={view.value.alpha}
          height={280}
        />
      )}
    </Figure>
  );
}
