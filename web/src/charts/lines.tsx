// Curves over a shared axis.
import { extent, leastIndex } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { XAxis, YAxis } from "./axis";
import { type Kind, kDash } from "./kinds";
import { Stage } from "./stage";

export interface Series {
  name: string;
  kind: Kind;
  values: readonly number[];
  /** A line that stands still, to compare with: it has no marks. */
  flat?: boolean;
}
export interface LinesProps {
  label: string;
  xs: readonly number[];
  series: readonly Series[];
  xLabel: string;
  yLabel: string;
  xFormat?: (value: number) => string;
  yFormat: (value: number) => string;
  /** A logarithmic height, for values over several orders of magnitude; zeros are left out. */
  logY?: boolean;
  /** Whether the height begins at zero; else where the least value is. */
  fromZero?: boolean;
  /** The height shows at least so much, below the greatest value: small differences stay small. */
  leastSpan?: number;
  /** The x at which the reader stands. */
  here?: number;
  height?: number;
}

const kLeft = 72;
const kTop = 34;
const kFoot = 46;
/** With more points than this, marks would hide the line. */
const kMostMarks = 150;
const kSize = 3.5;
/** Marks that stand closer than this would run into each other, and are smaller. */
const kClose = 9;
const kSmall = 2.25;
const kMarks = ["circle", "square"] as const;

export function Lines(props: LinesProps) {
  const {
    label,
    xs,
    series,
    xLabel,
    yLabel,
    xFormat,
    yFormat,
    logY = false,
    here,
    height = 260,
    fromZero = true,
    leastSpan = 0,
  } = props;
  const usable = (value: number) => Number.isFinite(value) && (!logY || value > 0);
  const [low = 0, high = 1] = extent(series.flatMap((s) => s.values.filter(usable)));
  const y = logY
    ? scaleLog()
        .domain([low, low < high ? high : low * 10])
        .range([height - kFoot, kTop])
        .nice()
    : scaleLinear()
        .domain([Math.min(fromZero ? 0 : high - leastSpan, low), low < high ? high : low + 1])
        .range([height - kFoot, kTop])
        .nice();
  const xFor = (width: number) =>
    scaleLinear()
      .domain(extent(xs as number[]) as [number, number])
      .range([kLeft, width - 16]);
  const powers = logY ? { ticks: () => y.ticks(5).filter((t) => Math.abs(Math.log10(t) % 1) < 1e-9) } : {};
  return (
    <Stage
      label={label}
      height={height}
      legend={series.map((s, i) => ({
        kind: s.kind,
        name: s.name,
        mark: s.flat || xs.length > kMostMarks ? "line" : i % 2 === 0 ? "line-dot" : "line-square",
      }))}
      count={xs.length}
      describe={(i) =>
        `${xLabel} ${xFormat ? xFormat(xs[i]!) : xs[i]}: ${series.map((s) => `${s.name} ${yFormat(s.values[i]!)}`).join(", ")}`
      }
      locate={(px, _, width) => {
        const x = xFor(width);
        return leastIndex(xs as number[], (a, b) => Math.abs(x(a) - px) - Math.abs(x(b) - px));
      }}
    >
      {(width, cursor) => {
        const x = xFor(width);
        const at = cursor ?? (here === undefined ? undefined : xs.indexOf(here));
        const size = (width - kLeft) / xs.length < kClose ? kSmall : kSize;
        return (
          <svg width={width} height={height} aria-hidden="true">
            <YAxis
              scale={Object.assign(
                (v: number) => y(v),
                { ticks: (n?: number) => y.ticks(n), range: () => y.range() },
                powers,
              )}
              label={yLabel}
              x={kLeft}
              width={width - kLeft - 16}
              format={yFormat}
            />
            <XAxis
              scale={x}
              label={xLabel}
              y={height - kFoot}
              {...(xFormat ? { format: xFormat } : {})}
              count={xs.length > 12 ? 6 : xs.length}
            />
            {at !== undefined && at >= 0 ? (
              <path d={`M${x(xs[at]!)} ${kTop - 6}V${height - kFoot}`} class="cursor-line" />
            ) : null}
            {series.map((s, n) => (
              <g key={s.name}>
                <path
                  class={`mark-line line-${s.kind}`}
                  stroke-dasharray={kDash[s.kind]}
                  d={
                    line<readonly [number, number]>()
                      .x(([at]) => x(at))
                      .y(([, value]) => y(value))(
                      s.values.flatMap((value, i) => (usable(value) ? [[xs[i]!, value] as const] : [])),
                    ) ?? ""
                  }
                />
                {s.values.map((value, i) =>
                  usable(value) && !s.flat && (i === at || xs.length <= kMostMarks) ? (
                    <Mark
                      key={i}
                      x={x(xs[i]!)}
                      y={y(value)}
                      kind={s.kind}
                      shape={kMarks[n % 2]!}
                      size={i === at ? 6 : size}
                    />
                  ) : null,
                )}
              </g>
            ))}
          </svg>
        );
      }}
    </Stage>
  );
}

function Mark({
  x,
  y,
  kind,
  shape,
  size,
}: {
  x: number;
  y: number;
  kind: Kind;
  shape: string;
  size: number;
}) {
  return shape === "circle" ? (
    <circle cx={x} cy={y} r={size} class={`fill-${kind}`} />
  ) : (
    <rect x={x - size} y={y - size} width={2 * size} height={2 * size} class={`fill-${kind}`} />
  );
}
