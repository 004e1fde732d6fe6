// Horizontal bars: one row for each thing, one bar for each kind in it.
import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis } from "./axis";
import type { Kind, LegendItem } from "./kinds";
import { Stage } from "./stage";
import { textWidth, wrapped } from "./text";

export interface BarRow {
  name: string;
  bars: readonly { kind: Kind; value: number; text: string; open?: boolean }[];
}
export interface BarsProps {
  label: string;
  /** What the bars measure, with its unit. */
  unit: string;
  rows: readonly BarRow[];
  legend: readonly LegendItem[];
  format: (value: number) => string;
  /** A line across, such as the size of a memory; where its value comes later, its name has its room already. */
  limit?: { value: number; text: string } | "later";
  highest?: number;
}

const kBar = 16;
const kGap = 18;
const kName = 20;
const kNameLine = 17;
const kTop = 8;
/** Above the first row, for the name of the line across. */
const kLimit = 18;
const kFoot = 46;
const kInset = 6;

export function Bars({ label, unit, rows, legend, format, limit: wanted, highest }: BarsProps) {
  const limit = wanted === "later" ? undefined : wanted;
  const first = wanted ? kTop + kLimit : kTop;
  const perRow = max(rows, (row) => row.bars.length) ?? 1;
  const bars = perRow * (kBar + 2);
  /** For each row, its name in lines, and where it begins. */
  const rowsFor = (width: number) => {
    let at = first;
    return rows.map((row) => {
      const lines = wrapped(row.name, width - kInset - 8, true);
      const place = { ...row, lines, at, under: kName + (lines.length - 1) * kNameLine };
      at += place.under + bars + kGap;
      return place;
    });
  };
  const heightFor = (width: number) => {
    const last = rowsFor(width).at(-1);
    return (last ? last.at + last.under + bars + kGap : first) + kFoot;
  };
  const reached =
    highest ?? max([limit?.value ?? 0, ...rows.flatMap((row) => row.bars.map((bar) => bar.value))]);
  // Before anything is measured all are zero, and a scale from 0 to 0 would put them in the middle.
  const top = reached || 1;
  return (
    <Stage
      label={label}
      height={heightFor}
      legend={legend}
      count={rows.length}
      describe={(i) => `${rows[i]!.name}: ${rows[i]!.bars.map((bar) => bar.text).join("; ")}`}
      locate={(_, y, width) =>
        Math.max(
          0,
          rowsFor(width).findLastIndex((row) => row.at <= y),
        )
      }
    >
      {(width, cursor) => {
        const x = scaleLinear()
          .domain([0, top])
          .range([kInset, width - 16])
          .nice();
        const placed = rowsFor(width);
        const height = heightFor(width);
        const across = limit ? x(limit.value) : undefined;
        return (
          <svg width={width} height={height} aria-hidden="true">
            {limit ? (
              <g>
                <path d={beside(placed, bars, x(limit.value))} class="line-good" stroke-width="2" />
                <text
                  x={x(limit.value)}
                  y={first - 14}
                  text-anchor={x(limit.value) > width / 2 ? "end" : "start"}
                  class="fill-good halo"
                >
                  {limit.text}
                </text>
              </g>
            ) : null}
            {placed.map((row, r) => (
              <g
                key={row.name}
                transform={`translate(0,${row.at})`}
                opacity={cursor === undefined || cursor === r ? 1 : 0.45}
              >
                {row.lines.map((words, l) => (
                  <text key={words} x={kInset} y={13 + l * kNameLine} class="halo strong">
                    {words}
                  </text>
                ))}
                {row.bars.map((bar, b) => (
                  <Bar key={b} bar={bar} x={x} y={row.under + b * (kBar + 2)} width={width} across={across} />
                ))}
              </g>
            ))}
            <XAxis
              scale={x}
              label={unit}
              y={height - kFoot}
              format={format}
              count={reached ? Math.max(3, Math.floor(width / 130)) : 0}
            />
          </svg>
        );
      }}
    </Stage>
  );
}

interface BarProps {
  bar: BarRow["bars"][number];
  x: (value: number) => number;
  y: number;
  width: number;
  /** Where a line stands across the bars. */
  across: number | undefined;
}

/** The line across, left out where it would go through a name. */
function beside(
  rows: readonly { at: number; under: number; lines: readonly string[] }[],
  bars: number,
  x: number,
): string {
  return rows
    .map((row, r) => {
      const reach = kInset + Math.max(...row.lines.map((line) => textWidth(line, true))) + 6;
      const from = reach > x ? row.at + row.under - 3 : row.at - (r === 0 ? 8 : 0);
      return `M${x} ${from}V${row.at + row.under + bars + kGap}`;
    })
    .join("");
}

function Bar({ bar, x, y, width, across }: BarProps) {
  const length = bar.value > 0 ? Math.max(1, x(bar.value) - kInset) : 0;
  const words = textWidth(bar.text);
  // Words that the line across would cut move to its other side.
  const crossed =
    across !== undefined && across > kInset + length - 2 && across < kInset + length + 12 + words;
  const after = crossed ? across + 7 - kInset : length > 0 ? length + 8 : 0;
  const outside = kInset + after + words < width - 2 || length < words + 16;
  return (
    <g transform={`translate(${kInset},${y})`}>
      {bar.open ? (
        <rect
          x="0.75"
          y="0.75"
          width={length}
          height={kBar - 1.5}
          class={`line-${bar.kind}`}
          fill="none"
          stroke-width="1.5"
        />
      ) : (
        <rect width={length} height={kBar} class={`fill-${bar.kind}`} />
      )}
      <text
        x={outside ? after : length - 8}
        y={kBar / 2}
        dy="0.34em"
        text-anchor={outside ? "start" : "end"}
        style={outside || bar.open ? {} : { fill: "var(--paper)" }}
        class={outside ? "bar-text halo" : "bar-text"}
      >
        {bar.text}
      </text>
    </g>
  );
}
