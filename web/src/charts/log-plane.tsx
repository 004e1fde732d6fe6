// Curves and points on two logarithmic axes, each with its name beside its end.
import { extent, leastIndex } from "d3-array";
import { scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { XAxis, YAxis } from "./axis";
import { type Kind, kDash, type LegendItem } from "./kinds";
import { spread } from "./spread";
import { Stage } from "./stage";
import { textWidth } from "./text";

export interface PlanePoint {
  x: number;
  y: number;
  /** What the cursor reads out here. */
  text: string;
}
export interface PlaneCurve {
  name: string;
  kind: Kind;
  points: readonly PlanePoint[];
  /** A line, a broken line, or points that are joined by a faint line. */
  shape: "line" | "broken" | "points";
  mark?: "circle" | "square" | "diamond";
  strong?: boolean;
  /** Whether the name stands beside the last point. */
  named?: boolean;
  /** The point at which the reader stands. */
  here?: number;
}
export interface LogPlaneProps {
  label: string;
  curves: readonly PlaneCurve[];
  xLabel: string;
  yLabel: string;
  xFormat: (value: number) => string;
  yFormat: (value: number) => string;
  legend?: readonly LegendItem[];
  height?: number;
  /** Ticks at powers of this number. */
  xBase?: number;
  yBase?: number;
  /** The x at which the reader stands. */
  here?: number;
  limit?: { value: number; text: string };
}

const kLeft = 74;
const kTop = 34;
const kFoot = 46;
const kPlain = 16;
/** Between the left axis and the first point, whose mark would else hide the axis's number. */
const kBefore = 12;
const kNarrow = 560;
const kLine = 16;

export function LogPlane(props: LogPlaneProps) {
  const { label, curves, xLabel, yLabel, xFormat, yFormat, legend, height = 380, here, limit } = props;
  const { xBase = 10, yBase = 10 } = props;
  const flat = curves.flatMap((curve) => curve.points);
  const ys = limit ? [...flat.map((p) => p.y), limit.value] : flat.map((p) => p.y);
  const y = scaleLog()
    .domain(extent(ys) as [number, number])
    .range([height - kFoot, kTop])
    .nice();
  const named = curves.filter((curve) => curve.named && curve.points.length > 0);
  // The names of the curves stand to the right of their ends, on narrow screens too: over the curves nobody could read them.
  const beside = Math.max(kPlain, ...named.map((curve) => textWidth(curve.name, curve.strong) + 14));
  const start = kLeft + (curves.some((curve) => curve.shape === "points") ? kBefore : 0);
  const xFor = (width: number) =>
    scaleLog()
      .domain(extent(flat, (p) => p.x) as [number, number])
      .range([start, width - beside]);
  return (
    <Stage
      label={label}
      height={height}
      {...(legend ? { legend } : {})}
      count={flat.length}
      describe={(i) => flat[i]!.text}
      locate={(px, py, width) => {
        const x = xFor(width);
        const away = (p: PlanePoint) => (x(p.x) - px) ** 2 + (y(p.y) - py) ** 2;
        return leastIndex(flat as PlanePoint[], (a, b) => away(a) - away(b));
      }}
    >
      {(width, cursor) => {
        const x = xFor(width);
        const narrow = width < kNarrow;
        const places = spread(
          named.map((curve) => y(curve.points.at(-1)!.y)),
          kLine,
        );
        const at = cursor === undefined ? undefined : flat[cursor];
        return (
          <svg width={width} height={height} aria-hidden="true">
            <YAxis
              scale={ticksAt(y, yBase, 6)}
              label={yLabel}
              x={kLeft}
              width={width - kLeft - beside}
              format={yFormat}
            />
            <XAxis
              scale={ticksAt(x, xBase, narrow ? 4 : 8)}
              label={xLabel}
              y={height - kFoot}
              format={xFormat}
            />
            {here !== undefined ? (
              <path d={`M${x(here)} ${kTop - 6}V${height - kFoot}`} class="cursor-line" />
            ) : null}
            {limit ? (
              <g>
                <path
                  d={`M${kLeft} ${y(limit.value)}H${x.range()[1]}`}
                  class="line-good"
                  stroke-width="1.5"
                  stroke-dasharray="6 3"
                />
                <text x={kLeft + 6} y={y(limit.value) - 6} class="fill-good halo">
                  {limit.text}
                </text>
              </g>
            ) : null}
            {curves.map((curve) => (
              <CurveMarks key={curve.name + curve.shape} curve={curve} x={x} y={y} />
            ))}
            {named.map((curve, i) => (
              <text
                key={curve.name}
                x={x(curve.points.at(-1)!.x) + 8}
                y={places[i]! + 4}
                class={`fill-${curve.kind} halo ${curve.strong ? "strong" : ""}`}
              >
                {curve.name}
              </text>
            ))}
            {at ? <circle cx={x(at.x)} cy={y(at.y)} r="8" class="cursor-ring" /> : null}
          </svg>
        );
      }}
    </Stage>
  );
}

type LogScale = ReturnType<typeof scaleLog<number, number>>;

/** The axis of a logarithmic scale: at most `most` powers of the base. */
function ticksAt(scale: LogScale, base: number, most: number) {
  const [low, high] = scale.domain() as [number, number];
  const first = Math.ceil(Math.log(low) / Math.log(base) - 1e-9);
  const last = Math.floor(Math.log(high) / Math.log(base) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / most));
  const powers: number[] = [];
  for (let power = first; power <= last; power += stride) powers.push(base ** power);
  return Object.assign((value: number) => scale(value), { ticks: () => powers, range: () => scale.range() });
}

function CurveMarks({
  curve,
  x,
  y,
}: {
  curve: PlaneCurve;
  x: (value: number) => number;
  y: (value: number) => number;
}) {
  const path =
    line<PlanePoint>()
      .x((p) => x(p.x))
      .y((p) => y(p.y))([...curve.points]) ?? "";
  const dash = curve.shape === "broken" ? "3 5" : curve.shape === "line" ? kDash[curve.kind] : undefined;
  return (
    <g>
      <path
        class={`mark-line line-${curve.kind}`}
        d={path}
        style={{ strokeWidth: curve.strong ? "3" : curve.shape === "points" ? "1" : "1.75" }}
        stroke-dasharray={dash}
      />
      {curve.shape === "points"
        ? curve.points.map((p, i) => (
            <PointMark
              key={i}
              x={x(p.x)}
              y={y(p.y)}
              kind={curve.kind}
              mark={curve.mark ?? "circle"}
              size={i === curve.here ? 8 : 3.5}
            />
          ))
        : null}
    </g>
  );
}

interface PointProps {
  x: number;
  y: number;
  kind: Kind;
  mark: "circle" | "square" | "diamond";
  size: number;
}

function PointMark({ x, y, kind, mark, size }: PointProps) {
  if (mark === "circle") return <circle cx={x} cy={y} r={size} class={`fill-${kind}`} />;
  const turn = mark === "diamond" ? `rotate(45 ${x} ${y})` : undefined;
  return (
    <rect
      x={x - size}
      y={y - size}
      width={2 * size}
      height={2 * size}
      transform={turn}
      class={`fill-${kind}`}
    />
  );
}
