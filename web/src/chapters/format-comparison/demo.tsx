import { Scatter, type ScatterGroup } from "../../charts/scatter";
import { ask } from "../../core/ask";
import type { Compared } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { kLayer, kLayerWords } from "../shared/playground-layer";
import { nameOf, roundsInputs, shown } from "./points";

const view = viewState("format-comparison", { measure: "output", most_bits: 9 });
const result = ask(() => ({ op: "compare" as const, ...kLayer }));

export function Front() {
  const byOutput = view.value.measure === "output";
  const errorOf = (one: Compared) => (byOutput ? (one.output_mse ?? 0) : one.weight_mse);
  const isBest = (one: Compared) => (byOutput ? one.best_output === true : one.best_weights);
  const point = (one: Compared, strong: boolean) => ({
    x: one.bits_per_weight,
    y: errorOf(one),
    strong,
    ...(strong ? { name: nameOf(one) } : {}),
    text: `${nameOf(one)}: ${decimals(one.bits_per_weight, 2)} bits a weight, error ${significant(errorOf(one), 3)}${roundsInputs(one) ? `, inputs in ${one.activation_bits} bits` : ""}`,
  });
  const groups = (results: readonly Compared[]): ScatterGroup[] => {
    const drawn = shown(results, view.value.most_bits);
    const others = drawn.filter((one) => !isBest(one));
    return [
      {
        name: "nothing beats these",
        kind: "good",
        mark: "circle",
        steps: true,
        points: drawn.filter(isBest).map((one) => point(one, true)),
      },
      {
        name: "formats",
        kind: "scale",
        mark: "square",
        points: others.filter((one) => one.is_format).map((one) => point(one, false)),
      },
      {
        name: "methods",
        kind: "quantized",
        mark: "circle",
        points: others.filter((one) => !one.is_format && !roundsInputs(one)).map((one) => point(one, false)),
      },
      {
        name: "methods that round the inputs too",
        kind: "outlier",
        mark: "square",
        points: others.filter((one) => !one.is_format && roundsInputs(one)).map((one) => point(one, false)),
      },
    ];
  };
  return (
    <Figure
      title="Bits a weight against error, everything on the same layer"
      lead={kLayerWords}
      result={result}
      view={view}
      height={420}
      controls={
        <>
          <Choice
            field={view.field("measure")}
            name="Error of the"
            options={[
              ["output", "output"],
              ["weights", "weights"],
            ]}
          />
          <Slider
            field={view.field("most_bits")}
            name="Show up to"
            minimum={4}
            maximum={33}
            stops={[4, 5, 6, 9, 17, 33]}
            unit="bits a weight"
          />
        </>
      }
      sentence={(r) => {
        const drawn = shown(r.results, view.value.most_bits);
        return (
          <>
            Of {whole(drawn.length)} results in the picture,{" "}
            <b class="is-good">{whole(drawn.filter(isBest).length)}</b> are such that nothing has both fewer
            bits and a smaller error of the {byOutput ? "output" : "weights"}.
          </>
        );
      }}
      table={(r) => ({
        caption: "Every method and format on this layer",
        columns: [
          "what",
          "bits a weight, scales included",
          "bytes",
          "weight error (MSE)",
          "output error (MSE)",
          "input bits",
          "unbeaten",
        ],
        rows: r.results.map((one) => [
          nameOf(one),
          decimals(one.bits_per_weight, 3),
          whole(one.bytes),
          significant(one.weight_mse, 4),
          significant(one.output_mse ?? 0, 4),
          one.activation_bits,
          isBest(one) ? "yes" : "",
        ]),
        words: [0],
      })}
    >
      {(r) => (
        <Scatter
          label="Each method and format: bits a weight across, error upwards."
          groups={groups(r.results)}
          xLabel="bits a weight, scales included"
          yLabel={byOutput ? "mean squared error of the output" : "mean squared error of the weights"}
          yFormat={(value) => significant(value, 2)}
          height={420}
        />
      )}
    </Figure>
  );
}
