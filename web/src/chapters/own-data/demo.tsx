import { useEffect } from "preact/hooks";
import { Columns } from "../../charts/columns";
import { Scatter, type ScatterPoint } from "../../charts/scatter";
import type { Compared } from "../../core/requests";
import { Figure } from "../../ui/figure";
import { FileInput } from "../../ui/file-input";
import { bytes, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { nameOf, titleOf } from "../shared/settings-text";
import { TensorList } from "./file-list";
import { rowsOf } from "./part";
import {
  choose,
  command,
  comparison,
  directory,
  makeExample,
  open,
  own,
  placeFor,
  spread,
  tensor,
  view,
} from "./state";
import { Subject } from "./subject";

export { OneMethod } from "./one-method";
export { OwnText } from "./own-text";

const shapeText = (shape: readonly number[]) =>
  shape.length > 0 ? shape.map(whole).join("\u00a0×\u00a0") : "one number";

export function Contents() {
  useEffect(() => void makeExample(), []);
  return (
    <Figure
      title="What the file holds"
      lead={
        own.value
          ? "Only the header was read. Choose a tensor, and its bytes are read too."
          : "Until you bring a file, this is one that the core has just made of a synthetic layer."
      }
      result={directory}
      view={view}
      command={() => ({ op: "inspect", file: directory.value.value?.file })}
      controls={
        <FileInput
          label="Drop a .safetensors, .gguf or .npy file here, or choose one"
          accept=".safetensors,.gguf,.npy"
          take={open}
        />
      }
      sentence={(r) => (
        <>
          {r.file} is a {r.kind} file with {whole(r.tensors!.length)}{" "}
          {r.tensors!.length === 1 ? "tensor" : "tensors"}
          {tensor.value ? (
            <>
              ; the one shown is {shapeText(tensor.value.shape)} in {tensor.value.type},{" "}
              <b class="is-quantized">{bytes(tensor.value.bytes)}</b>
            </>
          ) : null}
          .
        </>
      )}
      table={(r) => ({
        caption: "What else the header says",
        columns: ["key", "value"],
        words: [1],
        rows: Object.entries(r.metadata ?? {}).map(([key, value]) => [
          key,
          JSON.stringify(value).slice(0, 300),
        ]),
      })}
    >
      {(r) => <TensorList tensors={r.tensors!} chosen={tensor.value} choose={choose} shapeText={shapeText} />}
    </Figure>
  );
}

export function Values() {
  const rows = tensor.value ? rowsOf(tensor.value) : 1;
  const at = placeFor("live");
  const shown = 48;
  return (
    <Figure
      title="Where its values lie, and which columns reach far"
      lead={<Subject extent="live" />}
      result={spread}
      view={view}
      command={() => command("live", spread.request.value)}
      controls={
        at && !at.rows.whole ? (
          <Slider
            field={view.field("first")}
            name="First row"
            minimum={0}
            maximum={rows - (at.rows.end - at.rows.first)}
            hint={`${whole(at.rows.end - at.rows.first)} rows are looked at, at a time.`}
          />
        ) : null
      }
      sentence={(r) => (
        <>
          The values reach from {significant(r.minimum, 3)} to {significant(r.maximum, 3)}. The largest is{" "}
          <b class="is-outlier">{decimals(r.max_over_rms, 1)} times</b> the root mean square of{" "}
          {significant(r.rms, 3)}.
        </>
      )}
      table={(r) => ({
        caption: "The largest value of each column",
        columns: ["column", "largest"],
        rows: Array.from(r.arrays.column_absmax!.data, (value, i) => [i, significant(value, 5)]),
      })}
    >
      {(r) => {
        const absmax = r.arrays.column_absmax!.data;
        const order = Array.from(absmax.keys())
          .sort((a, b) => absmax[b]! - absmax[a]!)
          .slice(0, shown);
        return (
          <>
            <Columns
              label="How many values lie where."
              unit="values"
              kind="original"
              values={r.histogram.counts}
              logY
              axis={{ low: r.histogram.low, high: r.histogram.high, label: "value" }}
              format={whole}
              describe={(i) =>
                `part ${i + 1} of ${r.histogram.counts.length}: ${whole(r.histogram.counts[i]!)} values`
              }
            />
            <Columns
              label="The columns with the largest values, in order."
              unit="largest magnitude of a column"
              kind="outlier"
              values={order.map((column) => absmax[column]!)}
              axis={{ low: 0, high: order.length, label: `the ${order.length} columns that reach furthest` }}
              format={(value) => significant(value, 3)}
              describe={(i) => `column ${order[i]}: ${significant(absmax[order[i]!]!, 4)}`}
              height={230}
            />
          </>
        );
      }}
    </Figure>
  );
}

const textOf = (one: Compared) =>
  `${nameOf(one)}: ${decimals(one.bits_per_weight, 2)} bits a weight, mean squared error ${significant(one.weight_mse, 3)}`;
const pointOf = (one: Compared): ScatterPoint => ({
  x: one.bits_per_weight,
  y: one.weight_mse,
  text: textOf(one),
});

export function AllMethods() {
  return (
    <Figure
      title="Every method and format on it"
      lead={
        <>
          <Subject extent="compared" /> Methods that look at the inputs of a layer are left out: a file of
          weights has none.
        </>
      }
      result={comparison}
      command={() => command("compared", comparison.request.value)}
      sentence={(r) => {
        const best = r.results.filter((one) => one.best_weights && one.weight_mse > 0);
        return (
          <>
            Of {whole(r.results.length)} ways to store it, <b class="is-good">{whole(best.length)}</b> are
            beaten by no other in both size and error.
          </>
        );
      }}
      table={(r) => ({
        caption: "Bits a weight, scales included, and error",
        columns: ["method", "bits", "bits a weight", "mean squared error", "beaten"],
        naming: 2,
        rows: r.results.map((one) => [
          titleOf(one.method, one.title),
          one.bits ?? "",
          decimals(one.bits_per_weight, 3),
          significant(one.weight_mse, 4),
          one.best_weights ? "no" : "yes",
        ]),
      })}
    >
      {(r) => {
        const drawn = r.results
          .filter((one) => one.weight_mse > 0)
          .sort((a, b) => a.bits_per_weight - b.bits_per_weight);
        const front = drawn.filter((one) => one.best_weights);
        const others = drawn.filter((one) => !one.best_weights);
        return (
          <Scatter
            label="Bits a weight against the mean squared error of the weights; the front is joined by steps."
            xLabel="bits a weight, scales included"
            yLabel="mean squared error of the weights"
            yFormat={(value) => significant(value, 2)}
            doubling
            groups={[
              {
                name: "no other is smaller and better",
                kind: "good",
                mark: "circle",
                steps: true,
                points: front.map(pointOf),
              },
              {
                name: "beaten by another",
                kind: "original",
                mark: "square",
                points: others.map(pointOf),
              },
            ]}
          />
        );
      }}
    </Figure>
  );
}
