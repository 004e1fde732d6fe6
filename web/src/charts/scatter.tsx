// Points over a plain and a logarithmic axis, some of them joined and named.
import { extent, leastIndex } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";
import { XAxis, YAxis } from "./axis";
import { type Kind, kDash, type LegendItem } from "./kinds";
import { Stage } from "./stage";
import { textWidth } from "./text";
import { logTicks } from "./ticks";

export interface ScatterPoint {
  x: number;
  y: number;
  /** What the cursor reads out here. */
  text: string;
  /** Stands beside the point where there is room. */
  name?: string;
  strong?: boolean;
}
export interface ScatterGroup {
  name: string;
  kind: Kind;
  mark: "circle" | "square";
  points: readonly ScatterPoint[];
  /** Joined by steps from left to right: nothing lies below them. */
  steps?: boolean;
}
export interface ScatterProps {
  label: string;
  groups: readonly ScatterGroup[];
  xLabel: string;
  yLabel: string;
  yFormat: (value: number) => string;
  /** Each doubling to the right takes as much room as the last. */
  doubling?: boolean;
  /** Where not every name has room, the points have numbers, and their names stand in a list below. */
  listed?: boolean;
  height?: number;
}

const kLeft = 72;
const kTop = 34;
const kFoot = 46;
const kNameHeight = 15;
const kNarrow = 560;

export function Scatter(props: ScatterProps) {
  const { label, groups, xLabel, yLabel, yFormat, doubling = false, listed = false, height = 380 } = props;
  const shown = groups.map((group) => ({ ...group, points: group.points.filter((p) => p.y > 0) }));
  const flat = shown.flatMap((group) => group.points);
  const [low = 1, high = 10] = extent(flat, (p) => p.y);
  const [first = 0, last = 1] = extent(flat, (p) => p.x);
  const span = low < high ? high / low : 10;
  // Room below the lowest point, so that it does not lie on the axis, and above the highest for its name.
  const [least, most] = [low / span ** 0.04, low * span ** 1.08];
  const y = scaleLog()
    .domain([least, most])
    .range([height - kFoot, kTop]);
  const xFor = (width: number) =>
    (doubling ? scaleLog().base(2) : scaleLinear())
      .domain([first, first < last ? last : first + 1])
      .nice()
      .range([kLeft, width - 16]);
  const ticks = logTicks(least, most);
  const labelsOf = (of: readonly ScatterGroup[], width: number) =>
    placed(of, xFor(width), y, width, height - kFoot - 5);
  const named = flat.filter((p) => p.name !== undefined).sort((a, b) => a.x - b.x);
  const isListed = (width: number) => listed && labelsOf(shown, width).length < named.length;
  const labelled = (width: number) => (isListed(width) ? numbered(shown, named) : shown);
  return (
    <Stage
      label={label}
      height={height}
      legend={shown.map(
        ({ kind, name, mark, steps }): LegendItem => ({
          kind,
          name,
          mark: steps ? (mark === "circle" ? "line-dot" : "line-square") : mark === "circle" ? "dot" : mark,
        }),
      )}
      count={flat.length}
      below={(width) => (isListed(width) ? <NameList points={named} /> : null)}
      describe={(i) => flat[i]!.text}
      locate={(px, py, width) => {
        const x = xFor(width);
        const away = (p: ScatterPoint) => (x(p.x) - px) ** 2 + (y(p.y) - py) ** 2;
        return leastIndex(flat, (a, b) => away(a) - away(b));
      }}
    >
      {(width, cursor) => {
        const x = xFor(width);
        const at = cursor === undefined ? undefined : flat[cursor];
        return (
          <svg width={width} height={height} aria-hidden="true">
            <YAxis
              scale={Object.assign((v: number) => y(v), { ticks: () => ticks, range: () => y.range() })}
              label={yLabel}
              x={kLeft}
              width={width - kLeft - 16}
              format={yFormat}
            />
            <XAxis scale={x} label={xLabel} y={height - kFoot} count={Math.max(3, Math.floor(width / 110))} />
            {inFront(shown).map((group) => (
              <g key={group.name}>
                {group.steps ? (
                  <path
                    class={`mark-line line-${group.kind}`}
                    stroke-dasharray={kDash[group.kind]}
                    d={stepsThrough(group.points, x, y)}
                  />
                ) : null}
                {group.points.map((p, i) => (
                  <Dot
                    key={i}
                    x={x(p.x)}
                    y={y(p.y)}
                    kind={group.kind}
                    mark={group.mark}
                    size={p.strong ? 7 : 4}
                  />
                ))}
              </g>
            ))}
            {labelsOf(labelled(width), width).map((label) => (
              <text key={`${label.name} ${label.left}`} x={label.left} y={label.base} class="halo">
                {label.name}
              </text>
            ))}
            {at ? (
              <circle cx={x(at.x)} cy={y(at.y)} r="9" fill="none" stroke="var(--ink)" stroke-width="2" />
            ) : null}
          </svg>
        );
      }}
    </Stage>
  );
}

