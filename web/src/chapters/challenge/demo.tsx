import { Bars } from "../../charts/bars";
import { askEach } from "../../core/ask";
import type {
  FormatsThatFitRequest,
  FormatsThatFitResponse,
  MemoryRequest,
  MemoryResponse,
} from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Select } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { bytes, count, decimals, significant } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { kModels, kWeightFormats } from "../shared/plan";

/** From one billion numbers to 175 billion. */
const kSizes = ["llama-3.2-1b", "llama-2-7b", "qwen3-30b-a3b", "llama-3.1-70b", "gpt-3-175b"];
const kRealModels = kModels.filter(([id]) => id !== "reference");
const kFewerBits = kWeightFormats.filter(([id]) => id !== "f16");

const kStops = [4, 8, 16, 24, 32, 48, 80, 141, 192, 384];
const kGiB = 1024 ** 3;

const view = viewState("challenge", { model: "llama-2-7b", format: "int4", memory: 24 });

/** The smallest first, as the list that they are from. */
const shown = (): string[] =>
  kModels.map(([id]) => id).filter((id) => kSizes.includes(id) || id === view.value.model);
const everyFormat = (model: string): FormatsThatFitRequest => ({
  op: "formats-that-fit",
  model,
  context: 1,
  fit: view.value.memory * kGiB,
});
const theChosen = (model: string): MemoryRequest => ({
  op: "memory",
  model,
  weights: view.value.format,
  context: 1,
});
const result = askEach<FormatsThatFitRequest | MemoryRequest>(() =>
  shown().flatMap((model) => [everyFormat(model), theChosen(model)]),
);

type Stored = FormatsThatFitResponse["formats"][number];
interface Sized {
  name: string;
  parameters: number;
  plain: Stored;
  eight: Stored;
  own: Stored;
  receipt: MemoryResponse["receipts"]["weights"];
}

export function MemoryChart() {
  const { model, format, memory } = view.value;
  const eightIsOwn = format === "int8";
  return (
    <Figure
      title={`Where 16 bits do not fit into ${memory} GiB, fewer bits may`}
      result={result}
      view={view}
      command={() => [...shown().map(everyFormat), theChosen(model)]}
      controls={
        <>
          <Select field={view.field("model")} name="Your model" options={kRealModels} />
          <Select field={view.field("format")} name="Store the weights as" options={kFewerBits} />
          <Slider
            field={view.field("memory")}
            name="Memory"
            minimum={1}
            maximum={1024}
            stops={kStops}
            unit="GiB"
          />
        </>
      }
      sentence={(r) => {
        const rows = sizedFrom(r.items);
        const { name, parameters, plain, own } = yours(rows);
        const fitting = (which: "plain" | "eight" | "own") => rows.filter((row) => row[which].fits).length;
        return (
          <>
            {name} has {count(parameters)} numbers. In 16 bits they take{" "}
            <b class="is-original">{bytes(plain.weights)}</b>. As {own.name} each takes{" "}
            <b class="is-scale">{decimals(own.bits_per_weight, 2)} bits</b>, its share of a ruler included,
            and all together <b class="is-quantized">{bytes(own.weights)}</b>:{" "}
            {decimals(own.times_smaller_than_f16, 2)} times smaller. Into {memory} GiB fit{" "}
            <b class="is-good">
              {fitting("plain")} of these {rows.length} models
            </b>{" "}
            in 16 bits{eightIsOwn ? "" : `, ${fitting("eight")} as INT8`} and {fitting("own")} as {own.name}.
          </>
        );
      }}
      receipt={(r) => yours(sizedFrom(r.items)).receipt}
      table={(r) => {
        const rows = sizedFrom(r.items);
        const { eight, own } = yours(rows);
        return {
          caption: `Weights in 16 bits and fewer; bits a weight and times smaller are those of ${own.name}`,
          columns: [
            "model",
            "parameters",
            "16 bits (GiB)",
            ...(eightIsOwn ? [] : [`${eight.name} (GiB)`]),
            `${own.name} (GiB)`,
            "bits a weight",
            "times smaller",
            `fits ${memory} GiB as ${own.name}`,
          ],
          rows: rows.map((row) => [
            row.name,
            count(row.parameters),
            decimals(row.plain.weights / kGiB, 2),
            ...(eightIsOwn ? [] : [decimals(row.eight.weights / kGiB, 2)]),
            decimals(row.own.weights / kGiB, 2),
            decimals(row.own.bits_per_weight, 2),
            decimals(row.own.times_smaller_than_f16, 2),
            row.own.fits ? "yes" : "no",
          ]),
        };
      }}
    >
      {(r) => {
        const rows = sizedFrom(r.items);
        const { eight, own } = yours(rows);
        return (
          <Bars
            label={`Memory for the weights of ${rows.length} models, in 16 bits, as ${eight.name} and as ${own.name}.`}
            unit="GiB for the weights"
            format={(value) => significant(value, 3)}
            limit={{ value: memory, text: `${memory} GiB` }}
            legend={[
              { kind: "original", name: "16 bits", mark: "open-bar" },
              ...(eightIsOwn ? [] : [{ kind: "quantized", name: eight.name, mark: "open-bar" } as const]),
              { kind: "quantized", name: own.name, mark: "bar" },
              { kind: "good", name: "the memory you have", mark: "line" },
            ]}
            rows={rows.map((row) => ({
              name: row.name,
              bars: [
                barOf("original", row.plain, true),
                ...(eightIsOwn ? [] : [barOf("quantized", row.eight, true)]),
                barOf("quantized", row.own, false),
              ],
            }))}
          />
        );
      }}
    </Figure>
  );
}

/** The answers, which come in pairs, as a row for each model. */
function sizedFrom(items: readonly (FormatsThatFitResponse | MemoryResponse)[]): Sized[] {
  const fits = items.filter((item): item is FormatsThatFitResponse => "formats" in item);
  const sums = items.filter((item): item is MemoryResponse => "parameters" in item);
  return fits.map(({ model, formats }, i) => {
    const stored = (id: string) => formats.find((one) => one.format === id) ?? formats[0]!;
    return {
      name: model,
      parameters: sums[i]!.parameters,
      plain: stored("f16"),
      eight: stored("int8"),
      own: stored(view.value.format),
      receipt: sums[i]!.receipts.weights,
    };
  });
}

/** The row of the model that the reader chose; just after the choice its answer is not there yet. */
const yours = (rows: readonly Sized[]): Sized => rows[shown().indexOf(view.value.model)] ?? rows[0]!;

const barOf = (kind: "original" | "quantized", stored: Stored, open: boolean) => ({
  kind,
  value: stored.weights / kGiB,
  text: `${bytes(stored.weights)}${stored.fits ? " \u2713 fits" : ""}`,
  open,
});
