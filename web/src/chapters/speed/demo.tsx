import { Bars } from "../../charts/bars";
import { LogPlane, type PlaneCurve } from "../../charts/log-plane";
import { ask, askEach } from "../../core/ask";
import type { RooflineResponse, SpeedResponse } from "../../core/requests";
import { viewState } from "../../state/view-state";
import { Choice, Select } from "../../ui/choice";
import { DataTable } from "../../ui/data-table";
import { DragNumber } from "../../ui/drag-number";
import { Figure } from "../../ui/figure";
import { bytes, count, decimals, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { WorkedSteps } from "../../ui/worked-steps";
import { BatchSlider, ContextSlider, ModelSelect } from "../shared/controls";
import { inReceipt, kDevicesWithPeak, kWeightFormats, nameIn } from "../shared/plan";

/** From a small computer to a data centre. */
const kCompared = [
  "apple-m1",
  "apple-m4-max",
  "nvidia-t4",
  "nvidia-rtx-3090",
  "nvidia-rtx-4090",
  "nvidia-rtx-5090",
  "nvidia-a100-80gb-sxm",
  "nvidia-h100-sxm",
];
const kBatches = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const kFewerBits = kWeightFormats.filter(([id]) => id !== "f16");

const speeds = viewState("speed", {
  model: "llama-3.1-8b",
  weights: "int4",
  context: 4096,
  batch: 1,
  show: "decode",
});
const request = (device: string, weights: string) => ({
  op: "speed" as const,
  model: speeds.value.model,
  weights,
  context: speeds.value.context,
  batch: speeds.value.batch,
  device,
});
const compared = askEach(() =>
  kCompared.flatMap((device) => [request(device, "f16"), request(device, speeds.value.weights)]),
);

interface Pair {
  before: SpeedResponse;
  after: SpeedResponse;
}
const pairsOf = (items: readonly SpeedResponse[]): Pair[] =>
  kCompared.map((_, i) => ({ before: items[2 * i]!, after: items[2 * i + 1]! }));

export function DeviceSpeeds() {
  const { weights, show, batch, context } = speeds.value;
  const decoding = show === "decode";
  const shown = (r: SpeedResponse) => (decoding ? r.decode_tokens_per_second : r.prefill_seconds);
  const format = nameIn(kWeightFormats, weights);
  return (
    <Figure
      title="What a device could do at best"
      lead="A program that reads all weights for each word and multiplies in 16 bits cannot be faster than this, since memory and arithmetic are not. Real ones are slower."
      result={compared}
      view={speeds}
      command={() => request("nvidia-rtx-4090", weights)}
      receipt={(r) => receiptOf(fourNinety(r.items).after, decoding)}
      controls={
        <>
          <ModelSelect view={speeds} />
          <Select field={speeds.field("weights")} name="Weights" options={kFewerBits} />
          <Choice
            field={speeds.field("show")}
            name="Show"
            options={[
              ["decode", "writing"],
              ["prefill", "time to the first word"],
            ]}
          />
          <ContextSlider view={speeds} />
          <BatchSlider view={speeds} maximum={512} />
        </>
      }
      sentence={(r) => {
        const { before, after } = fourNinety(r.items);
        return (
          <>
            On an RTX 4090 {after.model} writes at most{" "}
            <b class="is-original">{significant(before.decode_tokens_per_second, 3)} tokens a second</b> in 16
            bits and <b class="is-quantized">{significant(after.decode_tokens_per_second, 3)}</b> with{" "}
            {format}, for {whole(batch)} {batch === 1 ? "text" : "texts"} of {whole(context)} tokens. Reading{" "}
            {batch === 1 ? "such a text" : "all of them"} first takes {seconds(before.prefill_seconds)} in 16
            bits and {seconds(after.prefill_seconds)} with {format}.
            {after.fits === false
              ? " Neither fits into its memory, though."
              : before.fits === false
                ? " In 16 bits it does not fit into its memory, though."
                : ""}
            <ExpertsRead of={after} />
          </>
        );
      }}
      table={(r) => ({
        caption: `Writing and reading, 16 bits and ${weights}`,
        columns: [
          "device",
          "16 bits (tokens/s)",
          `${weights} (tokens/s)`,
          `first word, 16 bits (s)`,
          `first word, ${weights} (s)`,
          `fits as ${weights}`,
          "source",
        ],
        rows: pairsOf(r.items).map(({ before, after }) => [
          after.device?.name ?? "",
          decimals(before.decode_tokens_per_second, 2),
          decimals(after.decode_tokens_per_second, 2),
          before.prefill_seconds === null ? "peak not known" : significant(before.prefill_seconds, 3),
          after.prefill_seconds === null ? "peak not known" : significant(after.prefill_seconds, 3),
          after.fits ? "yes" : "no",
          after.device?.source ?? "",
        ]),
        words: [6],
      })}
    >
      {(r) => (
        <>
          <Bars
            label={decoding ? "Tokens a second on eight devices." : "Seconds to the first word."}
            unit={decoding ? "tokens a second" : "seconds to the first word"}
            format={(value) => significant(value, 3)}
            legend={[
              { kind: "original", name: "16 bits", mark: "open-bar" },
              { kind: "quantized", name: format, mark: "bar" },
            ]}
            rows={pairsOf(r.items)
              .filter(({ after }) => shown(after) !== null)
              .map(({ before, after }) => ({
                name: after.device?.name ?? "",
                bars: [barOf("original", before, shown(before)!), barOf("quantized", after, shown(after)!)],
              }))}
          />
          <p class="assumptions-name">This takes for granted:</p>
          <ul class="assumptions">
            {fourNinety(r.items).after.assumptions.map((assumption) => (
              <li key={assumption}>{assumption}</li>
            ))}
          </ul>
          <WorkedSteps
            name={`The sum for an RTX 4090, with your numbers`}
            rows={receiptOf(fourNinety(r.items).after, decoding)}
          />
        </>
      )}
    </Figure>
  );
}

/** What a model of experts reads for one step: more of them, the more texts choose. */
function ExpertsRead({ of: { receipts } }: { of: SpeedResponse }) {
  const of = (symbol: string) => inReceipt(receipts.decode, symbol);
  const [experts, read, active, batch] = [of("experts"), of("experts_read"), of("active"), of("batch")];
  if (!experts || !read || !active || !batch) return null;
  return (
    <>
      {" "}
      {count(active)} of its numbers work on each token; for {whole(batch)} {batch === 1 ? "text" : "texts"} a
      step reads <b class="is-scale">{significant(read, 3)}</b> of the {whole(experts)} experts in a layer.
    </>
  );
}

const fourNinety = (items: readonly SpeedResponse[]): Pair =>
  pairsOf(items)[kCompared.indexOf("nvidia-rtx-4090")]!;
const receiptOf = (r: SpeedResponse, decoding: boolean) =>
  decoding ? r.receipts.decode : r.receipts.prefill;
const seconds = (value: number | null): string =>
  value === null ? "an unknown time" : `${significant(value, 2)}\u00a0s`;
const barOf = (kind: "original" | "quantized", r: SpeedResponse, value: number) => ({
  kind,
  value,
  text: `${significant(value, 3)}${r.fits === false ? ", does not fit" : ""}`,
  open: kind === "original",
});

const devices = ask(() => ({ op: "devices" as const }));

export function Devices() {
  return (
    <Figure
      title="The devices, and where their numbers come from"
      lead="As they were printed, or derived from what was. Peaks are of dense products in 16 bits; where none was found, only writing can be estimated. The table names the sources, and says how well they support the numbers."
      result={devices}
      sentence={(r) => (
        <>
          {whole(r.devices.length)} devices, of which{" "}
          {whole(r.devices.filter((device) => device.fp16_tflops !== null).length)} have a known peak.
        </>
      )}
      table={(r) => ({
        caption: "Where the numbers come from",
        columns: ["device", "source", "evidence"],
        rows: r.devices.map((device) => [device.name, device.source, device.evidence]),
        words: [1, 2],
      })}
    >
      {(r) => (
        <DataTable
          caption={`Memory, bandwidth and dense 16-bit peak of ${whole(r.devices.length)} devices; scroll for the rest`}
          columns={["device", "memory", "bandwidth (GB/s)", "dense peak (TFLOP/s)"]}
          rows={r.devices.map((device) => [
            device.name,
            device.memory_bytes === null ? "in several sizes" : bytes(device.memory_bytes),
            significant(device.bandwidth_gb_s, 5),
            device.fp16_tflops === null ? "not known" : significant(device.fp16_tflops, 5),
          ])}
          words={[0]}
        />
      )}
    </Figure>
  );
}

const roof = viewState("roofline", {
  model: "llama-3.1-8b",
  weights: "int4",
  device: "nvidia-rtx-4090",
  context: 1024,
  batch: 1,
});
const roofRequest = (weights: string) => ({
  op: "roofline" as const,
  model: roof.value.model,
  weights,
  device: roof.value.device,
  context: roof.value.context,
  // The reader's own number of texts comes last.
  batches: [...kBatches, roof.value.batch],
});
const underRoof = askEach(() => [roofRequest("f16"), roofRequest(roof.value.weights)]);

export function Roofline() {
  const { weights, batch } = roof.value;
  const field = roof.field("batch");
  const format = nameIn(kWeightFormats, weights);
  return (
    <Figure
      title="Under the slope memory is the limit, under the flat roof arithmetic"
      lead="To the right: more arithmetic for each byte that is read. Upwards: more arithmetic a second. Nothing gets through the roof."
      result={underRoof}
      view={roof}
      command={() => roofRequest(weights)}
      receipt={(r) => r.items[1]!.receipts.decode}
      controls={
        <>
          <ModelSelect view={roof} />
          <Select field={roof.field("device")} name="Device" options={kDevicesWithPeak} />
          <Select field={roof.field("weights")} name="Weights" options={kFewerBits} />
          <ContextSlider view={roof} />
          <Slider
            field={field}
            name="Texts at a time"
            minimum={1}
            maximum={512}
            stops={kBatches}
            unit="texts"
          />
        </>
      }
      sentence={(r) => {
        const own = r.items[1]!;
        const step = own.decode.at(-1)!;
        return (
          <>
            Writing <DragNumber field={field} name="Texts at a time" minimum={1} maximum={512} />{" "}
            {batch === 1 ? "text" : "texts"} at a time does {significant(step.intensity, 3)} operations for
            each byte; this device could do {significant(own.ridge, 3)} in the time that a byte takes. So it
            waits for {step.bound === "memory" ? "memory" : "arithmetic"}, and {format} is{" "}
            <b class="is-quantized">{decimals(step.times_faster_than_f16, 2)} times</b> as fast as 16 bits.
            For reading the prompt it is{" "}
            <b class="is-original">{decimals(own.prefill.times_faster_than_f16, 2)} times</b> as fast.
          </>
        );
      }}
      table={(r) => ({
        caption: `Writing and reading on ${r.items[1]!.device?.name ?? "this device"} as ${weights}`,
        columns: [
          "work",
          "operations a byte",
          "TFLOP/s",
          "waits for",
          "tokens/s",
          "tokens/s in 16 bits",
          "times as fast",
        ],
        rows: [
          ...r.items[1]!.decode.slice(0, -1).map((step) => [
            `writing ${step.batch}`,
            significant(step.intensity, 4),
            significant(step.tflops, 4),
            step.bound === "memory" ? "memory" : "arithmetic",
            decimals(step.tokens_per_second, 1),
            decimals(step.f16_tokens_per_second, 1),
            decimals(step.times_faster_than_f16, 2),
          ]),
          [
            "reading one prompt",
            significant(r.items[1]!.prefill.intensity, 4),
            significant(r.items[1]!.prefill.tflops, 4),
            r.items[1]!.prefill.bound === "memory" ? "memory" : "arithmetic",
            "",
            "",
            decimals(r.items[1]!.prefill.times_faster_than_f16, 2),
          ],
        ],
      })}
    >
      {(r) => (
        <LogPlane
          label="The roofline of the device, with writing and reading under it."
          curves={[
            roofOf(r.items[1]!),
            writing(r.items[0]!, "original", "16 bits", "square"),
            writing(r.items[1]!, "quantized", format, "circle"),
            reading(r.items[1]!, format),
          ]}
          legend={[
            { kind: "scale", name: "the roof", mark: "line" },
            { kind: "original", name: "writing, 16 bits", mark: "square" },
            { kind: "quantized", name: `writing, ${format}`, mark: "dot" },
            { kind: "good", name: "reading the prompt", mark: "diamond" },
          ]}
          xLabel="operations for each byte"
          yLabel="TFLOP/s"
          xFormat={(value) => significant(value, 2)}
          yFormat={(value) => significant(value, 2)}
          height={400}
        />
      )}
    </Figure>
  );
}

const roofOf = (r: RooflineResponse): PlaneCurve => ({
  name: "the roof",
  kind: "scale",
  shape: "line",
  strong: true,
  points: r.roof.intensity.map((x, i) => ({
    x,
    y: r.roof.tflops[i]!,
    text: `The roof at ${significant(x, 3)} operations a byte: ${significant(r.roof.tflops[i]!, 3)} TFLOP/s`,
  })),
});

const writing = (
  r: RooflineResponse,
  kind: "original" | "quantized",
  name: string,
  mark: "circle" | "square",
): PlaneCurve => ({
  name: `writing, ${name}`,
  kind,
  mark,
  shape: "points",
  here: r.decode.findIndex((step) => step.batch === r.decode.at(-1)!.batch),
  points: r.decode.slice(0, -1).map((step) => ({
    x: step.intensity,
    y: step.tflops,
    text: `Writing ${step.batch} at a time, ${name}: ${significant(step.intensity, 3)} operations a byte, ${significant(step.tokens_per_second, 3)} tokens a second`,
  })),
});

const reading = (r: RooflineResponse, name: string): PlaneCurve => ({
  name: "reading the prompt",
  kind: "good",
  mark: "diamond",
  shape: "points",
  here: 0,
  points: [
    {
      x: r.prefill.intensity,
      y: r.prefill.tflops,
      text: `Reading the prompt, ${name}: ${significant(r.prefill.intensity, 3)} operations a byte, ${significant(r.prefill.seconds, 3)} s`,
    },
  ],
});
