import { Columns } from "../../charts/columns";
import { ask } from "../../core/ask";
import type { QuantizeRequest } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice, Switch } from "../../ui/choice";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Idle } from "../../ui/notes";
import { Slider } from "../../ui/slider";
import { useUniqueId } from "../../ui/unique-id";
import { GranularityChoice, GroupSize } from "../shared/controls";
import { LayerSelect, layerWords, PlantedSwitch, plantableLayer } from "../shared/layer-choice";

const kLayer = { synthetic: "512x512", synthetic_tokens: 256, seed: 1 } as const;
const kCalmLayer = { ...kLayer, synthetic_outliers: 1 } as const;
const kWords = "A synthetic layer with a fixed seed, not a trained one: 512 outputs, 512 inputs, 256 tokens.";

const view = viewState("layer-lab", {
  method: "rtn",
  bits: 8,
  granularity: "tensor",
  group_size: 128,
  activation_bits: 8,
  activation_granularity: "tensor",
  protect: false,
  layer: "model.layers.2.self_attn.q_proj.weight",
  planted: true,
});
const layer = () => plantableLayer(view.value, kLayer, kCalmLayer);

function request(): QuantizeRequest {
  const v = view.value;
  // Protection is LLM.int8(), which fixes both at 8 bits and one scale a row.
  if (v.protect) return { op: "quantize", method: "llm-int8", return: ["row_mse"], ...layer() };
  return {
    op: "quantize",
    method: v.method,
    bits: v.bits,
    scheme: "symmetric",
    // AWQ searches its factors for groups and has no other scales.
    ...(v.method === "awq" ? {} : { granularity: v.granularity }),
    group_size: v.group_size,
    activation_bits: v.activation_bits,
    activation_granularity: v.activation_granularity,
    return: ["row_mse"],
    ...layer(),
  };
}
const result = ask(request);
const plainInt8 = ask(
  (): QuantizeRequest => ({
    op: "quantize",
    method: "rtn",
    bits: 8,
    scheme: "symmetric",
    granularity: "channel",
    activation_bits: 8,
    activation_granularity: "token",
    ...layer(),
  }),
);
const inputs = ask(() => ({ op: "statistics" as const, of: "activations" as const, bins: 61, ...layer() }));

const kFullBits = 16;

