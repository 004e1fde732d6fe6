// Horizontal bars: one row for each thing, one bar for each kind in it.
import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis } from "./axis";
import type { Kind, LegendItem } from "./kinds";
import { Stage } from "./stage";

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
  /** A line across, such as the size of a memory. */
  limit?: { value: number; text: string };
  highest?: number;
}

const kBar = 16;
const kGap = 18;
const kName = 20;
const kTop = 26;
const kFoot = 46;
const kInset = 6;

export function Bars({ label, unit, rows, legend, format, limit, highest }: BarsProps) {
  const perRow = max(rows, (row) => row.bars.length) ?? 1;
  const rowHeight = kName + perRow * (kBar + 2) + kGap;
  const height = kTop + rows.length * rowHeight + kFoot;
  const top =
    highest ?? max([limit?.value ?? 0, ...rows.flatMap((row) => row.bars.map((bar) => bar.value))]) ?? 1;
  return (
    <Stage
      label={label}
      height={height}
      legend={legend}
      count={rows.length}
      describe={(i) => `${rows[i]!.name}: ${rows[i]!.bars.map((bar) => bar.text).join("; ")}`}
      locate={(_, y) => Math.max(0, Math.min(rows.length - 1, Math.floor((y - kTop) / rowHeight)))}
    >
      {(width, cursor) => {
        const x = scaleLinear()
          .domain([0, top])
          .range([kInset, width - 16])
          .nice();
        return (
          <svg width={width} height={height} aria-hidden="true">
            {limit ? (
              <g>
                <path
                  d={`M${x(limit.value)} ${kTop - 8}V${height - kFoot}`}
                  class="line-good"
                  stroke-width="2"
                />
                <text
                  x={x(limit.value)}
                  y={kTop - 14}
                  text-anchor={x(limit.value) > width / 2 ? "end" : "start"}
                  class="fill-good halo"
                >
                  {limit.text}
                </text>
              </g>
            ) : null}
            {rows.map((row, r) => (
              <g
                key={row.name}
                transform={`translate(0,${kTop + r * rowHeight})`}
                opacity={cursor === undefined || cursor === r ? 1 : 0.45}
              >
                <text x={kInset} y="13" class="halo strong">
                  {row.name}
                </text>
                {row.bars.map((bar, b) => (
                  <Bar key={bar.kind} bar={bar} x={x} y={kName + b * (kBar + 2)} width={width} />
                ))}
              </g>
            ))}
            <XAxis
              scale={x}
              label={unit}
              y={height - kFoot}
              format={format}
              count={Math.max(3, Math.floor(width / 130))}
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
}

function Bar({ bar, x, y, width }: BarProps) {
  const length = Math.max(1, x(bar.value) - kInset);
  const outside = width - length > 130;
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
        x={outside ? length + 8 : length - 8}
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
