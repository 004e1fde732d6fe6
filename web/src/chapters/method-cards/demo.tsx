import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import type { LayerSource, QuantizeRequest, QuantizeResponse } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, decimals, significant } from "../../ui/format";
import { LayerSelect, layerWords, PlantedSwitch, plantableLayer } from "../shared/layer-choice";
import { methodName } from "../shared/settings-text";

/** Methods in two leagues: weights alone, and weights with activations. What is compared has the same bits. */
type Contestant = readonly [method: string, name: string, settings: Partial<QuantizeRequest>];
const kWeightsOnly: readonly Contestant[] = [
  ["rtn", "Rounding to nearest", { bits: 4, scheme: "asymmetric", granularity: "group", group_size: 64 }],
  ["gptq", "GPTQ", { bits: 4, scheme: "asymmetric", granularity: "group", group_size: 64 }],
  ["awq", "AWQ", { bits: 4, scheme: "asymmetric", group_size: 64 }],
  ["hqq", "HQQ", { bits: 4, group_size: 64 }],
  ["nf4", methodName("nf4"), { block_size: 64 }],
  ...["q4_K", "mxfp4_ocp", "nvfp4_two_level"].map((id): Contestant => [id, methodName(id), {}]),
];
const kActivationsToo: readonly Contestant[] = [
  [
    "rtn",
    "Rounding to nearest",
    {
      bits: 8,
      scheme: "symmetric",
      granularity: "channel",
      activation_bits: 8,
      activation_granularity: "token",
    },
  ],
  [
    "smoothquant",
    "SmoothQuant",
    { bits: 8, activation_bits: 8, granularity: "channel", activation_granularity: "token" },
  ],
  ["zeroquant", "ZeroQuant", { bits: 8, group_size: 64, activation_bits: 8 }],
  ["llm-int8", "LLM.int8()", {}],
  ["quarot", "QuaRot", { bits: 8, activation_bits: 8 }],
];

/** Wide enough for the formats with blocks of 256. */
const kWide = { synthetic: "64x256", synthetic_tokens: 128, seed: 1 } as const satisfies LayerSource;
const kCalmWide = { ...kWide, synthetic_outliers: 1 } as const satisfies LayerSource;
const kWideWords =
  "A synthetic layer with a fixed seed, not a trained one: 64 outputs, 256 inputs, 128 tokens.";

const view = viewState("method-cards", {
  league: "weights",
  layer: "model.layers.2.self_attn.q_proj.weight",
  planted: true,
});
const league = () => (view.value.league === "both" ? kActivationsToo : kWeightsOnly);
const requestOf = ([method, , settings]: Contestant): QuantizeRequest => ({
  op: "quantize",
  method,
  ...settings,
  ...plantableLayer(view.value, kWide, kCalmWide),
});
const result = askEach(() => league().map(requestOf));

export function MethodsCompared() {
  const both = view.value.league === "both";
  return (
    <Figure
      title="One layer, the same inputs, one method after another"
      lead={layerWords(view.value.layer, kWideWords)}
      result={result}
      view={view}
      command={() => requestOf(league()[1]!)}
      receipt={(r) => r.items[1]?.receipt}
      controls={
        <>
          <Choice
            field={view.field("league")}
            name="Round"
            options={[
              ["weights", "weights, 4 bits"],
              ["both", "weights and activations, 8 bits"],
            ]}
          />
          <LayerSelect view={view} />
          <PlantedSwitch field={view.field("planted")} />
        </>
      }
      sentence={(r) => {
        const best = least(r.items);
        return (
          <>
            {view.value.planted ? "With planted outliers" : "Without planted outliers"} rounding to nearest
            has a mean squared error of <b class="is-error">{significant(r.items[0]!.output_mse ?? 0, 3)}</b>.{" "}
            <b class="is-good">{nameAt(r.items.indexOf(best))}</b> has the least error,{" "}
            {significant(best.output_mse ?? 0, 3)} at {decimals(best.bits_per_weight, 2)} bits a weight.{" "}
            {both
              ? "How far a few inputs tower over the rest decides which method it is."
              : "On another layer it may be another method."}
          </>
        );
      }}
      table={(r) => ({
        caption: "Size and error of the layer",
        columns: ["method", "bits a weight", "stored", "error of the weights", "error of the outputs"],
        rows: r.items.map((item, i) => [
          nameAt(i),
          decimals(item.bits_per_weight, 4),
          bytes(item.bytes),
          significant(item.weight_mse, 4),
          significant(item.output_mse ?? Number.NaN, 4),
        ]),
      })}
    >
      {(r) => (
        <Bars
          label="Error of the layer's outputs by method."
          unit="mean squared error of the outputs"
          format={(value) => significant(value, 2)}
          legend={[{ kind: "error", name: "error of the outputs", mark: "bar" }]}
          rows={r.items.map((item, i) => ({
            name: `${nameAt(i)}: ${decimals(item.bits_per_weight, 2)} bits a weight`,
            bars: [
              {
                kind: "error" as const,
                value: item.output_mse ?? 0,
                text: significant(item.output_mse ?? 0, 3),
              },
            ],
          }))}
        />
      )}
    </Figure>
  );
}

const nameAt = (index: number): string => league()[index]?.[1] ?? "";
const least = <R extends QuantizeResponse>(items: readonly R[]): R =>
  items.reduce((best, item) => ((item.output_mse ?? 0) < (best.output_mse ?? 0) ? item : best));
