// One row a thing: a value and the interval that it lies in.
import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis } from "./axis";
import type { Kind } from "./kinds";
import { Stage } from "./stage";

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
const kTop = 8;
const kFoot = 46;
const kInset = 6;
const kPad = 16;

const wordsOf = (row: IntervalRow, format: (value: number) => string): string =>
  row.estimate
    ? `${format(row.estimate.value)} (${format(row.estimate.low)} to ${format(row.estimate.high)})`
    : "not measured yet";

export function Intervals({ label, unit, rows, format }: IntervalsProps) {
  const height = kTop + rows.length * kRow + kFoot;
  const ends = rows.flatMap(({ estimate }) => (estimate ? [estimate.low, estimate.high] : []));
  const [low = 0, high = 1] = extent(ends);
  const margin = low < high ? 0 : Math.abs(low) / 10 || 1;
  return (
    <Stage
      label={label}
      height={height}
      count={rows.length}
      describe={(i) => `${rows[i]!.name}: ${unit} ${wordsOf(rows[i]!, format)}`}
      locate={(_, y) => Math.max(0, Math.min(rows.length - 1, Math.floor((y - kTop) / kRow)))}
    >
      {(width, cursor) => {
        const x = scaleLinear()
          .domain([low - margin, high + margin])
          .range([kInset + kPad, width - kPad])
          .nice(4);
        return (
          <svg width={width} height={height} aria-hidden="true">
            {rows.map((row, r) => (
              <g
                key={row.name}
                transform={`translate(0,${kTop + r * kRow})`}
                opacity={cursor === undefined || cursor === r ? 1 : 0.45}
              >
                <text x={kInset} y="12" class="halo strong">
                  {row.name}
                </text>
                <text x={width - 2} y="12" text-anchor="end" class={row.estimate ? "halo" : "halo soft"}>
                  {wordsOf(row, format)}
                </text>
                {row.estimate ? <Mark kind={row.kind} x={x} {...row.estimate} /> : null}
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
}

function Mark({ kind, value, low, high, x }: MarkProps) {
  const y = 26;
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
