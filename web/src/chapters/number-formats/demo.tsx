import { NumberLine } from "../../charts/number-line";
import { ask } from "../../core/ask";
import { viewState } from "../../state/view-state";
import { Cells } from "../../ui/cells";
import { Select } from "../../ui/choice";
import { Figure } from "../../ui/figure";
import { plain, significant, whole } from "../../ui/format";
import { Slider } from "../../ui/slider";
import { windowAround } from "./window";

/** Each format with the reach of its numbers before any scale, which is the whole line. */
const kFormats = [
  ["q2_0", "INT2 (GGUF’s Q2_0)", 2],
  ["q3_K", "INT3 (GGUF’s Q3_K)", 4],
  ["q4_0", "INT4 (GGUF’s Q4_0)", 8],
  ["q5_0", "INT5 (GGUF’s Q5_0)", 16],
  ["q6_K", "INT6 (GGUF’s Q6_K)", 32],
  ["int7", "INT7 (from 0 on, with a minimum beside the scale)", 127],
  ["q8_0", "INT8 (GGUF’s Q8_0)", 128],
  ["nf4", "NF4: a table for bell curves", 1],
  ["fp4", "FP4 of bitsandbytes", 1],
  ["iq4_nl", "IQ4_NL: GGUF’s table", 128],
  ["mxfp4_ocp", "E2M1: the values of MXFP4 and NVFP4", 6],
  ["fp8_e4m3", "FP8 E4M3: more marks", 448],
  ["fp8_e5m2", "FP8 E5M2: more reach", 57344],
  ["f16", "FP16", 65504],
  ["bf16", "BF16", 3.3895e38],
] as const;
const kOptions = kFormats.map(([id, name]) => [id, name] as const);
const kZooms = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536];
const kMostMarks = 1500;

const view = viewState("number-formats", { format: "nf4", zoom: 1, value: [0.3] as readonly number[] });
const number = () => view.value.value[0] ?? 0;
const shown = () => {
  const reach = kFormats.find(([id]) => id === view.value.format)?.[2] ?? 1;
  return windowAround(number(), reach, view.value.zoom);
};
const result = ask(() => {
  const [low, high] = shown();
  return { op: "representable" as const, format: view.value.format, low, high, value: number() };
});

export function FormatLine() {
  return (
    <Figure
      title="Every number that a format can write"
      result={result}
      view={view}
      controls={
        <>
          <Select field={view.field("format")} name="Format" options={kOptions} />
          <Cells field={view.field("value")} name="Your number" label={() => "your number"} />
          <Slider
            field={view.field("zoom")}
            name="Zoom"
            minimum={1}
            maximum={65536}
            stops={kZooms}
            unit="times"
          />
        </>
      }
      sentence={(r) => (
        <>
          {r.name} can write <b class="is-quantized">{whole(r.count)} numbers</b>, from{" "}
          {significant(r.lowest, 5)} to {significant(r.highest, 5)}. Your {plain(r.value)} becomes{" "}
          <b class="is-quantized">{significant(r.nearest, 5)}</b>, off by{" "}
          <b class="is-error">{significant(r.off_by, 2)}</b>;{" "}
          {r.below === r.above
            ? "it lies beyond the last mark."
            : `the marks around it are ${significant(r.below, 5)} and ${significant(r.above, 5)}.`}
        </>
      )}
      table={(r) => ({
        caption: `The numbers of ${r.name} in the window`,
        columns: ["number"],
        naming: 0,
        rows: Array.from(r.arrays.values?.data ?? [], (value) => [significant(value, 7)]),
      })}
    >
      {(r) => {
        const marks = r.arrays.values?.data;
        const few = marks && marks.length <= kMostMarks;
        return (
          <>
            <NumberLine
              label="The numbers of the format as marks on a line, and yours above it."
              unit="value"
              originals={[r.value]}
              restored={[r.nearest]}
              lattice={few ? marks : []}
              domain={shown()}
              format={(value) => significant(value, 3)}
              describe={() => `${plain(r.value)} becomes ${significant(r.nearest, 6)}`}
            />
            <p class="chart-readout">
              {few ? "" : `${whole(r.inside)} marks in this window, too many to tell apart: zoom in.`}
            </p>
          </>
        );
      }}
    </Figure>
  );
}