export function Lab() {
  const bits = view.field("bits");
  const why = useUniqueId();
  const { protect, activation_bits, method } = view.value;
  const granularity = method === "awq" ? "group" : view.value.granularity;
  return (
    <Figure
      title="One layer: round its weights, its inputs, or both"
      lead={`${layerWords(view.value.layer, kWords)} The columns are the weights\u2019 own errors; the output error stands below them.`}
      result={result}
      view={view}
      controls={
        <>
          <LayerSelect view={view} />
          <PlantedSwitch field={view.field("planted")} />
          <Idle when={protect} why={why}>
            <Choice
              field={view.field("method")}
              name="Weights are rounded"
              options={[
                ["rtn", "to nearest"],
                ["gptq", "by GPTQ"],
                ["awq", "by AWQ"],
              ]}
            />
            <Slider field={bits} name="Weight bits" minimum={2} maximum={8} unit="bits" />
            {method === "awq" ? null : <GranularityChoice view={view} name="One weight scale for each" />}
            {granularity === "group" ? <GroupSize view={view} stops={[32, 64, 128, 256, 512]} /> : null}
            <Slider
              field={view.field("activation_bits")}
              name="Activation bits"
              minimum={2}
              maximum={16}
              unit="bits"
              stops={[2, 3, 4, 5, 6, 7, 8, kFullBits]}
              hint={activation_bits === kFullBits && !protect ? "16: the activations stay as they are." : ""}
            />
            <Choice
              field={view.field("activation_granularity")}
              name="One activation scale for each"
              options={[
                ["tensor", "tensor"],
                ["token", "token"],
              ]}
            />
          </Idle>
          <Switch
            field={view.field("protect")}
            name="Outlier protection"
            hint="8 bits, outlier columns apart in 16"
          />
          {protect ? (
            <p class="hint span" id={why}>
              Outlier protection sets how weights and activations are rounded; your own choices come back
              without it.
            </p>
          ) : null}
        </>
      }
      sentence={(r) => (
        <>
          {protect ? (
            "8 bits, one scale for each row and each token (protection sets these itself) and outlier columns apart"
          ) : (
            <>
              <DragNumber field={bits} name="Weight bits" minimum={2} maximum={8} /> bits, one scale for each{" "}
              {granularity},
            </>
          )}{" "}
          cost <b class="is-scale">{decimals(r.bits_per_weight, 2)} bits a weight</b>: {bytes(r.bytes)} for{" "}
          {whole(r.rows * r.columns)} weights. The mean squared error of the output is{" "}
          <b class="is-error">{significant(r.output_mse ?? 0, 3)}</b>
          {protect && plainInt8.value.value
            ? `; without protection, at the same 8 bits, it is ${significant(plainInt8.value.value.output_mse ?? 0, 3)}.`
            : "."}
        </>
      )}
      table={(r) => ({
        caption: "The layer in numbers",
        columns: ["what", "value"],
        rows: [
          ["bits a weight, scales included", decimals(r.bits_per_weight, 4)],
          ["stored bytes", whole(r.bytes)],
          ["mean squared error of the weights", significant(r.weight_mse, 6)],
          ["mean squared error of the output", significant(r.output_mse ?? 0, 6)],
          ["largest error of a weight", significant(r.weight_max_error, 6)],
          [
            "worst channel",
            `row ${r.worst_channel.row}, error ${significant(r.worst_channel.weight_mse, 6)}`,
          ],
          ["time in the core (ms)", significant(r.seconds * 1000, 3)],
        ],
      })}
    >
      {(r) => (
        <>
          <Columns
            label="The mean squared error of each row of the weights."
            unit="mean squared error of a row of weights"
            kind="error"
            values={r.arrays.row_mse!.data}
            axis={{ low: 0, high: r.rows, label: "output channel" }}
            format={(value) => significant(value, 3)}
            describe={(i) => `output channel ${i}: ${significant(r.arrays.row_mse!.data[i]!, 4)}`}
          />
          <dl class="figures-row is-even">
            <Reading name="bits a weight" value={decimals(r.bits_per_weight, 2)} />
            <Reading name="stored" value={bytes(r.bytes)} />
            <Reading name="weight error (MSE)" value={significant(r.weight_mse, 3)} />
            <Reading name="output error (MSE)" value={significant(r.output_mse ?? 0, 3)} />
            <Reading name="worst channel" value={`row ${r.worst_channel.row}`} />
          </dl>
        </>
      )}
    </Figure>
  );
}

function Reading({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

export function Inputs() {
  return (
    <Figure
      title="Most inputs are small; a few are very large"
      result={inputs}
      sentence={(r) => (
        <>
          The largest input is <b class="is-outlier">{significant(r.maximum, 3)}</b>,{" "}
          <b class="is-outlier">{decimals(r.max_over_rms, 1)} times</b> the root mean square of{" "}
          {significant(r.rms, 3)}. One ruler for all must reach that far.
        </>
      )}
      table={(r) => ({
        caption: "How many inputs lie in each part of the range",
        columns: ["part", "count"],
        rows: r.histogram.counts.map((amount, i) => [i + 1, amount]),
      })}
    >
      {(r) => (
        <Columns
          label="How many inputs have which value."
          unit="inputs"
          kind="original"
          values={r.histogram.counts}
          logY
          axis={{ low: r.histogram.low, high: r.histogram.high, label: "value" }}
          format={(value) => whole(value)}
          describe={(i) =>
            `part ${i + 1} of ${r.histogram.counts.length}: ${whole(r.histogram.counts[i]!)} inputs`
          }
        />
      )}
    </Figure>
  );
}
