// Upright columns: a histogram, or one bar for each value, which may reach below zero.
import { extent } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";
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
  /** What the axis reaches at least: two pictures one above the other need one scale. */
  highest?: number;
  /** Counts over several orders of magnitude: the height is logarithmic, and one of them is a short column. */
  logY?: boolean;
  height?: number;
}

const kLeft = 72;
const kTop = 30;
const kFoot = 46;
const kWidest = 56;
const kThinnest = 2;
/** Where a logarithmic height begins, so that a count of one can be seen. */
const kBelowOne = 0.5;

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
  highest = 0,
  logY = false,
  height = 220,
}: ColumnsProps) {
  const list = Array.from(values);
  const [low = 0, high = 0] = extent(list);
  const top = Math.max(0, high, highest, limit?.value ?? 0);
  const y = logY
    ? countScale(top, height)
    : scaleLinear()
        .domain(low === 0 && top === 0 ? [0, 1] : [Math.min(0, low), top])
        .nice(4)
        .range([height - kFoot, kTop]);
  const foot = logY ? height - kFoot : y(0);
  const endOf = (value: number) => (logY && value <= 0 ? foot : y(value));
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
              // Without gaps, edges between two pixels would make stripes.
              const edge = (at: number) => (gap === 0 ? Math.round(at) : at);
              const left = edge(kLeft + i * step + gap / 2);
              const right = edge(kLeft + (i + 1) * step - gap / 2);
              return (
                <rect
                  key={i}
                  x={left}
                  width={Math.max(kinds[i] === kind ? 1 : kThinnest, right - left)}
                  y={Math.min(foot, endOf(value))}
                  height={Math.max(value === 0 ? 0 : 1, Math.abs(endOf(value) - foot))}
                  class={`fill-${kinds[i]}`}
                  opacity={cursor === undefined || cursor === i ? 1 : 0.45}
                />
              );
            })}
            <path d={`M${kLeft} ${foot}H${width - 8}`} stroke="var(--edge)" />
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

/** From below one to a little above `top`, with a mark at every power of ten or every other. */
function countScale(top: number, height: number) {
  const most = Math.max(10, top);
  const last = Math.floor(Math.log10(most));
  const scale = scaleLog()
    .domain([kBelowOne, 1.25 * most])
    .range([height - kFoot, kTop]);
  const stride = last > 3 ? 2 : 1;
  const powers = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => 10 ** (i * stride));
  return Object.assign((value: number) => scale(value), { ticks: () => powers, range: () => scale.range() });
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
