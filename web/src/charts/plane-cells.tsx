// Points on a plane, and the few centers that stand for them: each center with the region that is nearest to it.
import { extent, leastIndex } from "d3-array";
import { scaleLinear } from "d3-scale";
import { XAxis, YAxis } from "./axis";
import type { LegendItem } from "./kinds";
import { Stage } from "./stage";
import { cellOf, type Point } from "./voronoi";

export interface PlaneCellsProps {
  label: string;
  /** x0, y0, x1, y1, ... */
  points: ArrayLike<number>;
  centers: ArrayLike<number>;
  pointName: string;
  centerName: string;
  xLabel: string;
  yLabel: string;
  format: (value: number) => string;
  describe: (center: number) => string;
  /** The part of both axes that is drawn; all of it unless given. */
  domain?: readonly [number, number];
}

const kLeft = 64;
const kTop = 30;
const kFoot = 46;
const kMostWidth = 560;

const pairs = (flat: ArrayLike<number>): Point[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);

export function PlaneCells(props: PlaneCellsProps) {
  const { label, pointName, centerName, xLabel, yLabel, format, describe } = props;
  const points = pairs(props.points);
  const centers = pairs(props.centers);
  const height = 420;
  const all = extent([...Array.from(props.points), ...Array.from(props.centers)]);
  const [low = -1, high = 1] = props.domain ?? all;
  const inside = ([px, py]: Point) => px >= low && px <= high && py >= low && py <= high;
  const legend: LegendItem[] = [
    { kind: "original", name: pointName, mark: "dot" },
    { kind: "quantized", name: centerName, mark: "square" },
    { kind: "scale", name: "the border of its cell", mark: "border" },
  ];
  const y = scaleLinear()
    .domain([low, high])
    .range([height - kFoot, kTop]);
  const xFor = (width: number) =>
    scaleLinear()
      .domain([low, high])
      .range([kLeft, Math.min(width, kMostWidth) - 12]);
  return (
    <Stage
      label={label}
      height={height}
      legend={legend}
      count={centers.length}
      describe={describe}
      locate={(px, py, width) => {
        const x = xFor(width);
        return leastIndex(centers, (a, b) => away(a, x, y, px, py) - away(b, x, y, px, py));
      }}
    >
      {(width, cursor) => {
        const x = xFor(width);
        const [left = 0, right = 0] = x.range();
        // Nearest on the plane of the values, which the two axes stretch differently; so cells are cut there.
        const corners = (i: number) => cellOf(centers, i, [low, low, high, high]);
        const outline = (i: number) => {
          const drawn = corners(i).map((corner) => `${x(corner[0]).toFixed(1)} ${y(corner[1]).toFixed(1)}`);
          return drawn.length > 0 ? `M${drawn.join("L")}Z` : "";
        };
        return (
          <svg width={width} height={height} aria-hidden="true">
            <YAxis scale={y} label={yLabel} x={kLeft} width={right - left} format={format} />
            <path
              d={points
                .filter(inside)
                .map(([px, py]) => `M${x(px).toFixed(1)} ${y(py).toFixed(1)}h0`)
                .join("")}
              class="line-original"
              stroke-width="2.5"
              stroke-linecap="round"
              opacity="0.55"
            />
            <path
              d={centers.map((_, i) => outline(i)).join("")}
              class="line-scale"
              stroke-width="1"
              fill="none"
            />
            {cursor === undefined ? null : (
              <path d={outline(cursor)} class="line-quantized" stroke-width="2.5" fill="none" />
            )}
            {centers.map((center, i) =>
              inside(center) ? (
                <rect
                  key={i}
                  x={x(center[0]) - (i === cursor ? 6 : 3.5)}
                  y={y(center[1]) - (i === cursor ? 6 : 3.5)}
                  width={i === cursor ? 12 : 7}
                  height={i === cursor ? 12 : 7}
                  class="fill-quantized"
                />
              ) : null,
            )}
            <XAxis scale={x} label={xLabel} y={height - kFoot} format={format} count={5} />
          </svg>
        );
      }}
    </Stage>
  );
}

function away(
  [cx, cy]: Point,
  x: (value: number) => number,
  y: (value: number) => number,
  px: number,
  py: number,
): number {
  return (x(cx) - px) ** 2 + (y(cy) - py) ** 2;
}
