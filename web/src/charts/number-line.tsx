// The page's own picture: values above a ruler, the marks of the ruler, and where each value lands.
import { extent, leastIndex } from "d3-array";
import { scaleLinear } from "d3-scale";
import type { LegendItem } from "./kinds";
import { Stage } from "./stage";
import { textWidth } from "./text";

export interface NumberLineProps {
  label: string;
  /** What the values are called and measured in: "weight". */
  unit: string;
  originals: readonly number[];
  /** Where each value lands, in the same order. */
  restored: ArrayLike<number>;
  /** Every value that a code can stand for. */
  lattice: ArrayLike<number>;
  describe: (index: number) => string;
  format: (value: number) => string;
  /** The ends of the ruler where they are to stay still while settings change. */
  domain?: readonly [number, number];
  /** Whether the legend is shown; of several rulers one shows it. */
  legend?: boolean;
}

const kHeight = 200;
const kTop = 52;
const kRuler = 140;
const kSide = 26;
const kBetween = 8;

const kLegend: LegendItem[] = [
  { kind: "original", name: "as it was", mark: "circle" },
  { kind: "quantized", name: "a mark of the ruler", mark: "tick" },
  { kind: "quantized", name: "as stored", mark: "square" },
  { kind: "error", name: "the error", mark: "line" },
];

export function NumberLine(props: NumberLineProps) {
  const { label, unit, originals, restored, lattice, describe, format, domain, legend = true } = props;
  const all = [...originals, ...Array.from(restored), ...Array.from(lattice)];
  const [low = -1, high = 1] = domain ?? extent(all);
  const scaleFor = (width: number) =>
    scaleLinear()
      .domain(low < high ? [low, high] : [low - 1, high + 1])
      .range([kSide, width - kSide]);
  return (
    <Stage
      label={label}
      height={kHeight}
      {...(legend ? { legend: kLegend } : {})}
      count={originals.length}
      describe={describe}
      locate={(px, _, width) => {
        const x = scaleFor(width);
        return leastIndex(originals as number[], (a, b) => Math.abs(x(a) - px) - Math.abs(x(b) - px));
      }}
    >
      {(width, cursor) => {
        const x = scaleFor(width);
        const shown = labelled(originals, x, format);
        return (
          <svg width={width} height={kHeight} aria-hidden="true">
            <Ruler x={x} lattice={lattice} />
            {originals.map((value, i) => {
              const strong = cursor === undefined || cursor === i;
              return (
                <g key={i} opacity={strong ? 1 : 0.35}>
                  <path
                    d={`M${x(value)} ${kTop + 6}L${x(restored[i]!)} ${kRuler - 7}`}
                    class="line-error"
                    stroke-dasharray="5 3"
                    stroke-width="2"
                  />
                  <g class="slides" style={{ transform: `translateX(${x(restored[i]!)}px)` }}>
                    <rect x="-5" y={kRuler - 5} width="10" height="10" class="fill-quantized" />
                  </g>
                  <circle
                    cx={x(value)}
                    cy={kTop}
                    r="6"
                    class="line-original"
                    fill="var(--paper)"
                    stroke-width="2"
                  />
                  {shown.has(i) || cursor === i ? (
                    <text x={x(value)} y={kTop - 16} text-anchor="middle" class="halo">
                      {format(value)}
                    </text>
                  ) : null}
                </g>
              );
            })}
            <g class="axis">
              {x.ticks(Math.max(3, Math.floor(width / 110))).map((tick) => (
                <text key={tick} x={x(tick)} y={kRuler + 34} text-anchor="middle">
                  {format(tick)}
                </text>
              ))}
              <text x={width - 2} y={kRuler + 54} text-anchor="end">
                {unit}
              </text>
            </g>
          </svg>
        );
      }}
    </Stage>
  );
}

/** Which values have room for their number: from the left, each that does not run into the last one shown. */
function labelled(
  values: readonly number[],
  x: (value: number) => number,
  format: (value: number) => string,
): Set<number> {
  const shown = new Set<number>();
  let last = Number.NEGATIVE_INFINITY;
  for (const i of [...values.keys()].sort((a, b) => values[a]! - values[b]!)) {
    const half = textWidth(format(values[i]!)) / 2;
    if (x(values[i]!) - half < last + kBetween) continue;
    shown.add(i);
    last = x(values[i]!) + half;
  }
  return shown;
}

function Ruler({
  x,
  lattice,
}: {
  x: ((value: number) => number) & { range(): number[] };
  lattice: ArrayLike<number>;
}) {
  const [from = 0, to = 0] = x.range();
  const marks = Array.from(lattice);
  const dense = marks.length > (to - from) / 6;
  const tick = (value: number) => `M${x(value).toFixed(1)} ${kRuler}v${dense ? 8 : 14}`;
  return (
    <g>
      <path d={`M${from - 14} ${kRuler}H${to + 14}`} stroke="var(--edge)" stroke-width="1" />
      <path d={marks.map(tick).join("")} class="line-quantized" stroke-width={dense ? 1 : 2} fill="none" />
      <path d={`M${x(0)} ${kRuler}v20`} stroke="var(--ink)" stroke-width="1" />
    </g>
  );
}
