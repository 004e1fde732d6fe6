// One row a thing: a value and the interval that it lies in.
import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis } from "./axis";
import type { Kind } from "./kinds";
import { Stage } from "./stage";
import { textWidth, wrapped } from "./text";

export interface IntervalRow {
  name: string;
  kind: Kind;
  /** Undefined while it is not known: the row keeps its place. */
  estimate: { value: number; low: number; high: number } | undefined;
}
export interface IntervalsProps {
  label: string;
  /** What is measured, with its unit. */
  unit: string;
  rows: readonly IntervalRow[];
  format: (value: number) => string;
}

const kRow = 40;
const kLine = 17;
const kTop = 8;
const kFoot = 46;
const kInset = 6;
const kPad = 16;
const kApart = 12;

/** As wide as what a row says once it is measured: nothing may move then. */
const kLongest = "0.000123 (0.000123 to 0.000123)";
const kShortest = "0.000123";
const kYet = "not measured yet";

const wordsOf = (row: IntervalRow, format: (value: number) => string): string =>
  row.estimate
    ? `${format(row.estimate.value)} (${format(row.estimate.low)} to ${format(row.estimate.high)})`
    : kYet;

/** Each row's name in lines, and where it begins; its words stand beside the name, the interval in numbers where all fit. */
function layout(rows: readonly IntervalRow[], width: number) {
  const beside = (words: string) => width - kInset - kPad - kApart - textWidth(words);
  const full = rows.every((row) => textWidth(row.name, true) <= beside(kLongest));
  let at = kTop;
  const placed = rows.map((row) => {
    const lines = wrapped(row.name, beside(full ? kLongest : kShortest), true);
    const place = { ...row, lines, at, down: (lines.length - 1) * kLine };
    at += kRow + place.down;
    return place;
  });
  return { placed, full, height: at + kFoot };
}

export function Intervals({ label, unit, rows, format }: IntervalsProps) {
  const ends = rows.flatMap(({ estimate }) => (estimate ? [estimate.low, estimate.high] : []));
  const [low = 0, high = 1] = extent(ends);
  const margin = low < high ? 0 : Math.abs(low) / 10 || 1;
  return (
    <Stage
      label={label}
      height={(width) => layout(rows, width).height}
      count={rows.length}
      describe={(i) => `${rows[i]!.name}: ${unit} ${wordsOf(rows[i]!, format)}`}
      locate={(_, y, width) =>
        Math.max(
          0,
          layout(rows, width).placed.findLastIndex((row) => row.at <= y),
        )
      }
    >
      {(width, cursor) => {
        const { placed, full, height } = layout(rows, width);
        const x = scaleLinear()
          .domain([low - margin, high + margin])
          .range([kInset + kPad, width - kPad])
          .nice(4);
        return (
          <svg width={width} height={height} aria-hidden="true">
            {placed.map((row, r) => (
              <g
                key={row.name}
                transform={`translate(0,${row.at})`}
                opacity={cursor === undefined || cursor === r ? 1 : 0.45}
              >
                {row.lines.map((words, l) => (
                  <text key={words} x={kInset} y={12 + l * kLine} class="halo strong">
                    {words}
                  </text>
                ))}
                {row.estimate ? (
                  <>
                    <text x={width - kPad} y="12" text-anchor="end" class="halo">
                      {full ? wordsOf(row, format) : format(row.estimate.value)}
                    </text>
                    <Mark kind={row.kind} x={x} y={26 + row.down} {...row.estimate} />
                  </>
                ) : (
                  <text x={kInset} y={29 + row.down} class="halo soft">
                    {kYet}
                  </text>
                )}
              </g>
            ))}
            <XAxis
              scale={x}
              label={unit}
              y={height - kFoot}
              format={format}
              count={ends.length > 0 ? Math.max(3, Math.floor(width / 150)) : 0}
            />
          </svg>
        );
      }}
    </Stage>
  );
}

interface MarkProps {
  kind: Kind;
  value: number;
  low: number;
  high: number;
  x: (value: number) => number;
  y: number;
}

function Mark({ kind, value, low, high, x, y }: MarkProps) {
  return (
    <>
      <path
        d={`M${x(low)} ${y}H${x(high)}M${x(low)} ${y - 5}v10M${x(high)} ${y - 5}v10`}
        class={`line-${kind}`}
        stroke-width="2"
        fill="none"
      />
      <circle cx={x(value)} cy={y} r="5" class={`fill-${kind}`} />
    </>
  );
}
