import { Bars } from "../../charts/bars";
import { core } from "../../core/ask";
import type { Measured, MeasureResponse } from "../../core/requests";
import { Figure } from "../../ui/figure";
import { FileInput } from "../../ui/file-input";
import { decimals, significant } from "../../ui/format";
import { ToCome } from "../../ui/to-come";
import { MeasureButtons } from "../shared/measuring";
import { methodName } from "../shared/settings-text";
import { type Compared, compared, compareWith, device, kProducts, wrongReport } from "./measure";
import { byBytes, type Report, sameWork } from "./report";

const rate = (row: Measured): string =>
  byBytes(row) ? `${significant(row.gb_per_s, 3)} GB/s` : `${significant(row.gop_per_s, 3)} GOP/s`;
const percent = (share: number | undefined): string =>
  share === undefined ? "" : `${decimals(share * 100, 0)}\u00a0%`;

/** "matmul_packed q4_0" as a reader says it. */
const kNames: Record<string, string> = {
  memory: "reading memory",
  cache: "reading the cache",
  float: "float32 arithmetic",
  int8: "int8 arithmetic",
  matmul_nt: "weights in FP32",
  "matmul_packed int8_rows": "weights in INT8, a scale a row",
  "matmul_packed int8_groups": "weights in INT8, in groups",
  "matmul_packed int4_groups": "weights in INT4, in groups",
};
const nameOf = (kernel: string): string =>
  kNames[kernel] ?? `weights in ${methodName(kernel.replace("matmul_packed ", ""))}`;
/** What the core calls the product that was asked for as the format of its weights. */
const measuredAs = (format: string): string => (format === "f32" ? "matmul_nt" : `matmul_packed ${format}`);

const isOfOneToken = (row: Measured): boolean =>
  row.bound === "memory" && kProducts.some(({ kernel }) => row.kernel === measuredAs(kernel));
const wordsOf = ({ state }: Compared): string =>
  state === "running"
    ? "The limits of the machine come first, then each format gets its bar."
    : "No format has been measured yet. Press measure, and each gets its bar.";

/** A row for each product with one token, before it is measured as well as after. */
const Rates = ({ rows, report }: { rows: readonly MeasureResponse[]; report: Report | undefined }) => (
  <Bars
    label="How fast the weights of each format go through the product with one token."
    unit="weights read (GB/s)"
    format={(value) => significant(value, 3)}
    legend={[
      { kind: "quantized", name: "in this tab", mark: "bar" },
      ...(report
        ? [
            {
              kind: "original" as const,
              name: `${report.processor}, ${report.instruction_set}`,
              mark: "bar" as const,
            },
          ]
        : []),
    ]}
    limit={limitOf(rows)}
    rows={kProducts.map(({ kernel }) => {
      const row = rows.find((one) => one.bound === "memory" && one.kernel === measuredAs(kernel));
      const other = row && sameWork(report, row);
      return {
        name: nameOf(measuredAs(kernel)),
        bars: [
          {
            kind: "quantized" as const,
            value: row?.gb_per_s ?? 0,
            text: row ? `${rate(row)}, ${percent(row.share_of_limit)}` : "not measured yet",
          },
          ...(other ? [{ kind: "original" as const, value: other.gb_per_s, text: rate(other) }] : []),
        ],
      };
    })}
  />
);

function limitOf(rows: readonly MeasureResponse[]) {
  const memory = rows.find((row) => row.kernel === "memory");
  return memory ? { value: memory.gb_per_s, text: `reading memory: ${rate(memory)}` } : "later";
}

function Said({ run }: { run: Compared }) {
  const find = (kernel: string) => run.rows.find((row) => row.kernel === kernel);
  const [memory, float, int8] = [find("memory"), find("float"), find("int8")];
  const status = core.status.value;
  if (run.state === "idle")
    return <>Nothing is measured yet. It takes some seconds, and one of your processor&rsquo;s cores.</>;
  if (!memory || !float || !int8) return <>{run.message ?? "The limits of the machine come first."}</>;
  const q4 = run.rows.find((row) => row.kernel === "matmul_packed q4_0" && row.bound === "memory");
  return (
    <>
      One core of this device, in the {status.state === "ready" ? status.build : ""} build: it reads{" "}
      <b class="is-scale">{rate(memory)}</b> and does {rate(float)} in float32, {rate(int8)} in int8.
      {q4 ? (
        <>
          {" "}
          A layer of 4096 × 4096 in GGUF Q4_0 takes{" "}
          <b class="is-quantized">{significant(q4.seconds * 1000, 3)} ms</b>.
        </>
      ) : null}
      {run.message ? ` ${run.message}.` : ""}
    </>
  );
}

export function Device() {
  return (
    <Figure
      title="What this device gives, and what the kernels take of it"
      lead="A product with one token reads every weight once: it can be no faster than memory."
      result={compared}
      command={() => device.asked}
      controls={
        <>
          <MeasureButtons {...device} />
          <FileInput
            label="To compare, drop a report of quantbench --report here, or choose one"
            accept=".json"
            take={(file) => void compareWith(file)}
            wrong={wrongReport.value}
          />
        </>
      }
      sentence={(r) => <Said run={r} />}
      table={(r) => ({
        caption: "What was measured; the share is of the limit measured beside it",
        columns: [
          "work",
          "shape",
          "bound by",
          "rate",
          "share",
          "time (ms)",
          "spread",
          ...(r.report ? ["in the report"] : []),
        ],
        naming: 2,
        rows: r.rows.map((row) => {
          const other = sameWork(r.report, row);
          return [
            nameOf(row.kernel),
            row.shape,
            row.bound,
            rate(row),
            percent(row.share_of_limit),
            significant(row.seconds * 1000, 3),
            percent(row.spread),
            ...(r.report ? [other ? rate(other) : ""] : []),
          ];
        }),
      })}
    >
      {(r) => (
        <ToCome words={r.rows.some(isOfOneToken) ? undefined : wordsOf(r)}>
          <Rates rows={r.rows} report={r.report} />
        </ToCome>
      )}
    </Figure>
  );
}
