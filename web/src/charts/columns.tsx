// Upright columns: a histogram, or one bar for each value, which may reach below zero.
import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis, YAxis } from "./axis";
import type { Kind, LegendItem } from "./kinds";
import { Stage } from "./stage";

export interface ColumnsProps {
  label: string;
  /** What the heights measure, with their unit. */
  unit: string;
  values: ArrayLike<number>;
  kind: Kind;
  /** Another kind for some of the columns. */
  kindOf?: (index: number) => Kind;
  legend?: readonly LegendItem[];
  /** A line across, with a word about it. */
  limit?: { value: number; text: string };
  describe: (index: number) => string;
  format: (value: number) => string;
  /** Numbers under the columns, in their order ... */
  names?: readonly string[];
  /** ... or the range of an axis that the columns divide evenly. */
  axis?: { low: number; high: number; label: string };
  height?: number;
}

const kLeft = 64;
const kTop = 30;
const kFoot = 46;
const kWidest = 56;

export function Columns({
  label,
  unit,
  values,
  kind,
  kindOf,
  legend,
  limit,
  describe,
  format,
  names,
  axis,
  height = 220,
}: ColumnsProps) {
  const list = Array.from(values);
  const [low = 0, high = 0] = extent(list);
  const y = scaleLinear()
    .domain(low === 0 && high === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, high, limit?.value ?? 0)])
    .nice(4)
    .range([height - kFoot, kTop]);
  const span = (width: number) => (width - kLeft - 8) / Math.max(1, list.length);
  return (
    <Stage
      label={label}
      height={height}
      {...(legend ? { legend } : {})}
      count={list.length}
      describe={describe}
      locate={(px, _, width) =>
        Math.max(0, Math.min(list.length - 1, Math.floor((px - kLeft) / span(width))))
      }
    >
      {(width, cursor) => {
        const step = span(width);
        const gap = Math.max(step - kWidest, Math.min(12, step * 0.25));
        return (
          <svg width={width} height={height} aria-hidden="true">
            <YAxis scale={y} label={unit} x={kLeft} width={width - kLeft - 8} format={format} count={4} />
            {list.map((value, i) => (
              <rect
                key={i}
                x={kLeft + i * step + gap / 2}
                width={Math.max(0.5, step - gap)}
                y={Math.min(y(0), y(value))}
                height={Math.max(value === 0 ? 0 : 1, Math.abs(y(value) - y(0)))}
                class={`fill-${kindOf?.(i) ?? kind}`}
                opacity={cursor === undefined || cursor === i ? 1 : 0.45}
              />
            ))}
            <path d={`M${kLeft} ${y(0)}H${width - 8}`} stroke="var(--edge)" />
            {limit ? (
              <g>
                <path
                  d={`M${kLeft} ${y(limit.value)}H${width - 8}`}
                  class="line-scale"
                  stroke-width="1.5"
                  stroke-dasharray="6 3"
                />
                <text x={width - 10} y={y(limit.value) - 6} text-anchor="end" class="fill-scale halo">
                  {limit.text}
                </text>
              </g>
            ) : null}
            {axis ? (
              <XAxis
                scale={scaleLinear()
                  .domain([axis.low, axis.high])
                  .range([kLeft, width - 8])}
                label={axis.label}
                y={height - kFoot}
              />
            ) : null}
            {names && step > 24
              ? names.map((name, i) => (
                  <text
                    key={i}
                    x={kLeft + (i + 0.5) * step}
                    y={height - kFoot + 20}
                    text-anchor="middle"
                    class="soft"
                  >
                    {name}
                  </text>
                ))
              : null}
          </svg>
        );
      }}
    </Stage>
  );
}
