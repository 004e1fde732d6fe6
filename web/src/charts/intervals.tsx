// One row a thing: a value and the interval that it lies in.
import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis } from "./axis";
import type { Kind } from "./kinds";
import { Stage } from "./stage";
import { textWidth } from "./text";

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

const wordsOf = (row: IntervalRow, format: (value: number) => string): string =>
  row.estimate
    ? `${format(row.estimate.value)} (${format(row.estimate.low)} to ${format(row.estimate.high)})`
    : "not measured yet";

export function Intervals({ label, unit, rows, format }: IntervalsProps) {
  // The name and the words share a line where both have room.
  const rowFor = (width: number) =>
    rows.some((row) => textWidth(row.name, true) + textWidth(wordsOf(row, format)) + 3 * kInset > width)
      ? kRow + kLine
      : kRow;
  const heightFor = (width: number) => kTop + rows.length * rowFor(width) + kFoot;
  const ends = rows.flatMap(({ estimate }) => (estimate ? [estimate.low, estimate.high] : []));
  const [low = 0, high = 1] = extent(ends);
  const margin = low < high ? 0 : Math.abs(low) / 10 || 1;
  return (
    <Stage
      label={label}
      height={heightFor}
      count={rows.length}
      describe={(i) => `${rows[i]!.name}: ${unit} ${wordsOf(rows[i]!, format)}`}
      locate={(_, y, width) => Math.max(0, Math.min(rows.length - 1, Math.floor((y - kTop) / rowFor(width))))}
    >
      {(width, cursor) => {
        const height = heightFor(width);
        const down = rowFor(width) - kRow;
        const x = scaleLinear()
          .domain([low - margin, high + margin])
          .range([kInset + kPad, width - kPad])
          .nice(4);
        return (
          <svg width={width} height={height} aria-hidden="true">
            {rows.map((row, r) => (
              <g
                key={row.name}
                transform={`translate(0,${kTop + r * rowFor(width)})`}
                opacity={cursor === undefined || cursor === r ? 1 : 0.45}
              >
                <text x={kInset} y="12" class="halo strong">
                  {row.name}
                </text>
                <text
                  x={down ? kInset : width - kPad}
                  y={12 + down}
                  text-anchor={down ? "start" : "end"}
                  class={row.estimate ? "halo" : "halo soft"}
                >
                  {wordsOf(row, format)}
                </text>
                {row.estimate ? <Mark kind={row.kind} x={x} y={26 + down} {...row.estimate} /> : null}
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
