// The same sizes in time, on the reader's machine: a product with one token, whose weights come from memory.
import { Bars } from "../../charts/bars";
import type { MeasureResponse } from "../../core/requests";
import { Figure } from "../../ui/figure";
import { significant } from "../../ui/format";
import { kFirstBar, ToCome } from "../../ui/to-come";
import { MeasureButtons, measuring, type Run } from "../shared/measuring";

const kSizes = [
  { kernel: "f32", name: "32 bits" },
  { kernel: "int8_groups", name: "8 bits, in groups" },
  { kernel: "int4_groups", name: "4 bits, in groups" },
] as const;
const kAsked = kSizes.map(({ kernel }) => ({ op: "measure" as const, kernel }));
const speed = measuring(kAsked, kAsked[2]!);

const wordsOf = ({ state }: Run): string =>
  state === "running" ? kFirstBar : "No size has been measured yet. Press measure, and each gets its bar.";
const milliseconds = (row: MeasureResponse): string => `${significant(row.seconds * 1000, 3)} ms`;

export const SpeedHere = () => (
  <Figure
    title="The same sizes in time, on your machine"
    lead="One layer of 4096 × 4096, one token: each weight is read once. Nothing is measured until you ask."
    result={speed.measured}
    command={() => kAsked}
    controls={<MeasureButtons {...speed} />}
    sentence={({ rows, message }) => {
      const [full, , four] = rows;
      if (message) return message;
      return full && four ? (
        <>
          In this tab, on one core, weights of 32 bits take {milliseconds(full)}, of 4 bits{" "}
          <b class="is-quantized">{milliseconds(four)}</b>:{" "}
          <b class="is-good">{significant(full.seconds / four.seconds, 2)} times</b> as fast.
        </>
      ) : (
        "It takes some seconds, and one of your processor\u2019s cores."
      );
    }}
    table={({ rows }) => ({
      caption: "The middle of five repetitions; the spread is of them",
      columns: ["weights", "time (ms)", "weights read (GB/s)", "spread (%)"],
      rows: kSizes.map(({ name }, i) => {
        const row = rows[i];
        return row
          ? [
              name,
              significant(row.seconds * 1000, 3),
              significant(row.gb_per_s, 3),
              significant(row.spread * 100, 2),
            ]
          : [name, "not measured yet", "", ""];
      }),
    })}
  >
    {(run) => (
      <ToCome words={run.rows.length > 0 ? undefined : wordsOf(run)}>
        <Bars
          label="How long the product with one token takes, by the size of a weight."
          unit="time (ms)"
          format={(value) => significant(value, 3)}
          legend={[{ kind: "quantized", name: "in this tab", mark: "bar" }]}
          rows={kSizes.map(({ name }, i) => {
            const row = run.rows[i];
            const text = row ? milliseconds(row) : "not measured yet";
            return {
              name,
              bars: [{ kind: "quantized" as const, value: row ? row.seconds * 1000 : 0, text }],
            };
          })}
        />
      </ToCome>
    )}
  </Figure>
);
