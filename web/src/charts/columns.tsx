// Upright columns: a histogram, or one bar for each value, which may reach below zero.
import { extent } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis, YAxis } from "./axis";
import type { Kind, LegendItem } from "./kinds";
import { Stage } from "./stage";
import { textWidth } from "./text";

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

const kLeft = 72;
const kTop = 30;
const kFoot = 46;
const kWidest = 56;
const kThinnest = 2;

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
        // Columns of two pixels and less stand side by side: a gap would only make stripes.
        const gap = step < 2 ? 0 : Math.max(step - kWidest, Math.min(12, step * 0.25));
        const kinds = list.map((_, i) => kindOf?.(i) ?? kind);
        // The few of another kind come last and are never too thin to be seen.
        const order = [...list.keys()].sort((a, b) => Number(kinds[a] !== kind) - Number(kinds[b] !== kind));
        return (
          <svg width={width} height={height} aria-hidden="true">
            <YAxis scale={y} label={unit} x={kLeft} width={width - kLeft - 8} format={format} count={4} />
            {order.map((i) => {
              const value = list[i]!;
              return (
                <rect
                  key={i}
                  x={kLeft + i * step + gap / 2}
                  width={Math.max(kinds[i] === kind ? 0.5 : kThinnest, step - gap)}
                  y={Math.min(y(0), y(value))}
                  height={Math.max(value === 0 ? 0 : 1, Math.abs(y(value) - y(0)))}
                  class={`fill-${kinds[i]}`}
                  opacity={cursor === undefined || cursor === i ? 1 : 0.45}
                />
              );
            })}
            <path d={`M${kLeft} ${y(0)}H${width - 8}`} stroke="var(--edge)" />
            {limit ? (
              <g>
                <path
                  d={`M${kLeft} ${y(limit.value)}H${width - 8}`}
                  class="line-scale"
                  stroke-width="1.5"
                  stroke-dasharray="6 3"
                />
                <text
                  x={freePlace(list, limit, (i) => kLeft + (i + 0.5) * step, width - 10)}
                  y={y(limit.value) - 6}
                  class="fill-scale halo"
                >
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

/** Where the words about the limit begin: as far right as they cross no column that is higher than it, else at the right. */
function freePlace(
  list: readonly number[],
  limit: { value: number; text: string },
  x: (index: number) => number,
  right: number,
): number {
  const length = textWidth(limit.text);
  const towers = list.flatMap((value, i) => (value > limit.value ? [x(i)] : []));
  const free = (left: number) => towers.every((tower) => tower < left - 6 || tower > left + length + 6);
  for (let left = right - length; left >= kLeft + 4; left -= 4) if (free(left)) return left;
  return right - length;
}