/** What is joined lies over the plain points, and over it what is marked. */
function inFront<G extends ScatterGroup>(groups: readonly G[]): G[] {
  const level = (group: G) => (group.steps ? 1 : group.points.some((p) => p.strong) ? 2 : 0);
  return [...groups].sort((a, b) => level(a) - level(b));
}

type Place = (value: number) => number;

function stepsThrough(points: readonly ScatterPoint[], x: Place, y: Place): string {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  return sorted.map((p, i) => (i === 0 ? `M${x(p.x)} ${y(p.y)}` : `H${x(p.x)}V${y(p.y)}`)).join("");
}

function Dot({ x, y, kind, mark, size }: { x: number; y: number; kind: Kind; mark: string; size: number }) {
  return mark === "circle" ? (
    <circle cx={x} cy={y} r={size} class={`fill-${kind}`} />
  ) : (
    <rect x={x - size} y={y - size} width={2 * size} height={2 * size} class={`fill-${kind}`} />
  );
}

interface Box {
  left: number;
  right: number;
  base: number;
}

/**
 * A name stands right above its point; along steps it stands below and to the left, or else under the step to the right:
 * no point can be there. It is left out where another name is already.
 */
function placed(groups: readonly ScatterGroup[], x: Place, y: Place, width: number, lowest: number) {
  const taken: Box[] = [];
  const boxOf = (p: ScatterPoint, steps: boolean, points: readonly ScatterPoint[]): Box | undefined => {
    const length = textWidth(p.name!);
    const beside = x(p.x) - (p.strong ? 7 : 4) - 3 - length;
    const below = steps && beside > kLeft;
    if (steps && !below) {
      const right = x(p.x) + 6 + length;
      if (right < width && points.every((next) => next.x <= p.x || x(next.x) > right + 4))
        return { left: right - length, right, base: Math.min(lowest, y(p.y) + 17) };
      // On a narrow screen a name above the steps would hide the points there.
      if (width < kNarrow) return undefined;
    }
    const left = below ? beside : Math.min(x(p.x) + 6, width - length - 2);
    return { left, right: left + length, base: below ? Math.min(lowest, y(p.y) + 13) : y(p.y) - 8 };
  };
  return groups.flatMap(({ points, steps = false }) =>
    points.flatMap((p) => {
      if (!p.name) return [];
      const box = boxOf(p, steps, points);
      if (!box) return [];
      const free = taken.every(
        (t) => box.left > t.right + 4 || box.right < t.left - 4 || Math.abs(box.base - t.base) > kNameHeight,
      );
      if (!free) return [];
      taken.push(box);
      return [{ name: p.name, ...box }];
    }),
  );
}

/** The same points, each with its number in the list for a name. */
const numbered = (groups: readonly ScatterGroup[], named: readonly ScatterPoint[]): ScatterGroup[] =>
  groups.map((group) => ({
    ...group,
    points: group.points.map((p) => (p.name ? { ...p, name: String(1 + named.indexOf(p)) } : p)),
  }));

/** From left to right, as the points lie: what has no room even for its number is found between its neighbours. */
const NameList = ({ points }: { points: readonly ScatterPoint[] }) => (
  <ol class="point-names">
    {points.map((p) => (
      <li key={p.text}>{p.name}</li>
    ))}
  </ol>
);
